"""Two people who edited one text at once: who the other one was, and what it would be with both edits."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from datasets_ui.models import Revision
from datasets_ui.services.segments.texts import SegmentText
from datasets_ui.text.line_ends import unix_lines
from datasets_ui.text.merging import merge, merge_words


@dataclass(frozen=True)
class Edit:
    """One of the two, as the history keeps one."""

    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True)
class Conflict:
    """What was typed, and what somebody else has stored since; `base` is what both began with, where the form still knows it, and
    `change` the other edit, where the history knows it."""

    mine: SegmentText
    current: SegmentText
    base: SegmentText | None = None
    change: Revision | None = None

    @cached_property
    def both(self) -> SegmentText | None:
        """With both edits. None where they touch each other in one of the texts: half of an edit is none."""
        base, mine, current = self.base, self.mine, self.current
        if base is None:
            return None
        content = merge(base.content, mine.content, unix_lines(current.content))
        answer = merge(base.answer or "", mine.answer or "", unix_lines(current.answer or ""))
        summary = merge(base.summary or "", mine.summary or "", unix_lines(current.summary or ""))
        if content is None or answer is None or summary is None:
            return None
        keywords = merge_words(base.keywords, mine.keywords, current.keywords)
        return SegmentText(content, answer, keywords, summary)

    @property
    def theirs(self) -> Edit | None:
        return Edit(asdict(self.base), asdict(self.current)) if self.base else None

    @property
    def yours(self) -> Edit | None:
        return Edit(asdict(self.base), asdict(self.mine)) if self.base else None
