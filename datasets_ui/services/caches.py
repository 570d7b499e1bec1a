"""What pages keep for a while. While the cache cannot be reached it is an empty one that nobody waits for.

Not for what counts: limits on wrong passwords and used codes are in the default cache, whose errors close the door.
"""

import base64
import pickle
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.core.cache import BaseCache, caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import InterfaceError, OperationalError, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionProxy
from redis.exceptions import RedisError

Result = TypeVar("Result")

AWAY = (RedisError, OperationalError, InterfaceError)
PAUSE_SECONDS = 5.0  # before it is tried again: each try may take a second of somebody's page
LOCKED_SECONDS = 1.0
AHEAD_SECONDS = 1.0
MAX_TIMESTAMP = datetime(9999, 1, 1, tzinfo=UTC).timestamp()  # of what never expires

log = structlog.get_logger()


class Forgiving(BaseCache):
    """Before a backend: what it cannot do counts as done, and what it cannot find as not there."""

    away_until = 0.0  # of this process, whose threads have a backend each

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.ahead: dict[str, Any] = {}
        self.ahead_until = 0.0

    @property
    def is_away(self) -> bool:
        return time.monotonic() < Forgiving.away_until

    def unless_away(self, otherwise: Any, act: Callable[..., Any], *args: Any) -> Any:
        if self.is_away:
            return otherwise
        try:
            return act(*args)
        except AWAY as error:
            Forgiving.away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("cache_away", error=type(error).__name__)
            return otherwise

    def read_ahead(self, *keys: str) -> None:
        """Read in one go what this thread will ask for one by one. Each is given out once, within a second, unless it is written meanwhile."""
        found = self.get_many(keys)
        self.ahead = {key: found.get(key) for key in keys}
        self.ahead_until = time.monotonic() + AHEAD_SECONDS

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        if key in self.ahead and time.monotonic() < self.ahead_until:
            value = self.ahead.pop(key)
            return default if value is None else value
        return self.unless_away(default, super().get, key, default, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self.ahead.pop(key, None)
        self.unless_away(None, super().set, key, value, timeout, version)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        self.ahead.pop(key, None)
        return bool(self.unless_away(True, super().add, key, value, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        self.ahead.pop(key, None)
        return bool(self.unless_away(False, super().delete, key, version))

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        return dict(self.unless_away({}, super().get_many, keys, version))

    def set_many(self, data: dict[str, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        self.ahead.clear()
        return list(self.unless_away([], super().set_many, data, timeout, version))


class ForgivingRedisCache(Forgiving, RedisCache):
    """In Redis."""


class ForgivingDatabaseCache(Forgiving, DatabaseCache):
    """In the database."""

    def set_many(self, data: dict[str, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        self.ahead.clear()
        return list(self.unless_away([], self.write_at_once, data, timeout, version))

    def write_at_once(self, data: dict[str, Any], timeout: Any, version: int | None) -> list[Any]:
        """All in one statement, where Django's takes a transaction of four for each. What is too much a single `set` removes."""
        connection = connections[router.db_for_write(self.cache_model_class)]
        until = datetime.fromtimestamp(self.get_backend_timeout(timeout) or MAX_TIMESTAMP, UTC).replace(microsecond=0)
        expires = connection.ops.adapt_datetimefield_value(until)
        parameters: list[Any] = []
        for key, value in data.items():
            pickled = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("latin1")
            parameters += [self.make_and_validate_key(key, version=version), pickled, expires]
        places = ", ".join(["(%s, %s, %s)"] * len(data))
        table = connection.ops.quote_name(self._table)  # type: ignore[attr-defined]  # Django's stubs have no private parts
        with whole_or_not(connection), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (cache_key, value, expires) VALUES {places}"  # noqa: S608 no value is in it
                " ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires",
                parameters,
            )
        return []

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """Django's swallows the error of a database that is locked, after seconds, which would be spent anew for each key."""
        began = time.monotonic()
        done = bool(super()._base_set(mode, key, value, timeout))  # type: ignore[misc]  # Django's stubs have no private parts
        if not done and time.monotonic() - began > LOCKED_SECONDS:
            raise OperationalError("The cache is locked.")
        return done


def dataset_place(workspace_id: UUID, dataset_id: UUID) -> str:
    """Where the dataset as it was last seen is kept."""
    return f"seen-dataset:{workspace_id}:{dataset_id}"


def whole_or_not(connection: BaseDatabaseWrapper) -> AbstractContextManager[Any]:
    """Within somebody's transaction a statement that fails must not spoil it; alone it is a transaction by itself."""
    return transaction.atomic(using=connection.alias) if connection.in_atomic_block else nullcontext()


page_cache: Any = ConnectionProxy(caches, "pages")
