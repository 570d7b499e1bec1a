"""Signing in and out, passwords, and the page about one's own account."""

from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from datasets_ui.models import AuditEvent, Membership, User, Workspace
from tests.conftest import signed_in
from tests.support.accounts import PASSWORD, grown_old, in_by_app, rows, sign_in, signed_in_as, with_app
from tests.support.stage import attribute, beside, text, texts, tree

NEW = "another long one"
CHANGE = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}


class CountingHasher(MD5PasswordHasher):
    """Django's own, which says how often it was at work."""

    runs = 0

    def encode(self, password: str, salt: Any) -> str:
        CountingHasher.runs += 1
        return super().encode(password, salt)


# --- signing in ---


def test_signing_in(anonymous: Client, dora: User) -> None:
    assert sign_in(anonymous).headers["Location"] == "/"
    assert signed_in_as(anonymous) == "dora@example.com"
    assert rows() == [("dora@example.com", "account.sign_in", "done")]
    assert str(AuditEvent.objects.get().after) == "password"


def test_a_wrong_password_and_an_unknown_address_look_alike(anonymous: Client, dora: User) -> None:
    answers = [sign_in(anonymous, login, "wrong") for login in ("dora@example.com", "nobody@example.com")]
    assert [answer.status_code for answer in answers] == [200, 200]
    errors = [texts(answer, "[role=alert]") for answer in answers]
    assert errors[0] == errors[1] == ["The email address and/or password you specified are not correct."]


def test_an_unknown_address_costs_the_server_as_much_as_a_known_one(anonymous: Client, settings: Settings, db: None) -> None:
    settings.PASSWORD_HASHERS = ["tests.views.team.test_accounts.CountingHasher"]
    User.objects.create_user("dora@example.com", PASSWORD)
    counted = []
    for login in ("dora@example.com", "nobody@example.com"):
        CountingHasher.runs = 0
        sign_in(anonymous, login, "wrong")
        counted.append(CountingHasher.runs)
    assert counted == [1, 1]


def test_a_failed_sign_in_is_recorded_without_the_password(anonymous: Client, dora: User) -> None:
    sign_in(anonymous, "x" * 300 + "@example.com", "wrong-canary")
    sign_in(anonymous, "nobody@example.com", "wrong-canary")
    event = AuditEvent.objects.latest("id")
    assert (event.actor, event.outcome, event.workspace_id) == ("nobody@example.com", "failed", None)
    assert "wrong-canary" not in str(list(AuditEvent.objects.values_list()))
    assert max(len(actor) for actor, _, _ in rows()) <= 254


def test_five_wrong_passwords_block_an_address_for_the_account(anonymous: Client, dora: User) -> None:
    for _ in range(5):
        sign_in(anonymous, password="wrong")
    blocked = sign_in(Client())
    assert texts(blocked, "[role=alert]") == ["Too many failed login attempts. Try again later."]
    assert signed_in_as(anonymous) is None


def test_an_address_may_fail_ten_times_a_minute(anonymous: Client, dora: User) -> None:
    for number in range(10):
        sign_in(anonymous, f"nobody{number}@example.com", "wrong")
    assert texts(sign_in(anonymous), "[role=alert]") == ["Too many failed login attempts. Try again later."]
    assert sign_in(Client(REMOTE_ADDR="198.51.100.7")).status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"])
def test_signing_in_leads_to_our_own_pages_only(anonymous: Client, dora: User, target: str) -> None:
    assert sign_in(anonymous, next=target).headers["Location"] == "/"


def test_signing_in_leads_back_to_the_page_that_was_open(anonymous: Client, dora: User) -> None:
    page = tree(anonymous.get("/accounts/login/?next=/w/acme/"))
    assert {field.attributes["value"] for field in page.css("form [name=next]")} == {"/w/acme/"}
    assert sign_in(anonymous, next="/w/acme/").headers["Location"] == "/w/acme/"


def test_the_session_is_another_one_after_signing_in(anonymous: Client, dora: User) -> None:
    anonymous.session.save()
    before = anonymous.session.session_key
    sign_in(anonymous)
    assert anonymous.session.session_key != before


def test_sign_up_is_closed(anonymous: Client) -> None:
    address = reverse("account_signup")
    made = anonymous.post(address, {"email": "x@example.com", "password1": PASSWORD})
    assert text(anonymous.get(address), "h1") == text(made, "h1") == "Sign-up is closed"
    assert User.objects.count() == 0


def test_a_disabled_account_cannot_come_in(anonymous: Client, dora: User) -> None:
    User.objects.update(is_active=False)
    response = sign_in(anonymous)
    assert response.headers["Location"] == reverse("account_inactive")
    assert text(anonymous.get(reverse("account_inactive")), "h1") == "Account disabled"
    assert signed_in_as(anonymous) is None


