"""Pages and the walk over them."""

import pytest

from datasets_ui.dify.paging import Model, Page, iterate


class Row(Model):
    id: int


@pytest.mark.parametrize(
    ("total", "limit", "pages"), [(0, 20, 1), (1, 20, 1), (20, 20, 1), (21, 20, 2), (101, 100, 2), (3, 0, 3)]
)
def test_pages_are_counted_from_the_total(total: int, limit: int, pages: int) -> None:
    assert Page[Row](data=[], total=total, limit=limit).pages == pages


def test_a_walk_gives_every_row_in_order() -> None:
    def fetch(number: int) -> Page[Row]:
        return Page[Row](data=[Row(id=n) for n in range(5)[number * 2 - 2 : number * 2]], total=5, limit=2, page=number)

    assert [row.id for row in iterate(fetch)] == [0, 1, 2, 3, 4]


def test_a_walk_asks_no_more_than_the_total_needs() -> None:
    asked: list[int] = []

    def fetch(number: int) -> Page[Row]:
        asked.append(number)
        return Page[Row](data=[Row(id=1), Row(id=2)], total=4, limit=2)

    list(iterate(fetch))
    assert asked == [1, 2]


def test_a_walk_ends_at_an_empty_page_whatever_the_total() -> None:
    asked: list[int] = []

    def fetch(number: int) -> Page[Row]:
        asked.append(number)
        return Page[Row](data=[Row(id=1)] if number == 1 else [], total=1_000_000, limit=1)

    assert [row.id for row in iterate(fetch)] == [1]
    assert asked == [1, 2]


def test_a_walk_sees_a_list_that_grows() -> None:
    def fetch(number: int) -> Page[Row]:
        return Page[Row](data=[Row(id=number)], total=min(number + 1, 3), limit=1)

    assert [row.id for row in iterate(fetch)] == [1, 2, 3]
