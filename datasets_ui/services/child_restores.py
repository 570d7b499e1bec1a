"""Taking changes of child chunks back."""

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.errors import NotFound
from datasets_ui.models import Actor, Revision, Workspace
from datasets_ui.services.child_chunks import (
    Parent,
    all_child_chunks,
    append_child_chunk,
    create_child_chunk,
    find_child_chunk,
    write_child_chunk,
)
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.revisions import Kind
from datasets_ui.services.segment_restores import RestoredAlready, attempt_is_lost, claimed


def restore_child_chunks(*, dify: DifyClient, workspace: Workspace, revision: Revision, by: Actor) -> int:
    """Take a change of child chunks back: an edited one gets its former text, a deleted one is added again, and after cutting anew
    all former ones whose text is not there. What is added goes to the segment's end. Returns how many were changed. Raises
    RestoredAlready, DifyError."""
    if revision.segment_id is None or revision.before is None:
        raise NotFound
    parent = Parent(revision.dataset_id, revision.document_id, revision.segment_id)
    was = revision.before
    if revision.kind == Kind.CHILD_DELETE:
        bring_back(dify=dify, workspace=workspace, parent=parent, revision=revision, by=by)
        return 1
    if revision.kind == Kind.CHILD_UPDATE and revision.child_chunk_id:
        with locked(of_segment(workspace, parent.segment_id)):
            current = find_child_chunk(dify, parent, revision.child_chunk_id)
            write_child_chunk(dify=dify, workspace=workspace, parent=parent, current=current, content=was["content"], by=by)
        return 1
    with locked(of_segment(workspace, parent.segment_id)) as lease:
        there = {row.content for row in all_child_chunks(dify, parent)}
        gone = [row["content"] for row in was.get("child_chunks", []) if row["content"] not in there]
        for content in gone:
            lease.renew()
            append_child_chunk(dify=dify, workspace=workspace, parent=parent, content=content, by=by)
    return len(gone)


def bring_back(*, dify: DifyClient, workspace: Workspace, parent: Parent, revision: Revision, by: Actor) -> None:
    """Add a deleted child chunk again, once, however often it is asked for. Raises RestoredAlready, DifyError."""
    rows = all_child_chunks(dify, parent)
    if attempt_is_lost(revision) and revision.before:
        found = (row.id for row in rows if row.content == revision.before["content"])
        revision.restored_as = next(found, None)
        Revision.objects.filter(pk=revision.pk).update(restored_as=revision.restored_as)
    if revision.restored_as in {row.id for row in rows} or revision.before is None:
        raise RestoredAlready
    with claimed(revision):
        content = revision.before["content"]
        child = create_child_chunk(dify=dify, workspace=workspace, parent=parent, content=content, by=by)
        revision.restored_as = child.id
