"""Everything that changes child chunks. As with segments: nobody's text is overwritten without being told to, and what a change
replaces is kept and can be brought back."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from datasets_ui.dify.child_chunks import ChildChunk
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.errors import DifyError, NotFound
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Act, Actor, Revision, Target, Workspace
from datasets_ui.services.audit import audited
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.revisions import Kind, kept


@dataclass(frozen=True)
class Parent:
    """Where child chunks are: the ids of their segment."""

    dataset_id: UUID
    document_id: UUID
    segment_id: UUID

    @property
    def ids(self) -> tuple[UUID, UUID, UUID]:
        return self.dataset_id, self.document_id, self.segment_id


class ChildChunkChanged(Exception):
    """The child chunk is not what it was when its editor was opened."""

    def __init__(self, current: ChildChunk) -> None:
        super().__init__(str(current.id))
        self.current = current


class ChildChunksChanged(Exception):
    """The child chunks are not those that were named before they were to go; nothing was changed."""


def all_child_chunks(dify: DifyClient, parent: Parent) -> list[ChildChunk]:
    """In their order. Raises NotFound for an unknown segment, NotSupported."""
    return list(iterate(lambda number: dify.child_chunks.page(*parent.ids, number, limit=LARGEST_PAGE)))


def find_child_chunk(dify: DifyClient, parent: Parent, child_chunk_id: UUID) -> ChildChunk:
    """One as it is now; the API can only list them. Raises NotFound."""
    rows = iterate(lambda number: dify.child_chunks.page(*parent.ids, number, limit=LARGEST_PAGE))
    found = next((row for row in rows if row.id == child_chunk_id), None)
    if found is None:
        raise NotFound("Child chunk not found.")
    return found


def seal(rows: Sequence[ChildChunk]) -> str:
    """Tells whether two readings of child chunks hold the same ones with the same text."""
    return hashlib.sha256("\x1f".join(f"{row.id} {row.content}" for row in rows).encode()).hexdigest()[:32]


def create_child_chunk(
    *, dify: DifyClient, workspace: Workspace, parent: Parent, content: str, by: Actor
) -> ChildChunk:  # fmt: skip
    """Add one at the segment's end. Raises DifyError."""
    with locked(of_segment(workspace, parent.segment_id)):
        return append_child_chunk(dify=dify, workspace=workspace, parent=parent, content=content, by=by)


def append_child_chunk(
    *, dify: DifyClient, workspace: Workspace, parent: Parent, content: str, by: Actor
) -> ChildChunk:  # fmt: skip
    """Add one at the segment's end, under the segment's lock. Raises DifyError."""
    target = Target(parent.segment_id, f"segment {parent.segment_id}")
    with (
        kept_child(workspace=workspace, parent=parent, kind=Kind.CHILD_CREATE, after=content, by=by) as revision,
        audited(by=by, workspace=workspace, act=Act.CHILD_CHUNK_CREATE, target=target, after=content),
    ):
        child = dify.child_chunks.create(*parent.ids, content=content)
        revision.child_chunk_id, revision.position = child.id, child.position
    return child


def update_child_chunk(
    *, dify: DifyClient, workspace: Workspace, parent: Parent, child_chunk_id: UUID, opened_as: str, content: str, by: Actor
) -> ChildChunk:
    """Save an edit of the child chunk that was opened with the seal `opened_as`. Raises ChildChunkChanged, DifyError."""
    with locked(of_segment(workspace, parent.segment_id)):
        current = find_child_chunk(dify, parent, child_chunk_id)
        if seal([current]) != opened_as:
            raise ChildChunkChanged(current)
        return write_child_chunk(dify=dify, workspace=workspace, parent=parent, current=current, content=content, by=by)


def write_child_chunk(
    *, dify: DifyClient, workspace: Workspace, parent: Parent, current: ChildChunk, content: str, by: Actor
) -> ChildChunk:
    """Write over a child chunk as it was just read, under its segment's lock. Raises DifyError."""
    with (
        kept_child(workspace=workspace, parent=parent, kind=Kind.CHILD_UPDATE, current=current, after=content, by=by),
        audited(
            by=by, workspace=workspace, act=Act.CHILD_CHUNK_UPDATE, target=target_of_child(current), before=current.content,
            after=content,
        ),
    ):  # fmt: skip
        return dify.child_chunks.update(*parent.ids, current.id, content=content)


