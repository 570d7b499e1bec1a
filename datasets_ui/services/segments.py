"""Everything that changes segments: an edit never overwrites somebody else's without being told to, and the earlier version of
whatever is changed is kept and can be brought back."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.segments import Segment, linked_attachments
from datasets_ui.models import Act, Actor, Revision, Target, Workspace
from datasets_ui.services.audit import audited
from datasets_ui.services.child_chunks import Parent, create_child_chunk, listed
from datasets_ui.services.completion import check_complete, complete, each_once, known_pictures, pictures_of
from datasets_ui.services.datasets import forget
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.revisions import Kind, facts, kept

WORDS = re.compile(r"\w{2,40}")
MOST_NEW_WORDS = 20
BEING_RESTORED = UUID(int=0)


class ChangedMeanwhile(Exception):
    """The segment is not what it was when the editor was opened."""

    def __init__(self, current: Segment) -> None:
        super().__init__(str(current.id))
        self.current = current


class RestoredAlready(Exception):
    """The deleted segment was brought back before, and is there."""


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


def restore_segment(*, dify: DifyClient, workspace: Workspace, revision: Revision, by: Actor) -> Segment:
    """Make a segment what it was before a change. A deleted one comes back at the document's end, because the API has no
    position. What it is now is kept like before any other change. Pictures are brought back that it had, and none that it has is
    taken. Raises RestoredAlready, KeptInPart, DifyError."""
    if revision.kind == Kind.DELETE:
        return bring_back(dify=dify, workspace=workspace, revision=revision, by=by)
    if revision.segment_id is None or revision.before is None:
        raise NotFound
    place: dict[str, Any] = {"dataset_id": revision.dataset_id, "document_id": revision.document_id}
    with locked(of_segment(workspace, revision.segment_id)):
        was, current = revision.before, dify.segments.get(**place, segment_id=revision.segment_id)
        if revision.kind != Kind.UPDATE:
            return write_enabled(dify=dify, workspace=workspace, **place, current=current, enabled=was["enabled"], by=by)
        pictures = each_once(current.attachment_ids or [], pictures_of(was))
        saved = write_segment(
            dify=dify, workspace=workspace, **place, current=current, content=was["content"], answer=was["answer"],
            keywords=was["keywords"], summary=was["summary"] or "" if "summary" in was else None, attachment_ids=pictures, by=by,
        )  # fmt: skip
    return check_complete(saved, keywords=was["keywords"], attachment_ids=known_pictures(was))


def bring_back(*, dify: DifyClient, workspace: Workspace, revision: Revision, by: Actor) -> Segment:
    """Add a deleted segment again, once, however often it is asked for. Raises RestoredAlready, KeptInPart, DifyError."""
    was = revision.before or {}
    if is_back(dify, revision):
        raise RestoredAlready
    document = dify.documents.get(revision.dataset_id, revision.document_id)
    with claimed(revision):
        segment = create_segment(
            dify=dify, workspace=workspace, dataset_id=revision.dataset_id, document=document, content=was["content"],
            answer=was["answer"], keywords=was["keywords"], attachment_ids=pictures_of(was), by=by,
        )  # fmt: skip
        revision.restored_as = segment.id
    parent = Parent(revision.dataset_id, revision.document_id, segment.id)
    for child in was.get("child_chunks", []):  # the API cuts the others itself
        create_child_chunk(dify=dify, workspace=workspace, parent=parent, content=child["content"], by=by)
    place: dict[str, Any] = {"dataset_id": revision.dataset_id, "document_id": revision.document_id}
    with locked(of_segment(workspace, segment.id)):
        if was.get("summary"):  # the API adds segments without one
            segment = write_segment(
                dify=dify, workspace=workspace, **place, current=segment, content=was["content"], answer=was["answer"],
                keywords=was["keywords"], summary=was["summary"], by=by,
            )  # fmt: skip
        if not was["enabled"]:
            segment = write_enabled(dify=dify, workspace=workspace, **place, current=segment, enabled=False, by=by)
    return check_complete(segment, keywords=was["keywords"], attachment_ids=known_pictures(was))


def is_back(dify: DifyClient, revision: Revision) -> bool:
    """Whether a deleted segment was brought back, and is still there."""
    if revision.restored_as is None:
        return False
    try:
        return revision.restored_as == BEING_RESTORED or bool(
            dify.segments.get(revision.dataset_id, revision.document_id, revision.restored_as)
        )
    except NotFound:
        return False


def end_of(dify: DifyClient, revision: Revision) -> int:
    """The last position in the document of a deleted segment."""
    place = (revision.dataset_id, revision.document_id)
    total = dify.segments.page(*place, limit=1).total
    return dify.segments.page(*place, total, limit=1).data[-1].position if total else 0


def find_again(dify: DifyClient, revision: Revision, end: int) -> None:
    """After an attempt to bring a segment back whose outcome is not known, before which the document ended at position `end`:
    find out by the text of what is behind whether it is there. What another deletion was brought back as is not this one."""
    if revision.restored_as not in {None, BEING_RESTORED}:
        return
    place, was = (revision.dataset_id, revision.document_id), revision.before or {}
    rows = iterate(lambda number: dify.segments.page(*place, number, limit=LARGEST_PAGE))
    found = [row.id for row in rows if row.position > end and row.content == was["content"]]
    others = set(Revision.objects.filter(restored_as__in=found).values_list("restored_as", flat=True))
    revision.restored_as = next((id_ for id_ in found if id_ not in others), None)
    Revision.objects.filter(pk=revision.pk).update(restored_as=revision.restored_as)


@contextmanager
def claimed(revision: Revision) -> Iterator[None]:
    """Of two who press "Undo" at once, one gets in. Raises RestoredAlready for the other."""
    before = revision.restored_as
    if not Revision.objects.filter(pk=revision.pk, restored_as=before).update(restored_as=BEING_RESTORED):
        raise RestoredAlready
    try:
        yield
    finally:
        Revision.objects.filter(pk=revision.pk).update(restored_as=revision.restored_as)


def new_words(before: str, after: str) -> list[str]:
    """The words of a text that it did not have before, in order."""
    known = {word.lower() for word in WORDS.findall(before)}
    return [word for word in dict.fromkeys(WORDS.findall(after)) if word.lower() not in known][:MOST_NEW_WORDS]


def target_of(segment: Segment) -> Target:
    return Target(segment.id, f"#{segment.position} of document {segment.document_id}")
