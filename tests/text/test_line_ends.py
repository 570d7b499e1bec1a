"""The ends of lines: an edit rewrites none but its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_ui.text.line_ends import unix_lines, with_line_ends_of

TEXTS = st.lists(st.sampled_from(["a", "b ", "\n", "\r\n", "\r"]), max_size=30).map("".join)


@given(TEXTS)
def test_an_untouched_text_is_what_it_was(stored: str) -> None:
    assert with_line_ends_of(stored, unix_lines(stored)) == stored


@given(TEXTS, TEXTS)
def test_no_line_is_lost_or_added(stored: str, typed: str) -> None:
    assert unix_lines(with_line_ends_of(stored, typed)) == unix_lines(typed)


@pytest.mark.parametrize(
    ("stored", "typed", "written"),
    [
        ("One.", "One.\nTwo.", "One.\nTwo."),
        ("One.\nTwo.", "One!\nTwo.\n", "One!\nTwo.\n"),
        ("One.\r\nTwo.", "One!\nTwo.\nThree.", "One!\r\nTwo.\r\nThree."),
        ("One.\rTwo.", "One.\nThree.", "One.\rThree."),
        ("One.\r\nTwo.\nThree.\r\nFour.", "One.\nTwo!\nThree.\nFour.", "One.\r\nTwo!\nThree.\r\nFour."),
        ("One.\r\nTwo.\nThree.\r\nFour.", "One.\nTwo.\nThree.\nNew.\nFour.", "One.\r\nTwo.\nThree.\r\nNew.\r\nFour."),
        ("One.\r\nTwo.\nThree.\r\nFour.", "One.\nThree.\nFour.", "One.\r\nThree.\r\nFour."),
        ("One\r\nTwo\nThree\nFour", "Eins\nZwei\nThree\nFour", "Eins\r\nZwei\nThree\nFour"),
    ],
)
def test_lines_keep_their_ends_and_new_ones_end_as_most_do(stored: str, typed: str, written: str) -> None:
    assert with_line_ends_of(stored, typed) == written


def test_very_many_lines_are_held_against_each_other_within_bounds() -> None:
    """Mixed ends on each of many lines, and a text that has none of them in its order."""
    stored = "a line\r\nanother\n" * 6_000
    assert unix_lines(with_line_ends_of(stored, unix_lines(stored)[::-1])) == unix_lines(stored)[::-1]
