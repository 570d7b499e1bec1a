"""Taking changes of segments back: an edit, a switch, a deletion."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, Revision, Workspace
from datasets_ui.services.child_chunks import Parent, all_child_chunks, append_child_chunk
from datasets_ui.services.completion import check_complete, each_once, known_pictures, missing, pictures_of
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.revisions import Kind
from datasets_ui.services.segments import create_segment, write_enabled, write_segment

BEING_RESTORED = UUID(int=0)


class RestoredAlready(Exception):
    """The deleted segment was brought back before, and is there."""


def restore_segment(*, dify: DifyClient, workspace: Workspace, revision: Revision, by: Actor) -> Segment:
    """Make a segment what it was before a change. A deleted one comes back at the document's end, because the API has no
    position. What it is now is kept like before any other change. Pictures are brought back that it had, and none that it has is
    taken. Raises RestoredAlready, KeptInPart, DifyError."""
    if revision.kind == Kind.DELETE:
        if attempt_is_lost(revision):
            find_again(dify, revision, end=0)
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
    return complete_restored(dify=dify, workspace=workspace, revision=revision, segment_id=segment.id, by=by)


def complete_restored(
    *, dify: DifyClient, workspace: Workspace, revision: Revision, segment_id: UUID, by: Actor
) -> Segment:  # fmt: skip
    """Give a segment that was added again what is still missing of what it had: child chunks that somebody wrote, summary,
    pictures, and that it was off. An attempt that was lost half-way is gone on with; a text that somebody has changed since stays.
    Raises KeptInPart, DifyError."""
    was = revision.before or {}
    place: dict[str, Any] = {"dataset_id": revision.dataset_id, "document_id": revision.document_id}
    parent = Parent(revision.dataset_id, revision.document_id, segment_id)
    with locked(of_segment(workspace, segment_id)) as lease:
        if children := was.get("child_chunks", []):  # the API cuts the others itself
            there = {child.content for child in all_child_chunks(dify, parent)}
            for child in children:
                if child["content"] not in there:
                    append_child_chunk(dify=dify, workspace=workspace, parent=parent, content=child["content"], by=by)
        lease.renew()
        segment = dify.segments.get(**place, segment_id=segment_id)
        told = {"keywords": was["keywords"], "attachment_ids": pictures_of(was)}
        summary = was.get("summary") or None  # the API adds segments without one
        untouched = (segment.content, segment.answer or "") == (was["content"], was["answer"] or "")
        if untouched and segment.enabled and ((summary and segment.summary != summary) or missing(segment, **told)):
            segment = write_segment(
                dify=dify, workspace=workspace, **place, current=segment, content=was["content"], answer=was["answer"], **told,
                summary=summary, by=by,
            )  # fmt: skip
            lease.renew()
        if segment.enabled and not was["enabled"]:
            segment = write_enabled(dify=dify, workspace=workspace, **place, current=segment, enabled=False, by=by)
    return check_complete(segment, keywords=was["keywords"], attachment_ids=known_pictures(was)) if untouched else segment


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
    """Of two who press "Undo" at once, one gets in. Raises RestoredAlready for the other, BeingChanged."""
    before = revision.restored_as
    with locked(of_restore(revision)):
        if not Revision.objects.filter(pk=revision.pk, restored_as=before).update(restored_as=BEING_RESTORED):
            raise RestoredAlready
        try:
            yield
        finally:
            Revision.objects.filter(pk=revision.pk).update(restored_as=revision.restored_as)


def attempt_is_lost(revision: Revision) -> bool:
    """Whether all that is left of an attempt to bring it back is its mark, because the process died over it: whoever is at it holds
    the lock. Raises BeingChanged."""
    with locked(of_restore(revision)):
        revision.refresh_from_db(fields=["restored_as"])
        return revision.restored_as == BEING_RESTORED


def of_restore(revision: Revision) -> str:
    return f"restore:{revision.workspace_id}:{revision.pk}"
