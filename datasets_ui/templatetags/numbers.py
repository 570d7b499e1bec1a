"""Numbers in words: with the separators of the reader's language, and with what is counted. A page says hundreds, so each is made once."""

from functools import lru_cache

from django import template
from django.utils.formats import number_format
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext_lazy

register = template.Library()

# without a separator in any language, and nothing to escape
SMALL = [mark_safe(str(number)) for number in range(1000)]  # noqa: S308
# what pages count, one and many
COUNTED = {
    "API key": ngettext_lazy("%(number)s API key", "%(number)s API keys", "count"),
    "call": ngettext_lazy("%(number)s call", "%(number)s calls", "count"),
    "change": ngettext_lazy("%(number)s change", "%(number)s changes", "count"),
    "character": ngettext_lazy("%(number)s character", "%(number)s characters", "count"),
    "dataset": ngettext_lazy("%(number)s dataset", "%(number)s datasets", "count"),
    "document": ngettext_lazy("%(number)s document", "%(number)s documents", "count"),
    "hit": ngettext_lazy("%(number)s hit", "%(number)s hits", "count"),
    "membership": ngettext_lazy("%(number)s membership", "%(number)s memberships", "count"),
    "segment": ngettext_lazy("%(number)s segment", "%(number)s segments", "count"),
    "token": ngettext_lazy("%(number)s token", "%(number)s tokens", "count"),
}


@register.filter
def count(number: int | None) -> str:
    """With thousands separators; a dash where nothing is known."""
    if number is None:
        return "—"
    return SMALL[number] if 0 <= number < len(SMALL) else number_in_words(get_language(), number)


@register.filter
def counted(number: int | None, noun: str) -> str:
    """How many of them: "1 segment", "1,000 segments"."""
    return nouns_in_words(get_language(), noun, number or 0)


@lru_cache(maxsize=4096)
def number_in_words(language: str, number: int) -> str:  # noqa: ARG001 the cache tells languages apart
    return number_format(number, force_grouping=True)


@lru_cache(maxsize=4096)
def nouns_in_words(language: str, noun: str, number: int) -> str:
    return str(COUNTED[noun] % {"number": number_in_words(language, number), "count": number})
