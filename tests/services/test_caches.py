"""What pages keep: written in one statement, and read ahead."""

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets_ui.services.caches import page_cache

in_database = pytest.mark.skipif(bool(settings.CACHE_URL), reason="the cache is in Redis")


@in_database
def test_many_values_are_written_in_one_statement(db: None) -> None:
    page_cache.set("a", "old", 60)
    with CaptureQueriesContext(connection) as queries:
        page_cache.set_many({"a": "new", "b": (1.5, "quote ' percent %s")}, 60)
    assert len([query for query in queries if "POINT" not in query["sql"]]) == 1
    assert page_cache.get_many(["a", "b", "c"]) == {"a": "new", "b": (1.5, "quote ' percent %s")}


@in_database
def test_what_was_read_ahead_takes_no_statement_once(db: None) -> None:
    page_cache.set_many({"a": 1, "b": 2}, 60)
    page_cache.read_ahead("a", "b", "c")
    with CaptureQueriesContext(connection) as queries:
        assert (page_cache.get("a"), page_cache.get("b"), page_cache.get("c", "none")) == (1, 2, "none")
        assert len(queries) == 0
        assert page_cache.get("a") == 1
    assert len(queries) == 1


def test_what_is_written_meanwhile_counts(db: None) -> None:
    page_cache.set_many({"a": 1, "b": 2, "c": 3}, 60)
    page_cache.read_ahead("a", "b", "c", "d")
    page_cache.set("a", 10)
    page_cache.delete("b")
    page_cache.add("d", 40)
    assert [page_cache.get(key) for key in "abcd"] == [10, None, 3, 40]


def test_what_has_expired_is_gone(db: None) -> None:
    page_cache.set_many({"a": 1}, -1)
    assert page_cache.get("a") is None
