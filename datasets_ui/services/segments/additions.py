"""Rows that a job adds at a document's end, once, however often it is tried; and takes out again."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.segments import NewSegment, Segment, linked_attachments
from datasets_ui.models import Revision, Sentence
from datasets_ui.services.jobs.kinds import Context, Data, Skipped
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.scope import DocumentScope
from datasets_ui.services.segments.completion import missing
from datasets_ui.services.segments.editing import delete_current, read_segment, write_enabled
from datasets_ui.services.segments.importing import ImportStopped, import_segments, note

MOST_SAID = 5


class AddedRow(BaseModel):
    """A row to add, by its number in the table; where it is to be disabled, that takes a second call."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    content: str
    answer: str | None = None
    keywords: list[str] = []
    enabled: bool = True
    number: int = 1

    @property
    def new(self) -> NewSegment:
        return NewSegment(content=self.content, answer=self.answer, keywords=self.keywords)

    def is_in(self, segment: Segment) -> bool:
        """Whether this is its text. What is no document of questions has no answers, whatever was sent."""
        return (segment.content, segment.answer or "") == (self.content, self.answer or "")


def find_added(scope: DocumentScope, rows: Sequence[AddedRow], end: int, others: set[str]) -> list[Segment | None]:
    """After an attempt whose outcome is not known, before which the document ended at position `end`: for each row the segment
    behind that end which holds its text, and is none of others. Raises DifyError."""
    ids = (scope.dataset_id, scope.document_id)
    segments = iterate(lambda number: scope.dify.segments.page(*ids, number, limit=LARGEST_PAGE))
    behind = [segment for segment in segments if segment.position > end and str(segment.id) not in others]
    found: list[Segment | None] = []
    for row in rows:
        match = next((segment for segment in behind if row.is_in(segment)), None)
        found.append(match)
        behind = [segment for segment in behind if segment is not match]
    return found


def add_rows(scope: DocumentScope, rows: Sequence[AddedRow], there: Sequence[Segment | None]) -> tuple[list[Segment], Sentence]:
    """Add those rows that are not there already, with one call. Returns the segments of all, and what Dify has left out. Raises
    DifyError."""
    known = [segment for segment in there if segment]
    noted = Revision.objects.filter(segment_id__in=[segment.id for segment in known], kind=Revision.Kind.CREATE)
    noted_ids = set(noted.values_list("segment_id", flat=True))
    note(scope, [segment for segment in known if segment.id not in noted_ids])
    new = [row for row, segment in zip(rows, there, strict=True) if segment is None]
    try:
        document = scope.dify.documents.get(scope.dataset_id, scope.document_id)
        imported = import_segments(scope, document, [row.new for row in new], first=new[0].number if new else 1)
    except ImportStopped as stopped:
        raise stopped.error from stopped
    created = iter(imported.segments)
    added = [segment or next(created) for segment in there]
    return added, left_out(added)


def left_out(added: Sequence[Segment]) -> Sentence:
    failed = sum(segment.failed for segment in added)
    said = [Sentence.of("not_indexed", number=failed)] if failed else []
    lost = (missing(row, keywords=[], attachment_ids=linked_attachments(row.content)) for row in added)
    return Sentence.joined("facts", [*said, *[sentence for sentence in lost if sentence][:MOST_SAID]])


def switch_off(scope: DocumentScope, ids: Sequence[UUID]) -> None:
    """Disable what was added and is not to be found yet. Raises DifyError."""
    for segment_id in ids:
        with locked(of_segment(scope.workspace, segment_id)):
            current = read_segment(scope, segment_id)
            if current.enabled:
                write_enabled(scope, current, enabled=False)


def take_out(scope: DocumentScope, rows: Sequence[AddedRow], added: Sequence[str | None], context: Context) -> Data | None:
    """Delete what was added, but for what somebody has changed since. Raises DifyError, Skipped."""
    gone = stay = 0
    context.note({"begun": True})
    for row, segment_id in zip(rows, added, strict=True):
        if segment_id is None:
            continue
        with locked(of_segment(scope.workspace, UUID(segment_id))):
            try:
                current = read_segment(scope, UUID(segment_id))
            except NotFound:
                gone += 1
                continue
            if row.is_in(current):
                delete_current(scope, current)
            else:
                stay += 1
    if stay == len(rows):
        raise Skipped("changed_since")
    if gone == len(rows) and not context.noted:
        raise Skipped("deleted_already")
    return {"said": Sentence.of("changed_stays", number=stay).to_store()} if stay else None
