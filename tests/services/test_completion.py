"""What newer servers leave out of a segment is sent once more, and what stays away is said: pictures, and keywords with new content."""

import io
import json
from contextlib import suppress
from typing import Any
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
from datasets_ui.models import Actor, AuditEvent, JobItem, Revision, User, Workspace
from datasets_ui.services.completion import KeptInPart
from datasets_ui.services.jobs import NewItem, create_job
from datasets_ui.services.revisions import take_snapshot
from datasets_ui.services.segment_import import import_segments, restore_snapshot
from datasets_ui.services.segment_parts import MergeHalfway, fingerprint_of_all, merge_segments, split_segment, to_merge
from datasets_ui.services.segment_restores import restore_segment
from datasets_ui.services.segments import create_segment, delete_segment, fingerprint, set_segment_enabled, update_segment
from tests.sandbox.support import illustrated, picture
from tests.sandbox_process import SandboxProcess
from tests.services.job_stage import finish
from tests.stage import document, ready, segments, texts, until, url

ERIN = Actor("erin@example.com")
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
def place(dify: DifyClient, workspace: Workspace, rich: Dataset, plan: Document) -> dict[str, Any]:
    return {"dify": dify, "workspace": workspace, "dataset_id": rich.id, "document_id": plan.id, "by": ERIN}


def pictures(place: dict[str, Any], segment_id: UUID) -> list[UUID]:
    found: Segment = place["dify"].segments.get(place["dataset_id"], place["document_id"], segment_id)
    return found.attachment_ids or []


def edit(place: dict[str, Any], row: Segment, content: str, keywords: list[str]) -> Segment:
    return update_segment(
        **place, segment_id=row.id, opened_as=fingerprint(row), content=content, answer=None, keywords=keywords, add_words=False
    )


def drop(place: dict[str, Any], row: Segment) -> None:
    """As somebody does who calls the API without naming the pictures, on Dify's own page or with an older dashboard."""
    place["dify"].segments.update(
        place["dataset_id"], place["document_id"], row.id, content=row.content, answer=None, keywords=[], attachment_ids=[]
    )
    assert pictures(place, row.id) == []


# --- pictures ---


def test_an_edit_keeps_them(place: dict[str, Any], rows: list[Segment]) -> None:
    edit(place, rows[1], f"{rows[1].content} Corrected.", [])
    assert pictures(place, rows[1].id) == rows[1].attachment_ids


def test_disabling_and_enabling_keeps_them(place: dict[str, Any], rows: list[Segment]) -> None:
    set_segment_enabled(**place, segment_id=rows[1].id, enabled=False)

    def enable() -> Segment | None:
        with suppress(Invalid):  # for a moment Dify is busy with it
            return set_segment_enabled(**place, segment_id=rows[1].id, enabled=True)
        return None

    assert until(enable).enabled
    assert pictures(place, rows[1].id) == rows[1].attachment_ids


def test_the_history_keeps_them_and_brings_back_what_was_lost(place: dict[str, Any], rows: list[Segment]) -> None:
    edit(place, rows[1], "No link any more.", [])
    revision = Revision.objects.get()
    assert (revision.before or {})["attachments"] == [str(one) for one in rows[1].attachment_ids or []]
    drop(place, rows[1])
    restore_segment(dify=place["dify"], workspace=place["workspace"], revision=revision, by=ERIN)
    assert pictures(place, rows[1].id) == rows[1].attachment_ids


def test_an_entry_from_before_finds_them_by_the_links_in_its_text(place: dict[str, Any], rows: list[Segment]) -> None:
    edit(place, rows[1], f"{rows[1].content} Corrected.", [])
    revision = Revision.objects.get()
    revision.before = {name: value for name, value in (revision.before or {}).items() if name != "attachments"}
    revision.save()
    drop(place, rows[1])
    restore_segment(dify=place["dify"], workspace=place["workspace"], revision=revision, by=ERIN)
    assert pictures(place, rows[1].id) == rows[1].attachment_ids


