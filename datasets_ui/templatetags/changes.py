"""What changed from one text to another, as it is shown: what stays is shortened to what is near the changes."""

import time

from django import template

from datasets_ui.models import Revision
from datasets_ui.services.comparison import Change, changed, word_changes

register = template.Library()

SAME_SHOWN = 80
MOST_PIECES = 300


@register.simple_tag(takes_context=True)
def changes(context: template.Context, revision: Revision, field: str) -> list[Change]:
    """The pieces of a field: "same", "gone" or "new", and the text; as a whole once the page's time to compare is over."""
    before, after = ((facts or {}).get(field) or "" for facts in (revision.before, revision.after))
    return against(before, after) if time.monotonic() < context["compare_until"] else changed(before, after)


@register.filter
def against(before: str, after: str) -> list[Change]:
    return shortened(word_changes(before, after))


@register.filter
def near(pieces: list[Change]) -> list[Change]:
    """Of a whole text in pieces what is near the changes, and of very many changes the first."""
    shown = shortened(pieces[: MOST_PIECES + 1])[:MOST_PIECES]
    return shown if len(pieces) <= MOST_PIECES else [*shown, ("same", " … and more")]


def shortened(pieces: list[Change]) -> list[Change]:
    last = len(pieces) - 1
    return [
        (kind, around_changes(text, begins=place == 0, ends=place == last) if kind == "same" else text)
        for place, (kind, text) in enumerate(pieces)
    ]


def around_changes(text: str, *, begins: bool, ends: bool) -> str:
    """A text between two changes keeps what is near them."""
    if len(text) <= 3 * SAME_SHOWN:
        return text
    head, tail = "" if begins else text[:SAME_SHOWN], "" if ends else text[-SAME_SHOWN:]
    return f"{head} … {tail}"
