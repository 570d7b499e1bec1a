"""Timeouts, deadline, size cap, redirects, retries, the key, and what each failure of the network becomes."""

import gzip
import io
import json
import logging
import os
import re
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from datasets_ui.dify import errors
from datasets_ui.dify.answers import LARGEST_ANSWER, seconds
from datasets_ui.dify.http import DEADLINE, TIMEOUT, TRIES, UPLOAD_DEADLINE, Http, again
from datasets_ui.dify.network import AddressPolicy, Transport
from tests.dify import fault_server
from tests.dify.fault_server import OK, FaultServer, closed_port, playing, soon
from tests.dify.support import BASE, KEY, PUBLIC, CountingSockets, Resolver, api, error_of, saying

# --- what every call carries ---


def test_the_promised_numbers() -> None:
    assert (httpx.Timeout(connect=5, read=15, write=60, pool=5), 20, 300) == (TIMEOUT, DEADLINE, UPLOAD_DEADLINE)
    assert (LARGEST_ANSWER, TRIES) == (10 * 1024 * 1024, 3)


def test_each_request_has_the_timeouts() -> None:
    fake = api(saying({}))
    fake.http.read("GET", "/datasets")
    assert fake.requests[0].extensions["timeout"] == {"connect": 5, "read": 15, "write": 60, "pool": 5}


def test_reads_and_writes_have_20_seconds() -> None:
    fake = api(saying({}))
    fake.http.read("GET", "/datasets")
    fake.http.write("POST", "/datasets", {})
    assert fake.seconds_left == pytest.approx([20, 20], abs=0.5)


def test_an_upload_has_300_seconds() -> None:
    fake = api(saying({}))
    fake.http.upload("/upload", {}, io.BytesIO(b"x"), "a.txt", "text/plain")
    assert fake.seconds_left == pytest.approx([300], abs=0.5)


def test_the_path_is_put_after_the_base() -> None:
    fake = api(saying({}))
    Http(BASE + "/", SecretStr(KEY), fake.transport).read("GET", "/datasets", params={"page": 2, "keyword": "a&b"})
    assert str(fake.requests[0].url) == "https://api.example.com/v1/datasets?page=2&keyword=a%26b"


def test_a_read_returns_the_decoded_json() -> None:
    assert api(saying({"data": [1]})).http.read("GET", "/datasets") == {"data": [1]}


@pytest.mark.parametrize(("content", "decoded"), [(b"204\n", 204), (b"", None), (b" \n", None)])
def test_a_delete_may_answer_204_as_a_number_or_with_nothing(content: bytes, decoded: object) -> None:
    assert api(httpx.Response(200, content=content)).http.write("DELETE", "/datasets/1") == decoded


def test_a_write_sends_its_body_as_json() -> None:
    fake = api(saying({}))
    fake.http.write("POST", "/datasets", {"name": "é"})
    assert (json.loads(fake.bodies[0]), fake.requests[0].headers["content-type"]) == ({"name": "é"}, "application/json")


# --- the key ---


def test_the_key_is_in_the_header_of_each_request() -> None:
    fake = api(saying({}))
    fake.http.read("GET", "/datasets")
    fake.http.write("POST", "/datasets", {})
    fake.http.upload("/upload", {}, io.BytesIO(b"x"), "a.txt", "text/plain")
    assert [request.headers["authorization"] for request in fake.requests] == [f"Bearer {KEY}"] * 3


def test_two_keys_over_one_transport_stay_apart() -> None:
    fake = api(saying({}))
    first, second = (Http(BASE, SecretStr(key), fake.transport) for key in ("key-of-alice", "key-of-bob"))
    for http in (first, second, first):
        http.read("GET", "/datasets")
    sent = [request.headers["authorization"] for request in fake.requests]
    assert sent == ["Bearer key-of-alice", "Bearer key-of-bob", "Bearer key-of-alice"]


def test_the_key_is_not_on_the_client() -> None:
    http = api(saying({})).http
    http.read("GET", "/datasets")
    assert "authorization" not in http.client.headers
    assert KEY not in repr(vars(http.client))


def test_the_key_is_in_no_repr() -> None:
    fake = api(saying({}))
    http, client = fake.http, fake.client
    shown = [repr(thing) + str(thing) + repr(vars(thing)) for thing in (http, client, client.datasets, http.client)]
    assert KEY not in "".join(shown)


