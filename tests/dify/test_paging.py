"""Pages and the walk over them."""

from collections.abc import Callable, Sequence

import pytest
from pydantic import ValidationError

from datasets_ui.dify.errors import TimedOut
from datasets_ui.dify.paging import ListChanging, ListTooLong, Model, Page, iterate
from tests.dify.support import error_of


class Row(Model):
    id: int
    text: str = ""


def page_of(ids: Sequence[int], number: int, limit: int, total: int | None = None, text: str = "") -> Page[Row]:
    """A page of a list as a server cuts it."""
    rows = [Row(id=one, text=text) for one in ids[(number - 1) * limit : number * limit]]
    return Page[Row](data=rows, total=len(ids) if total is None else total, limit=limit, page=number)


def walked(fetch: Callable[[int], Page[Row]]) -> list[int]:
    return [row.id for row in iterate(fetch)]


@pytest.mark.parametrize(
    ("total", "limit", "pages"), [(0, 20, 1), (1, 20, 1), (20, 20, 1), (21, 20, 2), (101, 100, 2), (3, 0, 3)]
)
def test_pages_are_counted_from_the_total(total: int, limit: int, pages: int) -> None:
    assert Page[Row](data=[], total=total, limit=limit).pages == pages


@pytest.mark.parametrize("total", [-1, 10**9, 10**30])
def test_a_total_that_cannot_be_is_no_page(total: int) -> None:
    """H5, L2: it is neither believed nor stored."""
    with pytest.raises(ValidationError):
        Page[Row](data=[], total=total)


def test_a_walk_gives_every_row_in_order() -> None:
    assert walked(lambda number: page_of(range(5), number, 2)) == [0, 1, 2, 3, 4]


def test_a_walk_asks_no_more_than_the_total_needs() -> None:
    asked: list[int] = []

    def fetch(number: int) -> Page[Row]:
        asked.append(number)
        return page_of(range(4), number, 2)

    assert (walked(fetch), asked) == ([0, 1, 2, 3], [1, 2])


# --- lists that change meanwhile ---


class Changing:
    """A list that is another one from the second call on."""

    def __init__(self, before: Sequence[int], after: Sequence[int]) -> None:
        self.before, self.after = before, after
        self.calls = 0

    def __call__(self, number: int) -> Page[Row]:
        self.calls += 1
        return page_of(self.before if self.calls == 1 else self.after, number, 2)


def test_a_row_that_moves_to_the_next_page_is_given_once() -> None:
    """Somebody adds one at the front."""
    assert walked(Changing([1, 2, 3, 4], [9, 1, 2, 3, 4])) == [1, 2, 3, 4, 9]


def test_a_row_that_moves_to_a_page_that_was_read_is_not_left_out() -> None:
    """Somebody deletes one at the front."""
    assert walked(Changing([1, 2, 3, 4], [2, 3, 4])) == [1, 2, 4, 3]


def test_one_that_came_for_one_that_went_is_noticed() -> None:
    """The total is the same."""
    assert walked(Changing([1, 2, 3, 4], [9, 2, 1, 3])) == [1, 2, 3, 9]


def test_a_walk_sees_a_list_that_grows() -> None:
    assert walked(Changing([1, 2], [1, 2, 3])) == [1, 2]
    assert walked(Changing([1, 2, 3], [1, 2, 3, 4, 5])) == [1, 2, 3, 4, 5]


def test_rows_in_an_order_of_chance_are_all_found() -> None:
    """Servers sort by what several rows have in common; each page is then another draw."""
    orders = iter([[1, 2, 3, 4], [3, 4, 1, 2], [3, 4, 1, 2], [3, 4, 1, 2]])
    assert sorted(walked(lambda number: page_of(next(orders), number, 2))) == [1, 2, 3, 4]


# --- servers that lie ---

LIES: dict[str, Callable[[int], Page[Row]]] = {
    "one page for all": lambda _: page_of(range(100), 1, 2),
    "fewer rows than said": lambda number: page_of(range(3), number, 2, total=8),
    "an empty page in the middle": lambda number: page_of([] if number == 2 else range(6), number, 2, total=6),
    "more rows than said": lambda number: page_of(range(6), number, 2, total=3),
    "another total each time": lambda number: page_of(range(1000), number, 2, total=1000 + number),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_does_not_fit_together_is_an_error_and_no_short_list(lie: str) -> None:
    """H5."""
    error_of(ListChanging, lambda: walked(LIES[lie]))


def test_a_list_that_is_too_long_is_not_begun() -> None:
    """H5."""
    calls: list[int] = []

    def fetch(number: int) -> Page[Row]:
        calls.append(number)
        return page_of(range(200), number, 2)

    error_of(ListTooLong, lambda: list(iterate(fetch, most=100)))
    assert calls == [1]


def test_bytes_are_counted_while_they_come() -> None:
    """H5: nine megabytes a page, and no end."""
    calls: list[int] = []

    def fetch(number: int) -> Page[Row]:
        calls.append(number)
        return page_of(range(1_000), number, 2, text="x" * 4_500)

    error_of(ListTooLong, lambda: list(iterate(fetch, size=50_000)))
    assert len(calls) == 6


def test_a_walk_ends_in_time() -> None:
    """H5: each page may take a call's whole deadline."""
    error_of(TimedOut, lambda: list(iterate(lambda number: page_of(range(1_000), number, 2), seconds=0)))
