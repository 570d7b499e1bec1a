"""Pages of rows. `has_more` of the API is wrong at times (an exact last page, a limit over 100), so `total` is what counts."""

from collections.abc import Callable, Iterator
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Item = TypeVar("Item")
Row = TypeVar("Row", bound=BaseModel)
LARGEST_PAGE = 100
MOST = 2**31 - 1  # of a number that is stored: a server may say anything

# Stops at the first wrong item: 10 MB of wrong ones would make millions of errors, and take gigabytes.
ListOf = Annotated[list[Item], Field(fail_fast=True)]
# A count that an answer may leave null.
Count = Annotated[int, BeforeValidator(lambda given: 0 if given is None else given)]
Position = Annotated[int, Field(ge=0, le=MOST)]


class Model(BaseModel):
    """Base of all rows: unknown fields are ignored, and an error never repeats what was in the answer."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True, allow_inf_nan=False)


class Page(Model, Generic[Row]):
    """One page of a list; pages count from 1, `total` is over all pages."""

    data: ListOf[Row]
    total: int
    page: int = 1
    limit: int = 20

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // max(1, self.limit)))


def asked(number: int, limit: int, **filters: str) -> dict[str, str | int]:
    """The parameters of a page. The API gives at most 100 rows and echoes the limit as asked, which would hide the others: so
    no other limit than 1 to 100 is sent. Empty filters are left out."""
    limit = max(1, min(limit, LARGEST_PAGE))
    return {"page": number, "limit": limit} | {name: value for name, value in filters.items() if value}


class Rows(Model, Generic[Row]):
    """A list that comes without pages."""

    data: ListOf[Row]


def iterate(fetch: Callable[[int], Page[Row]]) -> Iterator[Row]:
    """Every row of a list, page by page; `fetch` gets the page's number."""
    number, pages = 1, 1
    while number <= pages:
        page = fetch(number)
        yield from page.data
        pages = page.pages if page.data else 0
        number += 1
