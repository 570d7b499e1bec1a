"""M6: what works once works once for those too who come at the same moment: sign-in links, links of a password reset."""

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.test import Client
from sesame.utils import get_token

from datasets_ui.accounts import AccountAdapter
from datasets_ui.models import User
from tests.abuse.test_11_escalation import at_once
from tests.conftest import person
from tests.support.accounts import PASSWORD, rows, signed_in_as
from tests.support.stage import text

DORA = "dora@example.com"


@pytest.fixture
def dora(transactional_db: None) -> User:
    return person(DORA, PASSWORD)


@pytest.mark.parametrize("came_before", [True, False])
def test_of_twenty_with_one_sign_in_link_one_gets_in(dora: User, came_before: bool) -> None:
    if came_before:
        Client().post("/sign-in/", {"token": get_token(dora)})
        dora.refresh_from_db()
    token, clients = get_token(dora), [Client() for _ in range(20)]
    codes = at_once(20, lambda which: clients[which].post("/sign-in/", {"token": token}).status_code)
    assert sorted(codes) == [302, *[403] * 19]
    assert [signed_in_as(client) for client in clients].count(DORA) == 1


def test_of_eight_with_one_link_of_a_reset_one_sets_the_password(dora: User) -> None:
    """The others are told that theirs was not set."""
    path = f"/accounts/password/reset/key/{user_pk_to_url_str(dora)}-{default_token_generator.make_token(dora)}/"
    clients = [Client(REMOTE_ADDR=f"198.51.100.{number}") for number in range(8)]
    forms = [client.get(path).headers["Location"] for client in clients]

    def new(which: int) -> str:
        return f"another long enough one {which}"

    answers = at_once(8, lambda which: clients[which].post(forms[which], {"password1": new(which), "password2": new(which)}))
    [winner] = [which for which, answer in enumerate(answers) if answer.status_code == 302]
    dora.refresh_from_db()
    assert dora.check_password(new(winner))
    said = {text(answer, "main") for which, answer in enumerate(answers) if which != winner}
    assert all("was set at the same moment" in one or "This link" in one for one in said), said
    assert rows().count((DORA, "account.password", "done")) == 1


def test_setting_a_password_brings_no_disabled_account_back(dora: User) -> None:
    """Nothing but the password is written, or an account that the operator disabled meanwhile would be enabled again."""
    stale = User.objects.get(pk=dora.pk)
    User.objects.filter(pk=dora.pk).update(is_active=False)
    AccountAdapter().set_password(stale, "another long enough one")
    dora.refresh_from_db()
    assert (dora.is_active, dora.check_password("another long enough one")) == (False, True)
