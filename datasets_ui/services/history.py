"""Earlier versions of segments: what of one can be brought back, and all segments of a document that is about to be replaced."""

from typing import Any

from datasets_ui.dify.paging import LARGEST_PAGE, ListTooLong, iterate
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Revision, Sentence, Snapshot
from datasets_ui.services.scope import Change, DocumentScope, SegmentScope

MOST_KEPT = 20_000  # segments of a document that is replaced
MOST_KEPT_BYTES = 50 * 1024**2


def facts(segment: Segment) -> dict[str, Any]:
    """What of a segment can be brought back; summary and attachments where the server knows them."""
    found = {
        "content": segment.content,
        "answer": segment.answer,
        "keywords": segment.keywords or [],
        "enabled": segment.enabled,
    }
    if segment.has_summary:
        found["summary"] = segment.summary
    if segment.attachment_ids is not None:
        found["attachments"] = [str(attachment_id) for attachment_id in segment.attachment_ids]
    return found


def change_of(segment: Segment, *, after: dict[str, Any] | None, before: dict[str, Any] | None = None) -> Change:
    """A change of a segment as it was just read; `before` where more can be brought back than its facts."""
    return Change(
        segment.id,
        Sentence.of("segment_of", place=f"#{segment.position}", document=str(segment.document_id)),
        segment_id=segment.id,
        position=segment.position,
        before=before or facts(segment),
        after=after,
    )


def last_change(scope: SegmentScope, segment: Segment) -> Revision | None:
    """Who made it what it is now, where the history knows: a change in Dify's own console leaves none."""
    done = Revision.objects.filter(workspace=scope.workspace, segment_id=segment.id, outcome=Revision.Outcome.DONE)
    latest = done.exclude(kind__in=Revision.OF_CHILD_CHUNKS).first()
    return latest if latest and latest.after and latest.after.get("content") == segment.content else None


def take_snapshot(scope: DocumentScope, name: str) -> Snapshot:
    """Keep all segments of the document of this name, which is about to be replaced. Raises DifyError, and then nothing may be
    replaced."""
    rows = iterate(
        lambda number: scope.dify.segments.page(scope.dataset_id, scope.document_id, number, limit=LARGEST_PAGE),
        most=MOST_KEPT,
        size=MOST_KEPT_BYTES,
    )
    try:
        segments = [facts(segment) for segment in rows]
    except ListTooLong as error:
        raise ListTooLong(error.detail, code="too_much_to_keep") from error
    return Snapshot.objects.create(
        workspace=scope.workspace,
        dataset_id=scope.dataset_id,
        document_id=scope.document_id,
        name=name[:300],
        segments=segments,
        by=scope.by.name,
    )
