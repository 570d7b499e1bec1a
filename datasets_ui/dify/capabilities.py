"""What one server can do, found out by asking, once for each connection.

Give every client of a connection the same object. Only the answer to an unknown route or method counts as a lack: the API's own
404 `not_found` never does. A new version of the server is asked anew.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar

from datasets_ui.dify.errors import ApiError, NotSupported
from datasets_ui.dify.words import gettext_noop

Answer = TypeVar("Answer")
RELEASE = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?!\d)")
HANGING = frozenset({(1, 12, 0), (1, 12, 1)})


class Feature(StrEnum):
    """What some servers lack; 1.10 lacks most of them."""

    TAGS = gettext_noop("tags")
    TAG_LIST = gettext_noop("the list of tags")
    TAG_FILTER = gettext_noop("the filter by tags")
    DOWNLOAD = gettext_noop("the download of a document")
    DOWNLOAD_ZIP = gettext_noop("the download of several documents")
    CHILD_CHUNKS = gettext_noop("child chunks")
    METADATA = gettext_noop("metadata")
    MODELS = gettext_noop("the lists of models")
    PIPELINE_UPLOAD = gettext_noop("the file upload of pipelines")
    PIPELINE_DATASOURCES = gettext_noop("the list of datasources of a pipeline")
    PIPELINE_NODE_RUN = gettext_noop("running a node of a pipeline")
    PIPELINE_RUN = gettext_noop("running a pipeline")


class Capabilities:
    def __init__(self) -> None:
        self.version = ""
        self.present: set[str] = set()
        self.missing: set[str] = set()

    def saw(self, version: str | None) -> None:
        """Take note of the version that an answer gave; another one than before makes everything open again."""
        if version and version != self.version:
            self.version = version
            self.present.clear()
            self.missing.clear()

    @property
    def release(self) -> tuple[int, int, int] | None:
        """The version as numbers; None where no answer told one that can be read."""
        if found := RELEASE.match(self.version):
            major, minor, patch = found.groups(default="0")
            return int(major), int(minor), int(patch)
        return None

    @property
    def updates_hang(self) -> bool:
        """Whether update-by-text and update-by-file would stop the server's worker for ever, and with it the indexing of everybody:
        on 1.12.0 and 1.12.1 the task waits for its own lock. A server that tells no version may be one of them."""
        return self.release is None or self.release in HANGING

    def lacks(self, name: str) -> bool:
        """Whether the server is known not to have it; False as long as nobody asked."""
        return name in self.missing

    def refuse(self, feature: Feature, cause: ApiError, broken: str | None = None) -> NotSupported:
        """Keep that a feature is lacking; returns the error to raise."""
        self.missing.add(feature)
        return NotSupported(feature, status=cause.status, code=broken)

    @contextmanager
    def needs(self, feature: Feature, broken: str | None = None) -> Iterator[None]:
        """For a call that some servers do not know, or fail at whatever is sent, by an error with the code `broken`. Raises
        NotSupported, without a call when it is known already."""
        if self.lacks(feature):
            raise NotSupported(feature, code=broken)
        try:
            yield
        except ApiError as error:
            if not error.unknown_route and error.code != broken:
                raise
            raise self.refuse(feature, error, broken) from error
        self.present.add(feature)

    def spelled(self, spellings: Mapping[str, Callable[[], Answer]]) -> Answer:
        """The answer of the first spelling that the server knows, newest first.

        The next one is tried only when the route is unknown, and so nothing was done. That is kept when another one was known:
        where none is, the address may be wrong. Raises NotSupported.
        """
        unknown: list[str] = []
        status = 0
        for name, call in spellings.items():
            if self.lacks(name):
                continue
            try:
                answer = call()
            except ApiError as error:
                if not error.unknown_route:
                    self.missing.update(unknown)
                    raise
                unknown.append(name)
                status = error.status
            else:
                self.missing.update(unknown)
                return answer
        raise NotSupported(next(iter(spellings)), status=status)
