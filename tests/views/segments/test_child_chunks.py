"""Child chunks of a parent-child document: read, added, corrected in place, deleted, cut anew; nobody's work is lost."""

from typing import Any

import pytest
from django.test import Client

from datasets_ui.dify.child_chunks import ChildChunk
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument, ProcessRule
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Revision
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import (
    HTMX,
    UNKNOWN,
    Calls,
    acts,
    attribute,
    document,
    last_event,
    segments,
    text,
    texts,
    tree,
    until,
    url,
    value,
)

RULE = ProcessRule(mode="hierarchical", separator="###", chunk_overlap=0, child_separator="\n", child_max_tokens=80)
PARENTS = NewDocument(indexing_technique="high_quality", doc_form="hierarchical_model", process_rule=RULE)
Ids = Any


@pytest.fixture
def lamps(dify: DifyClient, workspace: object) -> Dataset:
    made = dify.datasets.create(name="Lamps", indexing_technique="high_quality", permission="only_me")
    document(dify, made.id, text="Lamps\nA lamp gives light.###Desks\nA desk is a table.", new=PARENTS)
    return dify.datasets.get(made.id)


@pytest.fixture
def guide(dify: DifyClient, lamps: Dataset) -> Document:
    return dify.documents.page(lamps.id).data[0]


@pytest.fixture
def first(dify: DifyClient, lamps: Dataset, guide: Document) -> Segment:
    return segments(dify, lamps.id, guide.id)[0]


@pytest.fixture
def of(lamps: Dataset, guide: Document, first: Segment) -> Ids:
    """The ids in the addresses of the first segment."""
    return lamps.id, guide.id, first.id


def children(dify: DifyClient, of: Ids) -> list[ChildChunk]:
    return dify.child_chunks.page(*of).data


def contents(dify: DifyClient, of: Ids) -> list[str]:
    return [child.content for child in children(dify, of)]


@pytest.fixture
def of_child(dify: DifyClient, of: Ids) -> Ids:
    """The ids in the addresses of the second child chunk."""
    return (*of, children(dify, of)[1].id)


def opened(client: Client, of_child: Ids, content: str) -> dict[str, str]:
    page = client.get(url("child-chunk-edit", *of_child), **HTMX)
    return {"content": content} | {name: value(page, name) for name in ("base_content", "opened_as")}


def edit(client: Client, of_child: Ids, content: str) -> Any:
    return client.post(url("child-chunk-edit", *of_child), opened(client, of_child, content), **HTMX)


def cut_anew(client: Client, of: Ids) -> Any:
    seen = value(client.get(url("child-chunks-regenerate", *of), **HTMX), "seen")
    return client.post(url("child-chunks-regenerate", *of), {"seen": seen}, **HTMX)


def restore(client: Client, kind: str) -> Any:
    kept = Revision.objects.filter(kind=kind).latest("id")
    return client.post(url("revision-restore", kept.dataset_id, kept.document_id, kept.pk), follow=True)


# --- reading ---


def test_they_come_in_order_and_say_who_wrote_them(viewer: Client, dify: DifyClient, of: Ids) -> None:
    dify.child_chunks.create(*of, content="<b>Red.</b>")
    page = viewer.get(url("child-chunks", *of), **HTMX)
    assert texts(page, ".segment-text") == ["Lamps", "A lamp gives light.", "<b>Red.</b>"]
    assert texts(page, "article:last-of-type .badge") == ["written by hand"]
    assert tree(page).css("form, [hx-post], .btn") == []


def test_a_page_costs_one_call(viewer: Client, sandbox: SandboxProcess, of: Ids) -> None:
    viewer.get(url("child-chunks", *of))
    calls = Calls(sandbox)
    viewer.get(url("child-chunks", *of), **HTMX)
    assert len(calls.seen()) == 1


