"""What a log line looks like, and what it leaves out."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# one JSON line an event, whoever logs it
JSON = {
    "()": "structlog.stdlib.ProcessorFormatter",
    "processor": structlog.processors.JSONRenderer(),
    "foreign_pre_chain": [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso")],
}
TOKEN = re.compile(r"(token=)[^&\s\"']+")


def without_tokens(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ARG001 structlog's signature
    """A sign-in link opens a session until it is used: its token appears in no log."""
    return {name: TOKEN.sub(r"\1…", value) if isinstance(value, str) else value for name, value in event.items()}


def configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            without_tokens,
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