ANSWERS_THAT_REPEAT_THE_KEY = [
    saying({"code": "unauthorized", "message": f"Bearer {KEY} is invalid"}, 401),
    saying({"code": KEY, "message": KEY, "errors": {KEY: KEY}}, 400),
    saying({"error": KEY}, 500),
    httpx.Response(302, headers={"Location": f"https://evil.example.com/?{KEY}"}),
    httpx.Response(200, content=KEY.encode(), headers={"Content-Type": f"text/{KEY}"}),
    httpx.ReadError(f"while sending {KEY}"),
    httpx.ReadTimeout(KEY),
    httpx.ConnectError(KEY),
]


@pytest.mark.parametrize("answer", ANSWERS_THAT_REPEAT_THE_KEY)
def test_the_key_is_in_no_error(answer: Any) -> None:
    error = error_of_any(lambda: api(answer).http.write("POST", "/datasets", {}))
    assert KEY not in f"{error!r} {error} {error.detail} {error.code} {error.fields} {error.sentence}"


def test_the_key_is_in_no_variable_of_our_own_frames() -> None:
    error = error_of_any(lambda: api(saying({}, 500)).http.write("POST", "/datasets", {}))
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame.locals for frame in trace.stack if frame.filename.endswith(("dify/http.py", "dify/answers.py"))]
    assert len(frames) > 2
    assert KEY not in repr(frames)


def test_the_key_is_not_logged(caplog: pytest.LogCaptureFixture, no_waiting: None) -> None:
    caplog.set_level(logging.DEBUG)
    with FaultServer(playing(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")) as server:
        error_of(errors.ServerFailed, lambda: server.http.read("GET", "/datasets"))
    assert caplog.records
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", ["", " ", "two words", "line\n", "tab\t", "é", "\x00", "\ud800"])
def test_a_key_that_no_header_can_carry_is_refused_before_it_is_sent(key: str) -> None:
    error = error_of(errors.Unauthorized, lambda: Http(BASE, SecretStr(key), api(saying({})).transport))
    assert error.detail == "The key is empty, or holds spaces or special characters."


def error_of_any(act: Any) -> errors.DifyError:
    with pytest.raises(errors.DifyError) as caught:
        act()
    return caught.value


# --- nothing from the environment, nothing followed ---


def test_the_environment_is_not_trusted() -> None:
    assert not api(saying({})).http.client.trust_env


@pytest.mark.parametrize("status", [300, 301, 304])
def test_a_redirect_to_nowhere_is_one_too(status: int) -> None:
    error_of(errors.Redirected, lambda: api(httpx.Response(status)).http.read("GET", "/datasets"))


def test_a_redirected_write_may_have_been_carried_out() -> None:
    fake = api(httpx.Response(307, headers={"Location": "https://evil.example.com/"}))
    error = error_of(errors.Redirected, lambda: fake.http.write("POST", "/datasets", {}))
    assert (error.outcome_unknown, len(fake.requests)) == (True, 1)


# --- odd answers ---


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><title>Sign in</title>",
        b"{",
        b'{"data": [}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b"NaN",
        b'["\\ud800"]',
        b'"\xff\xfe"',
        b"1" * 5000,
        b"{} trailing",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_not_json_is_said(content: bytes) -> None:
    answer = httpx.Response(200, content=content, headers={"Content-Type": "text/html"})
    error = error_of(errors.NotJson, lambda: api(answer).http.read("GET", "/datasets"))
    assert (error.detail, error.status) == ("text/html", 200)


def test_an_error_page_keeps_the_meaning_of_its_status() -> None:
    answer = httpx.Response(404, content=b"<!doctype html><title>404 Not Found</title>")
    error = error_of(errors.NotFound, lambda: api(answer).http.read("GET", "/datasets"))
    assert (error.detail, error.status) == ("", 404)


def test_an_answer_of_the_largest_size_is_read() -> None:
    content = b'"' + b"x" * (LARGEST_ANSWER - 2) + b'"'
    assert len(api(httpx.Response(200, content=content)).http.read("GET", "/datasets")) == LARGEST_ANSWER - 2


def test_reading_stops_at_the_largest_size() -> None:
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b"x" * 1024 * 1024

    fake = api(httpx.Response(200, content=endless()))
    error_of(errors.AnswerTooLarge, lambda: fake.http.read("GET", "/datasets"))
    assert given == 11


def test_the_largest_size_is_not_taken_from_the_announced_length() -> None:
    with FaultServer(playing(OK + b"\r\n" + b"x" * (LARGEST_ANSWER + 1))) as server:
        error_of(errors.AnswerTooLarge, lambda: server.http.read("GET", "/datasets"))


def test_no_compression_is_asked_for() -> None:
    fake = api(saying({}))
    fake.http.read("GET", "/datasets")
    assert fake.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [200, 401])
def test_a_compressed_answer_is_not_unpacked(status: int) -> None:
    bomb = gzip.compress(b'"' + b"x" * 50_000_000 + b'"', 1)
    answer = httpx.Response(status, stream=httpx.ByteStream(bomb), headers={"Content-Encoding": "gzip"})
    error = error_of(errors.NotJson, lambda: api(answer).http.read("GET", "/datasets"))
    assert error.detail == "The answer is compressed, which was not asked for."


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422])
def test_a_refused_write_was_not_carried_out(status: int) -> None:
    error = error_of_any(lambda: api(saying({}, status)).http.write("POST", "/datasets", {}))
    assert (error.status, error.outcome_unknown) == (status, False)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_that_failed_over_there_may_have_been_carried_out(status: int) -> None:
    error = error_of(errors.ServerFailed, lambda: api(saying({}, status)).http.write("POST", "/datasets", {}))
    assert error.outcome_unknown


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_read_leaves_nothing_unknown(status: int, no_waiting: None) -> None:
    error = error_of(errors.ServerFailed, lambda: api(saying({}, status)).http.read("GET", "/datasets"))
    assert not error.outcome_unknown


