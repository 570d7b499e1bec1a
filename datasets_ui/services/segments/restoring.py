"""Taking changes of segments back: an edit, a switch, a deletion."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Revision
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.scope import DocumentScope, SegmentScope
from datasets_ui.services.segments.child_chunks import all_child_chunks, append_child_chunk
from datasets_ui.services.segments.completion import check_complete, each_once, known_pictures, missing, pictures_of
from datasets_ui.services.segments.editing import create_segment, read_segment, write_enabled, write_segment
from datasets_ui.services.segments.texts import text_of

BEING_RESTORED = UUID(int=0)
Kind = Revision.Kind


class RestoredAlready(Exception):
    """The deleted segment was brought back before, and is there."""


def restore_segment(scope: DocumentScope, revision: Revision) -> Segment:
    """Make a segment what it was before a change. A deleted one comes back at the document's end, because the API has no
    position. What it is now is kept like before any other change. Pictures are brought back that it had, and none that it has is
    taken. Raises RestoredAlready, KeptInPart, DifyError."""
    if revision.kind == Kind.DELETE:
        if attempt_is_lost(revision):
            find_again(scope, revision, end=0)
        return bring_segment_back(scope, revision)
    if revision.segment_id is None or revision.before is None:
        raise NotFound
    with locked(of_segment(scope.workspace, revision.segment_id)):
        was, current = revision.before, read_segment(scope, revision.segment_id)
        if revision.kind != Kind.UPDATE:
            return write_enabled(scope, current, enabled=was["enabled"])
        summary = was["summary"] or "" if "summary" in was else None
        pictures = each_once(current.attachment_ids or [], pictures_of(was))
        saved = write_segment(scope, current, replace(text_of(was), summary=summary, attachment_ids=pictures))
    return check_complete(saved, keywords=was["keywords"], attachment_ids=known_pictures(was))


def bring_segment_back(scope: DocumentScope, revision: Revision) -> Segment:
    """Add a deleted segment again, once, however often it is asked for. Raises RestoredAlready, KeptInPart, DifyError."""
    was = revision.before or {}
    if is_back(scope, revision):
        raise RestoredAlready
    document = scope.dify.documents.get(scope.dataset_id, scope.document_id)
    with claimed(revision):
        segment = create_segment(scope, document, replace(text_of(was), attachment_ids=pictures_of(was)))
        revision.restored_as = segment.id
    return complete_restored(scope, revision, segment.id)


def complete_restored(scope: DocumentScope, revision: Revision, segment_id: UUID) -> Segment:
    """Give a segment that was added again what is still missing of what it had: child chunks that somebody wrote, summary,
    pictures, and that it was off. An attempt that was lost half-way is gone on with; a text that somebody has changed since stays.
    Raises KeptInPart, DifyError."""
    was = revision.before or {}
    text = replace(text_of(was), summary=was.get("summary") or None, attachment_ids=pictures_of(was))
    with locked(of_segment(scope.workspace, segment_id)) as lease:
        add_missing_child_chunks(scope.segment(segment_id), revision)
        lease.renew()
        segment = read_segment(scope, segment_id)
        untouched = (segment.content, segment.answer or "") == (was["content"], was["answer"] or "")
        without_summary = text.summary and segment.summary != text.summary  # the API adds segments without one
        lacks = missing(segment, keywords=text.keywords, attachment_ids=pictures_of(was))
        if untouched and segment.enabled and (without_summary or lacks):
            segment = write_segment(scope, segment, text)
            lease.renew()
        if segment.enabled and not was["enabled"]:
            segment = write_enabled(scope, segment, enabled=False)
    return check_complete(segment, keywords=was["keywords"], attachment_ids=known_pictures(was)) if untouched else segment


def add_missing_child_chunks(scope: SegmentScope, revision: Revision) -> None:
    """Those that somebody wrote; the API cuts the others itself. Under the segment's lock. Raises DifyError."""
    if children := (revision.before or {}).get("child_chunks", []):
        there = {child.content for child in all_child_chunks(scope)}
        for child in children:
            if child["content"] not in there:
                append_child_chunk(scope, child["content"])


def is_back(scope: DocumentScope, revision: Revision) -> bool:
    """Whether a deleted segment was brought back, and is still there."""
    if revision.restored_as is None:
        return False
    try:
        return revision.restored_as == BEING_RESTORED or bool(read_segment(scope, revision.restored_as))
    except NotFound:
        return False


def end_of(scope: DocumentScope) -> int:
    """The last position in a document."""
    ids = (scope.dataset_id, scope.document_id)
    total = scope.dify.segments.page(*ids, limit=1).total
    return scope.dify.segments.page(*ids, total, limit=1).data[-1].position if total else 0


def find_again(scope: DocumentScope, revision: Revision, end: int) -> None:
    """After an attempt to bring a segment back whose outcome is not known, before which the document ended at position `end`:
    find out by the text of what is behind whether it is there. What another deletion was brought back as is not this one."""
    if revision.restored_as not in {None, BEING_RESTORED}:
        return
    was = revision.before or {}
    rows = iterate(lambda number: scope.dify.segments.page(scope.dataset_id, scope.document_id, number, limit=LARGEST_PAGE))
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
