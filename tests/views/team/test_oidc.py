"""Single sign-on against a real issuer on a socket."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from datasets_ui.models import Actor, AuditEvent, Role, User, Workspace
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.invitations import INVITATION_SESSION_KEY, invite
from tests.support.accounts import PASSWORD, code, grown_old, rows, sign_in, signed_in_as, with_app
from tests.support.oidc_issuer import CLIENT_ID, CLIENT_SECRET, Issuer, running_issuer
from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.stage import Answer, attribute, text, texts, value

START = "/accounts/oidc/sso/login/"
DORA = {"sub": "42", "email": "dora@example.com", "email_verified": True, "name": "Dora"}


def configured(settings: Settings, url: str) -> None:
    app = {
        "provider_id": "sso",
        "name": "Acme",
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "settings": {"server_url": url},
    }
    settings.OIDC_NAME = "Acme"
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


@pytest.fixture
def issuer(settings: Settings) -> Iterator[Issuer]:
    with running_issuer() as issuer:
        configured(settings, issuer.url)
        issuer.person = dict(DORA)
        yield issuer


def come_by(client: Client, **typed: str) -> Answer:
    """To the issuer and back, as the browser goes; what we answer it in the end."""
    page = client.post(START, typed)
    back = httpx.get(
        str(attribute(page, "main a.btn-primary", "href")), trust_env=False, verify=TRUSTS_NOBODY, timeout=30
    ).headers["Location"]
    return client.get(back.removeprefix("http://testserver"))


def test_the_sign_in_page_offers_it_by_its_name(anonymous: Client, issuer: Issuer) -> None:
    assert texts(anonymous.get(reverse("account_login")), f"form[action='{START}'] button") == ["Acme"]


def test_a_form_does_not_lead_to_another_site(anonymous: Client, issuer: Issuer) -> None:
    """The Content-Security-Policy would stop the browser there: a page of ours leads on."""
    page = anonymous.post(START)
    refresh = str(attribute(page, "meta[http-equiv=refresh]", "content"))
    assert (page.status_code, refresh.startswith(f"0;URL='{issuer.url}/authorize?")) == (200, True)


def test_a_known_person_comes_in_and_is_connected(anonymous: Client, dora: User, issuer: Issuer) -> None:
    assert come_by(anonymous).headers["Location"] == "/"
    assert signed_in_as(anonymous) == "dora@example.com"
    assert SocialAccount.objects.get().user == dora
    assert [row[:2] for row in rows()] == [("dora@example.com", "account.connect"), ("dora@example.com", "account.sign_in")]
    assert str(AuditEvent.objects.latest("id").after) == "socialaccount"


def test_it_leads_back_to_the_page_that_was_open(anonymous: Client, dora: User, issuer: Issuer) -> None:
    assert come_by(anonymous, next="/accounts/").headers["Location"] == "/accounts/"


def test_it_leads_to_our_own_pages_only(anonymous: Client, dora: User, issuer: Issuer) -> None:
    assert come_by(anonymous, next="https://evil.example/").headers["Location"] == "/"


def test_the_password_and_the_other_sign_ins_stay(anonymous: Client, dora: User, issuer: Issuer) -> None:
    other = Client()
    sign_in(other)
    come_by(anonymous)
    dora.refresh_from_db()
    assert (dora.check_password(PASSWORD), signed_in_as(other)) == (True, "dora@example.com")


def test_a_second_factor_is_asked_for_all_the_same(anonymous: Client, dora: User, issuer: Issuer) -> None:
    secret = with_app(dora)
    assert come_by(anonymous).headers["Location"] == "/accounts/2fa/authenticate/"
    assert signed_in_as(anonymous) is None
    anonymous.post("/accounts/2fa/authenticate/", {"code": code(secret)})
    assert signed_in_as(anonymous) == "dora@example.com"


def test_an_address_that_the_issuer_has_not_verified_opens_nothing(anonymous: Client, dora: User, issuer: Issuer) -> None:
    issuer.person["email_verified"] = False
    assert text(come_by(anonymous), "h1") == "Sign-up is closed"
    assert (signed_in_as(anonymous), SocialAccount.objects.count()) == (None, 0)


def test_an_unknown_person_is_told_that_sign_up_is_closed(anonymous: Client, dora: User, issuer: Issuer) -> None:
    issuer.person |= {"sub": "43", "email": "new@example.com"}
    assert text(come_by(anonymous), "h1") == "Sign-up is closed"
    assert User.objects.count() == 1


def invited(client: Client, workspace: Workspace, alice: User, email: str) -> None:
    scope = Scope(workspace=workspace, by=Actor("alice@example.com"), user=alice)
    _, token = invite(scope, Role.VIEWER, email, acting=Role.OWNER)
    session = client.session
    session[INVITATION_SESSION_KEY] = token
    session.save()


def test_with_an_invitation_an_unknown_person_comes_in(
    anonymous: Client, workspace: Workspace, alice: User, issuer: Issuer
) -> None:
    invited(anonymous, workspace, alice, "dora@example.com")
    assert come_by(anonymous).headers["Location"] == reverse("invitation")
    assert signed_in_as(anonymous) == "dora@example.com"
    assert not User.objects.get(email="dora@example.com").has_usable_password()


@pytest.mark.parametrize("change", [{"email": "other@example.com"}, {"email_verified": False}])
def test_an_invitation_is_for_its_own_verified_address(
    anonymous: Client, workspace: Workspace, alice: User, issuer: Issuer, change: dict[str, Any]
) -> None:
    invited(anonymous, workspace, alice, "dora@example.com")
    issuer.person |= change
    assert text(come_by(anonymous), "h1") == "Sign-up is closed"
    assert User.objects.count() == 1


def test_a_disabled_person_stays_out(anonymous: Client, dora: User, issuer: Issuer) -> None:
    User.objects.update(is_active=False)
    assert come_by(anonymous).headers["Location"] == reverse("account_inactive")
    assert signed_in_as(anonymous) is None


def test_an_answer_that_was_not_asked_for_is_refused(anonymous: Client, dora: User, issuer: Issuer) -> None:
    response = anonymous.get(f"{START}callback/?code=code-0&state=made-up", follow=True)
    assert text(response, "h1") == "Single sign-on failed"
    assert "/token" not in issuer.asked


def test_changing_ones_mind_is_no_failure(anonymous: Client, issuer: Issuer) -> None:
    state = re.findall(r"state=(\w+)", anonymous.post(START).content.decode())[0]
    response = anonymous.get(f"{START}callback/?error=access_denied&state={state}", follow=True)
    assert text(response, "h1") == "Single sign-on was cancelled"


def test_an_issuer_that_does_not_answer_is_told(anonymous: Client, settings: Settings, db: None) -> None:
    configured(settings, "http://127.0.0.1:1")
    response = anonymous.post(START)
    assert (response.status_code, text(response, "h1")) == (502, "Single sign-on cannot be reached")


def test_no_secret_is_stored_or_recorded(anonymous: Client, dora: User, issuer: Issuer) -> None:
    come_by(anonymous)
    kept = [*AuditEvent.objects.values_list(), *SocialAccount.objects.values_list(), dict(anonymous.session)]
    assert "canary" not in str(kept)
    assert SocialToken.objects.count() == 0


def test_what_is_connected_can_be_removed_by_who_has_a_password(anonymous: Client, dora: User, issuer: Issuer) -> None:
    come_by(anonymous)
    address = reverse("socialaccount_connections")
    page = anonymous.get(address)
    assert (texts(page, ".tabs [aria-current]"), texts(page, ".factor h2")) == (["Acme"], ["dora@example.com"])
    anonymous.post(address, {"account": value(page, "account")})
    assert SocialAccount.objects.count() == 0
    assert rows()[-1] == ("dora@example.com", "account.disconnect", "done")


def test_who_has_no_password_keeps_what_is_connected(anonymous: Client, dora: User, issuer: Issuer) -> None:
    dora.set_unusable_password()
    dora.save()
    come_by(anonymous)
    address = reverse("socialaccount_connections")
    page = anonymous.post(address, {"account": value(anonymous.get(address), "account")})
    assert (texts(page, ".alert"), SocialAccount.objects.count()) == (["Your account has no password set up."], 1)


def test_opening_the_address_asks_before_it_leads_there(anonymous: Client, issuer: Issuer) -> None:
    page = anonymous.get(START)
    assert (text(page, "h1"), texts(page, "main button")) == ("Acme", ["Continue"])


def test_connecting_another_account_needs_a_fresh_sign_in(anonymous: Client, dora: User, issuer: Issuer) -> None:
    sign_in(anonymous)
    grown_old(anonymous)
    issuer.person["email"] = "dora@elsewhere.example.com"
    assert come_by(anonymous, process="connect").headers["Location"].startswith("/accounts/reauthenticate/")
    assert SocialAccount.objects.count() == 0
    response = anonymous.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert (response.headers["Location"], SocialAccount.objects.get().user) == (reverse("socialaccount_connections"), dora)
