"""The address guard, resolution, and the deadline of each step. No socket is opened in this module."""

import time

import httpcore
import pytest
from pydantic import SecretStr

from datasets_ui.dify.errors import AddressRefused, HostNotFound, Refused
from datasets_ui.dify.http import Http
from datasets_ui.dify.network import (
    SLICE,
    AddressPolicy,
    DeadlineStream,
    Origin,
    Transport,
    deadline,
    is_public,
    origin_of,
    remaining,
    resolve,
)
from tests.dify.support import KEY, PUBLIC, CountingSockets, Resolver, error_of

# Written plainly, each of these is refused; those that are numbers in disguise go through the system's own resolver.
LOOPBACK = [
    "https://127.0.0.1/v1",
    "https://127.1/v1",
    "https://127.0.1/v1",
    "https://0x7f.1/v1",
    "https://0x7f000001/v1",
    "https://2130706433/v1",
    "https://017700000001/v1",
    "https://127.255.255.254/v1",
    "https://localhost/v1",
    "https://LOCALHOST/v1",
    "https://localhost./v1",
    "https://[::1]/v1",
    "https://[0:0:0:0:0:0:0:1]/v1",
    "https://[::127.0.0.1]/v1",
    "https://[::ffff:127.0.0.1]/v1",
    "https://[::ffff:7f00:1]/v1",
    "https://[::ffff:0:127.0.0.1]/v1",
    "https://[64:ff9b::7f00:1]/v1",
    "https://[64:ff9b:1::7f00:1]/v1",
    "https://[2002:7f00:1::]/v1",
    "https://[2001:0:7f00:1::]/v1",
]
PRIVATE = [
    "https://0.0.0.0/v1",
    "https://0/v1",
    "https://[::]/v1",
    "https://10.0.0.5/v1",
    "https://172.16.0.1/v1",
    "https://192.168.1.1/v1",
    "https://100.64.0.1/v1",
    "https://100.127.255.254/v1",
    "https://169.254.169.254/latest/meta-data",
    "https://[fe80::1]/v1",
    "https://[fd00::1]/v1",
    "https://[fd00:ec2::254]/v1",
    "https://[fec0::1]/v1",
    "https://192.0.0.1/v1",
    "https://192.0.2.1/v1",
    "https://192.88.99.1/v1",
    "https://198.18.0.1/v1",
    "https://[2001:db8::1]/v1",
    "https://224.0.0.1/v1",
    "https://[ff02::1]/v1",
    "https://240.0.0.1/v1",
    "https://255.255.255.255/v1",
]
DISGUISED = [
    "https://user@93.184.216.34/v1",
    "https://user:secret@93.184.216.34/v1",
    "https://93.184.216.34@127.0.0.1/v1",
    "https://93.184.216.34\\@127.0.0.1/v1",
    "https:\\\\127.0.0.1/v1",
    "https://93.184.216.34#@127.0.0.1/v1",
    "https://93.184.216.34?@127.0.0.1/v1",
    "https://93.184.216.34/v1?x=1",
    "https://93.184.216.34/v1#x",
    "https://①②⑦.⓪.⓪.①/v1",
    "https://１２７.0.0.1/v1",
    "https://127。0。0。1/v1",
    "https://93.184.216.34%2f.example.com/v1",
    "https://[fe80::1%25eth0]/v1",
    "https://93.184.216.34\r\nX: y/v1",
    "https://93.184. 216.34/v1",
    " https://93.184.216.34/v1",
    "https://93.184.216.34/v1\t",
    "https:///v1",
    "https://./v1",
    "https://",
    "https:127.0.0.1/v1",
    "//93.184.216.34/v1",
    "93.184.216.34",
    "",
    "file:///etc/passwd",
    "ftp://93.184.216.34/",
    "gopher://93.184.216.34:70/",
    "javascript:alert(1)",
    "https://93.184.216.34:99999/v1",
    "https://93.184.216.34:x/v1",
    "https://[::1/v1",
]
PLAIN_HTTP_OR_PORT = [
    "http://93.184.216.34/v1",
    "http://93.184.216.34:443/v1",
    "http://127.0.0.1:8000/v1",
    "https://93.184.216.34:22/v1",
    "https://93.184.216.34:6379/v1",
    "https://93.184.216.34:8443/v1",
    "https://93.184.216.34:0/v1",
]


