"""The file that a document was made from: kept or read beside the segments, and harmless whatever is in it."""

import io

import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Documents, NewDocument
from datasets_ui.dify.errors import AddressRefused
from datasets_ui.dify.pipelines import Run
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import CUT, HTMX, Answer, document, ready, text, tree, url

HOSTILE = "<script>alert(1)</script>"
PDF = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>"


def body(answer: Answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_text_is_shown_in_a_frame_that_can_do_nothing(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id, "page.html", HOSTILE)
    panel = owner.get(url("original", handbook.id, made.id), **HTMX)
    [frame] = tree(panel).css("iframe")
    assert (frame.attributes["sandbox"], frame.attributes["src"]) == (None, url("original-preview", handbook.id, made.id))
    answer = owner.get(url("original-preview", handbook.id, made.id))
    assert (body(answer), answer.headers["Content-Type"]) == (HOSTILE.encode(), "text/plain; charset=utf-8")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'self'"
    assert (answer.headers["X-Frame-Options"], answer.headers["X-Content-Type-Options"]) == ("SAMEORIGIN", "nosniff")


def test_it_can_be_downloaded_as_it_was(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id, "Urlaub für alle.txt", "Urlaub.")
    answer = owner.get(url("original-file", handbook.id, made.id))
    assert body(answer) == b"Urlaub."
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''Urlaub%20f%C3%BCr%20alle.txt"


def test_a_pdf_is_shown_as_one(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id, "a.pdf", PDF)
    answer = owner.get(url("original-preview", handbook.id, made.id))
    assert (answer.headers["Content-Type"], body(answer)) == ("application/pdf", PDF.encode())


def test_what_only_says_that_it_is_a_pdf_is_not_shown(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id, "a.pdf", HOSTILE)
    assert owner.get(url("original-preview", handbook.id, made.id)).status_code == 404


def test_what_browsers_cannot_show_can_be_downloaded(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = dify.documents.create_by_text(handbook.id, name="note.docx", text="Words.", new=NewDocument()).document
    ready(dify, handbook.id, made.id)
    panel = owner.get(url("original", handbook.id, made.id), **HTMX)
    assert text(panel, "p") == "Browsers show no such file: download it to read it."
    assert text(panel, "a") == "Download note.docx"
    assert owner.get(url("original-preview", handbook.id, made.id)).status_code == 404


def test_a_document_of_a_pipeline_has_no_file_and_it_is_said(
    owner: Client, dify: DifyClient, sandbox: SandboxProcess, handbook: Dataset
) -> None:
    """Nothing is asked for: it would count on the cloud's limit."""
    kept = dify.pipelines.upload(name="a.txt", file=io.BytesIO(b"Words."), content_type="text/plain")
    [source] = dify.pipelines.datasources(handbook.id)
    run = Run(start_node_id=source.node_id, datasource_info_list=[{"reference": str(kept.id), "name": "a.txt"}])
    dify.pipelines.run_to_the_end(handbook.id, run)
    [made] = dify.documents.page(handbook.id).data
    panel = owner.get(url("original", handbook.id, made.id), **HTMX)
    assert text(panel, "p").startswith("Dify gives no file of this document: it was made by a pipeline")
    assert not [call for call in sandbox.calls() if call["path"].endswith("/download")]


def test_an_older_server_offers_none_and_it_is_said(owner: Client, older: tuple[DifyClient, Dataset]) -> None:
    client, dataset = older
    made = document(client, dataset.id, "a.txt", "Words.")
    panel = owner.get(url("original", dataset.id, made.id), **HTMX)
    assert text(panel, "p").startswith("This server does not offer the files")
    assert tree(panel).css("a, iframe") == []


@pytest.mark.parametrize(
    ("stored", "shown"),
    [(b"Urlaub f\xfcr alle", "windows-1252"), ("Urlaub für alle".encode() * 9000, "utf-8"), (b"half \xc3", "windows-1252")],
)
def test_a_text_of_another_encoding_can_be_read(
    owner: Client, dify: DifyClient, handbook: Dataset, stored: bytes, shown: str
) -> None:
    made = dify.documents.create_by_file(
        handbook.id, name="a.txt", file=io.BytesIO(stored), content_type="text/plain", new=CUT
    ).document
    ready(dify, handbook.id, made.id)
    answer = owner.get(url("original-preview", handbook.id, made.id))
    assert (answer.headers["Content-Type"], body(answer)) == (f"text/plain; charset={shown}", stored)


def test_why_a_file_cannot_be_fetched_is_said_in_the_frame(
    owner: Client, dify: DifyClient, handbook: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = document(dify, handbook.id, "a.txt", "Words.")

    def refused(*_: object) -> None:
        raise AddressRefused

    monkeypatch.setattr(Documents, "download", refused)
    answer = owner.get(url("original-preview", handbook.id, made.id))
    assert answer.content.decode() == AddressRefused().sentence
    assert (answer.status_code, answer.headers["X-Frame-Options"]) == (404, "SAMEORIGIN")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
