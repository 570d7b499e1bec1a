"""Resolution, and the deadline of each step; no socket is opened in this module. What the guard refuses is in tests/abuse, rows 4 to 7."""

import time

import httpcore
import pytest

from datasets_ui.dify.errors import HostNotFound, Refused
from datasets_ui.dify.network import (
    SLICE,
    DeadlineStream,
    Origin,
    deadline,
    is_public,
    origin_of,
    remaining,
    resolve,
)
from tests.dify.support import PUBLIC, CountingSockets, Resolver, call, error_of


@pytest.mark.parametrize("url", [f"https://{PUBLIC}/v1", f"https://{PUBLIC}:80/v1", f"HTTPS://{PUBLIC}:443/v1/"])
def test_a_public_address_is_called(url: str) -> None:
    sockets = CountingSockets()
    assert call(url, sockets) == {}
    assert [host for host, _ in sockets.opened] == [PUBLIC]


def test_a_public_ipv6_address_is_called() -> None:
    sockets = CountingSockets()
    call("https://[2606:2800:220:1::1]/v1", sockets)
    assert sockets.opened == [("2606:2800:220:1::1", 443)]


def test_a_name_without_an_address_is_not_found() -> None:
    sockets = CountingSockets()
    error_of(HostNotFound, lambda: call("https://nowhere.example.com/v1", sockets, Resolver([[]])))
    assert sockets.opened == []


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "a" * 64 + ".example.com"])
def test_a_name_that_does_not_resolve_is_not_found(host: str) -> None:
    assert error_of(HostNotFound, lambda: resolve(host, 443)).detail == host


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    sockets = CountingSockets(unreachable=["93.184.216.1"])
    call("https://two.example.com/v1", sockets, Resolver([["93.184.216.1", PUBLIC, PUBLIC]]))
    assert sockets.opened == [("93.184.216.1", 443), (PUBLIC, 443)]


def test_when_no_address_answers_the_last_error_is_told() -> None:
    sockets = CountingSockets(unreachable=["93.184.216.1", PUBLIC])
    error = error_of(Refused, lambda: call("https://two.example.com/v1", sockets, Resolver([["93.184.216.1", PUBLIC]])))
    assert error.detail == PUBLIC


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.example.com/v1", "https://api.example.com:443"),
        ("HTTPS://API.Example.com./v1/", "https://api.example.com:443"),
        ("http://localhost:5001", "http://localhost:5001"),
        ("http://localhost", "http://localhost:80"),
        ("https://[::1]:8443/v1", "https://[::1]:8443"),
    ],
)
def test_an_origin_is_written_one_way(url: str, origin: str) -> None:
    assert str(origin_of(url)) == origin


def test_an_origin_keeps_port_0() -> None:
    assert origin_of("https://example.com:0") == Origin("https", "example.com", 0)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_a_routable_address_is_public(address: str) -> None:
    assert is_public(address)


class Steps(httpcore.MockStream):
    """Keeps the timeout of each step and what was written."""

    def __init__(self) -> None:
        super().__init__([b"x"])
        self.timeouts: list[float | None] = []
        self.written: list[bytes] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.timeouts.append(timeout)
        return super().read(max_bytes, timeout)

    def get_extra_info(self, info: str) -> str:
        return f"the {info}"

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.timeouts.append(timeout)
        self.written.append(buffer)


@pytest.mark.parametrize(("left", "timeout", "given"), [(10, 3, 3), (2, 3, 2), (10, None, 10)])
def test_a_step_gets_the_timeout_or_what_is_left(left: float, timeout: float | None, given: float) -> None:
    token = deadline.set(time.monotonic() + left)
    assert remaining(timeout) == pytest.approx(given, abs=0.1)
    deadline.reset(token)


def test_nothing_is_read_after_the_deadline() -> None:
    token, steps = deadline.set(time.monotonic() - 0.01), Steps()
    with pytest.raises(httpcore.ReadTimeout, match=r"The total deadline has passed\."):
        DeadlineStream(steps).read(1, 15)
    deadline.reset(token)
    assert steps.timeouts == []


def test_a_large_body_is_written_in_slices_that_each_look_at_the_deadline() -> None:
    token, steps = deadline.set(time.monotonic() + 10), Steps()
    DeadlineStream(steps).write(b"a" * SLICE + b"b", 60)
    deadline.reset(token)
    assert steps.written == [b"a" * SLICE, b"b"]
    assert steps.timeouts == pytest.approx([10, 10], abs=0.1)


def test_the_stream_of_tls_keeps_the_deadline_too() -> None:
    token = deadline.set(time.monotonic() + 10)
    inside = DeadlineStream(Steps()).start_tls(httpcore.default_ssl_context(), "example.com", 5)
    deadline.reset(token)
    assert isinstance(inside, DeadlineStream)


def test_what_is_known_of_a_connection_is_passed_on() -> None:
    assert DeadlineStream(Steps()).get_extra_info("ssl_object") == "the ssl_object"
