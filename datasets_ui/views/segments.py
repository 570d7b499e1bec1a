"""One segment: read, corrected in place, added, enabled, deleted."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.segments import LONGEST_TEXT, Segment, linked_attachments
from datasets_ui.forms.segments import PreviewForm, SegmentForm, unix_lines
from datasets_ui.htmx import render_page
from datasets_ui.models import Role
from datasets_ui.services.completion import KeptInPart, missing
from datasets_ui.services.connections import LONG_SECONDS
from datasets_ui.services.datasets import remembered
from datasets_ui.services.segment_import import Imported
from datasets_ui.services.segments import (
    ChangedMeanwhile,
    create_segment,
    delete_segment,
    fingerprint,
    set_segment_enabled,
    update_segment,
)
from datasets_ui.templatetags.changes import against
from datasets_ui.views.errors import add_refusal


def place(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID) -> dict[str, Any]:
    """Where the templates' links lead."""
    dataset = remembered(request.dify, request.workspace, dataset_id)
    # once, and not for each link of a hundred segments
    document_url = reverse("segments", args=[request.workspace.slug, dataset_id, document_id])
    return {"dataset": dataset, "document_id": document_id, "document_url": document_url, "q": request.GET.get("q", "")}


def segment_ids(data: QueryDict, name: str = "ids") -> list[UUID]:
    """The ids of a form or address: of each ticked box, or all in one field with commas, because a field each would be too many.
    Nonsense is 404, as any other unknown id."""
    try:
        ids = [UUID(text) for value in data.getlist(name) for text in value.split(",") if text]
    except ValueError as error:
        raise Http404("Not a segment id.") from error
    return list(dict.fromkeys(ids))


