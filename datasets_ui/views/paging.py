"""List state in the URL: page number and search."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from datasets_ui.dify.paging import Page
from datasets_ui.forms.limits import LONGEST_SEARCH

LAST_PAGE = 100_000


@dataclass(frozen=True)
class ListState:
    """What the URL says of a list; nonsense counts as nothing."""

    page: int
    q: str
    status: str = ""


def list_state(request: HttpRequest, statuses: tuple[str, ...] = ()) -> ListState:
    number = request.GET.get("page", "1")
    page = min(max(int(number), 1), LAST_PAGE) if number.isdecimal() and len(number) < 8 else 1
    status = request.GET.get("status", "")
    return ListState(page, request.GET.get("q", "").strip()[:LONGEST_SEARCH], status if status in statuses else "")


def page_context(page: Page[Any], state: ListState) -> dict[str, Any]:
    """For `_pages.html`: which rows of how many, and whether there are more."""
    first = (state.page - 1) * page.limit + 1
    return {
        "page": page,
        "state": state,
        "first": first if page.data else 0,
        "last": first + len(page.data) - 1 if page.data else 0,
        "previous": state.page - 1 if state.page > 1 else None,
        "next": state.page + 1 if state.page < page.pages else None,
    }
