"""Segments: read, corrected in place, added, disabled, deleted; nobody's work is overwritten."""

from typing import Any

import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument
from datasets_ui.dify.segments import Segment
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import (
    HTMX,
    UNKNOWN,
    Calls,
    acts,
    attribute,
    beside,
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


@pytest.fixture
def leave(dify: DifyClient, handbook: Dataset) -> Document:
    return document(dify, handbook.id, text="Paid leave.###Unpaid <b>leave</b>.")


@pytest.fixture
def first(dify: DifyClient, handbook: Dataset, leave: Document) -> Segment:
    return segments(dify, handbook.id, leave.id)[0]


@pytest.fixture
def of_first(handbook: Dataset, leave: Document, first: Segment) -> tuple[object, ...]:
    """The ids in the addresses of the first segment."""
    return handbook.id, leave.id, first.id


@pytest.fixture
def question(dify: DifyClient, handbook: Dataset) -> tuple[Document, Segment]:
    """A document of questions and answers."""
    made = document(dify, handbook.id, "qa.txt", "How many days?", NewDocument(doc_form="qa_model"))
    return made, dify.segments.create(handbook.id, made.id, content="How long?", answer="25 days.", keywords=["days"])


def opened(client: Client, of: tuple[object, ...]) -> dict[str, str]:
    """What the editor's form would send if nothing was changed."""
    response = client.get(url("segment-edit", *of), **HTMX)
    fields = [field.attributes["name"] for field in tree(response).css("[name]:not([type=checkbox])")]
    return {field: value(response, field) for field in fields if field and field != "csrfmiddlewaretoken"}


def save(client: Client, of: tuple[object, ...], typed: dict[str, str]) -> Any:
    return client.post(url("segment-edit", *of), typed, **HTMX)


# --- reading ---


def test_the_segments_come_in_order(owner: Client, handbook: Dataset, leave: Document) -> None:
    response = owner.get(url("segments", handbook.id, leave.id))
    assert texts(response, ".segment-text") == ["Paid leave.", "Unpaid <b>leave</b>."]
    assert texts(response, ".segment-head .accent") == ["#1", "#2"]


@pytest.mark.parametrize("query", ["LEAVE", "<B>"])
def test_what_was_searched_is_marked_and_nothing_becomes_markup(
    owner: Client, handbook: Dataset, leave: Document, query: str
) -> None:
    response = owner.get(url("segments", handbook.id, leave.id, q=query))
    marks = {"LEAVE": ["leave", "leave"], "<B>": ["<b>"]}
    assert texts(response, ".segment-text mark") == marks[query]
    assert tree(response).css(".segment-text b") == []


def test_a_search_without_hits_says_so(owner: Client, handbook: Dataset, leave: Document) -> None:
    response = owner.get(url("segments", handbook.id, leave.id, q="<i>"))
    assert text(response, "#segments p") == "No segment has “<i>” in it."


def test_a_document_without_segments_says_so(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    empty = document(dify, handbook.id, text=" ")
    response = owner.get(url("segments", handbook.id, empty.id))
    assert text(response, "#segments p").startswith("This document has no segments.")


def test_there_are_pages(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    long = document(dify, handbook.id, text="###".join(f"Number {n}" for n in range(101)))
    response = owner.get(url("segments", handbook.id, long.id, page=2))
    assert (texts(response, ".segment-text"), text(response, ".pages .sub")) == (["Number 100"], "101–101 of 101")


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_two_calls(
    owner: Client, dify: DifyClient, sandbox: SandboxProcess, handbook: Dataset, count: int
) -> None:
    made = document(dify, handbook.id, text="###".join("abc"[:count]))
    owner.get(url("datasets"))
    calls = Calls(sandbox)
    owner.get(url("segments", handbook.id, made.id))
    path = f"GET /datasets/{handbook.id}/documents/{made.id}"
    assert sorted(calls.seen()) == [path, f"{path}/segments"]


def test_the_list_alone_costs_one_call(owner: Client, sandbox: SandboxProcess, handbook: Dataset, leave: Document) -> None:
    owner.get(url("datasets"))
    calls = Calls(sandbox)
    response = owner.get(url("segments", handbook.id, leave.id), **HTMX)
    assert response.content.lstrip().startswith(b'<section id="segments"')
    assert calls.seen() == [f"GET /datasets/{handbook.id}/documents/{leave.id}/segments"]


def test_one_segment_has_a_page(owner: Client, of_first: tuple[object, ...]) -> None:
    assert texts(owner.get(url("segment", *of_first)), ".segment-text") == ["Paid leave."]
    assert owner.get(url("segment", *of_first), **HTMX).content.lstrip().startswith(b"<article")


def test_a_viewer_is_offered_nothing_that_changes(viewer: Client, handbook: Dataset, leave: Document) -> None:
    response = viewer.get(url("segments", handbook.id, leave.id))
    assert tree(response).css("#main [hx-post], #main form[method=post], [data-edit]") == []


# --- editing ---


def test_an_edit_is_saved_where_the_segment_is(
    owner: Client, dify: DifyClient, handbook: Dataset, leave: Document, of_first: tuple[object, ...]
) -> None:
    response = save(owner, of_first, opened(owner, of_first) | {"content": "Paid leave: 25 days."})
    assert (response.status_code, text(response, ".segment-text")) == (200, "Paid leave: 25 days.")
    assert segments(dify, handbook.id, leave.id)[0].content == "Paid leave: 25 days."
    event = last_event()
    assert (event.act, str(event.before), str(event.after)) == ("segment.update", "Paid leave.", "Paid leave: 25 days.")
    assert (event.actor, event.address, event.object_id) == ("alice@example.com", "127.0.0.1", str(of_first[-1]))


def test_without_script_an_edit_leads_back_to_the_list(
    owner: Client, handbook: Dataset, leave: Document, of_first: tuple[object, ...]
) -> None:
    response = owner.post(url("segment-edit", *of_first), opened(owner, of_first))
    assert response.headers["Location"] == url("segments", handbook.id, leave.id)


def test_an_edit_keeps_the_keywords(owner: Client, dify: DifyClient, first: Segment, of_first: Any) -> None:
    save(owner, of_first, opened(owner, of_first) | {"content": "Something else."})
    assert dify.segments.get(*of_first).keywords == first.keywords


def test_keywords_are_changed(owner: Client, dify: DifyClient, of_first: Any) -> None:
    save(owner, of_first, opened(owner, of_first) | {"keywords": " rest，holiday , rest,, "})
    assert dify.segments.get(*of_first).keywords == ["rest", "holiday"]


def test_new_words_become_keywords_when_asked(owner: Client, dify: DifyClient, of_first: Any) -> None:
    typed = opened(owner, of_first) | {"content": "Paid sabbatical.", "keywords": "leave", "add_words": "on"}
    save(owner, of_first, typed)
    assert "sabbatical" in (dify.segments.get(*of_first).keywords or [])


def test_an_edit_keeps_the_answer(
    owner: Client, dify: DifyClient, handbook: Dataset, question: tuple[Document, Segment]
) -> None:
    of = (handbook.id, question[0].id, question[1].id)
    save(owner, of, opened(owner, of) | {"content": "How long exactly?"})
    changed = dify.segments.get(*of)
    assert (changed.content, changed.answer) == ("How long exactly?", "25 days.")


def test_a_form_without_the_answer_does_not_blank_it(
    owner: Client, dify: DifyClient, handbook: Dataset, question: tuple[Document, Segment]
) -> None:
    of = (handbook.id, question[0].id, question[1].id)
    typed = opened(owner, of)
    del typed["answer"]
    save(owner, of, typed | {"content": "How long exactly?"})
    assert dify.segments.get(*of).answer == "25 days."


def test_line_ends_of_the_browser_are_not_stored(owner: Client, dify: DifyClient, of_first: Any) -> None:
    save(owner, of_first, opened(owner, of_first) | {"content": "One\r\nTwo\r\n"})
    assert dify.segments.get(*of_first).content == "One\nTwo\n"


def test_line_ends_that_are_stored_stay(owner: Client, dify: DifyClient, of_first: Any) -> None:
    dify.segments.update(*of_first, content="One.\r\nTwo.\r\n", answer=None, keywords=["one"], attachment_ids=None)
    save(owner, of_first, opened(owner, of_first) | {"content": "One.\r\n2.\r\n"})
    assert dify.segments.get(*of_first).content == "One.\r\n2.\r\n"
    history = owner.get(url("segment-history", *of_first))
    assert texts(history, ".change del, .change ins")[:2] == ["Two", "2"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "This field is required."),
        (" \r\n ", "A segment needs text: Dify would keep the old text without a word."),
        ("x" * 100_001, "Ensure this value has at most 100000 characters (it has 100001)."),
    ],
)
def test_an_edit_that_cannot_be_is_told(owner: Client, dify: DifyClient, of_first: Any, content: str, reason: str) -> None:
    response = save(owner, of_first, opened(owner, of_first) | {"content": content})
    assert (response.status_code, beside(response, "content")) == (422, [reason])
    assert (dify.segments.get(*of_first).content, acts()) == ("Paid leave.", [])


def test_a_conflict_shows_both_and_overwrites_nothing(owner: Client, dify: DifyClient, of_first: Any) -> None:
    typed = opened(owner, of_first) | {"content": "Mine."}
    dify.segments.update(*of_first, content="<i>Theirs.</i>", answer=None, keywords=["theirs"], attachment_ids=None)
    response = save(owner, of_first, typed)
    assert (response.status_code, texts(response, ".theirs"), value(response, "content")) == (422, ["<i>Theirs.</i>"], "Mine.")
    assert (dify.segments.get(*of_first).content, acts()) == ("<i>Theirs.</i>", [])


def test_a_conflict_names_who_changed_it_where_the_history_knows(
    owner: Client, editor: Client, dify: DifyClient, of_first: Any
) -> None:
    typed = opened(owner, of_first) | {"content": "Mine."}
    save(editor, of_first, opened(editor, of_first) | {"content": "Theirs."})
    told = "erin@example.com changed this segment just now, after you opened it."
    assert text(save(owner, of_first, typed), ".alert-warning > b") == told
    dify.segments.update(*of_first, content="In the console.", answer=None, keywords=["theirs"], attachment_ids=None)
    assert text(save(owner, of_first, typed), ".alert-warning > b") == "Somebody changed this segment since you opened it."


def test_after_a_conflict_one_may_insist(owner: Client, dify: DifyClient, of_first: Any) -> None:
    typed = opened(owner, of_first) | {"content": "Mine."}
    dify.segments.update(*of_first, content="Theirs.", answer=None, keywords=["theirs"], attachment_ids=None)
    shown = save(owner, of_first, typed)
    save(owner, of_first, typed | {"opened_as": value(shown, "opened_as")})
    assert (dify.segments.get(*of_first).content, str(last_event().before)) == ("Mine.", "Theirs.")


def test_a_conflict_in_keywords_alone_counts(owner: Client, dify: DifyClient, of_first: Any) -> None:
    typed = opened(owner, of_first)
    dify.segments.update(*of_first, content="Paid leave.", answer=None, keywords=["theirs"], attachment_ids=None)
    assert save(owner, of_first, typed).status_code == 422


def test_two_edits_that_do_not_touch_are_both_shown_before_they_are_saved(
    owner: Client, editor: Client, dify: DifyClient, of_first: Any
) -> None:
    typed = opened(owner, of_first) | {"content": "Paid leave: 25 days."}
    save(editor, of_first, opened(editor, of_first) | {"content": "Fully paid leave."})
    shown = save(owner, of_first, typed)
    assert (shown.status_code, value(shown, "content")) == (422, "Fully paid leave: 25 days.")
    assert "the fields below have both. Nothing was saved yet." in text(shown, ".alert-warning")
    assert texts(shown, ".alert-warning ins") == ["Fully paid", ": 25 days"]
    assert texts(shown, "[data-mine=content]") == ["Paid leave: 25 days."]
    assert dify.segments.get(*of_first).content == "Fully paid leave."
    both = {name: value(shown, name) for name in typed}
    assert (save(owner, of_first, both).status_code, dify.segments.get(*of_first).content) == (200, both["content"])


def test_a_merge_is_one_of_three_texts_and_may_be_overtaken_again(owner: Client, dify: DifyClient, of_first: Any) -> None:
    typed = opened(owner, of_first) | {"content": "Paid leave: 25 days."}
    dify.segments.update(*of_first, content="Fully paid leave.", answer=None, keywords=["paid"], attachment_ids=None)
    both = {name: value(save(owner, of_first, typed), name) for name in typed}
    dify.segments.update(*of_first, content="Fully paid sick leave.", answer=None, keywords=["paid"], attachment_ids=None)
    shown = save(owner, of_first, both)
    assert (shown.status_code, value(shown, "content")) == (422, "Fully paid sick leave: 25 days.")
    assert dify.segments.get(*of_first).content == "Fully paid sick leave."


def test_keywords_of_both_are_kept(owner: Client, dify: DifyClient, of_first: Any) -> None:
    typed = opened(owner, of_first)
    mine = typed | {"keywords": typed["keywords"] + ", mine"}
    kept = [*typed["keywords"].split(", "), "theirs"]
    dify.segments.update(*of_first, content="Paid leave.", answer=None, keywords=kept, attachment_ids=None)
    assert value(save(owner, of_first, mine), "keywords") == ", ".join([*typed["keywords"].split(", "), "mine", "theirs"])


def test_a_form_that_does_not_know_what_it_began_with_merges_nothing(owner: Client, dify: DifyClient, of_first: Any) -> None:
    typed = opened(owner, of_first) | {"content": "Paid leave: 25 days."}
    del typed["base_keywords"]
    dify.segments.update(*of_first, content="Fully paid leave.", answer=None, keywords=["theirs"], attachment_ids=None)
    shown = save(owner, of_first, typed)
    assert (shown.status_code, value(shown, "content")) == (422, "Paid leave: 25 days.")
    assert tree(shown).css(".edits, [data-mine]") == []


def test_a_forged_edit_is_a_conflict(owner: Client, dify: DifyClient, of_first: Any) -> None:
    assert save(owner, of_first, {"content": "Mine.", "keywords": ""}).status_code == 422
    assert dify.segments.get(*of_first).content == "Paid leave."


def test_what_was_typed_stays_when_the_segment_is_gone(owner: Client, dify: DifyClient, of_first: Any) -> None:
    typed = opened(owner, of_first) | {"content": "Mine."}
    dify.segments.delete(*of_first)
    response = save(owner, of_first, typed)
    assert (response.status_code, value(response, "content")) == (422, "Mine.")
    assert text(response, ".alert-danger").startswith("Dify does not know this any more.")


def test_a_lost_answer_is_not_known(owner: Client, sandbox: SandboxProcess, of_first: Any) -> None:
    typed = opened(owner, of_first) | {"content": "Mine."}
    sandbox.faults({"kind": "reset", "method": "POST"})
    response = save(owner, of_first, typed)
    assert "It is not known whether the change was carried out" in text(response, ".alert-danger")
    assert (acts()[0][1], value(response, "content")) == ("unknown", "Mine.")


# --- adding ---


def test_one_is_added_at_the_end(owner: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    typed = {"content": "Sick leave.", "keywords": "sick"}
    response = owner.post(url("segment-add", handbook.id, leave.id), typed, follow=True)
    assert texts(response, ".notice-success span") == ["Segment #3 was added at the end."]
    added = segments(dify, handbook.id, leave.id)[-1]
    assert (added.content, added.keywords) == ("Sick leave.", ["sick"])
    assert (acts(), str(last_event().after)) == ([("segment.create", "done", "leave.txt")], "Sick leave.")


def test_an_answer_is_added_to_questions(
    owner: Client, dify: DifyClient, handbook: Dataset, question: tuple[Document, Segment]
) -> None:
    owner.post(url("segment-add", handbook.id, question[0].id), {"content": "When?", "answer": "Now.", "keywords": ""})
    assert segments(dify, handbook.id, question[0].id)[-1].answer == "Now."


def test_nothing_empty_is_added(owner: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    response = owner.post(url("segment-add", handbook.id, leave.id), {"content": "", "keywords": "kept"}, **HTMX)
    assert (response.status_code, beside(response, "content")) == (422, ["This field is required."])
    assert (value(response, "keywords"), len(segments(dify, handbook.id, leave.id))) == ("kept", 2)


def test_a_disabled_document_takes_none_and_says_so(
    owner: Client, dify: DifyClient, handbook: Dataset, leave: Document
) -> None:
    dify.documents.set_status(handbook.id, "disable", [leave.id])
    response = owner.post(url("segment-add", handbook.id, leave.id), {"content": "Mine."}, **HTMX)
    assert text(response, ".alert-danger").endswith("Document is disabled.")
    assert value(response, "content") == "Mine."


# --- disabling, deleting ---


def test_one_is_disabled_and_enabled_with_all_it_has(
    owner: Client, dify: DifyClient, handbook: Dataset, leave: Document, of_first: Any
) -> None:
    dify.segments.update(*of_first, content="Paid leave.", answer=None, keywords=["mine"], attachment_ids=None)
    off = owner.post(url("segment-enable", *of_first), {"enabled": "0"}, **HTMX)
    assert texts(off, ".state") == ["Disabled"]

    def enabled() -> Segment | None:
        owner.post(url("segment-enable", *of_first), {"enabled": "1"}, **HTMX)
        return found if (found := dify.segments.get(*of_first)).enabled else None

    again = until(enabled)
    assert (again.content, again.keywords) == ("Paid leave.", ["mine"])
    assert [acts()[0][0], acts()[-1][0]] == ["segment.disable", "segment.enable"]


def test_without_script_disabling_leads_back_to_the_list(
    owner: Client, handbook: Dataset, leave: Document, of_first: Any
) -> None:
    response = owner.post(url("segment-enable", *of_first), {"enabled": "0"})
    assert response.headers["Location"] == url("segments", handbook.id, leave.id)


def test_a_deletion_asks_and_shows_what_goes(owner: Client, dify: DifyClient, of_first: Any) -> None:
    response = owner.get(url("segment-delete", *of_first), **HTMX)
    assert (text(response, "h2"), text(response, "blockquote")) == ("Delete segment #1?", "Paid leave.")
    assert dify.segments.get(*of_first).content == "Paid leave."


def test_one_is_deleted_and_its_text_recorded(
    owner: Client, dify: DifyClient, handbook: Dataset, leave: Document, of_first: Any
) -> None:
    response = owner.post(url("segment-delete", *of_first), follow=True)
    assert texts(response, ".notice-success span") == ["Segment #1 was deleted."]
    assert [row.position for row in segments(dify, handbook.id, leave.id)] == [2]
    assert (last_event().act, str(last_event().before)) == ("segment.delete", "Paid leave.")


def test_a_segment_that_is_gone_is_not_found(owner: Client, handbook: Dataset, leave: Document) -> None:
    for name in ("segment", "segment-edit", "segment-delete"):
        assert owner.get(url(name, handbook.id, leave.id, UNKNOWN)).status_code == 404


# --- adding one after the other ---


def add_another(client: Client, handbook: Dataset, leave: Document, **htmx: Any) -> Any:
    typed = {"content": "Sick leave.", "keywords": "sick", "another": "1"}
    return client.post(url("segment-add", handbook.id, leave.id), typed, **htmx)


def test_after_one_another_can_be_typed_at_once(owner: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    page = add_another(owner, handbook, leave, **HTMX)
    added = segments(dify, handbook.id, leave.id)[-1]
    assert (added.content, value(page, "content"), value(page, "keywords")) == ("Sick leave.", "", "")
    assert text(page, ".notice-success span") == "Segment #3 was added at the end."
    assert attribute(page, ".notice a", "href") == url("segment", handbook.id, leave.id, added.id)
    assert page.headers["HX-Trigger"] == "segments-changed"


def test_without_script_another_can_be_typed_too(owner: Client, handbook: Dataset, leave: Document) -> None:
    assert add_another(owner, handbook, leave).headers["Location"] == url("segment-add", handbook.id, leave.id)


def test_what_cannot_be_added_is_not_lost(owner: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    dify.documents.set_status(handbook.id, "disable", [leave.id])
    assert value(add_another(owner, handbook, leave, **HTMX), "content") == "Sick leave."


def test_a_server_without_summaries_is_not_asked_for_one(
    owner: Client, of_first: Any, older: tuple[DifyClient, Dataset]
) -> None:
    client, dataset = older
    made = document(client, dataset.id, text="Paid leave.")
    of_old = dataset.id, made.id, segments(client, dataset.id, made.id)[0].id
    found = [len(tree(owner.get(url("segment-edit", *of), **HTMX)).css("[name=summary]")) for of in (of_old, of_first)]
    assert found == [0, 1]


def test_a_text_of_the_greatest_length_can_be_saved(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, first: Segment
) -> None:
    """A browser sends two characters for each line end; and what is shortened may have been longer than can be saved here."""
    lines = ("a" * 99 + "\n") * 1_000
    opened_as = value(editor.get(url("segment-edit", handbook.id, leave.id, first.id)), "opened_as")
    sent = {"content": lines.replace("\n", "\r\n"), "keywords": "leave", "opened_as": opened_as, "base_content": "b" * 120_000}
    answer = editor.post(url("segment-edit", handbook.id, leave.id, first.id), sent, **HTMX)
    assert (answer.status_code, segments(dify, handbook.id, leave.id)[0].content) == (200, lines)
