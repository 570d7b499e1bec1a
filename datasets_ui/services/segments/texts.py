"""What a segment is to hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from datasets_ui.dify.segments import Segment, linked_attachments


@dataclass(frozen=True)
class SegmentText:
    """The text of a segment and what goes with it. A summary that is None stays as it is. Pictures that are None are, of a segment
    that is there, those that it has, and of a new one those that its text links to."""

    content: str
    answer: str | None = None
    keywords: list[str] = field(default_factory=list)
    summary: str | None = None
    attachment_ids: Sequence[UUID] | None = None

    @property
    def pictures(self) -> Sequence[UUID]:
        """Of a new segment."""
        return linked_attachments(self.content) if self.attachment_ids is None else self.attachment_ids


def stored_text(segment: Segment) -> SegmentText:
    """What it holds, without its pictures."""
    return SegmentText(segment.content, segment.answer, segment.keywords or [], segment.summary)


def with_keywords(segment: Segment, keywords: list[str]) -> SegmentText:
    """A segment as it is, with other keywords."""
    return SegmentText(segment.content, segment.answer, keywords)


def text_of(was: dict[str, Any]) -> SegmentText:
    """What an earlier version of a segment was, without summary and pictures."""
    return SegmentText(was["content"], was["answer"], was["keywords"])
