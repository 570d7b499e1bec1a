"""Many segments at once: each change is a job in the background, which can be watched, stopped and rolled back."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.documents import Document
from datasets_ui.forms.segment_filter import SegmentFilterForm
from datasets_ui.forms.segments import KeywordChangeForm
from datasets_ui.htmx import render_page
from datasets_ui.models import Job, Role
from datasets_ui.services.connections import LONG_SECONDS
from datasets_ui.services.jobs import NewItem, create_job, standing
from datasets_ui.services.overview import Glance, Whole
from datasets_ui.views.jobs import job_of
from datasets_ui.views.segments import place, segment_ids

# the kind of job, and what goes into each of its items
ACTIONS: dict[str, tuple[str, dict[str, object]]] = {
    "enable": ("set_segments_enabled", {"enabled": True}),
    "disable": ("set_segments_enabled", {"enabled": False}),
    "delete": ("delete_segments", {}),
    "keywords": ("change_keywords", {}),
}


def chosen(request: WorkspaceRequest, whole: Whole) -> list[Glance]:
    """What is ticked, as far as it is in this document; or whatever the filter takes that `all` holds, as in an address, but for
    what was unticked."""
    if everything := request.POST.get("all"):
        spared = {str(segment_id) for segment_id in segment_ids(request.POST, "except")}
        found = whole.matching(SegmentFilterForm(QueryDict(everything.removeprefix("?"))).wanted())
        return [glance for glance in found if glance.id not in spared]
    ids = {str(segment_id) for segment_id in segment_ids(request.POST)}
    return whole.some(ids) if ids else []


def seal(ticked: list[Glance]) -> str:
    """Tells whether it is still what was shown when it was asked for."""
    return hashlib.sha256(" ".join(glance.id for glance in ticked).encode()).hexdigest()[:32]


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def segments_batch(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, action: str) -> HttpResponse:
    """Begin a job for what is ticked; deleting asks first, and keywords are typed first."""
    if action not in ACTIONS:
        raise Http404("Not an action.")
    ticked = chosen(request, Whole(request.dify, request.workspace, dataset_id, document_id))
    form = KeywordChangeForm(request.POST if "confirmed" in request.POST else None)
    known = action in {"enable", "disable"} or request.POST.get("confirmed") == seal(ticked)
    if not ticked or not known or (action == "keywords" and not form.is_valid()):
        context = place(request, dataset_id, document_id) | {"action": action, "number": len(ticked), "form": form}
        context["kept"] = [(name, value) for name in ("ids", "all", "except") for value in request.POST.getlist(name)]
        context |= {"seal": seal(ticked), "changed": "confirmed" in request.POST and not known}
        return render_page(request, "segments/batch.html", "segments/_batch.html", context, 422 if form.errors else 200)
    document = request.dify.documents.get(dataset_id, document_id)
    job = begin(request, dataset_id, document, action, ticked, form)
    if not request.htmx:
        return redirect("job", request.workspace.slug, job.id)
    return under_way(request, dataset_id, document_id, job)


def begin(
    request: WorkspaceRequest, dataset_id: UUID, document: Document, action: str, ticked: list[Glance], form: KeywordChangeForm
) -> Job:
    kind, data = ACTIONS[action]
    if action == "keywords":
        data = {"add": form.cleaned_data["add"], "remove": form.cleaned_data["remove"]}
    what = "Change the keywords of" if action == "keywords" else action.capitalize()
    number = f"{len(ticked):,} segment{'' if len(ticked) == 1 else 's'}"
    return create_job(
        workspace=request.workspace, kind=kind, title=f"{what} {number} of “{document.name}”",
        items=items_of(ticked, document, data), user=request.user, by=request.actor, dataset_id=dataset_id,
    )  # fmt: skip


def items_of(ticked: list[Glance], document: Document, data: dict[str, object]) -> Iterable[NewItem]:
    for glance in ticked:
        yield NewItem(f"#{glance.position}", {"document_id": str(document.id), "segment_id": glance.id} | data)


@require_safe
@workspace_view()
def segments_job(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, job_id: UUID) -> HttpResponse:
    """How far a job is, above the segments that it changes."""
    return under_way(request, dataset_id, document_id, job_of(request, job_id))


def under_way(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, job: Job) -> HttpResponse:
    if not request.htmx:  # a link that somebody kept
        return redirect("job", request.workspace.slug, job.id)
    context = place(request, dataset_id, document_id) | {"job": job, "standing": standing(job)}
    response = render_page(request, "segments/batch.html", "segments/_under_way.html", context)
    response.headers["HX-Retarget"] = "#under-way"
    response.headers["HX-Reswap"] = "outerHTML"
    return response if job.moving else trigger_client_event(response, "segments-changed", {})
