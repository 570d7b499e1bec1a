"""One answer of the API for many who ask for it."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.core.cache import cache
from django.db import connections

from datasets_ui.dify.errors import TooManyCalls

Given = ParamSpec("Given")
Result = TypeVar("Result")

FRESH_SECONDS = 1.0
KEPT_SECONDS = 30
FLIGHT_SECONDS = 25  # longer than a call may take, so that a flight is never taken twice


def shared(name: str, fetch: Callable[[], str], fresh: float = FRESH_SECONDS, flight: float = FLIGHT_SECONDS) -> str:
    """An answer at most `fresh` seconds old, which one caller over all processes fetches while the others take the last one.

    `flight` is how long fetching may take; where it is longer than anybody should wait, raises TooManyCalls for those who do.
    """
    for _ in range(int(FLIGHT_SECONDS / 0.1)):
        kept = cache.get(name)
        if is_fresh(kept, fresh):
            return str(kept[1])
        if cache.add(f"{name}:flight", 1, flight):
            try:
                kept = cache.get(name)  # another flight may have landed between the look and the take-off
                if is_fresh(kept, fresh):
                    return str(kept[1])
                answer = fetch()
                cache.set(name, (time.time(), answer), KEPT_SECONDS + fresh)
            finally:
                cache.delete(f"{name}:flight")
            return answer
        if kept:
            return str(kept[1])
        time.sleep(0.1)
    if flight > FLIGHT_SECONDS:
        raise TooManyCalls
    return fetch()


def is_fresh(kept: tuple[float, str] | None, fresh: float) -> bool:
    return kept is not None and time.time() - kept[0] < fresh


def apart(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """For a thread of a pool: what it opened of the database is given back when it is done."""

    def done(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return done
