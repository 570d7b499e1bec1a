"""Row 15: no form of another site is taken, at no address, plain or by htmx; and opening a page writes nothing.

Every address x {no token, another session's token, a foreign Origin, a foreign Referer} x {plain, htmx}: 403, no write, no call.
Every address by GET: no write, but for those that are listed with their reason.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datasets_ui.models import AuditEvent, User, Workspace
from tests.abuse.people import Things, undone
from tests.abuse.walls import ROUTES
from tests.conftest import signed_in
from tests.support.accounts import codes_of, factor_given, with_app
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, Calls, url

pytestmark = pytest.mark.usefixtures("installed")
# Tables that opening a page may write to, each with its reason; on PostgreSQL and Redis the first is elsewhere.
BOOKKEEPING = {
    "cache": "what was read is remembered for the next page; limits are counted",
    "django_session": "when the session was last used, and a challenge for a passkey",
}
# Addresses whose opening is recorded or kept.
WRITING = {
    "accounts/2fa/recovery-codes/": "that the codes were looked at is recorded, and noted by allauth",
    "accounts/2fa/recovery-codes/download/": "the same",
}


def token(client: Client) -> str:
    """Of the page that is open; the cookie is of the client's own."""
    return str(client.get("/accounts/password/reset/done/").context["csrf_token"])


def writes(queries: CaptureQueriesContext) -> set[str]:
    """The tables that were written to."""
    found = set()
    for query in queries.captured_queries:
        words = query["sql"].replace('"', "").split()
        if words[0] in {"INSERT", "UPDATE", "DELETE", "REPLACE"}:
            found.add(words[1] if words[0] == "UPDATE" else words[2])
    return found


ATTACKS: dict[str, dict[str, str]] = {
    "no token": {},
    "another session's token": {"HTTP_X_CSRFTOKEN": "theirs"},
    "foreign Origin": {"HTTP_X_CSRFTOKEN": "own", "HTTP_ORIGIN": "https://evil.example"},
    "no Origin to speak of": {"HTTP_X_CSRFTOKEN": "own", "HTTP_ORIGIN": "null"},
    "foreign Referer": {"HTTP_X_CSRFTOKEN": "own", "HTTP_REFERER": "https://evil.example/", "wsgi.url_scheme": "https"},
}


@pytest.fixture
def victim(alice: User, workspace: Workspace) -> Client:
    """Whose browser is made to send the form."""
    return signed_in(alice, enforce_csrf_checks=True)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("by", [{}, HTMX], ids=["plain", "htmx"])
def test_every_address_refuses(
    victim: Client, things: Things, sandbox: SandboxProcess, attack: str, by: dict[str, Any]
) -> None:
    tokens = {"own": token(victim), "theirs": token(Client(enforce_csrf_checks=True))}
    extra: dict[str, Any] = {name: tokens.get(value, value) for name, value in ATTACKS[attack].items()}
    calls = Calls(sandbox)
    with CaptureQueriesContext(connection) as queries:
        found = {route: victim.post(things.path(route), **extra, **by).status_code for route in ROUTES}
    assert found == dict.fromkeys(ROUTES, 403)
    assert (writes(queries), calls.seen(), AuditEvent.objects.count()) == (set(), [], 0)


def test_every_address_refuses_guests_too(things: Things) -> None:
    """Signing somebody in as somebody else is an attack as well."""
    guest = Client(enforce_csrf_checks=True)
    with CaptureQueriesContext(connection) as queries:
        assert {guest.post(things.path(route)).status_code for route in ROUTES} == {403}
    assert writes(queries) == set()


@pytest.mark.parametrize("by", [{}, HTMX], ids=["plain", "htmx"])
def test_the_pages_own_token_is_taken(alice: User, things: Things, by: dict[str, Any]) -> None:
    """Or the tests above would show nothing."""
    client = signed_in(alice, enforce_csrf_checks=True)
    form = {"name": "Fresh", "permission": "only_me", "indexing_technique": "economy"}
    assert client.post(url("new-dataset"), form, HTTP_X_CSRFTOKEN=token(client), **by).status_code != 403
    assert AuditEvent.objects.get().act == "dataset.create"


# --- opening a page writes nothing ---


@pytest.fixture
def with_factors(alice: User, owner: Client) -> None:
    """So that the pages about them open."""
    factor_given(owner)
    with_app(alice)
    codes_of(alice)


def opened(client: Client, things: Things, method: str, **more: Any) -> Iterator[tuple[str, set[str]]]:
    for route in ROUTES:
        with undone(client), CaptureQueriesContext(connection) as queries:
            client.generic(method, things.path(route), **more)
        yield route, writes(queries) - BOOKKEEPING.keys()


@pytest.mark.usefixtures("with_factors")
@pytest.mark.parametrize(("method", "more"), [("GET", {}), ("GET", HTMX), ("HEAD", {})], ids=["GET", "htmx", "HEAD"])
@pytest.mark.parametrize("kind", ["anonymous", "owner"])
def test_opening_a_page_writes_nothing(
    people: dict[str, Client], things: Things, kind: str, method: str, more: dict[str, Any]
) -> None:
    found = {route: tables for route, tables in opened(people[kind], things, method, **more) if tables}
    expected = {route: {"datasets_ui_auditevent", "mfa_authenticator"} for route in WRITING} if kind == "owner" else {}
    assert found == expected


def test_a_link_of_an_invitation_is_kept_in_the_session_only(anonymous: Client, things: Things) -> None:
    with CaptureQueriesContext(connection) as queries:
        anonymous.get("/invitation/?token=x")
    assert writes(queries) <= {"django_session"}


def test_opening_a_sign_in_link_uses_nothing_up(anonymous: Client, db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        anonymous.get("/sign-in/?token=x")
    assert writes(queries) == set()
