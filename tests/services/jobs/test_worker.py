"""Workers as processes: killed, ended, several at once. Nothing is lost, and nothing is done twice."""

import os
import random
import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django_tasks_db.models import DBTaskResult
from pytest_django.fixtures import Settings

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import Job, JobItem, User, Workspace
from datasets_ui.services.jobs.worker import Turn, begin, sweep, take_back, take_item, work_on
from tests.support.job_stage import (
    disabling,
    enabled,
    killed_worker,
    make_segments,
    over,
    queued,
    states,
    workers,
    writes,
)
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
PATIENCE = 120.0
KILLS = 6
REDIS = os.environ.get("CACHE_URL", "")


def at_least(job: Job, number: int) -> Callable[[], bool | None]:
    return lambda: job.items.filter(state=JobItem.State.DONE).count() >= number or None


@pytest.mark.parametrize("seed", [0])
def test_a_worker_that_is_killed_loses_and_repeats_nothing(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess, seed: int
) -> None:
    """At random points, in the middle of items. What was under way is looked at before it is done again, so that each segment is
    written to once, and only once, although some are read more often."""
    segments = make_segments(dify, handbook, 200)
    points = sorted(random.Random(seed).sample(range(1, 195), KILLS))
    job = disabling(workspace, erin, handbook, segments)
    for point in points:
        with killed_worker(sandbox):
            until(at_least(job, point), PATIENCE)
    with workers(sandbox):
        until(lambda: over(job), PATIENCE)
    assert (job.state, states(job)) == ("done", {"done": 200})
    assert enabled(dify, handbook, segments) == {False}
    assert (len(writes(sandbox)), set(writes(sandbox).values())) == (200, {1})


def test_a_worker_that_is_asked_to_end_finishes_what_is_under_way(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    job = disabling(workspace, erin, handbook, make_segments(dify, handbook, 100))
    sandbox.faults({"kind": "slow", "seconds": 0.3, "path": "/segments/", "times": None})
    with workers(sandbox) as [worker]:
        until(at_least(job, 3), PATIENCE)
    assert worker.returncode == 0
    found = states(job)
    assert (found.keys() <= {"waiting", "done"}, sum(found.values())) == (True, 100)
    job.refresh_from_db()
    assert (job.state, job.taken_by) == ("running", "")


def test_a_call_that_hangs_does_not_keep_a_worker_from_ending(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    """It is left to its lease, and done by the next worker."""
    job = disabling(workspace, erin, handbook, make_segments(dify, handbook, 3))
    sandbox.faults({"kind": "slow", "seconds": 14, "path": "/segments/", "method": "GET", "times": 3})
    with workers(sandbox):
        until(lambda: job.items.filter(state=JobItem.State.TAKEN).count() == 3 or None, PATIENCE)
    with workers(sandbox):
        until(lambda: over(job), PATIENCE)
    assert (states(job), set(writes(sandbox).values())) == ({"done": 3}, {1})


def test_several_workers_share_the_work(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    """Jobs at the same time, each over segments of its own."""
    rows = make_segments(dify, handbook, 40)
    jobs = [disabling(workspace, erin, handbook, rows[first::4]) for first in range(4)]
    with workers(sandbox, 2):
        for job in jobs:
            until(lambda job=job: over(job), PATIENCE)  # type: ignore[misc]  # mypy infers no lambda with a default
    assert [states(job) for job in jobs] == [{"done": 10}] * 4
    assert (len(writes(sandbox)), set(writes(sandbox).values())) == (40, {1})


def test_of_many_who_ask_at_once_each_gets_another_item(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset
) -> None:
    job = disabling(workspace, erin, handbook, make_segments(dify, handbook, 60))
    turn = Turn(job.id)
    assert begin(turn)
    got: list[int] = []

    def ask() -> None:
        while item := take_item(job.id, turn.token):
            got.append(item.position)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(60))


def test_a_job_has_one_turn_at_a_time(workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset) -> None:
    job = disabling(workspace, erin, handbook, make_segments(dify, handbook, 2))
    assert [begin(Turn(job.id)), begin(Turn(job.id))] == [True, False]
    work_on(job.id)
    assert states(job) == {"waiting": 2}


def test_a_turn_that_was_taken_away_takes_nothing_more(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, settings: Settings
) -> None:
    """Such as after its machine stood still for longer than the lease."""
    settings.JOB_LEASE_SECONDS = 0.0
    job = disabling(workspace, erin, handbook, make_segments(dify, handbook, 2))
    stalled, other = Turn(job.id), Turn(job.id)
    begin(stalled)
    assert take_item(job.id, stalled.token)
    begin(other)
    take_back(job.id)
    assert [take_item(job.id, turn.token) is None for turn in (stalled, other)] == [True, False]


def test_what_the_queue_lost_is_found_again(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, settings: Settings
) -> None:
    settings.JOB_LEASE_SECONDS = 0.0
    job = disabling(workspace, erin, handbook, make_segments(dify, handbook, 2))
    DBTaskResult.objects.all().delete()
    sweep()
    assert queued() == [str({"args": [str(job.id)], "kwargs": {}})]
    settings.JOB_LEASE_SECONDS = 60.0
    sweep()
    sweep()
    assert len(queued()) == 2  # once for the lease that had run out; then it is in the queue


@pytest.mark.skipif(connection.vendor == "sqlite", reason="needs PostgreSQL")
def test_a_database_that_goes_away_loses_nothing(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    """All connections of the worker are cut in the middle, as by a restart."""
    job = disabling(workspace, erin, handbook, make_segments(dify, handbook, 100))
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
    with workers(sandbox, PGAPPNAME=str(job.id)) as [worker]:
        for point in (10, 40, 70):
            until(at_least(job, point), PATIENCE)
            with connection.cursor() as cursor:
                cursor.execute(cut, [str(job.id)])
        until(lambda: over(job), PATIENCE)
    assert (worker.returncode, states(job)) == (0, {"done": 100})
    assert set(writes(sandbox).values()) == {1}


@pytest.mark.skipif(not REDIS, reason="needs Redis")
def test_on_redis(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess, settings: Settings
) -> None:
    """The queue of another backend, which forgets what it had handed out when a worker is killed."""
    settings.JOB_LEASE_SECONDS = 0.0  # the job is in the queue of this process, and has to be found by a sweeper
    job = disabling(workspace, erin, handbook, make_segments(dify, handbook, 60))
    own = f"{REDIS.rpartition('/')[0]}/{10 + int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:]) % 6}"
    with killed_worker(sandbox, DATASETS_TASKS="rq", CACHE_URL=own):
        until(at_least(job, 10), PATIENCE)
    with workers(sandbox, 2, DATASETS_TASKS="rq", CACHE_URL=own) as running:
        until(lambda: over(job), PATIENCE)
    assert [process.returncode for process in running] == [0, 0]
    assert (states(job), set(writes(sandbox).values())) == ({"done": 60}, {1})
