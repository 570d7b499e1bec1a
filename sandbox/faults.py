"""Faults that a test asks for, and the log of API calls. Both live in memory: there is one worker process.

A fault is {"kind", "method", "path", "times"} and what its kind needs:

    status          answers `status` with `code`, `message` and, when given, Retry-After: `retry_after`
    slow            answers after `seconds`
    broken_json     a 200 whose JSON stops half-way
    html            a 200 with an HTML login page
    oversized       a 200 with more than 10 MB of JSON
    reset           closes the connection in the middle of the answer, or of the upload that it is reading
    drip            the real answer, one byte each `seconds`
    indexing_error  indexing of documents whose name matches `path` ends in an error with `message`

`method` and `path` (a regular expression, searched in the path) choose the calls; `times` is how often, null for ever.
"""

import errno
import json
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from sandbox.versions import dify

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

JSON_TYPE = ("Content-Type", "application/json")
LOGIN_PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body><form>Please sign in</form></body></html>"
OVERSIZED_BYTES = 11_000_000
READ_BEFORE_RESET = 4096


@dataclass
class Fault:
    kind: str
    status: int = 500
    code: str = "unknown"
    message: str = "Internal Server Error"
    retry_after: str | None = None
    seconds: float = 0.1
    method: str | None = None
    path: str = ""
    times: int | None = 1

    def applies(self, method: str, path: str) -> bool:
        return self.method in {None, method} and re.search(self.path, path) is not None


class Registry:
    """The faults in force and the calls seen, shared by all threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.faults: list[Fault] = []
        self.calls: list[dict[str, Any]] = []

    def replace(self, faults: list[Fault]) -> None:
        with self.lock:
            self.faults = faults

    def reset(self) -> None:
        with self.lock:
            self.faults, self.calls = [], []

    def take(self, method: str, path: str) -> Fault | None:
        return self._use(lambda fault: fault.kind != "indexing_error" and fault.applies(method, path))

    def indexing_error(self, name: str) -> str | None:
        fault = self._use(lambda fault: fault.kind == "indexing_error" and re.search(fault.path, name) is not None)
        return fault.message if fault else None

    def _use(self, fits: Callable[[Fault], bool]) -> Fault | None:
        """The first fault that fits and has a time left, which this call uses up."""
        with self.lock:
            for fault in self.faults:
                if fault.times != 0 and fits(fault):
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None

    def log(self, method: str, path: str, query: str) -> dict[str, Any]:
        call: dict[str, Any] = {"method": method, "path": path, "query": query, "status": None}
        with self.lock:
            self.calls.append(call)
        return call


registry = Registry()


class Gate:
    """Stands in front of Django: logs each API call, then lets it through or plays the fault that is due."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if not path.startswith("/v1/"):
            return self.application(environ, start_response)
        call = registry.log(method, path.removeprefix("/v1"), environ.get("QUERY_STRING", ""))

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            call["status"] = int(status[:3])
            return start_response(status, [*headers, ("X-Version", dify().release)], *rest)

        time.sleep(settings.SANDBOX_LATENCY)
        if (fault := registry.take(method, path)) is None and random.random() < settings.SANDBOX_FAIL:  # noqa: S311
            fault = Fault("status")
        if fault is None:
            return self.application(environ, start)
        return PLAYERS[fault.kind](fault, self.application, environ, start)


def read_body(environ: Environ) -> None:
    """Taken off the wire before answering: closing a connection with unread bytes resets it under the caller."""
    while environ["wsgi.input"].read(65536):
        pass


def answer(environ: Environ, start: StartResponse, body: bytes, *headers: tuple[str, str], status: int = 200) -> list[bytes]:
    read_body(environ)
    start(f"{status} Fault", [("Content-Length", str(len(body))), *headers])
    return [body]


def play_status(fault: Fault, _application: Application, environ: Environ, start: StartResponse) -> Iterable[bytes]:
    body = {"code": fault.code, "message": fault.message, "status": fault.status}
    headers = [JSON_TYPE] + ([("Retry-After", fault.retry_after)] if fault.retry_after else [])
    return answer(environ, start, json.dumps(body).encode(), *headers, status=fault.status)


def play_slow(fault: Fault, application: Application, environ: Environ, start: StartResponse) -> Iterable[bytes]:
    time.sleep(fault.seconds)
    return application(environ, start)


def play_broken_json(_fault: Fault, _app: Application, environ: Environ, start: StartResponse) -> Iterable[bytes]:
    return answer(environ, start, b'{"data": [{"id": "', JSON_TYPE)


def play_html(_fault: Fault, _app: Application, environ: Environ, start: StartResponse) -> Iterable[bytes]:
    return answer(environ, start, LOGIN_PAGE, ("Content-Type", "text/html; charset=utf-8"))


def play_oversized(_fault: Fault, _app: Application, environ: Environ, start: StartResponse) -> Iterable[bytes]:
    return answer(environ, start, b'{"data": [], "filler": "' + b"x" * OVERSIZED_BYTES + b'"}', JSON_TYPE)


def play_drip(fault: Fault, application: Application, environ: Environ, start: StartResponse) -> Iterable[bytes]:
    return drops(b"".join(application(environ, start)), fault.seconds)


def drops(body: bytes, pause: float) -> Iterator[bytes]:
    for i in range(len(body)):
        time.sleep(pause)
        yield body[i : i + 1]


def play_reset(_fault: Fault, _app: Application, environ: Environ, start: StartResponse) -> Iterable[bytes]:
    if int(environ.get("CONTENT_LENGTH") or 0) > READ_BEFORE_RESET:
        environ["wsgi.input"].read(READ_BEFORE_RESET)
        reset(environ["gunicorn.socket"])
        raise ConnectionResetError(errno.ECONNRESET, "the fault that was asked for")
    start("200 Fault", [JSON_TYPE, ("Content-Length", "1000")])
    return half_then_reset(environ["gunicorn.socket"])


def half_then_reset(connection: socket.socket) -> Iterator[bytes]:
    yield b'{"data": ['
    reset(connection)


def reset(connection: socket.socket) -> None:
    """Closes at once and rudely: with no linger time, the other side gets RST in place of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


PLAYERS: dict[str, Callable[[Fault, Application, Environ, StartResponse], Iterable[bytes]]] = {
    "status": play_status,
    "slow": play_slow,
    "broken_json": play_broken_json,
    "html": play_html,
    "oversized": play_oversized,
    "reset": play_reset,
    "drip": play_drip,
}
