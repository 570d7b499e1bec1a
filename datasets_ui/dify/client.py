"""The client: one object, one attribute for each noun of the API."""

from copy import copy
from typing import Self

from pydantic import SecretStr

from datasets_ui.dify.capabilities import Capabilities
from datasets_ui.dify.child_chunks import ChildChunks
from datasets_ui.dify.datasets import Datasets
from datasets_ui.dify.documents import Documents
from datasets_ui.dify.embedding_models import Models
from datasets_ui.dify.http import BaseTransport, Gate, Http, Observer
from datasets_ui.dify.metadata import Metadata
from datasets_ui.dify.pipelines import Pipelines
from datasets_ui.dify.rate_limit import RateLimit
from datasets_ui.dify.retrieval import Retrieval
from datasets_ui.dify.segments import Segments
from datasets_ui.dify.tags import Tags


class DifyClient:
    """A dataset API at `base_url` (with its /v1), called with `key`.

    `transport` is shared by all clients of a process, `capabilities` by all clients of one connection. `observer` is told
    of each call how it went: seconds, and the error if there was one.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr,
        transport: BaseTransport,
        gate: Gate | None = None,
        capabilities: Capabilities | None = None,
        observer: Observer | None = None,
        limit: RateLimit | None = None,
    ) -> None:
        self.use(Http(base_url, key, transport, gate, capabilities, observer, limit))

    def use(self, http: Http) -> None:
        self.http = http
        self.capabilities = http.capabilities
        self.datasets = Datasets(http)
        self.documents = Documents(http)
        self.segments = Segments(http)
        self.child_chunks = ChildChunks(http)
        self.metadata = Metadata(http)
        self.tags = Tags(http)
        self.retrieval = Retrieval(http)
        self.models = Models(http)
        self.pipelines = Pipelines(http)

    def reading(self) -> Self:
        """Let it change nothing: whatever would raises WriteOutsideFrame before anything is sent."""
        self.http.reads_only = True
        return self

    def writing(self) -> Self:
        """Another client like this one, which may change something."""
        http, other = copy(self.http), copy(self)
        http.reads_only = False
        other.use(http)
        return other

    def impatient(self) -> Self:
        """Send reads once, too: for a caller that knows how to wait, and must not call meanwhile."""
        self.http.tries = 1
        return self

    def ending_at(self, until: float) -> Self:
        """Begin no call after `until`, a moment of time.monotonic(), and read no longer: for somebody who waits. Raises TimedOut
        instead."""
        self.http.until = until
        return self
