"""Two edits of one text made into one, where they do not touch each other: pure functions, as bounded as the comparison is.

The libraries for it either guess where an edit belongs (diff-match-patch), or compare in a time that content can make as long as it
likes, under a licence that is not ours to take (merge3).
"""

import re
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from datasets_ui.text.comparison import word_changes

# has to be between two edits: what are neighbours otherwise, as in “25 days”, may belong together
APART = re.compile(r"\w|\n")


class Splice(NamedTuple):
    """A stretch of a text, which may be empty, and what is in its place afterwards."""

    start: int
    end: int
    text: str


def merge(base: str, mine: str, theirs: str) -> str | None:
    """The text with what both have changed. None where they changed the same, or what is next to it; so it is too where texts are
    too long or too different for a comparison to tell where they changed."""
    if theirs in (base, mine):
        return mine
    if mine == base:
        return theirs
    by_me, by_them = set(edits(base, mine)), set(edits(base, theirs))
    for before, after in pairwise(sorted(by_me ^ by_them)):
        if (before in by_me) != (after in by_me) and not APART.search(base, before.end, after.start):
            return None
    return applied(base, sorted(by_me | by_them))


def merge_words(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Of words without an order, such as keywords, those that both kept and those that either added."""
    kept = [word for word in mine if word in theirs or word not in base]
    return [*kept, *(word for word in theirs if word not in base and word not in mine)]


def edits(before: str, after: str) -> list[Splice]:
    """What has to be done to a text to have the other, in order; between two of them something stays."""
    found: list[Splice] = []
    at = 0
    for differs, pieces in groupby(word_changes(before, after), key=lambda piece: piece[0] != "same"):
        texts = dict(pieces)
        end = at + len(texts.get("same", "")) + len(texts.get("gone", ""))
        if differs:
            found.append(Splice(at, end, texts.get("new", "")))
        at = end
    return found


def applied(text: str, changes: Sequence[Splice]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end, new in changes:
        pieces += text[at:start], new
        at = end
    return "".join([*pieces, text[at:]])
