"""How long ago something was, in words: as Django says it, and made once for each of them, because a page says hundreds."""

from datetime import datetime, tzinfo
from functools import lru_cache

from django.utils.dates import MONTHS_3
from django.utils.html import avoid_wrapping, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import TIME_STRINGS
from django.utils.translation import gettext

UNITS = {"week": 604_800, "day": 86_400, "hour": 3600, "minute": 60}  # in seconds
SHORTEST_MONTH = 28 * UNITS["day"]


def age_of(moment: datetime) -> tuple[str, int]:
    """The first unit that Django's `timesince` would name, and how many of it; none for less than a minute, or a time ahead."""
    now = datetime.now(moment.tzinfo)
    seconds = int((now - moment).total_seconds())
    if seconds >= SHORTEST_MONTH:
        months = (now.year - moment.year) * 12 + now.month - moment.month
        months -= (now.day, now.time()) < (moment.day, moment.time())
        if months:
            return ("year", months // 12) if months >= 12 else ("month", months)
    return next(((unit, seconds // length) for unit, length in UNITS.items() if seconds >= length), ("minute", 0))


@lru_cache(maxsize=1024)
def age_in_words(language: str, unit: str, number: int) -> str:  # noqa: ARG001 the cache tells languages apart
    age = avoid_wrapping(TIME_STRINGS[unit] % {"num": number})
    return escape(gettext("%(age)s ago") % {"age": age} if number else gettext("just now"))


@lru_cache(maxsize=1024)
def month_in_words(language: str, month: int) -> str:  # noqa: ARG001 the same
    return escape(str(MONTHS_3[month]).title())


@lru_cache(maxsize=4096)
def shown_time(language: str, zone: tzinfo, moment: datetime, unit: str, number: int) -> SafeString:
    """An age in words, with the exact time in the title: rows are shown again and again, and few of them get older meanwhile."""
    exact = moment.astimezone(zone)
    # nothing but digits, names of months and of zones, and escaped words
    title = f"{exact:%d} {month_in_words(language, exact.month)} {exact:%Y %H:%M:%S %Z}"
    words = age_in_words(language, unit, number)
    return mark_safe(f'<time datetime="{exact.isoformat()}" title="{title}">{words}</time>')  # noqa: S308
