"""What changed from one text to another, word by word."""

import re
from collections import Counter
from difflib import SequenceMatcher

from django import template

from datasets_ui.models import Revision

register = template.Library()

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
WITH_SPACES = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
# of equal pieces in both texts, each of which may be looked at for each change: beyond, that takes seconds
MOST_PAIRS = 300_000
SAME_SHOWN = 80
MOST_PIECES = 300

Change = tuple[str, str]


@register.filter
def changes(revision: Revision, field: str) -> list[Change]:
    """The pieces of a field: "same", "gone" or "new", and the text."""
    return word_changes((revision.before or {}).get(field) or "", (revision.after or {}).get(field) or "")


@register.filter
def against(before: str, after: str) -> list[Change]:
    return word_changes(before, after)


@register.filter
def near(pieces: list[Change]) -> list[Change]:
    """Of a whole text in pieces what is near the changes, and of very many changes the first."""
    last = len(pieces) - 1
    shown = [
        (kind, shortened(text, begins=index == 0, ends=index == last) if kind == "same" else text)
        for index, (kind, text) in enumerate(pieces[:MOST_PIECES])
    ]
    return shown if last < MOST_PIECES else [*shown, ("same", " … and more")]


def word_changes(before: str, after: str) -> list[Change]:
    """The pieces in order; long stretches that stay are shortened. Spaces are what is most often the same: in a longer text they
    belong to the word before them, and very long texts are shown whole."""
    for pieces in (WORDS, WITH_SPACES):
        old, new = pieces.findall(before), pieces.findall(after)
        if pairs(old, new) <= MOST_PAIRS:
            return compared(old, new)
    return [("gone", before), ("new", after)]


def pairs(old: list[str], new: list[str]) -> int:
    there = Counter(new)
    return sum(number * there[piece] for piece, number in Counter(old).items())


def compared(old: list[str], new: list[str]) -> list[Change]:
    found: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", shortened("".join(old[a:b]), begins=a == 0, ends=b == len(old))))
            continue
        found += [(name, text) for name, text in (("gone", "".join(old[a:b])), ("new", "".join(new[c:d]))) if text]
    return found


def shortened(text: str, *, begins: bool, ends: bool) -> str:
    """A text between two changes keeps what is near them."""
    if len(text) <= 3 * SAME_SHOWN:
        return text
    head, tail = "" if begins else text[:SAME_SHOWN], "" if ends else text[-SAME_SHOWN:]
    return f"{head} … {tail}"
