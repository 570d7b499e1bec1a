"""What Dify does not allow with a document or a segment because of its state: each obstacle once, the first that counts first.

`limits` says it above what can be read, with what can be done nonetheless; `refusal` says it to whoever tries to change the text.
"""

from enum import Enum

from datasets_ui.dify.documents import Document
from datasets_ui.dify.segments import Segment
from datasets_ui.dify.words import gettext_noop

NOT_INDEXED = gettext_noop("The document “%(name)s” is not indexed: wait until it is.")


class Obstacle(Enum):
    """Marked sentences; translated where they are shown."""

    def __init__(self, limits: str, refusal: str) -> None:
        self.limits, self.refusal = limits, refusal


class DocumentObstacle(Obstacle):
    FAILED = (
        gettext_noop("Indexing failed. What was cut before can be read; add the file once more to have it indexed anew."),
        NOT_INDEXED,
    )
    FAILED_FOR_A_REASON = (
        gettext_noop(
            "Indexing failed. Dify says: %(reason)s What was cut before can be read; add the file once more to have it indexed anew."
        ),
        NOT_INDEXED,
    )
    PAUSED = (
        gettext_noop("Indexing is paused. What was cut before can be read; it can be continued in Dify's console."),
        NOT_INDEXED,
    )
    INDEXING = (
        gettext_noop(
            "It is being indexed: its segments appear bit by bit, and can be changed once it is done. Reload to see more of them."
        ),
        NOT_INDEXED,
    )
    ARCHIVED = (
        gettext_noop(
            "It is archived: nothing in it is found. Its segments can be corrected; un-archive it to use it again, or to delete it."
        ),
        gettext_noop("The document “%(name)s” is archived: un-archive it first."),
    )
    DISABLED = (
        gettext_noop(
            "It is disabled: nothing in it is found. Its segments can be corrected; enable it to add some, or to use it again."
        ),
        gettext_noop("The document “%(name)s” is disabled: enable it first."),
    )


class SegmentObstacle(Obstacle):
    FAILED = (
        gettext_noop("Indexing it failed, so nothing finds it. Enable it to have it indexed again, or delete it."),
        gettext_noop("Indexing of segment #%(position)s failed: %(reason)s."),
    )
    INDEXING = (
        gettext_noop("It is being indexed, so nothing finds it yet. It can be changed once that is done."),
        gettext_noop("Segment #%(position)s is still being indexed. Wait a moment, then try again."),
    )
    DISABLED = (
        gettext_noop("Nothing finds it. Dify changes no disabled segment: enable it to edit it."),
        gettext_noop("Segment #%(position)s is disabled, and Dify changes enabled segments only. Enable it first."),
    )


def document_obstacle(document: Document) -> DocumentObstacle | None:
    if document.indexing_status == "error":
        return DocumentObstacle.FAILED_FOR_A_REASON if document.error else DocumentObstacle.FAILED
    if document.indexing_status == "paused":
        return DocumentObstacle.PAUSED
    if not document.finished:
        return DocumentObstacle.INDEXING
    if document.archived:
        return DocumentObstacle.ARCHIVED
    return None if document.enabled else DocumentObstacle.DISABLED


def segment_obstacle(segment: Segment) -> SegmentObstacle | None:
    if segment.status == "error" or segment.error:
        return SegmentObstacle.FAILED
    if segment.status not in {"", "completed"}:
        return SegmentObstacle.INDEXING
    return None if segment.enabled else SegmentObstacle.DISABLED
