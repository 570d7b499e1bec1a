"""Pages as the API cuts them, and its idea of searching by keyword."""

import re
from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from sandbox.versions import dify

MOST_ROWS = 100
USUAL_ROWS = 20
LAST_ROW = 2**62  # beyond it SQLite knows no numbers


def number(request: HttpRequest, name: str, default: int) -> int:
    try:
        return int(request.GET.get(name, default))
    except ValueError:
        return default


def cut(rows: "QuerySet[Any]", page: int, limit: int) -> list[Any]:
    size = min(limit, MOST_ROWS) if limit > 0 else USUAL_ROWS
    start = min((max(page, 1) - 1) * size, LAST_ROW)
    return list(rows[start : start + size])


def listing(request: HttpRequest, rows: "QuerySet[Any]", as_row: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """`has_more` says whether the page is full: true on an exact last page, false for any limit above the cap."""
    page, limit = number(request, "page", 1), number(request, "limit", USUAL_ROWS)
    found: list[Model] = cut(rows, page, limit)
    return {
        "data": [as_row(row) for row in found],
        "has_more": len(found) == limit,
        "limit": limit,
        "total": rows.count(),
        "page": page,
    }


def listing_right(request: HttpRequest, rows: "QuerySet[Any]", as_row: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """The same where it is right: the limit as it was capped, and whether there is more."""
    answer = listing(request, rows, as_row)
    limit = min(answer["limit"], MOST_ROWS) if answer["limit"] > 0 else USUAL_ROWS
    return answer | {"limit": limit, "has_more": max(answer["page"], 1) * limit < answer["total"]}


def pattern(keyword: str) -> str:
    """A regular expression for what holds the keyword; later versions escape its wildcards, but not in names of documents."""
    return "(?s)" + re.escape(keyword) if dify().escaped_keywords else like(keyword)


def like(keyword: str) -> str:
    """A regular expression for SQL's LIKE '%keyword%': the API passes % and _ through as wildcards. What is between two % is taken
    where it comes first, and no other place of it is tried."""
    pieces = ("".join("." if letter == "_" else re.escape(letter) for letter in piece) for piece in keyword.split("%"))
    return r"(?s)\A" + "".join(f"(?>.*?{piece})" for piece in pieces)
