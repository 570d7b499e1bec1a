"""Taking changes of child chunks back."""

from datasets_ui.dify.errors import NotFound
from datasets_ui.models import Revision
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.scope import DocumentScope, SegmentScope
from datasets_ui.services.segments.child_chunks import (
    all_child_chunks,
    append_child_chunk,
    create_child_chunk,
    find_child_chunk,
    write_child_chunk,
)
from datasets_ui.services.segments.restoring import RestoredAlready, attempt_is_lost, claimed

Kind = Revision.Kind


def restore_child_chunks(scope: DocumentScope, revision: Revision) -> int:
    """Take a change of child chunks back: an edited one gets its former text, a deleted one is added again, and after cutting anew
    all former ones whose text is not there. What is added goes to the segment's end. Returns how many were changed. Raises
    RestoredAlready, DifyError."""
    if revision.segment_id is None or revision.before is None:
        raise NotFound
    segment, was = scope.segment(revision.segment_id), revision.before
    if revision.kind == Kind.CHILD_DELETE:
        bring_child_chunk_back(segment, revision)
        return 1
    if revision.kind == Kind.CHILD_UPDATE and revision.child_chunk_id:
        with locked(of_segment(segment.workspace, segment.segment_id)):
            write_child_chunk(segment, find_child_chunk(segment, revision.child_chunk_id), was["content"])
        return 1
    with locked(of_segment(segment.workspace, segment.segment_id)) as lease:
        there = {row.content for row in all_child_chunks(segment)}
        gone = [row["content"] for row in was.get("child_chunks", []) if row["content"] not in there]
        for content in gone:
            lease.renew()
            append_child_chunk(segment, content)
    return len(gone)


def bring_child_chunk_back(scope: SegmentScope, revision: Revision) -> None:
    """Add a deleted child chunk again, once, however often it is asked for. Raises RestoredAlready, DifyError."""
    rows = all_child_chunks(scope)
    if attempt_is_lost(revision) and revision.before:
        found = (row.id for row in rows if row.content == revision.before["content"])
        revision.restored_as = next(found, None)
        Revision.objects.filter(pk=revision.pk).update(restored_as=revision.restored_as)
    if revision.restored_as in {row.id for row in rows} or revision.before is None:
        raise RestoredAlready
    with claimed(revision):
        revision.restored_as = create_child_chunk(scope, revision.before["content"]).id
