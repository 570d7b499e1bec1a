"""Adding many segments from a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.segments import NewSegment, Segment, linked_attachments
from datasets_ui.models import Act, Actor, Revision, Snapshot, Target, Workspace
from datasets_ui.services.audit import audited
from datasets_ui.services.completion import complete, lost_pictures, pictures_of, takes_pictures
from datasets_ui.services.datasets import forget
from datasets_ui.services.overview import look_again
from datasets_ui.services.revisions import Kind, Outcome, facts

AT_ONCE = 50


class ImportStopped(Exception):
    """The API refused, or was lost; what was added before is there."""

    def __init__(self, added: int, error: DifyError) -> None:
        super().__init__(added)
        self.added, self.error = added, error


@dataclass(frozen=True)
class Imported:
    """The segments that were added, and how many pictures of theirs Dify did not take."""

    segments: list[Segment]
    lost_pictures: int


def import_segments(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document: Document, rows: Sequence[NewSegment], by: Actor,
    pictures: Sequence[list[UUID]] | None = None,
) -> Imported:  # fmt: skip
    """Add rows at the document's end, in their order, fifty with each call; each with its `pictures` or, where they are not named,
    those that its text links to. Raises ImportStopped."""
    wanted = pictures or [linked_attachments(row.content) for row in rows]
    added: list[Segment] = []
    try:
        keeps = any(wanted) and takes_pictures(dify, dataset_id)
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            words = f"rows {start + 1} to {start + len(part)}"
            target = Target(document.id, document.name)
            with audited(by=by, workspace=workspace, act=Act.SEGMENT_IMPORT, target=target, after=words):
                created = dify.segments.create_all(dataset_id, document.id, part)
                if keeps:
                    created = with_pictures(dify, dataset_id, created, wanted[start:])
            added += created
            note(workspace, dataset_id, created, by)
    except DifyError as error:
        raise ImportStopped(len(added), error) from error
    finally:
        forget(workspace, dataset_id)
        look_again(workspace, document.id)
    lost = sum(len(lost_pictures(segment, ids)) for segment, ids in zip(added, wanted, strict=False))
    return Imported(added, lost)


def with_pictures(dify: DifyClient, dataset_id: UUID, created: list[Segment], wanted: Sequence[list[UUID]]) -> list[Segment]:
    """New segments with their pictures, which a second call has to give to each."""
    return [
        complete(
            dify, dataset_id, segment, content=segment.content, answer=segment.answer, keywords=segment.keywords or [],
            attachment_ids=ids, takes=True,
        )
        for segment, ids in zip(created, wanted, strict=False)
    ]  # fmt: skip


def restore_snapshot(*, dify: DifyClient, workspace: Workspace, snapshot: Snapshot, by: Actor) -> Imported:
    """Add the segments that a document had before it was replaced, as far as it has none with the same text now. They go to its
    end, because the API has no position. Raises ImportStopped, DifyError."""
    place = (snapshot.dataset_id, snapshot.document_id)
    document = dify.documents.get(*place)
    there = {segment.content for segment in iterate(lambda number: dify.segments.page(*place, number, limit=LARGEST_PAGE))}
    gone = [was for was in snapshot.segments if was["content"] not in there]
    rows = [NewSegment(content=was["content"], answer=was["answer"], keywords=was["keywords"]) for was in gone]
    return import_segments(
        dify=dify, workspace=workspace, dataset_id=snapshot.dataset_id, document=document, rows=rows, by=by,
        pictures=[pictures_of(was) for was in gone],
    )  # fmt: skip


def note(workspace: Workspace, dataset_id: UUID, segments: Sequence[Segment], by: Actor) -> None:
    """In the history of each."""
    Revision.objects.bulk_create(
        Revision(
            workspace=workspace, dataset_id=dataset_id, document_id=segment.document_id, segment_id=segment.id,
            position=segment.position, kind=Kind.CREATE, after=facts(segment), outcome=Outcome.DONE, by=by.name,
        )
        for segment in segments
    )  # fmt: skip
