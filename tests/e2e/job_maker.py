"""Begins a job behind the dashboard's back."""

import subprocess
import sys

from tests.e2e.server import ROOT, Demo, environment

CODE = """
import sys
from uuid import UUID

import django

django.setup()
from datasets_ui.models import Actor, Sentence, User, Workspace
from datasets_ui.services.keys.connections import connect
from datasets_ui.services.jobs.control import NewItem, NewJob, begin_job
from datasets_ui.services.scope import Scope
from datasets_ui.services.segments.jobs import SetEnabledItem, SetSegmentsEnabled

dataset_id, document_id = map(UUID, sys.argv[1:])
workspace, user = Workspace.objects.get(slug="acme-support"), User.objects.get(email="owner@example.com")
by = Actor(user.email)
rows = connect(workspace, by).segments.page(dataset_id, document_id, limit=100).data
scope = Scope(workspace=workspace, by=by, user=user).connected(connect(workspace, by)).dataset(dataset_id)
items = [
    NewItem(f"#{row.position}", SetEnabledItem(document_id=document_id, segment_id=row.id, enabled=False)) for row in rows
]
job = begin_job(scope, NewJob(SetSegmentsEnabled, Sentence.of("as_written", text="Disable segments"), items))
print(job.id)
"""


def new_job(demo: Demo, dataset: str, document: str) -> str:
    """Disables all segments of a document; the id."""
    told = environment(
        DATASETS_DATA_DIR=str(demo.data),
        DATASETS_ALLOWED_HOSTS=demo.sandbox.removeprefix("http://"),
        DJANGO_SETTINGS_MODULE="dashboard.settings",
    )
    words = [sys.executable, "-c", CODE, dataset, document]
    return subprocess.run(words, cwd=ROOT, env=told, check=True, capture_output=True, text=True).stdout.strip()
