"""Uploads: each file is a request of its own, checked before its bytes are sent."""

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from datasets_ui.access import DatasetRequest, WorkspaceRequest, workspace_view
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import NewDocument, ProcessRule
from datasets_ui.dify.errors import DifyError
from datasets_ui.forms.documents import (
    CONTENT_TYPES,
    CheckForm,
    DuplicateForm,
    RuleForm,
    TextForm,
    clean_name,
    extension_of,
    looks_wrong,
    refusal,
)
from datasets_ui.models import Role
from datasets_ui.services.datasets import remembered_dataset
from datasets_ui.services.documents.changing import (
    CannotReplace,
    DuplicateName,
    NewFile,
    NewText,
    OnDuplicate,
    create_document_by_text,
    documents_named,
    upload_document,
)
from datasets_ui.services.keys.connections import LONG_SECONDS
from datasets_ui.views.errors import add_refusal
from datasets_ui.words import refusal_of


@require_POST
@workspace_view(Role.EDITOR)
def check_upload(request: DatasetRequest) -> HttpResponse:
    """Whether a file may be sent: yes, no and why, or what to do about its name."""
    form = CheckForm(request.POST)
    if not form.is_valid():
        return upload_state(request, refused=form.reason)
    existing = documents_named(request.scope, form.cleaned_data["name"])
    return upload_state(request, existing=existing, ready=not existing)


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def upload(request: DatasetRequest) -> HttpResponse:
    """One file from the page's script, or all files of a plain form."""
    rule, choice = RuleForm(request.POST), DuplicateForm(request.POST)
    files = request.FILES.getlist("files")
    if not rule.is_valid() or not choice.is_valid() or not files:
        reason = rule.reason or _("Choose at least one file.")
        outcomes = [{"name": "", "refused": reason}]
    else:
        sending = (rule.rule(), choice.cleaned_data["on_duplicate"])
        outcomes = [send_file(request, file, *sending) for file in files]
    if request.htmx:
        response = upload_state(request, **outcomes[0])
        response.headers["HX-Trigger"] = "documents-changed"
        return response
    for outcome in outcomes:
        tell(request, outcome)
    return redirect("documents", *request.scope.dataset_route)


def send_file(
    request: DatasetRequest, file: "UploadedFile[bytes]", rule: ProcessRule, on_duplicate: OnDuplicate
) -> dict[str, Any]:
    """What became of one file, for `_upload_state.html`."""
    name = clean_name(file.name or "")
    extension = extension_of(name)
    if reason := refusal(name, file.size) or looks_wrong(file, extension):
        return {"name": name, "refused": reason}
    try:
        document = upload_document(
            request.scope, NewFile(name, file, CONTENT_TYPES[extension]), new_document(request, rule), on_duplicate
        )
    except DuplicateName as question:
        return {"name": name, "existing": question.existing}
    except CannotReplace as error:
        return {"name": name, "refused": cannot_replace(error), "existing": [error.document], "replaceable": False}
    except DifyError as error:
        return {"name": name, "failed": refusal_of(error)}
    return {"name": name, "document": document}


def cannot_replace(error: CannotReplace) -> str:
    words = _("“%(name)s” is disabled, so Dify would not replace it but add a second one. Enable it first, or keep both.")
    if error.document.archived:
        words = _("“%(name)s” is archived, so Dify would not replace it but add a second one. Enable it first, or keep both.")
    return words % {"name": error.document.name}


def new_document(request: DatasetRequest, rule: ProcessRule) -> NewDocument:
    """The dataset's own technique and form: any other is refused, or would change the dataset."""
    dataset = remembered_dataset(request.scope)
    return NewDocument(
        indexing_technique=dataset.indexing_technique or "economy",
        doc_form=dataset.doc_form or "text_model",
        process_rule=rule,
    )


def upload_state(request: WorkspaceRequest, **outcome: Any) -> HttpResponse:
    return render(request, "documents/_upload_state.html", outcome)


def tell(request: WorkspaceRequest, outcome: dict[str, Any]) -> None:
    """What became of a file, as a message: for the plain form."""
    name = outcome["name"]
    if "document" in outcome:
        messages.success(request, _("“%(name)s” was sent and is being indexed.") % {"name": outcome["document"].name})
    elif "refused" in outcome:
        messages.error(request, about(name, outcome["refused"]))
    elif "failed" in outcome:
        messages.error(request, about(name, outcome["failed"]))
    else:
        words = _("%(name)s: a document of this name exists. Choose what to do with it, and send the file again.")
        messages.warning(request, words % {"name": name})


def about(name: str, said: object) -> str:
    """What there is to say of a file, or where it has no name of all of them."""
    return _("%(name)s: %(said)s") % {"name": name, "said": said} if name else str(said)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def add_text(request: DatasetRequest) -> HttpResponse:
    """A document from pasted text."""
    form = TextForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "dataset": Dataset(id=request.scope.dataset_id, name=_("Dataset"))}
    try:
        context["dataset"] = remembered_dataset(request.scope)
        if form.is_valid():
            return added_text(request, form)
    except DuplicateName as question:
        context["existing"] = question.existing
    except CannotReplace as error:
        form.add_error("name", cannot_replace(error))
        context |= {"existing": [error.document], "replaceable": False}
    except DifyError as error:
        if not form.is_bound:
            raise
        add_refusal(form, error)  # the page stays, and with it the text
    return render(request, "documents/add_text.html", context, status=422 if form.errors or "existing" in context else 200)


def added_text(request: DatasetRequest, form: TextForm) -> HttpResponse:
    data = form.cleaned_data
    document = create_document_by_text(
        request.scope, NewText(data["name"], data["text"]), new_document(request, form.rule()), data["on_duplicate"]
    )
    messages.success(request, _("“%(name)s” was added and is being indexed.") % {"name": document.name})
    return redirect("documents", *request.scope.dataset_route)
