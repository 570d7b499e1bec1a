"""Row 8: a canary key lives through a whole day of a real dashboard under gunicorn, DEBUG=False, logging all it can: 0 hits of the canary
in any spelling (plain, HTML, JSON, URL, hex, base64 from each offset) anywhere but in the one header at the API.

There is no Sentry and no /metrics to look into: neither exists in the product. Jobs are rows of the database, and their tasks carry an
id alone. What a browser keeps is row 26.
"""

import os
import sqlite3
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import redis
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.errors import ServerFailed, TimedOut
from datasets_ui.dify.network import AddressPolicy, Transport
from tests.abuse.people import Things, routes
from tests.abuse.support import CANARY, HIDDEN, Dashboard, Listener, Reply, Visitor, disguises, hits, manage
from tests.dify.fault_server import FaultServer, silent, soon
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import CUT, UNKNOWN, document

pytestmark = pytest.mark.xdist_group("08_canary")  # one process for all of it

OWNER = {"email": "owner@example.com", "password": "a long enough one", "workspace_name": "Acme"}
TYPED_WRONG = f"dataset-wrong-{HIDDEN}4567"  # refused by the API: it must be nowhere either
NEW_DATASET = {"name": "Crash", "indexing_technique": "economy", "permission": "only_me"}
FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 401, "code": "unauthorized", "message": f"Bearer {CANARY} is invalid"},
    {"kind": "status", "status": 403, "code": CANARY, "message": CANARY},
    {"kind": "status", "status": 500, "code": "unknown", "message": f"You sent Bearer {CANARY}."},
    {"kind": "status", "status": 429, "code": "too_many_requests", "retry_after": "3600"},
    {"kind": "html"},
    {"kind": "broken_json"},
    {"kind": "oversized"},
    {"kind": "reset"},
]
SKIPPED = ("logout/", "leave/", "delete/", "signup/")


class Day:
    """What was left behind, by place."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.places: dict[str, bytes] = {}
        self.statuses: list[int] = []
        self.crash = ""

    def keep(self, place: str, what: str | bytes) -> None:
        self.places[place] = self.places.get(place, b"") + (what.encode() if isinstance(what, str) else what) + b"\n"


def things_in(database: Path, dify: DifyClient) -> Things:
    """A document with a segment in the API, and what the workspace has."""
    dataset = dify.datasets.create(name="Handbook", indexing_technique="economy", permission="only_me")
    made = document(dify, dataset.id, new=CUT)
    [segment, *_] = dify.segments.page(dataset.id, made.id).data
    with closing(sqlite3.connect(database)) as connection:
        [[key_id]] = connection.execute("SELECT id FROM datasets_ui_apikey").fetchall()
    known: dict[str, Any] = {"key_id": UUID(key_id), "dataset_id": dataset.id, "document_id": made.id, "segment_id": segment.id}
    unknown = {field.name: UNKNOWN for field in fields(Things) if field.default is MISSING}
    return Things(**unknown | known)


def use(visitor: Visitor, things: Things, api: SandboxProcess) -> None:
    """Every page, plainly and by htmx; the key tried, a wrong one typed; a change, an upload, a search."""
    for route in routes():
        if not route.endswith(SKIPPED):
            visitor.get(things.path(route))
            visitor.get(things.path(route), headers={"HX-Request": "true"})
    visitor.submit(f"/w/acme/keys/{things.key_id}/try/", {})
    typed = {"name": "Wrong", "base_url": api.base_url, "key": TYPED_WRONG}
    for form in ("/w/acme/keys/new/", f"/w/acme/keys/{things.key_id}/replace/", "/w/acme/settings/"):
        visitor.submit(form, typed)
        visitor.submit(form, typed | {"base_url": "not an address"})
    visitor.submit("/w/acme/datasets/new/", NEW_DATASET | {"name": "Another"})
    upload = {"on_duplicate": "ask", "mode": "automatic", "max_tokens": "500", "chunk_overlap": "0", "separator": "\\n"}
    files = {"files": ("a.txt", b"Some text.", "text/plain")}
    visitor.submit(f"/w/acme/datasets/{things.dataset_id}/uploads/", upload, files=files)
    visitor.get(f"/w/acme/datasets/{things.dataset_id}/retrieval/", params={"query": "leave"})


def fail(visitor: Visitor, things: Things, api: SandboxProcess) -> None:
    """Each fault of the API, and an API that is away."""
    for fault in FAULTS:
        api.faults(fault | {"times": None})
        visitor.get(f"/w/acme/datasets/{things.dataset_id}/")
        visitor.submit("/w/acme/datasets/new/", NEW_DATASET)
    visitor.submit(f"/w/acme/keys/{things.key_id}/try/", {})
    api.faults()
    api.stop()
    visitor.get("/w/acme/datasets/")
    api.start()


def crash(visitor: Visitor, database: Path) -> str:
    """A view fails while it holds the decrypted key: the table of the audit is gone. The page that it ends in."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("ALTER TABLE datasets_ui_auditevent RENAME TO gone")
        connection.commit()
        page = visitor.submit("/w/acme/datasets/new/", NEW_DATASET)
        connection.execute("ALTER TABLE gone RENAME TO datasets_ui_auditevent")
        connection.commit()
    assert page.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    return page.text


