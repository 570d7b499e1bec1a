"""A document at a glance: read once for many, never stale after a change of ours, filtered in every way."""

import pytest
from django.core.cache import cache

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import TimedOut, TooManyCalls
from datasets_ui.models import Actor, Workspace
from datasets_ui.services import overview, sharing
from datasets_ui.services.overview import Filter, Glance, Whole
from datasets_ui.services.segments import delete_segment, set_segment_enabled
from tests.sandbox_process import SandboxProcess
from tests.stage import Calls, document, segments

TEXTS = [f"Number {n}: the light is amber while the device starts{'.' if n else ''}" for n in range(205)]


@pytest.fixture
def book(dify: DifyClient, handbook: Dataset) -> Document:
    return document(dify, handbook.id, text="###".join(TEXTS))


@pytest.fixture
def whole(dify: DifyClient, workspace: Workspace, handbook: Dataset, book: Document) -> Whole:
    return Whole(dify, workspace, handbook.id, book.id)


def places(glances: list[Glance]) -> list[int]:
    return [glance.place for glance in glances]


def test_all_segments_are_there_in_order(whole: Whole) -> None:
    glances = whole.glances()
    assert places(glances) == list(range(205))
    assert [glance.position for glance in glances] == list(range(1, 206))
    assert [glance.length for glance in glances] == [len(text) for text in TEXTS]


def test_a_hundred_segments_cost_a_call_and_nobody_pays_twice(whole: Whole, sandbox: SandboxProcess) -> None:
    calls = Calls(sandbox)
    whole.glances()
    whole.glances()
    assert len(calls.seen()) == 3


def test_a_change_of_ours_is_seen_at_once(whole: Whole, workspace: Workspace) -> None:
    first = whole.glances()[0]
    set_segment_enabled(
        dify=whole.dify, workspace=workspace, dataset_id=whole.dataset_id, document_id=whole.document_id,
        segment_id=segments(whole.dify, whole.dataset_id, whole.document_id)[0].id, enabled=False, by=Actor("test"),
    )  # fmt: skip
    assert (first.enabled, whole.glances()[0].enabled) == (True, False)


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
def test_filters(whole: Whole, wanted: Filter, found: list[int]) -> None:
    assert places(whole.matching(wanted)) == found


def test_an_edited_segment_is_found(whole: Whole) -> None:
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
    assert places(whole.matching(Filter(edited=True))) == [1]


def test_what_was_found_is_read_as_it_is_now(whole: Whole, workspace: Workspace) -> None:
    """In order; from one page of the API as one call, alone where it is alone; what is gone meanwhile is left out."""
    glances = whole.glances()
    gone = segments(whole.dify, whole.dataset_id, whole.document_id)[2]
    delete_segment(
        dify=whole.dify, workspace=workspace, dataset_id=whole.dataset_id, document_id=whole.document_id, segment_id=gone.id,
        by=Actor("test"),
    )  # fmt: skip
    rows = whole.read([glances[place] for place in (0, 1, 2, 3, 150, 204)])
    assert [row.content for row in rows] == [TEXTS[place] for place in (0, 1, 3, 150, 204)]


def test_reading_what_lies_far_apart_costs_a_call_each(whole: Whole, sandbox: SandboxProcess) -> None:
    glances = whole.glances()
    calls = Calls(sandbox)
    whole.read([glances[place] for place in (0, 1, 2, 3, 150, 204)])
    assert len(calls.seen()) == 3


def test_a_look_that_takes_too_long_ends(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "LOOK_SECONDS", -1.0)
    with pytest.raises(TimedOut):
        whole.glances()


def test_nobody_waits_for_ever_for_somebody_elses_look(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "FLIGHT_SECONDS", 0.2)
    cache.add(f"{overview.edition_key(whole.workspace, whole.document_id)}::flight", 1, 30)
    with pytest.raises(TooManyCalls):
        whole.glances()
