"""M7: clients that send a form drop by drop, or stop in its middle, hold neither the process nor what they began.

A real gunicorn with one process of sixteen threads; the deadline itself is tried on a pair of sockets, not waited for.
"""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from dashboard.worker import ClientSocket
from tests.abuse.support import Dashboard, Visitor
from tests.faults.support import NOWHERE, SECRETS, TOKEN, seeded, visitor

pytestmark = pytest.mark.xdist_group("m7")  # one process for all of it

FORMS = 16
BODY = f"csrfmiddlewaretoken={TOKEN}&name=Cut+short".encode()


@pytest.fixture(scope="module")
def stage(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dashboard, str]]:
    """A dashboard, and the session of the owner of the workspace "alice"."""
    data: Path = tmp_path_factory.mktemp("m7") / "data"
    data.mkdir()
    shutil.copy(empty_database, data)
    session = seeded(data, f"sqlite:///{data}/dashboard.sqlite3", {"alice": NOWHERE})["alice"]
    env: Any = SECRETS
    with Dashboard(data, **env) as dashboard:
        with visitor(dashboard, session) as alice:  # the first requests of a process compile its templates
            alice.get("/w/alice/members/")
            alice.get("/nowhere/")
        yield dashboard, session


def head(path: str, length: int, session: str = "") -> bytes:
    cookies = f"csrf={TOKEN}; session={session}"
    form = "Content-Type: application/x-www-form-urlencoded"
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n{form}\r\nContent-Length: {length}\r\n\r\n".encode()
    )


def opened(dashboard: Dashboard) -> socket.socket:
    address = urlsplit(dashboard.origin)
    return socket.create_connection((str(address.hostname), address.port or 80), timeout=10)


@contextmanager
def half_sent(dashboard: Dashboard, number: int) -> Iterator[list[socket.socket]]:
    """So many forms whose end does not come."""
    with ExitStack() as stack:
        connections = [stack.enter_context(opened(dashboard)) for _ in range(number)]
        for connection in connections:
            connection.sendall(head("/accounts/login/", 5_000) + b"login=")
        yield connections


def answered(someone: Visitor, path: str) -> tuple[int, bool]:
    began = time.monotonic()
    status = someone.get(path, headers={"Connection": "close"}).status_code
    return status, time.monotonic() - began < 5


def test_sixteen_half_sent_forms_hold_nobody_up(stage: tuple[Dashboard, str]) -> None:
    dashboard, session = stage
    with half_sent(dashboard, FORMS), visitor(dashboard, session) as alice:
        time.sleep(0.5)
        paths = ["/healthz", "/w/alice/members/"] * 5
        assert [answered(alice, path) for path in paths] == [(200, True)] * len(paths)


def test_those_for_which_there_is_no_thread_are_told_so(stage: tuple[Dashboard, str]) -> None:
    dashboard, _ = stage
    with half_sent(dashboard, FORMS) as connections:
        time.sleep(3)
        for connection in connections:
            connection.setblocking(False)
        said = [received(connection) for connection in connections]
    refused = [one for one in said if one]
    assert {one.split(b" ")[1] for one in refused} == {b"503"}
    assert (b"Retry-After: 5" in refused[0], FORMS / 2 < len(refused) < FORMS) == (True, True)


def received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except BlockingIOError:
        return b""


def test_those_who_connect_and_say_nothing_hold_nobody_up(stage: tuple[Dashboard, str]) -> None:
    dashboard, _ = stage
    with ExitStack() as stack, Visitor(dashboard.origin) as anybody:
        for _ in range(4 * FORMS):
            stack.enter_context(opened(dashboard))
        began = time.monotonic()
        assert (answered(anybody, "/healthz"), time.monotonic() - began < 3) == ((200, True), True)


def test_a_client_that_does_not_hang_up_holds_nobody_up(stage: tuple[Dashboard, str]) -> None:
    """gunicorn waits up to two seconds for the goodbye of each, in the thread that accepts all others."""
    dashboard, _ = stage
    with ExitStack() as stack, Visitor(dashboard.origin) as anybody:
        for _ in range(FORMS):
            connection = stack.enter_context(opened(dashboard))
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert answered(anybody, "/healthz") == (200, True)


@pytest.mark.parametrize("token", ["", f"X-CSRFToken: {TOKEN}\r\n"])
def test_a_form_that_is_cut_short_is_not_taken_for_a_short_one(stage: tuple[Dashboard, str], token: str) -> None:
    """The connection breaks off after a name that seems whole; the workspace keeps the one that it has."""
    dashboard, session = stage
    with opened(dashboard) as connection:
        sent = head("/w/alice/settings/", len(BODY) + 10, session).replace(b"\r\n\r\n", f"\r\n{token}\r\n".encode())
        connection.sendall(sent + BODY)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    with visitor(dashboard, session) as alice:
        page = LexborHTMLParser(alice.get("/w/alice/settings/").content)
    assert answer.split(b" ")[1] == b"408"
    assert page.css("input[name=name]")[0].attributes["value"] == "alice"


def test_a_whole_form_is_taken(stage: tuple[Dashboard, str]) -> None:
    dashboard, session = stage
    with opened(dashboard) as connection:
        connection.sendall(head("/w/alice/settings/", len(BODY), session))
        for byte in BODY:
            connection.sendall(bytes([byte]))
        assert connection.recv(65536).split(b" ")[1] == b"302"


# --- the deadline ---


@pytest.fixture
def pair() -> Iterator[tuple[ClientSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ClientSocket(ours), theirs


def test_silence_ends(pair: tuple[ClientSocket, socket.socket]) -> None:
    pair[0].left = 0.05
    with pytest.raises(ConnectionResetError):
        pair[0].recv(10)


def test_drops_do_not_begin_the_time_anew(pair: tuple[ClientSocket, socket.socket]) -> None:
    ours, theirs = pair
    ours.left, stop = 0.2, threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            theirs.sendall(b"x")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        with pytest.raises(ConnectionResetError):
            list(iter(lambda: ours.recv(10), b""))
    finally:
        stop.set()
        dripping.join()


def test_what_comes_quickly_may_be_long(pair: tuple[ClientSocket, socket.socket]) -> None:
    ours, theirs = pair
    ours.left = 0.05
    for _ in range(100):
        theirs.sendall(b"x" * 10_000)
        ours.recv(10_000)
    assert ours.left > 10


def test_an_answer_that_nobody_takes_ends(pair: tuple[ClientSocket, socket.socket]) -> None:
    pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    pair[0].left = 0.05
    with pytest.raises(ConnectionResetError):
        pair[0].sendall(b"x" * 16 * 1024)


def test_gunicorns_own_shorter_timeout_counts(pair: tuple[ClientSocket, socket.socket]) -> None:
    pair[0].settimeout(0.05)
    began = time.monotonic()
    with pytest.raises(ConnectionResetError):
        pair[0].recv(10)
    assert time.monotonic() - began < 5


def test_the_end_of_a_body_before_its_time_is_an_error(pair: tuple[ClientSocket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.shutdown(socket.SHUT_WR)
    assert ours.recv(10) == b""
    ours.begin_body()
    with pytest.raises(ConnectionResetError):
        ours.recv(10)


def test_a_file_is_sent_from_where_and_as_far_as_asked(pair: tuple[ClientSocket, socket.socket], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0123456789")
    with (tmp_path / "file").open("rb") as file:
        pair[0].sendfile(file, offset=2, count=5)
        pair[0].sendfile(file, offset=8)
    assert pair[1].recv(100) == b"2345689"
