"""Earlier versions of segments and child chunks: what was changed, by whom, word by word, and bringing it back."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from datasets_ui.access import LEVELS, DocumentRequest, SegmentRequest, workspace_view
from datasets_ui.dify.errors import DifyError
from datasets_ui.models import Revision, Role
from datasets_ui.services.keys.connections import LONG_SECONDS
from datasets_ui.services.segments.child_restores import restore_child_chunks
from datasets_ui.services.segments.completion import KeptInPart
from datasets_ui.services.segments.importing import ImportStopped, restore_snapshot
from datasets_ui.services.segments.restoring import RestoredAlready, restore_segment
from datasets_ui.templatetags.changes import comparing
from datasets_ui.views.errors import in_words
from datasets_ui.views.segments.editing import warn_of_lost_pictures

ROWS = 30


def page_of(request: DocumentRequest, revisions: QuerySet[Revision], **more: object) -> HttpResponse:
    page = Paginator(revisions, ROWS).get_page(request.GET.get("page"))
    return render(request, "revisions/list.html", {"page": page} | comparing() | more)


@require_safe
@workspace_view()
def document_history(request: DocumentRequest) -> HttpResponse:
    """Every change that was made here to the segments of a document."""
    ids = {"dataset_id": request.scope.dataset_id, "document_id": request.scope.document_id}
    snapshots = request.workspace.snapshots.filter(**ids)
    return page_of(request, request.workspace.revisions.filter(**ids), snapshots=snapshots)


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def restore_snapshot_view(request: DocumentRequest, snapshot_id: int) -> HttpResponse:
    """Bring back the segments that the document had before it was replaced."""
    ids = {"dataset_id": request.scope.dataset_id, "document_id": request.scope.document_id}
    snapshot = get_object_or_404(request.workspace.snapshots, pk=snapshot_id, **ids)
    try:
        done = restore_snapshot(request.scope, snapshot)
    except ImportStopped as stopped:
        words = ngettext(
            "%(number)s segments were brought back, the others not. %(reason)s",
            "%(number)s segments were brought back, the others not. %(reason)s",
            stopped.added,
        )
        messages.error(request, words % {"number": stopped.added, "reason": in_words(stopped.error)})
    else:
        messages.success(request, brought_back(len(done.segments)))
        warn_of_lost_pictures(request, done)
    return redirect("segments", *request.scope.document_route)


def brought_back(number: int) -> str:
    if not number:
        return _("All its segments are there already.")
    words = ngettext("%(number)s segments are back, at the end.", "%(number)s segments are back, at the end.", number)
    return words % {"number": number}


@require_safe
@workspace_view()
def segment_history(request: SegmentRequest) -> HttpResponse:
    ids = dict(zip(LEVELS, request.scope.ids, strict=True))
    return page_of(request, request.workspace.revisions.filter(**ids), one=True)


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def restore_revision(request: DocumentRequest, revision_id: int) -> HttpResponse:
    """Make the segment what it was before this change."""
    ids = {"dataset_id": request.scope.dataset_id, "document_id": request.scope.document_id}
    revision = get_object_or_404(request.workspace.revisions.exclude(kind__in=Revision.ADDED), pk=revision_id, **ids)
    try:
        messages.success(request, restored(request, revision))
    except RestoredAlready:
        messages.info(request, back_already(revision))
    except KeptInPart as part:
        words = _("The segment is back as #%(position)s, but not all of it: %(missing)s")
        messages.warning(request, words % {"position": part.segment.position, "missing": part})
    except DifyError as error:
        messages.error(request, in_words(error))
    if request.htmx:  # "Undo" in a notice: what is open stays open, and shows what is back
        return trigger_client_event(trigger_client_event(HttpResponse(), "segments-changed", {}), "child-chunks-changed", {})
    return redirect("segments", *request.scope.document_route)


def back_already(revision: Revision) -> str:
    if revision.kind in Revision.OF_CHILD_CHUNKS:
        return _("This child chunk was brought back already: it is at the end of its segment.")
    return _("This segment was brought back already: it is at the end of the document.")


def restored(request: DocumentRequest, revision: Revision) -> str:
    """Bring it back, and say what became of it."""
    if revision.kind not in Revision.OF_CHILD_CHUNKS:
        segment = restore_segment(request.scope, revision)
        if revision.kind != Revision.Kind.DELETE:
            return _("The segment is what it was before.")
        words = _("The segment is back as #%(position)s, at the end: Dify has no way to put it elsewhere.")
        return words % {"position": segment.position}
    count = restore_child_chunks(request.scope, revision)
    if revision.kind == Revision.Kind.CHILD_UPDATE:
        return _("The child chunk is what it was before.")
    if not count:
        return _("All former child chunks are there already.")
    words = ngettext(
        "%(number)s child chunk is back, at the end of the segment.",
        "%(number)s child chunks are back, at the end of the segment.",
        count,
    )
    return words % {"number": count}
