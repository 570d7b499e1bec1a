"""Signing in and out, passwords: allauth's pages in our look."""

import pytest
from django.test import Client
from django.urls import reverse

from datasets_ui.models import User
from tests.stage import text, texts

PASSWORD = "a long enough one"


@pytest.fixture
def dora(db: None) -> User:
    """Somebody with a password."""
    return User.objects.create_user("dora@example.com", PASSWORD)


def sign_in(client: Client, **changes: str) -> int:
    typed = {"login": "dora@example.com", "password": PASSWORD} | changes
    return client.post(reverse("account_login"), typed).status_code


def test_signing_in(anonymous: Client, dora: User) -> None:
    assert sign_in(anonymous) == 302
    assert anonymous.session["_auth_user_id"] == str(dora.pk)


def test_a_wrong_password_and_an_unknown_address_look_alike(anonymous: Client, dora: User) -> None:
    answers = [
        anonymous.post(reverse("account_login"), {"login": login, "password": "wrong"})
        for login in ("dora@example.com", "nobody@example.com")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    errors = [texts(answer, "[role=alert]") for answer in answers]
    assert errors[0] == errors[1] == ["The email address and/or password you specified are not correct."]


def test_guessing_is_slowed_down(anonymous: Client, dora: User) -> None:
    for _ in range(5):
        sign_in(anonymous, password="wrong")
    sign_in(anonymous)
    assert "_auth_user_id" not in anonymous.session


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"])
def test_signing_in_leads_to_our_own_pages_only(anonymous: Client, dora: User, target: str) -> None:
    typed = {"login": "dora@example.com", "password": PASSWORD, "next": target}
    response = anonymous.post(reverse("account_login"), typed)
    assert (response.status_code, response.headers["Location"]) == (302, "/")


def test_sign_up_is_closed(anonymous: Client) -> None:
    address = reverse("account_signup")
    made = anonymous.post(address, {"email": "x@example.com", "password1": PASSWORD})
    assert text(anonymous.get(address), "h1") == text(made, "h1") == "Sign-up is closed"
    assert User.objects.count() == 0


def test_signing_out(anonymous: Client, dora: User) -> None:
    anonymous.force_login(dora, backend="sesame.backends.ModelBackend")
    assert text(anonymous.get(reverse("account_logout")), "h1") == "Sign out"
    assert anonymous.post(reverse("account_logout")).headers["Location"] == reverse("account_login")
    assert "_auth_user_id" not in anonymous.session


def test_changing_the_password_signs_other_browsers_out(anonymous: Client, dora: User) -> None:
    other = Client()
    for client in (anonymous, other):
        client.force_login(dora, backend="sesame.backends.ModelBackend")
    typed = {"oldpassword": PASSWORD, "password1": "another long one", "password2": "another long one"}
    assert anonymous.post(reverse("account_change_password"), typed).status_code == 302
    dora.refresh_from_db()
    assert dora.check_password("another long one")
    assert other.get(reverse("account_change_password")).status_code == 302


PAGES = {
    "account_login": "Sign in",
    "account_logout": "Sign out",
    "account_change_password": "Change password",
    "account_reauthenticate": "Confirm your password",
}


@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_in_our_look(anonymous: Client, dora: User, name: str) -> None:
    if name != "account_login":
        anonymous.force_login(dora, backend="sesame.backends.ModelBackend")
    response = anonymous.get(reverse(name))
    assert (response.status_code, text(response, "h1")) == (200, PAGES[name])
    assert texts(response, ".plain-brand") == ["Dataset Dashboard"]


@pytest.mark.parametrize(
    "name",
    ["account_email", "account_inactive", "account_reset_password_done", "account_reset_password_from_key_done"],
)
def test_pages_that_are_rarely_seen_are_in_our_look_too(anonymous: Client, dora: User, name: str) -> None:
    anonymous.force_login(dora, backend="sesame.backends.ModelBackend")
    response = anonymous.get(reverse(name), follow=True)
    assert (response.status_code, texts(response, ".plain-brand")) == (200, ["Dataset Dashboard"])


def test_without_mail_a_password_reset_says_whom_to_ask(anonymous: Client) -> None:
    response = anonymous.get(reverse("account_reset_password"))
    assert (response.status_code, text(response, "h1")) == (404, "Passwords cannot be reset by mail")