def call(url: str, sockets: CountingSockets, resolver: Resolver | None = None, allowed: str = "") -> object:
    policy = AddressPolicy(frozenset(allowed.split()))
    transport = Transport(policy, resolver or resolve, sockets)
    return Http(url, SecretStr(KEY), transport).write("GET", "/datasets")


@pytest.mark.parametrize("url", LOOPBACK + PRIVATE + DISGUISED + PLAIN_HTTP_OR_PORT)
def test_a_refused_address_opens_no_socket(url: str) -> None:
    sockets = CountingSockets()
    error_of(AddressRefused, lambda: call(url, sockets))
    assert sockets.opened == []


@pytest.mark.parametrize("url", [f"https://{PUBLIC}/v1", f"https://{PUBLIC}:80/v1", f"HTTPS://{PUBLIC}:443/v1/"])
def test_a_public_address_is_called(url: str) -> None:
    sockets = CountingSockets()
    assert call(url, sockets) == {}
    assert [host for host, _ in sockets.opened] == [PUBLIC]


def test_a_public_ipv6_address_is_called() -> None:
    sockets = CountingSockets()
    call("https://[2606:2800:220:1::1]/v1", sockets)
    assert sockets.opened == [("2606:2800:220:1::1", 443)]


def test_the_connection_goes_to_the_checked_address_not_to_the_name() -> None:
    sockets, resolver = CountingSockets(), Resolver([[PUBLIC]])
    call("https://api.example.com/v1", sockets, resolver)
    assert (sockets.opened, resolver.asked) == ([(PUBLIC, 443)], [("api.example.com", 443)])


def test_a_name_is_resolved_once_for_each_connection_and_checked_each_time() -> None:
    sockets, resolver = CountingSockets(), Resolver([[PUBLIC], ["127.0.0.1"]])
    http = Http("https://rebinding.example.com/v1", SecretStr(KEY), Transport(AddressPolicy(), resolver, sockets))
    http.write("GET", "/datasets")
    error_of(AddressRefused, lambda: http.write("GET", "/datasets"))
    assert (sockets.opened, len(resolver.asked)) == ([(PUBLIC, 443)], 2)


@pytest.mark.parametrize("found", [[PUBLIC, "10.0.0.5"], ["::1", PUBLIC], [PUBLIC, PUBLIC, "169.254.169.254"]])
def test_one_private_address_among_public_ones_refuses_them_all(found: list[str]) -> None:
    sockets = CountingSockets()
    error_of(AddressRefused, lambda: call("https://mixed.example.com/v1", sockets, Resolver([found])))
    assert sockets.opened == []


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
    ("allowed", "url"),
    [
        ("10.0.0.5", "http://10.0.0.5/v1"),
        ("10.0.0.5", "https://10.0.0.5:8443/v1"),
        ("10.0.0.5:5001", "http://10.0.0.5:5001/v1"),
        ("localhost:5001 10.0.0.5", "http://10.0.0.5:5001/v1"),
        ("[::1]:5001", "http://[::1]:5001/v1"),
        ("[::1]", "http://[::1]:5001/v1"),
    ],
)
def test_an_allowed_host_is_called(allowed: str, url: str) -> None:
    sockets = CountingSockets()
    assert call(url, sockets, allowed=allowed) == {}


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("10.0.0.5", "http://10.0.0.6/v1"),
        ("10.0.0.5", "https://10.0.0.6/v1"),
        ("10.0.0.5", "https://10.0.0.55/v1"),
        ("10.0.0.5:5001", "http://10.0.0.5:5002/v1"),
        ("10.0.0.5:5001", "https://10.0.0.5/v1"),
        ("[::1]:5001", "http://[::1]:5002/v1"),
        ("[::1]:5001", "https://[::1:5001]/v1"),
        ("example.com", "http://api.example.com/v1"),
        ("*", "http://10.0.0.5/v1"),
        ("10.0.0.0/24", "http://10.0.0.5/v1"),
    ],
)
def test_an_entry_allows_itself_only(allowed: str, url: str) -> None:
    sockets = CountingSockets()
    error_of(AddressRefused, lambda: call(url, sockets, allowed=allowed))
    assert sockets.opened == []


def test_an_allowed_name_may_lead_to_a_private_address() -> None:
    sockets = CountingSockets()
    call("http://dify.internal:5001/v1", sockets, Resolver([["10.0.0.9"]]), allowed="dify.internal")
    assert sockets.opened == [("10.0.0.9", 5001)]


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
