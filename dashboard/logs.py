"""What a log line looks like, and what it leaves out."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# Of an address, a line shows words, numbers, ids and the workspace, and of the questions those that are named here. All else may be what
# somebody is let in by: the key of a reset, the token of a sign-in or an invitation, the code of single sign-on.
ADDRESS = re.compile(
    r"""
      (?P<file>File\ "[^"]*")  # of a traceback: no address
    | (?: (?P<scheme>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://) (?:[^\s/?\#"'<>]*@)? (?P<host>[^\s/?\#"'<>@]*) | (?<![\w.)/-]) (?=/) )
      (?P<path>/[^\s?\#"'<>]*)? (?P<query>\?[^\s\#"'<>]*)?
    """,
    re.VERBOSE,
)
SHOWN = re.compile(r"[a-z]{1,24}(-[a-z]{1,24}){0,3}|2fa|3rdparty|v1|\d{1,19}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|")
HOST = re.compile(r"([\w.-]*|\[[0-9a-f:.]*\])(:\d{1,5})?")
SLUG = re.compile(r"[\w-]{0,60}")
WORD = re.compile(r"[a-z_]{1,24}")
QUESTIONS = {"page", "status", "kind", "since", "until", "edited", "never_hit", "least", "most", "finding", "top_k"}
LEFT_OUT = "…"


def shown_path(path: str) -> str:
    _, *parts = path.split("/")
    kinds = [SHOWN, SLUG, *[SHOWN] * len(parts)] if parts[:1] == ["w"] else [SHOWN] * len(parts)
    return "".join(f"/{part if kind.fullmatch(part) else LEFT_OUT}" for kind, part in zip(kinds, parts, strict=False))


def shown_question(question: str) -> str:
    name, _, value = question.partition("=")
    if name in QUESTIONS and SLUG.fullmatch(value):
        return question
    return f"{name}={LEFT_OUT}" if value and WORD.fullmatch(name) else LEFT_OUT


def shown_address(found: re.Match[str]) -> str:
    if found["file"]:
        return found[0]
    host = found["host"] or ""
    origin = f"{found['scheme'] or ''}{host if HOST.fullmatch(host) else LEFT_OUT}"
    questions = [shown_question(question) for question in (found["query"] or "")[1:].split("&")]
    return origin + shown_path(found["path"] or "") + (f"?{'&'.join(questions)}" if found["query"] else "")


def shown(value: Any) -> Any:
    """The value as a line may hold it, whatever it is made of."""
    if isinstance(value, str):
        return ADDRESS.sub(shown_address, value)
    if isinstance(value, dict):
        return {name: shown(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [shown(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float) else shown(repr(value))


def without_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001 structlog's signature
    return {name: shown(value) for name, value in event.items()}


def json_formatter() -> structlog.stdlib.ProcessorFormatter:
    """One JSON line an event, whoever logs it."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_secrets,
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
        ],
    )


JSON = {"()": json_formatter}


def configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
