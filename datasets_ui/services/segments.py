"""Everything that changes segments: an edit never overwrites somebody else's without being told to, and the earlier version of
whatever is changed is kept and can be brought back."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document
from datasets_ui.dify.segments import Segment, linked_attachments
from datasets_ui.models import Act, Actor, Revision, Target, Workspace
from datasets_ui.services.audit import audited
from datasets_ui.services.child_chunks import listed
from datasets_ui.services.completion import check_complete, complete
from datasets_ui.services.datasets import forget
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.revisions import Kind, facts, kept

WORDS = re.compile(r"\w{2,40}")
MOST_NEW_WORDS = 20


class ChangedMeanwhile(Exception):
    """The segment is not what it was when the editor was opened."""

    def __init__(self, current: Segment) -> None:
        super().__init__(str(current.id))
        self.current = current


def fingerprint(segment: Segment) -> str:
    """Tells whether two readings of a segment hold the same text; times of a second's grain cannot."""
    return fingerprint_of(facts(segment))


def fingerprint_of(facts: dict[str, Any]) -> str:
    """The same, of what was kept of it."""
    parts = [facts["content"], facts["answer"] or "", facts.get("summary") or "", *facts["keywords"]]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def update_segment(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, segment_id: UUID, opened_as: str,
    content: str, answer: str | None, keywords: list[str], add_words: bool, by: Actor, summary: str | None = None,
) -> Segment:  # fmt: skip
    """Save an edit of the segment that was opened with fingerprint `opened_as`; `add_words` makes what is new in the text
    keywords too, without which an economy dataset would not find it. Without `answer` or `summary`, what is stored stays. Raises
    ChangedMeanwhile, KeptInPart, DifyError."""
    with locked(of_segment(workspace, segment_id)):
        current = dify.segments.get(dataset_id, document_id, segment_id)
        if fingerprint(current) != opened_as:
            raise ChangedMeanwhile(current)
        if add_words:
            keywords = list(dict.fromkeys([*keywords, *new_words(current.content, content)]))
        if answer is None:  # a form without the field: sent empty, it would blank the answer of a Q&A segment
            answer = current.answer
        saved = write_segment(
            dify=dify, workspace=workspace, dataset_id=dataset_id, document_id=document_id, current=current, content=content,
            answer=answer, keywords=keywords, summary=summary, by=by,
        )  # fmt: skip
    return check_complete(saved, keywords=keywords, attachment_ids=current.attachment_ids or [])


def write_segment(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, current: Segment, content: str,
    answer: str | None, keywords: list[str], by: Actor, summary: str | None = None, attachment_ids: Sequence[UUID] | None = None,
) -> Segment:  # fmt: skip
    """Write over a segment as it was just read, under its lock; a summary that is None, or as it was, is not sent. It keeps the
    pictures that it has, unless others are named; whether Dify took all is for the caller to check. Raises DifyError."""
    pictures = current.attachment_ids if attachment_ids is None or current.attachment_ids is None else attachment_ids
    after = facts(current) | {"content": content, "answer": answer, "keywords": keywords}
    after |= {} if pictures is None else {"attachments": [str(picture) for picture in pictures]}
    if summary == (current.summary or "") or not current.has_summary:
        summary = None
    after |= {} if summary is None else {"summary": summary}
    with (
        kept(
            workspace=workspace, dataset_id=dataset_id, document_id=document_id, kind=Kind.UPDATE, current=current, after=after, by=by
        ),
        audited(
            by=by, workspace=workspace, act=Act.SEGMENT_UPDATE, target=target_of(current), before=current.content, after=content
        ),
    ):  # fmt: skip
        saved = dify.segments.update(
            dataset_id, document_id, current.id, content=content, answer=answer, keywords=keywords,
            attachment_ids=pictures, summary=summary,
        )  # fmt: skip
        return complete(
            dify, dataset_id, saved, content=content, answer=answer, keywords=keywords, attachment_ids=pictures or []
        )


