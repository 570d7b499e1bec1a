"""The database and the cache: how long they are waited for, and what holds while one of them is away."""

from typing import Any

SQLITE = {
    "OPTIONS": {
        # With the defaults, 13 of 1,600 contended writes were lost to "database is locked"; with these none.
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
    },
    "CONN_MAX_AGE": None,
}
POSTGRESQL = {
    "OPTIONS": {
        # One for each of gunicorn's 16 threads, and some: nobody waits for a connection unless the database is away, which is
        # noticed within two seconds, and of a machine that went silent within five.
        "pool": {"min_size": 1, "max_size": 20, "timeout": 2, "reconnect_timeout": 2},
        "connect_timeout": 2,
        "tcp_user_timeout": 5_000,
    },
    "CONN_HEALTH_CHECKS": True,  # a database that was started anew costs nobody an error page
}


def with_patience(database: dict[str, Any]) -> dict[str, Any]:
    """A database as its URL says, with our options; those of the URL go before them."""
    ours: dict[str, Any] = SQLITE if database["ENGINE"].endswith("sqlite3") else POSTGRESQL
    return database | ours | {"OPTIONS": ours["OPTIONS"] | database.get("OPTIONS", {})}


def caches(url: str) -> dict[str, dict[str, Any]]:
    """One cache by two names, in Redis or in the database: what limits depend on fails while it is away, what pages keep counts as
    forgotten then."""
    if url:
        place: dict[str, Any] = {"LOCATION": url, "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1}}
        strict, forgiving = "django.core.cache.backends.redis.RedisCache", "datasets_ui.services.caches.ForgivingRedisCache"
    else:  # what counts wrong passwords and remembers used codes must not be pushed out: the default is 300 entries
        place = {"LOCATION": "cache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
        strict, forgiving = "django.core.cache.backends.db.DatabaseCache", "datasets_ui.services.caches.ForgivingDatabaseCache"
    return {"default": place | {"BACKEND": strict}, "pages": place | {"BACKEND": forgiving}}


def queue(url: str) -> str:
    """Where jobs are queued in Redis. While that is away nobody waits for it: what was not queued, the sweeper finds."""
    return f"{url}{'&' if '?' in url else '?'}socket_connect_timeout=0.5"
