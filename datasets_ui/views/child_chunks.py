"""Child chunks of a segment: read, added, corrected in place, deleted, cut anew."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.child_chunks import ChildChunk
from datasets_ui.dify.errors import DifyError
from datasets_ui.forms.child_chunks import ChildChunkForm
from datasets_ui.htmx import render_page
from datasets_ui.models import Role
from datasets_ui.services.child_chunks import (
    ChildChunkChanged,
    ChildChunksChanged,
    Parent,
    all_child_chunks,
    create_child_chunk,
    delete_child_chunk,
    find_child_chunk,
    regenerate_child_chunks,
    seal,
    update_child_chunk,
)
from datasets_ui.views.errors import add_refusal, in_words
from datasets_ui.views.paging import list_state, page_context
from datasets_ui.views.segments import place

AT_ONCE = 50


@require_safe
@workspace_view()
def child_chunks(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> HttpResponse:
    """The child chunks of a segment, in their order."""
    return child_list(request, Parent(dataset_id, document_id, segment_id))


def child_list(request: WorkspaceRequest, parent: Parent, number: int | None = None, **more: Any) -> HttpResponse:
    state = list_state(request)
    page = request.dify.child_chunks.page(*parent.ids, number or state.page, limit=AT_ONCE)
    context = page_context(page, state) | at(request, parent) | more
    return render_page(request, "child_chunks/list.html", "child_chunks/_child_chunks.html", context)


def at(request: WorkspaceRequest, parent: Parent) -> dict[str, Any]:
    """Where the templates' links lead."""
    return place(request, parent.dataset_id, parent.document_id) | {"segment_id": parent.segment_id}


@require_safe
@workspace_view()
def child_chunk(
    request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID, child_chunk_id: UUID
) -> HttpResponse:
    """One, for leaving its editor."""
    parent = Parent(dataset_id, document_id, segment_id)
    return show(request, parent, find_child_chunk(request.dify, parent, child_chunk_id))


def show(request: WorkspaceRequest, parent: Parent, child: ChildChunk) -> HttpResponse:
    context = at(request, parent) | {"child": child, "focus": True}
    return render_page(request, "child_chunks/detail.html", "child_chunks/_child_chunk.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def add_child_chunk(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> HttpResponse:
    """A new one, at the segment's end; and another one, when that is asked for."""
    parent, form = Parent(dataset_id, document_id, segment_id), ChildChunkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            child = create_child_chunk(
                dify=request.dify, workspace=request.workspace, parent=parent, content=form.cleaned_data["content"],
                by=request.actor,
            )  # fmt: skip
        except DifyError as error:
            add_refusal(form, error)
        else:
            return added(request, parent, child)
    context = at(request, parent) | {"form": form}
    status = 422 if form.errors else 200
    return render_page(request, "child_chunks/add.html", "child_chunks/_child_chunk_add.html", context, status)


def added(request: WorkspaceRequest, parent: Parent, child: ChildChunk) -> HttpResponse:
    messages.success(request, f"Child chunk #{child.position} was added.")
    another = "another" in request.POST
    if not request.htmx:
        return redirect("child-chunk-add" if another else "child-chunks", request.workspace.slug, *parent.ids)
    last = request.dify.child_chunks.page(*parent.ids, limit=AT_ONCE).pages
    answer = child_list(request, parent, last, form=ChildChunkForm() if another else None)
    answer.headers["HX-Retarget"] = f"#child-chunks-{parent.segment_id}"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def edit_child_chunk(
    request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID, child_chunk_id: UUID
) -> HttpResponse:
    """The editor of one; a save that would overwrite somebody else's shows both and asks."""
    parent = Parent(dataset_id, document_id, segment_id)
    if request.method != "POST":
        found = find_child_chunk(request.dify, parent, child_chunk_id)
        initial = {"content": found.content, "opened_as": seal([found])}
        return editor(request, parent, child_chunk_id, ChildChunkForm(initial=initial, place=child_chunk_id))
    form, current = ChildChunkForm(request.POST, place=child_chunk_id), None
    if form.is_valid():
        try:
            saved = update_child_chunk(
                dify=request.dify, workspace=request.workspace, parent=parent, child_chunk_id=child_chunk_id,
                opened_as=form.cleaned_data["opened_as"], content=form.cleaned_data["content"], by=request.actor,
            )  # fmt: skip
        except ChildChunkChanged as changed:
            current = changed.current
            form = ChildChunkForm(request.POST.dict() | {"opened_as": seal([current])}, place=child_chunk_id)
        except DifyError as error:
            add_refusal(form, error)
        else:
            return show(request, parent, saved) if request.htmx else back(request, parent)
    return editor(request, parent, child_chunk_id, form, current)


def back(request: WorkspaceRequest, parent: Parent) -> HttpResponse:
    return redirect("child-chunks", request.workspace.slug, *parent.ids)


def editor(
    request: WorkspaceRequest, parent: Parent, child_chunk_id: UUID, form: ChildChunkForm, current: ChildChunk | None = None
) -> HttpResponse:
    """With `current`, what is stored is shown too: saving again now means over it."""
    context = at(request, parent) | {"child_chunk_id": child_chunk_id, "form": form, "current": current}
    status = 422 if form.errors or current else 200
    return render_page(request, "child_chunks/edit.html", "child_chunks/_child_chunk_edit.html", context, status)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def delete_child_chunk_view(
    request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID, child_chunk_id: UUID
) -> HttpResponse:
    """Delete at once where it can be undone at once; without JavaScript ask first."""
    parent = Parent(dataset_id, document_id, segment_id)
    if request.method != "POST":
        context = at(request, parent) | {"child": find_child_chunk(request.dify, parent, child_chunk_id)}
        return render_page(request, "child_chunks/delete.html", "child_chunks/_delete.html", context)
    revision = delete_child_chunk(
        dify=request.dify, workspace=request.workspace, parent=parent, child_chunk_id=child_chunk_id, by=request.actor
    )
    undo = reverse("revision-restore", args=[request.workspace.slug, dataset_id, document_id, revision.pk])
    messages.success(request, f"Child chunk #{revision.position} was deleted.", extra_tags=undo)
    return HttpResponse() if request.htmx else back(request, parent)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def regenerate_child_chunks_view(
    request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID
) -> HttpResponse:
    """Name what goes, and ask; then have them cut anew."""
    parent, problem = Parent(dataset_id, document_id, segment_id), ""
    if "seen" in request.POST:
        try:
            regenerate_child_chunks(
                dify=request.dify, workspace=request.workspace, parent=parent, seen=request.POST["seen"], by=request.actor
            )
            return cut_anew(request, parent)
        except ChildChunksChanged:
            problem = "Somebody changed the child chunks meanwhile. Nothing was done yet: these are there now."
        except DifyError as error:
            problem = in_words(error)
    rows = all_child_chunks(request.dify, parent)
    written = [row for row in rows if row.type == "customized"]
    context = at(request, parent) | {"problem": problem, "rows": rows, "written": written, "seen": seal(rows)}
    return render_page(
        request, "child_chunks/regenerate.html", "child_chunks/_regenerate.html", context, 422 if problem else 200
    )


def cut_anew(request: WorkspaceRequest, parent: Parent) -> HttpResponse:
    """Every list of child chunks that is open reads itself again."""
    messages.success(request, "The child chunks were cut anew. The former ones are in the history, and can be added again.")
    if not request.htmx:
        return back(request, parent)
    headers = {"HX-Retarget": "#toasts", "HX-Reswap": "beforeend", "HX-Trigger": "child-chunks-changed"}
    return HttpResponse(headers=headers)
