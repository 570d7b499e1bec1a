"""Everything that changes child chunks. As with segments: nobody's text is overwritten without being told to, and what a change
replaces is kept and can be brought back."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from datasets_ui.dify.child_chunks import ChildChunk
from datasets_ui.dify.errors import DifyError, NotFound
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.segments import Segment
from datasets_ui.dify.words import gettext_noop
from datasets_ui.models import Act, Revision, Sentence
from datasets_ui.services.history import change_of
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.scope import Change, SegmentScope
from datasets_ui.text.line_ends import with_line_ends_of


class ChildChunkChanged(Exception):
    """The child chunk is not what it was when its editor was opened."""

    def __init__(self, current: ChildChunk) -> None:
        super().__init__(str(current.id))
        self.current = current


class ChildChunksChanged(Exception):
    """The child chunks are not those that were named before they were to go; nothing was changed."""


def all_child_chunks(scope: SegmentScope) -> list[ChildChunk]:
    """In their order. Raises NotFound for an unknown segment, NotSupported."""
    return list(iterate(lambda number: scope.dify.child_chunks.page(*scope.ids, number, limit=LARGEST_PAGE)))


def find_child_chunk(scope: SegmentScope, child_chunk_id: UUID) -> ChildChunk:
    """One as it is now; the API can only list them. Raises NotFound."""
    rows = iterate(lambda number: scope.dify.child_chunks.page(*scope.ids, number, limit=LARGEST_PAGE))
    found = next((row for row in rows if row.id == child_chunk_id), None)
    if found is None:
        raise NotFound(gettext_noop("Child chunk not found."))
    return found


def fingerprint_of_child_chunks(rows: Sequence[ChildChunk]) -> str:
    """Tells whether two readings of child chunks hold the same ones with the same text."""
    return hashlib.sha256("\x1f".join(f"{row.id} {row.content}" for row in rows).encode()).hexdigest()[:32]


def create_child_chunk(scope: SegmentScope, content: str) -> ChildChunk:
    """Add one at the segment's end. Raises DifyError."""
    with locked(of_segment(scope.workspace, scope.segment_id)):
        return append_child_chunk(scope, content)


def append_child_chunk(scope: SegmentScope, content: str) -> ChildChunk:
    """Add one at the segment's end, under the segment's lock. Raises DifyError."""
    change = Change(
        scope.segment_id,
        Sentence.of("segment", segment=str(scope.segment_id)),
        segment_id=scope.segment_id,
        after={"content": content},
    )
    with scope.writing(Act.CHILD_CHUNK_CREATE, change, after=content) as writing:
        child = writing.dify.child_chunks.create(*scope.ids, content=content)
        writing.revision.child_chunk_id, writing.revision.position = child.id, child.position
    return child


def update_child_chunk(scope: SegmentScope, child_chunk_id: UUID, *, opened_as: str, content: str) -> ChildChunk:
    """Save an edit of the child chunk that was opened with the fingerprint `opened_as`. Raises ChildChunkChanged, DifyError."""
    with locked(of_segment(scope.workspace, scope.segment_id)):
        current = find_child_chunk(scope, child_chunk_id)
        if fingerprint_of_child_chunks([current]) != opened_as:
            raise ChildChunkChanged(current)
        return write_child_chunk(scope, current, with_line_ends_of(current.content, content))


def write_child_chunk(scope: SegmentScope, current: ChildChunk, content: str) -> ChildChunk:
    """Write over a child chunk as it was just read, under its segment's lock. Raises DifyError."""
    change = change_of_child_chunk(scope, current, after={"content": content})
    with scope.writing(Act.CHILD_CHUNK_UPDATE, change, before=current.content, after=content) as writing:
        return writing.dify.child_chunks.update(*scope.ids, current.id, content=content)


def delete_child_chunk(scope: SegmentScope, child_chunk_id: UUID) -> Revision:
    """Delete; its text is in the revision, from which it can be added again at the segment's end. Raises DifyError."""
    with locked(of_segment(scope.workspace, scope.segment_id)):
        current = find_child_chunk(scope, child_chunk_id)
        change = change_of_child_chunk(scope, current, after=None)
        with scope.writing(Act.CHILD_CHUNK_DELETE, change, before=current.content) as writing:
            writing.dify.child_chunks.delete(*scope.ids, child_chunk_id)
    return writing.revision


def regenerate_child_chunks(scope: SegmentScope, seen: str) -> Segment:
    """Have the segment's text cut into child chunks anew: all that there are go, also those that somebody wrote. `seen` is the
    fingerprint of those that were named before. Raises ChildChunksChanged, DifyError."""
    with locked(of_segment(scope.workspace, scope.segment_id)) as lease:
        current, rows = scope.dify.segments.get(*scope.ids), all_child_chunks(scope)
        if fingerprint_of_child_chunks(rows) != seen:
            raise ChildChunksChanged
        lease.renew()
        return regenerate_current(scope, current, rows)


def regenerate_current(scope: SegmentScope, current: Segment, rows: Sequence[ChildChunk]) -> Segment:
    """Cut a segment anew as it and its child chunks were just read, under its lock. Raises DifyError."""
    change = change_of(current, before=listed(rows), after=None)
    with scope.writing(Act.SEGMENT_REGENERATE, change, before=Sentence.of("child_chunks", number=len(rows))) as writing:
        changed = writing.dify.segments.regenerate_child_chunks(scope.dataset_id, scope.document_id, current)
        with suppress(DifyError):  # it is done; what it became is for the history only
            writing.revision.after = listed(all_child_chunks(scope))
    return changed


def change_of_child_chunk(scope: SegmentScope, current: ChildChunk, *, after: dict[str, Any] | None) -> Change:
    """A change of a child chunk as it was just read."""
    return Change(
        current.id,
        Sentence.of("child_chunk_of", place=f"#{current.position}", segment=str(current.segment_id)),
        segment_id=scope.segment_id,
        child_chunk_id=current.id,
        position=current.position,
        before={"content": current.content},
        after=after,
    )


def listed(rows: Sequence[ChildChunk]) -> dict[str, Any]:
    """What of all child chunks of a segment can be brought back; `content` is what the history shows."""
    return {
        "content": "\n".join(row.content for row in rows),
        "child_chunks": [{"content": row.content, "type": row.type} for row in rows],
    }
