"""`manage.py users`: what the operator does for people."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from datasets_ui.models import User
from tests.conftest import person
from tests.support.accounts import PASSWORD, codes_of, factors, rows, sign_in, signed_in_as, with_app


@pytest.fixture
def dora(db: None) -> User:
    return person("dora@example.com", PASSWORD)


def users(*words: str) -> str:
    said = io.StringIO()
    call_command("users", *words, stdout=said)
    return said.getvalue()


def test_everybody_is_listed_with_what_protects_the_account(alice: User, dora: User) -> None:
    with_app(dora)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert users("list") == ("alice@example.com  disabled  no password\ndora@example.com  active  password, totp\n")


def test_a_disabled_person_is_out_and_can_be_let_in_again(anonymous: Client, dora: User) -> None:
    sign_in(anonymous)
    assert users("disable", "DORA@example.com") == "dora@example.com is disabled and signed out everywhere.\n"
    assert signed_in_as(anonymous) is None
    assert users("enable", "dora@example.com") == "dora@example.com may sign in again.\n"
    assert sign_in(anonymous).status_code == 302
    assert [row for row in rows() if row[0] == "operator"] == [
        ("operator", "account.sign_in_end", "done"),
        ("operator", "account.disable", "done"),
        ("operator", "account.enable", "done"),
    ]


def test_a_link_lets_somebody_in_once(anonymous: Client, dora: User) -> None:
    path = users("link", "dora@example.com").strip()
    token = path.removeprefix("/sign-in/?token=")
    assert anonymous.post("/sign-in/", {"token": token}).headers["Location"] == "/"
    assert signed_in_as(anonymous) == "dora@example.com"
    assert rows()[0] == ("operator", "account.link", "done")
    assert Client().post("/sign-in/", {"token": token}).status_code == 403


def test_a_disabled_person_gets_no_link(dora: User) -> None:
    users("disable", "dora@example.com")
    with pytest.raises(CommandError, match="is disabled"):
        users("link", "dora@example.com")


def test_a_lost_second_factor_is_removed(anonymous: Client, dora: User) -> None:
    with_app(dora)
    codes_of(dora)
    said = users("reset-second-factor", "dora@example.com")
    assert said.startswith("2 removed. dora@example.com signs in without a second factor")
    assert (factors(dora), rows()[-1]) == ([], ("operator", "account.factor_reset", "done"))
    assert sign_in(anonymous).headers["Location"] == "/"


def test_an_unknown_address_is_told(db: None) -> None:
    with pytest.raises(CommandError, match="Nobody has the address"):
        users("disable", "x@example.com")


def test_the_operator_vouches_for_an_address(db: None) -> None:
    """A person who came by an open invitation, or before addresses were confirmed."""
    User.objects.create_user("new@example.com", PASSWORD)
    assert users("list") == "new@example.com  active  password, address not confirmed\n"
    said = users("confirm", "new@example.com")
    assert said == "The address new@example.com is confirmed. What opens the account stays as it is.\n"
    assert users("list") == "new@example.com  active  password\n"
    assert rows() == [("operator", "account.confirm", "done")]
    with pytest.raises(CommandError, match="is confirmed already"):
        users("confirm", "new@example.com")
