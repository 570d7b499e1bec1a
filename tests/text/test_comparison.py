"""Two texts compared: nothing gets lost, what changed is told word by word, and no two texts take long."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_ui.dify.segments import LONGEST_TEXT
from datasets_ui.text import comparison
from datasets_ui.text.comparison import MOST_PIECES, Change, word_changes

BOUND = 3.0  # seconds of processor time on a busy machine; half of one usually, and minutes before
TEXTS = st.text(st.sampled_from("ab .\n"), max_size=60)


def before(pieces: list[Change]) -> str:
    return "".join(text for kind, text in pieces if kind != "new")


def after(pieces: list[Change]) -> str:
    return "".join(text for kind, text in pieces if kind != "gone")


def checked(old: str, new: str) -> list[Change]:
    """Whatever is told to have gone and come: both texts are in it."""
    pieces = word_changes(old, new)
    assert (before(pieces), after(pieces)) == (old, new)
    assert all(text for _, text in pieces)
    return pieces


@given(TEXTS, TEXTS)
def test_both_texts_are_in_the_pieces(old: str, new: str) -> None:
    checked(old, new)


@pytest.mark.parametrize("steps", [0, 20, 200])
@pytest.mark.parametrize("most_pieces", [3, 1_000])
def test_both_texts_are_in_the_pieces_of_texts_that_are_too_much(
    monkeypatch: pytest.MonkeyPatch, steps: int, most_pieces: int
) -> None:
    monkeypatch.setattr(comparison, "MOST_STEPS", steps)
    monkeypatch.setattr(comparison, "MOST_PIECES", most_pieces)
    rng = random.Random(1)
    for _ in range(300):
        old, new = ("".join(rng.choices("abc .\n", k=rng.randrange(80))) for _ in range(2))
        checked(old, new)


@pytest.mark.parametrize(
    ("old", "new", "pieces"),
    [
        ("", "", []),
        ("Paid leave.", "Paid leave.", [("same", "Paid leave.")]),
        ("", "Paid leave.", [("new", "Paid leave.")]),
        ("Paid leave.", "", [("gone", "Paid leave.")]),
        (
            "The quick fox",
            "The slow fox!",
            [("same", "The "), ("gone", "quick"), ("new", "slow"), ("same", " fox"), ("new", "!")],
        ),
    ],
)
def test_what_changed_is_told_word_by_word(old: str, new: str, pieces: list[Change]) -> None:
    assert word_changes(old, new) == pieces


def edited(text: str, *places: int) -> str:
    words = text.split(" ")
    for place in places:
        words[place] = "changed"
    return " ".join(words)


def prose(number: int, known: int = 300) -> str:
    """Words as a language has them: some again and again, many seldom."""
    rng = random.Random(1)
    return " ".join(rng.choices([f"word{n}" for n in range(known)], [1 / (n + 1) for n in range(known)], k=number))


def test_few_changes_of_a_long_text_are_told_exactly() -> None:
    """Of 100 kB in one line, in which hardly a word is there once."""
    old = prose(15_000)[:95_000]
    pieces = checked(old, edited(old, 5, 3_000, 9_000, -5))
    assert [text.strip() for kind, text in pieces if kind == "new"] == ["changed"] * 4
    assert sum(len(text) for kind, text in pieces if kind == "gone") < 100


def test_a_line_that_went_elsewhere_is_told() -> None:
    """Of a table whose lines are there once each, and whose words are not."""
    lines = [f"{n % 7} {n % 11} {n % 13} {n % 17}\n" for n in range(6_000)]
    pieces = checked("".join(lines), "".join(lines[1:] + lines[:1]))
    assert [piece for piece in pieces if piece[0] != "same"] == [("gone", lines[0]), ("new", lines[0])]


def swapped(separator: str) -> tuple[str, str]:
    words = [f"w{number:06}" for number in range(12_500)]
    others = [words[number ^ 1] for number in range(12_500)]
    return separator.join(words), separator.join(others)


def signs(kinds: str) -> tuple[str, str]:
    rng = random.Random(1)
    old, new = ("".join(rng.choices(kinds, k=LONGEST_TEXT)) for _ in range(2))
    return old, new


HARD = {
    "neighbours swapped": swapped(" "),
    "lines swapped": swapped("\n"),
    "reversed": (swapped(" ")[0], " ".join(reversed(swapped(" ")[0].split(" ")))),
    "one word": ("ab " * 33_333, "ba " * 33_333),
    "signs": ("," * 100_000, ";," * 50_000),
    "two signs": (".!" * 50_000, "!." * 50_000),
    "random signs": signs(".,;:!?- "),
    "random words": signs("ab "),
    "random lines": signs("a\n"),
    "white space": (" \n" * 50_000, "\n " * 50_000),
    "other prose": (prose(14_000)[:100_000], prose(14_000, 290)[:100_000]),
    "many edits": (prose(14_000)[:95_000], edited(prose(14_000)[:95_000], *range(0, 14_000, 9))),
    "too long": ("a " * 1_000_000, "b " * 1_000_000),
}


@pytest.mark.parametrize("name", HARD)
def test_no_two_texts_take_long(name: str) -> None:
    """H7: 2 x 100 kB with neighbours swapped took 12 s, 2 x 848 kB more than ten minutes."""
    old, new = HARD[name]
    began = time.process_time()
    pieces = word_changes(old, new)
    assert time.process_time() - began < BOUND
    assert (before(pieces), after(pieces)) == (old, new)
    assert len(pieces) <= MOST_PIECES + 5
