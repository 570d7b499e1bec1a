"""Tables whose rows have ids: what would be changed, added and deleted is shown first, and done as one job."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, Job, User
from datasets_ui.services.jobs.control import roll_back
from datasets_ui.services.scope import Scope
from datasets_ui.services.segments.import_plans import LONGEST_EXCERPT, SHOWN
from datasets_ui.tables.parsing import table_of
from datasets_ui.tables.writing import LONGEST_CELL, xlsx_file
from datasets_ui.views.segments.tables import COLUMNS
from tests.support.job_stage import finish, states
from tests.support.stage import UNKNOWN, attribute, document, text, texts, url

pytestmark = pytest.mark.django_db(transaction=True)
Rows = list[list[str]]
WORD, NEW = "number 7", "NUMBER seven"


@pytest.fixture
def guide(dify: DifyClient, handbook: Dataset) -> Document:
    """Of seventeen segments."""
    return document(dify, handbook.id, "guide.txt", "###".join(f"Sentence number {index}." for index in range(17)))


def all_of(dify: DifyClient, handbook: Dataset, guide: Document) -> list[Segment]:
    return dify.segments.page(handbook.id, guide.id, limit=100).data


def contents(dify: DifyClient, handbook: Dataset, guide: Document) -> list[str]:
    return [segment.content for segment in all_of(dify, handbook, guide)]


def exported(client: Client, handbook: Dataset, guide: Document, kind: str) -> bytes:
    found: bytes = client.get(url("segment-export", handbook.id, guide.id, kind)).getvalue()
    return found


def table(client: Client, handbook: Dataset, guide: Document) -> Rows:
    """The export, names of the columns first."""
    return table_of("csv", exported(client, handbook, guide, "csv"))


def csv_of(rows: Rows) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def send(client: Client, handbook: Dataset, guide: Document, data: bytes, name: str = "a.csv", **typed: Any) -> Any:
    told = {"has_header": "on"} | {field: value for field, value in typed.items() if value is not None}
    sent = {"file": SimpleUploadedFile(name, data)} | told
    return client.post(url("segment-import", handbook.id, guide.id), sent, follow=True)


def ticked(page: Any, field: str) -> dict[str, Any]:
    """As a browser sends it once it is ticked."""
    return {field: attribute(page, f"[name={field}]", "value")}


def pressed(seal: str | None) -> dict[str, Any]:
    """The button of a preview."""
    return {"import": seal}


def confirm(client: Client, handbook: Dataset, guide: Document, data: bytes, name: str = "a.csv", **typed: Any) -> Job:
    """Look at the preview, and press the button."""
    page = send(client, handbook, guide, data, name, **typed)
    send(client, handbook, guide, data, name, **typed, **{"import": attribute(page, "button[name=import]", "value")})
    return finish(Job.objects.latest("created_at"))


def by_csv(data: bytes) -> bytes:
    return data.replace(WORD.encode(), NEW.encode())


def by_excel(data: bytes) -> bytes:
    rows = [[cell.replace(WORD, NEW) for cell in row] for row in table_of("xlsx", data)]
    return xlsx_file(rows).read()


@pytest.mark.parametrize(("kind", "change"), [("csv", by_csv), ("xlsx", by_excel), ("jsonl", by_csv)])
def test_one_word_that_is_changed_changes_one_segment(
    editor: Client, dify: DifyClient, handbook: Dataset, guide: Document, kind: str, change: Callable[[bytes], bytes]
) -> None:
    before = all_of(dify, handbook, guide)
    data, name = change(exported(editor, handbook, guide, kind)), f"a.{kind}"
    page = send(editor, handbook, guide, data, name)
    assert texts(page, "#import-plan li") == [
        "1 segment is changed.",
        "0 segments are added, at the end.",
        "16 segments stay as they are.",
    ]
    assert (texts(page, ".segment-text del"), texts(page, ".segment-text ins")) == (["number", "7"], ["NUMBER", "seven"])
    job = confirm(editor, handbook, guide, data, name)
    assert (states(job), str(job.title)) == ({"done": 1}, f"Import “a.{kind}” into “guide.txt”")
    after = all_of(dify, handbook, guide)
    assert [row.content for row in after] == [row.content.replace(WORD, NEW) for row in before]
    assert [row.id for row in after] == [row.id for row in before]


def test_everything_at_once_and_rolled_back(
    editor: Client, erin: User, dify: DifyClient, handbook: Dataset, guide: Document
) -> None:
    """Changed, added and deleted; what was deleted comes back at the end."""
    names, *rows = table(editor, handbook, guide)
    before = contents(dify, handbook, guide)
    rows[0][1] = "Changed."
    new = ["", "Added first.", "", "mine, yours", "False", "", "", "", ""], ["", "Added last.", *[""] * 7]
    data = csv_of([names, new[0], *rows[:15], new[1]])
    page = send(editor, handbook, guide, data)
    assert texts(page, "#import-plan li") == [
        "1 segment is changed.",
        "2 segments are added, at the end.",
        "14 segments stay as they are.",
        "2 segments are missing from the file, and are kept.",
    ]
    job = confirm(editor, handbook, guide, data, **ticked(page, "delete_missing"))
    assert states(job) == {"done": 4}
    assert [str(item.target) for item in job.items.order_by("position")] == [
        "Row 3 changes #1",
        "2 rows are added, from row 2 to row 18",
        "#17, which is missing from the file, is deleted",
        "#16, which is missing from the file, is deleted",
    ]
    after = all_of(dify, handbook, guide)
    assert [row.content for row in after] == ["Changed.", *before[1:15], "Added first.", "Added last."]
    assert ([row.enabled for row in after[-2:]], after[-2].keywords) == ([False, True], ["mine", "yours"])
    back = finish(roll_back(Scope(workspace=job.workspace, by=Actor(erin.email), user=erin), job))
    assert (states(back), sorted(contents(dify, handbook, guide))) == ({"done": 4}, sorted(before))
    assert contents(dify, handbook, guide)[:15] == before[:15]


def test_missing_segments_are_kept_unless_asked(editor: Client, dify: DifyClient, handbook: Dataset, guide: Document) -> None:
    data = csv_of([*table(editor, handbook, guide)[:4], ["", "Added.", *[""] * 7]])
    confirm(editor, handbook, guide, data)
    assert len(contents(dify, handbook, guide)) == 18


def test_a_tick_holds_for_what_was_missing_when_it_was_set(
    editor: Client, dify: DifyClient, handbook: Dataset, guide: Document
) -> None:
    """Another file, or a segment that came meanwhile, takes it away."""
    rows = table(editor, handbook, guide)
    page = send(editor, handbook, guide, csv_of(rows[:-1]))
    tick = ticked(page, "delete_missing")
    page = send(editor, handbook, guide, csv_of(rows[:-1]), **tick)
    assert (texts(page, "#import details del"), len(texts(page, "[name=delete_missing][checked]"))) == (
        ["Sentence number 16."],
        1,
    )
    page = send(editor, handbook, guide, csv_of(rows[:4]), **tick)
    assert "14 segments are missing from the file, and are kept." in texts(page, "#import-plan li")
    assert (texts(page, "#import details del"), texts(page, "[name=delete_missing][checked]")) == ([], [])
    assert texts(page, "button[name=import]") == []


def test_what_changed_since_the_preview_is_shown_anew(
    editor: Client, dify: DifyClient, handbook: Dataset, guide: Document
) -> None:
    """Somebody has edited a segment that the table would have left alone: taken as it was, the table would undo that."""
    data = by_csv(exported(editor, handbook, guide, "csv"))
    seal = attribute(send(editor, handbook, guide, data), "button[name=import]", "value")
    other = all_of(dify, handbook, guide)[3]
    dify.segments.update(
        handbook.id, guide.id, other.id, content="Edited.", answer=None, keywords=["mine"], attachment_ids=None
    )
    page = send(editor, handbook, guide, data, **pressed(seal))
    assert "nothing was done yet" in text(page, "#import .alert-warning")
    assert (texts(page, "#import-plan li")[0], Job.objects.count()) == ("2 segments are changed.", 0)
    assert contents(dify, handbook, guide)[3] == "Edited."


def test_what_changed_since_the_button_is_left_alone(
    editor: Client, dify: DifyClient, handbook: Dataset, guide: Document
) -> None:
    data = by_csv(exported(editor, handbook, guide, "csv"))
    seal = attribute(send(editor, handbook, guide, data), "button[name=import]", "value")
    send(editor, handbook, guide, data, **pressed(seal))
    row = all_of(dify, handbook, guide)[7]
    dify.segments.update(handbook.id, guide.id, row.id, content="Theirs.", answer=None, keywords=["x"], attachment_ids=None)
    job = finish(Job.objects.get())
    assert (states(job), str(job.items.get().why)) == (
        {"skipped": 1},
        "It was changed since you looked at it; nothing was written.",
    )
    assert contents(dify, handbook, guide)[7] == "Theirs."


# --- ids ---


def test_ids_that_are_wrong_hold_up_all(editor: Client, dify: DifyClient, handbook: Dataset, guide: Document) -> None:
    names, *rows = table(editor, handbook, guide)
    rows[1][8], rows[2][8] = "17", rows[0][8]
    page = send(editor, handbook, guide, csv_of([names, *rows]), **{"import": "1"})
    assert (page.status_code, texts(page, "#import .alert-danger li")) == (
        422,
        ["Row 3: “17” is no id of a segment. Rows to be added have none.", "Row 4: its id is in row 2 already."],
    )
    assert Job.objects.count() == 0


def test_rows_whose_segments_are_not_there_are_told_and_can_be_added_anew(
    editor: Client, dify: DifyClient, handbook: Dataset, guide: Document
) -> None:
    names, *rows = table(editor, handbook, guide)
    other = document(dify, handbook.id, "other.txt", "Elsewhere.")
    rows[1][8], rows[2][8] = str(UNKNOWN), str(all_of(dify, handbook, other)[0].id)
    data = csv_of([names, *rows])
    page = send(editor, handbook, guide, data)
    assert texts(page, "#import .alert-danger li") == [
        "Row 3: no segment of this document has its id: it is gone, or of another document.",
        "Row 4: no segment of this document has its id: it is gone, or of another document.",
    ]
    assert texts(page, "button[name=import]") == []
    tick = ticked(page, "add_gone")
    page = send(editor, handbook, guide, data, **tick)
    assert "2 segments are added, at the end." in texts(page, "#import-plan li")
    assert "Add the 2 rows with ids that are not in this document as new segments" in texts(page, ".form-check-label")
    confirm(editor, handbook, guide, data, **tick)
    assert contents(dify, handbook, guide)[17:] == ["Sentence number 1.", "Sentence number 2."]
    assert contents(dify, handbook, other) == ["Elsewhere."]


def test_the_ids_may_be_left_out_of_account(editor: Client, dify: DifyClient, handbook: Dataset, guide: Document) -> None:
    """Which is said of these columns, and not of those of the next file."""
    data = exported(editor, handbook, guide, "csv")
    page = send(editor, handbook, guide, data, content="1", id="")
    assert text(page, "#import .btn-primary") == "Add 17 segments at the end"
    seal = attribute(page, "[name=chosen_from]", "value")
    page = send(editor, handbook, guide, b"content,id\nx,17\n", content="1", id="", chosen_from=seal)
    assert texts(page, "#import .alert-danger li") == ["Row 2: “17” is no id of a segment. Rows to be added have none."]


# --- columns ---


def test_a_table_of_ids_and_texts_is_enough(editor: Client, dify: DifyClient, handbook: Dataset, guide: Document) -> None:
    row = all_of(dify, handbook, guide)[0]
    dify.segments.update(
        handbook.id, guide.id, row.id, content=row.content, answer=None, keywords=["mine"], attachment_ids=None
    )
    confirm(editor, handbook, guide, f"id,content\n{row.id},Sentence number zero.\n".encode())
    now = dify.segments.get(handbook.id, guide.id, row.id)
    assert (now.content, now.keywords, now.enabled) == ("Sentence number zero.", ["mine", "zero"], True)


def test_keywords_and_states_are_changed_too(editor: Client, dify: DifyClient, handbook: Dataset, guide: Document) -> None:
    names, *rows = table(editor, handbook, guide)
    rows[0][3], rows[1][4], rows[2][3] = "mine, yours", "FALSCH", ""
    data = csv_of([names, *rows])
    page = send(editor, handbook, guide, data)
    assert texts(page, "#import-plan li")[0] == "2 segments are changed."
    assert "The keywords of 1 segment stay although its row has none" in text(page)
    assert states(confirm(editor, handbook, guide, data)) == {"done": 2}
    first, second = all_of(dify, handbook, guide)[:2]
    assert (first.keywords, second.enabled) == (["mine", "yours"], False)


def test_rows_that_are_to_be_disabled_are_added_by_a_job(
    editor: Client, dify: DifyClient, handbook: Dataset, guide: Document
) -> None:
    """Each takes a second call."""
    data = b"content,enabled\nOn.,\nOff.,0\n"
    page = send(editor, handbook, guide, data)
    assert texts(page, "#import-plan li") == [
        "0 segments are changed.",
        "2 segments are added, at the end.",
        "0 segments stay as they are.",
    ]
    confirm(editor, handbook, guide, data)
    assert [(row.content, row.enabled) for row in all_of(dify, handbook, guide)[17:]] == [("On.", True), ("Off.", False)]


def test_a_state_that_is_none_is_told(editor: Client, handbook: Dataset, guide: Document) -> None:
    names, *rows = table(editor, handbook, guide)
    rows[0][4] = "perhaps"
    page = send(editor, handbook, guide, csv_of([names, *rows]))
    assert texts(page, "#import .alert-danger li") == [
        "Row 2: “perhaps”, in the column that says whether it is enabled, is neither true nor false."
    ]


def test_a_disabled_segment_cannot_be_changed_but_enabled_with_it(
    editor: Client, dify: DifyClient, handbook: Dataset, guide: Document
) -> None:
    for segment in all_of(dify, handbook, guide)[:2]:
        dify.segments.set_enabled(handbook.id, guide.id, segment, enabled=False)
    names, *rows = table(editor, handbook, guide)
    rows[0][1], rows[1][1], rows[1][4] = "Off.", "On.", "True"
    data = csv_of([names, *rows])
    page = send(editor, handbook, guide, data)
    assert "1 segment cannot be changed, and stays as it is." in texts(page, "#import-plan li")
    assert "The segment is disabled. Enable it first." in texts(page, ".segment-off .segment-head span")
    confirm(editor, handbook, guide, data)
    first, second = all_of(dify, handbook, guide)[:2]
    assert (first.content, second.content, second.enabled) == ("Sentence number 0.", "On.", True)


def test_questions_keep_their_answers(editor: Client, dify: DifyClient, handbook: Dataset) -> None:
    asked = document(dify, handbook.id, "qa.txt", "How many days?", NewDocument(doc_form="qa_model"))
    row = all_of(dify, handbook, asked)[0]
    confirm(editor, handbook, asked, f"id,question\n{row.id},How many days then?\n".encode())
    now = dify.segments.get(handbook.id, asked.id, row.id)
    assert (now.content, now.answer) == ("How many days then?", row.answer)
    confirm(editor, handbook, asked, f"id,question,answer\n{row.id},How many days then?,Thirty.\n".encode())
    assert dify.segments.get(handbook.id, asked.id, row.id).answer == "Thirty."


def test_what_excel_has_cut_is_not_gone(editor: Client, dify: DifyClient, handbook: Dataset, guide: Document) -> None:
    long = "word " * (LONGEST_CELL // 5 + 100)
    made = [dify.segments.create(handbook.id, guide.id, content=long + end, answer=None, keywords=["x"]) for end in "ab"]
    rows = table_of("xlsx", exported(editor, handbook, guide, "xlsx"))
    page = send(editor, handbook, guide, xlsx_file(rows).read(), "a.xlsx")
    assert texts(page, "#import-plan li")[2] == "19 segments stay as they are."
    rows[-1][1] = "other" + rows[-1][1][5:]
    page = send(editor, handbook, guide, xlsx_file(rows).read(), "a.xlsx")
    assert "that a cell of Excel takes" in text(page, ".segment-off .segment-head")
    assert dify.segments.get(handbook.id, guide.id, made[1].id).content == long + "b"


# --- bounds ---


def test_few_of_many_are_shown(editor: Client, dify: DifyClient, handbook: Dataset) -> None:
    many = document(dify, handbook.id, "many.txt", "###".join(f"{index} " + "long " * 100 for index in range(120)))
    names, *rows = table(editor, handbook, many)
    changed = [[*row[:1], row[1].replace("long", "short", 1), *row[2:]] for row in rows[:50]]
    page = send(editor, handbook, many, csv_of([names, *changed]))
    assert texts(page, "#import-plan li")[0] == "50 segments are changed."
    assert (len(texts(page, "#import article")), "and 30 more that are changed" in text(page)) == (SHOWN, True)
    assert max(map(len, texts(page, "#import .segment-text"))) < 600
    assert (len(texts(page, "#import details div")), "and 50 more" in text(page)) == (SHOWN, True)
    assert max(map(len, texts(page, "#import details div"))) <= LONGEST_EXCERPT + 5


def test_the_columns_of_the_export_are_known(editor: Client, handbook: Dataset, guide: Document) -> None:
    """Those that can be changed."""
    page = send(editor, handbook, guide, exported(editor, handbook, guide, "jsonl"), "a.jsonl")
    chosen = [COLUMNS.index(word) for word in texts(page, "select option[selected]")]
    assert chosen == [COLUMNS.index(name) for name in ("content", "keywords", "enabled", "id")]


def test_a_line_that_is_none_is_told_beside_the_file(editor: Client, handbook: Dataset, guide: Document) -> None:
    data = json.dumps({"content": "x"}).encode() + b"\nno\n"
    page = send(editor, handbook, guide, data, "a.jsonl")
    assert texts(page, "#id_file_error") == ["Line 2 cannot be read as JSON: Expecting value, column 1."]


def test_a_viewer_changes_nothing(viewer: Client, handbook: Dataset, guide: Document) -> None:
    assert send(viewer, handbook, guide, b"id,content\n").status_code == 403
