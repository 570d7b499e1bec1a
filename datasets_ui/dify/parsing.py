"""From decoded JSON to models: a changed answer gives one typed error that names every wrong field."""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from datasets_ui.dify.errors import UnexpectedShape
from datasets_ui.dify.words import Filled, gettext_noop

Parsed = TypeVar("Parsed")


def parse(kind: type[Parsed], answer: Any, *inside: str | int) -> Parsed:
    """`answer`, or the part of it under the keys `inside`, as `kind`. Raises UnexpectedShape."""
    for key in inside:
        try:
            answer = answer[key]
        except (KeyError, IndexError, TypeError):
            raise UnexpectedShape(
                Filled(gettext_noop("%(field)s: missing"), field=str(key)), fields={str(key): "missing"}
            ) from None
    try:
        return TypeAdapter(kind).validate_python(answer)
    except ValidationError as error:
        fields = {".".join(map(str, e["loc"])) or "answer": e["msg"] for e in error.errors(include_input=False)}
    # outside of the except: pydantic's own error may repeat what was in the answer
    raise UnexpectedShape("; ".join(f"{k}: {v}" for k, v in fields.items()), fields=fields)


def parse_written(kind: type[Parsed], answer: Any, *inside: str | int) -> Parsed:
    """The same for the answer of a write: when it cannot be understood, the change may have been made nonetheless."""
    try:
        return parse(kind, answer, *inside)
    except UnexpectedShape as error:
        error.outcome_unknown = True
        raise
