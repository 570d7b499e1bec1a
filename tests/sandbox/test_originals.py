"""Original files, as 1.17 gives and takes them: one, several in a zip, and PATCH."""

import io
import zipfile

import httpx
import pytest

from tests.sandbox.support import Form, Library


@pytest.fixture
def api(v1_17: httpx.Client) -> httpx.Client:
    return v1_17


def test_a_document_can_be_downloaded(api: httpx.Client, economy: Library) -> None:
    url = economy.get(f"/documents/{economy.file('a.txt', b'as it was')}/download")["url"]
    assert api.get(url).content == b"as it was"


def test_documents_can_be_downloaded_together(economy: Library) -> None:
    ids = [economy.file(name, name.encode()) for name in ("a.txt", "b.txt")]
    response = economy.post("/documents/download-zip", {"document_ids": ids})
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert {name: archive.read(name) for name in archive.namelist()} == {"a.txt": b"a.txt", "b.txt": b"b.txt"}


def test_a_download_needs_ids(economy: Library) -> None:
    assert economy.post("/documents/download-zip", {"document_ids": []}).status_code == 400


def test_patch_of_a_document_is_an_update_by_file(api: httpx.Client, economy: Library) -> None:
    document_id = economy.text("a.txt", "one")
    rule = b'{"process_rule": {"mode": "automatic"}}'
    files: Form = [("data", (None, rule, None)), ("file", ("b.txt", b"two", "text/plain"))]
    economy.settled(api.patch(f"/datasets/{economy.id}/documents/{document_id}", files=files))
    assert economy.contents(document_id) == ["two"]
