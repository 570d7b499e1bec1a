"""Begins a job behind the dashboard's back."""

import subprocess
import sys

from tests.e2e.server import ROOT, Demo, environment

CODE = """
import sys
from uuid import UUID

import django

django.setup()
from datasets_ui.models import Actor, User, Workspace
from datasets_ui.services.connections import connect
from datasets_ui.services.jobs import NewItem, create_job

dataset_id, document_id = map(UUID, sys.argv[1:])
workspace, user = Workspace.objects.get(slug="acme-support"), User.objects.get(email="owner@example.com")
by = Actor(user.email)
rows = connect(workspace, by).segments.page(dataset_id, document_id, limit=100).data
job = create_job(
    workspace=workspace, kind="set_segments_enabled", title="Disable segments", user=user, dataset_id=dataset_id, by=by,
    items=[
        NewItem(f"#{row.position}", {"document_id": str(document_id), "segment_id": str(row.id), "enabled": False}) for row in rows
    ],
)
print(job.id)
"""


def new_job(demo: Demo, dataset: str, document: str) -> str:
    """Disables all segments of a document; the id."""
    told = environment(
        DATASETS_DATA_DIR=str(demo.data), DATASETS_ALLOWED_HOSTS=demo.sandbox.removeprefix("http://"),
        DJANGO_SETTINGS_MODULE="dashboard.settings",
    )  # fmt: skip
    words = [sys.executable, "-c", CODE, dataset, document]
    return subprocess.run(words, cwd=ROOT, env=told, check=True, capture_output=True, text=True).stdout.strip()
