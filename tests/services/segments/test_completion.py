"""What newer servers leave out of a segment is sent once more, and what stays away is said: pictures, and keywords with new content."""

import io
import json
from contextlib import suppress
from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import pytest
from django.test import Client
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument, ProcessRule
from datasets_ui.dify.errors import Invalid
from datasets_ui.dify.network import AddressPolicy, Transport
from datasets_ui.dify.segments import NewSegment, Segment
from datasets_ui.models import AuditEvent, JobItem, Revision, Sentence, User, Workspace
from datasets_ui.services.history import take_snapshot
from datasets_ui.services.jobs.control import NewItem, NewJob, begin_job
from datasets_ui.services.scope import DocumentScope
from datasets_ui.services.segments.completion import KeptInPart
from datasets_ui.services.segments.editing import (
    SegmentEdit,
    create_segment,
    delete_segment,
    fingerprint,
    set_segment_enabled,
    update_segment,
)
from datasets_ui.services.segments.importing import import_segments, restore_snapshot
from datasets_ui.services.segments.jobs import ChangeKeywords, KeywordsItem
from datasets_ui.services.segments.parts import (
    Merge,
    MergeHalfway,
    Split,
    fingerprint_of_all,
    merge_segments,
    split_segment,
    to_merge,
)
from datasets_ui.services.segments.restoring import restore_segment
from datasets_ui.services.segments.texts import SegmentText
from tests.conftest import scope_of
from tests.sandbox.support import illustrated, picture
from tests.support.job_stage import finish, in_dataset
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import document, ready, segments, texts, until, url

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLAN = illustrated("The plan of the first floor.", picture(), "The second floor.", picture(100), "Fire exits are green.")
LINES = ProcessRule(mode="custom", separator="\n", max_tokens=500)


@pytest.fixture
def rich(dify: DifyClient) -> Dataset:
    """A dataset with embeddings, whose segments take pictures."""
    return dify.datasets.create(name="Plans", indexing_technique="high_quality", permission="only_me")


@pytest.fixture
def plan(dify: DifyClient, rich: Dataset) -> Document:
    """Five segments; the second and the fourth have a picture each."""
    new = NewDocument(indexing_technique="high_quality", process_rule=LINES)
    made = dify.documents.create_by_file(rich.id, name="plan.docx", file=io.BytesIO(PLAN), content_type=WORD, new=new)
    return ready(dify, rich.id, made.document.id)


@pytest.fixture
def rows(dify: DifyClient, rich: Dataset, plan: Document) -> list[Segment]:
    found = segments(dify, rich.id, plan.id)
    assert [len(row.attachment_ids or []) for row in found] == [0, 1, 0, 1, 0]
    return found


@pytest.fixture
def scope(dify: DifyClient, workspace: Workspace, rich: Dataset, plan: Document) -> DocumentScope:
    return scope_of(workspace, "erin@example.com", dify).dataset(rich.id).document(plan.id)


def pictures(scope: DocumentScope, segment_id: UUID) -> list[UUID]:
    found: Segment = scope.dify.segments.get(scope.dataset_id, scope.document_id, segment_id)
    return found.attachment_ids or []


def edit(scope: DocumentScope, row: Segment, content: str, keywords: list[str]) -> Segment:
    return update_segment(scope, row.id, SegmentEdit(fingerprint(row), SegmentText(content, None, keywords)))


def drop(scope: DocumentScope, row: Segment) -> None:
    """As somebody does who calls the API without naming the pictures, on Dify's own page or with an older dashboard."""
    scope.dify.segments.update(
        scope.dataset_id, scope.document_id, row.id, content=row.content, answer=None, keywords=[], attachment_ids=[]
    )
    assert pictures(scope, row.id) == []


# --- pictures ---


def test_an_edit_keeps_them(scope: DocumentScope, rows: list[Segment]) -> None:
    edit(scope, rows[1], f"{rows[1].content} Corrected.", [])
    assert pictures(scope, rows[1].id) == rows[1].attachment_ids


def test_disabling_and_enabling_keeps_them(scope: DocumentScope, rows: list[Segment]) -> None:
    set_segment_enabled(scope, rows[1].id, enabled=False)

    def enable() -> Segment | None:
        with suppress(Invalid):  # for a moment Dify is busy with it
            return set_segment_enabled(scope, rows[1].id, enabled=True)
        return None

    assert until(enable).enabled
    assert pictures(scope, rows[1].id) == rows[1].attachment_ids


