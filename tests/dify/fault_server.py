"""A TCP server on loopback that does one wrong thing to whoever connects."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from datasets_ui.dify.http import Http
from datasets_ui.dify.network import AddressPolicy, Transport
from tests.dify.support import KEY

Fault = Callable[[socket.socket, threading.Event], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
END_OF_HEAD = b"\r\n\r\n"


class FaultServer:
    """Runs `fault` for each connection; `stopped` tells a fault that goes on for ever to end."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.connections = 0
        self.stopped = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            self.fault(connection, self.stopped)

    @property
    def http(self) -> Http:
        return self.http_of("http")

    def http_of(self, scheme: str) -> Http:
        transport = Transport(AddressPolicy(frozenset({f"127.0.0.1:{self.port}"})))
        return Http(f"{scheme}://127.0.0.1:{self.port}/v1", SecretStr(KEY), transport)


def read_head(connection: socket.socket) -> bytes:
    """The head of a request, and what of its body came along."""
    head = b""
    while END_OF_HEAD not in head:
        part = connection.recv(65536)
        if not part:
            break
        head += part
    return head


def read_request(connection: socket.socket) -> bytes:
    """A whole request with a Content-Length."""
    request = read_head(connection)
    head, _, body = request.partition(END_OF_HEAD)
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return head + END_OF_HEAD + body


def playing(answer: bytes) -> Fault:
    """Reads the request, answers with these bytes and closes."""

    def fault(connection: socket.socket, stopped: threading.Event) -> None:
        read_request(connection)
        connection.sendall(answer)

    return fault


def silent(connection: socket.socket, stopped: threading.Event) -> None:
    read_request(connection)
    stopped.wait(10)


def drip(connection: socket.socket, stopped: threading.Event, start: bytes) -> None:
    """A byte every 20 ms: never slow enough for a read timeout."""
    read_request(connection)
    connection.sendall(start)
    while not stopped.wait(0.02):
        connection.sendall(b"x")


def drip_headers(connection: socket.socket, stopped: threading.Event) -> None:
    drip(connection, stopped, b"HTTP/1.1 200 OK\r\nX-Slow: ")


def drip_body(connection: socket.socket, stopped: threading.Event) -> None:
    drip(connection, stopped, OK + b"Content-Length: 1000000\r\n\r\n")


def sip(connection: socket.socket, stopped: threading.Event) -> None:
    """Reads the request in small sips and never to its end."""
    while not stopped.wait(0.02):
        connection.recv(16 * 1024)


def reset(connection: socket.socket, stopped: threading.Event) -> None:
    """Takes the whole request, then resets the connection."""
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def plain_answer_to_a_handshake(connection: socket.socket, stopped: threading.Event) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def tls_of(certificate: Path) -> Fault:
    """Speaks TLS with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def fault(connection: socket.socket, stopped: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            playing(OK + b"Content-Length: 2\r\n\r\n{}")(secure, stopped)

    return fault


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def soon(seconds: float = 0.3) -> float:
    """A deadline this many seconds from now."""
    return time.monotonic() + seconds