def test_a_deleted_segment_comes_back_with_them(place: dict[str, Any], rows: list[Segment]) -> None:
    revision = delete_segment(**place, segment_id=rows[1].id)
    back = restore_segment(dify=place["dify"], workspace=place["workspace"], revision=revision, by=ERIN)
    assert pictures(place, back.id) == rows[1].attachment_ids


def test_what_dify_does_not_take_is_said(place: dict[str, Any], rows: list[Segment]) -> None:
    revision = delete_segment(**place, segment_id=rows[1].id)
    revision.before = (revision.before or {}) | {"attachments": [str(uuid4())], "content": "Without a link."}
    revision.save()
    with pytest.raises(KeptInPart, match=r"segment #\d+ is without one picture\.") as told:
        restore_segment(dify=place["dify"], workspace=place["workspace"], revision=revision, by=ERIN)
    assert told.value.segment.content == "Without a link."


def test_a_page_says_it_too(editor: Client, place: dict[str, Any], rows: list[Segment]) -> None:
    revision = delete_segment(**place, segment_id=rows[1].id)
    revision.before = (revision.before or {}) | {"attachments": [str(uuid4())], "content": "Without a link."}
    revision.save()
    address = url("revision-restore", place["dataset_id"], place["document_id"], revision.pk)
    page = editor.post(address, follow=True)
    assert "not all of it: As far as Dify has answered, segment #6 is without one picture" in " ".join(
        texts(page, ".notice-warning span")
    )


def test_of_a_split_each_part_has_those_that_it_names(place: dict[str, Any], rows: list[Segment]) -> None:
    both = edit(place, rows[0], "First. Second.", [])
    ids = [one for row in rows for one in row.attachment_ids or []]
    place["dify"].segments.update(
        place["dataset_id"], place["document_id"], both.id, content=f"{rows[1].content} {rows[3].content}", answer=None, keywords=[],
        attachment_ids=ids,
    )  # fmt: skip
    both = place["dify"].segments.get(place["dataset_id"], place["document_id"], both.id)
    first, second = split_segment(
        **place, segment_id=both.id, opened_as=fingerprint(both), parts=(rows[1].content, rows[3].content), answer=None,
        keywords=[],
    )  # fmt: skip
    assert [pictures(place, part.id) for part in (first, second)] == [rows[1].attachment_ids, rows[3].attachment_ids]


def test_of_a_split_what_no_part_names_stays_where_it_was(place: dict[str, Any], rows: list[Segment]) -> None:
    unnamed = edit(place, rows[1], "First. Second.", [])
    first, second = split_segment(
        **place, segment_id=unnamed.id, opened_as=fingerprint(unnamed), parts=("First.", "Second."), answer=None, keywords=[]
    )  # fmt: skip
    assert (pictures(place, first.id), pictures(place, second.id)) == (rows[1].attachment_ids, [])


def merge(place: dict[str, Any], rows: list[Segment]) -> Segment:
    ids = [row.id for row in rows]
    found = to_merge(dify=place["dify"], dataset_id=place["dataset_id"], document_id=place["document_id"], ids=ids)
    return merge_segments(
        **place, ids=ids, opened_as=fingerprint_of_all(found), content="Joined.", answer=None, keywords=[]
    )  # fmt: skip


def test_a_merge_keeps_all_of_them(place: dict[str, Any], rows: list[Segment]) -> None:
    first = merge(place, rows[1:4])
    assert pictures(place, first.id) == [*(rows[1].attachment_ids or []), *(rows[3].attachment_ids or [])]


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
    place: dict[str, Any], rows: list[Segment], sandbox: SandboxProcess
) -> None:
    way = TakesOne(Transport(AddressPolicy(frozenset({f"127.0.0.1:{sandbox.port}"}))))
    place["dify"] = DifyClient(sandbox.base_url, SecretStr(sandbox.key), way)
    with pytest.raises(MergeHalfway) as told:
        merge(place, rows[1:4])
    assert (told.value.missing, len(told.value.left)) == ("As far as Dify has answered, segment #2 is without one picture.", 2)
    assert len(segments(place["dify"], place["dataset_id"], place["document_id"])) == 5


