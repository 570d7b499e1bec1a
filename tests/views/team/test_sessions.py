"""How long a sign-in lasts, and the list of one's own."""

import time

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from datasets_ui.models import User
from tests.support.accounts import FIREFOX, rows, sign_in, signed_in_as
from tests.support.stage import texts

PAGE = "/accounts/sessions/"
HOUR, DAY = 3600, 24 * 3600


def shift(client: Client, **seconds: float) -> None:
    """As if it had happened so long ago: signed_in_at, seen_at."""
    session = client.session
    for name, ago in seconds.items():
        session[name] = time.time() - ago
    session.save()


@pytest.fixture
def here(anonymous: Client, dora: User) -> Client:
    sign_in(anonymous)
    return anonymous


@pytest.fixture
def elsewhere(here: Client) -> Client:
    """The same person in another browser, later."""
    client = Client(headers={"user-agent": FIREFOX}, REMOTE_ADDR="198.51.100.7")
    sign_in(client)
    return client


# --- limits ---


@pytest.mark.parametrize(("ago", "lives"), [(7.9 * HOUR, True), (8.1 * HOUR, False)])
def test_an_idle_session_ends(here: Client, ago: float, lives: bool) -> None:
    shift(here, seen_at=ago)
    assert (signed_in_as(here) is not None) is lives


@pytest.mark.parametrize(("ago", "lives"), [(6.9 * DAY, True), (7.1 * DAY, False)])
def test_a_session_ends_although_it_is_used(here: Client, ago: float, lives: bool) -> None:
    shift(here, signed_in_at=ago)
    assert (signed_in_as(here) is not None) is lives


def test_a_session_that_does_not_say_when_it_began_is_over(here: Client) -> None:
    session = here.session
    del session["signed_in_at"]
    session.save()
    assert signed_in_as(here) is None


def test_an_ended_session_is_gone_from_the_server(here: Client) -> None:
    key = str(here.session.session_key)
    shift(here, seen_at=9 * HOUR)
    here.get(PAGE)
    assert not here.session.exists(key)


def test_last_seen_is_written_every_five_minutes_at_most(here: Client) -> None:
    before = UserSession.objects.get().last_seen_at
    here.get(PAGE)
    assert UserSession.objects.get().last_seen_at == before
    shift(here, seen_at=301)
    here.get(PAGE)
    assert UserSession.objects.get().last_seen_at > before
    assert time.time() - here.session["seen_at"] < 60


def test_a_disabled_person_is_out_with_the_next_request(here: Client) -> None:
    User.objects.update(is_active=False)
    assert signed_in_as(here) is None


def test_a_session_of_before_signing_out_is_worth_nothing(here: Client) -> None:
    thief = Client()
    thief.cookies["session"] = here.cookies["session"].value
    assert signed_in_as(thief) == "dora@example.com"
    here.post(reverse("account_logout"))
    assert signed_in_as(thief) is None


# --- the list ---


def test_the_list_tells_device_address_and_which_is_this_one(here: Client, elsewhere: Client) -> None:
    page = elsewhere.get(PAGE)
    assert texts(page, ".factor h2") == ["Firefox on Linux this one", "Unknown device"]
    assert texts(page, ".factor p")[0] == "198.51.100.7. Signed in just now, last seen just now."
    assert texts(page, ".factor button") == ["Sign out Unknown device, 127.0.0.1"]


def test_one_can_be_ended(here: Client, elsewhere: Client) -> None:
    session = UserSession.objects.get(ip="198.51.100.7")
    assert here.post(f"{PAGE}{session.pk}/end/").headers["Location"] == PAGE
    assert (signed_in_as(elsewhere), signed_in_as(here)) == (None, "dora@example.com")
    assert rows()[-1] == ("dora@example.com", "account.sign_in_end", "done")


def test_all_others_can_be_ended(here: Client, elsewhere: Client) -> None:
    assert texts(here.get(PAGE), "main button.btn-danger") == ["Sign out everywhere else"]
    here.post(f"{PAGE}end-others/")
    assert (signed_in_as(elsewhere), texts(here.get(PAGE), ".factor .badge")) == (None, ["this one"])


def test_another_persons_cannot_be_ended(here: Client, owner: Client) -> None:
    session = UserSession.objects.get()
    assert owner.post(f"{PAGE}{session.pk}/end/").status_code == 404
    assert signed_in_as(here) == "dora@example.com"


def test_this_one_is_ended_by_signing_out_only(here: Client) -> None:
    assert here.post(f"{PAGE}{UserSession.objects.get().pk}/end/").status_code == 404
