"""One way to call the API: pool, timeouts, deadline, retry rule, error mapping; what an answer is is in answers.py."""

import json
import math
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import IO, Any, Literal, Protocol, TypeAlias
from urllib.parse import urljoin, urlsplit

import httpx
import stamina
from pydantic import SecretStr

from datasets_ui.dify import errors
from datasets_ui.dify.answers import answer_of, check_begun
from datasets_ui.dify.capabilities import Capabilities
from datasets_ui.dify.network import mapped_errors, origin_of, within
from datasets_ui.dify.rate_limit import RateLimit
from datasets_ui.dify.words import gettext_noop

TIMEOUT = httpx.Timeout(15, connect=5, write=60, pool=5)
STREAM_TIMEOUT = httpx.Timeout(60, connect=5, pool=5)
DEADLINE = 20.0
UPLOAD_DEADLINE = 300.0
DOWNLOAD_DEADLINE = 300.0
TRIES = 3
LONGEST_WAIT = 10.0
LONGEST_PAUSE = 2.0
GATE_SECONDS = 5.0
KEY = re.compile(r"[!-~]+")
HEADERS = {"Accept-Encoding": "identity"}
# What these ask us to wait for lasts a minute or more and names no time: another try only adds calls.
QUOTAS = frozenset({"rate_limited", "rate_limit_error"})

BaseTransport: TypeAlias = httpx.BaseTransport
Observer: TypeAlias = Callable[[float, errors.DifyError | None], None]


class WriteOutsideFrame(RuntimeError):
    """Something was to be changed by a client that only reads: a mistake of ours, and nothing was sent."""


class Gate(Protocol):
    """What lets only so many in at once, as a semaphore does."""

    def acquire(self, *, timeout: float) -> bool: ...

    def release(self) -> None: ...


def unobserved(seconds: float, failure: errors.DifyError | None) -> None:
    """Nobody wants to know."""


class KeyHeader(httpx.Auth):
    """Puts the key into the header of one request; it is in no variable that a crash report would show."""

    def __init__(self, key: SecretStr) -> None:
        self.key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self.key.get_secret_value()}"
        yield request


