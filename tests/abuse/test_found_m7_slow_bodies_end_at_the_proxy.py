"""M7: the proxy of compose.yaml, a real Caddy with our Caddyfile, lets no body through that is slow or too large."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings

from dashboard.demo import free_port, is_free
from tests.abuse.support import Listener, Reply
from tests.e2e.server import ROOT, wait_for
from tests.support.plain_http import TRUSTS_NOBODY

CADDY = os.environ.get("CADDY") or shutil.which("caddy") or ""
FIRST = (2, 7)  # that knows `request_buffers`
MIB = 1024 * 1024
BODY_SECONDS = 2
UPLOADS = "/w/acme/datasets/1c0a0b3e-0000-4000-8000-123456789012/uploads/"
FORM = "/accounts/login/"


def version() -> tuple[int, ...]:
    said = subprocess.run([CADDY, "version"], capture_output=True, text=True, check=False).stdout if CADDY else ""
    return tuple(int(number) for number in re.findall(r"\d+", said)[:2])


pytestmark = [
    pytest.mark.skipif(
        version() < FIRST, reason=f"Caddy {FIRST[0]}.{FIRST[1]} is not here; CADDY names another than that of PATH"
    ),
    pytest.mark.xdist_group("m7_slow_bodies_end_at_the_proxy"),
]


class Upstream(Listener):
    """In the dashboard's place; knows who is connected, too."""

    connections = 0
    open = 0

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        self.open += 1
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.open -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What is broken off half-way is what is wanted here."""

    def whole(self) -> list[int]:
        """The sizes of the bodies that came through as they were promised."""
        return [len(seen.body) for seen in self.seen if str(len(seen.body)) == seen.headers.get("content-length")]


@contextmanager
def proxy(folder: Path, upstream: str) -> Iterator[str]:
    """Caddy before an upstream; files may have 1 MiB, and all listens on this machine alone."""
    port = free_port()
    settings = {
        "DASHBOARD_HOST": f"http://127.0.0.1:{port}",
        "DASHBOARD_UPSTREAM": upstream,
        "DATASETS_UPLOAD_LIMIT_MB": "1",
        "DASHBOARD_BODY_TIMEOUT": f"{BODY_SECONDS}s",
        "HOME": str(folder),
    }
    config = folder / "Caddyfile"
    config.write_text((ROOT / "Caddyfile").read_text().replace("\tadmin off\n", "\tadmin off\n\tdefault_bind 127.0.0.1\n", 1))
    with (folder / "caddy.log").open("wb") as output:
        process = subprocess.Popen([CADDY, "run", "--config", config], env=settings, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: not is_free(port), "Caddy", 20)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream(Reply(status=200, body=b"answered")) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def front(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with proxy(tmp_path_factory.mktemp("caddy"), upstream.host) as origin:
        yield origin


@pytest.fixture(autouse=True)
def forget(upstream: Upstream) -> None:
    wait_for(lambda: upstream.open == 0, "the end of the last test's connections", 20)
    upstream.seen.clear()
    upstream.connections = 0
    upstream.reply.delay = 0


def post(origin: str, address: str, content: bytes | Iterator[bytes]) -> httpx.Response:
    headers = {"Connection": "close", "Cookie": "__Host-session=of-somebody"}
    return httpx.post(origin + address, content=content, headers=headers, trust_env=False, verify=TRUSTS_NOBODY, timeout=60)


@contextmanager
def half_sent(origin: str, address: str, number: int, sent: int = 6) -> Iterator[list[socket.socket]]:
    """Requests that keep a part of what they promise to themselves."""
    place = urlsplit(origin)
    head = f"POST {address} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {sent + 5_000}\r\nCookie: session=x\r\n\r\n"
    with ExitStack() as stack:
        connections = []
        for _ in range(number):
            connection = stack.enter_context(socket.create_connection((str(place.hostname), place.port or 80), timeout=30))
            connection.sendall(head.encode() + b"x" * sent)
            connections.append(connection)
        yield connections


def drip(connections: list[socket.socket], seconds: float) -> None:
    """A byte of each now and then, as long as it is taken."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for connection in connections:
            with suppress(OSError):
                connection.sendall(b"y")
        time.sleep(0.2)


