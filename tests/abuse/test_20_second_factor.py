"""Row 20: a code opens once, wherever it was used, and few may be tried.

Its first half, at the sign-in itself, is in tests/views/team/test_second_factor.py: a code and a recovery code used twice, and five wrong
ones. Here is what goes round that: other doors, other browsers, both at once.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from datasets_ui.models import User
from tests.abuse.test_17_fixation import DORA, dora
from tests.support.accounts import PASSWORD, code, codes_of, grown_old, sign_in, signed_in_as, with_app, wrong
from tests.support.stage import Answer, beside, text

__all__ = ["dora"]
STEP, AGAIN, APP = "/accounts/2fa/authenticate/", "/accounts/2fa/reauthenticate/", "/accounts/2fa/totp/activate/"
BLOCKED = ["Too many failed login attempts. Try again later."]


def half_way() -> Client:
    """After the password."""
    client = Client()
    sign_in(client)
    return client


def enter(client: Client, typed: str, door: str = STEP) -> Answer:
    return client.post(door, {"code": typed})


@pytest.mark.parametrize(("first", "second"), [(STEP, STEP), (STEP, AGAIN), (AGAIN, STEP)])
def test_a_code_that_opened_one_door_opens_no_other(dora: User, first: str, second: str) -> None:
    inside, outside, secret = half_way(), {}, with_app(dora)
    outside = {STEP: half_way(), AGAIN: inside}
    grown_old(inside)
    used = code(secret)
    assert enter(outside[first], used, first).status_code == 302
    again = half_way() if second == STEP else inside
    assert beside(enter(again, used, second), "code") == ["Incorrect code."]


def test_the_code_that_set_the_app_up_signs_nobody_in(dora: User) -> None:
    client = half_way()
    page: Answer = client.get(APP)
    used = code(text(page, "code.secret"))
    assert enter(client, used, APP).status_code == 302
    assert beside(enter(half_way(), used), "code") == ["Incorrect code."]


def test_wrong_codes_are_counted_for_the_person(dora: User) -> None:
    """Not for the browser, nor for the address: a new one of both for each try."""
    secret = with_app(dora)
    clients = [Client(REMOTE_ADDR=f"198.51.100.{number}") for number in range(6)]
    for client in clients:
        sign_in(client)
        answer = enter(client, wrong(secret))
    assert beside(answer, "code") == BLOCKED
    assert signed_in_as(clients[-1]) is None


def test_wrong_codes_are_limited_where_one_confirms_too(dora: User) -> None:
    inside, secret = half_way(), with_app(dora)
    grown_old(inside)
    for _ in range(5):
        enter(inside, wrong(secret), AGAIN)
    assert beside(enter(inside, code(secret), AGAIN), "code") == BLOCKED


def test_wrong_recovery_codes_count_as_well(dora: User) -> None:
    with_app(dora)
    [right, *_] = codes_of(dora)
    client = half_way()
    for _ in range(5):
        enter(client, "00000000")
    assert beside(enter(client, right), "code") == BLOCKED


def test_a_recovery_code_is_gone_in_every_browser(dora: User) -> None:
    with_app(dora)
    [used, *_] = codes_of(dora)
    clients = [half_way() for _ in range(2)]
    assert enter(clients[0], used).status_code == 302
    assert beside(enter(clients[1], used), "code") == ["Incorrect code."]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "recovery code"])
def test_of_two_at_once_one_code_lets_one_in(kind: str) -> None:
    user = User.objects.create_user(DORA, PASSWORD)
    secret = with_app(user)
    [recovery, *_] = codes_of(user)
    used = code(secret) if kind == "app" else recovery
    clients = [half_way() for _ in range(4)]

    def go(client: Client) -> int:
        try:
            return int(enter(client, used).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(go, clients)) == [200, 200, 200, 302]
    assert [signed_in_as(client) for client in clients].count(DORA) == 1
