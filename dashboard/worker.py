"""gunicorn's gthread worker, with an end to how long a client may keep one of its threads waiting.

gunicorn bounds the time until the first byte of a request, by a thread's five seconds. Half a head, half a form, or an answer that
is taken drop by drop would hold a thread for as long as the client likes, and sixteen of them the process.
"""

import errno
import math
import socket
import time
from collections.abc import Callable
from typing import IO, Any, TypeVar

from gunicorn.workers.gthread import _DEFER, ThreadWorker

Result = TypeVar("Result")

SILENCE_SECONDS = 0.1  # then whoever has connected and says nothing is waited for by no thread
HEAD_SECONDS = 10.0
PATIENCE = 30.0  # for what a client sends after the head, and for what it takes
LINGER_SECONDS = 0.5  # for what it sends although it was refused: cut off at once, it might not see the answer
LEAST_RATE = 16 * 1024  # bytes a second, for which more time is given
PIECE = 64 * 1024


class TooSlow(ConnectionResetError):
    """Looks to gunicorn like a client that left, which it does not log as an error."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "The client is too slow.")


class ClientSocket:
    """A connection whose reading and writing may wait for so long in all; the time in which the dashboard works does not count."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.asked: float | None = None  # the timeout that gunicorn wants
        self.begin_head()

    def begin_head(self) -> None:
        self.left, self.in_body = HEAD_SECONDS, False

    def begin_body(self) -> None:
        self.left, self.in_body = PATIENCE, True

    def begin_end(self) -> None:
        self.left, self.in_body = LINGER_SECONDS, False

    def waiting(self, step: Callable[[], Result]) -> Result:
        """Raises TooSlow where the client was waited for long enough."""
        if self.left <= 0:
            raise TooSlow
        began = time.monotonic()
        try:
            self.sock.settimeout(self.left if self.asked is None else min(self.left, self.asked))
            return step()
        except TimeoutError:
            raise TooSlow from None
        finally:
            self.left -= time.monotonic() - began

    def recv(self, size: int) -> bytes:
        part = self.waiting(lambda: self.sock.recv(size))
        if not part and self.in_body:  # gunicorn reads no further than the body goes, and would give it to us cut short
            raise ConnectionResetError(errno.ECONNRESET, "The client left before all was sent.")
        self.left += len(part) / LEAST_RATE
        return part

    def sendall(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            self.left += len(piece) / LEAST_RATE
            self.waiting(lambda piece=piece: self.sock.sendall(piece))  # type: ignore[misc]  # mypy knows no such default

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> None:
        file.seek(offset)
        left = math.inf if count is None else count
        while piece := file.read(int(min(PIECE, left))):
            self.sendall(piece)
            left -= len(piece)

    def settimeout(self, seconds: float | None) -> None:
        self.asked = seconds
        self.sock.settimeout(seconds)

    def gettimeout(self) -> float | None:
        return self.asked

    def setblocking(self, flag: bool) -> None:
        self.settimeout(None if flag else 0.0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    def enqueue_req(self, conn: Any) -> None:
        if not isinstance(conn.sock, ClientSocket) and not self.cfg.is_ssl:
            conn.sock = ClientSocket(conn.sock)
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        if not isinstance(conn.sock, ClientSocket):
            return super().handle(conn)
        if not (conn.initialized or conn.wait_for_data(SILENCE_SECONDS)):
            return _DEFER
        conn.sock.begin_head()
        goes_on = super().handle(conn)
        if not goes_on:  # gunicorn would wait for the client's goodbye in the thread that accepts all others
            conn.sock.begin_end()
            conn.close(graceful=True)
        return goes_on

    def handle_request(self, req: Any, conn: Any) -> Any:
        if not isinstance(conn.sock, ClientSocket):
            return super().handle_request(req, conn)
        conn.sock.begin_body()
        answered = super().handle_request(req, conn)
        conn.sock.begin_end()
        return answered
