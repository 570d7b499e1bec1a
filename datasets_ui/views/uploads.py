"""Uploads: each file is a request of its own, checked before its bytes are sent."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from datasets_ui.access import WorkspaceRequest, workspace_view
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
from datasets_ui.services.connections import LONG_SECONDS
from datasets_ui.services.datasets import remembered
from datasets_ui.services.documents import (
    CannotReplace,
    DuplicateName,
    OnDuplicate,
    create_document_by_text,
    named,
    upload_document,
)
from datasets_ui.views.errors import add_refusal, in_words


@require_POST
@workspace_view(Role.EDITOR)
def check_upload(request: WorkspaceRequest, dataset_id: UUID) -> HttpResponse:
    """Whether a file may be sent: yes, no and why, or what to do about its name."""
    form = CheckForm(request.POST)
    if not form.is_valid():
        return upload_state(request, refused=form.reason)
    existing = named(request.dify, dataset_id, form.cleaned_data["name"])
    return upload_state(request, existing=existing, ready=not existing)


@require_POST
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def upload(request: WorkspaceRequest, dataset_id: UUID) -> HttpResponse:
    """One file from the page's script, or all files of a plain form."""
    rule, choice = RuleForm(request.POST), DuplicateForm(request.POST)
    files = request.FILES.getlist("files")
    if not rule.is_valid() or not choice.is_valid() or not files:
        reason = rule.reason or "Choose at least one file."
        outcomes = [{"name": "", "refused": reason}]
    else:
        sending = (rule.rule(), choice.cleaned_data["on_duplicate"])
        outcomes = [send_file(request, dataset_id, file, *sending) for file in files]
    if request.htmx:
        response = upload_state(request, **outcomes[0])
        response.headers["HX-Trigger"] = "documents-changed"
        return response
    for outcome in outcomes:
        tell(request, outcome)
    return redirect("documents", request.workspace.slug, dataset_id)


def send_file(
    request: WorkspaceRequest, dataset_id: UUID, file: "UploadedFile[bytes]", rule: ProcessRule, on_duplicate: OnDuplicate
) -> dict[str, Any]:
    """What became of one file, for `_upload_state.html`."""
    name = clean_name(file.name or "")
    extension = extension_of(name)
    if reason := refusal(name, file.size) or looks_wrong(file, extension):
        return {"name": name, "refused": reason}
    try:
        document = upload_document(
            dify=request.dify, workspace=request.workspace, dataset_id=dataset_id, name=name, file=file,
            content_type=CONTENT_TYPES[extension], new=new_document(request, dataset_id, rule), on_duplicate=on_duplicate,
            by=request.actor,
        )  # fmt: skip
    except DuplicateName as question:
        return {"name": name, "existing": question.existing}
    except CannotReplace as error:
        return {"name": name, "refused": cannot_replace(error), "existing": [error.document], "replaceable": False}
    except DifyError as error:
        return {"name": name, "failed": error}
    return {"name": name, "document": document}


def cannot_replace(error: CannotReplace) -> str:
    state = "archived" if error.document.archived else "disabled"
    return (
        f"“{error.document.name}” is {state}, so Dify would not replace it but add a second one. Enable it first, or keep both."
    )


def new_document(request: WorkspaceRequest, dataset_id: UUID, rule: ProcessRule) -> NewDocument:
    """The dataset's own technique and form: any other is refused, or would change the dataset."""
    dataset = remembered(request.dify, request.workspace, dataset_id)
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
        messages.success(request, f"“{outcome['document'].name}” was sent and is being indexed.")
    elif "refused" in outcome:
        messages.error(request, f"{name}: {outcome['refused']}".removeprefix(": "))
    elif "failed" in outcome:
        messages.error(request, f"{name}: {in_words(outcome['failed'])}")
    else:
        messages.warning(
            request, f"{name}: a document of this name exists. Choose what to do with it, and send the file again."
        )


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def add_text(request: WorkspaceRequest, dataset_id: UUID) -> HttpResponse:
    """A document from pasted text."""
    form = TextForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "dataset": Dataset(id=dataset_id, name="Dataset")}
    try:
        context["dataset"] = remembered(request.dify, request.workspace, dataset_id)
        if form.is_valid():
            return added_text(request, dataset_id, form)
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


def added_text(request: WorkspaceRequest, dataset_id: UUID, form: TextForm) -> HttpResponse:
    data = form.cleaned_data
    document = create_document_by_text(
        dify=request.dify, workspace=request.workspace, dataset_id=dataset_id, name=data["name"], text=data["text"],
        new=new_document(request, dataset_id, form.rule()), on_duplicate=data["on_duplicate"], by=request.actor,
    )  # fmt: skip
    messages.success(request, f"“{document.name}” was added and is being indexed.")
    return redirect("documents", request.workspace.slug, dataset_id)
