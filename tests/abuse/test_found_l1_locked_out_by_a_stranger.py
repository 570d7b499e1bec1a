"""L1: a stranger's wrong passwords lock himself out and nobody else; guesses for one account that come from everywhere end as well."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from datasets_ui.models import User
from tests.conftest import person
from tests.support.accounts import PASSWORD, sign_in, with_app
from tests.support.stage import Answer, texts

BLOCKED = ["Too many failed login attempts. Try again later."]
WRONG = ["The email address and/or password you specified are not correct."]


@pytest.fixture
def dora(db: None) -> User:
    return person("dora@example.com", PASSWORD)


def said(answer: Answer) -> list[str]:
    return texts(answer, "[role=alert]")


def from_(number: int) -> Client:
    return Client(REMOTE_ADDR=f"198.18.{number // 250}.{number % 250 + 1}")


def test_a_stranger_locks_himself_out_alone(dora: User) -> None:
    stranger = from_(1)
    answers = [said(sign_in(stranger, password="wrong")) for _ in range(7)]
    assert answers == [WRONG] * 5 + [BLOCKED] * 2
    assert (said(sign_in(stranger)), sign_in(from_(2)).status_code) == (BLOCKED, 302)


def test_other_spellings_of_the_address_give_no_further_tries(dora: User) -> None:
    answers = [said(sign_in(from_(1), name, "wrong")) for name in ("dora@example.com", "Dora@Example.com") for _ in range(3)]
    assert answers[5] == BLOCKED


def test_neighbours_in_one_network_of_ipv6_are_one_address(dora: User) -> None:
    """Whoever has one has 18 trillion."""
    answers = [said(sign_in(Client(REMOTE_ADDR=f"2001:db8::{number}"), password="wrong")) for number in range(1, 7)]
    assert answers[5] == BLOCKED


def test_guesses_from_everywhere_are_counted_for_the_account(dora: User) -> None:
    """100 in five minutes, whether somebody has the account or not."""
    for email in (dora.email, "nobody@example.com"):
        answers = [said(sign_in(from_(number), email, "wrong")) for number in range(101)]
        assert answers == [WRONG] * 100 + [BLOCKED]
    assert said(sign_in(from_(200))) == BLOCKED


def test_right_passwords_are_not_counted(dora: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"account_failed": "3/5m/key"}
    assert [sign_in(from_(number)).status_code for number in range(6)] == [302] * 6


def test_whoever_is_in_confirms_from_where_he_is(dora: User) -> None:
    """Being asked again counts in the same way."""
    with_app(dora)
    inside = from_(1)
    inside.force_login(dora, backend="sesame.backends.ModelBackend")
    stranger = from_(2)
    for _ in range(6):
        sign_in(stranger, password="wrong")
    assert inside.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/"}).status_code == 302
