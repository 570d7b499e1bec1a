"""States as people see them: an icon and a word, and a colour that only underlines it."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from datasets_ui.dify.documents import Document
from datasets_ui.models import Job, JobItem
from datasets_ui.templatetags.remembered import heroicon_outline

register = template.Library()

STAGE_WORDS = {
    "waiting": _("waiting"),
    "parsing": _("parsing"),
    "cleaning": _("cleaning"),
    "splitting": _("splitting"),
    "indexing": _("indexing"),
    "completed": _("completed"),
}
STATUS_WORDS = {
    "error": _("Failed"),
    "queuing": _("Queued"),
    "completed": _("Available"),
    "available": _("Available"),
    "indexing": _("Indexing"),
    "waiting": _("Waiting"),
    "parsing": _("Parsing"),
    "cleaning": _("Cleaning"),
    "splitting": _("Splitting"),
    "paused": _("Paused"),
    "disabled": _("Disabled"),
    "archived": _("Archived"),
}
JOB_COLOURS = {"running": "blue", "paused": "yellow", "stopping": "yellow", "done": "green"}
# of an item of a job: how it looks, and its icon
ITEM_LOOKS = {
    "taken": ("run", "arrow-path"),
    "done": ("ok", "check-circle"),
    "failed": ("fail", "exclamation-triangle"),
    "skipped": ("off", "minus-circle"),
    "unknown": ("warn", "question-mark-circle"),
}
WAITS = ("off", "clock")
ITEM_WORDS = {"taken": _("Under way"), "unknown": _("Outcome not known")}

# of a document: how it looks, and its icon
STATUS_LOOKS = {
    "available": ("ok", "check-circle"),
    "completed": ("ok", "check-circle"),
    "error": ("fail", "exclamation-triangle"),
    "queuing": ("off", "clock"),
    "waiting": ("off", "clock"),
    "paused": ("warn", "pause-circle"),
    "disabled": ("off", "no-symbol"),
    "archived": ("off", "archive-box"),
}
MOVES = ("run", "arrow-path")


@register.filter
def state_of(document: Document, language: str | None = None) -> SafeString:
    """The state of a document, as an icon and a word. A list gives the language, which it asked for once."""
    status = document.display_status or document.indexing_status
    return known_state(language or get_language(), status) if status in STATUS_WORDS else drawn_state(status)


@lru_cache(maxsize=256)
def known_state(language: str, status: str) -> SafeString:  # noqa: ARG001 the cache tells languages apart
    """Only of a state that we know: what else a server says may be of any length, and is not kept."""
    return drawn_state(status)


def drawn_state(status: str) -> SafeString:
    look, icon = STATUS_LOOKS.get(status, MOVES)
    return format_html('<span class="state state-{}">{} {}</span>', look, heroicon_outline(icon, size=16), in_words(status))


@register.filter
def status_icon(status: str) -> SafeString:
    return heroicon_outline(STATUS_LOOKS.get(status, MOVES)[1], size=16)


@register.filter
def status_word(document: Document) -> str:
    return in_words(document.display_status or document.indexing_status)


def in_words(status: str) -> str:
    return str(STATUS_WORDS.get(status, status.replace("_", " ").capitalize()))


@register.filter
def stage_word(stage: str) -> str:
    """How far the indexing of a document is; a stage that is not known by its own name."""
    return str(STAGE_WORDS.get(stage, stage))


@register.filter
def job_colour(job: Job, failed: int | None) -> str:
    """`failed` is the number of its items that failed: a job is not well done with some."""
    if failed and not job.moving:
        return "yellow"
    return JOB_COLOURS.get(job.state, "secondary")


@register.filter
def item_state(item: JobItem) -> SafeString:
    """The state of an item, as an icon and a word."""
    look, icon = ITEM_LOOKS.get(item.state, WAITS)
    word = ITEM_WORDS.get(item.state, item.get_state_display())
    return format_html('<span class="state state-{}">{} {}</span>', look, heroicon_outline(icon, size=16), word)