COMMANDS = """
from django.core.management import call_command
from datasets_ui.models import Workspace
Workspace.objects.update(name="Acme Support")  # as the demo calls it
for words in (["users", "list"], ["users", "link", "owner@example.com"], ["doctor"], ["rotate_keys"], {demo}):
    try:
        call_command(*words)
    except BaseException:
        import traceback
        traceback.print_exc()
"""


def commands(day: Day, api: SandboxProcess, folder: Path) -> None:
    """Those of the operator, in one process; the last one is given a key that the API refuses, in words that hold it, and fails."""
    (folder / "key").write_text(TYPED_WRONG)
    api.faults({"kind": "status", "status": 500, "message": f"You sent {TYPED_WRONG}", "times": None})
    address = f"http://localhost:{api.port}/v1"
    files = ["--key-file", str(folder / "key"), "--password-file", str(folder / "key")]
    demo = ["demo_content", "--base-url", address, *files, "--open", "http://x"]
    env = {"DATASETS_LOG_LEVEL": "DEBUG", "DATASETS_ALLOWED_HOSTS": f"127.0.0.1:{api.port},localhost:{api.port}"}
    done = manage(day.data, "shell", "--no-imports", "-c", COMMANDS.format(demo=demo), **env)
    day.keep("commands", done.stdout + done.stderr)


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("api"), key=CANARY) as process:
        yield process


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory, empty_database: Path, api: SandboxProcess) -> Day:
    folder = tmp_path_factory.mktemp("canary")
    day = Day(folder / "data")
    database = day.data / empty_database.name
    env = {"DATASETS_LOG_LEVEL": "DEBUG", "DATASETS_ALLOWED_HOSTS": f"127.0.0.1:{api.port}"}
    dashboard = Dashboard(day.data, database=empty_database, **env)
    with dashboard, Visitor(dashboard.origin) as visitor:
        visitor.submit("/setup/", OWNER | {"base_url": api.base_url, "key": TYPED_WRONG})
        visitor.submit("/setup/", OWNER | {"base_url": api.base_url, "key": CANARY})
        dify = DifyClient(api.base_url, SecretStr(CANARY), Transport(AddressPolicy(frozenset({f"127.0.0.1:{api.port}"}))))
        things = things_in(database, dify)
        use(visitor, things, api)
        fail(visitor, things, api)
        day.crash = crash(visitor, database)
        for answer in visitor.answers:
            day.keep("pages", answer.content)
            day.keep("headers", str(answer.headers.raw) + str(answer.url))
        day.keep("cookies", str(list(visitor.cookies.jar)))
        day.statuses = [answer.status_code for answer in visitor.answers]
        keep_files(day, "files while it runs")
    commands(day, api, folder)
    keep_files(day, "files")
    with closing(sqlite3.connect(database)) as connection:
        day.keep("rows", "\n".join(connection.iterdump()))
    day.keep("log", dashboard.log.read_bytes())
    day.keep("addresses at the API", str(api.calls()))
    day.keep("cache", cached())
    return day