@require_safe
@workspace_view()
def segment(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> HttpResponse:
    """One segment, for leaving its editor, and as a page to link to."""
    found = request.dify.segments.get(dataset_id, document_id, segment_id)
    return show(request, dataset_id, document_id, found)


def show(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, shown: Segment) -> HttpResponse:
    context = place(request, dataset_id, document_id) | {"segment": shown}
    return render_page(request, "segments/detail.html", "segments/_segment.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)  # a save may need a second call
def edit_segment(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> HttpResponse:
    """The editor of a segment; a save that would overwrite somebody else's shows both and asks."""
    economy = is_economy(request, dataset_id)
    if request.method != "POST":
        found = request.dify.segments.get(dataset_id, document_id, segment_id)
        return editor(request, dataset_id, document_id, segment_id, opened(found, economy=economy))
    form = typed(request.POST, economy=economy)
    if not form.is_valid():
        return editor(request, dataset_id, document_id, segment_id, form)
    data = form.cleaned_data
    try:
        saved = update_segment(
            dify=request.dify, workspace=request.workspace, dataset_id=dataset_id, document_id=document_id,
            segment_id=segment_id, opened_as=data["opened_as"], content=data["content"], answer=data.get("answer"),
            keywords=data["keywords"], add_words=data.get("add_words", False), summary=data.get("summary"), by=request.actor,
        )  # fmt: skip
    except ChangedMeanwhile as meanwhile:
        return conflict(request, dataset_id, document_id, meanwhile.current)
    except KeptInPart as part:
        messages.warning(request, f"It is saved, but not all of it. {part}")
        saved = part.segment
    except DifyError as error:
        add_refusal(form, error)
        return editor(request, dataset_id, document_id, segment_id, form)
    return after_saving(request, dataset_id, document_id, saved)


def after_saving(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, saved: Segment) -> HttpResponse:
    """The segment in the editor's place; where its child chunks are to be cut anew, the warning is next."""
    cut_anew = "cut_anew" in request.POST
    if not request.htmx:
        ids = [request.workspace.slug, dataset_id, document_id]
        return redirect("child-chunks-regenerate", *ids, saved.id) if cut_anew else redirect("segments", *ids)
    answer = show(request, dataset_id, document_id, saved)
    if cut_anew:
        context = place(request, dataset_id, document_id) | {"segment_id": saved.id}
        answer.write(render_to_string("child_chunks/_ask.html", context, request))
    return answer


def warn_of_lost_pictures(request: WorkspaceRequest, done: Imported) -> None:
    if lost := done.lost_pictures:
        what = "One picture that belongs" if lost == 1 else f"{lost} pictures that belong"
        messages.warning(request, f"{what} to them could not be kept: Dify did not take them with new segments.")


def is_economy(request: WorkspaceRequest, dataset_id: UUID) -> bool:
    return remembered(request.dify, request.workspace, dataset_id).indexing_technique == "economy"


def opened(found: Segment, *, economy: bool) -> SegmentForm:
    initial = {
        "content": found.content,
        "answer": found.answer,
        "summary": found.summary,
        "keywords": ", ".join(found.keywords or []),
        "base": found.content,
        "opened_as": fingerprint(found),
    }
    return SegmentForm(initial=initial, with_answer=found.answer is not None, with_summary=found.has_summary, economy=economy)


def typed(sent: QueryDict, *, economy: bool) -> SegmentForm:
    """The form with the fields that it had when it was opened."""
    return SegmentForm(sent, with_answer="answer" in sent, with_summary="summary" in sent, economy=economy)


def editor(
    request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID, form: SegmentForm, **more: Any
) -> HttpResponse:
    form.auto_id = f"id_{segment_id}-%s"  # several editors may be open: each label belongs to its own field
    context = place(request, dataset_id, document_id) | {"form": form, "segment_id": segment_id} | more
    status = 422 if form.errors or more else 200
    return render_page(request, "segments/edit.html", "segments/_segment_edit.html", context, status)


def conflict(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, current: Segment) -> HttpResponse:
    """Both texts; what was typed stays in the fields, and saving again now means: over the newer one."""
    data = request.POST.copy()
    data["opened_as"] = fingerprint(current)
    form = typed(data, economy=is_economy(request, dataset_id))
    base = unix_lines(request.POST.get("base", ""))
    return editor(request, dataset_id, document_id, current.id, form, current=current, base=base)


@require_POST
@workspace_view(Role.EDITOR, connected=False)
def preview_segment(request: WorkspaceRequest, **_: UUID) -> HttpResponse:
    """What a save would change, word by word; nothing is saved."""
    form = PreviewForm(request.POST)
    if not form.is_valid():
        return HttpResponse(f"Texts of more than {LONGEST_TEXT:,} characters are not compared.", status=422)
    context = {"pieces": against(form.cleaned_data["base"], form.cleaned_data["content"])}
    return render(request, "revisions/_words.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def add_segment(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    """A new segment; it goes to the end, because the API has no position."""
    document = request.dify.documents.get(dataset_id, document_id)
    form = SegmentForm(request.POST or None, with_answer=document.doc_form == "qa_model")
    if request.method == "POST" and form.is_valid():
        try:
            return added(request, dataset_id, document, form)
        except DifyError as error:
            add_refusal(form, error)
    return add_page(request, document, dataset_id, form)


def add_page(request: WorkspaceRequest, document: Document, dataset_id: UUID, form: SegmentForm) -> HttpResponse:
    context = place(request, dataset_id, document.id) | {"form": form, "document": document}
    return render_page(request, "segments/add.html", "segments/_segment_add.html", context, 422 if form.errors else 200)


def added(request: WorkspaceRequest, dataset_id: UUID, document: Document, form: SegmentForm) -> HttpResponse:
    data = form.cleaned_data
    made = create_segment(
        dify=request.dify, workspace=request.workspace, dataset_id=dataset_id, document=document, content=data["content"],
        answer=data.get("answer"), keywords=data["keywords"], by=request.actor,
    )  # fmt: skip
    ids = (request.workspace.slug, dataset_id, document.id)
    another, view = "another" in request.POST, reverse("segment", args=[*ids, made.id])
    link = f"view:{view}" if another else ""
    if made.status == "error":  # the API answers 200 all the same
        words = f"Segment #{made.position} was stored, and indexing it failed: {made.error or 'no reason given'}."
        messages.error(request, words, extra_tags=link)
    else:
        messages.success(request, f"Segment #{made.position} was added at the end.", extra_tags=link)
        if said := missing(made, keywords=data["keywords"], attachment_ids=linked_attachments(data["content"])):
            messages.warning(request, said)
    if not another or not request.htmx:
        return redirect("segment-add", *ids) if another else redirect(view)
    answer = add_page(request, document, dataset_id, SegmentForm(with_answer="answer" in form.fields))
    answer.headers["HX-Trigger"] = "segments-changed"
    return answer


@require_POST
@workspace_view(Role.EDITOR)
def enable_segment(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> HttpResponse:
    """Enable, or disable: as the form says."""
    changed = set_segment_enabled(
        dify=request.dify, workspace=request.workspace, dataset_id=dataset_id, document_id=document_id, segment_id=segment_id,
        enabled=request.POST.get("enabled") == "1", by=request.actor,
    )  # fmt: skip
    if request.htmx:
        return show(request, dataset_id, document_id, changed)
    return redirect("segments", request.workspace.slug, dataset_id, document_id)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def delete_segment_view(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> HttpResponse:
    """Delete at once where it can be undone at once; without JavaScript ask first."""
    if request.method != "POST":
        found = request.dify.segments.get(dataset_id, document_id, segment_id)
        context = place(request, dataset_id, document_id) | {"segment": found}
        return render_page(request, "segments/delete.html", "segments/_delete.html", context)
    revision = delete_segment(
        dify=request.dify, workspace=request.workspace, dataset_id=dataset_id, document_id=document_id, segment_id=segment_id,
        by=request.actor,
    )  # fmt: skip
    undo = reverse("revision-restore", args=[request.workspace.slug, dataset_id, document_id, revision.pk])
    messages.success(request, f"Segment #{revision.position} was deleted.", extra_tags=undo)
    return HttpResponse() if request.htmx else redirect("segments", request.workspace.slug, dataset_id, document_id)
