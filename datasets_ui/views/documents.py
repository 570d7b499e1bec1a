"""Documents of a dataset: list with live progress, status actions, deletion."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseStopPolling

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.documents import Document, StatusAction
from datasets_ui.dify.errors import DifyError, NotFound
from datasets_ui.dify.paging import LARGEST_PAGE
from datasets_ui.forms.documents import EXTENSIONS, RuleForm
from datasets_ui.htmx import render_page, wants_fragment
from datasets_ui.models import Job, Role
from datasets_ui.services.connections import LONG_SECONDS
from datasets_ui.services.datasets import forget, remembered
from datasets_ui.services.document_status import OFF, Risk, risks_of, switch_documents
from datasets_ui.services.documents import delete_documents
from datasets_ui.services.progress import newest_documents, progress
from datasets_ui.views.errors import in_words
from datasets_ui.views.paging import list_state, page_context

STATUSES = {"indexing": "Indexing", "queuing": "Queued", "error": "Failed", "disabled": "Disabled", "archived": "Archived"}
ACTIONS = {"enable": "Enable", "disable": "Disable", "archive": "Archive", "un_archive": "Un-archive"}
DONE = {"enable": "enabled", "disable": "disabled", "archive": "archived", "un_archive": "un-archived"}
AT_ONCE = 100


@require_safe
@workspace_view()
def documents(request: WorkspaceRequest, dataset_id: UUID) -> HttpResponse:
    """The documents of a dataset, newest first, with the panel that uploads more."""
    context = documents_context(request, dataset_id)
    if not wants_fragment(request):
        accepted = ",".join(f".{extension}" for extension in EXTENSIONS)
        context |= {"rule": RuleForm(), "extensions": accepted, "upload_limit": settings.UPLOAD_LIMIT}
    return render_page(request, "documents/list.html", "documents/_documents.html", context)


def documents_context(request: WorkspaceRequest, dataset_id: UUID) -> dict[str, Any]:
    state = list_state(request, ("available", *STATUSES))
    page = request.dify.documents.page(dataset_id, state.page, keyword=state.q, status=state.status)
    moving = progress(request.dify, request.workspace, dataset_id, page.data)
    return page_context(page, state) | {
        "dataset": remembered(request.dify, request.workspace, dataset_id),
        "rows": [(document, moving.get(document.id)) for document in page.data],
        "unfinished": list(moving),
        "statuses": STATUSES.items(),
        "actions": ACTIONS.items(),
    }


@require_safe
@workspace_view()
def documents_progress(request: WorkspaceRequest, dataset_id: UUID) -> HttpResponse:
    """The status cells of documents that are being indexed, and whole rows of those that just finished."""
    wanted = document_ids(request.GET)
    newest = newest_documents(request.dify, request.workspace, dataset_id)
    found = [row for row in (newest.get(id_) or read_again(request, dataset_id, id_) for id_ in wanted) if row]
    moving = progress(request.dify, request.workspace, dataset_id, found)
    moving = {document_id: state for document_id, state in moving.items() if not state.finished}
    settled = len(moving) < len(wanted)
    if settled:
        forget(request.workspace, dataset_id)
    context = {
        "dataset": remembered(request.dify, request.workspace, dataset_id),
        "moving": moving,
        "finished": [document for document in found if document.finished],
        "gone": set(wanted) - {document.id for document in found},
        "unfinished": [document.id for document in found if not document.finished],
        "settled": settled,
    }
    response = render(request, "documents/_progress.html", context)
    if not context["unfinished"]:
        response.status_code = HttpResponseStopPolling.status_code
    return response


def read_again(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID) -> Document | None:
    try:
        return request.dify.documents.get(dataset_id, document_id)
    except NotFound:
        return None


def document_ids(data: QueryDict) -> list[UUID]:
    """The ids of a form or URL; nonsense is 404, as any other unknown id."""
    try:
        return [UUID(text) for text in dict.fromkeys(data.getlist("ids")) if text][:AT_ONCE]
    except ValueError as error:
        raise Http404("Not a document id.") from error


def chosen_documents(request: WorkspaceRequest, dataset_id: UUID) -> list[Document]:
    """What is ticked, as it is now; of ids that are gone there is nothing left to do."""
    wanted = document_ids(request.POST)
    if not wanted:
        return []
    newest = {document.id: document for document in request.dify.documents.page(dataset_id, limit=LARGEST_PAGE).data}
    read = (newest.get(id_) or read_again(request, dataset_id, id_) for id_ in wanted)
    return [document for document in read if document]


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def documents_status(request: WorkspaceRequest, dataset_id: UUID, action: str) -> HttpResponse:
    """Enable, disable, archive or un-archive what is ticked; where that means something for the segments, it is said before."""
    if action not in DONE:
        raise Http404("Not an action.")
    chosen = chosen_documents(request, dataset_id)
    told: dict[str, Any] = {
        "dify": request.dify, "workspace": request.workspace, "documents": chosen, "action": cast("StatusAction", action),
        "dataset": remembered(request.dify, request.workspace, dataset_id),
    }  # fmt: skip
    if "confirmed" not in request.POST and (risks := risks_of(**told)):
        return ask_before_switching(request, dataset_id, action, chosen, risks)
    switched = switch_documents(**told, user=request.user, by=request.actor)
    if not switched.later:
        report(request, chosen, switched.failed, DONE[action])
    tell_of_jobs(request, switched.jobs)
    return after_action(request, dataset_id)


def tell_of_jobs(request: WorkspaceRequest, begun: list[Job]) -> None:
    slug = request.workspace.slug
    if len(begun) == 1:
        view = reverse("job", args=[slug, begun[0].id])
        messages.info(request, f"A job goes on with it: {begun[0].title}.", extra_tags=f"view:{view}")
    elif begun:
        messages.info(request, f"{len(begun)} jobs go on with it.", extra_tags=f"view:{reverse('jobs', args=[slug])}")


def ask_before_switching(
    request: WorkspaceRequest, dataset_id: UUID, action: str, chosen: list[Document], risks: list[Risk]
) -> HttpResponse:
    """A dialog over the list, or a page."""
    context = {
        "dataset": remembered(request.dify, request.workspace, dataset_id), "documents": chosen, "risks": risks,
        "action": action, "word": ACTIONS[action], "on": action not in OFF, "on_page": "on_page" in request.POST,
    }  # fmt: skip
    answer = render_page(request, "documents/status.html", "documents/_switch.html", context)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#dialog", "innerHTML"
    return answer


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def documents_delete(request: WorkspaceRequest, dataset_id: UUID) -> HttpResponse:
    """Ask, naming each document that goes; then delete."""
    chosen = chosen_documents(request, dataset_id)
    if not chosen:
        messages.info(request, "Nothing is ticked, or it is gone already.")
        return after_action(request, dataset_id)
    if "confirmed" not in request.POST:
        dataset = remembered(request.dify, request.workspace, dataset_id)
        context = {"dataset": dataset, "documents": chosen, "next": request.POST.get("next", "")}
        return render_page(request, "documents/delete.html", "documents/_delete.html", context)
    failed = delete_documents(
        dify=request.dify, workspace=request.workspace, dataset_id=dataset_id, documents=chosen, by=request.actor
    )
    report(request, chosen, failed, "deleted")
    return redirect("documents", request.workspace.slug, dataset_id)


def report(request: WorkspaceRequest, chosen: list[Document], failed: dict[UUID, DifyError], done: str) -> None:
    """Say what was done and, by name and reason, what was not."""
    for document in chosen:
        if error := failed.get(document.id):
            messages.error(request, f"“{document.name}” was not {done}. {in_words(error)}")
    succeeded = [document.name for document in chosen if document.id not in failed]
    if succeeded:
        what = f"“{succeeded[0]}” was" if len(succeeded) == 1 else f"{len(succeeded)} documents were"
        messages.success(request, f"{what} {done}.")
    if not chosen:
        messages.info(request, "Nothing is ticked.")


def after_action(request: WorkspaceRequest, dataset_id: UUID) -> HttpResponse:
    """Where the action was taken: the document's page, or the list as it is now, of which htmx gets the fragment."""
    if "on_page" in request.POST:
        return redirect("segments", request.workspace.slug, dataset_id, document_ids(request.POST)[0])
    if not request.htmx:
        return redirect("documents", request.workspace.slug, dataset_id)
    return render(request, "documents/_documents.html", documents_context(request, dataset_id))
