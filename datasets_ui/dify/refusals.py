"""From an error answer to an error: which of the API's many shapes and words means what, and what of its words people may see."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from datasets_ui.dify.errors import (
    ApiError,
    BoundKey,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServerFailed,
    TooManyRequests,
    Unauthorized,
)
from datasets_ui.dify.words import gettext_noop

LONGEST_WORDS = 1000
LONGEST_REPORT = 100_000  # of what a validator of the API wrote; the rest is not read
MOST_FIELDS = 20
# 403, 400 and 404 carry several meanings under one code; only the wording tells them apart.
MEANINGS = (
    ("api access is not enabled", "api_access_disabled", Forbidden),
    ("do not have permission to access this dataset", "foreign_dataset", Forbidden),
    ("not authorized to access this knowledge base", "bound_key", BoundKey),
    ("request rate limit", "rate_limited", TooManyRequests),
    ("limit of your subscription", "quota_reached", Forbidden),
    ("upgrade to a paid plan", "quota_reached", Forbidden),
    ("dataset name already exists", "dataset_name_duplicate", Conflict),
    ("can't update disabled segment", "segment_disabled", Invalid),
    ("segment is indexing", "segment_indexing", Invalid),
    ("segment is deleting", "segment_deleting", Invalid),
    ("document is not available", "document_not_available", Invalid),
    ("failed to request plugin daemon", "plugin_daemon_unreachable", Invalid),
    ("rate limit reached for requests", "provider_quota_exceeded", Invalid),
    ("model not found for text-embedding", "provider_not_initialize", Invalid),
    ("credentials is not initialized", "provider_not_initialize", Invalid),
    ("does not have an uploaded file to download", "no_file", NotFound),
    # the validator of 1.12 names the model that did not fit: its own answer, or our filter
    ("datasettag]", "tags_not_shown", Invalid),
    ("for datasettag\n", "tags_not_shown", Invalid),
    ("for datasetlistquery\ntag_ids", "no_tag_filter", Invalid),
    # the table that holds the vectors of a dataset was never made
    ('relation "embedding_vector_index', "no_vector_index", Invalid),
)
BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: TooManyRequests,
}

# What only a database says. It shows tables, statements and what was in them, and helps nobody.
STATEMENT = re.compile(
    r"\[SQL: |\[parameters: |sqlalche\.me|\((?:psycopg2?|pymysql|MySQLdb|sqlite3|asyncpg)\."
    r'|^LINE \d{1,9}: |relation "[^"\n]{1,200}" does not exist'
    r"|\bSELECT\b[^\n]{1,900}\bFROM\b|\bINSERT INTO\b|\bDELETE FROM\b|\bUPDATE \S{1,200} SET\b",
    re.MULTILINE,
)
HIDDEN = gettext_noop("A database error, whose words are in Dify's log.")

# "2 validation errors for DatasetUpdatePayload", then for each a line with the field, an indented one with the reason, a link
REPORT = re.compile(r"\d{1,6} validation errors? for ")
REASON = "  "
LINK = "    "


def plain(said: object) -> str:
    """The API's own words, but not an endless stream of them."""
    return str(said)[:LONGEST_WORDS]


def without_statement(said: str) -> str:
    """The same, and nothing where they are a database's: recognised by their shape."""
    return HIDDEN if STATEMENT.search(plain(said)) else said


# Why something failed, in words of the API that come inside of an answer.
Reason = Annotated[str, AfterValidator(without_statement)]


class FieldError(BaseModel):
    """One of the errors that newer servers list as JSON; `input` holds what people typed, and is not read."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    loc: list[str | int] = Field(default_factory=list)
    msg: str


FIELD_ERRORS = TypeAdapter(list[FieldError])


def from_answer(status: int, body: object, retry_after: float | None = None) -> ApiError:
    """The error of an answer with a status of 400 or more; `body` is its JSON, or None where it was none."""
    said = body if isinstance(body, dict) else {}
    code = plain(said["code"]) if isinstance(said.get("code"), str) else None
    message = str(said.get("message") or said.get("error") or "")[:LONGEST_REPORT]
    kind = BY_STATUS.get(status) or (ServerFailed if status >= 500 else Invalid)
    # further down a validator repeats what people typed
    words = "\n".join(message.splitlines()[:2]) if REPORT.match(message) else message
    for wording, meaning, meant in MEANINGS:
        if wording in words.lower() and status in {400, 403, 404}:
            code, kind = meaning, meant
            break
    fields = dict(fields_of(said.get("errors"), message))
    detail = plain(message)
    if REPORT.match(message) or message.startswith("[{"):
        detail = plain("; ".join(f"{field}: {reason}" if field else reason for field, reason in fields.items()))
    elif STATEMENT.search(detail):
        detail = ""
        code = code if code == "no_vector_index" else "database_error"
    return kind(detail, code=code, status=status, retry_after=retry_after, fields=fields)


def fields_of(errors: object, message: str) -> Iterator[tuple[str, str]]:
    """Each wrong field with its reason, from whichever of three shapes the answer has; never with what was typed into it."""
    if isinstance(errors, dict):
        yield from ((plain(field), plain(reason)) for field, reason in errors.items())
    elif REPORT.match(message):
        yield from reported(message)
    elif message.startswith("[{"):
        yield from listed(message)


def reported(message: str) -> Iterator[tuple[str, str]]:
    """The fields of a validator's report; the line of the field is missing where the whole body is wrong."""
    field = ""
    found = 0
    for line in message.splitlines()[1:]:
        if not line.startswith(REASON):
            field = plain(line)
        elif not line.startswith(LINK) and found < MOST_FIELDS:
            yield field, reason_of(line)
            found += 1


def listed(message: str) -> Iterator[tuple[str, str]]:
    try:
        found = FIELD_ERRORS.validate_json(message)
    except ValidationError:
        return
    for error in found[:MOST_FIELDS]:
        yield plain(".".join(map(str, error.loc))), reason_of(error.msg)


def reason_of(said: str) -> str:
    """Without what follows " [type=", where the validator repeats what was sent to it."""
    return plain(said.partition(" [type=")[0].strip().removeprefix("Value error, "))
