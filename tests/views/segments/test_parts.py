"""Segments cut in two, and neighbours joined: shown before it is done, and nothing is ever lost."""

from typing import Any

import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Revision
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, UNKNOWN, Calls, acts, document, segments, text, texts, tree, url, value

ONE = "Paid leave is 25 days. Unpaid leave is not limited."
AT = ONE.index(" Unpaid")


@pytest.fixture
def leave(dify: DifyClient, handbook: Dataset) -> Document:
    return document(dify, handbook.id, text=f"{ONE}###Sick leave.###Study leave.###Parental leave.")


@pytest.fixture
def rows(dify: DifyClient, handbook: Dataset, leave: Document) -> list[Segment]:
    return segments(dify, handbook.id, leave.id)


@pytest.fixture
def of_first(handbook: Dataset, leave: Document, rows: list[Segment]) -> tuple[Any, ...]:
    """The ids in the addresses of the first segment."""
    return handbook.id, leave.id, rows[0].id


def contents(dify: DifyClient, handbook: Dataset, leave: Document) -> list[str]:
    return [segment.content for segment in segments(dify, handbook.id, leave.id)]


def typed(editor: Client, of: tuple[Any, ...], **more: Any) -> dict[str, Any]:
    """What the editor sends to be split."""
    page = editor.get(url("segment-edit", *of), **HTMX)
    names = ("content", "keywords", "opened_as", *(["answer"] if tree(page).css("[name=answer]") else []))
    return {name: value(page, name) for name in names} | more


def split(editor: Client, of: tuple[Any, ...], at: object, **more: Any) -> Any:
    return editor.post(url("segment-split", *of), typed(editor, of, at=at, confirmed="1") | more, **HTMX)


# --- split: before it is done ---


def test_both_parts_are_shown_and_nothing_is_written(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, of_first: Any
) -> None:
    page = editor.post(url("segment-split", *of_first), typed(editor, of_first, at=AT), **HTMX)
    assert texts(page, ".theirs") == ["Paid leave is 25 days.", "Unpaid leave is not limited."]
    assert "goes to the end of the document" in text(page, "form")
    assert (len(contents(dify, handbook, leave)), acts()) == (4, [])


def test_without_script_the_place_is_chosen(editor: Client, of_first: Any) -> None:
    page = editor.get(url("segment-split", *of_first))
    assert texts(page, ".form-check-label") == ["after “Paid leave is 25 days.”"]
    assert value(page, "at") == str(AT + 1)


def test_a_single_sentence_is_cut_between_words(editor: Client, handbook: Dataset, leave: Document, rows: Any) -> None:
    page = editor.get(url("segment-split", handbook.id, leave.id, rows[1].id))
    assert texts(page, ".form-check-label") == ["after “Sick”"]


@pytest.mark.parametrize(("at", "side"), [(0, "before"), (len(ONE), "after")])
def test_no_part_may_be_empty(editor: Client, dify: DifyClient, of_first: Any, at: int, side: str) -> None:
    page = split(editor, of_first, at)
    assert page.status_code == 422
    assert text(page, ".alert-danger") == f"There is no text {side} the cut. Choose a place between two words."
    assert dify.segments.get(*of_first).content == ONE


def test_a_disabled_segment_is_not_split(editor: Client, dify: DifyClient, handbook: Dataset, rows: Any, of_first: Any) -> None:
    form = typed(editor, of_first, at=AT, confirmed="1")
    dify.segments.set_enabled(handbook.id, rows[0].document_id, rows[0], enabled=False)
    page = editor.post(url("segment-split", *of_first), form, **HTMX)
    assert text(page, ".alert-danger").startswith("Segment #1 is disabled")


@pytest.mark.parametrize(("action", "reason"), [("disable", "is disabled: enable it first"), ("archive", "is archived")])
def test_a_document_that_is_not_available_is_said(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, of_first: Any, action: Any, reason: str
) -> None:
    dify.documents.set_status(handbook.id, action, [leave.id])
    page = split(editor, of_first, AT)
    assert reason in text(page, ".alert-danger")
    assert len(contents(dify, handbook, leave)) == 4


# --- split: doing it ---


def test_a_segment_is_split(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, of_first: Any) -> None:
    page = split(editor, of_first, AT)
    found = contents(dify, handbook, leave)
    assert (found[0], found[-1]) == ("Paid leave is 25 days.", "Unpaid leave is not limited.")
    assert (page.headers["HX-Retarget"], page.headers["HX-Trigger"]) == (f"#segment-{of_first[2]}", "segments-changed")
    assert texts(page, "article .segment-text") == ["Paid leave is 25 days."]
    assert (text(page, ".notice span"), text(page, ".notice a")) == ("The second part is #5 now, at the end.", "View")


