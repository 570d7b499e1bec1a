"""The cloud's limit on knowledge requests: so many in 60 seconds, for all keys of a Dify workspace, its console and its applications.

A refused call counts as well, so trying again prolongs it. Counted are writes, retrieval and downloads; lists, details, progress, the
status of documents, tags, models and pipelines are free. See docs.dify.ai, "Knowledge Request Rate Limit".
"""

import time

WINDOW = 60.0


class RateLimit:
    """Until when a client keeps its counted calls back."""

    def __init__(self) -> None:
        self.until = 0.0  # seconds since 1970

    def reached(self) -> None:
        """A call was refused: the window begins anew."""
        self.until = time.time() + WINDOW

    def left(self) -> float:
        """Seconds for which nothing counted may be sent; 0 where it may."""
        return max(0.0, self.until - time.time())
