"""H5, H6: neither somebody's API nor an anonymous client fills the memory or the disk of a web process.

A real gunicorn with one process, and an API server that gives lists and files without end. Its figures are printed with -s.
"""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.abuse.support import Dashboard
from tests.dify.rows import dataset, document, page, segment
from tests.dify.support import DATASET, DOCUMENT
from tests.faults.support import SECRETS, TOKEN, seeded, told, visitor

pytestmark = pytest.mark.xdist_group("h5")  # one process for all of it

MB = 1024**2
PIECE = b"x" * MB
ROWS, ROW_BYTES = 100, 90_000
DOCUMENT_PATH = f"/w/mallory/datasets/{DATASET}/documents/{DOCUMENT}"


def rows_of(number: int) -> list[dict[str, Any]]:
    """A page of nine megabytes."""
    ids = range((number - 1) * ROWS, number * ROWS)
    return [segment(id=f"99999999-9999-4999-8999-{id_:012}", position=id_, content="x" * ROW_BYTES) for id_ in ids]


class Handler(BaseHTTPRequestHandler):
    server: "Greedy"

    def do_GET(self) -> None:
        if self.path == "/endless":
            self.endless()
            return
        answer = json.dumps(self.answer()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(answer)
        self.server.sent += len(answer)

    def answer(self) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        asked = dict(pair.split("=") for pair in query.split("&") if pair)
        found = document(name="a.txt", segment_count=20_000, data_source_type="upload_file")
        if path.endswith("/segments"):
            number = int(asked.get("page", 1))
            return page(*rows_of(number), total=self.server.total, page=number, limit=ROWS, doc_form="text_model")
        if path.endswith("/documents"):
            return page(found, limit=100)
        if path.endswith("/download"):
            return {"url": f"http://127.0.0.1:{self.server.server_port}/endless"}
        return found if path.endswith(str(DOCUMENT)) else dataset()

    def endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while self.server.sent < 2_000 * MB:
                self.wfile.write(PIECE)
                self.server.sent += MB

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the handler's own name
        pass


class Greedy(ThreadingHTTPServer):
    """An API whose one document has as many segments as `total`; `sent` counts its bytes."""

    def __init__(self) -> None:
        self.total, self.sent = 20_000, 0
        super().__init__(("127.0.0.1", 0), Handler)


@dataclass
class Stage:
    dashboard: Dashboard
    api: Greedy
    session: str
    spool: Path

    @property
    def memory(self) -> int:
        """The largest that the web process has been, in MB."""
        assert self.dashboard.process
        [worker] = Path(f"/proc/{self.dashboard.process.pid}/task/{self.dashboard.process.pid}/children").read_text().split()
        [line] = [line for line in Path(f"/proc/{worker}/status").read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) // 1024

    @property
    def on_disk(self) -> int:
        """Bytes in files that the dashboard has open in its spool folder, or left there."""
        return sum(entry.stat().st_size for entry in self.spool.iterdir())


@pytest.fixture(scope="module")
def stage(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("greedy")
    data, spool = folder / "data", folder / "spool"
    data.mkdir()
    spool.mkdir()
    shutil.copy(empty_database, data)
    api = Greedy()
    threading.Thread(target=api.serve_forever, args=(0.05,), daemon=True).start()
    allowed = {"DATASETS_ALLOWED_HOSTS": f"127.0.0.1:{api.server_port}"}
    place = (f"http://127.0.0.1:{api.server_port}/v1", "dataset-x")
    session = seeded(data, f"sqlite:///{data}/dashboard.sqlite3", {"mallory": place}, **allowed)["mallory"]
    env: Any = SECRETS | allowed | {"TMPDIR": str(spool)}
    with Dashboard(data, **env) as dashboard:
        with visitor(dashboard, session) as mallory:
            mallory.get("/healthz")  # it listens before it has a process that answers
        yield Stage(dashboard, api, session, spool)
    api.shutdown()
    api.server_close()


def replace(stage: Stage) -> httpx.Response:
    """Upload a file in place of the document."""
    form = {"csrfmiddlewaretoken": TOKEN, "on_duplicate": "replace", "mode": "automatic"}
    with visitor(stage.dashboard, stage.session) as mallory:
        headers = {"Origin": stage.dashboard.origin, "HX-Request": "true"}
        files = {"files": ("a.txt", b"Paid leave.", "text/plain")}
        return mallory.post(f"/w/mallory/datasets/{DATASET}/uploads/", data=form, files=files, headers=headers)


def test_a_document_without_end_is_not_replaced(stage: Stage) -> None:
    """H5: nine megabytes a page. It is refused with a sentence once 50 MB were read, and the memory stays bounded."""
    stage.api.sent, before = 0, stage.memory
    said = replace(stage).text
    told(f"H5: {stage.api.sent // MB} MB were read of 1,800; memory at its highest {stage.memory} MB, before {before} MB")
    assert "has more text than can be kept when it is replaced, so it was not replaced" in said
    assert (stage.api.sent < 80 * MB, stage.memory - before < 400) == (True, True)


def test_a_total_that_cannot_be_is_not_believed(stage: Stage) -> None:
    """H5: a thousand million segments."""
    stage.api.total = 10**9
    try:
        said = replace(stage).text
    finally:
        stage.api.total = 20_000
    assert "The answer has another form than expected." in said


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_export_without_end_is_cut(stage: Stage, kind: str) -> None:
    """H5: what is exported goes to the disk, or to the client, page by page."""
    stage.api.sent = 0
    with visitor(stage.dashboard, stage.session) as mallory:
        address = f"{DOCUMENT_PATH}/segments/export/{kind}/"
        status = mallory.get(address).status_code if kind == "xlsx" else taken(mallory, address)
    told(f"H5: export as {kind}: {stage.api.sent // MB} MB were read; memory at its highest {stage.memory} MB")
    assert (status >= 400, stage.api.sent < 160 * MB, stage.memory < 700, stage.on_disk) == (True, True, True, 0)


def taken(someone: httpx.Client, address: str) -> int:
    """The status, or 599 for an answer that breaks off: a failed download, never a short file."""
    try:
        return someone.get(address).status_code
    except httpx.RemoteProtocolError:
        return 599


def test_a_file_without_end_is_not_fetched(stage: Stage) -> None:
    """H6: it ends at ten times the upload limit, with a sentence, and leaves nothing on the disk."""
    stage.api.sent = 0
    with visitor(stage.dashboard, stage.session) as mallory:
        answer = mallory.get(f"{DOCUMENT_PATH}/original/file/")
    told(f"H6: {stage.api.sent // MB} MB of a file without end were fetched; left on the disk: {stage.on_disk} bytes")
    assert (answer.status_code, "larger than 150 MB" in answer.text) == (413, True)
    assert (stage.api.sent < 170 * MB, stage.on_disk) == (True, 0)


def test_fetching_again_and_again_leaves_room(stage: Stage) -> None:
    """H6: what was given up is counted as gone: the fifth would not fit beside four."""
    with visitor(stage.dashboard, stage.session) as mallory:
        for _ in range(4):
            stage.api.sent = 1_800 * MB
            assert mallory.get(f"{DOCUMENT_PATH}/original/file/").status_code == 413


class Endless(httpx.SyncByteStream):
    """A form with a file of 500 MB in it, of which `sent` bytes were taken."""

    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    size = len(head) + 500 * MB
    sent = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in [self.head, *[PIECE] * 500]:
            yield piece
            self.sent += len(piece)


@pytest.mark.parametrize("who", ["anybody", "mallory"])
def test_what_is_no_upload_is_refused_unread(stage: Stage, who: str) -> None:
    """H6: 500 MB to the sign-in page, and of a member to a page that takes no files."""
    address = "/accounts/login/" if who == "anybody" else "/w/mallory/settings/"
    sending = Endless()
    headers = {
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(sending.size),
        "Origin": stage.dashboard.origin,
    }
    with visitor(stage.dashboard, stage.session if who == "mallory" else "") as someone:
        with suppress(httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
            answer = someone.post(address, content=sending, headers=headers)
            assert answer.status_code == 413
        assert someone.get("/healthz").status_code == 200
    told(f"H6: of a form of 500 MB {sending.sent / MB:.0f} MB were taken from {who}; on the disk: {stage.on_disk} bytes")
    assert (sending.sent < 60 * MB, stage.on_disk) == (True, 0)