def test_what_was_typed_and_not_saved_is_split(editor: Client, dify: DifyClient, of_first: Any) -> None:
    split(editor, of_first, 6, content="New 🦉\r\nwords.")
    assert dify.segments.get(*of_first).content == "New 🦉"


def test_both_changes_can_be_taken_back(editor: Client, of_first: Any) -> None:
    split(editor, of_first, AT)
    assert [(kept.kind, kept.outcome) for kept in Revision.objects.order_by("id")] == [("create", "done"), ("update", "done")]
    assert Revision.objects.latest("id").before["content"] == ONE  # type: ignore[index]  # it is there, or the test fails


def test_keywords_go_where_they_occur(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, of_first: Any
) -> None:
    split(editor, of_first, AT, keywords="leave, unpaid, 25 days, holiday")
    rows = segments(dify, handbook.id, leave.id)
    assert (rows[0].keywords, rows[-1].keywords) == (["leave", "25 days", "holiday"], ["leave", "unpaid"])


def test_the_answer_is_copied_and_said(editor: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id, "qa.txt", "How many days?", NewDocument(doc_form="qa_model"))
    row = dify.segments.create(handbook.id, made.id, content="How long? And when?", answer="25 days.", keywords=["days"])
    of = (handbook.id, made.id, row.id)
    page = editor.post(url("segment-split", *of), typed(editor, of, at=9), **HTMX)
    assert "Both parts keep the whole answer." in text(page, "form")
    split(editor, of, 9)
    found = segments(dify, handbook.id, made.id)
    assert {(row.content, row.answer) for row in found[-2:]} == {("How long?", "25 days."), ("And when?", "25 days.")}


def test_without_script_it_leads_back_to_the_list(editor: Client, handbook: Dataset, leave: Document, of_first: Any) -> None:
    page = editor.post(url("segment-split", *of_first), typed(editor, of_first, at=AT, confirmed="1"))
    assert page.headers["Location"] == url("segments", handbook.id, leave.id)


# --- split: what goes wrong ---


def test_a_segment_changed_meanwhile_is_not_split(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, of_first: Any
) -> None:
    form = typed(editor, of_first, at=AT, confirmed="1")
    dify.segments.update(*of_first, content="Theirs.", answer=None, keywords=["theirs"], attachment_ids=None)
    page = editor.post(url("segment-split", *of_first), form, **HTMX)
    assert text(page, ".alert-danger").startswith("Somebody changed this segment since you opened it. Nothing was written")
    assert (contents(dify, handbook, leave)[0], len(contents(dify, handbook, leave))) == ("Theirs.", 4)


def test_half_a_split_says_what_is_there(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, of_first: Any, sandbox: SandboxProcess
) -> None:
    form = typed(editor, of_first, at=AT, confirmed="1")
    sandbox.faults({"kind": "status", "status": 400, "method": "POST", "path": f"segments/{of_first[2]}", "times": 1})
    page = editor.post(url("segment-split", *of_first), form, **HTMX)
    said = text(page, ".alert-danger")
    assert said.startswith("The second part was added as #5, at the end, and the segment itself was not shortened.")
    assert "Nothing is lost" in said
    assert contents(dify, handbook, leave)[0::4] == [ONE, "Unpaid leave is not limited."]
    assert texts(page, "button") == []


def test_a_refused_second_part_leaves_all_as_it_was(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, of_first: Any, sandbox: SandboxProcess
) -> None:
    form = typed(editor, of_first, at=AT, confirmed="1")
    sandbox.faults({"kind": "status", "status": 400, "code": "invalid_param", "method": "POST", "times": 1})
    page = editor.post(url("segment-split", *of_first), form, **HTMX)
    assert text(page, ".alert-danger").startswith("Dify did not accept what was sent.")
    assert (contents(dify, handbook, leave)[0], len(contents(dify, handbook, leave))) == (ONE, 4)


def test_an_unknown_segment_cannot_be_split(editor: Client, handbook: Dataset, leave: Document) -> None:
    assert editor.get(url("segment-split", handbook.id, leave.id, UNKNOWN)).status_code == 404


# --- merge: before it is done ---