def test_the_history_keeps_them_and_brings_back_what_was_lost(scope: DocumentScope, rows: list[Segment]) -> None:
    edit(scope, rows[1], "No link any more.", [])
    revision = Revision.objects.get()
    assert (revision.before or {})["attachments"] == [str(one) for one in rows[1].attachment_ids or []]
    drop(scope, rows[1])
    restore_segment(scope, revision)
    assert pictures(scope, rows[1].id) == rows[1].attachment_ids


def test_an_entry_from_before_finds_them_by_the_links_in_its_text(scope: DocumentScope, rows: list[Segment]) -> None:
    edit(scope, rows[1], f"{rows[1].content} Corrected.", [])
    revision = Revision.objects.get()
    revision.before = {name: value for name, value in (revision.before or {}).items() if name != "attachments"}
    revision.save()
    drop(scope, rows[1])
    restore_segment(scope, revision)
    assert pictures(scope, rows[1].id) == rows[1].attachment_ids


def test_a_deleted_segment_comes_back_with_them(scope: DocumentScope, rows: list[Segment]) -> None:
    revision = delete_segment(scope, rows[1].id)
    back = restore_segment(scope, revision)
    assert pictures(scope, back.id) == rows[1].attachment_ids


def test_what_dify_does_not_take_is_said(scope: DocumentScope, rows: list[Segment]) -> None:
    revision = delete_segment(scope, rows[1].id)
    revision.before = (revision.before or {}) | {"attachments": [str(uuid4())], "content": "Without a link."}
    revision.save()
    with pytest.raises(KeptInPart, match=r"segment #\d+ is without one picture\.") as told:
        restore_segment(scope, revision)
    assert told.value.segment.content == "Without a link."


def test_a_page_says_it_too(editor: Client, scope: DocumentScope, rows: list[Segment]) -> None:
    revision = delete_segment(scope, rows[1].id)
    revision.before = (revision.before or {}) | {"attachments": [str(uuid4())], "content": "Without a link."}
    revision.save()
    address = url("revision-restore", scope.dataset_id, scope.document_id, revision.pk)
    page = editor.post(address, follow=True)
    assert "not all of it: As far as Dify has answered, segment #6 is without one picture" in " ".join(
        texts(page, ".notice-warning span")
    )


def test_of_a_split_each_part_has_those_that_it_names(scope: DocumentScope, rows: list[Segment]) -> None:
    both = edit(scope, rows[0], "First. Second.", [])
    ids = [one for row in rows for one in row.attachment_ids or []]
    scope.dify.segments.update(
        scope.dataset_id,
        scope.document_id,
        both.id,
        content=f"{rows[1].content} {rows[3].content}",
        answer=None,
        keywords=[],
        attachment_ids=ids,
    )
    both = scope.dify.segments.get(scope.dataset_id, scope.document_id, both.id)
    first, second = split_segment(scope, both.id, Split(fingerprint(both), (rows[1].content, rows[3].content), []))
    assert [pictures(scope, part.id) for part in (first, second)] == [rows[1].attachment_ids, rows[3].attachment_ids]


def test_of_a_split_what_no_part_names_stays_where_it_was(scope: DocumentScope, rows: list[Segment]) -> None:
    unnamed = edit(scope, rows[1], "First. Second.", [])
    first, second = split_segment(scope, unnamed.id, Split(fingerprint(unnamed), ("First.", "Second."), []))
    assert (pictures(scope, first.id), pictures(scope, second.id)) == (rows[1].attachment_ids, [])


def merge(scope: DocumentScope, rows: list[Segment]) -> Segment:
    ids = [row.id for row in rows]
    found = to_merge(scope, ids)
    return merge_segments(scope, Merge(ids, fingerprint_of_all(found), SegmentText("Joined.")))


def test_a_merge_keeps_all_of_them(scope: DocumentScope, rows: list[Segment]) -> None:
    first = merge(scope, rows[1:4])
    assert pictures(scope, first.id) == [*(rows[1].attachment_ids or []), *(rows[3].attachment_ids or [])]


class TakesOne(httpx.BaseTransport):
    """The way to a server that takes one picture of several, as one does whose others are gone."""

    def __init__(self, way: httpx.BaseTransport) -> None:
        self.way = way

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.read() or b"{}")
        if "attachment_ids" in body.get("segment", {}):
            body["segment"]["attachment_ids"] = body["segment"]["attachment_ids"][:1]
            headers = {name: value for name, value in request.headers.items() if name != "content-length"}
            request = httpx.Request(request.method, request.url, headers=headers, json=body, extensions=request.extensions)
        return self.way.handle_request(request)


