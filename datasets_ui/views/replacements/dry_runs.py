"""Find and replace: the form, the page of the dry run with a tick for each change, and the button that begins."""

import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from datasets_ui.access import DatasetRequest, DocumentRequest, WorkspaceRequest, workspace_view
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import DifyError
from datasets_ui.forms.replacements import ReplaceForm, filled_with, prefilled
from datasets_ui.htmx import render_page
from datasets_ui.models import Job, Proposal, Role, Sentence
from datasets_ui.services.datasets import remembered_dataset
from datasets_ui.services.jobs.control import ItemState, NotNow, standing
from datasets_ui.services.keys.connections import LONG_SECONDS
from datasets_ui.services.replacements.dry_runs import begin_finding, begin_replacing, begun_as, tick, tick_all
from datasets_ui.services.replacements.jobs import Find
from datasets_ui.text.find_and_replace import Search, TooSlow, new_text
from datasets_ui.views.errors import add_refusal
from datasets_ui.views.jobs.control import no_worker_for, polled

ROWS, REASONS = 50, 3
SHOWN_WITHIN = 3.0  # seconds


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def dataset_replace(request: DatasetRequest) -> HttpResponse:
    """Over all documents of a dataset."""
    return replace_form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def document_replace(request: DocumentRequest) -> HttpResponse:
    """Over one document."""
    return replace_form(request, request.scope.dify.documents.get(request.scope.dataset_id, request.scope.document_id))


def replace_form(request: DatasetRequest, document: Document | None) -> HttpResponse:
    """What to look for; sent, it begins the dry run."""
    dataset = remembered_dataset(request.scope)
    form = ReplaceForm(request.POST if request.method == "POST" else None, initial=initial(request))
    if form.is_valid():
        try:
            job = begin_finding(request.scope, dataset, document, form.search())
        except DifyError as error:
            add_refusal(form, error)
        else:
            return redirect("replacement", request.workspace.slug, job.id)
    context = {"form": form, "dataset": dataset, "document": document}
    return render(request, "replacements/new.html", context, status=422 if form.errors else 200)


def initial(request: WorkspaceRequest) -> dict[str, Any]:
    """As the address says, or as an earlier dry run was: what was looked for may be too long for an address."""
    try:
        again = UUID(request.GET.get("again", ""))
    except ValueError:
        return prefilled(request.GET.dict())
    return filled_with(Search(**dry_run(request, again).parameters["search"]))


def dry_run(request: WorkspaceRequest, dry_run_id: UUID) -> Job:
    return get_object_or_404(request.workspace.jobs, pk=dry_run_id, kind=Find.name)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, connected=False)
def replacement(request: WorkspaceRequest, dry_run_id: UUID) -> HttpResponse:
    """A dry run: how far it is, then what it has found. POST begins to replace, and leads to the job that does it."""
    job = dry_run(request, dry_run_id)
    if request.method == "POST":
        return begun(request, job)
    if replacing := begun_as(job):
        return redirect("job", request.workspace.slug, replacing)
    context = {"job": job, "standing": standing(job), "no_worker": no_worker_for(job), "again": address_of_form(request, job)}
    context |= {"so_far": job.proposals.count()} if job.moving else found_by(job, request.GET.get("page"))
    response = render_page(request, "replacements/detail.html", "replacements/_replacement.html", context)
    return polled(request, response, moving=job.moving)


def begun(request: WorkspaceRequest, job: Job) -> HttpResponse:
    """The ticks of the page that is shown come along: the last of them may still be on its way."""
    keep_ticks(request, job)
    try:
        replacing = begin_replacing(request.scope, job)
    except NotNow as reason:
        messages.error(request, str(reason))
        return redirect("replacement", request.workspace.slug, job.id)
    return redirect("job", request.workspace.slug, replacing.id)


@require_POST
@workspace_view(Role.EDITOR, connected=False)
def tick_view(request: WorkspaceRequest, dry_run_id: UUID) -> HttpResponse:
    """Keep the selection of the page that is shown, or tick all or none."""
    job = dry_run(request, dry_run_id)
    if "all" in request.POST:
        tick_all(job=job, ticked=request.POST["all"] == "1")
    else:
        keep_ticks(request, job)
    if request.htmx:
        return render(request, "replacements/_begin.html", {"job": job} | counted(job))
    page = {"page": request.POST.get("page", "1")}
    return redirect(f"{reverse('replacement', args=[request.workspace.slug, job.id])}?{urlencode(page)}")


def keep_ticks(request: WorkspaceRequest, job: Job) -> None:
    tick(job=job, shown=numbers(request.POST, "shown"), ticked=numbers(request.POST, "ticked"))


def numbers(data: QueryDict, name: str) -> list[int]:
    """Of the rows of a page; nonsense is passed over."""
    return [int(text) for text in data.getlist(name)[:ROWS] if text.isdecimal() and len(text) < 19]


def address_of_form(request: WorkspaceRequest, job: Job) -> str:
    """The form, filled as it was."""
    document_id, place = job.parameters["document_id"], [request.workspace.slug, job.dataset_id]
    address = reverse("document-replace", args=[*place, document_id]) if document_id else reverse("dataset-replace", args=place)
    return f"{address}?again={job.id}"


def found_by(job: Job, number: str | None) -> dict[str, Any]:
    search, page = Search(**job.parameters["search"]), Paginator(job.proposals.all(), ROWS).get_page(number)
    failed = job.items.filter(state__in=(ItemState.FAILED, ItemState.UNKNOWN)).order_by("why")
    return counted(job) | {
        "page": page,
        "rows": list(rows_of(page, search)),
        "reasons": failed.values_list("why", flat=True).distinct()[:REASONS],
    }


def counted(job: Job) -> dict[str, Any]:
    changes = job.proposals.filter(obstacle=Sentence())
    return {
        "changes": changes.count(),
        "ticked": changes.filter(ticked=True).count(),
        "documents": changes.order_by().values("document_id").distinct().count(),
        "obstacles": job.proposals.exclude(obstacle=Sentence()).count(),
    }


def rows_of(page: Iterable[Proposal], search: Search) -> Iterator[dict[str, Any]]:
    """What would change in each segment; a pattern that is slow with all of them must not hold up the page."""
    until = time.monotonic() + SHOWN_WITHIN
    for proposal in page:
        yield row_of(proposal, search) if time.monotonic() < until else unshown(proposal)


def unshown(proposal: Proposal) -> dict[str, Any]:
    return {"proposal": proposal, "content": [("same", proposal.before["content"])], "too_slow": True}


def row_of(proposal: Proposal, search: Search) -> dict[str, Any]:
    """What would change in a segment."""
    was = proposal.before
    try:
        content, answer = search.differences(was)
    except TooSlow:
        return unshown(proposal)
    keywords = [word for word in search.keywords(was, new_text(content)) if word not in was["keywords"]]
    return {"proposal": proposal, "content": content, "answer": answer if was["answer"] else None, "keywords": keywords}
