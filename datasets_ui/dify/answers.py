"""What an answer of the API is: JSON of a bounded size, or the error that it stands for."""

import re
from typing import Any

import httpx
from pydantic_core import from_json

from datasets_ui.dify import errors
from datasets_ui.dify.refusals import from_answer
from datasets_ui.dify.words import Filled, gettext_noop

LARGEST_ANSWER = 10 * 1024 * 1024
ANOTHER_TYPE = gettext_noop("%(given)s instead of %(wanted)s")
TOO_LARGE = gettext_noop("more than %(bytes)s bytes")
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # in JSON; Dify's PostgreSQL cannot hold one, nor can ours


def answer_of(response: httpx.Response) -> Any:
    """The decoded JSON of an answer; raises for everything else."""
    if response.is_redirect:
        raise errors.Redirected(response.headers.get("location", ""), status=response.status_code)
    check_plain(response)
    body = read_capped(response)
    try:
        decoded = decode(body) if body.strip() else None
    except ValueError as error:
        if response.is_success:
            raise errors.NotJson(response.headers.get("content-type", ""), status=response.status_code) from error
        decoded = None
    if response.is_success:
        return decoded
    said = from_answer(response.status_code, decoded, seconds(response.headers.get("retry-after")))
    page = decoded is None and "html" in response.headers.get("content-type", "")
    said.unknown_route = said.status == httpx.codes.METHOD_NOT_ALLOWED or (said.status == httpx.codes.NOT_FOUND and page)
    raise said


def decode(body: bytes) -> Any:
    """Refuses, unlike json.loads: NaN, half characters, depths at which Python gives up, and NUL. Raises ValueError."""
    if b"\\u0000" in body and NUL.search(body):  # the pattern alone takes longer than decoding
        raise ValueError("NUL in a text")
    return from_json(body, allow_inf_nan=False)


def check_plain(response: httpx.Response) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise errors.NotJson(gettext_noop("The answer is compressed, which was not asked for."), status=response.status_code)


def check_begun(response: httpx.Response, kind: str) -> None:
    """Raises for an answer that is not the wanted stream; `kind` is its content type, or empty for any."""
    if not response.is_success:
        answer_of(response)
    check_plain(response)
    given = response.headers.get("content-type", "").partition(";")[0].strip()
    if kind and given != kind:
        raise errors.BadAnswer(Filled(ANOTHER_TYPE, given=given, wanted=kind), status=response.status_code)


def read_capped(response: httpx.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_raw():
        size += len(part)
        if size > LARGEST_ANSWER:
            raise errors.AnswerTooLarge(Filled(TOO_LARGE, bytes=str(LARGEST_ANSWER)), status=response.status_code)
        parts.append(part)
    return b"".join(parts)


def seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds; None when it is absent, a date, or nonsense."""
    return float(retry_after) if retry_after and retry_after.isdecimal() and len(retry_after) < 10 else None
