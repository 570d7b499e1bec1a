"""Which kinds of jobs there are. Each feature registers its own in its `jobs.py`, which apps.py imports; the engine knows none."""

from typing import Any, TypeVar

from datasets_ui.services.jobs.kinds import Kind

KindType = TypeVar("KindType", bound=type[Kind[Any]])

KINDS: dict[str, Kind[Any]] = {}


def register(kind: KindType) -> KindType:
    """A decorator: the jobs of this name are of this kind."""
    KINDS[kind.name] = kind()
    return kind