class Http:
    """Calls under one base URL with one key.

    `transport` is shared; the key is in the header of each request and never on anything shared. `gate` limits the calls under
    way, with the pauses between two tries, so that one slow API cannot take every thread. `capabilities` keeps what the server
    lacks. `observer` is told how each call went: seconds, and the error if there was one. `limit` keeps back calls that are
    `counted`, once too many were made. After `until` no call begins. Where `reads_only`, nothing that changes something is sent.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr,
        transport: httpx.BaseTransport,
        gate: Gate | None = None,
        capabilities: Capabilities | None = None,
        observer: Observer | None = None,
        limit: RateLimit | None = None,
    ) -> None:
        origin_of(base_url)
        if not KEY.fullmatch(key.get_secret_value()):  # a header cannot carry it, and the error of trying would show it
            raise errors.Unauthorized(gettext_noop("The key is empty, or holds spaces or special characters."))
        self.base_url = base_url.rstrip("/")
        self.key = key
        self.client = httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False, follow_redirects=False)
        self.gate: Gate = gate or threading.Semaphore(64)
        self.capabilities = capabilities or Capabilities()
        self.observer = observer or unobserved
        self.limit = limit or RateLimit()
        self.tries = TRIES
        self.until = math.inf
        self.reads_only = False

    def read(self, method: Literal["GET", "POST"], path: str, *, counted: bool = False, **content: Any) -> Any:
        """Ask for something; tried up to three times within the deadline. Returns the decoded JSON."""
        until = min(time.monotonic() + DEADLINE, self.until)
        on = partial(again, until=until)
        with self.passing_gate():
            for attempt in stamina.retry_context(
                on, attempts=self.tries, timeout=DEADLINE, wait_initial=0.2, wait_max=LONGEST_PAUSE
            ):
                with attempt:
                    answer = self.send(method, path, until, writes=False, counted=counted, **content)
        return answer

    def write(self, method: str, path: str, body: object = None, *, seconds: float = DEADLINE, counted: bool = True) -> Any:
        """Change something; sent once, because a lost answer does not mean that nothing was done."""
        self.check_may_write()
        with self.passing_gate():
            return self.send(method, path, time.monotonic() + seconds, writes=True, counted=counted, json=body)

    def upload(
        self,
        path: str,
        data: object,
        file: IO[bytes],
        filename: str,
        content_type: str,
        *,
        method: str = "POST",
        counted: bool = True,
    ) -> Any:
        """Send one file, with its settings as the `data` part if there are any; it is streamed, not read into memory."""
        self.check_may_write()
        settings = {} if data is None else {"data": (None, json.dumps(data), "application/json")}
        parts = settings | {"file": (filename, file, content_type)}
        with self.passing_gate():
            return self.send(method, path, time.monotonic() + UPLOAD_DEADLINE, writes=True, counted=counted, files=parts)

    def send(self, method: str, path: str, until: float, *, writes: bool, counted: bool = False, **content: Any) -> Any:
        key = KeyHeader(self.key)
        with (
            self.observed(),
            self.hiding_key(),
            self.keeping_limit(counted=counted),
            within(until),
            mapped_errors(writes=writes),
            self.client.stream(method, self.base_url + path, headers=HEADERS, auth=key, **content) as response,
        ):
            self.capabilities.saw(response.headers.get("x-version"))
            return answer_of(response)

    def download(self, method: Literal["GET", "POST"], path: str, into: IO[bytes], kind: str, body: object = None) -> int:
        """Stream an answer of the type `kind` into a file, of any size, until the deadline; sent once. Returns its bytes."""
        pieces = self.pieces(method, self.base_url + path, kind=kind, writes=False, auth=KeyHeader(self.key), json=body)
        with self.keeping_limit(counted=True):
            return save(pieces, into)

    def fetch(self, url: str, into: IO[bytes]) -> int:
        """Stream what a signed URL leads to into a file: without the key, and through the same guard of addresses."""
        try:
            url = urljoin(self.base_url, url)  # without FILES_URL Dify signs a path only
            parts = urlsplit(url)
            usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
        except ValueError:
            usable = False
        if not usable:
            raise errors.UnexpectedShape(gettext_noop("url: not a web address"), fields={"url": "not a web address"})
        try:
            return save(self.pieces("GET", url, kind="", writes=False, auth=None), into)
        except errors.DifyError as error:
            error.hide(url)
            raise

    def events(self, path: str, body: object) -> Generator[bytes, None, None]:
        """Send a POST, once, and give the parts of its event stream as they come. It is sent before this returns."""
        self.check_may_write()
        auth = KeyHeader(self.key)
        pieces = self.pieces("POST", self.base_url + path, kind="text/event-stream", writes=True, auth=auth, json=body)
        next(pieces)
        return pieces

    def pieces(
        self, method: str, url: str, *, kind: str, writes: bool, auth: httpx.Auth | None, **content: Any
    ) -> Generator[bytes, None, None]:
        """An empty part once the answer has begun, then its parts. The deadline is set for our own steps only, because what is
        done between them is the caller's."""
        until = time.monotonic() + DOWNLOAD_DEADLINE
        with self.hiding_key(), self.passing_gate(), mapped_errors(writes=writes):
            request = self.client.build_request(method, url, headers=HEADERS, timeout=STREAM_TIMEOUT, **content)
            with within(until):
                response = self.client.send(request, auth=auth, stream=True)
            with closing(response):
                with within(until):
                    check_begun(response, kind)
                yield b""
                parts = response.iter_raw()
                while True:
                    with within(until):
                        part = next(parts, None)
                    if part is None:
                        break
                    yield part

    def check_may_write(self) -> None:
        """Raises WriteOutsideFrame."""
        if self.reads_only:
            raise WriteOutsideFrame

    @contextmanager
    def observed(self) -> Iterator[None]:
        began, failure = time.monotonic(), None
        try:
            yield
        except errors.DifyError as error:
            failure = error
            raise
        finally:
            self.observer(time.monotonic() - began, failure)

    @contextmanager
    def keeping_limit(self, *, counted: bool) -> Iterator[None]:
        """Send nothing that counts for a while after the limit was reached. Raises HeldBack."""
        if counted and (left := self.limit.left()):
            raise errors.HeldBack(retry_after=left)
        try:
            yield
        except errors.TooManyRequests as error:
            if error.code == "rate_limited":
                self.limit.reached()
            raise

    @contextmanager
    def hiding_key(self) -> Iterator[None]:
        try:
            yield
        except errors.DifyError as error:
            error.hide(self.key.get_secret_value())  # an API may repeat it in its own words
            raise

    @contextmanager
    def passing_gate(self) -> Iterator[None]:
        """Raises TooManyCalls and TimedOut before anything is sent."""
        if not self.gate.acquire(timeout=GATE_SECONDS):
            raise errors.TooManyCalls
        if time.monotonic() >= self.until:
            self.gate.release()
            raise errors.TimedOut(gettext_noop("There was no time left for this call; it was not sent."))
        try:
            yield
        finally:
            self.gate.release()


def again(error: Exception, until: float) -> bool | float:
    """Whether a read is tried again, or after how many seconds: as the API asks, when that is soon and before the deadline."""
    if not isinstance(error, errors.DifyError) or not error.retryable:
        return False
    left = until - time.monotonic()
    if error.retry_after is None:
        return error.code not in QUOTAS and left > LONGEST_PAUSE
    return error.retry_after if error.retry_after <= min(LONGEST_WAIT, left) else False


def save(pieces: Generator[bytes, None, None], into: IO[bytes]) -> int:
    with closing(pieces):
        return sum(into.write(piece) for piece in pieces)