def test_there_are_pages(editor: Client, dify: DifyClient, of: Ids) -> None:
    for number in range(50):
        dify.child_chunks.create(*of, content=f"Number {number}")
    page = editor.get(url("child-chunks", *of, page=2), **HTMX)
    assert texts(page, ".segment-text") == ["Number 48", "Number 49"]


def test_a_segment_without_any_says_what_that_means(editor: Client, dify: DifyClient, of: Ids) -> None:
    for child in children(dify, of):
        dify.child_chunks.delete(of[0], of[1], of[2], child.id)
    assert "not found by search until" in text(editor.get(url("child-chunks", *of)), "section p")


# --- adding ---


def test_one_is_added_at_the_end(editor: Client, dify: DifyClient, of: Ids) -> None:
    page = editor.post(url("child-chunk-add", *of), {"content": "It is red.\r\nOr blue."}, **HTMX)
    assert contents(dify, of)[-1] == "It is red.\nOr blue."
    assert (page.headers["HX-Retarget"], len(texts(page, "article"))) == (f"#child-chunks-{of[2]}", 3)
    assert (tree(page).css("form[data-editor]"), last_event().act, str(last_event().after)) == (
        [],
        "child_chunk.create",
        "It is red.\nOr blue.",
    )


def test_another_one_can_be_typed_at_once(editor: Client, of: Ids) -> None:
    page = editor.post(url("child-chunk-add", *of), {"content": "It is red.", "another": "1"}, **HTMX)
    assert (value(page, "content"), len(tree(page).css("[name=content][autofocus]"))) == ("", 1)


def test_without_script_another_one_too(editor: Client, of: Ids) -> None:
    page = editor.post(url("child-chunk-add", *of), {"content": "It is red.", "another": "1"})
    assert page.headers["Location"] == url("child-chunk-add", *of)


def test_nothing_empty_is_added(editor: Client, dify: DifyClient, of: Ids) -> None:
    page = editor.post(url("child-chunk-add", *of), {"content": " \n"}, **HTMX)
    assert (page.status_code, texts(page, ".field-error")) == (422, ["A child chunk needs text."])
    assert len(children(dify, of)) == 2


# --- editing ---


def test_one_is_corrected_where_it_is(editor: Client, dify: DifyClient, of: Ids, of_child: Ids) -> None:
    page = edit(editor, of_child, "A lamp gives plenty of light.")
    assert texts(page, "article .segment-text") == ["A lamp gives plenty of light."]
    assert contents(dify, of) == ["Lamps", "A lamp gives plenty of light."]
    kept = Revision.objects.get()
    assert (kept.kind, kept.before, kept.child_chunk_id, kept.segment_id) == (
        "child_update",
        {"content": "A lamp gives light."},
        of_child[3],
        of[2],
    )


def test_a_conflict_shows_both_and_overwrites_nothing(editor: Client, dify: DifyClient, of: Ids, of_child: Ids) -> None:
    typed = opened(editor, of_child, "Mine.")
    dify.child_chunks.update(*of_child, content="<i>Theirs.</i>")
    page = editor.post(url("child-chunk-edit", *of_child), typed, **HTMX)
    assert (page.status_code, texts(page, ".theirs"), value(page, "content")) == (422, ["<i>Theirs.</i>"], "Mine.")
    assert (contents(dify, of)[1], acts()) == ("<i>Theirs.</i>", [])
    editor.post(url("child-chunk-edit", *of_child), typed | {"opened_as": value(page, "opened_as")}, **HTMX)
    assert contents(dify, of)[1] == "Mine."


def test_two_edits_that_do_not_touch_are_both_kept(editor: Client, dify: DifyClient, of: Ids, of_child: Ids) -> None:
    typed = opened(editor, of_child, "A red lamp gives light.")
    dify.child_chunks.update(*of_child, content="A lamp gives light at night.")
    page = editor.post(url("child-chunk-edit", *of_child), typed, **HTMX)
    assert (page.status_code, value(page, "content")) == (422, "A red lamp gives light at night.")
    assert contents(dify, of)[1] == "A lamp gives light at night."
    editor.post(url("child-chunk-edit", *of_child), {name: value(page, name) for name in typed}, **HTMX)
    assert contents(dify, of)[1] == "A red lamp gives light at night."


