"""Row 19: passwords cannot be tried out: 5 wrong ones in 300 s for an account from an address, 10 in a minute from an address, counted
over two real gunicorn processes that share a database, whose cache table counts (or Redis, where the tests run with it). What is counted
for an account from everywhere is in test_found_l1_locked_out_by_a_stranger.py.

20 tries on one account: 5 are looked at. 20 accounts from one address: 10 are. No times are compared: that the hasher runs for an
unknown address as well is counted in tests/views/team/test_accounts.py.
"""

import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.abuse.support import Dashboard, Visitor, manage
from tests.support.stage import words

pytestmark = pytest.mark.xdist_group("19_brute_force")  # two processes for all of it

PASSWORD = "a long enough one"
WRONG = "The email address and/or password you specified are not correct."
BLOCKED = "Too many failed login attempts. Try again later."
SECRETS = {
    "DATASETS_SECRET_KEY": "x" * 60,
    "DATASETS_KEK": "A" * 43 + "=",
    "DATASETS_TRUST_PROXY": "true",
}
MAKE = "from datasets_ui.models import User; [User.objects.create_user(f'{{name}}@example.com', '{}') for name in {!r}]"
PEOPLE = ["dora", "erin", "fay", "gil"]


@pytest.fixture(scope="module")
def origins(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two dashboards behind a proxy that says who calls, on one database."""
    data = tmp_path_factory.mktemp("two")
    database = data / "shared.sqlite3"
    shutil.copy(empty_database, database)
    env: Any = SECRETS | {"DATABASE_URL": f"sqlite:///{database}"}
    made = manage(data, "shell", "--no-imports", "-c", MAKE.format(PASSWORD, PEOPLE), **env)
    assert made.returncode == 0, made.stderr
    with Dashboard(data / "one", **env) as one, Dashboard(data / "two", **env) as two:
        yield [one.origin, two.origin]


@pytest.fixture
def address() -> str:
    """One that nobody else has called from."""
    return new_address()


def new_address() -> str:
    return ".".join(["198", "18", *(str(secrets.randbelow(254) + 1) for _ in range(2))])


@cache
def visitor(origin: str) -> Visitor:
    return Visitor(origin)


def try_password(origin: str, email: str, password: str, address: str, host: str = "localhost") -> str:
    """What the page says, or where it leads."""
    seen = {"X-Forwarded-For": address, "Host": host}
    answer = visitor(origin).submit("/accounts/login/", {"login": email, "password": password}, headers=seen)
    if "session" in answer.cookies:  # the next one is somebody else
        visitor.cache_clear()
    alerts = LexborHTMLParser(answer.content).css("[role=alert]")
    return f"{answer.status_code} {words(alerts[0]) if alerts else answer.headers.get('Location', '')}"


def test_an_account_is_blocked_over_both(origins: list[str], address: str) -> None:
    """For the address that tried; L1: and for nobody else, or a stranger could lock anybody out."""
    said = Counter(try_password(origins[n % 2], "dora@example.com", f"guess {n}", address) for n in range(20))
    assert said == {f"200 {WRONG}": 5, f"200 {BLOCKED}": 15}
    right = [try_password(origin, "dora@example.com", PASSWORD, address) for origin in origins]
    assert right == [f"200 {BLOCKED}"] * 2
    assert try_password(origins[0], "dora@example.com", PASSWORD, new_address()) == "302 /"


def test_another_port_in_the_host_header_gives_no_further_tries(origins: list[str], address: str) -> None:
    """Which port a client names is up to the client."""
    said = [try_password(origins[0], "gil@example.com", "guess", address, f"localhost:{port}") for port in range(8000, 8007)]
    assert said[5:] == [f"200 {BLOCKED}"] * 2


def test_an_address_is_blocked_over_both(origins: list[str], address: str) -> None:
    """Each try on another account, most of which do not exist."""
    run = secrets.token_hex(4)
    said = [try_password(origins[n % 2], f"nobody{n}-{run}@example.com", "guess", address) for n in range(20)]
    assert said == [f"200 {WRONG}"] * 10 + [f"200 {BLOCKED}"] * 10
    assert try_password(origins[0], "erin@example.com", PASSWORD, address) == f"200 {BLOCKED}"


def test_nobody_else_is_blocked_by_that(origins: list[str]) -> None:
    assert try_password(origins[1], "fay@example.com", PASSWORD, new_address()) == "302 /"


def test_a_header_of_the_attackers_own_changes_nothing(origins: list[str], address: str) -> None:
    """The proxy adds whom it sees; what was said before that is not believed."""
    run = secrets.token_hex(4)
    said = [
        try_password(origins[n % 2], f"nobody{n}-{run}@example.com", "guess", f"{new_address()}, {address}") for n in range(11)
    ]
    assert said[10] == f"200 {BLOCKED}"


def test_an_unknown_account_looks_like_a_known_one(origins: list[str]) -> None:
    """Status and text, also when it is blocked."""
    tries = {email: new_address() for email in ("erin@example.com", f"nobody-{secrets.token_hex(4)}@example.com")}
    for _ in range(6):
        said = [try_password(origins[0], email, "guess", address) for email, address in tries.items()]
        assert said[0] == said[1]
    assert said[0] == f"200 {BLOCKED}"
