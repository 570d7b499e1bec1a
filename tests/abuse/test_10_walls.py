"""Row 10: every address of the URL conf, by every method, for every kind of person: about 100 addresses x 5 methods x 6 kinds.

All cells match the written table in walls.py; an address without a row fails. What another workspace has does not exist.
"""

from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpResponse
from django.test import Client

from dashboard.urls import workspace as workspace_patterns
from datasets_ui.models import Actor, AuditEvent, Membership, Role, User, Workspace
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.invitations import invite
from tests.abuse.people import KINDS, METHODS, Things, job_of, routes, undone, walk
from tests.abuse.walls import BELOW, LOGIN, REFUSED, ROUTES, SIGNED_OUT, WORKSPACE, Outcome, expected
from tests.conftest import member, new_key
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import UNKNOWN, Answer, Calls, url

IDS = ("<key_id>", "<member_id>", "<invitation_id>", "<job_id>")
OURS = [route for route in ROUTES if any(id_ in route for id_ in IDS)]
NOBODY = 999_999


pytestmark = pytest.mark.usefixtures("installed")


def outcome(response: HttpResponse) -> Outcome:
    if (cookie := response.cookies.get("session")) and cookie["max-age"] == 0:
        return SIGNED_OUT
    to_sign_in = response.headers.get("Location", "").startswith("/accounts/login/")
    return LOGIN if response.status_code == HTTPStatus.FOUND and to_sign_in else response.status_code


def asked(client: Client, method: str, things: Things, cells: Iterable[str]) -> dict[str, tuple[Outcome, int]]:
    """What each address gave, and how many rows it recorded. The longest first: what is within goes before what holds it."""
    found = {}
    for route in sorted(cells, key=len, reverse=True):
        with undone(client):
            answer: Answer = client.generic(method, things.path(route))
            found[route] = (outcome(answer), AuditEvent.objects.count())
    return found


def test_the_table_names_every_address() -> None:
    assert sorted(routes()) == sorted(ROUTES)


def test_each_view_of_a_workspace_says_the_role_of_the_table() -> None:
    roles = {route: needed for route, (needed, _) in WORKSPACE.items()}
    assert {route: getattr(view, "needed_role", None) for route, view in walk(workspace_patterns)} == roles


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_is_as_written(
    people: dict[str, Client], things: Things, sandbox: SandboxProcess, kind: str, method: str
) -> None:
    """For whoever is refused, nothing is sent to the API and nothing is recorded."""
    calls = Calls(sandbox)
    cells = {route: expected(route, kind, method) for route in ROUTES}
    refused = {route: (cell, 0) for route, cell in cells.items() if cell in REFUSED}
    assert asked(people[kind], method, things, refused) == refused
    assert calls.seen() == []
    let_in = {route: cell for route, cell in cells.items() if cell not in REFUSED}
    assert {route: answer for route, (answer, _) in asked(people[kind], method, things, let_in).items()} == let_in


# --- what somebody else has ---


@pytest.fixture
def theirs(things: Things, outsider: Client, sandbox: SandboxProcess) -> Things:
    """In Acme's addresses, ids of Charlie's API key, of a member of his, and of an invitation."""
    other = Workspace.objects.get(name="Charlie's")
    key = new_key(other, "Default", sandbox.base_url, sandbox.key)
    inviter, joined = other.memberships.get(), member(other, "mallory", Role.VIEWER).memberships.get()
    scope = Scope(workspace=other, by=Actor("fixture"), user=inviter.user)
    invitation, _ = invite(scope, Role.VIEWER, acting=Role.OWNER)
    AuditEvent.objects.all().purge()
    return replace(things, key_id=key.id, member_id=joined.pk, invitation_id=invitation.id, job_id=job_of(other).id)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("kind", ["admin", "owner"])
def test_what_another_workspace_has_does_not_exist(
    people: dict[str, Client], theirs: Things, sandbox: SandboxProcess, kind: str, method: str
) -> None:
    calls = Calls(sandbox)
    cells = [route for route in OURS if expected(route, kind, method) != 405]
    assert asked(people[kind], method, theirs, cells) == dict.fromkeys(cells, (404, 0))
    assert calls.seen() == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_of_another_workspace_answers_as_one_that_exists_nowhere(
    people: dict[str, Client], theirs: Things, kind: str
) -> None:
    nowhere = replace(theirs, key_id=UNKNOWN, member_id=NOBODY, invitation_id=UNKNOWN, job_id=UNKNOWN)
    for method in ("GET", "POST"):
        assert asked(people[kind], method, theirs, OURS) == asked(people[kind], method, nowhere, OURS)


def test_another_persons_sign_in_and_passkey_do_not_exist(people: dict[str, Client], things: Things, alice: User) -> None:
    sign_in = UserSession.objects.create(user=alice, session_key="x", ip="127.0.0.1", user_agent="")
    passkey = Authenticator.objects.create(user=alice, type=Authenticator.Type.WEBAUTHN, data={"name": "", "credential": {}})
    theirs = {"accounts/sessions/<pk>/end/": sign_in.pk}
    theirs |= dict.fromkeys(["accounts/2fa/webauthn/keys/<pk>/edit/", "accounts/2fa/webauthn/keys/<pk>/remove/"], passkey.pk)
    for route, pk in theirs.items():
        assert asked(people["admin"], "POST", replace(things, pk=pk), [route]) == {route: (404, 0)}


# --- who is out ---


@pytest.mark.parametrize("kind", ["viewer", "editor", "admin", "owner"])
def test_who_is_removed_is_out_with_the_next_request(people: dict[str, Client], things: Things, kind: str) -> None:
    Membership.objects.filter(role=kind, workspace__slug="acme").delete()
    within = [BELOW + route for route in WORKSPACE]
    assert asked(people[kind], "GET", things, within) == asked(people["stranger"], "GET", things, within)


@pytest.mark.parametrize("kind", ["stranger", "owner"])
def test_who_is_disabled_is_out_with_the_next_request(people: dict[str, Client], things: Things, kind: str) -> None:
    User.objects.update(is_active=False)
    assert asked(people[kind], "GET", things, ROUTES) == asked(people["anonymous"], "GET", things, ROUTES)


def test_a_lower_role_counts_with_the_next_request(people: dict[str, Client], things: Things) -> None:
    Membership.objects.filter(role=Role.ADMIN).update(role=Role.VIEWER)
    within = [BELOW + route for route in WORKSPACE]
    assert asked(people["admin"], "GET", things, within) == asked(people["viewer"], "GET", things, within)


# --- the way back after signing in ---


def test_after_signing_in_one_is_back_on_the_page_that_was_open(anonymous: Client) -> None:
    current = f"http://testserver{url('documents', UNKNOWN)}?q=x"
    response = anonymous.get(url("documents-progress", UNKNOWN), HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=current)
    assert response.headers["HX-Redirect"] == f"/accounts/login/?next={url('documents', UNKNOWN)}%3Fq%3Dx"


def test_a_page_of_another_site_is_not_gone_back_to(anonymous: Client) -> None:
    address = url("documents", UNKNOWN)
    response = anonymous.get(address, HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="https://evil.example/x")
    assert response.headers["HX-Redirect"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize(
    ("role", "needed", "covers"),
    [(Role.OWNER, Role.ADMIN, True), (Role.EDITOR, Role.EDITOR, True), (Role.VIEWER, Role.EDITOR, False)],
)
def test_a_role_may_what_the_ones_before_it_may(role: Role, needed: Role, covers: bool) -> None:
    assert role.covers(needed) is covers
