"""Row 17: a session that was put upon somebody is worth nothing: its key changes whenever more may be done with it."""

import json
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from sesame.utils import get_token

from datasets_ui.models import User, Workspace
from tests.abuse.test_11_escalation import invited
from tests.support.accounts import PASSWORD, code, grown_old, sign_in, signed_in_as, with_app
from tests.support.passkey import Passkey

DORA = "dora@example.com"
Way = Callable[[Client, User], object]


@pytest.fixture
def dora(db: None) -> User:
    return User.objects.create_user(DORA, PASSWORD)


def thief_of(client: Client) -> Client:
    """Somebody who knows the session as it is now."""
    thief = Client()
    thief.cookies["session"] = client.cookies["session"].value
    return thief


def by_link(client: Client, user: User) -> None:
    client.post("/sign-in/", {"token": get_token(user)})


def by_passkey(client: Client, user: User) -> None:
    passkey, own = Passkey(), Client()
    sign_in(own)
    page = own.get("/accounts/2fa/webauthn/add/").context["js_data"]["creation_options"]
    own.post("/accounts/2fa/webauthn/add/", {"name": "", "passwordless": "1", "credential": json.dumps(passkey.made(page))})
    asked = client.get("/accounts/2fa/webauthn/login/", headers={"x-requested-with": "XMLHttpRequest"}).json()
    client.post("/accounts/2fa/webauthn/login/", {"credential": json.dumps(passkey.used(asked["request_options"]))})


WAYS: dict[str, Way] = {"password": lambda client, _: sign_in(client), "link": by_link, "passkey": by_passkey}


@pytest.mark.parametrize("way", WAYS)
def test_signing_in_changes_the_key(anonymous: Client, dora: User, way: str) -> None:
    anonymous.get("/invitation/?token=x")  # so that there is a session before
    thief = thief_of(anonymous)
    WAYS[way](anonymous, dora)
    assert (signed_in_as(anonymous), signed_in_as(thief)) == (DORA, None)
    assert anonymous.cookies["session"].value != thief.cookies["session"].value


def test_a_made_up_key_is_not_taken_over(anonymous: Client, dora: User) -> None:
    anonymous.cookies["session"] = made_up = "a" * 32
    sign_in(anonymous)
    assert (signed_in_as(anonymous), anonymous.cookies["session"].value == made_up) == (DORA, False)


def test_joining_by_an_invitation_changes_the_key(anonymous: Client, workspace: Workspace, alice: User) -> None:
    anonymous.get("/invitation/", {"token": invited(workspace, alice)})
    thief = thief_of(anonymous)
    anonymous.post("/invitation/", {"email": DORA, "password": PASSWORD})
    assert (signed_in_as(anonymous), signed_in_as(thief)) == (DORA, None)


def test_the_second_step_changes_the_key(anonymous: Client, dora: User) -> None:
    secret = with_app(dora)
    sign_in(anonymous)
    thief = thief_of(anonymous)
    anonymous.post("/accounts/2fa/authenticate/", {"code": code(secret)})
    assert (signed_in_as(anonymous), signed_in_as(thief)) == (DORA, None)


def test_between_the_steps_nothing_opens(anonymous: Client, dora: User) -> None:
    with_app(dora)
    sign_in(anonymous)
    for name in ("account", "mfa_index", "new-workspace", "usersessions_list", "account_change_password"):
        assert anonymous.get(reverse(name)).headers["Location"].startswith("/accounts/login/?next=")


def test_confirming_who_one_is_changes_the_key(anonymous: Client, dora: User) -> None:
    """Or whoever holds the old one could do what needs a fresh sign-in."""
    sign_in(anonymous)
    grown_old(anonymous)
    thief = thief_of(anonymous)
    anonymous.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert (signed_in_as(anonymous), signed_in_as(thief)) == (DORA, None)


def test_confirming_by_a_code_does_too(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    secret = with_app(dora)
    grown_old(anonymous)
    thief = thief_of(anonymous)
    anonymous.post("/accounts/2fa/reauthenticate/", {"code": code(secret)})
    assert (signed_in_as(anonymous), signed_in_as(thief)) == (DORA, None)


@pytest.mark.parametrize("path", ["/accounts/", "/w/acme/datasets/", "/workspaces/new/"])
def test_the_old_key_is_led_to_sign_in(anonymous: Client, dora: User, path: str) -> None:
    sign_in(anonymous)
    thief = thief_of(anonymous)
    sign_in(anonymous)
    anonymous.post(reverse("account_logout"))
    response = thief.get(path)
    assert (response.status_code, response.headers["Location"]) == (302, f"/accounts/login/?next={path}")


def test_another_persons_sign_in_takes_nothing_over(anonymous: Client, dora: User, alice: User) -> None:
    """Signed in as Dora, Alice's link is opened: what Dora's session held is gone."""
    sign_in(anonymous)
    session = anonymous.session
    session["left_behind"] = "Dora's"
    session.save()
    by_link(anonymous, alice)
    assert (signed_in_as(anonymous), "left_behind" in anonymous.session) == ("alice@example.com", False)
