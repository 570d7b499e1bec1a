"""Row 30: of 20 who race to set a new dashboard up, 1 becomes the owner, within one process and over two; there is no default password;
secrets are made for their owner alone; production refuses to start without them or with wildcard hosts, and `check --deploy` has 0
warnings."""

import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client

from datasets_ui.models import ApiKey, Installation, Membership, User, Workspace
from tests.abuse.support import Dashboard, Visitor
from tests.support.manage import KEK, PRODUCTION, last_line, show, start
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Answer

RACERS = 20
WON, LATE, OVER = "302 /w/acme/datasets/", "302 /accounts/login/", "404"
TABLES = ("user", "workspace", "membership", "apikey", "installation")


def typed(sandbox: SandboxProcess, number: int) -> dict[str, str]:
    return {
        "email": f"racer{number}@example.com",
        "password": "a long enough one",
        "workspace_name": "Acme",
        "base_url": sandbox.base_url,
        "key": sandbox.key,
    }


# --- the race ---


@pytest.mark.django_db(transaction=True)
def test_of_twenty_racers_one_becomes_the_owner(allowed: SandboxProcess) -> None:
    barrier = threading.Barrier(RACERS, timeout=60)

    def race(number: int) -> str:
        client = Client()
        barrier.wait()
        try:
            answer: Answer = client.post("/setup/", typed(allowed, number))
            return f"{answer.status_code} {answer.headers.get('Location', '')}".strip()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(RACERS) as pool:
        outcomes = sorted(pool.map(race, range(RACERS)))
    assert (outcomes.count(WON), set(outcomes) <= {WON, LATE, OVER}) == (1, True)
    assert [model.objects.count() for model in (User, Workspace, Membership, ApiKey, Installation)] == [1, 1, 1, 1, 1]


def test_of_twenty_racers_at_two_processes_one_becomes_the_owner(
    tmp_path: Path, empty_database: Path, sandbox: SandboxProcess
) -> None:
    """gunicorn as it is configured, each racer over a connection of its own."""
    data, barrier = tmp_path / "data", threading.Barrier(RACERS, timeout=60)
    hosts = f"127.0.0.1:{sandbox.port}"

    def race(number: int) -> str:
        with Visitor(dashboard.origin) as visitor:
            visitor.get("/setup/")
            barrier.wait()
            answer = visitor.submit("/setup/", typed(sandbox, number))
            return f"{answer.status_code} {answer.headers.get('Location', '')}".strip()

    with (
        Dashboard(data, database=empty_database, DATASETS_ALLOWED_HOSTS=hosts) as dashboard,
        ThreadPoolExecutor(RACERS) as pool,
    ):
        outcomes = sorted(pool.map(race, range(RACERS)))
    with closing(sqlite3.connect(data / empty_database.name)) as connection:
        counts = [connection.execute(f"SELECT COUNT(*) FROM datasets_ui_{table}").fetchone()[0] for table in TABLES]  # noqa: S608
    assert (outcomes.count(WON), set(outcomes) <= {WON, LATE, OVER}, counts) == (1, True, [1] * 5)


# --- nothing by default ---


def test_a_new_dashboard_has_no_account(empty_database: Path) -> None:
    with closing(sqlite3.connect(empty_database)) as connection:
        counts = [connection.execute(f"SELECT COUNT(*) FROM datasets_ui_{table}").fetchone()[0] for table in TABLES]  # noqa: S608
    assert counts == [0] * 5


@pytest.mark.parametrize("password", ["", "admin", "password", "changeme", "dataset-dashboard", "owner@example.com"])
@pytest.mark.parametrize("email", ["admin@example.com", "owner@example.com", "admin"])
def test_nobody_comes_in_with_a_usual_one(anonymous: Client, email: str, password: str) -> None:
    anonymous.post("/accounts/login/", {"login": email, "password": password})
    assert "_auth_user_id" not in anonymous.session


def test_the_setup_takes_no_usual_password(anonymous: Client, allowed: SandboxProcess) -> None:
    for password in ("", "password123", "1234567890", "racer1@example.com", "short"):
        assert anonymous.post("/setup/", typed(allowed, 1) | {"password": password}).status_code == 422
    assert User.objects.count() == 0


# --- secrets ---


def test_embedded_secrets_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    start(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"datasets_secret_key": 0o600, "datasets_kek": 0o600, "dashboard.sqlite3": 0o600}


def test_two_installations_have_different_secrets(tmp_path: Path) -> None:
    secrets = "settings.SECRET_KEY, settings.KEY_ENCRYPTING_KEYS"
    first, second = (show(tmp_path / name, secrets) for name in ("a", "b"))
    assert first != second
    assert min(len(first), len(second)) > 90


def test_production_writes_no_secret(tmp_path: Path) -> None:
    start(tmp_path, **PRODUCTION)
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] == [("dashboard.sqlite3", 0)]


# --- production ---


def test_production_starts_without_a_warning(tmp_path: Path) -> None:
    done = start(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"DATASETS_SECRET_KEY": ""}, "DATASETS_SECRET_KEY is not set. Set it, or DATASETS_SECRET_KEY_FILE;"),
        ({"DATASETS_KEK": ""}, "DATASETS_KEK is not set. Set it, or DATASETS_KEK_FILE;"),
        ({"DATASETS_HOSTS": ""}, "DATASETS_HOSTS must name the hosts of the dashboard"),
        ({"DATASETS_HOSTS": "*"}, "DATASETS_HOSTS must name the hosts of the dashboard"),
        ({"DATASETS_HOSTS": "a.example.com,*"}, "DATASETS_HOSTS must name the hosts of the dashboard"),
    ],
)
def test_production_refuses_to_start(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    done = start(tmp_path, **PRODUCTION | changes)
    assert done.returncode == 1
    assert last_line(done).startswith(said)
    assert KEK not in done.stderr


def test_debug_cannot_be_switched_on(tmp_path: Path) -> None:
    assert show(tmp_path, "settings.DEBUG", DEBUG="1", DJANGO_DEBUG="1", DATASETS_DEBUG="1") == "False"
