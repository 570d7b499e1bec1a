"""Before a document is replaced its segments are kept, and can be brought back."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.models import Snapshot
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import acts, document, ready, segments, texts, url

RULE = {"mode": "custom", "separator": "###", "max_tokens": "1000", "chunk_overlap": "0"}


@pytest.fixture
def leave(dify: DifyClient, handbook: Dataset) -> Document:
    return document(dify, handbook.id, "leave.txt", text="Paid leave.###Unpaid leave.")


def replace(client: Client, dify: DifyClient, handbook: Dataset, leave: Document, content: str = "Parental leave.") -> int:
    file = SimpleUploadedFile("leave.txt", content.encode(), "text/plain")
    status = client.post(url("upload", handbook.id), {"files": file, "on_duplicate": "replace"} | RULE).status_code
    ready(dify, handbook.id, leave.id)
    return status


def contents(dify: DifyClient, handbook: Dataset, leave: Document) -> list[str]:
    return [segment.content for segment in segments(dify, handbook.id, leave.id)]


def test_what_is_replaced_is_kept_first(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    replace(editor, dify, handbook, leave)
    kept = Snapshot.objects.get()
    assert contents(dify, handbook, leave) == ["Parental leave."]
    assert [row["content"] for row in kept.segments] == ["Paid leave.", "Unpaid leave."]
    assert (kept.by, kept.document_id, kept.name) == ("erin@example.com", leave.id, "leave.txt")


def test_what_cannot_be_kept_is_not_replaced(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document, sandbox: SandboxProcess
) -> None:
    sandbox.faults({"kind": "status", "status": 500, "method": "GET", "path": "segments", "times": None})
    replace(editor, dify, handbook, leave)
    sandbox.faults()
    assert (contents(dify, handbook, leave), acts()) == (["Paid leave.", "Unpaid leave."], [])


def test_the_history_shows_it(viewer: Client, editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    replace(editor, dify, handbook, leave)
    page = viewer.get(url("document-history", handbook.id, leave.id))
    assert texts(page, "main .segment-text") == ["Paid leave.", "Unpaid leave."]
    assert texts(page, "main form, main .empty-state") == []


def test_its_segments_are_brought_back(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    replace(editor, dify, handbook, leave)
    page = editor.post(url("snapshot-restore", handbook.id, leave.id, Snapshot.objects.get().pk), follow=True)
    assert texts(page, ".notice-success span")[-1] == "2 segments are back, at the end."
    assert contents(dify, handbook, leave) == ["Parental leave.", "Paid leave.", "Unpaid leave."]


def test_those_that_are_there_are_not_doubled(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    replace(editor, dify, handbook, leave, "Paid leave.")
    address = url("snapshot-restore", handbook.id, leave.id, Snapshot.objects.get().pk)
    editor.post(address)
    page = editor.post(address, follow=True)
    assert texts(page, ".notice-success span")[-1] == "All its segments are there already."
    assert contents(dify, handbook, leave) == ["Paid leave.", "Unpaid leave."]


def test_keeping_both_keeps_no_snapshot(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    file = SimpleUploadedFile("leave.txt", b"Parental leave.", "text/plain")
    editor.post(url("upload", handbook.id), {"files": file, "on_duplicate": "keep_both"} | RULE)
    assert Snapshot.objects.count() == 0


def test_a_snapshot_belongs_to_its_document(
    editor: Client, outsider: Client, dify: DifyClient, handbook: Dataset, leave: Document
) -> None:
    replace(editor, dify, handbook, leave)
    other = document(dify, handbook.id, "other.txt")
    number = Snapshot.objects.get().pk
    assert editor.post(url("snapshot-restore", handbook.id, other.id, number)).status_code == 404
    assert outsider.post(url("snapshot-restore", handbook.id, leave.id, number)).status_code == 404
