"""The kind of job that does what an imported table says: its rows change segments or are added, and what it lacks is deleted."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.segments import Segment
from datasets_ui.models import JobItem
from datasets_ui.services.database import release_connection
from datasets_ui.services.history import facts
from datasets_ui.services.jobs.kinds import Context, Data, DocumentItem, Failed, Kind, NotYet, SegmentItem, Skipped
from datasets_ui.services.jobs.registry import register
from datasets_ui.services.locks import Lease, locked, of_segment
from datasets_ui.services.scope import DocumentScope
from datasets_ui.services.segments.additions import AddedRow, add_rows, find_added, switch_off, take_out
from datasets_ui.services.segments.completion import missing
from datasets_ui.services.segments.editing import (
    delete_current,
    fingerprint,
    fingerprint_of,
    read_segment,
    write_enabled,
    write_segment,
)
from datasets_ui.services.segments.jobs import DeleteSegments, holds
from datasets_ui.services.segments.restoring import end_of
from datasets_ui.services.segments.texts import text_of
from datasets_ui.text.line_ends import with_line_ends_of

LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 3.0
UNFINISHED = (JobItem.State.WAITING, JobItem.State.TAKEN)
Facts = dict[str, Any]


class SegmentUpdate(BaseModel):
    """What a row changes of a segment, which was looked at with this fingerprint; what is None stays as it is."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    segment_id: UUID
    looked_at: str
    content: str | None = None
    answer: str | None = None
    keywords: list[str] | None = None
    enabled: bool | None = None

    @property
    def changes_text(self) -> bool:
        """Also keywords: Dify takes neither of a disabled segment."""
        return (self.content, self.answer, self.keywords) != (None, None, None)

    def applied_to(self, was: Facts) -> Facts:
        """What the segment is to become; a table tells line ends no better than a browser does."""
        texts = {name: getattr(self, name) for name in ("content", "answer")}
        wanted = {name: with_line_ends_of(was.get(name) or "", text) for name, text in texts.items() if text is not None}
        others = {"keywords": self.keywords, "enabled": self.enabled}
        return was | wanted | {name: value for name, value in others.items() if value is not None}


class SegmentDeletion(BaseModel):
    """A segment that is missing from the table."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    segment_id: UUID
    looked_at: str


class Span(NamedTuple):
    """Positions of items of the job, from the first one to the one before `end`."""

    first: int = 0
    end: int = 0


class ImportItem(DocumentItem):
    """One of three: a segment to change, rows to add, a segment to delete. It is done once all items of a span have ended, so that
    rows are added in their order, and nothing moves the document's end meanwhile."""

    update: SegmentUpdate | None = None
    add: list[AddedRow] = []
    delete: SegmentDeletion | None = None
    after: Span = Span()


@register
class ImportTable(Kind[ImportItem]):
    """Undone, changed segments become what they were, added ones go, and deleted ones come back at the document's end."""

    name = "import_table"
    can_undo = True
    item = ImportItem

    def run(self, item: ImportItem, context: Context) -> Data | None:
        await_end(lambda: unfinished_before(item.after, context))
        scope = context.document(item)
        if item.update:
            return change(scope, item.update, context)
        if item.delete:
            return delete(scope, item.delete, context)
        return add(scope, item.add, context)

    def undo(self, item: ImportItem, result: Data, context: Context) -> Data | None:
        scope = context.document(item)
        if item.update:
            return change_back(scope, item.update, result, context)
        if item.delete:
            deleted = SegmentItem(document_id=item.document_id, segment_id=item.delete.segment_id)
            return DeleteSegments().undo(deleted, result, context)
        await_end(lambda: deletions_before(context))
        added = result["added"] if "added" in result else ids_found(scope, item.add, result["end"], context)
        return take_out(scope, item.add, added, context)


def await_end(unfinished: Callable[[], bool]) -> None:
    """Several items are done at once: wait a little for others before this one. Raises NotYet."""
    until = time.monotonic() + PATIENCE_SECONDS
    while unfinished():
        if time.monotonic() >= until:
            raise NotYet
        release_connection()
        time.sleep(LOOK_SECONDS)


def unfinished_before(span: Span, context: Context) -> bool:
    places = {"position__gte": span.first, "position__lt": span.end}
    return span.end > span.first and JobItem.objects.filter(job_id=context.job_id, state__in=UNFINISHED, **places).exists()


def deletions_before(context: Context) -> bool:
    """Whether what was deleted is still being brought back, which is found at the document's end if a worker dies over it."""
    before = JobItem.objects.filter(job_id=context.job_id, state__in=UNFINISHED, position__lt=context.position)
    return any(before.values_list("data__data__delete", flat=True))


# --- a segment that is changed ---


