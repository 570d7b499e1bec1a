"""H4: who may wait for somebody outside, so that not every thread of the process does."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, transaction
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.errors import TimedOut
from datasets_ui.dify.network import AddressPolicy, Transport
from datasets_ui.services.gates import Gates, Share
from datasets_ui.services.keys.api_keys import examine
from tests.dify.fault_server import OK, FaultServer, playing, soon
from tests.dify.support import KEY, error_of

DATASET = b'{"id": "99999999-9999-4999-8999-999999999999", "name": "Handbook"}'


def taken(share: Share, timeout: float = 0) -> int:
    """How many get in until one does not."""
    number = 0
    while share.acquire(timeout):
        number += 1
    return number


def test_each_gets_half_of_what_the_others_left() -> None:
    gates = Gates(12)
    assert [taken(gates.share(name)) for name in "abcde"] == [6, 3, 2, 1, 0]


def test_one_that_leaves_lets_another_in() -> None:
    share = Gates(2).share("a")
    assert share.acquire(0)
    threading.Timer(0.1, share.release).start()
    assert share.acquire(5)


def test_where_nothing_moves_nobody_waits_for_long() -> None:
    """They would only take the threads of the others."""
    share, began = Gates(2).share("a"), time.monotonic()
    assert share.acquire(0)
    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(lambda _: share.acquire(30), range(5))) == [False] * 5
    assert time.monotonic() - began < 10


def test_nothing_is_kept_of_those_who_left() -> None:
    gates = Gates(4)
    for number in range(100):
        share = gates.share(number)
        assert share.acquire(0)
        share.release()
    assert (gates.taken.total(), len(gates.taken), gates.moved) == (0, 0, {})


@pytest.mark.skipif(connection.vendor == "sqlite", reason="needs PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_whoever_waits_has_no_connection() -> None:
    connection.ensure_connection()
    assert Gates(2).share("a").acquire(0)
    assert connection.connection is None


@pytest.mark.django_db(transaction=True)
def test_a_transaction_keeps_its_connection() -> None:
    with transaction.atomic():
        assert Gates(2).share("a").acquire(0)
        assert connection.connection is not None


# --- the deadline of a page ---


def test_fifty_datasets_of_a_key_are_looked_at_within_one_deadline() -> None:
    """Each call may be slow; all of them together may not."""

    def slow(connected: socket.socket, stopped: threading.Event) -> None:
        time.sleep(0.1)
        playing(OK + b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(DATASET), DATASET))(connected, stopped)

    with FaultServer(slow) as server:
        transport = Transport(AddressPolicy(frozenset({f"127.0.0.1:{server.port}"})))
        dify = DifyClient(f"http://127.0.0.1:{server.port}/v1", SecretStr(KEY), transport).ending_at(soon(0.5))
        error = error_of(TimedOut, lambda: examine(dify, [uuid4() for _ in range(50)]))
    assert (server.connections < 10, error.outcome_unknown) == (True, False)


def test_what_cannot_be_begun_in_time_is_not_sent() -> None:
    with FaultServer(playing(OK + b"Content-Length: 2\r\n\r\n{}")) as server:
        http = server.http
        http.until = time.monotonic()
        error = error_of(TimedOut, lambda: http.write("POST", "/datasets", {}))
    assert (server.connections, error.outcome_unknown) == (0, False)