# --- tries ---


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_tried_three_times(status: int, no_waiting: None) -> None:
    fake = api(saying({}, status))
    error = error_of_any(lambda: fake.http.read("GET", "/datasets"))
    assert (error.status, len(fake.requests)) == (status, 3)


@pytest.mark.parametrize("failure", [httpx.ConnectError(""), httpx.ReadError(""), httpx.RemoteProtocolError("")])
def test_a_read_is_tried_again_after_a_lost_connection(failure: Exception, no_waiting: None) -> None:
    fake = api(failure, failure, saying({"ok": True}))
    assert fake.http.read("GET", "/datasets") == {"ok": True}


def test_a_search_is_a_read_although_it_is_a_post(no_waiting: None) -> None:
    fake = api(saying({}, 503), saying({"records": []}))
    assert fake.http.read("POST", "/retrieve", json={"query": "a"}) == {"records": []}
    assert fake.bodies == [b'{"query":"a"}'] * 2


@pytest.mark.parametrize(
    "answer",
    [
        *(saying({}, status) for status in (400, 401, 403, 404, 409, 413, 415, 422)),
        saying({}, 302, {"Location": "/"}),
        httpx.Response(200, content=b"<html>"),
        httpx.ReadTimeout(""),
        httpx.ConnectTimeout(""),
        errors.AddressRefused(),
        errors.HostNotFound(),
        saying({"message": "reached the knowledge base request rate limit of your subscription"}, 403),
        saying({"code": "rate_limit_error"}, 429),
    ],
)
def test_a_read_is_not_tried_again_where_that_cannot_help(answer: Any, no_waiting: None) -> None:
    fake = api(answer)
    error_of_any(lambda: fake.http.read("GET", "/datasets"))
    assert len(fake.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_write_is_sent_once(status: int, no_waiting: None) -> None:
    fake = api(saying({}, status, {"Retry-After": "0"}))
    error_of_any(lambda: fake.http.write("POST", "/datasets", {}))
    assert len(fake.requests) == 1


def test_an_upload_is_sent_once(no_waiting: None) -> None:
    fake = api(httpx.ReadError(""))
    error_of(errors.ConnectionLost, lambda: fake.http.upload("/x", {}, io.BytesIO(b"x"), "a.txt", "text/plain"))
    assert len(fake.requests) == 1


def test_pauses_grow_and_stay_short(pauses: list[float]) -> None:
    error_of(errors.ServerFailed, lambda: api(saying({}, 503)).http.read("GET", "/datasets"))
    assert len(pauses) == 2
    assert 0.2 <= pauses[0] <= 1.2
    assert 0.4 <= pauses[1] <= 1.4


def test_retry_after_is_honoured(pauses: list[float]) -> None:
    fake = api(saying({}, 429, {"Retry-After": "1"}), saying({}, 503, {"Retry-After": "0"}), saying({}))
    started = time.monotonic()
    fake.http.read("GET", "/datasets")
    assert pauses == [1, 0]
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize("header", ["11", "60", "3600"])
def test_a_long_retry_after_is_told_not_slept(header: str, pauses: list[float]) -> None:
    fake = api(saying({}, 429, {"Retry-After": header}))
    error = error_of(errors.TooManyRequests, lambda: fake.http.read("GET", "/datasets"))
    assert (error.retry_after, len(fake.requests), pauses) == (float(header), 1, [])


@pytest.mark.parametrize("header", ["soon", "-1", "1.5", "1e9", "9" * 400, "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_an_odd_retry_after_counts_as_none(header: str, no_waiting: None) -> None:
    fake = api(saying({}, 429, {"Retry-After": header}))
    error = error_of(errors.TooManyRequests, lambda: fake.http.read("GET", "/datasets"))
    assert (error.retry_after, len(fake.requests)) == (None, 3)


@pytest.mark.parametrize(
    ("header", "read"), [(None, None), ("0", 0), ("10", 10), ("999999999", 999999999), ("1000000000", None)]
)
def test_retry_after_in_seconds(header: str | None, read: float | None) -> None:
    assert seconds(header) == read


@pytest.mark.parametrize(
    ("retry_after", "left", "decision"),
    [
        (10, 20, 10),
        (10.5, 20, False),
        (10, 9, False),
        (0, 1, 0),
        (0, -1, False),
        (None, 20, True),
        (None, 1.5, False),
        (None, -1, False),
    ],
)
def test_no_pause_reaches_over_the_deadline(retry_after: float | None, left: float, decision: float | bool) -> None:
    assert again(errors.TooManyRequests(retry_after=retry_after), soon(left)) == decision


def test_what_is_not_ours_is_not_tried_again() -> None:
    assert again(ValueError(), soon(20)) is False


# --- what the failures of the transport become ---

BEFORE_SENDING = [
    (httpx.ConnectTimeout(""), errors.TimedOut),
    (httpcore.ConnectTimeout(), errors.TimedOut),
    (httpx.PoolTimeout(""), errors.TimedOut),
    (httpcore.PoolTimeout(), errors.TimedOut),
    (httpx.ConnectError(""), errors.Refused),
    (httpcore.ConnectError(), errors.Refused),
    (errors.AddressRefused(), errors.AddressRefused),
    (errors.HostNotFound(), errors.HostNotFound),
]
AFTER_SENDING = [
    (httpx.ReadTimeout(""), errors.TimedOut),
    (httpcore.ReadTimeout(), errors.TimedOut),
    (httpx.WriteTimeout(""), errors.TimedOut),
    (httpcore.WriteTimeout(), errors.TimedOut),
    (httpx.ReadError(""), errors.ConnectionLost),
    (httpcore.ReadError(), errors.ConnectionLost),
    (httpx.WriteError(""), errors.ConnectionLost),
    (httpcore.WriteError(), errors.ConnectionLost),
    (httpx.RemoteProtocolError(""), errors.ConnectionLost),
    (httpcore.RemoteProtocolError(), errors.ConnectionLost),
    (httpcore.LocalProtocolError(), errors.ConnectionLost),
]


@pytest.mark.parametrize(("failure", "kind"), BEFORE_SENDING + AFTER_SENDING, ids=repr)
def test_a_failure_of_the_network_becomes_ours(failure: Exception, kind: type[errors.DifyError], no_waiting: None) -> None:
    error = error_of(kind, lambda: api(failure).http.read("GET", "/datasets"))
    assert (error.status, error.outcome_unknown) == (0, False)


@pytest.mark.parametrize(("failure", "kind"), BEFORE_SENDING, ids=repr)
def test_a_write_that_was_not_sent_was_not_carried_out(failure: Exception, kind: type[errors.DifyError]) -> None:
    assert not error_of(kind, lambda: api(failure).http.write("POST", "/datasets", {})).outcome_unknown


@pytest.mark.parametrize(("failure", "kind"), AFTER_SENDING, ids=repr)
def test_the_outcome_of_a_write_whose_answer_was_lost_is_unknown(failure: Exception, kind: type[errors.DifyError]) -> None:
    assert error_of(kind, lambda: api(failure).http.write("POST", "/datasets", {})).outcome_unknown


# --- a real socket ---


def call_by(server: FaultServer, until: float, *, method: str = "GET", writes: bool = False, **content: Any) -> Any:
    return server.http.send(method, "/datasets", until, writes=writes, **content)


@pytest.mark.parametrize("fault", [fault_server.silent, fault_server.drip_headers, fault_server.drip_body])
def test_a_slow_answer_is_cut_off_at_the_deadline(fault: fault_server.Fault) -> None:
    with FaultServer(fault) as server:
        started = time.monotonic()
        error_of(errors.TimedOut, lambda: call_by(server, soon(0.3)))
        assert 0.3 <= time.monotonic() - started < 0.8


def test_a_slow_reader_of_a_large_body_is_cut_off_at_the_deadline() -> None:
    with FaultServer(fault_server.sip) as server:
        started = time.monotonic()
        body = {"text": "x" * 8_000_000}
        error = error_of(errors.TimedOut, lambda: call_by(server, soon(0.3), method="POST", writes=True, json=body))
        assert 0.3 <= time.monotonic() - started < 0.8
    assert error.outcome_unknown


def test_a_handshake_that_never_ends_is_cut_off_at_the_deadline() -> None:
    def fault(connection: Any, stopped: threading.Event) -> None:
        stopped.wait(5)

    with FaultServer(fault) as server:
        error_of(errors.TimedOut, lambda: server.http_of("https").send("GET", "/x", soon(0.3), writes=False))


def test_a_server_without_tls_fails_the_handshake() -> None:
    with FaultServer(fault_server.plain_answer_to_a_handshake) as server:
        error_of(errors.TlsFailed, lambda: server.http_of("https").write("GET", "/datasets"))


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with FaultServer(fault_server.tls_of(self_signed(tmp_path))) as server:
        error = error_of(errors.TlsFailed, lambda: server.http_of("https").write("GET", "/datasets"))
    assert "CERTIFICATE_VERIFY_FAILED" in error.detail


def self_signed(folder: Path) -> Path:
    """A certificate of 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.now(UTC) - timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), start, start + timedelta(days=2))
    named = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(text + named.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return file


def test_nobody_listening_is_refused() -> None:
    port = closed_port()
    transport = Transport(AddressPolicy(frozenset({"127.0.0.1"})))
    http = Http(f"http://127.0.0.1:{port}/v1", SecretStr(KEY), transport)
    assert not error_of(errors.Refused, lambda: http.write("POST", "/datasets", {})).outcome_unknown


BROKEN = {
    "nothing": playing(b""),
    "half a head": playing(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "half a body": playing(OK + b"Content-Length: 100\r\n\r\n{"),
    "half a chunk": playing(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"),
    "no HTTP": playing(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "a reset": fault_server.reset,
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_a_write_whose_connection_broke_is_sent_once_and_unknown(fault: fault_server.Fault) -> None:
    with FaultServer(fault) as server:
        error = error_of(errors.ConnectionLost, lambda: server.http.write("POST", "/datasets", {"name": "a"}))
        assert (error.outcome_unknown, server.connections) == (True, 1)


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_a_read_whose_connection_broke_is_tried_three_times(fault: fault_server.Fault, no_waiting: None) -> None:
    with FaultServer(fault) as server:
        error_of(errors.ConnectionLost, lambda: server.http.read("GET", "/datasets"))
        assert server.connections == 3


def test_a_connection_is_used_again() -> None:
    def fault(connection: Any, stopped: threading.Event) -> None:
        while fault_server.read_request(connection).strip():
            connection.sendall(OK + b"Content-Length: 2\r\n\r\n{}")

    with FaultServer(fault) as server:
        http = server.http
        answers = [http.read("GET", "/datasets") for _ in range(3)]
        assert (answers, server.connections) == ([{}, {}, {}], 1)


def test_an_answer_that_is_left_unread_does_not_leak_into_the_next() -> None:
    transport = Transport(AddressPolicy(), Resolver([[PUBLIC]]), CountingSockets())
    http = Http(BASE, SecretStr(KEY), transport)
    assert [http.write("GET", "/a"), http.write("GET", "/b")] == [{}, {}]
    assert transport.pool.connections == []


def test_closing_the_transport_closes_its_connections() -> None:
    transport = Transport(AddressPolicy())
    transport.close()
    assert transport.pool.connections == []


# --- the gate ---


def test_the_gate_is_open_again_after_an_error() -> None:
    gate = threading.Semaphore(1)
    http = Http(BASE, SecretStr(KEY), api(saying({}, 404)).transport, gate)
    for _ in range(3):
        error_of(errors.NotFound, lambda: http.read("GET", "/datasets"))
    assert gate.acquire(blocking=False)


class FullGate(threading.Semaphore):
    """Nobody gets in; notes how long they would have waited."""

    waited: float | None = None

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:  # noqa: ARG002 (threading's interface)
        self.waited = timeout
        return False


def test_too_many_calls_at_once_are_turned_away_unsent() -> None:
    fake, gate = api(saying({})), FullGate()
    http = Http(BASE, SecretStr(KEY), fake.transport, gate)
    error = error_of(errors.TooManyCalls, lambda: http.write("POST", "/datasets", {}))
    assert (error.outcome_unknown, gate.waited, fake.requests) == (False, 5, [])


# --- uploads ---


def upload_to(server: FaultServer, file: Any, name: str = "a.txt") -> Any:
    return server.http.upload("/upload", {"name": "a"}, file, name, "text/plain")


class Kept:
    """A server that keeps the one request it gets."""

    request = b""

    def __call__(self, connection: Any, _stopped: threading.Event) -> None:
        self.request = fault_server.read_request(connection)
        connection.sendall(OK + b"Content-Length: 2\r\n\r\n{}")

    @property
    def head(self) -> bytes:
        return self.request.partition(b"\r\n\r\n")[0].lower()

    @property
    def body(self) -> bytes:
        return self.request.partition(b"\r\n\r\n")[2]


def test_an_upload_has_a_length_and_is_not_chunked() -> None:
    kept = Kept()
    with FaultServer(kept) as server:
        upload_to(server, io.BytesIO(b"content"))
    assert b"\r\ncontent-length: %d" % len(kept.body) in kept.head
    assert b"transfer-encoding" not in kept.head


def test_an_upload_holds_the_settings_and_the_file() -> None:
    kept = Kept()
    with FaultServer(kept) as server:
        upload_to(server, io.BytesIO(b"content"))
    parts = re.findall(
        rb'name="(\w+)"(?:; filename="([^"]*)")?\r\nContent-Type: ([^\r]+)\r\n\r\n(.*?)\r\n--', kept.body, re.DOTALL
    )
    assert parts == [(b"data", b"", b"application/json", b'{"name": "a"}'), (b"file", b"a.txt", b"text/plain", b"content")]


@pytest.mark.parametrize("name", ['a"; filename="b.txt', "a\r\nX-Injected: 1\r\n\r\n.txt", "日本語.txt"])
def test_a_file_name_cannot_break_out_of_its_header(name: str) -> None:
    kept = Kept()
    with FaultServer(kept) as server:
        upload_to(server, io.BytesIO(b"content"), name)
    assert (kept.body.count(b"filename="), kept.body.count(b"\r\nX-Injected")) == (1 + kept.body.count(b"%22; filename="), 0)


class LargeFile(io.RawIOBase):
    """Megabytes out of nothing; notes the largest piece that was asked for."""

    def __init__(self, size: int) -> None:
        self.size, self.at, self.largest = size, 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.at = {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.size}[whence] + offset
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        wanted = self.size - self.at if size < 0 else min(size, self.size - self.at)
        self.largest = max(self.largest, wanted)
        self.at += wanted
        return b"x" * wanted


def test_an_upload_is_read_in_small_pieces() -> None:
    file, kept = LargeFile(15 * 1024 * 1024), Kept()
    with FaultServer(kept) as server:
        upload_to(server, file)
    assert len(kept.body) > 15 * 1024 * 1024
    assert file.largest <= 64 * 1024


def test_an_upload_whose_answer_was_lost_is_sent_once_and_unknown() -> None:
    with FaultServer(fault_server.reset) as server:
        error = error_of(errors.ConnectionLost, lambda: upload_to(server, io.BytesIO(b"content")))
        assert (error.outcome_unknown, server.connections) == (True, 1)


def test_an_upload_gets_the_refusal_that_comes_before_its_end() -> None:
    refusal = b'HTTP/1.1 413 Too Large\r\nContent-Length: 25\r\nConnection: close\r\n\r\n{"code":"file_too_large"}'
    with FaultServer(playing(refusal)) as server:
        assert error_of(errors.Invalid, lambda: upload_to(server, LargeFile(3_000_000))).code == "file_too_large"
