"""The way out: which addresses may be reached, and until when a call may take.

The guard sits in the network backend, below TLS: a name is resolved once for each connection, every answer is checked, and the
connection goes to the checked address, while the certificate is still checked against the name. The deadline of a call is kept
here too, because a server that sends a byte now and then never trips a read timeout.
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from datasets_ui.dify import errors
from datasets_ui.dify.errors import AddressRefused, HostNotFound
from datasets_ui.dify.words import Filled, gettext_noop

# Python 3.11 calls these global, and they are or lead to private addresses: NAT64, 6to4 and its relay, Teredo, site-local.
TRANSLATED = [
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "192.88.99.0/24", "2001::/32", "fec0::/10")
]
PORTS = frozenset({80, 443})
NO_HTTP = gettext_noop("http is allowed for hosts on DATASETS_ALLOWED_HOSTS only; %(host)s is not.")
NO_PORT = gettext_noop("Port %(port)s is allowed for hosts on DATASETS_ALLOWED_HOSTS only.")
NO_ADDRESS = gettext_noop("%(host)s has no address.")
NOT_PUBLIC = gettext_noop("%(host)s leads to an address that is not public.")
HOST = re.compile(r"[a-z0-9._:-]+")
SLICE = 16 * 1024

deadline: ContextVar[float] = ContextVar("deadline")

Resolver = Callable[[str, int], Iterable[str]]


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port: what a key is bound to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def origin_of(url: str) -> Origin:
    """The origin of an API address.

    Raises AddressRefused when it is not a plain http(s) address: no user, no query, no fragment, no backslash or space.
    """
    if url != url.strip() or any(c in url for c in "\\@?#") or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused(
            gettext_noop("The address must be plain: https://host/v1, without user, query or special characters.")
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(str(error)) from error
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in {"http", "https"} or not HOST.fullmatch(host):
        raise AddressRefused(gettext_noop("The address must begin with https:// and name a host."))
    return Origin(parts.scheme, host, {"https": 443, "http": 80}[parts.scheme] if port is None else port)


def is_public(address: str) -> bool:
    """Whether an IP address is a public, routable one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    translated = any(ip in network for network in TRANSLATED if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not translated


@dataclass(frozen=True)
class AddressPolicy:
    """Which hosts may be called: public ones over https, and what the operator named, exactly as named.

    `allowed` holds "host" or "host:port", with brackets around an IPv6 address; an entry allows itself only.
    """

    allowed: frozenset[str] = frozenset()

    def allows(self, host: str, port: int) -> bool:
        host = f"[{host}]" if ":" in host else host
        return host in self.allowed or f"{host}:{port}" in self.allowed

    def check(self, origin: Origin) -> None:
        """Raises AddressRefused for what can be told from the address alone."""
        if self.allows(origin.host, origin.port):
            return
        if origin.scheme != "https":
            raise AddressRefused(Filled(NO_HTTP, host=origin.host))
        if origin.port not in PORTS:
            raise AddressRefused(Filled(NO_PORT, port=str(origin.port)))

    def addresses(self, host: str, port: int, resolve: Resolver) -> list[str]:
        """The checked addresses of a host. One private address among public ones refuses them all."""
        host = host.rstrip(".")
        found = list(dict.fromkeys(resolve(host, port)))
        if not found:
            raise HostNotFound(Filled(NO_ADDRESS, host=host))
        if not self.allows(host, port) and not all(map(is_public, found)):
            raise AddressRefused(Filled(NOT_PUBLIC, host=host))
        return found


def remaining(timeout: float | None) -> float:
    """Seconds that the next network step may take."""
    left = deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("The total deadline has passed.")
    return left if timeout is None else min(timeout, left)


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose every step ends by the call's deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self.stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # in slices, or a peer that reads drop by drop would get the timeout anew for each drop
        for start in range(0, len(buffer), SLICE):
            self.stream.write(buffer[start : start + SLICE], remaining(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return DeadlineStream(self.stream.start_tls(ssl_context, server_hostname, remaining(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves once, checks every address, connects to a checked one."""

    def __init__(self, policy: AddressPolicy, resolve: Resolver, sockets: httpcore.NetworkBackend) -> None:
        self.policy = policy
        self.resolve = resolve
        self.sockets = sockets

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = self.policy.addresses(host, port, self.resolve)
        for address in others:
            try:
                return self.connect(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self.connect(last, port, timeout, local_address, socket_options)

    def connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.NetworkStream:
        return DeadlineStream(self.sockets.connect_tcp(address, port, remaining(timeout), local_address, socket_options))


@contextmanager
def within(until: float) -> Iterator[None]:
    """The network steps in here end by `until`."""
    token = deadline.set(until)
    try:
        yield
    finally:
        deadline.reset(token)


@contextmanager
def mapped_errors(*, writes: bool) -> Iterator[None]:
    """Errors of the network as errors of our tree; says of a write whether it may have been carried out."""
    try:
        yield
    except (httpcore.ConnectTimeout, httpcore.PoolTimeout, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise errors.TimedOut(str(error)) from error
    except (httpcore.ConnectError, httpx.ConnectError) as error:
        raise connect_error(error) from error
    except (httpcore.TimeoutException, httpx.TimeoutException) as error:
        raise unknown_outcome(errors.TimedOut(str(error)), writes=writes) from error
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpx.TransportError,
        httpx.InvalidURL,
        httpx.DecodingError,
    ) as error:
        raise unknown_outcome(errors.ConnectionLost(str(error)), writes=writes) from error
    except (errors.BadAnswer, errors.ServerFailed) as error:
        unknown_outcome(error, writes=writes)
        raise


def unknown_outcome(error: errors.DifyError, *, writes: bool) -> errors.DifyError:
    error.outcome_unknown = writes
    return error


def connect_error(error: Exception) -> errors.Unreachable:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLError):
        return errors.TlsFailed(str(cause))
    return errors.Refused(str(error))


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system resolver gives them. Raises HostNotFound."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HostNotFound(host) from error
    return [str(entry[4][0]) for entry in found]


@cache
def trusted_certificates() -> ssl.SSLContext:
    """Read once in a process: it takes a moment."""
    return httpx.create_ssl_context(trust_env=False)


class Transport(httpx.BaseTransport):
    """A connection pool that reaches allowed addresses only. Share one for all calls of a process."""

    def __init__(
        self, policy: AddressPolicy, resolver: Resolver = resolve, sockets: httpcore.NetworkBackend | None = None
    ) -> None:
        self.policy = policy
        self.pool = httpcore.ConnectionPool(
            ssl_context=trusted_certificates(),
            max_connections=64,
            max_keepalive_connections=16,
            keepalive_expiry=4,  # gunicorn, before many a Dify, closes idle connections after 5 s or less
            network_backend=GuardedBackend(policy, resolver, sockets or httpcore.SyncBackend()),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.policy.check(origin_of(f"{request.url.scheme}://{request.url.netloc.decode()}"))
        answer = self.pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=AnswerStream(answer), extensions=answer.extensions)

    def close(self) -> None:
        self.pool.close()


class AnswerStream(httpx.SyncByteStream):
    """The body of a pool's answer, handed back to the pool when it is closed."""

    def __init__(self, answer: httpcore.Response) -> None:
        self.answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self.answer.iter_stream()

    def close(self) -> None:
        self.answer.close()
