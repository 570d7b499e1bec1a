"""Pages of rows. `has_more` of the API is wrong at times (an exact last page, a limit over 100), so `total` is what counts."""

import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from datasets_ui.dify.errors import BadAnswer, TimedOut
from datasets_ui.dify.words import Filled, gettext_noop

Item = TypeVar("Item")
Row = TypeVar("Row", bound=BaseModel)
LARGEST_PAGE = 100
MOST = 2**31 - 1  # of a number that is stored: a server may say anything
LARGEST_TOTAL = 10_000_000
MOST_ROWS = 100_000
MOST_BYTES = 100 * 1024**2
WALK_SECONDS = 60.0
WALKS = 3
TOO_LONG = gettext_noop("At most %(rows)s rows and %(megabytes)s MB are read at once.")
FOUND_OTHERS = gettext_noop("%(total)s rows are said to be there, %(found)s were found.")
READ_IN_TIME = gettext_noop("%(number)s of %(total)s rows were read in time.")

# Stops at the first wrong item: 10 MB of wrong ones would make millions of errors, and take gigabytes.
ListOf = Annotated[list[Item], Field(fail_fast=True)]
# A count that an answer may leave null.
Count = Annotated[int, BeforeValidator(lambda given: 0 if given is None else given)]
Position = Annotated[int, Field(ge=0, le=MOST)]


class ListTooLong(BadAnswer):
    """More rows or bytes than are read at once."""

    code = "list_too_long"


class ListChanging(BadAnswer):
    """The pages of a list do not fit together, however often they are read."""

    code = "list_changing"


class Model(BaseModel):
    """Base of all rows: unknown fields are ignored, and an error never repeats what was in the answer."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True, allow_inf_nan=False)

    def __getitem__(self, name: str) -> Any:
        """A field by its name. Templates ask so first, and each time that this fails takes longer than all the rest of a look-up."""
        return self.__dict__[name]


class Page(Model, Generic[Row]):
    """One page of a list; pages count from 1, `total` is over all pages."""

    data: ListOf[Row]
    total: Annotated[int, Field(ge=0, le=LARGEST_TOTAL)]
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


def iterate(
    fetch: Callable[[int], Page[Row]], *, most: int = MOST_ROWS, size: int = MOST_BYTES, seconds: float = WALK_SECONDS
) -> Iterator[Row]:
    """Every row of a list once, page by page; `fetch` gets the page's number.

    Rows move from page to page when others come or go meanwhile, so the list is read again where its pages do not fit together,
    and only what was not there before is given. Raises ListTooLong for more than `most` rows or `size` bytes, TimedOut after
    `seconds`, and ListChanging, rather than to leave something out.
    """
    walk = Walk(most, size, time.monotonic() + seconds)
    for _ in range(WALKS):
        walk.begin()
        number, pages = 1, 1
        while number <= pages:
            page = fetch(number)
            yield from walk.new_rows(number, page)
            pages = page.pages if page.data else 0
            number += 1
        if walk.is_complete:
            return
    raise ListChanging(Filled(FOUND_OTHERS, total=str(walk.total), found=str(len(walk.found))))


class Walk:
    """What was read of a list: `found` over all readings, the rest in the present one."""

    def __init__(self, most: int, size: int, until: float) -> None:
        self.most, self.until = most, until
        self.most_bytes = self.bytes_left = size
        self.rows_read = 0
        self.found: set[object] = set()
        self.totals: set[int] = set()

    def begin(self) -> None:
        self.here: set[object] = set()
        self.total: int | None = None
        self.fits = True

    def new_rows(self, number: int, page: Page[Row]) -> list[Row]:
        """The rows of a page that were not found before."""
        rows = {id_of(row): row for row in page.data}
        self.look_at(number, page, set(rows))
        self.bound(page)
        new = [row for key, row in rows.items() if key not in self.found]
        self.found |= set(rows)
        return new

    def look_at(self, number: int, page: Page[Row], ids: set[object]) -> None:
        """Whether the page goes with those before it: as many rows as are said, none of them twice, of a list of the same length."""
        limit = max(1, page.limit)
        should = min(limit, max(0, page.total - (number - 1) * limit))
        same_total = self.total in {None, page.total}
        self.fits = self.fits and same_total and len(page.data) == len(ids) == should and not ids & self.here
        self.here |= ids
        self.total = page.total
        self.totals.add(page.total)

    def bound(self, page: Page[Row]) -> None:
        self.rows_read += len(page.data)
        self.bytes_left -= sum(len(row.model_dump_json()) for row in page.data)
        if page.total > self.most or self.rows_read > WALKS * self.most or self.bytes_left < 0:
            raise ListTooLong(Filled(TOO_LONG, rows=self.most, megabytes=self.most_bytes // 1024**2))
        if time.monotonic() > self.until:
            raise TimedOut(Filled(READ_IN_TIME, number=str(len(self.found)), total=str(page.total)))

    @property
    def is_complete(self) -> bool:
        return self.fits or (len(self.totals) == 1 and len(self.found) == self.total)


def id_of(row: BaseModel) -> object:
    return dict(row)["id"]
