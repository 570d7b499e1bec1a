"""Filters of a search: conditions on the values that documents have for metadata fields, named by the field.

They follow the rules of SQL: a document without the value meets no condition but "empty".
"""

from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from sandbox.models import Dataset
from sandbox.payload import Json, checked

OfText = Literal["contains", "not contains", "start with", "end with", "is", "is not", "empty", "not empty", "in", "not in"]
OfNumber = Literal["=", "≠", ">", "<", "≥", "≤", "before", "after"]


class Condition(BaseModel):
    name: str
    comparison_operator: OfText | OfNumber
    value: str | list[str] | int | float | None = None


class Filter(BaseModel):
    logical_operator: Literal["and", "or"] | None = "and"
    conditions: list[Condition] | None = None


TEXTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda found, wanted: wanted in found,
    "not contains": lambda found, wanted: wanted not in found,
    "start with": lambda found, wanted: found.startswith(wanted),
    "end with": lambda found, wanted: found.endswith(wanted),
}
SAME, OTHER = {"is", "="}, {"is not", "≠"}
NUMBERS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda found, wanted: found == wanted,
    "is": lambda found, wanted: found == wanted,
    "≠": lambda found, wanted: found != wanted,
    "is not": lambda found, wanted: found != wanted,
    "<": lambda found, wanted: found < wanted,
    "before": lambda found, wanted: found < wanted,
    ">": lambda found, wanted: found > wanted,
    "after": lambda found, wanted: found > wanted,
    "≤": lambda found, wanted: found <= wanted,
    "≥": lambda found, wanted: found >= wanted,
}


def wanted(model: Json) -> Filter | None:
    given = model.get("metadata_filtering_conditions")
    return checked(Filter, given) if given else None


def matching(dataset: Dataset, wanted: Filter) -> list[UUID]:
    """The documents that meet all conditions, or one of them. A condition without the value it needs does not count."""
    conditions = [one for one in wanted.conditions or [] if one.value is not None or one.comparison_operator.endswith("empty")]
    enough = any if wanted.logical_operator == "or" else all
    rows = dataset.documents.values_list("id", "doc_metadata")
    return [id_ for id_, values in rows if not conditions or enough(meets(values or {}, one) for one in conditions)]


def meets(values: Json, condition: Condition) -> bool:
    found, operator, value = values.get(condition.name), condition.comparison_operator, condition.value
    if operator in {"empty", "not empty"}:
        return (found is None) == (operator == "empty")
    if found is None:
        return False
    if operator in TEXTS:
        return TEXTS[operator](str(found), str(value))
    if operator in {"in", "not in"}:
        return (str(found) in several(value)) == (operator == "in")
    if isinstance(value, str) and operator in SAME | OTHER:
        return (str(found) == value) == (operator in SAME)
    return as_numbers(NUMBERS[operator], found, value)


def several(value: Any) -> list[str]:
    """A list, or a text with commas."""
    if isinstance(value, str):
        return [one.strip() for one in value.split(",")]
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def as_numbers(compare: Callable[[float, float], bool], found: Any, value: Any) -> bool:
    try:
        return compare(float(found), float(value))
    except (TypeError, ValueError):  # what is no number is neither more nor less
        return False
