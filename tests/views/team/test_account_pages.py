"""Every page of allauth: in our look, or not offered."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from datasets_ui.models import User
from tests.support.accounts import in_by_app
from tests.support.stage import text, texts

PATHS = {"pk": "1", "provider_id": "sso", "key": "x", "uidb36": "1", "rest": "x"}
# what a person who is signed in and has an authenticator app gets there
TITLES = {
    "account": "Overview",
    "account_logout": "Sign out",
    "account_inactive": "Account disabled",
    "account_signup": None,
    "account_login": None,
    "account_reauthenticate": "Confirm that it is you",
    "account_change_password": "Change password",
    "account_set_password": None,
    "account_reset_password": "Passwords cannot be reset by mail",
    "account_reset_password_done": "Look into your mail",
    "account_reset_password_from_key": "New password",
    "account_reset_password_from_key_done": "Password set",
    "mfa_index": "Second factor",
    "mfa_authenticate": None,
    "mfa_reauthenticate": "Confirm that it is you",
    "mfa_activate_totp": None,
    "mfa_deactivate_totp": "Remove the authenticator app?",
    "mfa_view_recovery_codes": "Not found",
    "mfa_download_recovery_codes": "Not found",
    "mfa_generate_recovery_codes": "Make new recovery codes?",
    "mfa_list_webauthn": "Passkeys",
    "mfa_add_webauthn": "Add a passkey",
    "mfa_login_webauthn": None,
    "mfa_reauthenticate_webauthn": None,
    "mfa_edit_webauthn": "Not found",
    "mfa_remove_webauthn": "Not found",
    "usersessions_list": "Sign-ins",
    "sign-in-end": "Not a page",
    "sign-ins-end": "Not a page",
    "openid_connect_login": "Not found",
    "openid_connect_callback": "Not found",
    "socialaccount_login_cancelled": "Single sign-on was cancelled",
    "socialaccount_login_error": "Single sign-on failed",
    "socialaccount_connections": "Not found",
}
NOT_OFFERED = {
    "account_email",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
    "socialaccount_signup",
}


def addresses(
    found: list[URLPattern | URLResolver], before: str = "", names: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for pattern in found:
        path, inside = before + str(pattern.pattern), (*names, *named(pattern))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, path, inside)
        elif pattern.name and path.startswith("accounts/"):
            yield pattern.name, inside


def named(pattern: URLPattern | URLResolver) -> tuple[str, ...]:
    return (*pattern.pattern.converters, *getattr(getattr(pattern.pattern, "regex", None), "groupindex", {}))


ALL = dict(addresses(get_resolver().url_patterns))


def address(name: str) -> str:
    return reverse(name, kwargs={argument: PATHS[argument] for argument in dict.fromkeys(ALL[name])})


@pytest.fixture
def page(anonymous: Client, dora: User) -> Client:
    in_by_app(anonymous, dora)
    return anonymous


def test_the_table_names_every_page() -> None:
    assert set(ALL) == set(TITLES) | NOT_OFFERED


@pytest.mark.parametrize("name", [name for name, title in TITLES.items() if title])
def test_each_page_is_in_our_look(page: Client, name: str) -> None:
    response = page.get(address(name))
    if name == "account_reset_password_from_key":
        response = page.get(address(name), follow=True)
    assert (text(response, "h1"), texts(response, ".plain-brand")) == (TITLES[name], ["Dataset Dashboard"])


@pytest.mark.parametrize("name", [name for name, title in TITLES.items() if not title])
def test_a_page_that_has_nothing_to_do_leads_on(page: Client, name: str) -> None:
    response = page.get(address(name), follow=True)
    assert response.redirect_chain != []


@pytest.mark.parametrize("name", sorted(NOT_OFFERED))
def test_what_does_not_belong_to_closed_sign_up_is_not_offered(page: Client, name: str) -> None:
    response = page.get(address(name))
    assert (response.status_code, text(response, "h1")) == (404, "Not found")


@pytest.mark.parametrize("name", [name for name in TITLES if name != "account_logout"])
def test_no_page_has_an_inline_script_or_style(page: Client, name: str) -> None:
    response = page.get(address(name), follow=True)
    assert texts(response, "script:not([src]):not([type='application/json'])") == texts(response, "style, [style]") == []


@pytest.mark.parametrize(
    "name",
    [
        "account",
        "usersessions_list",
        "mfa_index",
        "mfa_add_webauthn",
        "account_set_password",
        "account_reauthenticate",
        "socialaccount_connections",
    ],
)
def test_a_stranger_is_led_to_sign_in(anonymous: Client, name: str) -> None:
    response = anonymous.get(address(name))
    assert response.headers["Location"].startswith(reverse("account_login"))


def test_the_tabs_say_where_one_is(page: Client) -> None:
    assert texts(page.get(address("mfa_add_webauthn")), ".tabs [aria-current]") == ["Second factor"]
    assert texts(page.get(address("account")), ".tabs a") == ["Overview", "Password", "Second factor", "Sign-ins"]
