"""Filters of a search, by the metadata of the documents."""

from typing import Any

import pytest

from tests.sandbox.support import Library


@pytest.fixture
def library(economy: Library) -> Library:
    """Three documents that the word "lamp" finds, with different metadata: a of 2024, b of 2026, c without any."""
    fields = {
        name: economy.post("/metadata", {"type": kind, "name": name}).json()["id"]
        for name, kind in {"team": "string", "year": "number"}.items()
    }
    for name, values in {"a": {"team": "HR", "year": 2024}, "b": {"team": "Sales, EU", "year": 2026}, "c": {}}.items():
        rows = [{"id": fields[field], "name": field, "value": value} for field, value in values.items()]
        operation = {"document_id": economy.text(name, f"lamp {name}{name}"), "metadata_list": rows}
        economy.post("/documents/metadata", {"operation_data": [operation]})
    return economy


def found(dataset: Library, *conditions: tuple[Any, ...], operator: str = "and") -> str:
    """The names of the documents found, put together."""
    named = [dict(zip(("name", "comparison_operator", "value"), one, strict=False)) for one in conditions]
    wanted = {"logical_operator": operator, "conditions": named}
    records = dataset.retrieve("lamp", metadata_filtering_conditions=wanted)["records"]
    return "".join(sorted(record["segment"]["document"]["name"] for record in records))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("team", "is", "HR"), "a"),
        (("team", "is", "hr"), ""),
        (("team", "is not", "HR"), "b"),
        (("team", "contains", "ale"), "b"),
        (("team", "not contains", "ale"), "a"),
        (("team", "start with", "Sal"), "b"),
        (("team", "end with", "R"), "a"),
        (("team", "empty"), "c"),
        (("team", "not empty"), "ab"),
        (("team", "in", "HR, Law"), "a"),
        (("team", "in", ["HR", "Sales, EU"]), "ab"),
        (("team", "not in", ["HR"]), "b"),
        (("year", "=", 2024), "a"),
        (("year", "≠", 2024), "b"),
        (("year", "=", "2024"), "a"),
        (("year", "in", 2024), "a"),
        (("year", ">", 2024), "b"),
        (("year", "≥", 2024), "ab"),
        (("year", "<", 2026), "a"),
        (("year", "≤", 2026), "ab"),
        (("year", "before", 2025), "a"),
        (("year", "after", 2025), "b"),
        (("team", "<", 5), ""),
        (("team", "is"), "abc"),
    ],
)
def test_a_condition(library: Library, condition: tuple[Any, ...], expected: str) -> None:
    assert found(library, condition) == expected


@pytest.mark.parametrize(("operator", "expected"), [("and", ""), ("or", "ab")])
def test_several_conditions(library: Library, operator: str, expected: str) -> None:
    assert found(library, ("team", "is", "HR"), ("year", "=", 2026), operator=operator) == expected


def test_a_filter_that_nothing_meets_finds_nothing_where_there_is_no_model(library: Library) -> None:
    """Not the error that a semantic search of an economy dataset is."""
    wanted = {"conditions": [{"name": "team", "comparison_operator": "is", "value": "nobody"}]}
    assert library.retrieve("lamp", "semantic_search", metadata_filtering_conditions=wanted)["records"] == []


@pytest.mark.parametrize("wrong", ["x", {"conditions": [{"name": "team", "comparison_operator": "like"}]}])
def test_an_unknown_operator_is_refused(library: Library, wrong: Any) -> None:
    assert library.retrieve("lamp", metadata_filtering_conditions=wrong)["code"] == "invalid_param"
