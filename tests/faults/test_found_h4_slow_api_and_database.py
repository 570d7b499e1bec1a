"""H4: neither somebody's API that hangs nor a database that is away takes the pages of all others along.

One process of gunicorn as deployed, on PostgreSQL, through a wire that can be cut.
"""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.abuse.support import Dashboard, Visitor, manage
from tests.faults.support import SECRETS, Hanging, Wire, new_database, port_of, postgres_server, seeded, told, visitor
from tests.support.sandbox_process import SandboxProcess

pytestmark = pytest.mark.xdist_group("h4")  # one process for all of it

HANGING_REQUESTS = 24
INNOCENT_REQUESTS = 20


@dataclass
class Stage:
    dashboard: Dashboard
    wire: Wire
    api: Hanging
    sessions: dict[str, str]

    def visitor(self, name: str = "") -> Visitor:
        return visitor(self.dashboard, self.sessions[name] if name else "")


@pytest.fixture(scope="module")
def stage(sandbox_process: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    server = postgres_server()
    if server is None:
        pytest.skip("needs PostgreSQL")
    data: Path = tmp_path_factory.mktemp("h4") / "data"
    with new_database(server) as address, Hanging() as api, Wire(port_of(address)) as wire:
        evil = (f"http://127.0.0.1:{api.port}/v1", "dataset-x")
        places = {"mallory": evil, "mallet": evil, "alice": (sandbox_process.base_url, sandbox_process.key)}
        allowed = {"DATASETS_ALLOWED_HOSTS": f"127.0.0.1:{api.port},127.0.0.1:{sandbox_process.port}"}
        data.mkdir()
        made = manage(data, "migrate", "--verbosity", "0", **SECRETS, DATABASE_URL=address)
        assert made.returncode == 0, made.stderr
        sessions = seeded(data, address, places, **allowed)
        cuttable = re.sub(r"@[^/]*/", f"@127.0.0.1:{wire.port}/", address)
        env: Any = SECRETS | allowed | {"DATABASE_URL": cuttable}
        with Dashboard(data, **env) as dashboard:
            stage = Stage(dashboard, wire, api, sessions)
            innocent(stage, PAGES)  # the first requests of a process compile its templates
            yield stage


@dataclass
class Answer:
    path: str
    status: int
    seconds: float
    retry_after: str = ""


def ask(someone: Visitor, path: str) -> Answer:
    began = time.monotonic()
    answer = someone.get(path)
    return Answer(path, answer.status_code, time.monotonic() - began, answer.headers.get("Retry-After", ""))


def innocent(stage: Stage, paths: tuple[str, ...]) -> list[Answer]:
    with stage.visitor("alice") as alice:
        return [ask(alice, paths[number % len(paths)]) for number in range(INNOCENT_REQUESTS)]


def longest(answers: list[Answer]) -> float:
    return max(answer.seconds for answer in answers)


PAGES = ("/w/alice/members/", "/w/alice/datasets/")


def test_an_innocent_page_while_requests_hang_on_somebodys_api(stage: Stage) -> None:
    """24 requests to an API that never answers, from two workspaces: all 20 pages of a third one come within 2 s."""
    with ThreadPoolExecutor(HANGING_REQUESTS) as pool, stage.api.for_a_while():
        for number in range(HANGING_REQUESTS):
            name = ("mallory", "mallet")[number % 2]
            pool.submit(ask, stage.visitor(name), f"/w/{name}/datasets/")
        time.sleep(0.5)
        answers = innocent(stage, PAGES)
        told(f"H4: {len(answers)} pages beside {HANGING_REQUESTS} that hang, the longest {longest(answers):.2f} s")
        assert [answer.status for answer in answers] == [200] * INNOCENT_REQUESTS
        assert longest(answers) < 2


def test_an_innocent_page_while_keys_are_tried_that_hang(stage: Stage) -> None:
    """16 forms, each with a key that is to be tried at 50 datasets."""
    ids = "\n".join(f"99999999-9999-4999-8999-{number:012}" for number in range(50))
    form = {"name": "x", "base_url": f"http://127.0.0.1:{stage.api.port}/v1", "key": "dataset-x", "dataset_ids": ids}
    with ThreadPoolExecutor(16) as pool, stage.api.for_a_while():
        for _ in range(16):
            pool.submit(stage.visitor("mallory").submit, "/w/mallory/keys/new/", form)
        time.sleep(0.5)
        answers = innocent(stage, PAGES)
        assert [answer.status for answer in answers] == [200] * INNOCENT_REQUESTS
        assert longest(answers) < 2


@pytest.mark.parametrize("failure", ["cut", "silence"])
def test_while_the_database_is_away(stage: Stage, failure: str) -> None:
    """24 requests at once and some beside them: each is told within 6 s to come again, and when it is back all is well."""
    with stage.visitor("alice") as alice:
        assert ask(alice, PAGES[0]).status == 200
    getattr(stage.wire, failure)()
    try:
        with ThreadPoolExecutor(HANGING_REQUESTS) as pool:
            crowd = [pool.submit(ask, stage.visitor("mallory"), PAGES[0]) for _ in range(HANGING_REQUESTS)]
            time.sleep(0.2)
            with stage.visitor("alice") as alice:
                answers = [ask(alice, path) for path in PAGES]
            answers += [one.result() for one in crowd]
        healthy = ask(stage.visitor(), "/healthz")
    finally:
        stage.wire.mend()
    told(f"H4: {len(answers)} requests while the database is away ({failure}), the longest {longest(answers):.2f} s")
    assert {(answer.status, answer.retry_after) for answer in answers} == {(503, "5")}
    assert (longest(answers) < 6, healthy.status) == (True, 200)
    with stage.visitor("alice") as alice:
        until = time.monotonic() + 10
        while ask(alice, PAGES[1]).status != 200:
            assert time.monotonic() < until
