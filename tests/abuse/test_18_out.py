"""Row 18: whoever is put out is out with the next request, in every browser. There are no server-sent events; that a job stops
before its next call when its maker is out is in tests/services/jobs/test_control.py."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from datasets_ui.models import Membership, Role, User, Workspace
from tests.abuse.test_17_fixation import DORA, dora, thief_of
from tests.support.accounts import PASSWORD, sign_in, signed_in_as
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Calls, url

__all__ = ["dora"]
NEW = {"oldpassword": PASSWORD, "password1": "another long one", "password2": "another long one"}


@pytest.fixture
def browsers(anonymous: Client, workspace: Workspace, dora: User) -> list[Client]:
    """Dora's three, and one of somebody who has copied the first one's cookie; she is an editor of Acme."""
    Membership.objects.create(workspace=workspace, user=dora, role=Role.EDITOR)
    found = [Client() for _ in range(3)]
    for browser in found:
        sign_in(browser)
    return [*found, thief_of(found[0])]


def inside(browsers: list[Client]) -> list[bool]:
    return [signed_in_as(browser) == DORA for browser in browsers]


def signing_out(browser: Client) -> None:
    browser.post(reverse("account_logout"))


def ending_the_others(browser: Client) -> None:
    browser.post(reverse("sign-ins-end"))


def another_password(browser: Client) -> None:
    assert browser.post(reverse("account_change_password"), NEW).status_code == 302


def from_the_shell(*words: str) -> Callable[[Client], None]:
    def run(browser: Client) -> None:
        call_command(*words, stdout=StringIO())

    return run


def disabled_in_the_database(browser: Client) -> None:
    User.objects.filter(email=DORA).update(is_active=False)


@pytest.mark.parametrize(
    ("act", "left"),
    [
        (signing_out, [False, True, True, False]),
        (ending_the_others, [True, False, False, True]),  # a copied cookie is the same session
        (another_password, [True, False, False, False]),
        (from_the_shell("users", "disable", DORA), [False] * 4),
        (from_the_shell("users", "reset-second-factor", DORA), [False] * 4),
        (disabled_in_the_database, [False] * 4),
    ],
)
def test_who_is_out_is_out_with_the_next_request(
    browsers: list[Client], act: Callable[[Client], None], left: list[bool]
) -> None:
    assert inside(browsers) == [True] * 4
    act(browsers[0])
    assert inside(browsers) == left


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_removed_member_reaches_nothing_more(browsers: list[Client], sandbox: SandboxProcess, method: str) -> None:
    Membership.objects.filter(user__email=DORA).delete()
    calls = Calls(sandbox)
    assert {browser.generic(method, url("new-dataset")).status_code for browser in browsers} == {404}
    assert calls.seen() == []


def test_a_disabled_person_reaches_nothing_more(browsers: list[Client], sandbox: SandboxProcess) -> None:
    disabled_in_the_database(browsers[0])
    calls = Calls(sandbox)
    form = {"name": "Fresh", "permission": "only_me", "indexing_technique": "economy"}
    assert {browser.post(url("new-dataset"), form).status_code for browser in browsers} == {302}
    assert calls.seen() == []


def test_nothing_of_an_ended_session_stays_on_the_server(browsers: list[Client]) -> None:
    key = browsers[0].cookies["session"].value
    signing_out(browsers[0])
    assert not Session.objects.filter(session_key=key).exists()
