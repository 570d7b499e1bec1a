"""The first run, the sign-in link, and the way to one's workspace."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from sesame.utils import get_query_string, get_token

from datasets_ui.models import ApiKey, Installation, Membership, User, Workspace
from datasets_ui.services.team.addresses import is_confirmed
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Calls, acts, beside, text, url, value

CANARY = "dataset-CANARY0123456789"
WHO = {"email": "new@example.com", "password": "a long enough one", "workspace_name": "Acme"}


def filled(sandbox: SandboxProcess, **changes: str) -> dict[str, str]:
    return WHO | {"base_url": sandbox.base_url, "key": sandbox.key} | changes


def stored() -> int:
    return sum(model.objects.count() for model in (User, Workspace, Membership, ApiKey, Installation))


@pytest.fixture
def sandbox_only(allowed: SandboxProcess, db: None) -> SandboxProcess:
    """Nothing is set up yet."""
    return allowed


# --- the first run ---


def test_the_first_visit_leads_to_the_setup(anonymous: Client) -> None:
    response = anonymous.get("/", follow=True)
    assert (response.redirect_chain, text(response, "h1")) == ([("/setup/", 302)], "Welcome")


def test_the_setup_makes_owner_workspace_and_connection(sandbox_only: SandboxProcess, anonymous: Client) -> None:
    response = anonymous.post("/setup/", filled(sandbox_only), follow=True)
    assert (response.redirect_chain, text(response, "h1")) == ([(url("datasets"), 302)], "Datasets")
    membership = Membership.objects.get()
    assert (membership.user.email, membership.workspace.name, membership.role) == ("new@example.com", "Acme", "owner")
    assert (membership.user.check_password("a long enough one"), is_confirmed(membership.user)) == (True, True)
    assert [act for act, outcome, _ in acts() if outcome == "done"] == [
        "installation.set_up",
        "workspace.create",
        "api_key.create",
        "account.sign_in",
    ]


def test_the_setup_tries_the_key_once_and_not_while_it_holds_the_database(
    sandbox_only: SandboxProcess, anonymous: Client
) -> None:
    calls = Calls(sandbox_only)
    anonymous.post("/setup/", filled(sandbox_only))
    assert calls.seen() == ["GET /datasets"]


def test_afterwards_there_is_no_setup(sandbox_only: SandboxProcess, anonymous: Client) -> None:
    anonymous.post("/setup/", filled(sandbox_only))
    for response in (anonymous.get("/setup/"), anonymous.post("/setup/", filled(sandbox_only, email="second@example.com"))):
        assert (response.status_code, text(response, "h1")) == (404, "Not found")
    assert User.objects.count() == 1


def test_a_wrong_key_stores_nothing(sandbox_only: SandboxProcess, anonymous: Client) -> None:
    response = anonymous.post("/setup/", filled(sandbox_only, key=CANARY))
    assert (response.status_code, stored()) == (422, 0)
    assert beside(response, "key")[0].startswith("Dify does not take this key.")
    assert beside(response, "base_url") == []


def test_what_was_typed_stays_and_secrets_are_not_echoed(sandbox_only: SandboxProcess, anonymous: Client) -> None:
    response = anonymous.post("/setup/", filled(sandbox_only, key=CANARY))
    shown = [value(response, field) for field in ("email", "password", "workspace_name", "base_url", "key")]
    assert shown == ["new@example.com", "", "Acme", sandbox_only.base_url, ""]
    assert CANARY not in response.text


class Page(BaseHTTPRequestHandler):
    """A web site that is no API; it answers every address."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Sign in</title>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the handler's own name
        pass


@pytest.fixture
def web_site() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


REASONS = {
    f"https://{'x' * 64}.example/v1": "There is no host of this name. Check its spelling.",
    "http://127.0.0.1:1/v1": "Nothing answers at this host and port. Check the address, and that Dify is running.",
    "https://127.0.0.1:{sandbox}/v1": "A secure connection could not be made, so nothing was sent. Perhaps the server speaks http there, not https.",
    "http://127.0.0.1:{web}/v1": "A web page answers at this address, but Dify's API is not there. It usually ends in /v1.",
    "http://127.0.0.1:{sandbox}/v2": "A server answers at this address, but Dify's API is not there. It usually ends in /v1.",
    "http://api.example.com/v1": "http is allowed for hosts on DATASETS_ALLOWED_HOSTS only; api.example.com is not.",
    "https://127.0.0.2/v1": "This address is not allowed.",
    "https://user:secret@api.example.com/v1": "The address must be plain:",
    "https://api.example.com:22/v1": "Port 22 is allowed for hosts on DATASETS_ALLOWED_HOSTS only.",
    "ftp://api.example.com": "The address must begin with https:// and name a host.",
    "nonsense": "The address must begin with https:// and name a host.",
}


