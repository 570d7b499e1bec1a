"""Adding many segments from a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.segments import NewSegment, Segment, linked_attachments
from datasets_ui.models import Act, Revision, Sentence, Snapshot, Target
from datasets_ui.services.history import facts
from datasets_ui.services.scope import DocumentScope, Writing
from datasets_ui.services.segments.completion import complete, lost_pictures, pictures_of, takes_pictures
from datasets_ui.services.segments.texts import SegmentText

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
    scope: DocumentScope,
    document: Document,
    rows: Sequence[NewSegment],
    pictures: Sequence[list[UUID]] | None = None,
    first: int = 1,
) -> Imported:
    """Add rows at the document's end, in their order, fifty with each call; each with its `pictures` or, where they are not named,
    those that its text links to. `first` is the number under which the first one is recorded. Raises ImportStopped."""
    wanted = pictures or [linked_attachments(row.content) for row in rows]
    added: list[Segment] = []
    try:
        keeps = any(wanted) and takes_pictures(scope.dify, scope.dataset_id)
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE]
            which = Sentence.of("rows", first=first + start, last=first + start + len(part) - 1)
            with scope.writing(Act.SEGMENT_IMPORT, Target(document.id, document.name), after=which) as writing:
                created = writing.dify.segments.create_all(scope.dataset_id, document.id, part)
                if keeps:
                    created = with_pictures(scope, writing, created, wanted[start:])
            added += created
            note(scope, created)
    except DifyError as error:
        raise ImportStopped(len(added), error) from error
    lost = sum(len(lost_pictures(segment, ids)) for segment, ids in zip(added, wanted, strict=False))
    return Imported(added, lost)


def with_pictures(
    scope: DocumentScope, writing: Writing, created: list[Segment], wanted: Sequence[list[UUID]]
) -> list[Segment]:
    """New segments with their pictures, which a second call has to give to each."""
    return [
        complete(
            writing.dify,
            scope.dataset_id,
            segment,
            SegmentText(segment.content, segment.answer, segment.keywords or [], attachment_ids=ids),
            takes=True,
        )
        for segment, ids in zip(created, wanted, strict=False)
    ]


def restore_snapshot(scope: DocumentScope, snapshot: Snapshot) -> Imported:
    """Add the segments that a document had before it was replaced, as far as it has none with the same text now. They go to its
    end, because the API has no position. Raises ImportStopped, DifyError."""
    ids = (scope.dataset_id, scope.document_id)
    document = scope.dify.documents.get(*ids)
    there = {segment.content for segment in iterate(lambda number: scope.dify.segments.page(*ids, number, limit=LARGEST_PAGE))}
    gone = [was for was in snapshot.segments if was["content"] not in there]
    rows = [NewSegment(content=was["content"], answer=was["answer"], keywords=was["keywords"]) for was in gone]
    return import_segments(scope, document, rows, [pictures_of(was) for was in gone])


def note(scope: DocumentScope, segments: Sequence[Segment]) -> None:
    """In the history of each."""
    Revision.objects.bulk_create(
        Revision(
            workspace=scope.workspace,
            dataset_id=scope.dataset_id,
            document_id=scope.document_id,
            segment_id=segment.id,
            position=segment.position,
            kind=Revision.Kind.CREATE,
            after=facts(segment),
            outcome=Revision.Outcome.DONE,
            by=scope.by.name,
        )
        for segment in segments
    )
