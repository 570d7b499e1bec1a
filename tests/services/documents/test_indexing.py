"""Progress: at most one call a second for each batch, however many look."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connections

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import TooManyCalls
from datasets_ui.models import Upload, Workspace
from datasets_ui.services.cached import FOLLOW_SECONDS, MOST_FOLLOWERS, followers, shared
from datasets_ui.services.documents.indexing import Progress, at_stage, newest_documents, progress_of
from tests.conftest import scope_of
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import CUT, UNKNOWN, Calls, document, ready


@pytest.fixture
def splitting(dify: DifyClient, workspace: Workspace, handbook: Dataset) -> Document:
    """A document that the list shows as being split, and whose batch we know."""
    made = dify.documents.create_by_text(handbook.id, name="a", text="Text", new=CUT)
    ready(dify, handbook.id, made.document.id)
    Upload.objects.create(workspace=workspace, dataset_id=handbook.id, document_id=made.document.id, batch=made.batch)
    return made.document.model_copy(update={"indexing_status": "splitting"})


def asked(calls: Calls) -> int:
    return len([call for call in calls.seen() if call.endswith("/indexing-status")])


@pytest.mark.parametrize(
    ("stage", "done", "total", "percent"),
    [
        ("waiting", 0, 0, 2),
        ("parsing", 0, 0, 10),
        ("cleaning", 0, 0, 25),
        ("splitting", 0, 7, 35),
        ("indexing", 0, 0, 45),
        ("indexing", 0, 4, 45),
        ("indexing", 2, 4, 72),
        ("indexing", 4, 4, 99),
        ("indexing", 9, 4, 99),
        ("completed", 4, 4, 100),
        ("a stage of tomorrow", 1, 2, 0),
    ],
)
def test_a_bar_stands_where_stage_and_segments_say(stage: str, done: int, total: int, percent: int) -> None:
    assert at_stage(stage, done, total).percent == percent


@pytest.mark.parametrize(("stage", "finished"), [("indexing", False), ("completed", True), ("error", True), ("paused", True)])
def test_it_ends_when_nothing_moves(stage: str, finished: bool) -> None:
    assert Progress(stage, 0).finished is finished


def test_finished_documents_cost_nothing(
    dify: DifyClient, workspace: Workspace, sandbox: SandboxProcess, handbook: Dataset
) -> None:
    made = document(dify, handbook.id)
    calls = Calls(sandbox)
    assert (progress_of(scope_of(workspace, "test", dify).dataset(handbook.id), [made]), calls.seen()) == ({}, [])


def test_what_waits_costs_nothing(
    dify: DifyClient, workspace: Workspace, sandbox: SandboxProcess, splitting: Document, handbook: Dataset
) -> None:
    calls = Calls(sandbox)
    waiting = splitting.model_copy(update={"indexing_status": "waiting"})
    assert progress_of(scope_of(workspace, "test", dify).dataset(handbook.id), [waiting]) == {
        waiting.id: Progress("waiting", 2)
    }
    assert calls.seen() == []


def test_one_look_costs_one_call(
    dify: DifyClient, workspace: Workspace, sandbox: SandboxProcess, splitting: Document, handbook: Dataset
) -> None:
    calls = Calls(sandbox)
    for _ in range(5):
        found = progress_of(scope_of(workspace, "test", dify).dataset(handbook.id), [splitting])
    assert (found[splitting.id].total, asked(calls)) == (1, 1)


def test_a_second_later_it_is_asked_again(
    dify: DifyClient, workspace: Workspace, sandbox: SandboxProcess, splitting: Document, handbook: Dataset
) -> None:
    calls = Calls(sandbox)
    progress_of(scope_of(workspace, "test", dify).dataset(handbook.id), [splitting])
    time.sleep(1.05)
    progress_of(scope_of(workspace, "test", dify).dataset(handbook.id), [splitting])
    assert asked(calls) == 2


@pytest.mark.django_db(transaction=True)
def test_twenty_who_look_at_once_cost_one_call(
    dify: DifyClient, workspace: Workspace, sandbox: SandboxProcess, splitting: Document, handbook: Dataset
) -> None:
    sandbox.faults({"kind": "slow", "seconds": 0.3, "path": "indexing-status", "times": None})
    calls, start = Calls(sandbox), threading.Barrier(20)

    def look(_: int) -> int:
        start.wait()
        try:
            return progress_of(scope_of(workspace, "test", dify).dataset(handbook.id), [splitting])[splitting.id].total
        finally:
            connections.close_all()

    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(look, range(20))) == [1] * 20
    assert asked(calls) <= 1 + int(time.monotonic() - began)


def test_a_batch_that_was_replaced_elsewhere_leaves_the_stage(
    dify: DifyClient, workspace: Workspace, splitting: Document, handbook: Dataset
) -> None:
    Upload.objects.update(batch="1")
    assert progress_of(scope_of(workspace, "test", dify).dataset(handbook.id), [splitting]) == {
        splitting.id: Progress("splitting", 35)
    }


def test_a_batch_that_does_not_hold_the_document_leaves_the_stage(
    dify: DifyClient, workspace: Workspace, splitting: Document, handbook: Dataset
) -> None:
    other = splitting.model_copy(update={"id": UNKNOWN})
    Upload.objects.update(document_id=UNKNOWN)
    assert progress_of(scope_of(workspace, "test", dify).dataset(handbook.id), [other]) == {UNKNOWN: Progress("splitting", 35)}


def test_the_newest_are_asked_for_once_a_second(
    dify: DifyClient, workspace: Workspace, sandbox: SandboxProcess, handbook: Dataset
) -> None:
    made = document(dify, handbook.id)
    calls = Calls(sandbox)
    found = [set(newest_documents(scope_of(workspace, "test", dify).dataset(handbook.id))) for _ in range(3)]
    assert (found, calls.seen()) == ([{made.id}] * 3, [f"GET /datasets/{handbook.id}/documents"])


# --- one flight ---


@pytest.mark.django_db
def test_a_failed_flight_lets_the_next_one_try() -> None:
    name = uuid4().hex
    with pytest.raises(ZeroDivisionError):
        shared(name, lambda: str(1 / 0))
    assert shared(name, lambda: "fetched") == "fetched"


@pytest.mark.django_db
def test_while_another_fetches_the_last_answer_is_taken() -> None:
    name = uuid4().hex
    cache.set(name, (time.time() - 5, "old"), 30)
    cache.add(f"{name}:flight", 1, 30)
    assert shared(name, lambda: pytest.fail("a second flight")) == "old"


@pytest.mark.django_db
def test_a_flight_that_takes_long_is_not_waited_for() -> None:
    """H4: an API that hangs holds the thread that asks it, and not those of all who look."""
    name, began = uuid4().hex, time.monotonic()
    cache.add(f"{name}:flight", time.time() - FOLLOW_SECONDS, 30)
    with pytest.raises(TooManyCalls):
        shared(name, lambda: pytest.fail("a second flight"))
    assert time.monotonic() - began < 1


@pytest.mark.django_db
def test_few_wait_for_a_flight_that_may_take_long() -> None:
    name = uuid4().hex
    cache.add(f"{name}:flight", time.time(), 90)
    for _ in range(MOST_FOLLOWERS):
        assert followers.acquire(blocking=False)
    try:
        with pytest.raises(TooManyCalls):
            shared(name, lambda: pytest.fail("a second flight"), flight=90)
    finally:
        followers.release(MOST_FOLLOWERS)


@pytest.mark.django_db(transaction=True)
def test_without_a_last_answer_the_flight_is_waited_for() -> None:
    name = uuid4().hex
    cache.add(f"{name}:flight", time.time(), 30)

    def land() -> None:
        cache.set(name, (time.time(), "landed"), 30)
        cache.delete(f"{name}:flight")
        connections.close_all()

    landing = threading.Timer(0.15, land)
    landing.start()
    answer = shared(name, lambda: pytest.fail("a second flight"))
    landing.join()
    assert answer == "landed"
