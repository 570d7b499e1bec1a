"""M3: while Redis is away pages are as on a cache miss, what was written is reported as written, and limits close the door.

A port at which nobody listens, and one at which nobody answers.
"""

import time
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from dashboard import stores
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import Revision, User
from datasets_ui.services.cached import shared
from datasets_ui.services.caches import Forgiving, page_cache
from tests.dify.fault_server import closed_port
from tests.faults.support import Wire
from tests.support.accounts import PASSWORD
from tests.support.stage import HTMX, document, segments, texts, url


@pytest.fixture(params=["refused", "silent"])
def redis_away(request: pytest.FixtureRequest, settings: Settings) -> Iterator[dict[str, dict[str, str]]]:
    """The caches that there were before."""
    before = settings.CACHES
    with Wire(closed_port()) as wire:
        wire.silence()
        port = wire.port if request.param == "silent" else closed_port()
        settings.CACHES = stores.caches(f"redis://127.0.0.1:{port}/0")
        yield before
        Forgiving.away_until = 0.0


def test_pages_work(owner: Client, dify: DifyClient, handbook: Dataset, redis_away: None) -> None:
    made = document(dify, handbook.id)
    [segment] = segments(dify, handbook.id, made.id)
    pages = [
        url("datasets"),
        url("documents", handbook.id),
        url("segments", handbook.id, made.id),
        url("jobs"),
        url("segments-overview", handbook.id, made.id),
        url("segment-edit", handbook.id, made.id, segment.id),
        url("retrieval", handbook.id, query="leave"),
        f"{url('documents-progress', handbook.id)}?ids={made.id}",
    ]
    statuses = {page: owner.get(page).status_code for page in pages}
    assert {page for page, status in statuses.items() if status not in {200, 286}} == set()


def test_what_was_written_is_reported_as_written(editor: Client, dify: DifyClient, handbook: Dataset, redis_away: None) -> None:
    made = document(dify, handbook.id)
    [segment] = segments(dify, handbook.id, made.id)
    place = (handbook.id, made.id, segment.id)
    answers = [editor.post(url("segment-enable", *place), {"enabled": "0"}), editor.post(url("segment-delete", *place))]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert [revision.outcome for revision in Revision.objects.order_by("pk")] == ["done", "done"]
    assert segments(dify, handbook.id, made.id) == []


def test_nobody_waits_for_it_on_every_page(owner: Client, handbook: Dataset, redis_away: None) -> None:
    """One try, then none for some seconds."""
    owner.get(url("documents", handbook.id))
    began = time.monotonic()
    for number in range(1_000):
        page_cache.set(str(number), "x")
    assert (page_cache.is_away, page_cache.get("1"), time.monotonic() - began < 0.5) == (True, None, True)


def test_it_is_tried_again_later(db: None, redis_away: dict[str, dict[str, str]], settings: Settings) -> None:
    page_cache.set("a", "x")
    Forgiving.away_until = time.monotonic()
    settings.CACHES = redis_away
    page_cache.set("a", "x")
    assert (page_cache.get("a"), page_cache.is_away) == ("x", False)


def test_each_fetches_for_itself(redis_away: None) -> None:
    """Nobody waits for a flight that nobody can see."""
    assert [shared("a", lambda: "fetched") for _ in range(2)] == ["fetched"] * 2


@pytest.mark.parametrize("extra", [{}, HTMX])
def test_the_door_is_closed_with_a_sentence(anonymous: Client, alice: User, redis_away: None, extra: dict[str, str]) -> None:
    """Tries at passwords cannot be counted."""
    anonymous.raise_request_exception = False
    form = {"login": alice.email, "password": PASSWORD}
    answer = anonymous.post("/accounts/login/", form, **extra)  # type: ignore[arg-type]  # of any kind, on purpose
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "does not answer" in answer.text


@pytest.mark.urls("tests.views.broken_urls")
def test_a_failure_after_a_form_promises_nothing(anonymous: Client) -> None:
    anonymous.raise_request_exception = False
    [said, *_] = texts(anonymous.post("/"), "main p")
    assert said.endswith("It is not known whether what you sent was done: look before you try again.")
