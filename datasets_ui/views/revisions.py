"""Earlier versions of segments and child chunks: what was changed, by whom, word by word, and bringing it back."""

import time
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.errors import DifyError
from datasets_ui.models import Revision, Role
from datasets_ui.services.child_restores import restore_child_chunks
from datasets_ui.services.completion import KeptInPart
from datasets_ui.services.connections import LONG_SECONDS
from datasets_ui.services.datasets import remembered
from datasets_ui.services.segment_import import ImportStopped, restore_snapshot
from datasets_ui.services.segment_restores import RestoredAlready, restore_segment
from datasets_ui.views.errors import in_words
from datasets_ui.views.segments import warn_of_lost_pictures

ROWS = 30
COMPARED_WITHIN = 3.0  # seconds; thirty pairs of very long texts could take longer


def page_of(request: WorkspaceRequest, revisions: QuerySet[Revision], dataset_id: UUID, **more: object) -> HttpResponse:
    page = Paginator(revisions, ROWS).get_page(request.GET.get("page"))
    dataset = remembered(request.dify, request.workspace, dataset_id)
    context = {"page": page, "dataset": dataset, "compare_until": time.monotonic() + COMPARED_WITHIN}
    return render(request, "revisions/list.html", context | more)


@require_safe
@workspace_view()
def document_history(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    """Every change that was made here to the segments of a document."""
    revisions = request.workspace.revisions.filter(dataset_id=dataset_id, document_id=document_id)
    snapshots = request.workspace.snapshots.filter(dataset_id=dataset_id, document_id=document_id)
    return page_of(request, revisions, dataset_id, document_id=document_id, snapshots=snapshots)


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def restore_snapshot_view(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, snapshot_id: int) -> HttpResponse:
    """Bring back the segments that the document had before it was replaced."""
    place = {"dataset_id": dataset_id, "document_id": document_id}
    snapshot = get_object_or_404(request.workspace.snapshots, pk=snapshot_id, **place)
    try:
        done = restore_snapshot(dify=request.dify, workspace=request.workspace, snapshot=snapshot, by=request.actor)
    except ImportStopped as stopped:
        messages.error(request, f"{stopped.added} segments were brought back, the others not. {in_words(stopped.error)}")
    else:
        count = len(done.segments)
        messages.success(request, f"{count} segments are back, at the end." if count else "All its segments are there already.")
        warn_of_lost_pictures(request, done)
    return redirect("segments", request.workspace.slug, dataset_id, document_id)


@require_safe
@workspace_view()
def segment_history(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> HttpResponse:
    place = {"dataset_id": dataset_id, "document_id": document_id, "segment_id": segment_id}
    return page_of(request, request.workspace.revisions.filter(**place), dataset_id, document_id=document_id, one=True)


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def restore_revision(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, revision_id: int) -> HttpResponse:
    """Make the segment what it was before this change."""
    place = {"dataset_id": dataset_id, "document_id": document_id}
    revision = get_object_or_404(request.workspace.revisions.exclude(kind__in=Revision.ADDED), pk=revision_id, **place)
    try:
        messages.success(request, restored(request, revision))
    except RestoredAlready:
        what = "child chunk was brought back already: it is at the end of its segment"
        if revision.kind not in Revision.OF_CHILD_CHUNKS:
            what = "segment was brought back already: it is at the end of the document"
        messages.info(request, f"This {what}.")
    except KeptInPart as part:
        messages.warning(request, f"The segment is back as #{part.segment.position}, but not all of it: {part}")
    except DifyError as error:
        messages.error(request, in_words(error))
    if request.htmx:  # "Undo" in a notice: what is open stays open, and shows what is back
        return trigger_client_event(trigger_client_event(HttpResponse(), "segments-changed", {}), "child-chunks-changed", {})
    return redirect("segments", request.workspace.slug, dataset_id, document_id)


def restored(request: WorkspaceRequest, revision: Revision) -> str:
    """Bring it back, and say what became of it."""
    if revision.kind not in Revision.OF_CHILD_CHUNKS:
        segment = restore_segment(dify=request.dify, workspace=request.workspace, revision=revision, by=request.actor)
        words = f"is back as #{segment.position}, at the end: Dify has no way to put it elsewhere"
        return f"The segment {words if revision.kind == Revision.Kind.DELETE else 'is what it was before'}."
    count = restore_child_chunks(dify=request.dify, workspace=request.workspace, revision=revision, by=request.actor)
    if revision.kind == Revision.Kind.CHILD_UPDATE:
        return "The child chunk is what it was before."
    if not count:
        return "All former child chunks are there already."
    return f"{count} child chunk{' is' if count == 1 else 's are'} back, at the end of the segment."
