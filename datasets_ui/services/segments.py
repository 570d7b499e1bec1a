"""Everything that changes segments; an edit never overwrites somebody else's without being told to."""

import hashlib
import re
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, Target, Workspace
from datasets_ui.services.audit import audited
from datasets_ui.services.datasets import forget

WORDS = re.compile(r"\w{2,40}")
MOST_NEW_WORDS = 20


class ChangedMeanwhile(Exception):
    """The segment is not what it was when the editor was opened."""

    def __init__(self, current: Segment) -> None:
        super().__init__(str(current.id))
        self.current = current


def fingerprint(segment: Segment) -> str:
    """Tells whether two readings of a segment hold the same text; times of a second's grain cannot."""
    parts = [segment.content, segment.answer or "", *(segment.keywords or [])]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def update_segment(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, segment_id: UUID, opened_as: str,
    content: str, answer: str | None, keywords: list[str], add_words: bool, by: Actor,
) -> Segment:  # fmt: skip
    """Save an edit of the segment that was opened with fingerprint `opened_as`; `add_words` makes what is new in the text
    keywords too, without which an economy dataset would not find it. Raises ChangedMeanwhile, DifyError."""
    current = dify.segments.get(dataset_id, document_id, segment_id)
    if fingerprint(current) != opened_as:
        raise ChangedMeanwhile(current)
    if add_words:
        keywords = list(dict.fromkeys([*keywords, *new_words(current.content, content)]))
    if answer is None:  # a form without the field: sent empty, it would blank the answer of a Q&A segment
        answer = current.answer
    with audited(
        by=by, workspace=workspace, act="segment.update", target=segment_target(current), before=current.content, after=content
    ):
        return dify.segments.update(dataset_id, document_id, segment_id, content=content, answer=answer, keywords=keywords)


def create_segment(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document: Document, content: str, answer: str | None,
    keywords: list[str], by: Actor,
) -> Segment:  # fmt: skip
    """Add one at the document's end."""
    target = Target(document.id, document.name)
    with audited(by=by, workspace=workspace, act="segment.create", target=target, after=content):
        segment = dify.segments.create(dataset_id, document.id, content=content, answer=answer, keywords=keywords)
    forget(workspace, dataset_id)
    return segment


def set_segment_enabled(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, segment_id: UUID, enabled: bool, by: Actor
) -> Segment:
    segment = dify.segments.get(dataset_id, document_id, segment_id)
    act = "segment.enable" if enabled else "segment.disable"
    with audited(by=by, workspace=workspace, act=act, target=segment_target(segment)):
        return dify.segments.set_enabled(dataset_id, document_id, segment, enabled=enabled)


def delete_segment(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, segment_id: UUID, by: Actor
) -> None:
    """Delete for ever; its text stays in the audit row."""
    segment = dify.segments.get(dataset_id, document_id, segment_id)
    with audited(by=by, workspace=workspace, act="segment.delete", target=segment_target(segment), before=segment.content):
        dify.segments.delete(dataset_id, document_id, segment_id)
    forget(workspace, dataset_id)


def new_words(before: str, after: str) -> list[str]:
    """The words of a text that it did not have before, in order."""
    known = {word.lower() for word in WORDS.findall(before)}
    return [word for word in dict.fromkeys(WORDS.findall(after)) if word.lower() not in known][:MOST_NEW_WORDS]


def segment_target(segment: Segment) -> Target:
    return Target(segment.id, f"#{segment.position} of document {segment.document_id}")
