"""One answer of the API for many who ask for it, and when one has to look again."""

import threading
import time
from collections.abc import Callable
from uuid import UUID, uuid4

from datasets_ui.dify.errors import TooManyCalls
from datasets_ui.models import Workspace
from datasets_ui.services.caches import dataset_place, page_cache
from datasets_ui.services.database import release_connection

FRESH_SECONDS = 1.0
KEPT_SECONDS = 30
EDITION_SECONDS = 3600
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
        release_connection()
        patience = LONG_FOLLOW_SECONDS if long else FOLLOW_SECONDS
        while took_off := page_cache.get(flight):
            if time.time() - took_off > patience:
                raise TooManyCalls
            time.sleep(0.1)
            release_connection()
    finally:
        if long:
            followers.release()


def is_fresh(kept: tuple[float, str] | None, fresh: float) -> bool:
    return kept is not None and time.time() - kept[0] < fresh


def forget_dataset(workspace: Workspace, dataset_id: UUID) -> None:
    """After a change of the dataset or of its documents."""
    page_cache.delete(dataset_place(workspace.id, dataset_id))


def edition_key(workspace: Workspace, document_id: UUID) -> str:
    """Where the edition of a document is kept: what was seen of an earlier one does not count any more."""
    return f"glances:{workspace.id}:{document_id}"


def look_again(workspace: Workspace, document_id: UUID) -> None:
    """After a change: what was seen before, and what is being looked at just now, does not count any more."""
    page_cache.set(edition_key(workspace, document_id), uuid4().hex, EDITION_SECONDS)
