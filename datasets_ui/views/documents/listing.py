"""Documents of a dataset: list with live progress, status actions, deletion."""

from functools import cache
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseStopPolling

from datasets_ui.access import DatasetRequest, WorkspaceRequest, workspace_view
from datasets_ui.dify.documents import Document, StatusAction
from datasets_ui.dify.errors import DifyError, NotFound
from datasets_ui.dify.paging import LARGEST_PAGE
from datasets_ui.forms.documents import EXTENSIONS, RuleForm
from datasets_ui.htmx import render_page, wants_fragment
from datasets_ui.models import Job, Role
from datasets_ui.services.datasets import remembered_dataset
from datasets_ui.services.documents.changing import delete_documents
from datasets_ui.services.documents.indexing import newest_documents, progress_of
from datasets_ui.services.documents.status import OFF, Risk, risks_of, switch_documents
from datasets_ui.services.keys.connections import LONG_SECONDS
from datasets_ui.views.errors import in_words
from datasets_ui.views.paging import list_state, page_context

STATUSES = {
    "indexing": _("Indexing"),
    "queuing": _("Queued"),
    "error": _("Failed"),
    "disabled": _("Disabled"),
    "archived": _("Archived"),
}
ACTIONS = {"enable": _("Enable"), "disable": _("Disable"), "archive": _("Archive"), "un_archive": _("Un-archive")}
TITLES = {
    "enable": _("Enable documents"),
    "disable": _("Disable documents"),
    "archive": _("Archive documents"),
    "un_archive": _("Un-archive documents"),
}
QUESTIONS = {
    "enable": ngettext_lazy("Enable %(number)s document?", "Enable %(number)s documents?", "number"),
    "disable": ngettext_lazy("Disable %(number)s document?", "Disable %(number)s documents?", "number"),
    "archive": ngettext_lazy("Archive %(number)s document?", "Archive %(number)s documents?", "number"),
    "un_archive": ngettext_lazy("Un-archive %(number)s document?", "Un-archive %(number)s documents?", "number"),
}
DONE = {
    "enable": _("“%(name)s” was enabled."),
    "disable": _("“%(name)s” was disabled."),
    "archive": _("“%(name)s” was archived."),
    "un_archive": _("“%(name)s” was un-archived."),
    "delete": _("“%(name)s” was deleted."),
}
ALL_DONE = {
    "enable": ngettext_lazy("%(number)s document was enabled.", "%(number)s documents were enabled.", "number"),
    "disable": ngettext_lazy("%(number)s document was disabled.", "%(number)s documents were disabled.", "number"),
    "archive": ngettext_lazy("%(number)s document was archived.", "%(number)s documents were archived.", "number"),
    "un_archive": ngettext_lazy("%(number)s document was un-archived.", "%(number)s documents were un-archived.", "number"),
    "delete": ngettext_lazy("%(number)s document was deleted.", "%(number)s documents were deleted.", "number"),
}
NOT_DONE = {
    "enable": _("“%(name)s” was not enabled. %(reason)s"),
    "disable": _("“%(name)s” was not disabled. %(reason)s"),
    "archive": _("“%(name)s” was not archived. %(reason)s"),
    "un_archive": _("“%(name)s” was not un-archived. %(reason)s"),
    "delete": _("“%(name)s” was not deleted. %(reason)s"),
}
AT_ONCE = 100


@require_safe
@workspace_view()
def documents(request: DatasetRequest) -> HttpResponse:
    """The documents of a dataset, newest first, with the panel that uploads more."""
    context = documents_context(request)
    if not wants_fragment(request):
        accepted = ",".join(f".{extension}" for extension in EXTENSIONS)
        context |= {"rule": unfilled_rule(get_language()), "extensions": accepted, "upload_limit": settings.UPLOAD_LIMIT}
    return render_page(request, "documents/list.html", "documents/_documents.html", context)


@cache
def unfilled_rule(language: str) -> SafeString:  # noqa: ARG001 the cache tells languages apart
    """The form of a rule as it is before anybody fills it in: it shows no error, no token and no person, so it is made once."""
    return render_to_string("documents/_rule.html", {"form": RuleForm()})


def documents_url(request: DatasetRequest) -> str:
    """What the address of each document begins with, made once for all rows."""
    return f"{reverse('documents', args=request.scope.dataset_route)}documents/"


def documents_context(request: DatasetRequest) -> dict[str, Any]:
    state = list_state(request, ("available", *STATUSES))
    page = request.scope.dify.documents.page(request.scope.dataset_id, state.page, keyword=state.q, status=state.status)
    moving = progress_of(request.scope, page.data)
    return page_context(page, state) | {
        "documents_url": documents_url(request),
        "dataset": remembered_dataset(request.scope),
        "rows": [(document, moving.get(document.id)) for document in page.data],
        "unfinished": list(moving),
        "statuses": STATUSES.items(),
        "actions": ACTIONS.items(),
    }


