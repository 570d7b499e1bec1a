"""What pages keep for a while. While the cache cannot be reached it is an empty one that nobody waits for.

Not for what counts: limits on wrong passwords and used codes are in the default cache, whose errors close the door.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache import BaseCache, caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import InterfaceError, OperationalError
from django.utils.connection import ConnectionProxy
from redis.exceptions import RedisError

Result = TypeVar("Result")

AWAY = (RedisError, OperationalError, InterfaceError)
PAUSE_SECONDS = 5.0  # before it is tried again: each try may take a second of somebody's page
LOCKED_SECONDS = 1.0

log = structlog.get_logger()


class Forgiving(BaseCache):
    """Before a backend: what it cannot do counts as done, and what it cannot find as not there."""

    away_until = 0.0  # of this process, whose threads have a backend each

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

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.unless_away(default, super().get, key, default, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self.unless_away(None, super().set, key, value, timeout, version)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self.unless_away(True, super().add, key, value, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self.unless_away(False, super().delete, key, version))

    def set_many(self, data: dict[str, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        return list(self.unless_away([], super().set_many, data, timeout, version))


class ForgivingRedisCache(Forgiving, RedisCache):
    """In Redis."""


class ForgivingDatabaseCache(Forgiving, DatabaseCache):
    """In the database."""

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        """Django's swallows the error of a database that is locked, after seconds, which would be spent anew for each key."""
        began = time.monotonic()
        done = bool(super()._base_set(mode, key, value, timeout))  # type: ignore[misc]  # Django's stubs have no private parts
        if not done and time.monotonic() - began > LOCKED_SECONDS:
            raise OperationalError("The cache is locked.")
        return done


page_cache: Any = ConnectionProxy(caches, "pages")
