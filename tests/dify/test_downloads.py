"""Downloads: into a file, of any size, with the deadline kept, and a signed URL without the key."""

import io
import json
import threading
import time
import zipfile
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from datasets_ui.dify import answers, http
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument, ProcessRule
from datasets_ui.dify.errors import (
    AddressRefused,
    BadAnswer,
    ConnectionLost,
    DifyError,
    NotFound,
    Redirected,
    TimedOut,
    UnexpectedShape,
)
from datasets_ui.dify.network import AddressPolicy, Transport
from tests.dify import fault_server, rows
from tests.dify.fault_server import OK, FaultServer
from tests.dify.support import BASE, DATASET, DOCUMENT, KEY, PUBLIC, Api, CountingSockets, Resolver, api, error_of, saying
from tests.dify.waiting import finished

SIGNED = "https://storage.example.com/file.txt?signature=CANARY-SIGNATURE"
UPLOADED = Document.model_validate(rows.document(data_source_type="upload_file"))
ZIP = httpx.Response(200, content=b"PK", headers={"Content-Type": "application/zip"})


def fetched(fake: Api) -> bytes:
    into = io.BytesIO()
    fake.client.documents.download(DATASET, DOCUMENT, into)
    return into.getvalue()


def test_a_file_is_fetched_from_its_signed_url() -> None:
    fake = api(saying({"url": SIGNED}), httpx.Response(200, content=b"<p>any type</p>", headers={"Content-Type": "text/html"}))
    assert fetched(fake) == b"<p>any type</p>"
    assert str(fake.requests[1].url) == SIGNED


def test_a_signed_url_never_gets_the_key() -> None:
    fake = api(saying({"url": SIGNED}), httpx.Response(200, content=b"x"))
    fetched(fake)
    assert ["authorization" in request.headers for request in fake.requests] == [True, False]
    assert KEY not in repr(fake.requests[1].headers.raw)


def test_a_path_that_is_signed_is_on_the_server_itself() -> None:
    fake = api(saying({"url": "/files/1?sign=2"}), httpx.Response(200, content=b"x"))
    fetched(fake)
    assert str(fake.requests[1].url) == "https://api.example.com/files/1?sign=2"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "https://user:pass@example.com/", "ftp://example.com/", "https://["])
def test_what_is_no_plain_web_address_is_not_fetched(url: str) -> None:
    fake = api(saying({"url": url}))
    assert list(error_of(UnexpectedShape, lambda: fetched(fake)).fields) == ["url"]
    assert len(fake.requests) == 1


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://127.0.0.1/", "https://example.com:8443/"])
def test_a_signed_url_is_under_the_same_guard(url: str) -> None:
    sockets = CountingSockets()
    transport = Transport(AddressPolicy(), Resolver([[PUBLIC]]), sockets)
    act = http.Http(BASE, SecretStr(KEY), transport).fetch
    error_of(AddressRefused, lambda: act(url, io.BytesIO()))
    assert sockets.opened == []


def test_a_name_that_leads_inside_is_not_fetched() -> None:
    sockets = CountingSockets()
    transport = Transport(AddressPolicy(), Resolver([["10.0.0.1"]]), sockets)
    error_of(AddressRefused, lambda: http.Http(BASE, SecretStr(KEY), transport).fetch(SIGNED, io.BytesIO()))
    assert sockets.opened == []


def test_a_redirect_of_a_storage_is_not_followed() -> None:
    fake = api(saying({"url": SIGNED}), httpx.Response(302, headers={"Location": "http://10.0.0.1/"}))
    error_of(Redirected, lambda: fetched(fake))
    assert len(fake.requests) == 2


def test_a_page_of_a_storage_is_not_a_lack_of_the_server() -> None:
    page = httpx.Response(404, text="<html>gone</html>", headers={"Content-Type": "text/html"})
    fake = api(saying({"url": SIGNED}), page)
    error_of(NotFound, lambda: fetched(fake))


@pytest.mark.parametrize("failure", [httpx.ReadError(f"while reading {SIGNED}"), httpx.ConnectError(SIGNED)])
def test_the_signature_is_in_no_error(failure: Exception) -> None:
    with pytest.raises(DifyError) as caught:
        fetched(api(saying({"url": SIGNED}), failure))
    assert "CANARY" not in f"{caught.value!r} {caught.value}"


