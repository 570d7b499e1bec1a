"""Two edits of one text: both are kept where they do not touch, and nothing is guessed where they do."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_ui.dify.segments import LONGEST_TEXT
from datasets_ui.text.merging import applied, edits, merge, merge_words

PARAGRAPHS = st.text(st.sampled_from("ab ."), max_size=40)
TEXTS = st.text(st.sampled_from("ab .\n"), max_size=40)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        pytest.param("one two three", "1 two three", "one two 3", "1 two 3", id="a word between"),
        pytest.param("Ask.\n\nPay.", "Ask us.\n\nPay.", "Ask.\n\nPay up.", "Ask us.\n\nPay up.", id="lines"),
        pytest.param("Ask.\nPay.", "Ask.\nPay.\nGo.", "First.\nAsk.\nPay.", "First.\nAsk.\nPay.\nGo.", id="added at both ends"),
        pytest.param("a b c d", "a d", "a b c d e", "a d e", id="deleted, and added"),
        pytest.param("one two three", "one 2 three", "one 2 three", "one 2 three", id="the same by both"),
        pytest.param("one two three", "one 2 three", "one 2 3", "one 2 3", id="the same by both, and more by one"),
        pytest.param("25 days", "30 days", "25 weeks", None, id="neighbours"),
        pytest.param("a b c", "a B c", "a X c", None, id="one word by both"),
        pytest.param("a b c d e", "a e", "a b C d e", None, id="deleted around a change"),
        pytest.param("a c", "a b c", "a d c", None, id="added at one place"),
        pytest.param("a", "", "a b", None, id="deleted, and added to"),
    ],
)
def test_two_edits(base: str, mine: str, theirs: str, both: str | None) -> None:
    assert (merge(base, mine, theirs), merge(base, theirs, mine)) == (both, both)


@given(TEXTS, TEXTS)
def test_one_edit_is_the_edit(base: str, mine: str) -> None:
    assert applied(base, edits(base, mine)) == mine
    assert merge(base, mine, base) == merge(base, base, mine) == merge(base, mine, mine) == mine


@given(PARAGRAPHS, PARAGRAPHS, PARAGRAPHS, PARAGRAPHS)
def test_edits_of_different_paragraphs_are_both_kept(first: str, last: str, mine: str, theirs: str) -> None:
    middle = "| a paragraph that nobody changes |"
    base, my_text, their_text = (f"{a}\n{middle}\n{b}" for a, b in [(first, last), (mine, last), (first, theirs)])
    assert merge(base, my_text, their_text) == f"{mine}\n{middle}\n{theirs}"


@given(TEXTS, TEXTS, TEXTS)
def test_whoever_saves_first_it_is_the_same_text(base: str, mine: str, theirs: str) -> None:
    assert merge(base, mine, theirs) == merge(base, theirs, mine)


def test_texts_without_anything_in_common_are_a_conflict() -> None:
    words = random.Random(1).choices("abcdefgh", k=LONGEST_TEXT // 2)
    base = " ".join(words)
    assert merge(base, " ".join(words[::-1]), base + " end") is None
    assert merge(base + " ab" * LONGEST_TEXT, "x" + base, base + "y") is None


def test_keywords_are_those_that_both_kept_and_either_added() -> None:
    assert merge_words(["a", "b", "c"], ["c", "b", "mine", "new"], ["a", "theirs", "new", "c"]) == [
        "c",
        "mine",
        "new",
        "theirs",
    ]
