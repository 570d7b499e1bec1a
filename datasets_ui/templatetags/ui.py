"""The handful of filters that templates need."""

import re
from datetime import UTC, datetime
from posixpath import splitext
from urllib.parse import urlencode
from uuid import UUID

from django import template
from django.template.defaultfilters import stringfilter
from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from datasets_ui.dify.capabilities import Feature
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.obstacles import document_obstacle, segment_obstacle
from datasets_ui.dify.segments import Segment
from datasets_ui.templatetags.ages import age_of, shown_time

register = template.Library()

NO_TIME = mark_safe("—")
# what of a list is in its address
LIST_STATE = {"q", "status", "page", "state", "edited", "never_hit", "least", "most", "finding"}


@register.filter
def when(time: datetime | float | None, language: str | None = None) -> SafeString:
    """A time of ours, or of the API (seconds since 1970), as "3 hours ago", with the exact time in the title. A list of many rows
    gives the language, which it asked for once."""
    if not time:
        return NO_TIME
    try:
        moment = time if isinstance(time, datetime) else datetime.fromtimestamp(time, UTC)
        return shown_time(language or get_language(), timezone.get_default_timezone(), moment, *age_of(moment))
    except (OverflowError, ValueError, OSError):  # not a time of this calendar, whatever the API meant
        return NO_TIME


@register.filter
def moment(at: datetime | None) -> SafeString:
    """A time of ours, in the same words."""
    return when(at.timestamp() if at else None)


@register.filter
def up_from(height: float, bottom: float) -> float:
    """Where a bar that stands on `bottom` begins, in the upside down coordinates of SVG."""
    return bottom - height


@register.filter
def times(number: int, factor: int) -> int:
    return number * factor


@register.filter
def less(number: int, part: int) -> int:
    return number - part


@register.filter
def in_choices(label: str, choices: list[tuple[str, str]]) -> bool:
    return label in dict(choices).values()


@register.filter
@stringfilter
def beginning(text: str, length: int) -> str:
    """Of a text of any length. Django's `truncatechars` normalises all of it first, which takes minutes for some."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


@register.filter
def id_text(id_: UUID) -> SafeString:
    """For what is written many times in a row: it needs neither translation nor escaping."""
    return mark_safe(str(id_))  # noqa: S308 an id has letters and digits only


@register.filter
def address_below(id_: UUID, prefix: str) -> SafeString:
    """The address of what has this id, where all addresses of its kind begin with `prefix`."""
    return mark_safe(f"{escape(prefix)}{id_}/")  # noqa: S308 an id has letters and digits only


@register.filter
def extension(name: str) -> str:
    return splitext(name)[1][1:5].lower() or "txt"


@register.filter
def limits(document: Document) -> str:
    """What can be done with the segments of a document that is not available, and why not the rest."""
    obstacle = document_obstacle(document)
    return gettext(obstacle.limits) % {"reason": document.error} if obstacle else ""


@register.filter
def limit(segment: Segment) -> str:
    """What can be done with a segment that is not found, and why not the rest."""
    obstacle = segment_obstacle(segment)
    return gettext(obstacle.limits) if obstacle else ""


@register.filter
def technique(dataset: Dataset) -> str:
    words = {"high_quality": gettext("High quality"), "economy": gettext("Economy")}
    return words.get(dataset.indexing_technique or "", gettext("Not set"))


@register.filter
def rule_word(mode: str | None) -> str:
    """How a document was cut; a way that is not known by its own name."""
    words = {"automatic": gettext("automatic"), "custom": gettext("custom"), "hierarchical": gettext("hierarchical")}
    return words.get(mode or "", mode or "—")


@register.filter
def percent(part: float | None, whole: float = 1) -> int:
    """A part of a whole in percent, for bars."""
    return round(100 * min(max((part or 0) / whole, 0), 1)) if whole else 0


@register.filter
def highlight(text: str, query: str) -> SafeString:
    """Text, escaped, with what was searched for marked."""
    if not query:
        return conditional_escape(text)
    pieces = re.split(f"({re.escape(query)})", text, flags=re.IGNORECASE)
    escaped = [format_html("<mark>{}</mark>", piece) if index % 2 else escape(piece) for index, piece in enumerate(pieces)]
    return mark_safe("".join(escaped))  # noqa: S308 each piece is escaped


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """The page's query string with changes; what is empty, and page 1, is left out."""
    kept = {name: value for name, value in context["request"].GET.items() if name in LIST_STATE}
    kept |= {name: str(value) for name, value in changes.items()}
    text = urlencode({name: value for name, value in kept.items() if value and (name, value) != ("page", "1")})
    return f"?{text}" if text else "?"


@register.simple_tag(takes_context=True)
def may(context: template.Context, role: str) -> bool:
    """Whether the member may do what needs `role`: what one may not do is not offered."""
    request = context["request"]
    needed = type(request.role)(role)
    return bool(request.role.covers(needed))


@register.filter
def lasting(seconds: int | None) -> str:
    """A time to come, roughly."""
    minutes = round((seconds or 0) / 60)
    if minutes < 1:
        return gettext("less than a minute")
    if minutes < 90:
        return ngettext("about %(number)s minute", "about %(number)s minutes", minutes) % {"number": minutes}
    hours = round(minutes / 60)
    return ngettext("about %(number)s hour", "about %(number)s hours", hours) % {"number": hours}


@register.simple_tag(takes_context=True)
def has_child_chunks(context: template.Context) -> bool:
    """Whether documents of the dataset are parent-child, on a server that is not known to lack child chunks."""
    if context["request"].scope.dify.capabilities.lacks(Feature.CHILD_CHUNKS):
        return False
    return bool(context["dataset"].doc_form == "hierarchical_model")
