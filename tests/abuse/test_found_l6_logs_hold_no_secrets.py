"""L6: what lets somebody in stands in no log line: not at INFO, not of a request that fails, not in gunicorn's own lines."""

import json

import pytest

from tests.abuse.support import Dashboard, Visitor
from tests.support.stage import until

pytestmark = pytest.mark.xdist_group("l6_logs_hold_no_secrets")  # one process for all of it

SECRETS = {
    "reset": "1-d1t0fb-0123456789abcdef0123456789abcdef",
    "reset-without-slash": "2-d1t0fb-fedcba9876543210fedcba9876543210",
    "confirmation": "MQ:1vN3aB:x-Y_zcanary",
    "sign-in": "AAAAAQcanary_sign-in",
    "invitation": "hK3canary_invitation",
    "code": "C0de.canary",
    "state": "St4te-canary",
    "next": "N3xt-canary",
    "referer": "R3ferer-canary",
    "nowhere": "N0where-canary",
    "question": "Q5estion-canary",
}
ADDRESSES = [
    f"/accounts/password/reset/key/{SECRETS['reset']}/",
    f"/accounts/password/reset/key/{SECRETS['reset-without-slash']}",
    f"/accounts/confirm-email/{SECRETS['confirmation']}/",
    f"/sign-in/?token={SECRETS['sign-in']}",
    f"/invitation/?token={SECRETS['invitation']}",
    f"/accounts/oidc/sso/login/callback/?code={SECRETS['code']}&state={SECRETS['state']}",
    f"/accounts/login/?next=/invitation/%3Ftoken%3D{SECRETS['next']}",
    f"/there/is/none/{SECRETS['nowhere']}?{SECRETS['question']}",
]
SETTINGS = {
    "DATASETS_LOG_LEVEL": "INFO",
    "GUNICORN_CMD_ARGS": "--access-logfile -",
    "EMAIL_URL": "smtp://127.0.0.1:9",  # or there is no address for a reset
    "DATASETS_OIDC_ISSUER": "http://127.0.0.1:9",
    "DATASETS_OIDC_CLIENT_ID": "dashboard",
    "DATASETS_OIDC_CLIENT_SECRET": "canary-client-secret",
}


def visit(dashboard: Dashboard) -> list[int]:
    """Every address by GET, as a form without its token, and with the name of another host."""
    statuses = []
    with Visitor(dashboard.origin) as visitor:
        referer = {"Referer": f"{dashboard.origin}/sign-in/?token={SECRETS['referer']}"}
        for address in ADDRESSES:
            statuses.append(visitor.get(address, headers=referer).status_code)
            visitor.post(address, data={"x": "y"}, headers=referer)
            visitor.get(address, headers=referer | {"Host": "elsewhere.example.com"})
    return statuses


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a dashboard wrote meanwhile. Nobody has made its tables: some of the addresses are answered, the others fail."""
    with Dashboard(tmp_path_factory.mktemp("l6") / "data", database=None, **SETTINGS) as dashboard:
        assert {200, 500} <= set(visit(dashboard))
        until(lambda: dashboard.log.read_text().count("elsewhere.example.com") >= len(ADDRESSES) or None)
    return dashboard.log.read_text()


@pytest.mark.parametrize(
    "kind", ["request_started", "request_finished", "request_failed", "Internal Server Error: ", "Forbidden "]
)
def test_every_kind_of_line_is_there(log: str, kind: str) -> None:
    """L6: what would hold the secrets was written."""
    assert [line for line in log.splitlines() if json.loads(line)["event"].startswith(kind)] != []


@pytest.mark.parametrize("what", SECRETS)
def test_no_line_holds_it(log: str, what: str) -> None:
    """L6: the secret stands in none of them."""
    assert [line for line in log.splitlines() if SECRETS[what] in line] == []


def test_the_lines_say_what_was_asked(log: str) -> None:
    """L6: what is left is enough to look into a complaint."""
    lines = [json.loads(line) for line in log.splitlines()]
    asked = [line["request"] for line in lines if line["event"] == "request_started"]
    assert "GET /accounts/password/reset/key/…/" in asked
    assert "GET /accounts/oidc/sso/login/callback/?code=…&state=…" in asked
    assert [line for line in lines if '"GET /sign-in/?token=… HTTP/1.1"' in line["event"]] != []