def test_what_was_typed_stays_when_it_is_gone(editor: Client, dify: DifyClient, of: Ids, of_child: Ids) -> None:
    typed = opened(editor, of_child, "Mine.")
    dify.child_chunks.delete(*of_child)
    page = editor.post(url("child-chunk-edit", *of_child), typed, **HTMX)
    assert (page.status_code, value(page, "content")) == (422, "Mine.")


def test_an_unknown_one_is_not_found(editor: Client, of: Ids) -> None:
    for name in ("child-chunk", "child-chunk-edit", "child-chunk-delete"):
        assert editor.get(url(name, *of, UNKNOWN)).status_code == 404


# --- deleting ---


def test_one_is_deleted_and_brought_back_once(editor: Client, dify: DifyClient, of: Ids, of_child: Ids) -> None:
    page = editor.post(url("child-chunk-delete", *of_child), **HTMX)
    assert contents(dify, of) == ["Lamps"]
    undo = attribute(page, ".notice form", "action") or ""
    assert text(editor.post(undo, follow=True), ".notice-success span") == "1 child chunk is back, at the end of the segment."
    assert contents(dify, of) == ["Lamps", "A lamp gives light."]
    assert text(editor.post(undo, follow=True), ".notice-info span").startswith("This child chunk was brought back already")
    assert len(children(dify, of)) == 2


def test_without_script_a_deletion_asks(editor: Client, dify: DifyClient, of: Ids, of_child: Ids) -> None:
    page = editor.get(url("child-chunk-delete", *of_child))
    assert (text(page, "main h2"), text(page, "blockquote")) == ("Delete child chunk #2?", "A lamp gives light.")
    assert len(children(dify, of)) == 2


def test_an_edit_is_taken_back(editor: Client, dify: DifyClient, of: Ids, of_child: Ids) -> None:
    edit(editor, of_child, "Wrong.")
    assert text(restore(editor, "child_update"), ".notice-success span") == "The child chunk is what it was before."
    assert contents(dify, of)[1] == "A lamp gives light."


def test_the_history_shows_them_word_by_word(editor: Client, of: Ids, of_child: Ids) -> None:
    edit(editor, of_child, "A lamp gives warmth.")
    for name, ids in (("segment-history", of), ("document-history", of[:2])):
        page = editor.get(url(name, *ids))
        assert (texts(page, ".segment-text del"), texts(page, ".segment-text ins")) == (["light"], ["warmth"])
        assert "child chunk edited by erin@example.com" in texts(page, ".segment-head span")


def test_an_added_one_has_nothing_to_restore(editor: Client, of: Ids) -> None:
    editor.post(url("child-chunk-add", *of), {"content": "It is red."})
    assert tree(editor.get(url("segment-history", *of))).css("main form") == []


# --- cut anew ---


def test_before_they_are_cut_anew_what_goes_is_named(editor: Client, dify: DifyClient, of: Ids) -> None:
    dify.child_chunks.create(*of, content="It is red.")
    page = editor.get(url("child-chunks-regenerate", *of), **HTMX)
    assert "The 3 child chunks that are there now go; 1 of them was written by hand:" in text(page, "form")
    assert texts(page, ".going li") == ["It is red."]
    assert len(children(dify, of)) == 3


def test_they_are_cut_anew(editor: Client, dify: DifyClient, of: Ids, first: Segment) -> None:
    dify.child_chunks.create(*of, content="It is red.")
    page = cut_anew(editor, of)
    assert contents(dify, of) == ["Lamps", "A lamp gives light."]
    assert page.headers["HX-Trigger"] == "child-chunks-changed"
    assert (dify.segments.get(*of).content, acts()[-1][0]) == (first.content, "segment.regenerate")


