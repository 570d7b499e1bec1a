"""The filters that templates need."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.urls import NoReverseMatch
from django.utils.formats import date_format, time_format
from django.utils.timesince import timesince
from selectolax.lexbor import LexborHTMLParser

from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.models import Revision
from datasets_ui.templatetags.changes import MOST_PIECES, against, changes, near
from datasets_ui.templatetags.numbers import count
from datasets_ui.templatetags.states import known_state, state_of
from datasets_ui.templatetags.ui import (
    extension,
    highlight,
    lasting,
    percent,
    technique,
    when,
)
from tests.support.stage import UNKNOWN

WHOLE = [("gone", "Paid leave"), ("new", "Paid work")]


def row(**changes: object) -> Document:
    return Document.model_validate({"id": UNKNOWN, "name": "a.txt"} | changes)


@pytest.mark.parametrize("seconds", [None, 0, 1e12, 1.7e15, -1e15, 1e300])
def test_a_time_that_is_none_is_a_dash(seconds: float | None) -> None:
    assert when(seconds) == "—"


def test_a_time_is_relative_with_the_exact_one_in_its_title() -> None:
    assert when(time.time() - 7200).endswith(">2\xa0hours ago</time>")
    assert 'title="14 Nov 2023 22:13:20 UTC"' in when(1_700_000_000)


@pytest.mark.parametrize("step", [61, 3_599, 86_399, 604_801, 2_419_200, 2_678_399, 31_535_999])
def test_an_age_is_worded_as_django_does(step: int) -> None:
    for number in range(1, 120):
        moment = datetime.now(UTC) - timedelta(seconds=step * number)
        words = timesince(moment).split(",")[0]
        assert when(moment).endswith(f">{words} ago</time>")


@pytest.mark.parametrize("ago", [0, 5, -3600])
def test_a_time_of_now_or_ahead_is_just_now(ago: float) -> None:
    assert when(time.time() - ago).endswith(">just now</time>")


@pytest.mark.parametrize(("number", "shown"), [(None, "—"), (0, "0"), (1234567, "1,234,567")])
def test_a_count_has_separators(number: int | None, shown: str) -> None:
    assert count(number) == shown


@pytest.mark.parametrize(("name", "shown"), [("a.PDF", "pdf"), ("a.markdown", "mark"), ("Notes", "txt"), ("a.b.csv", "csv")])
def test_the_kind_of_a_file(name: str, shown: str) -> None:
    assert extension(name) == shown


@pytest.mark.parametrize(
    ("fields", "word", "look"),
    [
        ({"display_status": "available"}, "Available", "ok"),
        ({"display_status": "error"}, "Failed", "fail"),
        ({"display_status": "queuing"}, "Queued", "off"),
        ({"display_status": "archived"}, "Archived", "off"),
        ({"indexing_status": "completed"}, "Available", "ok"),
        ({"display_status": "of_tomorrow"}, "Of tomorrow", "run"),
        ({}, "", "run"),
    ],
)
def test_a_state_is_an_icon_and_a_word(fields: dict[str, str], word: str, look: str) -> None:
    [shown] = LexborHTMLParser(state_of(row(**fields))).css(f".state-{look}")
    assert (shown.text().strip(), len(shown.css("svg"))) == (word, 1)


def test_a_state_that_only_the_server_knows_is_not_kept() -> None:
    kept = known_state.cache_info().currsize
    assert "Thawing out" in state_of(row(indexing_status="thawing_out"))
    assert known_state.cache_info().currsize == kept


@pytest.mark.parametrize(("value", "word"), [("high_quality", "High quality"), ("economy", "Economy"), (None, "Not set")])
def test_a_technique_in_words(value: str | None, word: str) -> None:
    assert technique(Dataset(id=UNKNOWN, name="a", indexing_technique=value)) == word


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(1, 4, 25), (None, 4, 0), (5, 4, 100), (-1, 4, 0), (1, 0, 0), (0.876, 1, 88)]
)
def test_a_part_in_percent(part: float | None, whole: float, shown: int) -> None:
    assert percent(part, whole) == shown


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Leave <b>", "", "Leave &lt;b&gt;"),
        ("Leave leave", "LEAVE", "<mark>Leave</mark> <mark>leave</mark>"),
        ("a<b", "<", "a<mark>&lt;</mark>b"),
        ("<script>", "script", "&lt;<mark>script</mark>&gt;"),
        ("nothing", "x", "nothing"),
        ("İstanbul & bul", "bul", "İstan<mark>bul</mark> &amp; <mark>bul</mark>"),
        ("aaa", "aa", "<mark>aa</mark>a"),
    ],
)
def test_what_was_searched_is_marked_and_the_rest_escaped(text: str, query: str, marked: str) -> None:
    assert highlight(text, query) == marked


def test_many_matches_in_a_long_text_take_no_time() -> None:
    began = time.process_time()
    assert highlight("ab" * 50_000, "A").count("<mark>") == 50_000
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "less than a minute"),
        (20, "less than a minute"),
        (70, "about 1 minute"),
        (3000, "about 50 minutes"),
        (7300, "about 2 hours"),
    ],
)
def test_a_time_to_come_is_rough(seconds: int | None, shown: str) -> None:
    assert lasting(seconds) == shown


def test_of_a_text_in_pieces_only_what_is_near_the_changes_is_shown() -> None:
    long = "x" * 100 + "y" * 200
    pieces = near([("same", long), ("gone", "a"), ("same", long), ("new", "b"), ("same", "end")])
    shown = [(" … " + "y" * 80), "a", "x" * 80 + " … " + "y" * 80, "b", "end"]
    assert [text for _, text in pieces] == shown


def test_of_two_texts_what_is_near_the_changes_is_shown() -> None:
    """What stays at the ends, and between two changes that lie far apart."""
    long = "x" * 300
    pieces = against(f"{long} one {long} two {long}", f"{long} One {long} Two {long}")
    kept = [(" … " + "x" * 79 + " "), (" " + "x" * 79 + " … " + "x" * 79 + " "), (" " + "x" * 79 + " … ")]
    assert [text for _, text in pieces] == [kept[0], "one", "One", kept[1], "two", "Two", kept[2]]


@pytest.mark.parametrize(("seconds", "pieces"), [(60, [("same", "Paid "), ("gone", "leave"), ("new", "work")]), (-1, WHOLE)])
def test_a_page_compares_for_some_seconds(seconds: float, pieces: list[tuple[str, str]]) -> None:
    """What comes after that is shown whole."""
    revision = Revision(before={"content": "Paid leave"}, after={"content": "Paid work"})
    assert changes(Context({"compare_until": time.monotonic() + seconds}), revision, "content") == pieces


def test_of_very_many_changes_the_first_are_shown() -> None:
    assert [text for _, text in near([("new", "a")] * (MOST_PIECES + 1))] == ["a"] * MOST_PIECES + [" … and more"]
    assert len(near([("new", "a")] * MOST_PIECES)) == MOST_PIECES


def drawn(template: str, **context: object) -> str:
    return Template(template).render(Context(context))


@pytest.mark.parametrize("tag", ['heroicon_mini "plus" size=18', 'heroicon_outline "key" size=18', 'heroicon_outline "users"'])
def test_an_icon_is_what_its_package_draws(tag: str) -> None:
    plain = drawn("{% load heroicons %}{% " + tag + " %}")
    assert plain.startswith("<svg")
    assert [drawn("{% " + tag + " %}") for _ in range(2)] == [plain, plain]


@pytest.mark.parametrize(
    ("tag", "address"),
    [
        ("url 'datasets' 'acme'", "/w/acme/datasets/"),
        ("url name slug", "/w/acme/datasets/"),
        ("url 'datasets' slug=\"acme\"", "/w/acme/datasets/"),
        ("url 'documents' 'acme' id", f"/w/acme/datasets/{UNKNOWN}/"),
        ("url 'datasets' 'acme' as there", ""),
    ],
)
def test_an_address_is_remembered_as_django_makes_it(tag: str, address: str) -> None:
    shown = [drawn("{% " + tag + " %}", name="datasets", slug="acme", id=UNKNOWN) for _ in range(2)]
    assert shown == [address, address]


def test_an_address_that_is_not_there_is_a_mistake_each_time() -> None:
    for _ in range(2):
        with pytest.raises(NoReverseMatch):
            drawn("{% url 'nowhere' %}")


def test_hours_go_to_24_and_no_day_looks_like_a_month() -> None:
    at = datetime(2026, 3, 1, 20, 5)  # noqa: DTZ001 formats know no zone
    assert (time_format(at), date_format(at, "MONTH_DAY_FORMAT")) == ("20:05", "1 Mar")