def address(rows: list[Segment], of: Any) -> str:
    return url("segments-merge", *of[:2], ids=[str(row.id) for row in rows])


def merging(editor: Client, rows: list[Segment], of: Any, **more: Any) -> dict[str, Any]:
    page = editor.get(address(rows, of), **HTMX)
    names = ("content", "keywords", "opened_as", *(["answer"] if tree(page).css("[name=answer]") else []))
    return {name: value(page, name) for name in names} | {"separator": "line"} | more


def merge(editor: Client, rows: list[Segment], of: Any, **more: Any) -> Any:
    return editor.post(address(rows, of), merging(editor, rows, of, **more), follow=True)


def test_the_joined_text_is_shown_in_the_order_of_the_document(editor: Client, rows: list[Segment], of_first: Any) -> None:
    page = editor.get(address([rows[2], rows[1]], of_first), **HTMX)
    assert (value(page, "content"), value(page, "keywords")) == ("Sick leave.\nStudy leave.", "Sick, leave, Study")
    assert texts(page, ".going li") == ["#3 Study leave."]


def test_a_preview_costs_one_call(editor: Client, sandbox: SandboxProcess, rows: list[Segment], of_first: Any) -> None:
    editor.get(url("segments", *of_first[:2]))
    calls = Calls(sandbox)
    editor.get(address(rows[:2], of_first), **HTMX)
    assert len(calls.seen()) == 1


@pytest.mark.parametrize(
    ("separator", "content"), [("paragraph", "Sick leave.\n\nStudy leave."), ("space", "Sick leave. Study leave.")]
)
def test_another_separator_joins_again(
    editor: Client, rows: list[Segment], of_first: Any, separator: str, content: str
) -> None:
    page = merge(editor, rows[1:3], of_first, separator=separator, again="1")
    assert (page.status_code, value(page, "content"), acts()) == (200, content, [])


def test_another_separator_leaves_a_corrected_text_alone(editor: Client, rows: list[Segment], of_first: Any) -> None:
    page = merge(editor, rows[1:3], of_first, separator="space", again="1", content="Mine.")
    assert value(page, "content") == "Mine."


@pytest.mark.parametrize("chosen", [[], [0]])
def test_fewer_than_two_are_not_joined(editor: Client, rows: list[Segment], of_first: Any, chosen: list[int]) -> None:
    page = editor.get(address([rows[index] for index in chosen], of_first), **HTMX)
    assert page.status_code == 422
    assert text(page, ".alert-danger").startswith("Choose 2 to 20 segments to join")


def test_only_neighbours_are_joined(editor: Client, rows: list[Segment], of_first: Any) -> None:
    page = editor.get(address([rows[0], rows[2]], of_first), **HTMX)
    assert text(page, ".alert-danger").startswith("These segments are not neighbours")


def test_a_gap_in_the_positions_is_none_between_neighbours(
    editor: Client, dify: DifyClient, rows: list[Segment], of_first: Any
) -> None:
    dify.segments.delete(of_first[0], of_first[1], rows[1].id)
    assert value(editor.get(address([rows[0], rows[2]], of_first), **HTMX), "content") == f"{ONE}\nStudy leave."


@pytest.mark.parametrize(
    ("chosen", "joins"), [((98, 99), True), ((99, 100), True), ((150, 151, 152), True), ((99, 101), False)]
)
def test_neighbours_are_found_in_long_documents(
    editor: Client, dify: DifyClient, sandbox: SandboxProcess, handbook: Dataset, chosen: tuple[int, ...], joins: bool
) -> None:
    long = document(dify, handbook.id, "long.txt", "###".join(f"Number {number}." for number in range(205)))
    for row in segments(dify, handbook.id, long.id)[:3]:
        dify.segments.delete(handbook.id, long.id, row.id)
    rows = [row for page in (1, 2, 3) for row in dify.segments.page(handbook.id, long.id, page, limit=100).data]
    calls = Calls(sandbox)
    page = editor.get(address([rows[index] for index in chosen], (handbook.id, long.id)), **HTMX)
    assert (page.status_code, len(calls.seen()) <= 5) == (200 if joins else 422, True)


def test_a_disabled_one_is_not_joined(
    editor: Client, dify: DifyClient, handbook: Dataset, rows: list[Segment], of_first: Any
) -> None:
    dify.segments.set_enabled(handbook.id, rows[1].document_id, rows[1], enabled=False)
    page = editor.get(address(rows[:2], of_first), **HTMX)
    assert text(page, ".alert-danger").startswith("Segment #2 is disabled")