def test_a_download_may_be_larger_than_an_answer() -> None:
    content = b"x" * (answers.LARGEST_ANSWER + 1)
    into = io.BytesIO()
    answer = httpx.Response(200, content=content, headers={"Content-Type": "application/zip"})
    assert api(answer).client.documents.download_zip(DATASET, [UPLOADED], into) == len(content) == into.tell()


@pytest.mark.parametrize("kind", ["text/html", "application/json", ""])
def test_another_thing_than_a_zip_is_said(kind: str) -> None:
    into = io.BytesIO()
    answer = httpx.Response(200, content=b"<html>", headers={"Content-Type": kind})
    error_of(BadAnswer, lambda: api(answer).client.documents.download_zip(DATASET, [UPLOADED], into))
    assert into.tell() == 0


@pytest.mark.parametrize("kind", ["local_file", "website_crawl", "notion_import"])
def test_what_has_no_file_is_left_out_of_a_zip(kind: str) -> None:
    """One of them would make the call fail for all."""
    fake = api(ZIP)
    other = Document.model_validate(rows.document(id=str(DATASET), data_source_type=kind))
    fake.client.documents.download_zip(DATASET, [other, UPLOADED], io.BytesIO())
    assert json.loads(fake.bodies[0]) == {"document_ids": [str(DOCUMENT)]}
    error = error_of(NotFound, lambda: fake.client.documents.download_zip(DATASET, [other], io.BytesIO()))
    assert (error.code, len(fake.requests)) == ("no_file", 1)


def test_a_download_has_300_seconds() -> None:
    fake = api(ZIP)
    fake.client.documents.download_zip(DATASET, [UPLOADED], io.BytesIO())
    assert fake.seconds_left == pytest.approx([300], abs=0.5)


def test_a_slow_download_is_cut_off_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DOWNLOAD_DEADLINE", 0.3)
    with FaultServer(fault_server.drip_body) as server:
        started = time.monotonic()
        error = error_of(TimedOut, lambda: server.http.download("GET", "/zip", io.BytesIO(), ""))
    assert (time.monotonic() - started < 2, error.outcome_unknown) == (True, False)


def test_a_download_that_breaks_off_is_lost() -> None:
    with FaultServer(fault_server.playing(OK + b"Content-Length: 10\r\n\r\nabc")) as server:
        error_of(ConnectionLost, lambda: server.http.download("GET", "/zip", io.BytesIO(), "application/json"))


def test_the_gate_is_open_again_after_a_download() -> None:
    one = api(ZIP).http
    one.gate = threading.Semaphore(1)
    for _ in range(2):
        assert one.download("GET", "/zip", io.BytesIO(), "application/zip") == 2


# --- against the server ---


def upload(client: DifyClient, dataset: Dataset, name: str, content: bytes) -> UUID:
    file = io.BytesIO(content)
    created = client.documents.create_by_file(dataset.id, name=name, file=file, content_type="text/plain", new=NewDocument())
    return finished(client, dataset.id, created.document.id).id


@pytest.mark.dify("1.17")
def test_what_was_uploaded_is_downloaded(client: DifyClient, dataset: Dataset) -> None:
    document_id = upload(client, dataset, "a.txt", b"Paid leave.")
    into = io.BytesIO()
    assert client.documents.download(dataset.id, document_id, into) == 11
    assert into.getvalue() == b"Paid leave."


@pytest.mark.dify("1.17")
def test_several_are_downloaded_as_one_zip(client: DifyClient, dataset: Dataset) -> None:
    for name in ("a.txt", "b.txt"):
        upload(client, dataset, name, name.encode())
    into = io.BytesIO()
    client.documents.download_zip(dataset.id, client.documents.page(dataset.id).data, into)
    with zipfile.ZipFile(into) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a.txt": b"a.txt", "b.txt": b"b.txt"}


@pytest.mark.dify("1.17", "1.10.1")  # an update stops 1.12.1
def test_a_document_is_replaced_by_a_file(client: DifyClient, dataset: Dataset) -> None:
    document_id = upload(client, dataset, "a.txt", b"Old.")
    created = client.documents.update_by_file(
        dataset.id,
        document_id,
        name="b.txt",
        file=io.BytesIO(b"New."),
        content_type="text/plain",
        process_rule=ProcessRule(),
    )
    assert (created.document.id, finished(client, dataset.id, document_id).name) == (document_id, "b.txt")
    assert [row.content for row in client.segments.page(dataset.id, document_id).data] == ["New."]
