"""Keeping the earlier version of a segment before it is changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.paging import LARGEST_PAGE, ListTooLong, iterate
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, Revision, Snapshot, Workspace
from datasets_ui.services.overview import look_again

MOST_KEPT = 20_000  # segments of a document that is replaced
MOST_KEPT_BYTES = 50 * 1024**2

Kind, Outcome = Revision.Kind, Revision.Outcome


def facts(segment: Segment) -> dict[str, Any]:
    """What of a segment can be brought back; summary and attachments where the server knows them."""
    found = {
        "content": segment.content, "answer": segment.answer, "keywords": segment.keywords or [], "enabled": segment.enabled,
    }  # fmt: skip
    if segment.has_summary:
        found["summary"] = segment.summary
    if segment.attachment_ids is not None:
        found["attachments"] = [str(attachment_id) for attachment_id in segment.attachment_ids]
    return found


def take_snapshot(*, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document: Document, by: Actor) -> Snapshot:
    """Keep all segments of a document that is about to be replaced. Raises DifyError, and then nothing may be replaced."""
    rows = iterate(
        lambda number: dify.segments.page(dataset_id, document.id, number, limit=LARGEST_PAGE),
        most=MOST_KEPT,
        size=MOST_KEPT_BYTES,
    )
    try:
        segments = [facts(segment) for segment in rows]
    except ListTooLong as error:
        raise ListTooLong(error.detail, code="too_much_to_keep") from error
    return Snapshot.objects.create(
        workspace=workspace,
        dataset_id=dataset_id,
        document_id=document.id,
        name=document.name[:300],
        segments=segments,
        by=by.name,
    )


@contextmanager
def kept(
    *, workspace: Workspace, dataset_id: UUID, document_id: UUID, kind: Revision.Kind, by: Actor, current: Segment | None = None,
    after: dict[str, Any] | None = None, **more: Any,
) -> Iterator[Revision]:  # fmt: skip
    """Around a change in the API: the row is there before it is made, and says afterwards whether it was made. `more` are fields of
    the row that do not follow from the segment."""
    found = {"segment_id": current.id, "position": current.position, "before": facts(current)} if current else {}
    revision = Revision.objects.create(
        workspace=workspace,
        dataset_id=dataset_id,
        document_id=document_id,
        kind=kind,
        after=after,
        by=by.name,
        **(found | more),
    )
    try:
        yield revision
    except DifyError as error:
        revision.outcome = Outcome.UNKNOWN if error.outcome_unknown else Outcome.FAILED
        revision.save()
        raise
    finally:
        look_again(workspace, document_id)
    revision.outcome = Outcome.DONE
    revision.save()