@pytest.mark.parametrize("address", REASONS)
def test_each_reason_is_told_beside_the_address(
    sandbox_only: SandboxProcess, anonymous: Client, settings: Settings, web_site: int, address: str
) -> None:
    settings.API_ALLOWED_HOSTS |= {"127.0.0.1:1", f"127.0.0.1:{web_site}"}
    base_url = address.format(sandbox=sandbox_only.port, web=web_site)
    response = anonymous.post("/setup/", filled(sandbox_only, base_url=base_url))
    assert (response.status_code, value(response, "base_url"), stored()) == (422, base_url, 0)
    [reason] = beside(response, "base_url")
    assert reason.startswith(REASONS[address])
    assert "Errno" not in reason


def test_the_api_is_found_below_the_address_of_dify(sandbox_only: SandboxProcess, anonymous: Client) -> None:
    """The one of its console, as it stands in the browser."""
    response = anonymous.post("/setup/", filled(sandbox_only, base_url=f"http://127.0.0.1:{sandbox_only.port}/"))
    assert (response.status_code, ApiKey.objects.get().base_url) == (302, sandbox_only.base_url)


def test_a_wrong_key_below_the_address_of_dify_is_the_keys_fault(sandbox_only: SandboxProcess, anonymous: Client) -> None:
    typed = filled(sandbox_only, base_url=f"http://127.0.0.1:{sandbox_only.port}", key="dataset-wrong")
    response = anonymous.post("/setup/", typed)
    assert (beside(response, "base_url"), stored()) == ([], 0)
    assert beside(response, "key")[0].startswith("Dify does not take this key.")


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        ("email", "no address", "Enter a valid email address."),
        ("password", "short", "This password is too short. It must contain at least 10 characters."),
        ("password", "new@example.com", "The password is too similar to the e-mail address."),
        ("key", "dataset key", "An API key has letters, digits and dashes only. Copy it again."),
        ("key", "dataset-кey", "An API key has letters, digits and dashes only. Copy it again."),
        ("workspace_name", "", "This field is required."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    sandbox_only: SandboxProcess, anonymous: Client, field: str, typed: str, reason: str
) -> None:
    calls = Calls(sandbox_only)
    response = anonymous.post("/setup/", filled(sandbox_only, **{field: typed}))
    assert (beside(response, field), calls.seen(), stored()) == ([reason], [], 0)


# --- the way in ---


def test_a_stranger_is_led_to_sign_in(workspace: Workspace, anonymous: Client) -> None:
    Installation.objects.create()
    assert anonymous.get("/").headers["Location"] == "/accounts/login/"


def test_a_member_is_led_to_the_workspace(owner: Client) -> None:
    Installation.objects.create()
    assert owner.get("/").headers["Location"] == url("datasets")


def test_who_belongs_nowhere_is_told_so(owner: Client) -> None:
    Installation.objects.create()
    Membership.objects.all().delete()
    response = owner.get("/")
    assert (response.status_code, text(response, "h1")) == (403, "No workspace")


# --- the sign-in link ---


def test_opening_the_link_does_not_use_it_up(anonymous: Client, alice: User) -> None:
    link = f"/sign-in/{get_query_string(alice)}"
    assert [value(anonymous.get(link), "token") for _ in range(2)] == [link.split("token=")[1]] * 2
    assert "_auth_user_id" not in anonymous.session


def test_the_link_signs_in_once(anonymous: Client, alice: User) -> None:
    token = get_token(alice)
    assert anonymous.post("/sign-in/", {"token": token}).headers["Location"] == "/"
    assert anonymous.session["_auth_user_id"] == str(alice.pk)
    second = Client()
    response = second.post("/sign-in/", {"token": token})
    assert (response.status_code, text(response, "h1")) == (403, "This link does not work any more")
    assert "_auth_user_id" not in second.session


@pytest.mark.parametrize("token", ["", "x", "\x00", "A" * 5000])
def test_a_made_up_link_is_refused(anonymous: Client, alice: User, token: str) -> None:
    assert anonymous.post("/sign-in/", {"token": token}).status_code == 403


def test_the_session_is_another_one_after_signing_in(anonymous: Client, alice: User) -> None:
    anonymous.session.save()
    before = anonymous.session.session_key
    anonymous.post("/sign-in/", {"token": get_token(alice)})
    assert anonymous.session.session_key != before
