"""Row 26: no cache mixes up pages and fragments, and none keeps them; what a browser keeps is seen in tests/e2e/test_abuse_13_csp.py."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.abuse.people import Things, answers
from tests.support.stage import HTMX, tree, url


@pytest.mark.parametrize("extra", [{}, HTMX], ids=["page", "fragment"])
def test_every_answer_tells_caches_about_htmx(people: dict[str, Client], things: Things, extra: dict[str, Any]) -> None:
    found = {what: answer.headers.get("Vary", "") for what, answer in answers(people, things, **extra)}
    assert {what: vary for what, vary in found.items() if "HX-Request" not in vary.split(", ")} == {}


def test_no_answer_may_be_kept(people: dict[str, Client], things: Things) -> None:
    """But for the words of scripts, which are the same for everybody."""
    found = {what: answer.headers.get("Cache-Control", "") for what, answer in answers(people, things)}
    assert {what for what, told in found.items() if "no-store" not in told} == {"anonymous words/", "owner words/"}


def test_one_address_gives_two_answers(owner: Client) -> None:
    page, fragment = owner.get(url("datasets")), owner.get(url("datasets"), **HTMX)
    assert (len(tree(page).css("html > head > title")), b"<title" in fragment.content) == (1, False)


def test_static_files_may_be_kept(settings: Settings, db: None) -> None:
    """They hold nothing of anybody's."""
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    response = Client().get("/static/js/app.js")
    response.close()
    assert "no-store" not in response.headers["Cache-Control"]
    assert "Set-Cookie" not in response.headers