def test_signing_out(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    assert text(anonymous.get(reverse("account_logout")), "h1") == "Sign out"
    assert anonymous.post(reverse("account_logout")).headers["Location"] == reverse("account_login")
    assert (signed_in_as(anonymous), rows()[-1]) == (None, ("dora@example.com", "account.sign_out", "done"))


# --- passwords ---


def test_changing_the_password_ends_all_other_sessions(anonymous: Client, dora: User) -> None:
    other = Client()
    sign_in(anonymous)
    sign_in(other)
    assert anonymous.post(reverse("account_change_password"), CHANGE).status_code == 302
    assert (signed_in_as(anonymous), signed_in_as(other)) == ("dora@example.com", None)
    assert texts(anonymous.get(reverse("usersessions_list")), ".factor .badge") == ["this one"]
    assert rows()[-1] == ("dora@example.com", "account.password", "done")


def test_a_wrong_old_password_is_told_beside_its_field(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    response = anonymous.post(reverse("account_change_password"), CHANGE | {"oldpassword": "wrong"})
    assert beside(response, "oldpassword") == ["Please type your current password."]
    assert attribute(response, "#id_oldpassword", "aria-invalid") == "true"


def test_after_a_fresh_sign_in_by_link_a_password_can_be_set(by_link: Client) -> None:
    assert by_link.post(reverse("account_set_password"), {"password1": NEW, "password2": NEW}).status_code == 302
    assert User.objects.get(email="lina@example.com").check_password(NEW)
    assert [act for _, act, _ in rows()] == ["account.sign_in", "account.password"]


def test_an_old_one_does_not_set_a_password(by_link: Client) -> None:
    grown_old(by_link)
    response = by_link.post(reverse("account_set_password"), {"password1": NEW, "password2": NEW})
    assert response.headers["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Fpassword%2Fset%2F"
    assert NEW not in str(dict(by_link.session))
    assert not User.objects.get(email="lina@example.com").has_usable_password()


def test_who_has_nothing_to_confirm_with_is_told_to_sign_in_again(by_link: Client) -> None:
    response = by_link.get(reverse("account_reauthenticate"))
    assert (response.status_code, text(response, "h1")) == (403, "Sign in again")


def test_confirming_by_password_leads_back(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    grown_old(anonymous)
    before = anonymous.session.session_key
    response = anonymous.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/2fa/"})
    assert response.headers["Location"] == "/accounts/2fa/"
    assert anonymous.session.session_key != before
    assert anonymous.get(reverse("mfa_activate_totp")).status_code == 200


def test_an_old_sign_in_is_asked_again_by_every_means_there_is(anonymous: Client, dora: User) -> None:
    in_by_app(anonymous, dora)
    grown_old(anonymous)
    response = anonymous.get(reverse("mfa_deactivate_totp"))
    assert response.headers["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2F2fa%2Ftotp%2Fdeactivate%2F"
    page = anonymous.get(response.headers["Location"])
    assert texts(page, ".ways a") == ["Use your authenticator app or a recovery code"]


def test_a_reset_password_ends_all_sessions(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    dora.refresh_from_db()  # the key holds when they last signed in
    key = default_token_generator.make_token(dora)
    page = Client()
    form = page.get(f"/accounts/password/reset/key/{user_pk_to_url_str(dora)}-{key}/").headers["Location"]
    assert texts(page.get(form), "h1") == ["New password"]
    page.post(form, {"password1": NEW, "password2": NEW})
    assert (signed_in_as(anonymous), sign_in(page, password=NEW).status_code) == (None, 302)
    assert ("dora@example.com", "account.password", "done") in rows()


def test_without_mail_a_password_reset_says_whom_to_ask(anonymous: Client) -> None:
    response = anonymous.get(reverse("account_reset_password"))
    assert (response.status_code, text(response, "h1")) == (404, "Passwords cannot be reset by mail")
    assert mail.outbox == []


# --- the account ---


def test_the_overview_says_what_protects_the_account(workspace: Workspace, anonymous: Client, dora: User) -> None:
    Membership.objects.create(workspace=workspace, user=dora, role="editor")
    sign_in(anonymous)
    anonymous.post(reverse("account_change_password"), CHANGE)
    with_app(dora)
    assert texts(anonymous.get(reverse("account")), ".pairs dd") == [
        "dora@example.com",
        "Set, just now. Change",
        "Authenticator app. Manage",
        "1. See them",
        "Acme Editor",
    ]


def test_without_password_one_is_offered(by_link: Client) -> None:
    assert texts(by_link.get(reverse("account")), ".pairs dd")[1] == "None. Set a password"


def test_reading_pages_write_nothing(owner: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(10) as queries:
        owner.get(reverse("account"))
    assert [query["sql"] for query in queries.captured_queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))] == []


def test_a_client_that_was_put_in_is_signed_in(alice: User) -> None:
    assert signed_in_as(signed_in(alice)) == "alice@example.com"
