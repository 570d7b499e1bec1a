"""An `Http` over a transport of our own making, and what passed through it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpcore
import httpx
import pytest
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.http import Http
from datasets_ui.dify.network import AddressPolicy, Transport, deadline, resolve

KEY = "dataset-CANARY0123456789"
BASE = "https://api.example.com/v1"
DATASET = UUID("11111111-1111-4111-8111-111111111111")
DOCUMENT = UUID("22222222-2222-4222-8222-222222222222")
SEGMENT = UUID("33333333-3333-4333-8333-333333333333")
PUBLIC = "93.184.216.34"

Answer = httpx.Response | Exception


@dataclass
class Api:
    """An API that gives the answers in turn, the last one again and again, and keeps what it was asked."""

    answers: list[Answer]
    requests: list[httpx.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    seconds_left: list[float] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.bodies.append(request.read())
        self.seconds_left.append(deadline.get() - time.monotonic())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if answer.is_stream_consumed:  # made of content, and read by httpx already: stream it anew
            return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))
        return answer

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)

    @property
    def http(self) -> Http:
        return Http(BASE, SecretStr(KEY), self.transport)

    @property
    def client(self) -> DifyClient:
        return DifyClient(BASE, SecretStr(KEY), self.transport)


def api(*answers: Answer) -> Api:
    return Api(list(answers))


def saying(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


@dataclass
class CountingSockets(httpcore.NetworkBackend):
    """Opens nothing: keeps where a connection would have gone, and plays an empty JSON object as the answer."""

    unreachable: Iterable[str] = ()
    opened: list[tuple[str, int]] = field(default_factory=list)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 (httpcore's interface)
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        self.opened.append((host, port))
        if host in self.unreachable:
            raise httpcore.ConnectError(host)
        return httpcore.MockStream([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"])


@dataclass
class Resolver:
    """Gives the answers in turn, the last one again and again."""

    answers: list[list[str]]
    asked: list[tuple[str, int]] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def call(url: str, sockets: CountingSockets, resolver: Resolver | None = None, allowed: str = "") -> object:
    """Write to an API through the guard; without a resolver of our own the system's answers."""
    policy = AddressPolicy(frozenset(allowed.split()))
    transport = Transport(policy, resolver or resolve, sockets)
    return Http(url, SecretStr(KEY), transport).write("GET", "/datasets")


def error_of(kind: type[Exception], act: Callable[[], object]) -> Any:
    """The error that `act` raises, which must be exactly of this kind."""
    with pytest.raises(kind) as caught:
        act()
    assert type(caught.value) is kind
    return caught.value
