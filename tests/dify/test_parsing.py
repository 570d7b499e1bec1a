"""From JSON to models."""

import traceback
from typing import Any

import pytest

from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import UnexpectedShape
from datasets_ui.dify.paging import ListOf, Model, Page, Rows
from datasets_ui.dify.parsing import parse, parse_written
from tests.dify.support import DATASET, error_of

CANARY = "CANARY-of-the-answer"


class Row(Model):
    id: int
    name: str
    words: ListOf[str] = []


def test_a_row_is_read() -> None:
    assert parse(Row, {"id": 1, "name": "a"}) == Row(id=1, name="a")


def test_unknown_fields_are_passed_over() -> None:
    assert parse(Row, {"id": 1, "name": "a", "new": CANARY}) == Row(id=1, name="a")


def test_the_part_under_keys_is_read() -> None:
    assert parse(Row, {"data": [{"id": 1, "name": "a"}]}, "data", 0) == Row(id=1, name="a")


def test_every_wrong_field_is_named_at_once() -> None:
    error = error_of(UnexpectedShape, lambda: parse(Row, {"id": CANARY, "name": None}))
    assert set(error.fields) == {"id", "name"}


@pytest.mark.parametrize("answer", [None, [], 7, "data", {}, {"data": None}, {"data": []}, {"data": {}}, {"data": 7}])
def test_a_missing_part_is_named(answer: Any) -> None:
    error = error_of(UnexpectedShape, lambda: parse(Row, answer, "data", 0))
    assert list(error.fields.values()) == ["missing"]


@pytest.mark.parametrize("answer", [None, [], 7, CANARY])
def test_another_thing_than_an_object_is_named_answer(answer: Any) -> None:
    assert list(error_of(UnexpectedShape, lambda: parse(Row, answer)).fields) == ["answer"]


@pytest.mark.parametrize("kind", [Row, Page[Row], Rows[Row], list[Row]])
@pytest.mark.parametrize("answer", [CANARY, [CANARY], {"id": CANARY, "name": {"a": CANARY}, "data": [{"id": CANARY}]}])
def test_an_error_never_repeats_the_answer(kind: Any, answer: Any) -> None:
    error = error_of(UnexpectedShape, lambda: parse(kind, answer))
    assert CANARY not in repr(error) + str(error) + str(error.fields) + "".join(traceback.format_exception(error))


@pytest.mark.parametrize("rows", [None, {}, "rows", 7])
def test_a_list_that_is_none_is_named(rows: Any) -> None:
    assert list(error_of(UnexpectedShape, lambda: parse(Page[Row], {"data": rows, "total": 0})).fields) == ["data"]


def test_a_wrong_row_is_named_by_its_place() -> None:
    answer = {"data": [{"id": 1, "name": "a"}, {"id": 2}], "total": 2}
    assert error_of(UnexpectedShape, lambda: parse(Page[Row], answer)).fields == {"data.1.name": "Field required"}


@pytest.mark.parametrize("kind", [Page[Row], Rows[Row]])
def test_of_millions_of_wrong_rows_the_first_is_named(kind: Any) -> None:
    error = error_of(UnexpectedShape, lambda: parse(kind, {"data": [1] * 1_000_000, "total": 1}))
    assert list(error.fields) == ["data.0"]


def test_of_millions_of_wrong_words_the_first_is_named() -> None:
    error = error_of(UnexpectedShape, lambda: parse(Row, {"id": 1, "name": "a", "words": [1] * 1_000_000}))
    assert list(error.fields) == ["words.0"]


def test_an_endless_number_is_refused() -> None:
    answer = {"id": str(DATASET), "name": "a", "created_at": float("inf")}
    assert list(error_of(UnexpectedShape, lambda: parse(Dataset, answer)).fields) == ["created_at"]


def test_a_row_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(parse(Row, {"id": 1, "name": "a"}), "name", "b")  # noqa: B010 (the types forbid the plain way)


@pytest.mark.parametrize(("read", "unknown"), [(parse, False), (parse_written, True)])
def test_only_a_write_leaves_its_outcome_unknown(read: Any, unknown: bool) -> None:
    assert error_of(UnexpectedShape, lambda: read(Row, None)).outcome_unknown is unknown


def test_the_answer_of_a_write_is_read() -> None:
    assert parse_written(Row, [{"id": 1, "name": "a"}], 0) == Row(id=1, name="a")
