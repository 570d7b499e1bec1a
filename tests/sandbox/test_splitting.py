"""Cleaning and cutting, as 1.10.1 does it; how 1.12.1 does is in tests/contract. Functions: no server needed."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.extraction import without_tags
from sandbox.paging import like
from sandbox.splitting import SEPARATORS, Cutter, clean, split, without_leading_stop, without_leading_symbols
from sandbox.versions import dify

SPACES = {"pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": True}]}
URLS = {"pre_processing_rules": [{"id": "remove_urls_emails", "enabled": True}]}


@pytest.fixture(autouse=True)
def spoken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SANDBOX_VERSION", "1.10.1")
    dify.cache_clear()
    yield
    dify.cache_clear()


def segmentation(separator: str, max_tokens: int, chunk_overlap: int = 0) -> dict[str, object]:
    return {"separator": separator, "max_tokens": max_tokens, "chunk_overlap": chunk_overlap}


def test_extra_spaces_and_lines_go() -> None:
    assert clean("a   b\n\n\n\nc", SPACES) == "a b\n\nc"


def test_addresses_go() -> None:
    assert clean("Contact hr@example.com or https://hr.example.com now", URLS) == "Contact  or  now"


@given(st.text(st.sampled_from("ab.@_-+ 1"), max_size=30))
def test_the_addresses_that_go_are_those_of_the_apis_own_pattern(text: str) -> None:
    """Which looks at a long word from each of its letters."""
    assert clean(text, URLS) == re.sub(r"[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+", "", text)


@given(st.text(st.sampled_from("ab<>/ "), max_size=20))
def test_the_tags_that_go_end_on_their_line(line: str) -> None:
    assert without_tags(line) == re.sub(r"<.*?>", "", line)


@given(st.text(st.sampled_from("ab.%_"), max_size=6), st.text(st.sampled_from("ab.\n"), max_size=12))
def test_a_search_knows_wildcards(keyword: str, text: str) -> None:
    slow = "(?s)" + "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in keyword)
    assert bool(re.search(like(keyword), text)) == bool(re.search(slow, text))


def test_control_characters_and_chat_marks_go() -> None:
    assert clean("a\x00b <|im_start|>", {}) == "ab <im_start>"


def test_rules_that_are_off_or_unknown_do_nothing() -> None:
    rules = {"pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": False}, {"id": "zzz", "enabled": True}]}
    assert clean("a   b", rules) == "a   b"


def test_a_separator_of_ones_own() -> None:
    assert split("one###two", "custom", segmentation("###", 500)) == ["one", "two"]


def test_a_separator_written_with_a_backslash() -> None:
    assert split("one\ntwo", "custom", segmentation("\\n", 500)) == ["one", "two"]


def test_the_limit_counts_characters() -> None:
    assert [len(piece) for piece in split("word " * 30, "custom", segmentation("\n", 50))] == [49, 49, 49]


def test_a_cut_at_a_full_stop_adds_one_at_the_end() -> None:
    text = "First sentence of thirty letters. Second sentence, a bit longer than that."
    pieces = ["First sentence of thirty letters.", "Second sentence, a bit longer than that.."]
    assert split(text, "custom", segmentation("\n\n", 60)) == pieces


def test_pieces_overlap() -> None:
    text = " ".join(f"word{i:02}" for i in range(20))
    first, second, *_ = split(text, "custom", segmentation("\n", 50, 14))
    assert second.startswith(first[-13:])


def test_a_long_word_is_cut_by_letters() -> None:
    assert [len(piece) for piece in Cutter(50, 0).cut("x" * 120, SEPARATORS)] == [50, 50, 20]


def test_automatic_joins_what_fits() -> None:
    assert split("One.\n\nTwo.", "automatic", {}) == ["One.\n\nTwo."]


def test_automatic_without_any_separator_drops_line_ends() -> None:
    assert split("key=value\nother=2\n", "automatic", {}) == ["key=valueother=2"]


@pytest.mark.parametrize("limit", [49, 4001])
def test_a_limit_out_of_range_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="should be between 50 and 4000"):
        split("text", "custom", segmentation("\n", limit))


def test_a_part_that_is_too_long_is_cut_more_finely() -> None:
    text = "Short.\n\n" + "word " * 120
    assert [len(piece) for piece in split(text, "automatic", {})] == [6, 499, 149]


def test_leading_symbols_go() -> None:
    assert without_leading_symbols('"product":"Lamp"') == 'product":"Lamp"'


def test_a_leading_stop_goes_from_parents() -> None:
    assert (without_leading_stop(". text"), without_leading_stop("text")) == ("text", "text")


@given(st.text(max_size=2000), st.integers(min_value=50, max_value=300))
def test_no_piece_is_longer_than_the_limit_but_for_added_stops(text: str, limit: int) -> None:
    pieces = split(text, "custom", segmentation("\n\n", limit))
    assert all(len(piece) <= limit + 2 for piece in pieces)


@given(st.text(alphabet="ab .\n", max_size=1500))
def test_automatic_loses_no_letter(text: str) -> None:
    pieces = Cutter(500, 0).cut(text, SEPARATORS)
    assert "".join(pieces).count("a") == text.count("a")


@pytest.fixture
def newer(spoken: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_VERSION", "1.12.1")
    dify.cache_clear()


@pytest.mark.usefixtures("newer")
def test_links_stay_on_newer_servers() -> None:
    text = "![pic](https://a.example/b.png) [more](https://a.example) https://a.example"
    assert clean(text, URLS) == "![pic](https://a.example/b.png) [more](https://a.example) "


@pytest.mark.timeout(20)
@pytest.mark.usefixtures("newer")
@pytest.mark.parametrize("piece", ["[", "[a", "[a](https://x", "![a](https://x "])
def test_no_text_takes_long(piece: str) -> None:
    clean(piece * 100_000, URLS)
