"""Many segments at once: each change is a job in the background, which can be watched, stopped and rolled back."""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from datasets_ui.access import DocumentRequest, workspace_view
from datasets_ui.dify.documents import Document
from datasets_ui.forms.segments.editing import KeywordChangeForm
from datasets_ui.forms.segments.filtering import SegmentFilterForm
from datasets_ui.htmx import render_page
from datasets_ui.models import Job, Role, Sentence
from datasets_ui.services.jobs.control import NewItem, NewJob, begin_job, standing
from datasets_ui.services.jobs.kinds import SegmentItem
from datasets_ui.services.keys.connections import LONG_SECONDS
from datasets_ui.services.segments.jobs import (
    ChangeKeywords,
    DeleteSegments,
    KeywordsItem,
    SetEnabledItem,
    SetSegmentsEnabled,
)
from datasets_ui.services.segments.overview import Glance, glances_of, matching
from datasets_ui.views.jobs.control import job_of
from datasets_ui.views.segments.editing import segment_ids

ENABLED = {"enable": True, "disable": False}
ACTIONS = frozenset({*ENABLED, "delete", "keywords"})


def chosen(request: DocumentRequest) -> list[Glance]:
    """What is ticked, as far as it is in this document; or whatever the filter takes that `all` holds, as in an address, but for
    what was unticked."""
    if everything := request.POST.get("all"):
        spared = {str(segment_id) for segment_id in segment_ids(request.POST, "except")}
        found = matching(request.scope, SegmentFilterForm(QueryDict(everything.removeprefix("?"))).wanted())
        return [glance for glance in found if glance.id not in spared]
    ids = {str(segment_id) for segment_id in segment_ids(request.POST)}
    return glances_of(request.scope, ids) if ids else []


def fingerprint_of_ticked(ticked: list[Glance]) -> str:
    """Tells whether it is still what was shown when it was asked for."""
    return hashlib.sha256(" ".join(glance.id for glance in ticked).encode()).hexdigest()[:32]


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def segments_batch(request: DocumentRequest, action: str) -> HttpResponse:
    """Begin a job for what is ticked; deleting asks first, and keywords are typed first."""
    if action not in ACTIONS:
        raise Http404("Not an action.")
    ticked = chosen(request)
    form = KeywordChangeForm(request.POST if "confirmed" in request.POST else None)
    known = action in {"enable", "disable"} or request.POST.get("confirmed") == fingerprint_of_ticked(ticked)
    if not ticked or not known or (action == "keywords" and not form.is_valid()):
        context: dict[str, Any] = {"action": action, "number": len(ticked), "form": form}
        context["kept"] = [(name, value) for name in ("ids", "all", "except") for value in request.POST.getlist(name)]
        context |= {"seal": fingerprint_of_ticked(ticked), "changed": "confirmed" in request.POST and not known}
        return render_page(request, "segments/batch.html", "segments/_batch.html", context, 422 if form.errors else 200)
    document = request.scope.dify.documents.get(request.scope.dataset_id, request.scope.document_id)
    job = begin_job(request.scope, new_job(action, document, ticked, form))
    if not request.htmx:
        return redirect("job", request.workspace.slug, job.id)
    return under_way(request, job)


def new_job(action: str, document: Document, ticked: list[Glance], form: KeywordChangeForm) -> NewJob[Any]:
    """The job that does it to what is ticked."""

    def items(kind: type[SegmentItem], **more: Any) -> Iterator[NewItem[Any]]:
        for glance in ticked:
            yield NewItem(f"#{glance.position}", kind(document_id=document.id, segment_id=UUID(glance.id), **more))

    def title(code: str) -> Sentence:
        return Sentence.of(code, number=len(ticked), document=document.name)

    if action == "delete":
        return NewJob(DeleteSegments, title("delete_segments"), items(SegmentItem))
    if action == "keywords":
        words = {"add": form.cleaned_data["add"], "remove": form.cleaned_data["remove"]}
        return NewJob(ChangeKeywords, title("change_keywords"), items(KeywordsItem, **words))
    enabled = items(SetEnabledItem, enabled=ENABLED[action])
    return NewJob(SetSegmentsEnabled, title(f"{action}_segments"), enabled)


@require_safe
@workspace_view()
def segments_job(request: DocumentRequest, job_id: UUID) -> HttpResponse:
    """How far a job is, above the segments that it changes."""
    return under_way(request, job_of(request, job_id))


def under_way(request: DocumentRequest, job: Job) -> HttpResponse:
    if not request.htmx:  # a link that somebody kept
        return redirect("job", request.workspace.slug, job.id)
    context = {"job": job, "standing": standing(job)}
    response = render_page(request, "segments/batch.html", "segments/_under_way.html", context)
    response.headers["HX-Retarget"] = "#under-way"
    response.headers["HX-Reswap"] = "outerHTML"
    return response if job.moving else trigger_client_event(response, "segments-changed", {})