def test_the_former_ones_can_be_added_again(editor: Client, dify: DifyClient, of: Ids) -> None:
    dify.child_chunks.create(*of, content="It is red.")
    cut_anew(editor, of)
    assert text(restore(editor, "regenerate"), ".notice-success span").startswith("1 child chunk is back")
    assert contents(dify, of) == ["Lamps", "A lamp gives light.", "It is red."]
    assert text(restore(editor, "regenerate"), ".notice-success span") == "All former child chunks are there already."


def test_one_that_was_not_named_does_not_go(editor: Client, dify: DifyClient, of: Ids) -> None:
    seen = value(editor.get(url("child-chunks-regenerate", *of), **HTMX), "seen")
    dify.child_chunks.create(*of, content="It is red.")
    page = editor.post(url("child-chunks-regenerate", *of), {"seen": seen}, **HTMX)
    assert (page.status_code, texts(page, ".going li")) == (422, ["It is red."])
    assert (len(children(dify, of)), acts()) == (3, [])


def test_a_refusal_is_said(editor: Client, dify: DifyClient, of: Ids, sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "status", "status": 400, "code": "invalid_param", "method": "POST", "times": None})
    page = cut_anew(editor, of)
    assert (page.status_code, len(texts(page, ".alert-danger"))) == (422, 1)
    assert Revision.objects.get().outcome == "failed"


def test_with_a_deleted_segment_come_back_those_that_were_written(editor: Client, dify: DifyClient, of: Ids) -> None:
    dify.child_chunks.create(*of, content="It is red.")
    editor.post(url("segment-delete", *of))
    restore(editor, "delete")
    last = segments(dify, of[0], of[1])[-1]
    assert contents(dify, (of[0], of[1], last.id)) == ["Lamps", "A lamp gives light.", "It is red."]


# --- in the editor of the segment ---


def save(client: Client, of: Ids, content: str, **more: str) -> Any:
    page = client.get(url("segment-edit", *of), **HTMX)
    typed = {name: value(page, name) for name in ("keywords", "base_content", "base_keywords", "opened_as")}
    return client.post(url("segment-edit", *of), typed | {"content": content} | more, **HTMX)


def test_an_edit_of_the_segment_keeps_them_and_says_so(editor: Client, dify: DifyClient, of: Ids) -> None:
    page = editor.get(url("segment-edit", *of), **HTMX)
    assert "stay as they are when you save" in text(page, "form")
    save(editor, of, "Lights\nA light is bright.")
    assert contents(dify, of) == ["Lamps", "A lamp gives light."]


def test_after_saving_one_is_asked_before_they_are_cut_anew(editor: Client, dify: DifyClient, of: Ids) -> None:
    page = save(editor, of, "Lights\nA light is bright.", cut_anew="1")
    assert attribute(page, "[hx-trigger=load]", "hx-get") == url("child-chunks-regenerate", *of)
    assert contents(dify, of) == ["Lamps", "A lamp gives light."]
    until(lambda: cut_anew(editor, of).status_code == 200 or None)
    assert contents(dify, of) == ["Lights", "A light is bright."]


def test_other_documents_say_nothing_of_child_chunks(editor: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id)
    page = editor.get(url("segment-edit", handbook.id, made.id, segments(dify, handbook.id, made.id)[0].id), **HTMX)
    assert "child chunks" not in page.text


def test_a_server_that_lacks_them_is_not_asked_again(editor: Client, dify: DifyClient, of: Ids) -> None:
    dify.capabilities.missing.add("child chunks")
    page = editor.get(url("segment-edit", *of), **HTMX)
    assert "child chunks" not in page.text
    dify.capabilities.missing.clear()


def test_an_edit_of_one_word_rewrites_no_line_end(editor: Client, dify: DifyClient, of: Ids, of_child: Ids) -> None:
    dify.child_chunks.update(*of_child, content="One.\r\nTwo.")
    edit(editor, of_child, "One.\r\nZwei.")
    assert contents(dify, of)[1] == "One.\r\nZwei."