def create_segment(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document: Document, content: str, answer: str | None,
    keywords: list[str], by: Actor, attachment_ids: Sequence[UUID] | None = None,
) -> Segment:  # fmt: skip
    """Add one at the document's end, with the pictures that are named or, where none are, those that its text links to; whether
    Dify took all is for the caller to check. Raises DifyError."""
    pictures = linked_attachments(content) if attachment_ids is None else attachment_ids
    target = Target(document.id, document.name)
    after = {"content": content, "answer": answer, "keywords": keywords, "enabled": True}
    with (
        kept(
            workspace=workspace, dataset_id=dataset_id, document_id=document.id, kind=Kind.CREATE, after=after, by=by
        ) as revision,
        audited(by=by, workspace=workspace, act=Act.SEGMENT_CREATE, target=target, after=content),
    ):
        segment = dify.segments.create(dataset_id, document.id, content=content, answer=answer, keywords=keywords)
        revision.segment_id, revision.position = segment.id, segment.position
        segment = complete(
            dify, dataset_id, segment, content=content, answer=answer, keywords=keywords, attachment_ids=pictures
        )
    forget(workspace, dataset_id)
    return segment


def set_segment_enabled(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, segment_id: UUID, enabled: bool, by: Actor
) -> Segment:
    with locked(of_segment(workspace, segment_id)):
        current = dify.segments.get(dataset_id, document_id, segment_id)
        return write_enabled(
            dify=dify, workspace=workspace, dataset_id=dataset_id, document_id=document_id, current=current, enabled=enabled,
            by=by,
        )  # fmt: skip


def write_enabled(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, current: Segment, enabled: bool, by: Actor
) -> Segment:
    """Enable or disable a segment as it was just read, under its lock. Raises DifyError."""
    kind, act = (Kind.ENABLE, Act.SEGMENT_ENABLE) if enabled else (Kind.DISABLE, Act.SEGMENT_DISABLE)
    after = facts(current) | {"enabled": enabled}
    with (
        kept(
            workspace=workspace, dataset_id=dataset_id, document_id=document_id, kind=kind, current=current, after=after, by=by
        ),
        audited(by=by, workspace=workspace, act=act, target=target_of(current)),
    ):
        return dify.segments.set_enabled(dataset_id, document_id, current, enabled=enabled)


def delete_segment(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, segment_id: UUID, by: Actor
) -> Revision:
    """Delete; what it was is in the revision, from which it can be brought back at the document's end, with the child chunks that
    somebody wrote."""
    with locked(of_segment(workspace, segment_id)):
        current = dify.segments.get(dataset_id, document_id, segment_id)
        return delete_current(
            dify=dify, workspace=workspace, dataset_id=dataset_id, document_id=document_id, current=current, by=by
        )


def delete_current(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, current: Segment, by: Actor
) -> Revision:
    """Delete a segment as it was just read, under its lock. Raises DifyError."""
    written = [child for child in current.child_chunks or [] if child.type == "customized"]
    before = facts(current) | ({"child_chunks": listed(written)["child_chunks"]} if written else {})
    with (
        kept(
            workspace=workspace,
            dataset_id=dataset_id,
            document_id=document_id,
            kind=Kind.DELETE,
            current=current,
            before=before,
            by=by,
        ) as revision,
        audited(by=by, workspace=workspace, act=Act.SEGMENT_DELETE, target=target_of(current), before=current.content),
    ):
        dify.segments.delete(dataset_id, document_id, current.id)
    forget(workspace, dataset_id)
    return revision


def new_words(before: str, after: str) -> list[str]:
    """The words of a text that it did not have before, in order."""
    known = {word.lower() for word in WORDS.findall(before)}
    return [word for word in dict.fromkeys(WORDS.findall(after)) if word.lower() not in known][:MOST_NEW_WORDS]


def target_of(segment: Segment) -> Target:
    return Target(segment.id, f"#{segment.position} of document {segment.document_id}")
