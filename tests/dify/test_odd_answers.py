"""Odd answers for every model: a typed error that names the field, never a traceback, never the input echoed."""

import inspect
import pkgutil
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from datasets_ui import dify
from datasets_ui.dify.errors import UnexpectedShape
from datasets_ui.dify.paging import Model, Page, Rows
from datasets_ui.dify.parsing import parse

CANARY = "CANARY"
MODULES = [import_module(f"{dify.__name__}.{found.name}") for found in pkgutil.iter_modules(dify.__path__)]
MODELS: list[type[BaseModel]] = [
    kind
    for module in MODULES
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Model) and kind.__module__ == module.__name__ and kind not in {Model, Page, Rows}
]
LISTS: list[Any] = [wrapped[kind] for kind in MODELS for wrapped in (Page, Rows)]
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([CANARY, "", "1", "true", "\ud800", "11111111-1111-4111-8111-111111111111"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "data", CANARY]), inner, max_size=3)
    ),
    max_leaves=5,
)


def answers(kind: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Objects with some of the model's fields, and one it does not know; and things that are no object."""
    fields = dict.fromkeys(kind.model_fields, VALUES) | {"unknown": VALUES}
    return st.fixed_dictionaries({}, optional=fields) | VALUES


def refusal(kind: Any, answer: Any) -> UnexpectedShape | None:
    """The one error that there may be."""
    try:
        parse(kind, answer)
    except UnexpectedShape as error:
        return error
    return None


def judge(kind: Any, answer: Any) -> None:
    if error := refusal(kind, answer):
        assert error.fields
        assert all(error.fields.values())
        assert CANARY not in f"{error!r} {error} {error.fields} {error.sentence}"


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_object_is_read_or_named(kind: type[BaseModel], data: st.DataObject) -> None:
    judge(kind, data.draw(answers(kind)))


@pytest.mark.parametrize("kind", LISTS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=8, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_list_is_read_or_named(kind: Any, data: st.DataObject) -> None:
    row = answers(kind.model_fields["data"].annotation.__args__[0])
    judge(kind, data.draw(st.fixed_dictionaries({}, optional={"data": st.lists(row, max_size=3) | VALUES, "total": VALUES})))


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
def test_each_missing_field_is_named(kind: type[BaseModel]) -> None:
    error = refusal(kind, {})
    assert set(error.fields if error else ()) == needed(kind)


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
def test_each_null_is_read_or_named(kind: type[BaseModel]) -> None:
    error = refusal(kind, dict.fromkeys(kind.model_fields))
    assert needed(kind) - nullable(kind) <= set(error.fields if error else ()) <= set(kind.model_fields)


def needed(kind: type[BaseModel]) -> set[str]:
    return {name for name, field in kind.model_fields.items() if field.is_required()}


def nullable(kind: type[BaseModel]) -> set[str]:
    return {name for name, field in kind.model_fields.items() if field.annotation is Any or "None" in str(field.annotation)}
