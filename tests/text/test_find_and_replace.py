"""What a search makes of a text, and what it refuses to look for."""

import re
import time
from typing import Any

import pytest

from datasets_ui.dify.segments import LONGEST_TEXT
from datasets_ui.text.find_and_replace import BadPattern, BadTemplate, Search, TooSlow, new_text

SLOW = r"^(a|aa)+$"
ENDLESS = "a" * 60 + "!"


def replaced(text: str, find: str, replace: str, **how: bool) -> str:
    search = Search(find, replace, **how)
    search.check()
    return new_text(search.pieces(text))


def facts(content: str, **more: Any) -> dict[str, Any]:
    return {"content": content, "answer": None, "keywords": [], "enabled": True} | more


@pytest.mark.parametrize(
    ("find", "replace", "how", "after"),
    [
        ("cat", "dog", {}, "A dog, a dog, dogalogues; c.t"),
        ("cat", "dog", {"match_case": True}, "A Cat, a dog, dogalogues; c.t"),
        ("cat", "dog", {"whole_word": True}, "A dog, a dog, catalogues; c.t"),
        ("c.t", "dog", {}, "A Cat, a cat, catalogues; dog"),
        ("c.t", "dog", {"regular": True, "whole_word": True}, "A dog, a dog, catalogues; dog"),
        ("cat", r"\0 \g<0>", {"match_case": True, "whole_word": True}, r"A Cat, a \0 \g<0>, catalogues; c.t"),
        ("Cat, ", "", {"match_case": True}, "A a cat, catalogues; c.t"),
        (r"(\w+), (?P<next>a)", r"\g<next>, \1", {"regular": True}, "A a, Cat cat, catalogues; c.t"),
        (r"c(?=a)|(x)", r"[\1]", {"regular": True, "match_case": True}, "A Cat, a []at, []atalogues; c.t"),
        ("^A |c.t$", "*", {"regular": True}, "*Cat, a cat, catalogues; *"),
    ],
)
def test_what_is_found_is_replaced(find: str, replace: str, how: dict[str, bool], after: str) -> None:
    assert replaced("A Cat, a cat, catalogues; c.t", find, replace, **how) == after


def test_a_word_may_end_in_a_sign() -> None:
    assert replaced("C++ and C++17", "C++", "Rust", whole_word=True) == "Rust and C++17"


def test_lines_begin_and_end() -> None:
    assert replaced("one\none more\n", "^one$", "two", regular=True) == "two\none more\n"


def test_the_pieces_tell_what_changes() -> None:
    pieces = [("same", "The "), ("gone", "colour"), ("new", "color"), ("same", "ful one")]
    assert Search("colour", "color").pieces("The colourful one") == pieces


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a", "This is no regular expression: missing ) at position 2."),
        pytest.param("(?V1)" + "[" * 450 + "a" + "]" * 450, "This regular expression is nested too deeply.", id="deep"),
        ("a*", "This also finds the empty text"),
        (r"\b", "This also finds the empty text"),
        ("^", "This also finds the empty text"),
        ("(?r)a", "Searching backwards is not possible here."),
        ("(?V0)(?V1)a", "This is no regular expression: VERSION0"),
        ("(?:(?:(?:a?){500}){500}){500}b", "Its numbers of repetitions are too large."),  # took minutes
        ("(?x)a b", "Comments and free spacing are not possible here."),
        ("(?ix:a b)", "Comments and free spacing are not possible here."),
        ("a(?#b)", "Comments and free spacing are not possible here."),
        ("(?:(?:ab|c){60,}){ 3600,}c", "Its numbers of repetitions are too large."),  # ended the process
    ],
)
def test_what_cannot_be_looked_for(pattern: str, reason: str) -> None:
    with pytest.raises(BadPattern, match=re.escape(reason)):
        Search(pattern, "x", regular=True).check()


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (r"\2", "It names a group that the regular expression does not have."),
        (r"\g<name>", "It names a group that the regular expression does not have."),
        (r"C:\dir" + "\\", "This cannot be put in: bad escape"),
        (r"\g<", "This cannot be put in: missing group name"),
    ],
)
def test_what_cannot_be_put_in(template: str, reason: str) -> None:
    with pytest.raises(BadTemplate, match=re.escape(reason)):
        Search("(a)", template, regular=True).check()


def test_a_pattern_that_would_take_for_ever_is_given_up() -> None:
    begun = time.monotonic()
    with pytest.raises(TooSlow):
        Search(SLOW, "x", regular=True).pieces(ENDLESS)
    assert time.monotonic() - begun < 10


def test_a_text_that_would_grow_for_ever_is_given_up() -> None:
    search = Search("a", "b" * 1000)
    becomes = search.changed(facts("a" * 50_000))
    assert LONGEST_TEXT < len(becomes["content"]) < 2 * LONGEST_TEXT
    assert search.obstacle(facts("a"), becomes) == ("too_long", {"most": 100_000})


@pytest.mark.parametrize(
    ("was", "reason"),
    [
        (facts("all"), "no_text_left"),
        (facts("all of it", answer="all"), "no_text_left"),
        (facts("all of it", enabled=False), "is_disabled"),
        (facts("all of it"), ""),
    ],
)
def test_why_a_change_cannot_be_made(was: dict[str, Any], reason: str) -> None:
    search = Search("all", "")
    assert search.obstacle(was, search.changed(was)) == (reason, {})


@pytest.mark.parametrize(
    ("places", "content", "answer"),
    [
        ({}, "Which dog?", "The dog."),
        ({"in_answer": False}, "Which dog?", "The cat."),
        ({"in_content": False}, "Which cat?", "The dog."),
    ],
)
def test_only_the_fields_that_were_chosen_change(places: dict[str, bool], content: str, answer: str) -> None:
    becomes = Search("cat", "dog", **places).changed(facts("Which cat?", answer="The cat."))
    assert (becomes["content"], becomes["answer"]) == (content, answer)


@pytest.mark.parametrize(
    ("economy", "keywords", "after"),
    [(True, ["cat"], ["cat", "brown", "dog"]), (True, [], []), (False, ["cat"], ["cat"])],
)
def test_an_economy_index_finds_new_words(economy: bool, keywords: list[str], after: list[str]) -> None:
    search = Search("cat", "brown dog", economy=economy)
    assert search.changed(facts("A cat.", keywords=keywords))["keywords"] == after


@pytest.mark.parametrize("pattern", [r"\d{4}-\d{2}-\d{2}", r"\b\w{500}\b", r"(?:[A-Z]{2}\d{10}\s?){20}"])
def test_usual_numbers_of_repetitions_are_no_obstacle(pattern: str) -> None:
    Search(pattern, "x", regular=True).check()


@pytest.mark.parametrize("find", ["((?1)?a)b", "(?R)?a", "(?P<x>a)(?&x)", r"\\(?P<x>a)(?P>x)", r"\\(?R)?a"])
def test_a_pattern_that_calls_itself_is_refused(find: str) -> None:
    """The time limit would not keep it from taking all memory."""
    with pytest.raises(BadPattern, match="calls a part of itself"):
        Search(find, "", regular=True).check()


@pytest.mark.parametrize("find", [r"\(?1", "(?:a)1", "(a)?1"])
def test_what_only_looks_like_a_call_is_not(find: str) -> None:
    Search(find, "", regular=True).check()
