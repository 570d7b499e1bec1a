"""Keeping the earlier version of a segment before it is changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, Revision, Workspace

Kind, Outcome = Revision.Kind, Revision.Outcome


def facts(segment: Segment) -> dict[str, Any]:
    """What of a segment can be brought back."""
    return {
        "content": segment.content, "answer": segment.answer, "keywords": segment.keywords or [], "enabled": segment.enabled,
    }  # fmt: skip


@contextmanager
def kept(
    *, workspace: Workspace, dataset_id: UUID, document_id: UUID, kind: Revision.Kind, by: Actor, current: Segment | None = None,
    after: dict[str, Any] | None = None,
) -> Iterator[Revision]:  # fmt: skip
    """Around a change in the API: the row is there before it is made, and says afterwards whether it was made."""
    revision = Revision.objects.create(
        workspace=workspace, dataset_id=dataset_id, document_id=document_id, segment_id=current.id if current else None,
        position=current.position if current else 0, kind=kind, before=facts(current) if current else None, after=after, by=by.name,
    )  # fmt: skip
    try:
        yield revision
    except DifyError as error:
        revision.outcome = Outcome.UNKNOWN if error.outcome_unknown else Outcome.FAILED
        revision.save()
        raise
    revision.outcome = Outcome.DONE
    revision.save()