def test_nonsense_is_no_segment(editor: Client, of_first: Any) -> None:
    assert editor.get(url("segments-merge", *of_first[:2], ids="x")).status_code == 404


# --- merge: doing it ---


def test_neighbours_are_joined(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, rows: list[Segment], of_first: Any
) -> None:
    page = merge(editor, rows[1:], of_first, content="Sick, study or parental leave.")
    assert contents(dify, handbook, leave) == [ONE, "Sick, study or parental leave."]
    assert text(page, ".notice-success span").startswith("3 segments are one now, #2.")
    assert [row.id for row in segments(dify, handbook.id, leave.id)] == [rows[0].id, rows[1].id]
    assert [act for act, _, _ in acts()] == ["segment.update", "segment.delete", "segment.delete"]


def test_the_joined_one_has_the_keywords_of_all(editor: Client, dify: DifyClient, rows: list[Segment], of_first: Any) -> None:
    merge(editor, rows[1:3], of_first)
    assert dify.segments.get(of_first[0], of_first[1], rows[1].id).keywords == ["Sick", "leave", "Study"]


def test_answers_are_joined(editor: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id, "qa.txt", "How many days?", NewDocument(doc_form="qa_model"))
    pairs = [("How long?", "25 days."), ("When?", "Now.")]
    rows = [
        dify.segments.create(handbook.id, made.id, content=content, answer=answer, keywords=["days"])
        for content, answer in pairs
    ]
    merge(editor, rows, (handbook.id, made.id))
    found = dify.segments.get(handbook.id, made.id, rows[0].id)
    assert (found.content, found.answer) == ("How long?\nWhen?", "25 days.\nNow.")


def test_each_of_them_can_be_brought_back(editor: Client, rows: list[Segment], of_first: Any) -> None:
    merge(editor, rows[:2], of_first)
    kept = [(revision.kind, revision.before["content"]) for revision in Revision.objects.order_by("id") if revision.before]
    assert kept == [("update", ONE), ("delete", "Sick leave.")]


# --- merge: what goes wrong ---


def test_what_changed_meanwhile_is_shown_and_nothing_is_written(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, rows: list[Segment], of_first: Any
) -> None:
    form = merging(editor, rows[1:3], of_first, content="Mine.")
    dify.segments.update(
        of_first[0], of_first[1], rows[2].id, content="Theirs.", answer=None, keywords=["theirs"], attachment_ids=None
    )
    page = editor.post(address(rows[1:3], of_first), form, **HTMX)
    assert (page.status_code, texts(page, ".theirs"), value(page, "content")) == (422, ["Sick leave. Theirs."], "Mine.")
    assert (len(contents(dify, handbook, leave)), acts()) == (4, [])
    editor.post(address(rows[1:3], of_first), form | {"opened_as": value(page, "opened_as")}, **HTMX)
    assert contents(dify, handbook, leave) == [ONE, "Mine.", "Parental leave."]


def test_half_a_merge_says_what_is_left(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, sandbox: SandboxProcess, rows: Any, of_first: Any
) -> None:
    form = merging(editor, rows[1:], of_first)
    sandbox.faults({"kind": "status", "status": 400, "method": "DELETE", "path": f"segments/{rows[3].id}", "times": 1})
    page = editor.post(address(rows[1:], of_first), form, follow=True)
    said = text(page, ".notice-error span")
    assert said.startswith("The joined text is in #2, and still there as well: #4.")
    assert contents(dify, handbook, leave) == [ONE, "Sick leave.\nStudy leave.\nParental leave.", "Parental leave."]


def test_an_empty_text_is_not_written(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, rows: list[Segment], of_first: Any
) -> None:
    page = merge(editor, rows[:2], of_first, content="  ")
    assert (page.status_code, len(contents(dify, handbook, leave))) == (422, 4)


def test_another_separator_joins_texts_of_any_line_ends_again(
    editor: Client, dify: DifyClient, rows: list[Segment], of_first: Any
) -> None:
    of: Any = (*of_first[:2], rows[1].id)
    chosen = dify.segments.update(*of, content="Sick\r\nleave.", answer=None, keywords=["mine"], attachment_ids=None)
    page = merge(editor, [chosen, rows[2]], of_first, separator="space", again="1")
    assert " ".join(value(page, "content").split()) == "Sick leave. Study leave."
    assert "leave. Study" in value(page, "content")
