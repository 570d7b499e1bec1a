"""What people do with jobs, on a real API: every item is done once, whatever is pressed meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, Job, JobItem, User, Workspace
from datasets_ui.services.housekeeping import tidy
from datasets_ui.services.jobs.control import (
    NewItem,
    NotNow,
    begin_job,
    resume_job,
    retry_failed,
    roll_back,
    standing,
    stop_job,
)
from datasets_ui.services.jobs.worker import work_on
from datasets_ui.services.scope import Scope
from datasets_ui.services.segments.jobs import SetEnabledItem
from tests.support.job_stage import (
    disabling,
    enabled,
    finish,
    in_dataset,
    items_for,
    make_segments,
    queued,
    states,
    switching,
    writes,
)
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import acts, until

pytestmark = pytest.mark.django_db(transaction=True)
ERIN = "erin@example.com"


def acting(workspace: Workspace, by: User | str) -> Scope:
    """Where somebody presses a button."""
    if isinstance(by, User):
        return Scope(workspace=workspace, by=Actor(by.email), user=by)
    return Scope(workspace=workspace, by=Actor(by))


@pytest.fixture
def segments(dify: DifyClient, handbook: Dataset) -> list[Segment]:
    return make_segments(dify, handbook, 12)


@pytest.fixture
def job(workspace: Workspace, erin: User, handbook: Dataset, segments: list[Segment]) -> Job:
    """Disables twelve segments; nothing of it is done yet."""
    return disabling(workspace, erin, handbook, segments)


@contextmanager
def under_way(job: Job) -> Iterator[None]:
    """While a turn is in the middle of its first items."""

    def turn() -> None:
        work_on(job.id)
        connection.close()

    thread = threading.Thread(target=turn)
    thread.start()
    until(lambda: job.items.filter(state=JobItem.State.TAKEN).exists() or None)
    yield
    thread.join()
    job.refresh_from_db()


def test_every_item_is_done_once(
    job: Job, segments: list[Segment], dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    finish(job)
    assert (job.state, states(job), job.finished_at is not None) == ("done", {"done": 12}, True)
    assert enabled(dify, handbook, segments) == {False}
    assert (len(writes(sandbox)), set(writes(sandbox).values())) == (12, {1})


def test_each_change_is_recorded_in_the_name_of_its_maker(job: Job) -> None:
    finish(job)
    assert [act for act, *_ in acts()] == ["job.create"] + ["segment.disable"] * 12
    assert set(job.workspace.revisions.values_list("by", flat=True)) == {"erin@example.com"}


def test_only_the_id_of_a_job_goes_through_the_queue(job: Job) -> None:
    assert queued() == [str({"args": [str(job.id)], "kwargs": {}})]


def test_a_job_that_is_not_kept_is_not_queued(workspace: Workspace, erin: User) -> None:
    def items() -> Iterator[NewItem[SetEnabledItem]]:
        yield from ()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        begin_job(acting(workspace, erin), switching(items()))
    assert (Job.objects.count(), queued(), acts()) == (0, [], [])


def test_a_job_without_items_is_done(workspace: Workspace, erin: User) -> None:
    job = begin_job(acting(workspace, erin), switching([]))
    assert (finish(job).state, standing(job).percent) == ("done", 100)


def test_what_is_so_already_is_skipped(workspace: Workspace, erin: User, handbook: Dataset, segments: list[Segment]) -> None:
    job = begin_job(in_dataset(workspace, erin, handbook), switching(items_for(segments, enabled=True)))
    assert (states(finish(job)), str(job.items.earliest("pk").why)) == ({"skipped": 12}, "It was enabled already.")


# --- stop and go on ---


def test_a_job_that_waits_stops_at_once(job: Job) -> None:
    stop_job(acting(job.workspace, ERIN), job)
    finish(job)
    assert (job.state, str(job.why), states(job)) == ("stopped", "erin@example.com stopped it.", {"waiting": 12})


def test_stopping_finishes_what_is_under_way_and_begins_nothing(job: Job, sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "slow", "seconds": 0.5, "path": "/segments/", "times": None})
    with under_way(job):
        stop_job(acting(job.workspace, ERIN), job)
        job.refresh_from_db()
        assert job.state == "stopping"
    assert job.state == "stopped"
    assert states(job)["done"] <= 4
    assert states(job).keys() == {"done", "waiting"}


def test_going_on_repeats_nothing(
    job: Job, erin: User, segments: list[Segment], dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    sandbox.faults({"kind": "slow", "seconds": 0.3, "path": "/segments/", "times": None})
    with under_way(job):
        stop_job(acting(job.workspace, ERIN), job)
    sandbox.faults()
    resume_job(acting(job.workspace, erin), job)
    assert states(finish(job)) == {"done": 12}
    assert (enabled(dify, handbook, segments), set(writes(sandbox).values())) == ({False}, {1})


def test_whoever_goes_on_with_it_answers_for_it(job: Job, alice: User, erin: User) -> None:
    stop_job(acting(job.workspace, ERIN), job)
    erin.delete()
    resume_job(acting(job.workspace, alice), job)
    assert (states(finish(job)), job.made_by) == ({"done": 12}, "erin@example.com")
    assert acts()[-1][0] == "segment.disable"


@pytest.mark.parametrize("state", ["stopping", "stopped", "done"])
def test_what_has_ended_cannot_be_stopped(job: Job, state: str) -> None:
    Job.objects.update(state=state)
    with pytest.raises(NotNow):
        stop_job(acting(job.workspace, ERIN), job)


@pytest.mark.parametrize("state", ["queued", "running", "stopping", "done"])
def test_what_goes_on_cannot_be_gone_on_with(job: Job, erin: User, state: str) -> None:
    Job.objects.update(state=state)
    with pytest.raises(NotNow):
        resume_job(acting(job.workspace, erin), job)


# --- try again ---


def test_what_failed_is_tried_again(job: Job, erin: User, segments: list[Segment], sandbox: SandboxProcess) -> None:
    sandbox.faults(
        {"kind": "status", "status": 400, "code": "invalid_param", "message": "No.", "path": str(segments[5].id), "times": 1}
    )
    finish(job)
    assert (states(job), str(job.items.get(state="failed").why)[-3:]) == ({"done": 11, "failed": 1}, "No.")
    retry_failed(acting(job.workspace, erin), job)
    assert (states(finish(job)), set(writes(sandbox).values())) == ({"done": 12}, {1})


# --- roll back ---


def test_a_job_is_rolled_back_as_one(
    job: Job, erin: User, segments: list[Segment], dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    """All that it has done, and nothing else: the segment that was disabled before stays so."""
    already = dify.segments.set_enabled(handbook.id, segments[0].document_id, segments[0], enabled=False)
    finish(job)
    undoing = finish(roll_back(acting(job.workspace, erin), job))
    assert (states(job), states(undoing)) == ({"skipped": 1, "done": 11}, {"done": 11})
    assert (enabled(dify, handbook, [already]), enabled(dify, handbook, segments[1:])) == ({False}, {True})
    assert set(writes(sandbox).values()) == {1, 2}


def test_half_a_job_is_rolled_back_too(
    job: Job, erin: User, segments: list[Segment], dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    sandbox.faults({"kind": "slow", "seconds": 0.3, "path": "/segments/", "times": None})
    with under_way(job):
        stop_job(acting(job.workspace, ERIN), job)
    sandbox.faults()
    finish(roll_back(acting(job.workspace, erin), job))
    assert enabled(dify, handbook, segments) == {True}


def test_a_job_is_rolled_back_once(job: Job, erin: User) -> None:
    finish(job)
    undoing = roll_back(acting(job.workspace, erin), job)
    for refused in (job, finish(undoing)):
        with pytest.raises(NotNow):
            roll_back(acting(refused.workspace, erin), refused)


def test_what_was_rolled_back_does_not_go_on(job: Job, erin: User) -> None:
    stop_job(acting(job.workspace, ERIN), job)
    roll_back(acting(job.workspace, erin), job)
    with pytest.raises(NotNow):
        resume_job(acting(job.workspace, erin), job)


# --- what is kept ---


def test_old_jobs_and_queue_rows_go(job: Job, workspace: Workspace, erin: User) -> None:
    finish(job)
    still = begin_job(acting(workspace, erin), switching([]))
    Job.objects.filter(pk=job.pk).update(finished_at=timezone.now() - timedelta(days=91))
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(days=2))
    tidy()
    assert (list(Job.objects.all()), JobItem.objects.count(), queued()) == ([still], 0, [])
