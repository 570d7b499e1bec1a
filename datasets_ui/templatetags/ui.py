"""The handful of filters that templates need."""

import re
from datetime import UTC, datetime
from pathlib import PurePath
from urllib.parse import urlencode

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from datasets_ui.dify.capabilities import Feature
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.segments import Segment
from datasets_ui.models import ApiKey, Job, JobItem, Membership, User, Workspace
from datasets_ui.models.api_keys import reminded_from

register = template.Library()

EXTENSION_COLOURS = {"pdf": "red", "xlsx": "green", "csv": "green", "docx": "blue", "md": "purple", "mdx": "purple",
                     "markdown": "purple", "html": "orange", "htm": "orange", "txt": "azure"}  # fmt: skip
STATUS_COLOURS = {"available": "green", "completed": "green", "error": "red", "archived": "yellow", "paused": "yellow"}
JOB_COLOURS = {"running": "blue", "paused": "yellow", "stopping": "yellow", "done": "green"}
ITEM_COLOURS = {"taken": "blue", "done": "green", "failed": "red", "unknown": "yellow"}
ITEM_WORDS = {"taken": "Under way", "unknown": "Outcome not known"}
# what of a list is in its address
LIST_STATE = {"q", "status", "page", "state", "edited", "never_hit", "least", "most", "finding"}
STATUS_WORDS = {"error": "Failed", "queuing": "Queued", "completed": "Available"}


@register.filter
def when(time: datetime | float | None) -> SafeString:
    """A time of ours, or of the API (seconds since 1970), as "3 hours ago", with the exact time in the title."""
    if not time:
        return mark_safe("—")
    try:
        moment = time if isinstance(time, datetime) else datetime.fromtimestamp(time, UTC)
        exact = timezone.localtime(moment)
    except (OverflowError, ValueError, OSError):  # not a time of this calendar, whatever the API meant
        return mark_safe("—")
    age = timesince(moment).split(",")[0]
    words = "just now" if age.startswith("0") else f"{age} ago"
    return format_html('<time datetime="{}" title="{}">{}</time>', exact.isoformat(), f"{exact:%d %b %Y %H:%M:%S %Z}", words)


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
def memberships(user: User) -> QuerySet[Membership]:
    """The workspaces of a person, for the switcher."""
    return user.memberships.select_related("workspace").order_by("workspace__name")


@register.filter
def count(number: int | None) -> str:
    """With thousands separators; a dash where nothing is known."""
    return "—" if number is None else intcomma(number)


@register.filter
def beginning(text: str, length: int) -> str:
    """Of a text of any length. Django's `truncatechars` normalises all of it first, which takes minutes for some."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


@register.filter
def extension(name: str) -> str:
    return PurePath(name).suffix.removeprefix(".").lower()[:4] or "txt"


@register.filter
def extension_colour(name: str) -> str:
    return EXTENSION_COLOURS.get(PurePath(name).suffix.removeprefix(".").lower(), "secondary")


@register.filter
def status_word(document: Document) -> str:
    status = document.display_status or document.indexing_status
    return STATUS_WORDS.get(status, status.replace("_", " ").capitalize())


@register.filter
def status_colour(document: Document) -> str:
    return STATUS_COLOURS.get(document.display_status or document.indexing_status, "secondary")


@register.filter
def limits(document: Document) -> str:
    """What can be done with the segments of a document that is not available, and why not the rest."""
    if document.indexing_status == "error":
        reason = f" Dify says: {document.error}" if document.error else ""
        return f"Indexing failed.{reason} What was cut before can be read; add the file once more to have it indexed anew."
    if document.indexing_status == "paused":
        return "Indexing is paused. What was cut before can be read; it can be continued in Dify's console."
    if not document.finished:
        return "It is being indexed: its segments appear bit by bit, and can be changed once it is done. Reload to see more of them."
    if document.archived:
        return "It is archived: nothing in it is found. Its segments can be corrected; un-archive it to use it again, or to delete it."
    if not document.enabled:
        return (
            "It is disabled: nothing in it is found. Its segments can be corrected; enable it to add some, or to use it again."
        )
    return ""


@register.filter
def limit(segment: Segment) -> str:
    """What can be done with a segment that is not found, and why not the rest."""
    if segment.status == "error" or segment.error:
        return "Indexing it failed, so nothing finds it. Enable it to have it indexed again, or delete it."
    if segment.status not in {"", "completed"}:
        return "It is being indexed, so nothing finds it yet. It can be changed once that is done."
    if not segment.enabled:
        return "Nothing finds it. Dify changes no disabled segment: enable it to edit it."
    return ""


@register.filter
def technique(dataset: Dataset) -> str:
    return {"high_quality": "High quality", "economy": "Economy"}.get(dataset.indexing_technique or "", "Not set")


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
def needing_care(workspace: Workspace) -> QuerySet[ApiKey]:
    """The keys that admins have to see to: refused by the API, or at their end."""
    return workspace.api_keys.filter(Q(refused_at__isnull=False) | Q(expires_on__lte=reminded_from()), disabled_at=None)


@register.filter
def jobs_under_way(workspace: Workspace) -> int:
    return workspace.jobs.filter(state__in=Job.MOVING).count()


@register.filter
def job_colour(job: Job) -> str:
    return JOB_COLOURS.get(job.state, "secondary")


@register.filter
def item_colour(item: JobItem) -> str:
    return ITEM_COLOURS.get(item.state, "secondary")


@register.filter
def item_word(item: JobItem) -> str:
    return ITEM_WORDS.get(item.state, item.get_state_display())


@register.filter
def lasting(seconds: int | None) -> str:
    """A time to come, roughly."""
    minutes = round((seconds or 0) / 60)
    if minutes < 1:
        return "less than a minute"
    number, unit = (minutes, "minute") if minutes < 90 else (round(minutes / 60), "hour")
    return f"about {number} {unit}{'' if number == 1 else 's'}"


@register.simple_tag(takes_context=True)
def has_child_chunks(context: template.Context, segment: Segment | None = None) -> bool:
    """Whether documents of the dataset, or this segment, are parent-child, on a server that is not known to lack child chunks."""
    if context["request"].dify.capabilities.lacks(Feature.CHILD_CHUNKS):
        return False
    return context["dataset"].doc_form == "hierarchical_model" or bool(segment and segment.child_chunks)
