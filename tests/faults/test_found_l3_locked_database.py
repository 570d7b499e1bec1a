"""L3: while SQLite is locked pages come, and what cannot be written is said within seconds; a real process on a real file."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from selectolax.lexbor import LexborHTMLParser

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.network import AddressPolicy, Transport
from tests.abuse.support import Dashboard, Visitor
from tests.faults.support import SECRETS, TOKEN, seeded, visitor
from tests.support.sandbox_process import SandboxProcess

pytestmark = pytest.mark.xdist_group("l3")  # one process for all of it

SOON = 9  # seconds: SQLite waits for five


@pytest.fixture(scope="module")
def alice(
    sandbox_process: SandboxProcess, empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Visitor, Path]]:
    """Somebody who has the pages open, and the file of the database."""
    data: Path = tmp_path_factory.mktemp("l3") / "data"
    data.mkdir()
    database = data / "dashboard.sqlite3"
    shutil.copy(empty_database, database)
    env: Any = SECRETS | {"DATASETS_ALLOWED_HOSTS": f"127.0.0.1:{sandbox_process.port}"}
    place = (sandbox_process.base_url, sandbox_process.key)
    sandbox_process.reset()
    dify = DifyClient(place[0], SecretStr(place[1]), Transport(AddressPolicy(frozenset({f"127.0.0.1:{sandbox_process.port}"}))))
    for number in range(5):
        dify.datasets.create(name=f"a b {number}", indexing_technique="economy", permission="only_me")
    session = seeded(data, f"sqlite:///{database}", {"alice": place}, **env)["alice"]
    with Dashboard(data, **env) as dashboard, visitor(dashboard, session) as someone:
        someone.get("/w/alice/datasets/")
        yield someone, database


@pytest.fixture
def locked(alice: tuple[Visitor, Path]) -> Iterator[Visitor]:
    someone, database = alice
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield someone
        connection.execute("ROLLBACK")


def in_time(ask: Any) -> httpx.Response:
    began = time.monotonic()
    answer: httpx.Response = ask()
    assert time.monotonic() - began < SOON
    return answer


def test_pages_come(locked: Visitor) -> None:
    """What they would keep for later is given up after one try, not after one for each row."""
    for path in ("/w/alice/members/", "/w/alice/datasets/?q=a", "/w/alice/datasets/?q=b"):
        assert (path, in_time(lambda path=path: locked.get(path)).status_code) == (path, 200)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_what_cannot_be_written_is_said(locked: Visitor, headers: dict[str, str]) -> None:
    form = {"csrfmiddlewaretoken": TOKEN, "name": "Renamed"}
    answer = in_time(lambda: locked.post("/w/alice/settings/", data=form, headers=headers))
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
    assert "look before you try again" in answer.text


def test_nothing_of_it_was_written(alice: tuple[Visitor, Path]) -> None:
    page = LexborHTMLParser(alice[0].get("/w/alice/settings/").content)
    assert page.css("input[name=name]")[0].attributes["value"] == "alice"
