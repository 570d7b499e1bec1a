"""Everything that changes segments: an edit never overwrites somebody else's without being told to, and the earlier version of
whatever is changed is kept and can be brought back."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from datasets_ui.dify.documents import Document
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Act, Revision
from datasets_ui.services.history import change_of, facts
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.scope import Change, DocumentScope
from datasets_ui.services.segments.child_chunks import listed
from datasets_ui.services.segments.completion import check_complete, complete
from datasets_ui.services.segments.texts import SegmentText
from datasets_ui.text.keywords import new_words
from datasets_ui.text.line_ends import with_line_ends_of


class ChangedMeanwhile(Exception):
    """The segment is not what it was when the editor was opened."""

    def __init__(self, current: Segment) -> None:
        super().__init__(str(current.id))
        self.current = current


@dataclass(frozen=True)
class SegmentEdit:
    """An edit of the segment that was opened with fingerprint `opened_as`. Without answer or summary, what is stored stays;
    `add_words` makes what is new in the text keywords too, without which an economy dataset would not find it."""

    opened_as: str
    text: SegmentText
    add_words: bool = False

    def applied_to(self, current: Segment) -> SegmentText:
        text = self.text
        if self.add_words:
            text = replace(text, keywords=list(dict.fromkeys([*text.keywords, *new_words(current.content, text.content)])))
        return replace(
            text,
            content=with_line_ends_of(current.content, text.content),
            # a form without the field: sent empty, it would blank the answer of a Q&A segment
            answer=current.answer if text.answer is None else with_line_ends_of(current.answer or "", text.answer),
            summary=None if text.summary is None else with_line_ends_of(current.summary or "", text.summary),
        )


def fingerprint(segment: Segment) -> str:
    """Tells whether two readings of a segment hold the same text; times of a second's grain cannot."""
    return fingerprint_of(facts(segment))


def fingerprint_of(facts: dict[str, Any]) -> str:
    """The same, of what was kept of it."""
    parts = [facts["content"], facts["answer"] or "", facts.get("summary") or "", *facts["keywords"]]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def read_segment(scope: DocumentScope, segment_id: UUID) -> Segment:
    """As it is now. Raises DifyError."""
    return scope.dify.segments.get(scope.dataset_id, scope.document_id, segment_id)


def update_segment(scope: DocumentScope, segment_id: UUID, edit: SegmentEdit) -> Segment:
    """Save an edit. Raises ChangedMeanwhile, KeptInPart, DifyError."""
    with locked(of_segment(scope.workspace, segment_id)):
        current = read_segment(scope, segment_id)
        if fingerprint(current) != edit.opened_as:
            raise ChangedMeanwhile(current)
        text = edit.applied_to(current)
        saved = write_segment(scope, current, text)
    return check_complete(saved, keywords=text.keywords, attachment_ids=current.attachment_ids or [])


def write_segment(scope: DocumentScope, current: Segment, text: SegmentText) -> Segment:
    """Write over a segment as it was just read, under its lock; a summary that is as it was is not sent. It keeps the pictures that
    it has, unless others are named; whether Dify took all is for the caller to check. Raises DifyError."""
    knows_no_pictures = text.attachment_ids is None or current.attachment_ids is None
    pictures = current.attachment_ids if knows_no_pictures else text.attachment_ids
    sent = not (text.summary == (current.summary or "") or not current.has_summary)
    text = replace(text, attachment_ids=pictures or [], summary=text.summary if sent else None)
    after = facts(current) | {"content": text.content, "answer": text.answer, "keywords": text.keywords}
    after |= {} if pictures is None else {"attachments": [str(picture) for picture in pictures]}
    after |= {} if text.summary is None else {"summary": text.summary}
    change = change_of(current, after=after)
    with scope.writing(Act.SEGMENT_UPDATE, change, before=current.content, after=text.content) as writing:
        saved = writing.dify.segments.update(
            *scope.segment(current.id).ids,
            content=text.content,
            answer=text.answer,
            keywords=text.keywords,
            attachment_ids=pictures,
            summary=text.summary,
        )
        return complete(writing.dify, scope.dataset_id, saved, text)


def create_segment(scope: DocumentScope, document: Document, text: SegmentText) -> Segment:
    """Add one at the document's end; whether Dify took all is for the caller to check. Raises DifyError."""
    after = {"content": text.content, "answer": text.answer, "keywords": text.keywords, "enabled": True}
    change = Change(document.id, document.name, after=after)
    with scope.writing(Act.SEGMENT_CREATE, change, after=text.content) as writing:
        segment = writing.dify.segments.create(
            scope.dataset_id,
            document.id,
            content=text.content,
            answer=text.answer,
            keywords=text.keywords,
        )
        writing.revision.segment_id, writing.revision.position = segment.id, segment.position
        return complete(writing.dify, scope.dataset_id, segment, replace(text, attachment_ids=text.pictures))


def set_segment_enabled(scope: DocumentScope, segment_id: UUID, *, enabled: bool) -> Segment:
    """Raises DifyError."""
    with locked(of_segment(scope.workspace, segment_id)):
        return write_enabled(scope, read_segment(scope, segment_id), enabled=enabled)


def write_enabled(scope: DocumentScope, current: Segment, *, enabled: bool) -> Segment:
    """Enable or disable a segment as it was just read, under its lock. Raises DifyError."""
    act = Act.SEGMENT_ENABLE if enabled else Act.SEGMENT_DISABLE
    change = change_of(current, after=facts(current) | {"enabled": enabled})
    with scope.writing(act, change) as writing:
        return writing.dify.segments.set_enabled(scope.dataset_id, scope.document_id, current, enabled=enabled)


def delete_segment(scope: DocumentScope, segment_id: UUID) -> Revision:
    """Delete; what it was is in the revision, from which it can be brought back at the document's end, with the child chunks that
    somebody wrote. Raises DifyError."""
    with locked(of_segment(scope.workspace, segment_id)):
        return delete_current(scope, read_segment(scope, segment_id))


def delete_current(scope: DocumentScope, current: Segment) -> Revision:
    """Delete a segment as it was just read, under its lock. Raises DifyError."""
    written = [child for child in current.child_chunks or [] if child.type == "customized"]
    before = facts(current) | ({"child_chunks": listed(written)["child_chunks"]} if written else {})
    change = change_of(current, before=before, after=None)
    with scope.writing(Act.SEGMENT_DELETE, change, before=current.content) as writing:
        writing.dify.segments.delete(scope.dataset_id, scope.document_id, current.id)
    return writing.revision