def keep_files(day: Day, place: str) -> None:
    """Every byte of the data folder: the database with its free pages, the write-ahead log, the secrets of the operator."""
    for path in day.data.rglob("*"):
        if path.is_file():
            day.keep(place, path.read_bytes())


def cached() -> bytes:
    """What is in Redis, where the tests are told of one; the other cache is a table."""
    if not os.environ.get("CACHE_URL"):
        return b"in the database"
    with redis.Redis.from_url(os.environ["CACHE_URL"]) as store:
        return b"\n".join(key + b" " + (store.dump(key) or b"") for key in store.scan_iter())


PLACES = [
    "pages",
    "headers",
    "cookies",
    "log",
    "rows",
    "files while it runs",
    "files",
    "commands",
    "cache",
    "addresses at the API",
]


@pytest.mark.parametrize("place", PLACES)
def test_the_canary_is_not_in(day: Day, place: str) -> None:
    assert (hits(day.places[place]), len(day.places[place]) > 10) == ([], True)


def test_no_place_was_forgotten(day: Day) -> None:
    assert set(day.places) == set(PLACES)


def test_the_day_was_a_full_one(day: Day) -> None:
    """The key was used and shown as it may be; pages were served, refused, failed; all was written down."""
    assert {200, 302, 404, 405, 422, 500, 502} <= set(day.statuses)
    assert "dataset-…0123".encode() in day.places["pages"]
    assert all(word in day.places["log"] for word in (b"request_started", b"Traceback", b"api_error"))
    assert all(word in day.places["rows"] for word in (b"api_key.refused", b"dataset-\\u20260123", b"datasets_ui_keyuse"))
    assert all(word in day.places["commands"] for word in (b"owner@example.com", b"ServerFailed", b"Traceback"))


def test_the_page_of_a_crash_says_nothing_of_it(day: Day) -> None:
    assert "Something failed" in day.crash
    assert [word for word in ("Traceback", "auditevent", "OperationalError", "/work", "settings") if word in day.crash] == []


@pytest.mark.parametrize("disguise", disguises(HIDDEN), ids=lambda disguise: disguise.decode())
def test_the_canary_would_be_found(disguise: bytes) -> None:
    assert disguise in hits(b"Something " + disguise + b" else")


@pytest.mark.parametrize("before", ["", "1", "12", "Bearer "])
def test_the_canary_would_be_found_in_base64(before: str) -> None:
    assert hits(b64encode(f"{before}{CANARY}".encode()))


# --- at the API ---


@pytest.fixture
def upstream() -> Iterator[tuple[Listener, DifyClient]]:
    with Listener(Reply(500)) as listener:
        transport = Transport(AddressPolicy(frozenset({listener.host})))
        yield listener, DifyClient(listener.base_url, SecretStr(CANARY), transport)
        transport.close()


def test_at_the_api_it_is_in_one_header_and_nowhere_else(upstream: tuple[Listener, DifyClient], tmp_path: Path) -> None:
    listener, dify = upstream
    (tmp_path / "a.txt").write_text("x")
    with (tmp_path / "a.txt").open("rb") as file, pytest.raises(ServerFailed) as caught:
        dify.documents.create_by_file(UNKNOWN, name="a.txt", file=file, content_type="text/plain", new=CUT)
    [seen] = listener.seen
    assert seen.headers.pop("authorization") == f"Bearer {CANARY}"
    assert hits(f"{seen.target} {seen.headers} {caught.value!r}".encode() + seen.body) == []


def test_an_answer_that_never_comes_does_not_tell_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with FaultServer(silent) as server:
        transport = Transport(AddressPolicy(frozenset({f"127.0.0.1:{server.port}"})))
        http = DifyClient(f"http://127.0.0.1:{server.port}/v1", SecretStr(CANARY), transport).datasets.http
        began = time.monotonic()
        with pytest.raises(TimedOut) as caught:
            http.send("GET", "/datasets", soon(), writes=False)
        transport.close()
    said = f"{caught.value!r} {caught.value} {vars(caught.value)} {caplog.text}"
    assert (hits(said.encode()), time.monotonic() - began < 10) == ([], True)
