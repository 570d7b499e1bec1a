"""How a process gets ready to answer or to work: what is loaded stays where it is, and calls find room.

Both are traits of CPython. Its frames lie in chunks of 16 KB, and a loop whose calls cross the edge of a chunk maps and unmaps memory
at each call, which makes a page up to three times as dear, by chance of how deep the stack is there. And its collector of garbage walks
through all that was ever loaded, for 70 ms at a time.
"""

import gc
from collections.abc import Callable
from typing import Any

from django.template.loader import get_template

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]

ROOM = 40_000  # words: more than all frames below need; only the pages that are touched take memory
WARMED = [
    "datasets/list.html",
    "documents/list.html",
    "documents/_progress.html",
    "segments/list.html",
    "jobs/list.html",
    "error.html",
]


def roomy(application: Application) -> Application:
    """The application, called from a frame so large that all frames below it lie in one chunk with it."""

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        return application(environ, start_response)

    call.__code__ = call.__code__.replace(co_stacksize=ROOM)
    return call


def warm_templates() -> None:
    """Parse what the first visitors will ask for, with all that it includes by name."""
    for name in WARMED:
        get_template(name)


def settle() -> None:
    """When all is loaded: what is there by now is no garbage, and is looked through no more."""
    gc.collect()
    gc.freeze()