def test_a_merge_that_would_lose_one_deletes_nothing(
    scope: DocumentScope, rows: list[Segment], sandbox: SandboxProcess
) -> None:
    way = TakesOne(Transport(AddressPolicy(frozenset({f"127.0.0.1:{sandbox.port}"}))))
    scope = replace(scope, dify=DifyClient(sandbox.base_url, SecretStr(sandbox.key), way))
    with pytest.raises(MergeHalfway) as told:
        merge(scope, rows[1:4])
    assert (str(told.value.missing), len(told.value.left)) == (
        "As far as Dify has answered, segment #2 is without one picture.",
        2,
    )
    assert len(segments(scope.dify, scope.dataset_id, scope.document_id)) == 5


def test_imported_rows_have_the_pictures_that_they_link_to(scope: DocumentScope, rows: list[Segment], plan: Document) -> None:
    wanted = [NewSegment(content="Plain."), NewSegment(content=rows[1].content)]
    done = import_segments(scope, plan, wanted)
    assert [segment.attachment_ids for segment in done.segments] == [[], rows[1].attachment_ids]
    assert done.lost_pictures == 0


def test_a_snapshot_brings_them_back(
    scope: DocumentScope, rows: list[Segment], dify: DifyClient, rich: Dataset, plan: Document
) -> None:
    snapshot = take_snapshot(scope, plan.name)
    for row in rows[:3]:
        dify.segments.delete(rich.id, plan.id, row.id)
    done = restore_snapshot(scope, snapshot)
    assert [segment.attachment_ids for segment in done.segments] == [[], rows[1].attachment_ids, []]


@pytest.mark.django_db(transaction=True)
def test_a_job_keeps_them(scope: DocumentScope, rows: list[Segment], erin: User, rich: Dataset) -> None:
    item = KeywordsItem(document_id=rows[1].document_id, segment_id=rows[1].id, add=["plan"])
    job = begin_job(
        in_dataset(scope.workspace, erin, rich),
        NewJob(ChangeKeywords, Sentence.of("as_written", text="Add"), [NewItem("one", item)]),
    )
    finish(job)
    assert (JobItem.objects.get().state, pictures(scope, rows[1].id)) == ("done", rows[1].attachment_ids)


def test_an_economy_dataset_is_not_asked_twice(
    dify: DifyClient, workspace: Workspace, handbook: Dataset, rows: list[Segment], sandbox: SandboxProcess
) -> None:
    """It passes pictures over; a second call would only make it an edited segment."""
    leave = document(dify, handbook.id)
    before = len(sandbox.calls())
    scope = scope_of(workspace, "erin@example.com", dify).dataset(handbook.id).document(leave.id)
    create_segment(scope, leave, SegmentText(rows[1].content))
    assert [call["method"] for call in sandbox.calls()[before:]] == ["POST", "GET"]


# --- keywords ---


def test_keywords_that_come_with_a_new_content_are_stored_after_all(scope: DocumentScope, rows: list[Segment]) -> None:
    saved = edit(scope, rows[0], "Another text.", ["floor", "plan"])
    assert (saved.content, set(saved.keywords or [])) == ("Another text.", {"floor", "plan"})


def test_it_is_one_act_and_one_entry(scope: DocumentScope, rows: list[Segment]) -> None:
    edit(scope, rows[0], "Another text.", ["floor", "plan"])
    assert (AuditEvent.objects.count(), Revision.objects.count()) == (1, 1)


def test_where_the_second_call_fails_it_is_said_what_is_missing(
    editor: Client, scope: DocumentScope, rows: list[Segment], sandbox: SandboxProcess
) -> None:
    """The text is saved; the act is not called a failure."""
    change = {"method": "POST", "path": f"/segments/{rows[0].id}$"}
    sandbox.faults(change | {"kind": "slow", "seconds": 0}, change | {"kind": "status", "status": 500})
    sent = {"content": "Another text.", "keywords": "floor", "base_content": rows[0].content, "opened_as": fingerprint(rows[0])}
    address = url("segment-edit", scope.dataset_id, scope.document_id, rows[0].id)
    page = editor.post(address, sent, follow=True)
    assert "is without the keywords" in " ".join(texts(page, ".notice-warning span"))
    assert AuditEvent.objects.get(act="segment.update").outcome == "done"
