"""A stage for jobs: a document of many segments, jobs over them, and workers that are processes of their own."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, Job, JobItem, Sentence, User, Workspace
from datasets_ui.services.jobs.control import NewItem, NewJob, begin_job
from datasets_ui.services.jobs.items import carry_out
from datasets_ui.services.jobs.worker import Turn, begin, sweep, take_item, work_on
from datasets_ui.services.keys.connections import connect
from datasets_ui.services.scope import DatasetScope
from datasets_ui.services.segments.jobs import SetEnabledItem, SetSegmentsEnabled
from tests.abuse.support import on_this_database
from tests.conftest import scope_of
from tests.support.sandbox_process import ROOT, SandboxProcess
from tests.support.stage import document, until

STOP_SECONDS = 10  # what a worker is promised to need at most


def make_segments(dify: DifyClient, dataset: Dataset, number: int) -> list[Segment]:
    """A document of this many segments."""
    text = "###".join(f"Sentence number {index}." for index in range(number))
    made = document(dify, dataset.id, text=text)
    pages = range(1, 2 + (number - 1) // 100)
    rows = [row for page in pages for row in dify.segments.page(dataset.id, made.id, page, limit=100).data]
    assert len(rows) == number
    return rows


def items_for(segments: list[Segment], *, enabled: bool = False) -> list[NewItem[SetEnabledItem]]:
    return [
        NewItem(
            f"#{segment.position}",
            SetEnabledItem(document_id=segment.document_id, segment_id=segment.id, enabled=enabled),
        )
        for segment in segments
    ]


def switching(items: Iterable[NewItem[SetEnabledItem]], title: str = "Disable segments") -> NewJob[SetEnabledItem]:
    return NewJob(SetSegmentsEnabled, Sentence.of("as_written", text=title), items)


def in_dataset(workspace: Workspace, user: User, dataset: Dataset) -> DatasetScope:
    """Where a job is begun."""
    return scope_of(workspace, user, connect(workspace, Actor(user.email))).dataset(dataset.id)


def disabling(workspace: Workspace, user: User, dataset: Dataset, segments: list[Segment]) -> Job:
    """A job that disables them."""
    return begin_job(in_dataset(workspace, user, dataset), switching(items_for(segments)))


def finish(job: Job) -> Job:
    """Turn after turn in this process, as workers would, until it goes on no more."""

    def over() -> Job | None:
        sweep()
        work_on(job.id)
        job.refresh_from_db()
        return None if job.moving else job

    return until(over, 60)


def lose_worker(job: Job) -> None:
    """Have an item done by a worker that is killed before it can say so."""
    turn = Turn(job.id)
    assert begin(turn)
    item = take_item(job.id, turn.token)
    assert item
    carry_out(item)
    past = timezone.now() - timedelta(seconds=1)
    JobItem.objects.filter(pk=item.pk).update(lease_until=past)
    Job.objects.filter(pk=job.pk).update(lease_until=past)


def states(job: Job) -> dict[str, int]:
    found = list(JobItem.objects.filter(job=job).values_list("state", flat=True))
    return {state: found.count(state) for state in dict.fromkeys(found)}


def enabled(dify: DifyClient, dataset: Dataset, segments: list[Segment]) -> set[bool]:
    """How the segments are by now."""
    return {dify.segments.get(dataset.id, row.document_id, row.id).enabled for row in segments}


def writes(sandbox: SandboxProcess) -> dict[str, int]:
    """How often each segment was written to with success."""
    paths = [
        call["path"]
        for call in sandbox.calls()
        if call["method"] == "POST" and "/segments/" in call["path"] and call["status"] == 200
    ]
    return {path: paths.count(path) for path in dict.fromkeys(paths)}


def queued() -> list[str]:
    """What went through the queue and waits there: all that a task is told."""
    return [str(row.args_kwargs) for row in DBTaskResult.objects.ready()]


# --- workers as processes ---


def environment(sandbox: SandboxProcess, **more: str) -> dict[str, str]:
    """On the database of the tests."""
    names = on_this_database(sandbox) | {"DJANGO_SETTINGS_MODULE": "tests.support.job_settings"}
    return os.environ | names | more


def start_worker(sandbox: SandboxProcess, **more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment(sandbox, **more))


@contextmanager
def workers(sandbox: SandboxProcess, number: int = 1, **more: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Ended by SIGTERM."""
    running = [start_worker(sandbox, **more) for _ in range(number)]
    try:
        yield running
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(STOP_SECONDS)


@contextmanager
def killed_worker(sandbox: SandboxProcess, **more: str) -> Iterator[None]:
    """Ended by SIGKILL, wherever it is by then."""
    process = start_worker(sandbox, **more)
    try:
        yield
    finally:
        process.kill()
        process.wait(STOP_SECONDS)


def over(job: Job) -> Any:
    """The job once it goes on no more, for until()."""
    job.refresh_from_db()
    return None if job.moving else job
