"""What changed from one text to another, as it is shown: what stays is shortened to what is near the changes."""

import time
from typing import Any, Protocol

from django import template
from django.utils.translation import gettext as _

from datasets_ui.text.comparison import Change, changed, word_changes
from datasets_ui.text.line_ends import unix_lines

register = template.Library()

SAME_SHOWN = 80
MOST_PIECES = 300
COMPARED_WITHIN = 3.0  # seconds; a page of pairs of very long texts could take longer


class Changed(Protocol):
    """What was changed: a revision, or a row of a table that is imported."""

    @property
    def before(self) -> dict[str, Any] | None: ...
    @property
    def after(self) -> dict[str, Any] | None: ...


def comparing() -> dict[str, float]:
    """What a page needs in its context to compare texts: when its time for that is over."""
    return {"compare_until": time.monotonic() + COMPARED_WITHIN}


@register.simple_tag(takes_context=True)
def changes(context: template.Context, revision: Changed, field: str) -> list[Change]:
    """The pieces of a field: "same", "gone" or "new", and the text; as a whole once the page's time to compare is over."""
    # a line's end in two halves would be two lines
    before, after = (unix_lines((facts or {}).get(field) or "") for facts in (revision.before, revision.after))
    return against(before, after) if time.monotonic() < context["compare_until"] else changed(before, after)


@register.filter
def against(before: str, after: str) -> list[Change]:
    return shortened(word_changes(unix_lines(before), unix_lines(after)))


@register.simple_tag
def keyword_changes(revision: Changed) -> tuple[list[str], list[str]]:
    """The keywords that went, and those that came."""
    before, after = ((facts or {}).get("keywords") or [] for facts in (revision.before, revision.after))
    return [word for word in before if word not in after], [word for word in after if word not in before]


@register.filter
def near(pieces: list[Change]) -> list[Change]:
    """Of a whole text in pieces what is near the changes, and of very many changes the first."""
    shown = shortened(pieces[: MOST_PIECES + 1])[:MOST_PIECES]
    return shown if len(pieces) <= MOST_PIECES else [*shown, ("same", f" … {_('and more')}")]


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