@pytest.mark.parametrize("address", [FORM, UPLOADS])
def test_slow_bodies_hold_nobody_up(front: str, upstream: Upstream, address: str) -> None:
    """M7: while they come the dashboard is not even connected to, and answers others."""
    with half_sent(front, address, 40) as slow:
        drip(slow, BODY_SECONDS / 2)
        assert upstream.connections == 0
        assert post(front, FORM, b"quick=1").text == "answered"
        assert upstream.connections == 1


@pytest.mark.parametrize(("address", "sent"), [(FORM, 6), (UPLOADS, 6), (UPLOADS, 4 * MIB)])
def test_slow_bodies_are_cut(front: str, upstream: Upstream, address: str, sent: int) -> None:
    """M7: after their time nothing holds on to the dashboard, even of what is too large to be collected, and nothing came through whole."""
    with half_sent(front, address, 5, sent) as slow:
        drip(slow, BODY_SECONDS + 1)
        assert (upstream.open, upstream.whole()) == (0, [])


@pytest.mark.parametrize("content", [b"x" * 4 * MIB, iter([b"x" * MIB] * 5)], ids=["announced", "in pieces"])
def test_a_form_that_is_too_large_is_refused(front: str, upstream: Upstream, content: bytes | Iterator[bytes]) -> None:
    """M7: in words, whether it says how long it is or not."""
    upstream.reply.delay = 0.5  # the dashboard does not answer half a request at once
    answer = post(front, FORM, content)
    assert (answer.status_code, "Go back, and send less" in answer.text) == (413, True)
    assert upstream.whole() == []


def test_a_form_of_the_size_that_is_allowed_is_not(front: str, upstream: Upstream) -> None:
    """M7: what the dashboard takes comes through whole."""
    assert post(front, FORM, b"x" * 2 * MIB).text == "answered"
    assert upstream.whole() == [2 * MIB]


def test_many_files_at_once_come_through(front: str, upstream: Upstream) -> None:
    """M7: what is more than one file is passed on as it comes."""
    assert post(front, UPLOADS, b"x" * 8 * MIB).text == "answered"
    assert upstream.whole() == [8 * MIB]


def test_an_answer_may_take_longer_than_a_body(front: str, upstream: Upstream) -> None:
    """M7: the time is for what is sent; Dify may take its own over an upload."""
    upstream.reply.delay = BODY_SECONDS + 1
    assert post(front, UPLOADS, b"x").text == "answered"


def test_the_limits_are_the_dashboards(tmp_path: Path) -> None:
    """M7: 15 MB a file makes the same number of bytes here and there."""
    env = {"DASHBOARD_HOST": "dashboard.example.com", "DATASETS_UPLOAD_LIMIT_MB": "15"}
    words = [CADDY, "adapt", "--config", str(ROOT / "Caddyfile")]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    [server] = json.loads(done.stdout)["apps"]["http"]["servers"].values()
    sizes = [int(size) for size in re.findall(r'"max_size": (\d+)', json.dumps(server))]
    assert (sizes, server["listen"]) == ([settings.SPOOL_LIMIT, 3 * MIB], [":443"])


def test_its_log_holds_no_secret(tmp_path: Path) -> None:
    """L6: not even of a request that fails because the dashboard is away."""
    with proxy(tmp_path, f"127.0.0.1:{free_port()}") as origin:
        referer = {"Referer": f"{origin}/invitation/?token=canary-2", "Cookie": "__Host-session=canary-3"}
        assert (
            httpx.get(
                f"{origin}/sign-in/?token=canary-1", headers=referer, trust_env=False, verify=TRUSTS_NOBODY, timeout=30
            ).status_code
            == 502
        )
    assert re.findall(r"canary-\d", (tmp_path / "caddy.log").read_text()) == []