def test_imported_rows_have_the_pictures_that_they_link_to(place: dict[str, Any], rows: list[Segment], plan: Document) -> None:
    told = {name: place[name] for name in ("dify", "workspace", "dataset_id", "by")}
    wanted = [NewSegment(content="Plain."), NewSegment(content=rows[1].content)]
    done = import_segments(**told, document=plan, rows=wanted)
    assert [segment.attachment_ids for segment in done.segments] == [[], rows[1].attachment_ids]
    assert done.lost_pictures == 0


def test_a_snapshot_brings_them_back(
    place: dict[str, Any], rows: list[Segment], dify: DifyClient, rich: Dataset, plan: Document
) -> None:
    told = {name: place[name] for name in ("dify", "workspace", "dataset_id", "by")}
    snapshot = take_snapshot(**told, document=plan)
    for row in rows[:3]:
        dify.segments.delete(rich.id, plan.id, row.id)
    done = restore_snapshot(dify=dify, workspace=place["workspace"], snapshot=snapshot, by=ERIN)
    assert [segment.attachment_ids for segment in done.segments] == [[], rows[1].attachment_ids, []]


@pytest.mark.django_db(transaction=True)
def test_a_job_keeps_them(place: dict[str, Any], rows: list[Segment], erin: User, rich: Dataset) -> None:
    items = [NewItem("one", {"document_id": str(rows[1].document_id), "segment_id": str(rows[1].id), "add": ["plan"]})]
    job = create_job(
        workspace=place["workspace"], kind="change_keywords", title="Add", items=items, user=erin, by=ERIN, dataset_id=rich.id
    )  # fmt: skip
    finish(job)
    assert (JobItem.objects.get().state, pictures(place, rows[1].id)) == ("done", rows[1].attachment_ids)


def test_an_economy_dataset_is_not_asked_twice(
    dify: DifyClient, workspace: Workspace, handbook: Dataset, rows: list[Segment], sandbox: SandboxProcess
) -> None:
    """It passes pictures over; a second call would only make it an edited segment."""
    leave = document(dify, handbook.id)
    before = len(sandbox.calls())
    create_segment(
        dify=dify, workspace=workspace, dataset_id=handbook.id, document=leave, content=rows[1].content, answer=None, keywords=[],
        by=ERIN,
    )  # fmt: skip
    assert [call["method"] for call in sandbox.calls()[before:]] == ["POST", "GET"]


# --- keywords ---


def test_keywords_that_come_with_a_new_content_are_stored_after_all(place: dict[str, Any], rows: list[Segment]) -> None:
    saved = edit(place, rows[0], "Another text.", ["floor", "plan"])
    assert (saved.content, set(saved.keywords or [])) == ("Another text.", {"floor", "plan"})


def test_it_is_one_act_and_one_entry(place: dict[str, Any], rows: list[Segment]) -> None:
    edit(place, rows[0], "Another text.", ["floor", "plan"])
    assert (AuditEvent.objects.count(), Revision.objects.count()) == (1, 1)


def test_where_the_second_call_fails_it_is_said_what_is_missing(
    editor: Client, place: dict[str, Any], rows: list[Segment], sandbox: SandboxProcess
) -> None:
    """The text is saved; the act is not called a failure."""
    change = {"method": "POST", "path": f"/segments/{rows[0].id}$"}
    sandbox.faults(change | {"kind": "slow", "seconds": 0}, change | {"kind": "status", "status": 500})
    sent = {"content": "Another text.", "keywords": "floor", "base": rows[0].content, "opened_as": fingerprint(rows[0])}
    address = url("segment-edit", place["dataset_id"], place["document_id"], rows[0].id)
    page = editor.post(address, sent, follow=True)
    assert "is without the keywords" in " ".join(texts(page, ".notice-warning span"))
    assert AuditEvent.objects.get(act="segment.update").outcome == "done"
