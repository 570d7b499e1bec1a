"""What fails around the dashboard: a database behind a wire that can be cut, an API that never answers, clients that are slow."""

import json
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.abuse.support import Dashboard, Visitor, manage
from tests.dify.fault_server import FaultServer, read_request

SERVER = "postgres://postgres@127.0.0.1:5432/postgres"
TOKEN = "a" * 32
SECRETS = {
    "DATASETS_SECRET_KEY": "x" * 60,
    "DATASETS_KEK": "A" * 43 + "=",
    "CACHE_URL": "",
}
NOWHERE = ("https://api.example.com/v1", "dataset-x")  # an address and a key, for who needs no API


def told(figure: str) -> None:
    """A figure for whoever runs the tests with -s."""
    print(figure)  # noqa: T201


# --- a database ---


def postgres_server() -> str | None:
    """The address of one that is there: the tests' own, or the usual local one."""
    told = os.environ.get("DATABASE_URL", "")
    address = told if told.startswith("postgres") else SERVER
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return None
    return address


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The address of an empty one."""
    name = f"faults_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield server.rpartition("/")[0] + f"/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class Wire:
    """Between the dashboard and something on another port: it carries, it is cut, or it goes silent."""

    def __init__(self, port: int) -> None:
        self.target, self.state = port, "carries"
        self.ends: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self.listener.getsockname()[1]
        self.ended = False

    def __enter__(self) -> Self:
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended = True
        self.cut()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self) -> None:
        with suppress(OSError):
            while not self.ended:
                near, _ = self.listener.accept()
                self.ends.append(near)
                if self.state == "cut":
                    near.close()
                elif self.state == "carries":
                    far = socket.create_connection(("127.0.0.1", self.target))
                    self.ends.append(far)
                    for pair in ((near, far), (far, near)):
                        threading.Thread(target=self.carry, args=pair, daemon=True).start()

    def carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                sink.sendall(part)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """What is open breaks off, what is new is closed at once."""
        self.state = "cut"
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()

    def silence(self) -> None:
        """As a machine that lost its power: what is open breaks off, what is new is neither answered nor refused."""
        self.cut()
        self.state = "silent"

    def mend(self) -> None:
        self.cut()
        self.state = "carries"


# --- an API ---


class Hanging(FaultServer):
    """Reads requests and answers none of them, until it is let go."""

    def __init__(self) -> None:
        super().__init__(self.hang)
        self.let_go = threading.Event()

    def hang(self, connection: socket.socket, _stopped: threading.Event) -> None:
        read_request(connection)
        self.let_go.wait(60)

    @contextmanager
    def for_a_while(self) -> Iterator[None]:
        self.let_go.clear()
        try:
            yield
        finally:
            self.let_go.set()


# --- the dashboard ---


def seeded(data: Path, database: str, places: dict[str, tuple[str, str]], **env: str) -> dict[str, str]:
    """Make the people in a database that has its tables; their sessions, by name."""
    code = f"from tests.faults.seed import seed; seed(**{places!r})"
    done = manage(data, "shell", "--no-imports", "-c", code, **(SECRETS | env | {"DATABASE_URL": database}))
    assert done.returncode == 0, done.stderr
    sessions: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return sessions


def visitor(dashboard: Dashboard, session: str = "") -> Visitor:
    """A browser; its cookies are the session and a token against forged requests."""
    made = Visitor(dashboard.origin)
    made.cookies.set("csrf", TOKEN)
    if session:
        made.cookies.set("session", session)
    return made


def port_of(address: str) -> int:
    return urlsplit(address).port or 5432