def delete_child_chunk(*, dify: DifyClient, workspace: Workspace, parent: Parent, child_chunk_id: UUID, by: Actor) -> Revision:
    """Delete; its text is in the revision, from which it can be added again at the segment's end. Raises DifyError."""
    with locked(of_segment(workspace, parent.segment_id)):
        current = find_child_chunk(dify, parent, child_chunk_id)
        target = target_of_child(current)
        with (
            kept_child(workspace=workspace, parent=parent, kind=Kind.CHILD_DELETE, current=current, by=by) as revision,
            audited(by=by, workspace=workspace, act=Act.CHILD_CHUNK_DELETE, target=target, before=current.content),
        ):
            dify.child_chunks.delete(*parent.ids, child_chunk_id)
    return revision


def regenerate_child_chunks(*, dify: DifyClient, workspace: Workspace, parent: Parent, seen: str, by: Actor) -> Segment:
    """Have the segment's text cut into child chunks anew: all that there are go, also those that somebody wrote. `seen` is the seal
    of those that were named before. Raises ChildChunksChanged, DifyError."""
    with locked(of_segment(workspace, parent.segment_id)) as lease:
        current, rows = dify.segments.get(*parent.ids), all_child_chunks(dify, parent)
        if seal(rows) != seen:
            raise ChildChunksChanged
        lease.renew()
        return regenerate_current(dify=dify, workspace=workspace, parent=parent, current=current, rows=rows, by=by)


def regenerate_current(
    *, dify: DifyClient, workspace: Workspace, parent: Parent, current: Segment, rows: Sequence[ChildChunk], by: Actor
) -> Segment:
    """Cut a segment anew as it and its child chunks were just read, under its lock. Raises DifyError."""
    target = Target(current.id, f"#{current.position} of document {current.document_id}")
    with (
        kept(
            workspace=workspace, dataset_id=parent.dataset_id, document_id=parent.document_id, kind=Kind.REGENERATE,
            current=current, by=by, before=listed(rows),
        ) as revision,
        audited(by=by, workspace=workspace, act=Act.SEGMENT_REGENERATE, target=target, before=f"{len(rows)} child chunks"),
    ):  # fmt: skip
        changed = dify.segments.update(
            *parent.ids, content=current.content, answer=current.answer, keywords=current.keywords or [],
            attachment_ids=current.attachment_ids, regenerate_child_chunks=True,
        )  # fmt: skip
        with suppress(DifyError):  # it is done; what it became is for the history only
            revision.after = listed(all_child_chunks(dify, parent))
    return changed


@contextmanager
def kept_child(
    *, workspace: Workspace, parent: Parent, kind: Revision.Kind, by: Actor, current: ChildChunk | None = None,
    after: str | None = None,
) -> Iterator[Revision]:  # fmt: skip
    """Around a change of one child chunk in the API, as `kept` is around one of a segment."""
    found: dict[str, Any] = {}
    if current:
        found = {"child_chunk_id": current.id, "position": current.position, "before": {"content": current.content}}
    with kept(
        workspace=workspace, dataset_id=parent.dataset_id, document_id=parent.document_id, segment_id=parent.segment_id, kind=kind,
        after=None if after is None else {"content": after}, by=by, **found,
    ) as revision:  # fmt: skip
        yield revision


def listed(rows: Sequence[ChildChunk]) -> dict[str, Any]:
    """What of all child chunks of a segment can be brought back; `content` is what the history shows."""
    return {
        "content": "\n".join(row.content for row in rows),
        "child_chunks": [{"content": row.content, "type": row.type} for row in rows],
    }


def target_of_child(child: ChildChunk) -> Target:
    return Target(child.id, f"#{child.position} of segment {child.segment_id}")
