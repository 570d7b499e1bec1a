"""What may be wrong with segments: each finding by an example, and what only looks like one."""

import random
import time

import pytest

from datasets_ui.services.lint import FINDINGS, LONG, Print, duplicates, findings_of, print_of

SENTENCE = "The status light is amber while the device starts and turns green once it is ready."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["empty"]),
        (" \n\t ", ["empty"]),
        ("Chapter 3", ["short"]),
        (SENTENCE, []),
        (SENTENCE * (LONG // len(SENTENCE) + 1), ["long"]),
        ("The mains supply is to be locked out and then you", ["broken"]),
        ("and then the mains supply is to be locked out again.", ["broken"]),
        ("The mains supply is locked out. <br/> It is tagged.", ["markup"]),
        ("The mains supply is&nbsp;locked out and tagged.", ["markup"]),
        ("The mains supply is locked out ![plan](plan.png) here.", ["markup"]),
        ("The mains supply is locked out and t\ufffdgged.", ["markup"]),
    ],
)
def test_what_is_wrong_with_a_text(text: str, found: list[str]) -> None:
    assert findings_of(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Installation of the XR-200\nSafety first",  # a heading ends without a full stop
        "| part | number of screws in the bag |",
        "Tighten it to 9 Nm if x < 5 and y > 3, never beyond that.",
        "These are the parts that you need for it:",
        "“Never open the cover while the light is amber.”",
        "它会在启动时变成琥珀色，然后变成绿色，直到一切就绪为止，请耐心等待，不要关闭电源。",
    ],
)
def test_what_only_looks_wrong(text: str) -> None:
    assert findings_of(text) == []


def same_and_alike(*texts: str) -> tuple[set[int], set[int]]:
    return duplicates([print_of(text) for text in texts])


def test_case_spaces_and_punctuation_make_no_other_text() -> None:
    assert same_and_alike(SENTENCE, "Something else.", f"  {SENTENCE.upper()}!")[0] == {0, 2}


def test_a_text_with_one_other_word_is_nearly_the_same() -> None:
    words = [f"word{number}" for number in range(80)]
    other = [*words[:40], "changed", *words[41:]]
    assert same_and_alike(" ".join(words), " ".join(other), SENTENCE) == (set(), {0, 1})


def test_texts_about_one_thing_are_not_the_same() -> None:
    rng = random.Random(1)
    words = [f"word{number}" for number in range(40)]
    texts = [" ".join(rng.choices(words, k=60)) for _ in range(50)]
    assert same_and_alike(*texts) == (set(), set())


def test_short_texts_are_compared_as_wholes_only() -> None:
    assert same_and_alike("Press the red button.", "Press the green button.") == (set(), set())


def test_a_phrase_that_is_in_all_texts_does_not_take_for_ever() -> None:
    """Each text would be compared with each: 20,000 of them, 200 million times."""
    prints = [Print(number, (number, 2**40)) for number in range(20_000)]
    assert duplicates(prints)[0] == set()


@pytest.mark.parametrize("beginning", ["[b ", "![", "![](", "<a ", "&a"])
def test_a_text_of_beginnings_takes_no_time(beginning: str) -> None:
    began = time.monotonic()
    findings_of((beginning * 100_000)[:100_000])
    assert time.monotonic() - began < 0.5


def test_every_finding_has_words() -> None:
    assert list(FINDINGS) == ["empty", "short", "long", "same", "alike", "broken", "markup"]
