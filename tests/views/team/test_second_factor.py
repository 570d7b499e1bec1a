"""Authenticator apps and recovery codes. Passkeys are tested in a browser: tests/e2e/test_accounts.py."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings
from sesame.utils import get_token

from datasets_ui.crypto import new_key
from datasets_ui.models import AuditEvent, User
from tests.support.accounts import code, codes_of, factors, grown_old, in_by_app, rows, sign_in, signed_in_as, with_app, wrong
from tests.support.stage import Answer, attribute, beside, text, texts

STEP = "/accounts/2fa/authenticate/"
APP = "/accounts/2fa/totp/activate/"
CODES = "/accounts/2fa/recovery-codes/"


def enter(client: Client, typed: str) -> Answer:
    return client.post(STEP, {"code": typed})


@pytest.fixture
def secret(dora: User) -> str:
    """Of Dora's authenticator app."""
    return with_app(dora)


# --- setting up ---


def test_an_app_is_set_up_with_its_first_code(
    anonymous: Client, dora: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    sign_in(anonymous)
    page = anonymous.get(APP)
    assert str(attribute(page, "img.qr", "src")).startswith("data:image/svg+xml;base64,")
    with django_capture_on_commit_callbacks(execute=True):
        response = anonymous.post(APP, {"code": code(text(page, "code.secret"))})
    assert (response.headers["Location"], factors(dora)) == (CODES, ["totp", "recovery_codes"])
    assert [act for _, act, _ in rows()] == ["account.sign_in", "account.factor_add", "account.codes_create"]


def test_the_code_that_sets_the_app_up_does_not_sign_in_as_well(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    used = code(text(anonymous.get(APP), "code.secret"))
    anonymous.post(APP, {"code": used})
    other = Client()
    sign_in(other)
    assert beside(enter(other, used), "code") == ["Incorrect code."]


def test_the_code_has_to_be_right(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    response = anonymous.post(APP, {"code": wrong(text(anonymous.get(APP), "code.secret"))})
    assert (beside(response, "code"), factors(dora)) == (["Incorrect code."], [])


def test_the_app_names_us_and_the_person(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    link = anonymous.get(APP).context["totp_url"]
    assert link.startswith("otpauth://totp/dora%40example.com?secret=")
    assert link.endswith("&issuer=Dataset%20Dashboard")


def test_an_old_sign_in_does_not_set_up_an_app(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    grown_old(anonymous)
    assert anonymous.get(APP).headers["Location"].startswith("/accounts/reauthenticate/")


def test_nor_one_that_has_nothing_to_confirm_with(by_link: Client) -> None:
    grown_old(by_link)
    for response in (by_link.get(APP), by_link.post(APP, {"code": "123456"})):
        assert response.headers["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2F2fa%2Ftotp%2Factivate%2F"
    assert Authenticator.objects.count() == 0


def test_secrets_are_stored_encrypted(dora: User, secret: str) -> None:
    codes_of(dora)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert '"seed": "' not in stored


def test_without_the_operators_key_the_page_says_so(anonymous: Client, dora: User, secret: str, settings: Settings) -> None:
    settings.KEY_ENCRYPTING_KEYS = [new_key()]
    sign_in(anonymous)
    response = enter(anonymous, "123456")
    assert (response.status_code, text(response, "h1")) == (503, "Keys locked")


def test_an_older_key_of_the_list_still_opens(anonymous: Client, dora: User, secret: str, settings: Settings) -> None:
    settings.KEY_ENCRYPTING_KEYS = [new_key(), *settings.KEY_ENCRYPTING_KEYS]
    sign_in(anonymous)
    assert enter(anonymous, code(secret)).headers["Location"] == "/"


# --- signing in ---


def test_after_the_password_the_code_is_asked_for(anonymous: Client, dora: User, secret: str) -> None:
    assert sign_in(anonymous).headers["Location"] == STEP
    assert signed_in_as(anonymous) is None
    before = anonymous.session.session_key
    assert enter(anonymous, code(secret)).headers["Location"] == "/"
    assert signed_in_as(anonymous) == "dora@example.com"
    assert anonymous.session.session_key != before
    assert str(AuditEvent.objects.latest("id").after) == "password, totp"


def test_after_a_link_too(anonymous: Client, dora: User, secret: str) -> None:
    assert anonymous.post("/sign-in/", {"token": get_token(dora)}).headers["Location"] == STEP
    assert signed_in_as(anonymous) is None


def test_a_link_for_somebody_else_asks_for_their_second_factor(owner: Client, dora: User, secret: str) -> None:
    assert owner.post("/sign-in/", {"token": get_token(dora)}).headers["Location"] == STEP
    assert enter(owner, code(secret)).headers["Location"] == "/"
    assert signed_in_as(owner) == "dora@example.com"


def test_a_wrong_code_is_refused_and_recorded(anonymous: Client, dora: User, secret: str) -> None:
    sign_in(anonymous)
    assert beside(enter(anonymous, wrong(secret)), "code") == ["Incorrect code."]
    assert (signed_in_as(anonymous), rows()[-1]) == (None, ("dora@example.com", "account.sign_in", "failed"))


def test_a_code_works_once(anonymous: Client, dora: User, secret: str) -> None:
    used, other = code(secret), Client()
    sign_in(anonymous)
    enter(anonymous, used)
    sign_in(other)
    assert beside(enter(other, used), "code") == ["Incorrect code."]
    assert signed_in_as(other) is None


def test_a_recovery_code_works_once(anonymous: Client, dora: User, secret: str) -> None:
    [used, *_], other = codes_of(dora), Client()
    sign_in(anonymous)
    assert enter(anonymous, used).headers["Location"] == "/"
    sign_in(other)
    assert beside(enter(other, used), "code") == ["Incorrect code."]


def test_after_five_wrong_codes_the_right_one_does_not_help(anonymous: Client, dora: User, secret: str) -> None:
    sign_in(anonymous)
    for _ in range(5):
        enter(anonymous, wrong(secret))
    assert beside(enter(anonymous, code(secret)), "code") == ["Too many failed login attempts. Try again later."]
    assert signed_in_as(anonymous) is None


def test_leaving_half_way_leads_to_the_beginning(anonymous: Client, dora: User, secret: str) -> None:
    sign_in(anonymous)
    assert anonymous.post("/accounts/logout/", {"next": "/accounts/login/"}).headers["Location"] == "/accounts/login/"
    assert anonymous.get(STEP).headers["Location"] == "/accounts/login/"


# --- confirming and removing ---


def test_a_code_confirms_and_leads_back(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    secret = with_app(dora)
    grown_old(anonymous)
    response = anonymous.post("/accounts/2fa/reauthenticate/", {"code": code(secret), "next": CODES})
    assert response.headers["Location"] == CODES


def test_confirming_leads_to_our_own_pages_only(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    secret = with_app(dora)
    response = anonymous.post("/accounts/2fa/reauthenticate/", {"code": code(secret), "next": "https://evil.example/"})
    assert response.headers["Location"] == "/"


def test_removing_the_app_is_recorded(anonymous: Client, dora: User) -> None:
    in_by_app(anonymous, dora)
    assert anonymous.post("/accounts/2fa/totp/deactivate/").headers["Location"] == "/accounts/2fa/"
    assert (factors(dora), rows()[-1]) == ([], ("dora@example.com", "account.factor_remove", "done"))


def test_recovery_codes_are_shown_to_take_along(anonymous: Client, dora: User) -> None:
    in_by_app(anonymous, dora)
    codes = codes_of(dora)
    page = anonymous.get(CODES)
    assert texts(page, "textarea") == [" ".join(codes)]
    assert "10 of 10 are left" in text(page, "main .card")
    file = anonymous.get(f"{CODES}download/")
    assert file.headers["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert set(codes) <= set(file.content.decode().split())
    assert [act for _, act, _ in rows()][-2:] == ["account.codes_view", "account.codes_view"]


def test_looking_at_recovery_codes_needs_a_fresh_sign_in(anonymous: Client, dora: User) -> None:
    in_by_app(anonymous, dora)
    codes_of(dora)
    grown_old(anonymous)
    assert anonymous.get(CODES).headers["Location"].startswith("/accounts/reauthenticate/")
    assert "account.codes_view" not in [act for _, act, _ in rows()]


def test_new_recovery_codes_put_the_old_ones_out_of_use(
    anonymous: Client, dora: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    in_by_app(anonymous, dora)
    old = codes_of(dora)
    assert "The 10 codes that you have now stop working." in text(anonymous.get(f"{CODES}generate/"), "main .card")
    with django_capture_on_commit_callbacks(execute=True):
        anonymous.post(f"{CODES}generate/")
    assert not set(old) & set(codes_of(dora))
    assert ("dora@example.com", "account.codes_create", "done") in rows()
