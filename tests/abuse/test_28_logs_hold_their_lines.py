"""Row 28: CR, LF, ANSI escapes and braces in names, addresses, headers and broken requests: exactly one JSON line an event, from the
dashboard, from Django, and from gunicorn itself; 0 lines that somebody else wrote, 0 control characters."""

import io
import json
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog

from dashboard.logs import json_formatter
from tests.abuse.support import Dashboard, Visitor
from tests.support.stage import until

pytestmark = pytest.mark.xdist_group("28_logs_hold_their_lines")  # one process for all of it

FORGED = '{"event": "forged", "level": "info"}'
NAMES = [
    f"x\n{FORGED}",
    f"x\r\n{FORGED}\r\n",
    f"x\r{FORGED}",
    "\x1b[2J\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "{0} {name} {event!r} %s %(x)d",
    '"}\n{"event": "forged"}',
    "\x00\x08\x7f",
    f"\u2028{FORGED}\u2029{FORGED}\x85{FORGED}",
    "é ✓ \u202e",
]
RAW = [
    b"GET /\x1b[31m HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"G\x1b[31m{}T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/9.9\x1b[31m\r\n\r\n",
    b'GET / HTTP/1.1\r\nHost: localhost\r\nBad\x1b[31m{"event":"forged"}: x\r\n\r\n',
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \x1b[31m\r\n\r\n",
    b'\r\n{"event": "forged"}\r\n\r\n',
    b"\x16\x03\x01\x02\x00\x01",
]
ADDRESSES = [
    "/%0a%7B%22event%22:%22forged%22%7D",
    "/%0d%0a%1b%5b31m",
    "/{0}%s%25d?q=%0d%0a%7B%7D",
    "/w/%E2%80%A8%C2%85/datasets/",
]
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


# --- a line ---


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the formatter of the product writes."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(json_formatter())
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def only_line(written: io.StringIO) -> dict[str, Any]:
    text = written.getvalue()
    assert (text.count("\n"), text.endswith("\n"), CONTROL.findall(text[:-1])) == (1, True, [])
    line: dict[str, Any] = json.loads(text)
    return line


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_an_event_is_one_value(written: io.StringIO, name: str) -> None:
    structlog.get_logger("abuse").error("upload_failed", name=name)
    line = only_line(written)
    assert (line["event"], line["name"]) == ("upload_failed", name)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_a_message_is_text(written: io.StringIO, name: str) -> None:
    """As Django and other libraries log."""
    logging.getLogger("abuse").error("Not Found: %s", name)
    line = only_line(written)
    assert (line["event"], line["level"]) == (f"Not Found: {name}", "error")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_an_exception_is_text(written: io.StringIO, name: str) -> None:
    try:
        int(name)
    except ValueError:
        structlog.get_logger("abuse").exception("failed")
    assert only_line(written)["event"] == "failed"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_as_the_event_itself_is_text(written: io.StringIO, name: str) -> None:
    structlog.get_logger("abuse").error(name)
    assert only_line(written)["event"] == name


# --- a process ---


def send(origin: str, raw: bytes) -> None:
    """Bytes that no client would send, until the server has had enough of them."""
    address = urlsplit(origin)
    with socket.create_connection((str(address.hostname), address.port or 80), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> str:
    """What a dashboard wrote while it was sent all this, with a crash at the end."""
    data = tmp_path_factory.mktemp("log") / "data"
    with (
        Dashboard(data, database=empty_database, DATASETS_LOG_LEVEL="INFO") as dashboard,
        Visitor(dashboard.origin) as visitor,
    ):
        for raw in RAW:
            send(dashboard.origin, raw)
        for address in ADDRESSES:
            visitor.get(address, headers={"User-Agent": "a{0}%s\tb", "X-Request-Id": FORGED, "X-Correlation-Id": FORGED})
        for name in NAMES[:8]:
            visitor.submit("/accounts/login/", {"login": name, "password": name})
        (data / empty_database.name).unlink()
        for file in data.glob("*.sqlite3-*"):
            file.unlink()
        crash = [visitor.get("/setup/").status_code for _ in range(4)]
        assert 500 in crash or 200 in crash
        until(lambda: "request_finished" in dashboard.log.read_text() or None)
    return dashboard.log.read_text()


def test_each_line_is_one_event(log: str) -> None:
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line for line in lines if not isinstance(line, dict) or not line.get("event")] == []
    assert len(lines) > len(RAW) + 2 * len(ADDRESSES)


def test_nobody_else_writes_one(log: str) -> None:
    assert [line for line in log.splitlines() if json.loads(line)["event"] in {"forged", FORGED}] == []


def test_no_line_holds_a_control_character(log: str) -> None:
    assert CONTROL.findall(log.replace("\n", "")) == []


def test_each_broken_request_is_one_line_of_gunicorn(log: str) -> None:
    said = [json.loads(line)["event"] for line in log.splitlines() if "Invalid " in line]
    assert (len(said) >= len(RAW) - 2, [event for event in said if not event.startswith("Invalid ")]) == (True, [])


def test_each_address_is_in_two_lines(log: str) -> None:
    lines = [json.loads(line) for line in log.splitlines()]
    for word in ("request_started", "request_finished"):
        assert len([line for line in lines if line["event"] == word and line["request"] == "GET /…"]) == 2
