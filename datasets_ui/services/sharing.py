"""One answer of the API for many who ask for it."""

import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import connection, connections

from datasets_ui.dify.errors import TooManyCalls
from datasets_ui.services.caches import page_cache

Given = ParamSpec("Given")
Result = TypeVar("Result")

FRESH_SECONDS = 1.0
KEPT_SECONDS = 30
FLIGHT_SECONDS = 25  # longer than a call may take, so that a flight is never taken twice
FOLLOW_SECONDS = 2.0  # after the take-off: an API that takes longer may hold the one thread, not those of all who look
LONG_FOLLOW_SECONDS = 25.0
TAKE_OFFS = 5
MOST_FOLLOWERS = 4  # threads of this process that wait for a long flight

followers = threading.BoundedSemaphore(MOST_FOLLOWERS)


def shared(name: str, fetch: Callable[[], str], fresh: float = FRESH_SECONDS, flight: float = FLIGHT_SECONDS) -> str:
    """An answer at most `fresh` seconds old, which one caller over all processes fetches while the others take the last one.

    Where there is none yet they wait for it: not longer than one waits for a page, and of a `flight` that may take longer, few of
    them. Raises TooManyCalls for the others.
    """
    for _ in range(TAKE_OFFS):
        kept = page_cache.get(name)
        if is_fresh(kept, fresh):
            return str(kept[1])
        if page_cache.add(f"{name}:flight", time.time(), flight):
            try:
                kept = page_cache.get(name)  # another flight may have landed between the look and the take-off
                if is_fresh(kept, fresh):
                    return str(kept[1])
                answer = fetch()
                page_cache.set(name, (time.time(), answer), KEPT_SECONDS + fresh)
            finally:
                page_cache.delete(f"{name}:flight")
            return answer
        if kept:
            return str(kept[1])
        wait_for(f"{name}:flight", long=flight > FLIGHT_SECONDS)
        time.sleep(0.1)
    return fetch()  # a cache that takes nothing: of a database that cannot be written to


def wait_for(flight: str, *, long: bool) -> None:
    """Until it has landed. Raises TooManyCalls."""
    if long and not followers.acquire(blocking=False):
        raise TooManyCalls
    try:
        give_back()
        patience = LONG_FOLLOW_SECONDS if long else FOLLOW_SECONDS
        while took_off := page_cache.get(flight):
            if time.time() - took_off > patience:
                raise TooManyCalls
            time.sleep(0.1)
            give_back()
    finally:
        if long:
            followers.release()


def is_fresh(kept: tuple[float, str] | None, fresh: float) -> bool:
    return kept is not None and time.time() - kept[0] < fresh


def give_back() -> None:
    """Before waiting for somebody else: let others have this thread's database connection, unless a transaction needs it. One to a
    file is for nobody else."""
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()


def apart(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """For a thread of a pool: what it opened of the database is given back when it is done."""

    def done(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return done
