"""Server-sent events as Dify sends them: an object of JSON after `data:`, with the name of the event inside."""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

from pydantic_core import from_json

from datasets_ui.dify.errors import AnswerTooLarge, ApiError, UnexpectedShape
from datasets_ui.dify.paging import Model
from datasets_ui.dify.parsing import parse_written
from datasets_ui.dify.refusals import from_answer
from datasets_ui.dify.words import Filled, gettext_noop

LARGEST_EVENT = 10 * 1024 * 1024
ERRORS = {"error": None, "datasource_error": "datasource_error"}


class Event(Model):
    """One event of a run; which of the fields are there depends on `event`."""

    event: str
    task_id: str | None = None
    workflow_run_id: str | None = None
    data: Any = None
    total: float | None = None
    completed: float | None = None


class ErrorEvent(Model):
    """An event that says why the run failed."""

    event: str
    status: int = 500
    code: str | None = None
    message: str | None = None
    error: str | None = None


def decoded(parts: Generator[bytes, None, None]) -> Iterator[Event]:
    """The events of a stream; its keep-alives are left out. Raises the error that an error event tells of, UnexpectedShape and
    AnswerTooLarge."""
    with closing(parts):
        for line in lines(parts):
            name, _, value = line.partition(b":")
            if name != b"data" or not value.strip():
                continue
            answer = json_of(value)
            event = parse_written(Event, answer)
            if event.event in ERRORS:
                raise error_of(answer)
            if event.event != "ping":
                yield event


def error_of(answer: Any) -> ApiError:
    said = parse_written(ErrorEvent, answer)
    return from_answer(said.status, {"code": said.code or ERRORS[said.event], "message": said.message or said.error})


def lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines; what is behind the last line end was cut off and is no event."""
    rest = b""
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        if len(rest) > LARGEST_EVENT:
            raise AnswerTooLarge(Filled(gettext_noop("an event of more than %(bytes)s bytes"), bytes=str(LARGEST_EVENT)))
        yield from whole


def json_of(value: bytes) -> Any:
    try:
        return from_json(value, allow_inf_nan=False)
    except ValueError:
        fields = {"data": "broken JSON"}
    error = UnexpectedShape(gettext_noop("data: broken JSON"), fields=fields)
    error.outcome_unknown = True
    raise error