@require_safe
@workspace_view()
def documents_progress(request: DatasetRequest) -> HttpResponse:
    """The status cells of documents that are being indexed, and whole rows of those that just finished."""
    wanted = document_ids(request.GET)
    newest = newest_documents(request.scope)
    found = [row for row in (newest.get(id_) or read_again(request, id_) for id_ in wanted) if row]
    moving = progress_of(request.scope, found)
    moving = {document_id: state for document_id, state in moving.items() if not state.finished}
    settled = len(moving) < len(wanted)
    context = {
        "documents_url": documents_url(request),
        "dataset": remembered_dataset(request.scope, changed=settled),
        "moving": moving,
        "rows": [(document, None) for document in found if document.finished],
        "gone": set(wanted) - {document.id for document in found},
        "unfinished": [document.id for document in found if not document.finished],
        "settled": settled,
    }
    response = render(request, "documents/_progress.html", context)
    if not context["unfinished"]:
        response.status_code = HttpResponseStopPolling.status_code
    return response


def read_again(request: DatasetRequest, document_id: UUID) -> Document | None:
    try:
        return request.scope.dify.documents.get(request.scope.dataset_id, document_id)
    except NotFound:
        return None


def document_ids(data: QueryDict) -> list[UUID]:
    """The ids of a form or URL; nonsense is 404, as any other unknown id."""
    try:
        return [UUID(text) for text in dict.fromkeys(data.getlist("ids")) if text][:AT_ONCE]
    except ValueError as error:
        raise Http404("Not a document id.") from error


def chosen_documents(request: DatasetRequest) -> list[Document]:
    """What is ticked, as it is now; of ids that are gone there is nothing left to do."""
    wanted = document_ids(request.POST)
    if not wanted:
        return []
    newest = {
        document.id: document
        for document in request.scope.dify.documents.page(request.scope.dataset_id, limit=LARGEST_PAGE).data
    }
    read = (newest.get(id_) or read_again(request, id_) for id_ in wanted)
    return [document for document in read if document]


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def documents_status(request: DatasetRequest, action: str) -> HttpResponse:
    """Enable, disable, archive or un-archive what is ticked; where that means something for the segments, it is said before."""
    if action not in ACTIONS:
        raise Http404("Not an action.")
    chosen = chosen_documents(request)
    dataset, wanted = remembered_dataset(request.scope), cast("StatusAction", action)
    if "confirmed" not in request.POST and (risks := risks_of(request.scope, dataset, chosen, wanted)):
        return ask_before_switching(request, action, chosen, risks)
    switched = switch_documents(request.scope, dataset, chosen, wanted)
    if not switched.later:
        report(request, chosen, switched.failed, action)
    tell_of_jobs(request, switched.jobs)
    return after_action(request)


def tell_of_jobs(request: WorkspaceRequest, begun: list[Job]) -> None:
    slug = request.workspace.slug
    if len(begun) == 1:
        view = reverse("job", args=[slug, begun[0].id])
        words = gettext("A job goes on with it: %(job)s.") % {"job": begun[0].title}
        messages.info(request, words, extra_tags=f"view:{view}")
    elif begun:
        words = ngettext("%(number)s job goes on with it.", "%(number)s jobs go on with it.", len(begun))
        messages.info(request, words % {"number": len(begun)}, extra_tags=f"view:{reverse('jobs', args=[slug])}")


def ask_before_switching(request: DatasetRequest, action: str, chosen: list[Document], risks: list[Risk]) -> HttpResponse:
    """A dialog over the list, or a page."""
    dataset = remembered_dataset(request.scope)
    context = {
        "dataset": dataset,
        "documents": chosen,
        "risks": risks,
        "action": action,
        "word": ACTIONS[action],
        "title": TITLES[action],
        "question": QUESTIONS[action] % {"number": len(chosen)},
        "on": action not in OFF,
        "on_page": "on_page" in request.POST,
    }
    answer = render_page(request, "documents/status.html", "documents/_switch.html", context)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#dialog", "innerHTML"
    return answer


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def documents_delete(request: DatasetRequest) -> HttpResponse:
    """Ask, naming each document that goes; then delete."""
    chosen = chosen_documents(request)
    if not chosen:
        messages.info(request, gettext("Nothing is selected, or it is gone already."))
        return after_action(request)
    if "confirmed" not in request.POST:
        dataset = remembered_dataset(request.scope)
        context = {"dataset": dataset, "documents": chosen, "next": request.POST.get("next", "")}
        return render_page(request, "documents/delete.html", "documents/_delete.html", context)
    failed = delete_documents(request.scope, chosen)
    report(request, chosen, failed, "delete")
    return redirect("documents", *request.scope.dataset_route)


def report(request: WorkspaceRequest, chosen: list[Document], failed: dict[UUID, DifyError], action: str) -> None:
    """Say what was done and, by name and reason, what was not."""
    for document in chosen:
        if error := failed.get(document.id):
            messages.error(request, NOT_DONE[action] % {"name": document.name, "reason": in_words(error)})
    succeeded = [document.name for document in chosen if document.id not in failed]
    if len(succeeded) == 1:
        messages.success(request, DONE[action] % {"name": succeeded[0]})
    elif succeeded:
        messages.success(request, ALL_DONE[action] % {"number": len(succeeded)})
    if not chosen:
        messages.info(request, gettext("Nothing is selected."))


def after_action(request: DatasetRequest) -> HttpResponse:
    """Where the action was taken: the document's page, or the list as it is now, of which htmx gets the fragment."""
    if "on_page" in request.POST:
        return redirect("segments", *request.scope.dataset_route, document_ids(request.POST)[0])
    if not request.htmx:
        return redirect("documents", *request.scope.dataset_route)
    return render(request, "documents/_documents.html", documents_context(request))
