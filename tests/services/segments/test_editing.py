"""The traps of the API that segments fall into, at the level of services; numbered as in the notes that its recordings came with."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument
from datasets_ui.dify.errors import Invalid, NotFound
from datasets_ui.dify.network import AddressPolicy, Transport
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Revision, Workspace
from datasets_ui.services.history import take_snapshot
from datasets_ui.services.scope import DatasetScope, DocumentScope
from datasets_ui.services.segments.editing import (
    SegmentEdit,
    create_segment,
    delete_segment,
    fingerprint,
    set_segment_enabled,
    update_segment,
    write_segment,
)
from datasets_ui.services.segments.importing import restore_snapshot
from datasets_ui.services.segments.parts import (
    Merge,
    MergeHalfway,
    Split,
    SplitHalfway,
    fingerprint_of_all,
    merge_segments,
    split_segment,
    to_merge,
)
from datasets_ui.services.segments.restoring import restore_segment
from datasets_ui.services.segments.texts import SegmentText
from tests.conftest import scope_of
from tests.support.job_stage import make_segments
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import UNKNOWN, document, segments, until

ERIN = "erin@example.com"


@pytest.fixture
def leave(dify: DifyClient, handbook: Dataset) -> Document:
    return document(dify, handbook.id, text="Paid leave.###Unpaid leave.")


@pytest.fixture
def first(dify: DifyClient, handbook: Dataset, leave: Document) -> Segment:
    return segments(dify, handbook.id, leave.id)[0]


@pytest.fixture
def question(dify: DifyClient, handbook: Dataset) -> Segment:
    made = document(dify, handbook.id, "qa.txt", "How many days?", NewDocument(doc_form="qa_model"))
    return dify.segments.create(handbook.id, made.id, content="How long?", answer="25 days.", keywords=["days"])


@pytest.fixture
def scope(dify: DifyClient, workspace: Workspace, handbook: Dataset) -> DatasetScope:
    """Where Erin works."""
    return scope_of(workspace, ERIN, dify).dataset(handbook.id)


def edit(scope: DatasetScope, segment: Segment, **changes: Any) -> Segment:
    text = SegmentText(segment.content, segment.answer, segment.keywords or [])
    edited = SegmentEdit(fingerprint(segment), replace(text, **changes))
    return update_segment(scope.document(segment.document_id), segment.id, edited)


def switch(scope: DatasetScope, segment: Segment, *, enabled: bool) -> Segment | None:
    """None while the API refuses."""
    try:
        return set_segment_enabled(scope.document(segment.document_id), segment.id, enabled=enabled)
    except Invalid:
        return None


# --- 2: what a delete answers ---


@pytest.mark.parametrize("version", ["1.10.1", "1.17"])
def test_trap_02_a_deletion_is_done_whatever_its_answer(version: str, workspace: Workspace, tmp_path: Any) -> None:
    with SandboxProcess(tmp_path, "--dify-version", version) as process:
        dify = client_of(process)
        dataset = dify.datasets.create(name="Handbook", indexing_technique="economy", permission="only_me")
        row = segments(dify, dataset.id, document(dify, dataset.id).id)[0]
        delete_segment(scope_of(workspace, ERIN, dify).dataset(dataset.id).document(row.document_id), row.id)
        assert segments(dify, dataset.id, row.document_id) == []
    assert Revision.objects.get().outcome == "done"


def client_of(process: SandboxProcess) -> DifyClient:
    transport = Transport(AddressPolicy(frozenset({f"127.0.0.1:{process.port}"})))
    return DifyClient(process.base_url, SecretStr(process.key), transport)


# --- 9: an update replaces what it is not told ---


def test_trap_09_an_edit_keeps_the_keywords(scope: DatasetScope, first: Segment) -> None:
    edit(scope, first, keywords=["mine"])
    changed = edit(scope, scope.dify.segments.get(scope.dataset_id, first.document_id, first.id), content="Other words.")
    assert changed.keywords == ["mine"]


def test_trap_09_an_edit_without_an_answer_does_not_blank_it(scope: DatasetScope, question: Segment) -> None:
    assert edit(scope, question, content="How long exactly?", answer=None).answer == "25 days."


def test_trap_09_switching_changes_nothing_else(scope: DatasetScope, question: Segment) -> None:
    switch(scope, question, enabled=False)
    on = until(lambda: switch(scope, question, enabled=True))
    assert (on.content, on.answer, on.keywords) == ("How long?", "25 days.", ["days"])


def test_trap_09_an_edit_of_a_disabled_segment_is_refused_and_noted(scope: DatasetScope, first: Segment) -> None:
    switch(scope, first, enabled=False)

    def refusal() -> Invalid | None:
        with pytest.raises(Invalid) as refused:
            edit(scope, first, content="New.")
        return refused.value if refused.value.code == "segment_disabled" else None

    until(refusal)
    assert Revision.objects.latest("id").outcome == "failed"


def test_trap_09_under_another_document_a_segment_does_not_exist(scope: DatasetScope, first: Segment) -> None:
    other = document(scope.dify, scope.dataset_id, "other.txt")
    under_other = scope.document(other.id)
    with pytest.raises(NotFound):
        delete_segment(under_other, first.id)
    with pytest.raises(NotFound):
        set_segment_enabled(under_other, first.id, enabled=False)
    assert not Revision.objects.exists()


def test_trap_09_an_undone_edit_has_its_keywords_again(scope: DatasetScope, question: Segment) -> None:
    edit(scope, question, content="Wrong.", keywords=["wrong"])
    revision = Revision.objects.latest("id")
    back = restore_segment(scope.document(revision.document_id), revision)
    assert (back.content, back.answer, back.keywords) == ("How long?", "25 days.", ["days"])


# --- 10: new ones go to the end ---


def test_trap_10_a_new_one_is_at_the_end_and_its_place_is_known(scope: DatasetScope, leave: Document) -> None:
    made = create_segment(scope.document(leave.id), leave, SegmentText("Sick leave."))
    assert (made.position, Revision.objects.get().position) == (3, 3)


def test_trap_10_a_disabled_document_takes_none(scope: DatasetScope, leave: Document) -> None:
    scope.dify.documents.set_status(scope.dataset_id, "disable", [leave.id])
    with pytest.raises(NotFound):
        create_segment(scope.document(leave.id), leave, SegmentText("Sick leave."))
    assert Revision.objects.get().outcome == "failed"


def test_trap_10_an_archived_document_takes_one(scope: DatasetScope, leave: Document) -> None:
    scope.dify.documents.set_status(scope.dataset_id, "archive", [leave.id])
    assert create_segment(scope.document(leave.id), leave, SegmentText("Sick leave.")).position == 3


ROW = {"document_id": str(UNKNOWN), "status": "completed", "enabled": True, "keywords": []}
ROWS = [ROW | {"id": str(UUID(int=number)), "content": f"Text {number}.", "position": number} for number in (1, 2)]
FAILED = {"status": "error", "enabled": False, "error": "provider down"}


def without_provider(sent: list[str]) -> DifyClient:
    """An API that stores what it cannot index, and says 200."""

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(f"{request.method} {request.url.path.rpartition('/')[2]}")
        path = request.url.path
        body: Any = {"id": str(UNKNOWN), "name": "a.txt", "indexing_status": "completed"}
        if request.method == "POST":
            row = ROWS[0] | FAILED
            body = {"data": row if path.endswith(str(UUID(int=1))) else [row | {"id": str(UUID(int=3)), "position": 3}]}
        elif path.endswith("segments"):
            body = {"data": ROWS, "total": 2, "limit": 100, "page": 1}
        elif "segments" in path:
            body = {"data": ROWS[0]}
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(body).encode()))

    return DifyClient("https://api.example.com/v1", SecretStr("dataset-x"), httpx.MockTransport(answer))


def nowhere(workspace: Workspace, dify: DifyClient) -> DocumentScope:
    return scope_of(workspace, ERIN, dify).dataset(UNKNOWN).document(UNKNOWN)


def test_trap_10_a_second_part_that_was_not_indexed_leaves_the_first_whole(workspace: Workspace) -> None:
    sent: list[str] = []
    split = Split(fingerprint(Segment.model_validate(ROWS[0])), ("Text", "1."), [])
    with pytest.raises(SplitHalfway) as halfway:
        split_segment(nowhere(workspace, without_provider(sent)), UUID(int=1), split)
    assert (halfway.value.added.error, sent[-1]) == ("provider down", "POST segments")


def test_trap_10_a_joined_text_that_was_not_indexed_deletes_nothing(workspace: Workspace) -> None:
    sent: list[str] = []
    rows = [Segment.model_validate(row) for row in ROWS]
    merge = Merge([row.id for row in rows], fingerprint_of_all(rows), SegmentText("Both."))
    with pytest.raises(MergeHalfway) as halfway:
        merge_segments(nowhere(workspace, without_provider(sent)), merge)
    assert ([row.id for row in halfway.value.left], [call for call in sent if "DELETE" in call]) == ([rows[1].id], [])


# --- 11: deletes cannot be undone ---


def test_trap_11_a_deleted_one_comes_back_with_all_it_had(scope: DatasetScope, question: Segment) -> None:
    revision = delete_segment(scope.document(question.document_id), question.id)
    back = restore_segment(scope.document(revision.document_id), revision)
    assert (back.content, back.answer, back.keywords) == ("How long?", "25 days.", ["days"])


# --- 14: documents without segments ---


def test_trap_14_a_document_without_segments_can_be_kept_and_brought_back(scope: DatasetScope) -> None:
    empty = document(scope.dify, scope.dataset_id, "empty.txt", " ")
    snapshot = take_snapshot(scope.document(empty.id), empty.name)
    assert snapshot.segments == []
    assert restore_snapshot(scope.document(empty.id), snapshot).segments == []


# --- 15: for a moment after a change the next one is refused ---


def test_trap_15_a_change_that_comes_too_early_is_refused_and_changes_nothing(
    scope: DatasetScope, first: Segment, sandbox: SandboxProcess
) -> None:
    said = "Segment is indexing, please try again later"
    sandbox.faults({"kind": "status", "status": 400, "code": "invalid_param", "message": said, "method": "POST"})
    with pytest.raises(Invalid) as refused:
        edit(scope, first, content="New.")
    assert (refused.value.code, Revision.objects.get().outcome) == ("segment_indexing", "failed")
    assert edit(scope, first, content="New.").content == "New."


# --- 17: pages ---


@pytest.mark.parametrize("number", [100, 101, 200])
def test_trap_17_a_snapshot_has_every_segment(scope: DatasetScope, number: int) -> None:
    rows = make_segments(scope.dify, handbook_of(scope), number)
    made = scope.dify.documents.get(scope.dataset_id, rows[0].document_id)
    assert len(take_snapshot(scope.document(made.id), made.name).segments) == number


def handbook_of(scope: DatasetScope) -> Dataset:
    found: Dataset = scope.dify.datasets.get(scope.dataset_id)
    return found


def test_trap_17_neighbours_on_both_sides_of_a_full_page_are_found(scope: DatasetScope) -> None:
    rows = make_segments(scope.dify, handbook_of(scope), 200)
    ids = [row.id for row in rows[99:101]]
    found = to_merge(scope.document(rows[0].document_id), ids)
    assert [row.position for row in found] == [100, 101]


# --- newer servers: summaries ---


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DifyClient]:
    with SandboxProcess(tmp_path_factory.mktemp("newest"), "--dify-version", "1.17") as process:
        yield client_of(process)


@pytest.fixture
def newer(newest: DifyClient, workspace: Workspace) -> DatasetScope:
    """A dataset of a server that has summaries."""
    name = f"Summaries {newest.datasets.page().total}"
    dataset = newest.datasets.create(name=name, indexing_technique="economy", permission="only_me")
    return scope_of(workspace, ERIN, newest).dataset(dataset.id)


@pytest.fixture
def summed_up(newer: DatasetScope) -> Segment:
    """A segment with a summary."""
    row = segments(newer.dify, newer.dataset_id, document(newer.dify, newer.dataset_id).id)[0]
    return edit(newer, row, summary="About leave.")


def test_a_summary_is_saved_and_kept_in_the_history(newer: DatasetScope, summed_up: Segment) -> None:
    changed = edit(newer, summed_up, summary="About rest.")
    kept = Revision.objects.latest("id")
    assert (changed.summary, kept.before["summary"], kept.after["summary"]) == ("About rest.", "About leave.", "About rest.")  # type: ignore[index]  # it is there, or the test fails


def test_an_edit_without_a_summary_leaves_it(newer: DatasetScope, summed_up: Segment) -> None:
    assert edit(newer, summed_up, content="Other words.").summary == "About leave."


def test_another_summary_is_another_version(newer: DatasetScope, summed_up: Segment) -> None:
    assert fingerprint(edit(newer, summed_up, summary="About rest.")) != fingerprint(summed_up)


def test_a_summary_is_brought_back(newer: DatasetScope, summed_up: Segment) -> None:
    edit(newer, summed_up, summary="")
    revision = Revision.objects.latest("id")
    back = restore_segment(newer.document(revision.document_id), revision)
    assert back.summary == "About leave."


def test_a_deleted_segment_comes_back_with_its_summary(newer: DatasetScope, summed_up: Segment) -> None:
    revision = delete_segment(newer.document(summed_up.document_id), summed_up.id)
    assert restore_segment(newer.document(revision.document_id), revision).summary == "About leave."


def test_an_older_server_is_sent_no_summary(workspace: Workspace) -> None:
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps({"data": ROWS[0]}).encode()))

    dify = DifyClient("https://api.example.com/v1", SecretStr("dataset-x"), httpx.MockTransport(answer))
    current = Segment.model_validate(ROWS[0])
    write_segment(nowhere(workspace, dify), current, SegmentText("New.", summary="Mine."))
    assert b"summary" not in sent[-1]
