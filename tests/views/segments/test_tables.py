"""Segments as files: out in four formats, in from tables; nothing is half done in silence."""

import csv
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument
from datasets_ui.models import Revision
from datasets_ui.tables.parsing import table_of
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import acts, beside, document, segments, text, texts, url


@pytest.fixture
def leave(dify: DifyClient, handbook: Dataset) -> Document:
    made = document(dify, handbook.id, "leave rules.txt", text="Paid leave.")
    dify.segments.create(handbook.id, made.id, content="=1+1", answer=None, keywords=["sum"])
    return dify.documents.get(handbook.id, made.id)


def export(client: Client, handbook: Dataset, leave: Document, kind: str) -> Any:
    return client.get(url("segment-export", handbook.id, leave.id, kind))


def send(client: Client, handbook: Dataset, leave: Document, table: str, name: str = "a.csv", **typed: str) -> Any:
    file = SimpleUploadedFile(name, table.encode())
    return client.post(url("segment-import", handbook.id, leave.id), {"file": file, "has_header": "on"} | typed, follow=True)


def contents(dify: DifyClient, handbook: Dataset, leave: Document) -> list[str]:
    return [segment.content for segment in segments(dify, handbook.id, leave.id)]


# --- out ---


def test_csv(viewer: Client, handbook: Dataset, leave: Document) -> None:
    response = export(viewer, handbook, leave, "csv")
    rows = list(csv.DictReader(io.StringIO(response.getvalue().decode(), newline="")))
    assert [(row["position"], row["content"]) for row in rows] == [("1", "Paid leave."), ("2", "'=1+1")]
    assert response.headers["Content-Disposition"] == 'attachment; filename="leave-rules-segments.csv"'


def test_excel(viewer: Client, handbook: Dataset, leave: Document) -> None:
    rows = table_of("xlsx", export(viewer, handbook, leave, "xlsx").getvalue())
    assert [row[:2] for row in rows] == [["position", "content"], ["1", "Paid leave."], ["2", "=1+1"]]


def test_json_lines(viewer: Client, handbook: Dataset, leave: Document) -> None:
    lines = export(viewer, handbook, leave, "jsonl").getvalue().decode().splitlines()
    assert [json.loads(line)["content"] for line in lines] == ["Paid leave.", "=1+1"]


def test_markdown(viewer: Client, handbook: Dataset, leave: Document) -> None:
    assert export(viewer, handbook, leave, "md").getvalue().decode() == "## 1\n\nPaid leave.\n\n## 2\n\n=1+1\n\n"


def test_all_pages_are_in_it(viewer: Client, dify: DifyClient, handbook: Dataset) -> None:
    long = document(dify, handbook.id, "long.txt", text="###".join(f"Segment {number}." for number in range(250)))
    lines = export(viewer, handbook, long, "jsonl").getvalue().decode().splitlines()
    assert [json.loads(line)["position"] for line in lines] == list(range(1, 251))


def test_another_format_does_not_exist(viewer: Client, handbook: Dataset, leave: Document) -> None:
    assert export(viewer, handbook, leave, "exe").status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl", "md"])
def test_what_fails_at_once_is_a_page(
    viewer: Client, handbook: Dataset, leave: Document, sandbox: SandboxProcess, kind: str
) -> None:
    sandbox.faults({"kind": "status", "status": 403, "path": "segments", "times": None})
    assert export(viewer, handbook, leave, kind).status_code == 502


# --- in ---


def test_the_preview_adds_nothing(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    page = send(editor, handbook, leave, "content,keywords\nParental leave.,parents\n")
    assert (texts(page, ".segment-text"), texts(page, ".keyword")) == (["Parental leave."], ["parents"])
    assert text(page, "#import .btn-primary") == "Add 1 segment at the end"
    assert (len(contents(dify, handbook, leave)), acts()) == (2, [])


def test_rows_are_added_at_the_end(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    table = "content\n" + "".join(f"Row {number}.\n" for number in range(120))
    page = send(editor, handbook, leave, table, **{"import": "1"})
    assert text(page, ".notice-success span") == "120 segments were added at the end."
    assert dify.segments.page(handbook.id, leave.id).total == 122
    assert [act for act, _, _ in acts()] == ["segment.import"] * 3
    assert Revision.objects.filter(kind="create", outcome="done").count() == 120


def test_an_export_that_is_imported_as_it_is_changes_nothing(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document
) -> None:
    table = export(editor, handbook, leave, "csv").getvalue().decode()
    send(editor, handbook, leave, table, **{"import": "1"})
    assert contents(dify, handbook, leave) == ["Paid leave.", "=1+1"]


def test_columns_can_be_chosen(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    send(editor, handbook, leave, "number,note\n1,Parental leave.\n", content="1", **{"import": "1"})
    assert contents(dify, handbook, leave)[-1] == "Parental leave."


def test_one_wrong_row_holds_up_all(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    page = send(editor, handbook, leave, "content,answer\nGood.,x\n,lonely\n", **{"import": "1"})
    assert (page.status_code, texts(page, "#import li")) == (422, ["Row 3: it has no text."])
    assert len(contents(dify, handbook, leave)) == 2


def test_questions_need_answers(editor: Client, dify: DifyClient, handbook: Dataset) -> None:
    asked = document(dify, handbook.id, "qa.txt", "How many days?", NewDocument(doc_form="qa_model"))
    page = send(editor, handbook, asked, "question,answer\nHow long?,25 days.\nWhere?,\n", **{"import": "1"})
    assert texts(page, "#import li") == ["Row 3: it has no answer, and this is a document of questions and answers."]
    send(editor, handbook, asked, "question,answer\nHow long?,25 days.\n", **{"import": "1"})
    assert segments(dify, handbook.id, asked.id)[-1].answer == "25 days."


def test_a_file_that_is_none_is_told(editor: Client, handbook: Dataset, leave: Document) -> None:
    page = send(editor, handbook, leave, "no", name="a.xlsx")
    assert beside(page, "file") == ["This is no Excel file (.xlsx), or it is broken."]


def test_a_lost_answer_is_said_to_be_unknown(
    editor: Client, handbook: Dataset, leave: Document, sandbox: SandboxProcess
) -> None:
    sandbox.faults({"kind": "status", "status": 502, "method": "POST", "path": "segments", "times": None})
    page = send(editor, handbook, leave, "content\nRow.\n", **{"import": "1"})
    assert "as far as is known" in text(page, ".notice-error span")
    assert acts() == [("segment.import", "unknown", "leave rules.txt")]


def test_a_viewer_imports_nothing(viewer: Client, handbook: Dataset, leave: Document) -> None:
    assert send(viewer, handbook, leave, "content\nx\n").status_code == 403
