"""Background jobs: how far they are, what went wrong, and the buttons that stop them, go on, try again and roll back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseStopPolling

from datasets_ui.access import NotAllowed, WorkspaceRequest, too_low, workspace_view
from datasets_ui.htmx import render_page, wants_fragment
from datasets_ui.models import Job, JobItem, Role
from datasets_ui.services.caches import page_cache
from datasets_ui.services.housekeeping import WORKER_HEARTBEAT
from datasets_ui.services.jobs.control import (
    ItemState,
    NotNow,
    may_roll_back,
    resume_job,
    retry_failed,
    roll_back,
    standing,
    stop_job,
    to_roll_back,
)
from datasets_ui.services.jobs.registry import KINDS

JOBS, ITEMS = 20, 50
# what of the report is shown: by the word in the address, its title and the states of the items
SHOWN: dict[str, tuple[Promise, tuple[JobItem.State, ...]]] = {
    "failed": (_("Failed"), (ItemState.FAILED, ItemState.UNKNOWN)),
    "left": (_("Left"), (ItemState.WAITING, ItemState.TAKEN)),
    "done": (_("Done"), (ItemState.DONE,)),
    "skipped": (_("Skipped"), (ItemState.SKIPPED,)),
    "all": (_("All"), tuple(ItemState)),
}


def job_of(request: WorkspaceRequest, job_id: UUID) -> Job:
    return get_object_or_404(request.workspace.jobs.select_related("undoes", "undone_by"), pk=job_id)


def job_to_change(request: WorkspaceRequest, job_id: UUID) -> Job:
    """Raises NotAllowed where its kind needs a higher role."""
    job = job_of(request, job_id)
    needed = KINDS[job.kind].role
    if not request.role.covers(needed):
        raise NotAllowed(too_low(needed, request.role))
    return job


@require_safe
@workspace_view(connected=False)
def jobs(request: WorkspaceRequest) -> HttpResponse:
    """All jobs, the newest first."""
    page = Paginator(request.workspace.jobs.filter(lane=Job.Lane.PEOPLE), JOBS).get_page(request.GET.get("page"))
    moving = any(job.moving for job in page)
    context = {"page": page, "rows": [(job, standing(job)) for job in page], "moving": moving}
    if request.role.covers(Role.ADMIN):  # nobody else can see to it that somebody answers for them
        context["left_alone"] = request.workspace.jobs.filter(lane=Job.Lane.BACKGROUND, state=Job.State.PAUSED)
    return polled(request, render_page(request, "jobs/list.html", "jobs/_jobs.html", context), moving=moving)


@require_safe
@workspace_view(connected=False)
def job(request: WorkspaceRequest, job_id: UUID) -> HttpResponse:
    """One job with its report: of what failed where something has, and else of everything."""
    found = job_of(request, job_id)
    return polled(request, show(request, found), moving=found.moving)


def polled(request: WorkspaceRequest, response: HttpResponse, *, moving: bool) -> HttpResponse:
    if wants_fragment(request) and not moving:
        response.status_code = HttpResponseStopPolling.status_code
    return response


def show(request: WorkspaceRequest, shown: Job) -> HttpResponse:
    now = standing(shown)
    status = request.GET.get("status", "")
    status = status if status in SHOWN else "failed" if now.failed else "all"
    items = shown.items.filter(state__in=SHOWN[status][1])
    context: dict[str, Any] = {
        "job": shown,
        "standing": now,
        "status": status,
        "facets": [(key, title, sum(now.by_state.get(state, 0) for state in states)) for key, (title, states) in SHOWN.items()],
        "page": Paginator(items, ITEMS).get_page(request.GET.get("page")),
        "may_change": request.role.covers(KINDS[shown.kind].role),
        "may_roll_back": may_roll_back(shown),
        "no_worker": no_worker_for(shown),
    }
    return render_page(request, "jobs/detail.html", "jobs/_job.html", context)


def no_worker_for(job: Job) -> bool:
    """Whether it would move if a worker ran; where that cannot be seen, it is not said."""
    return job.moving and page_cache.get(WORKER_HEARTBEAT) is None and not page_cache.is_away


def changed(request: WorkspaceRequest, job_id: UUID, change: Callable[[Job], None], said: str) -> HttpResponse:
    """Do it, and show the job as it is then; where it came too late, why."""
    found = job_to_change(request, job_id)
    try:
        change(found)
    except NotNow as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, said)
    return show(request, job_of(request, job_id)) if request.htmx else redirect("job", request.workspace.slug, job_id)


@require_POST
@workspace_view(Role.EDITOR, connected=False)
def stop(request: WorkspaceRequest, job_id: UUID) -> HttpResponse:
    return changed(request, job_id, lambda found: stop_job(request.scope, found), gettext("Stopped: nothing more is begun."))


@require_POST
@workspace_view(Role.EDITOR, connected=False)
def resume(request: WorkspaceRequest, job_id: UUID) -> HttpResponse:
    return changed(request, job_id, lambda found: resume_job(request.scope, found), gettext("It goes on."))


@require_POST
@workspace_view(Role.EDITOR, connected=False)
def retry(request: WorkspaceRequest, job_id: UUID) -> HttpResponse:
    return changed(request, job_id, lambda found: retry_failed(request.scope, found), gettext("What failed is tried again."))


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, connected=False)
def roll_back_view(request: WorkspaceRequest, job_id: UUID) -> HttpResponse:
    """Ask, saying how much; then begin a job that does it."""
    found = job_to_change(request, job_id)
    if request.method != "POST":
        context = {"job": found, "number": to_roll_back(found).count()}
        return render_page(request, "jobs/roll_back.html", "jobs/_roll_back.html", context)
    try:
        undoing = roll_back(request.scope, found)
    except NotNow as reason:
        messages.error(request, str(reason))
        return redirect("job", request.workspace.slug, job_id)
    return redirect("job", request.workspace.slug, undoing.id)
