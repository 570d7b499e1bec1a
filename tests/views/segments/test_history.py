"""Earlier versions of segments: kept before each change, shown word by word, brought back."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Revision, User, Workspace
from datasets_ui.services.segments.editing import delete_segment, set_segment_enabled
from datasets_ui.services.segments.restoring import RestoredAlready, restore_segment
from datasets_ui.templatetags.changes import against
from tests.conftest import scope_of, signed_in
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, UNKNOWN, acts, attribute, document, segments, text, texts, tree, url, value

ERIN = "erin@example.com"


@pytest.fixture
def leave(dify: DifyClient, handbook: Dataset) -> Document:
    return document(dify, handbook.id, text="Paid leave is 20 days.###Unpaid leave.")


@pytest.fixture
def first(dify: DifyClient, handbook: Dataset, leave: Document) -> Segment:
    return segments(dify, handbook.id, leave.id)[0]


def edit(client: Client, handbook: Dataset, first: Segment, content: str) -> Any:
    ids = (handbook.id, first.document_id, first.id)
    opened_as = value(client.get(url("segment-edit", *ids), **HTMX), "opened_as")
    return client.post(url("segment-edit", *ids), {"content": content, "keywords": "days", "opened_as": opened_as}, **HTMX)


def delete(client: Client, handbook: Dataset, first: Segment) -> Any:
    return client.post(url("segment-delete", handbook.id, first.document_id, first.id), **HTMX)


def restore(client: Client, revision: Revision) -> Any:
    return client.post(url("revision-restore", revision.dataset_id, revision.document_id, revision.pk), follow=True)


def was(revision: Revision) -> Any:
    return revision.before


def becomes(revision: Revision) -> Any:
    return revision.after


def contents(dify: DifyClient, handbook: Dataset, leave: Document) -> list[str]:
    return [segment.content for segment in segments(dify, handbook.id, leave.id)]


# --- keeping ---


def test_an_edit_keeps_what_was_there(editor: Client, handbook: Dataset, first: Segment) -> None:
    edit(editor, handbook, first, "Paid leave is 25 days.")
    kept = Revision.objects.get()
    assert (was(kept)["content"], becomes(kept)["content"]) == ("Paid leave is 20 days.", "Paid leave is 25 days.")
    assert (kept.kind, kept.outcome, kept.by, kept.position) == ("update", "done", "erin@example.com", 1)
    assert was(kept)["keywords"] == first.keywords


@pytest.mark.parametrize(("enabled", "kind"), [("0", "disable"), ("1", "enable")])
def test_switching_is_kept_too(editor: Client, handbook: Dataset, first: Segment, enabled: str, kind: str) -> None:
    editor.post(url("segment-enable", handbook.id, first.document_id, first.id), {"enabled": enabled})
    assert Revision.objects.get().kind == kind


def test_a_new_segment_is_noted(editor: Client, handbook: Dataset, leave: Document) -> None:
    editor.post(url("segment-add", handbook.id, leave.id), {"content": "Parental leave.", "keywords": ""})
    kept = Revision.objects.get()
    assert (kept.kind, kept.before, becomes(kept)["content"], kept.position) == ("create", None, "Parental leave.", 3)


def test_a_change_that_was_refused_says_so(
    editor: Client, handbook: Dataset, first: Segment, sandbox: SandboxProcess, dify: DifyClient
) -> None:
    sandbox.faults({"kind": "status", "status": 400, "code": "invalid_param", "method": "POST", "times": None})
    edit(editor, handbook, first, "New.")
    assert (Revision.objects.get().outcome, "New." in str(Revision.objects.get().after)) == ("failed", True)


def test_a_lost_answer_is_said_to_be_unknown(
    editor: Client, handbook: Dataset, first: Segment, sandbox: SandboxProcess
) -> None:
    sandbox.faults({"kind": "status", "status": 502, "method": "POST", "times": None})
    edit(editor, handbook, first, "New.")
    assert Revision.objects.get().outcome == "unknown"


# --- showing ---


def test_the_history_marks_the_words_that_changed(editor: Client, viewer: Client, handbook: Dataset, first: Segment) -> None:
    edit(editor, handbook, first, "Paid leave is 25 days.")
    page = viewer.get(url("segment-history", handbook.id, first.document_id, first.id))
    assert (texts(page, "main .segment-text del"), texts(page, "main .segment-text ins")) == (["20"], ["25"])


def test_the_history_of_a_document_has_all_of_its_segments(
    editor: Client, handbook: Dataset, leave: Document, dify: DifyClient
) -> None:
    for segment in segments(dify, handbook.id, leave.id):
        edit(editor, handbook, segment, f"{segment.content} Yes.")
    page = editor.get(url("document-history", handbook.id, leave.id))
    assert texts(page, "main .segment-head .accent") == ["#2", "#1"]


def test_a_viewer_may_read_it_and_restore_nothing(editor: Client, viewer: Client, handbook: Dataset, first: Segment) -> None:
    edit(editor, handbook, first, "New.")
    page = viewer.get(url("document-history", handbook.id, first.document_id))
    assert texts(page, "main form") == []


def test_content_is_text(editor: Client, handbook: Dataset, first: Segment) -> None:
    edit(editor, handbook, first, "<script>alert(1)</script>")
    page = editor.get(url("document-history", handbook.id, first.document_id))
    assert "<script>alert(1)" not in page.text


# --- bringing back ---


def test_an_edit_is_undone(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, first: Segment) -> None:
    edit(editor, handbook, first, "New.")
    page = restore(editor, Revision.objects.get())
    assert text(page, ".notice-success span") == "The segment is what it was before."
    assert contents(dify, handbook, leave)[0] == "Paid leave is 20 days."
    assert segments(dify, handbook.id, leave.id)[0].keywords == first.keywords


def test_what_was_there_meanwhile_is_kept(editor: Client, handbook: Dataset, first: Segment) -> None:
    edit(editor, handbook, first, "New.")
    edit(editor, handbook, first, "Newer.")
    restore(editor, Revision.objects.earliest("id"))
    assert was(Revision.objects.latest("id"))["content"] == "Newer."


def test_deleting_offers_to_undo(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, first: Segment) -> None:
    answer = delete(editor, handbook, first)
    assert (texts(answer, "article"), text(answer, ".notice button.btn")) == ([], "Undo")
    page = editor.post(attribute(answer, ".notice form", "action") or "", follow=True)
    assert text(page, ".notice-success span") == ("The segment is back as #3, at the end: Dify has no way to put it elsewhere.")
    assert contents(dify, handbook, leave) == ["Unpaid leave.", "Paid leave is 20 days."]
    assert [act for act, _, _ in acts()] == ["segment.delete", "segment.create"]


def test_without_htmx_deleting_offers_it_too(editor: Client, handbook: Dataset, first: Segment) -> None:
    page = editor.post(url("segment-delete", handbook.id, first.document_id, first.id), follow=True)
    assert text(page, ".notice button.btn") == "Undo"


def test_a_segment_comes_back_once(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, first: Segment
) -> None:
    delete(editor, handbook, first)
    revision = Revision.objects.get()
    restore(editor, revision)
    page = restore(editor, revision)
    assert text(page, ".notice-info span").startswith("This segment was brought back already")
    assert len(contents(dify, handbook, leave)) == 2


def test_deleted_again_it_comes_back_again(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, first: Segment
) -> None:
    delete(editor, handbook, first)
    revision = Revision.objects.get()
    restore(editor, revision)
    delete(editor, handbook, segments(dify, handbook.id, leave.id)[-1])
    restore(editor, revision)
    assert contents(dify, handbook, leave)[-1] == "Paid leave is 20 days."


def test_a_disabled_one_comes_back_disabled(
    workspace: Workspace, dify: DifyClient, handbook: Dataset, leave: Document, first: Segment
) -> None:
    scope = scope_of(workspace, ERIN, dify).dataset(handbook.id).document(leave.id)
    set_segment_enabled(scope, first.id, enabled=False)
    restored = restore_segment(scope, delete_segment(scope, first.id))
    assert (restored.content, restored.enabled) == ("Paid leave is 20 days.", False)


def test_when_it_cannot_be_brought_back_it_can_be_tried_again(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, first: Segment, sandbox: SandboxProcess
) -> None:
    delete(editor, handbook, first)
    sandbox.faults({"kind": "status", "status": 400, "method": "POST", "times": 1})
    assert len(texts(restore(editor, Revision.objects.get(kind="delete")), ".notice-error")) == 1
    restore(editor, Revision.objects.get(kind="delete"))
    assert len(contents(dify, handbook, leave)) == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_who_undo_at_once_one_does(
    workspace: Workspace, dify: DifyClient, handbook: Dataset, leave: Document, first: Segment
) -> None:
    scope = scope_of(workspace, ERIN, dify).dataset(handbook.id).document(leave.id)
    revision = delete_segment(scope, first.id)

    def undo(number: int) -> bool:
        try:
            restore_segment(scope, Revision.objects.get(pk=revision.pk))
        except RestoredAlready:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(undo, range(5))) == 1
    assert contents(dify, handbook, leave) == ["Unpaid leave.", "Paid leave is 20 days."]


# --- walls ---


def test_revisions_of_others_do_not_exist(
    outsider: Client, editor: Client, charlie: User, handbook: Dataset, first: Segment
) -> None:
    edit(editor, handbook, first, "New.")
    revision = Revision.objects.get()
    theirs = f"/w/{charlie.workspaces.get().slug}/datasets/{handbook.id}/documents/{first.document_id}/history/{revision.pk}/restore/"
    assert outsider.post(theirs).status_code in {404, 409}
    assert signed_in(charlie).post(url("revision-restore", handbook.id, first.document_id, revision.pk)).status_code == 404


def test_a_revision_belongs_to_its_document(editor: Client, handbook: Dataset, first: Segment) -> None:
    edit(editor, handbook, first, "New.")
    assert editor.post(url("revision-restore", handbook.id, UNKNOWN, Revision.objects.get().pk)).status_code == 404


# --- words ---


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("a b", "a c", [("same", "a "), ("gone", "b"), ("new", "c")]),
        ("", "new", [("new", "new")]),
        ("old", "", [("gone", "old")]),
        ("same", "same", [("same", "same")]),
        ("", "", []),
    ],
)
def test_words_are_compared(before: str, after: str, found: list[tuple[str, str]]) -> None:
    assert against(before, after) == found


def test_long_stretches_that_stay_are_shortened() -> None:
    long = "word " * 200
    [(_, same), *changed] = against(f"{long}a", f"{long}b")
    assert (len(same) < 100, changed) == (True, [("gone", "a"), ("new", "b")])


def test_the_tree_of_a_restored_page_is_whole(editor: Client, handbook: Dataset, first: Segment) -> None:
    delete(editor, handbook, first)
    page = editor.get(url("document-history", handbook.id, first.document_id))
    assert [words.text(strip=True) for words in tree(page).css("main form button")] == ["Bring back"]
