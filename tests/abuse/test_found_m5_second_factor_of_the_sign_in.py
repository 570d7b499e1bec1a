"""M5: a workspace that demands a second factor looks at the sign-in, not at the account: a sign-in that never gave one does not come in,
whatever its account has, and ends when the first one is set up."""

import json

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks
from sesame.utils import get_token

from datasets_ui.models import Membership, Role, User, Workspace
from tests.conftest import person, signed_in
from tests.support.accounts import code, factors, grown_old, in_by_app, sign_in, signed_in_as, with_app
from tests.support.oidc_issuer import Issuer
from tests.support.passkey import Passkey
from tests.support.stage import HTMX, Answer, attribute, text, url
from tests.views.team.test_oidc import come_by, issuer

__all__ = ["issuer"]
PASSWORD = "a long enough one"
KEYS, APP, PASSKEY = "/w/acme/keys/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/"
GIVE = "/accounts/2fa/reauthenticate/?next=%2Fw%2Facme%2Fkeys%2F"
STEP = "/accounts/2fa/authenticate/"


@pytest.fixture
def dora(workspace: Workspace) -> User:
    """An admin with a password, of a workspace that demands a second factor."""
    user = person("dora@example.com", PASSWORD)
    Membership.objects.create(workspace=workspace, user=user, role=Role.ADMIN)
    Workspace.objects.update(require_second_factor=True)
    return user


@pytest.fixture
def thief(dora: User) -> Client:
    """With the stolen password, before there is a second factor."""
    client = Client()
    sign_in(client)
    assert client.get(KEYS).status_code == 403
    return client


def set_up_app(client: Client, commit: DjangoCaptureOnCommitCallbacks) -> None:
    page: Answer = client.get(APP)
    used = code(text(page, "code.secret"))
    with commit(execute=True):
        client.post(APP, {"code": used})


def add_passkey(client: Client, passkey: Passkey) -> None:
    asked = client.get(f"{PASSKEY}add/").context["js_data"]["creation_options"]
    client.post(f"{PASSKEY}add/", {"name": "", "passwordless": "1", "credential": json.dumps(passkey.made(asked))})


def test_a_sign_in_of_before_the_first_app_ends(
    anonymous: Client, thief: Client, dora: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    sign_in(anonymous)
    set_up_app(anonymous, django_capture_on_commit_callbacks)
    assert (factors(dora), signed_in_as(thief)) == (["totp", "recovery_codes"], None)


def test_a_sign_in_of_before_the_first_passkey_ends(anonymous: Client, thief: Client, dora: User) -> None:
    """And who made the passkey has shown it, and goes on."""
    sign_in(anonymous)
    add_passkey(anonymous, Passkey())
    assert (signed_in_as(thief), anonymous.get(KEYS).status_code) == (None, 200)


def test_a_second_one_ends_nothing(anonymous: Client, dora: User) -> None:
    other = Client()
    in_by_app(other, dora)
    in_again = signed_in(dora)
    add_passkey(other, Passkey())
    assert [signed_in_as(client) for client in (other, in_again)] == [dora.email] * 2


@pytest.fixture
def without(dora: User) -> Client:
    """A sign-in that was never asked, although there is an app."""
    client = Client()
    sign_in(client)
    return client


def test_a_sign_in_without_one_is_led_to_give_it(without: Client, dora: User) -> None:
    secret = with_app(dora)
    assert without.get(KEYS).headers["Location"] == GIVE
    answer = without.post("/accounts/2fa/reauthenticate/", {"code": code(secret), "next": KEYS})
    assert (answer.headers["Location"], without.get(KEYS).status_code) == (KEYS, 200)


def test_to_the_passkey_where_there_is_one(without: Client, dora: User) -> None:
    passkey, own = Passkey(), Client()
    sign_in(own)
    add_passkey(own, passkey)
    with_session = signed_in(dora)
    assert with_session.get(KEYS).headers["Location"].startswith("/accounts/2fa/webauthn/reauthenticate/?next=")


def test_a_form_is_refused_with_the_way_to_give_it(without: Client, dora: User) -> None:
    """What was typed stays in the page that is open."""
    with_app(dora)
    page: Answer = without.post(url("workspace-settings"), {"name": "Taken over"})
    assert (page.status_code, text(page, "h1")) == (403, "Give your second factor")
    assert str(attribute(page, "main a.btn-primary", "href")).startswith("/accounts/2fa/reauthenticate/?next=")
    assert without.post(url("workspace-settings"), {"name": "Taken over"}, **HTMX).status_code == 403
    assert Workspace.objects.get(slug="acme").name == "Acme"


def test_a_password_alone_changes_no_second_factor(without: Client, dora: User) -> None:
    """Or whoever has no more than that would put one of his own in the place of the right one."""
    with_app(dora)
    for path in (f"{PASSKEY}add/", "/accounts/2fa/totp/deactivate/"):
        assert without.get(path).headers["Location"].startswith("/accounts/2fa/reauthenticate/?next=")
    without.post("/accounts/2fa/totp/deactivate/")
    assert factors(dora) == ["totp"]


def test_one_that_is_gone_counts_no_more(anonymous: Client, dora: User) -> None:
    in_by_app(anonymous, dora)
    assert anonymous.get(KEYS).status_code == 200
    anonymous.post("/accounts/2fa/totp/deactivate/")
    assert text(anonymous.get(KEYS), "h1") == "A second factor is needed"


def test_one_given_long_ago_is_still_given(anonymous: Client, dora: User) -> None:
    in_by_app(anonymous, dora)
    grown_old(anonymous)
    assert anonymous.get(KEYS).status_code == 200


def test_after_a_sign_in_link_it_is_given(anonymous: Client, dora: User) -> None:
    secret = with_app(dora)
    assert anonymous.post("/sign-in/", {"token": get_token(dora)}).headers["Location"] == STEP
    anonymous.post(STEP, {"code": code(secret)})
    assert anonymous.get(KEYS).status_code == 200


def test_after_single_sign_on_it_is_given(anonymous: Client, dora: User, issuer: Issuer) -> None:
    secret = with_app(dora)
    assert come_by(anonymous).headers["Location"] == STEP
    anonymous.post(STEP, {"code": code(secret)})
    assert anonymous.get(KEYS).status_code == 200


def test_single_sign_on_alone_is_none(anonymous: Client, dora: User, issuer: Issuer) -> None:
    come_by(anonymous)
    assert text(anonymous.get(KEYS), "h1") == "A second factor is needed"


def test_a_passkey_alone_is_enough(anonymous: Client, dora: User) -> None:
    passkey, own = Passkey(), Client()
    sign_in(own)
    add_passkey(own, passkey)
    asked = anonymous.get(f"{PASSKEY}login/", headers={"x-requested-with": "XMLHttpRequest"}).json()
    anonymous.post(f"{PASSKEY}login/", {"credential": json.dumps(passkey.used(asked["request_options"]))})
    assert anonymous.get(KEYS).status_code == 200