def change(scope: DocumentScope, update: SegmentUpdate, context: Context) -> Data | None:
    with locked(of_segment(scope.workspace, update.segment_id)) as lease:
        current = read_segment(scope, update.segment_id)
        if context.noted:
            return go_on(scope, update, current, context.noted["was"], lease)
        if fingerprint(current) != update.looked_at:
            raise Skipped("changed_since_looked_at")
        was = facts(current)
        wanted = update.applied_to(was)
        if holds(current, wanted) and current.enabled == wanted["enabled"]:
            raise Skipped("so_already")
        check_enabled(current, wanted)
        context.note({"was": was})
        return write(scope, current, wanted, lease)


def go_on(scope: DocumentScope, update: SegmentUpdate, current: Segment, was: Facts, lease: Lease) -> Data | None:
    """After an attempt that was lost: it wrote nothing, the text, or all."""
    wanted = update.applied_to(was)
    if fingerprint(current) == fingerprint_of(was) or holds(current, wanted):
        return write(scope, current, wanted, lease)
    same_text = holds(current, wanted | {"keywords": []})
    if not same_text or holds(current, was | {"keywords": []}):
        raise Skipped("changed_since_looked_at")
    # the keywords are others: Dify has dropped ours, or somebody wants these
    done = write(scope, current, wanted | {"keywords": []}, lease)
    return done | {"said": missing(current, keywords=wanted["keywords"], attachment_ids=[]).to_store()}


def change_back(scope: DocumentScope, update: SegmentUpdate, result: Data, context: Context) -> Data | None:
    with locked(of_segment(scope.workspace, update.segment_id)) as lease:
        current = read_segment(scope, update.segment_id)
        was = result["was"] if update.enabled is not None else result["was"] | {"enabled": current.enabled}
        is_back = holds(current, was)
        if is_back and current.enabled == was["enabled"]:
            context.done_already("as_before")
            return None
        as_written = fingerprint(current) == result.get("became") or holds(current, update.applied_to(was))
        if not (as_written or (context.noted and is_back)):
            raise Skipped("changed_since")
        check_enabled(current, was)
        context.note({"begun": True})
        return write(scope, current, was, lease)


def check_enabled(current: Segment, wanted: Facts) -> None:
    """Raises Failed where Dify would not take the text."""
    if not (current.enabled or wanted["enabled"] or holds(current, wanted)):
        raise Failed("segment_disabled")


def write(scope: DocumentScope, current: Segment, wanted: Facts, lease: Lease) -> Data:
    """What differs of it: Dify takes a text of enabled segments only, so it is enabled before that, and disabled afterwards."""
    said: Data = {}
    if wanted["enabled"] and not current.enabled:
        write_enabled(scope, current, enabled=True)
        lease.renew()
        current = read_segment(scope, current.id)
    if not holds(current, wanted):
        saved = write_segment(scope, current, text_of(wanted))
        lease.renew()
        said = missing(saved, keywords=wanted["keywords"], attachment_ids=current.attachment_ids or []).to_store()
        current = saved
    if current.enabled and not wanted["enabled"]:
        write_enabled(scope, current, enabled=False)
    return {"said": said, "became": fingerprint(current)}


# --- one that is deleted ---


def delete(scope: DocumentScope, deletion: SegmentDeletion, context: Context) -> Data | None:
    with locked(of_segment(scope.workspace, deletion.segment_id)):
        try:
            current = read_segment(scope, deletion.segment_id)
        except NotFound:
            context.done_already("deleted_already")
            return None
        if fingerprint(current) != deletion.looked_at:
            raise Skipped("changed_since_looked_at")
        context.note({"begun": True})
        delete_current(scope, current)
    return None


# --- rows that are added ---


def add(scope: DocumentScope, rows: list[AddedRow], context: Context) -> Data | None:
    """Where the document ended is noted before, and what was added afterwards: what an attempt has added that was lost in between
    is found behind that end."""
    said: Data = {}
    if "added" not in context.noted:
        there: list[Segment | None] = [None] * len(rows)
        if "end" in context.noted:
            there = find_added(scope, rows, context.noted["end"], added_by_others(context))
        else:
            context.note({"end": end_of(scope)})
        added, sentence = add_rows(scope, rows, there)
        said = {"said": sentence.to_store()}
        context.note({"added": [str(segment.id) for segment in added]} | said)
        ids = [segment.id for segment in added]
    else:
        ids = [UUID(added) for added in context.noted["added"]]
    switch_off(scope, [id_ for row, id_ in zip(rows, ids, strict=True) if not row.enabled])
    return said


def ids_found(scope: DocumentScope, rows: list[AddedRow], end: int, context: Context) -> list[str | None]:
    """What rows were added as whose item ended before that was known."""
    return [str(segment.id) if segment else None for segment in find_added(scope, rows, end, added_by_others(context))]


def added_by_others(context: Context) -> set[str]:
    """By the other items of this job, or of the one that it takes back: where rows are alike, each has its own segment."""
    results = JobItem.objects.filter(job_id=context.job_id).values_list("result__added", "data__result__added")
    return {added for some in results for ids in some for added in ids or []}
