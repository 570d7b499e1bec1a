"""Database connections are few: nobody who waits for something else keeps one."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import connection, connections

Given = ParamSpec("Given")
Result = TypeVar("Result")


def release_connection() -> None:
    """Before waiting for somebody else: let others have this thread's database connection, unless a transaction needs it. One to a
    file is for nobody else."""
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()


def releasing_connections(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """For a thread of a pool: what it opened of the database is given back when it is done."""

    def done(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        try:
            return work(*args, **kwargs)
        finally:
            connections.close_all()

    return done
