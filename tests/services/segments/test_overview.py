"""A document at a glance: read once for many, never stale after a change of ours, filtered in every way."""

import pytest
from django.core.cache import cache

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import TimedOut, TooManyCalls
from datasets_ui.models import Workspace
from datasets_ui.services import cached
from datasets_ui.services.scope import DocumentScope
from datasets_ui.services.segments import overview
from datasets_ui.services.segments.editing import delete_segment, set_segment_enabled
from datasets_ui.services.segments.overview import Filter, Glance, glances, matching, read_segments
from tests.conftest import scope_of
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Calls, document, segments

TEXTS = [f"Number {n}: the light is amber while the device starts{'.' if n else ''}" for n in range(205)]


@pytest.fixture
def book(dify: DifyClient, handbook: Dataset) -> Document:
    return document(dify, handbook.id, text="###".join(TEXTS))


@pytest.fixture
def whole(dify: DifyClient, workspace: Workspace, handbook: Dataset, book: Document) -> DocumentScope:
    return scope_of(workspace, "test", dify).dataset(handbook.id).document(book.id)


def places(seen: list[Glance]) -> list[int]:
    return [glance.place for glance in seen]


def test_all_segments_are_there_in_order(whole: DocumentScope) -> None:
    seen = glances(whole)
    assert places(seen) == list(range(205))
    assert [glance.position for glance in seen] == list(range(1, 206))
    assert [glance.length for glance in seen] == [len(text) for text in TEXTS]


def test_a_hundred_segments_cost_a_call_and_nobody_pays_twice(whole: DocumentScope, sandbox: SandboxProcess) -> None:
    calls = Calls(sandbox)
    glances(whole)
    glances(whole)
    assert len(calls.seen()) == 3


def test_a_change_of_ours_is_seen_at_once(whole: DocumentScope, workspace: Workspace) -> None:
    first = glances(whole)[0]
    set_segment_enabled(whole, segments(whole.dify, whole.dataset_id, whole.document_id)[0].id, enabled=False)
    assert (first.enabled, glances(whole)[0].enabled) == (True, False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), list(range(205))),
        (Filter(enabled=True), list(range(205))),
        (Filter(enabled=False), []),
        (Filter(edited=True), []),
        (Filter(never_hit=True), list(range(205))),
        (Filter(most=len(TEXTS[1])), list(range(10))),
        (Filter(least=len(TEXTS[100])), list(range(100, 205))),
        (Filter(finding="broken"), [0]),
        (Filter(finding="empty"), []),
        (Filter(q="NUMBER 20", never_hit=True), [20, 200, 201, 202, 203, 204]),
    ],
)
def test_filters(whole: DocumentScope, wanted: Filter, found: list[int]) -> None:
    assert places(matching(whole, wanted)) == found


def test_an_edited_segment_is_found(whole: DocumentScope) -> None:
    second = segments(whole.dify, whole.dataset_id, whole.document_id)[1]
    whole.dify.segments.update(
        whole.dataset_id,
        whole.document_id,
        second.id,
        content="Something else.",
        answer=None,
        keywords=["else"],
        attachment_ids=None,
    )
    assert places(matching(whole, Filter(edited=True))) == [1]


def test_what_was_found_is_read_as_it_is_now(whole: DocumentScope, workspace: Workspace) -> None:
    """In order; from one page of the API as one call, alone where it is alone; what is gone meanwhile is left out."""
    seen = glances(whole)
    gone = segments(whole.dify, whole.dataset_id, whole.document_id)[2]
    delete_segment(whole, gone.id)
    rows = read_segments(whole, [seen[place] for place in (0, 1, 2, 3, 150, 204)])
    assert [row.content for row in rows] == [TEXTS[place] for place in (0, 1, 3, 150, 204)]


def test_reading_what_lies_far_apart_costs_a_call_each(whole: DocumentScope, sandbox: SandboxProcess) -> None:
    seen = glances(whole)
    calls = Calls(sandbox)
    read_segments(whole, [seen[place] for place in (0, 1, 2, 3, 150, 204)])
    assert len(calls.seen()) == 3


def test_a_look_that_takes_too_long_ends(whole: DocumentScope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "LOOK_SECONDS", -1.0)
    with pytest.raises(TimedOut):
        glances(whole)


def test_nobody_waits_for_ever_for_somebody_elses_look(whole: DocumentScope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached, "FLIGHT_SECONDS", 0.2)
    cache.add(f"{cached.edition_key(whole.workspace, whole.document_id)}::flight", 1, 30)
    with pytest.raises(TooManyCalls):
        glances(whole)
