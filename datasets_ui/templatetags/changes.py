"""What changed from one text to another, word by word."""

import re
from difflib import SequenceMatcher

from django import template

from datasets_ui.models import Revision

register = template.Library()

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
MOST_WORDS = 20_000  # beyond, comparing takes seconds: both texts are shown whole
SAME_SHOWN = 80

Change = tuple[str, str]


@register.filter
def changes(revision: Revision, field: str) -> list[Change]:
    """The pieces of a field: "same", "gone" or "new", and the text."""
    return word_changes((revision.before or {}).get(field) or "", (revision.after or {}).get(field) or "")


@register.filter
def against(before: str, after: str) -> list[Change]:
    return word_changes(before, after)


def word_changes(before: str, after: str) -> list[Change]:
    """The pieces in order; long stretches that stay are shortened."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        return [("gone", before), ("new", after)]
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
