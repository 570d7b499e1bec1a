"""Child chunks of a segment: read, added, corrected in place, deleted, cut anew."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from datasets_ui.access import SegmentRequest, workspace_view
from datasets_ui.dify.child_chunks import ChildChunk
from datasets_ui.dify.errors import DifyError
from datasets_ui.forms.segments.child_chunks import ChildChunkForm
from datasets_ui.htmx import render_page
from datasets_ui.models import Role
from datasets_ui.services.segments.child_chunks import (
    ChildChunkChanged,
    ChildChunksChanged,
    all_child_chunks,
    create_child_chunk,
    delete_child_chunk,
    find_child_chunk,
    fingerprint_of_child_chunks,
    regenerate_child_chunks,
    update_child_chunk,
)
from datasets_ui.services.segments.conflicts import Conflict
from datasets_ui.services.segments.texts import SegmentText
from datasets_ui.templatetags.changes import comparing
from datasets_ui.views.errors import add_refusal, in_words
from datasets_ui.views.paging import list_state, page_context

AT_ONCE = 50


@require_safe
@workspace_view()
def child_chunks(request: SegmentRequest) -> HttpResponse:
    """The child chunks of a segment, in their order."""
    return child_list(request)


def child_list(request: SegmentRequest, number: int | None = None, **more: Any) -> HttpResponse:
    state = list_state(request)
    page = request.scope.dify.child_chunks.page(*request.scope.ids, number or state.page, limit=AT_ONCE)
    context = page_context(page, state) | more
    return render_page(request, "child_chunks/list.html", "child_chunks/_child_chunks.html", context)


@require_safe
@workspace_view()
def child_chunk(request: SegmentRequest, child_chunk_id: UUID) -> HttpResponse:
    """One, for leaving its editor."""
    return show(request, find_child_chunk(request.scope, child_chunk_id))


def show(request: SegmentRequest, child: ChildChunk) -> HttpResponse:
    context = {"child": child, "focus": True}
    return render_page(request, "child_chunks/detail.html", "child_chunks/_child_chunk.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def add_child_chunk(request: SegmentRequest) -> HttpResponse:
    """A new one, at the segment's end; and another one, when that is asked for."""
    form = ChildChunkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            child = create_child_chunk(request.scope, form.cleaned_data["content"])
        except DifyError as error:
            add_refusal(form, error)
        else:
            return added(request, child)
    context = {"form": form}
    status = 422 if form.errors else 200
    return render_page(request, "child_chunks/add.html", "child_chunks/_child_chunk_add.html", context, status)


def added(request: SegmentRequest, child: ChildChunk) -> HttpResponse:
    messages.success(request, _("Child chunk #%(position)s was added.") % {"position": child.position})
    another = "another" in request.POST
    if not request.htmx:
        return redirect("child-chunk-add" if another else "child-chunks", *request.scope.segment_route)
    last = request.scope.dify.child_chunks.page(*request.scope.ids, limit=AT_ONCE).pages
    answer = child_list(request, last, form=ChildChunkForm() if another else None)
    answer.headers["HX-Retarget"] = f"#child-chunks-{request.scope.segment_id}"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def edit_child_chunk(request: SegmentRequest, child_chunk_id: UUID) -> HttpResponse:
    """The editor of one; a save that would overwrite somebody else's shows both and asks."""
    if request.method != "POST":
        initial = opened(find_child_chunk(request.scope, child_chunk_id))
        return editor(request, child_chunk_id, ChildChunkForm(initial=initial, place=child_chunk_id))
    form = ChildChunkForm(request.POST, place=child_chunk_id)
    if not form.is_valid():
        return editor(request, child_chunk_id, form)
    try:
        saved = update_child_chunk(request.scope, child_chunk_id, **form.edit())
    except ChildChunkChanged as changed:
        return show_conflict(request, form, changed.current)
    except DifyError as error:
        add_refusal(form, error)
        return editor(request, child_chunk_id, form)
    return show(request, saved) if request.htmx else back(request)


def opened(found: ChildChunk) -> dict[str, str]:
    return {"content": found.content, "base_content": found.content, "opened_as": fingerprint_of_child_chunks([found])}


def show_conflict(request: SegmentRequest, form: ChildChunkForm, current: ChildChunk) -> HttpResponse:
    """Both edits made into one, or both beside each other: saving again means over the newer one, which is what is seen here."""
    conflict = Conflict(form.text(), SegmentText(current.content), form.base())
    data = request.POST.dict() | opened(current) | {"content": (conflict.both or conflict.mine).content}
    return editor(request, current.id, ChildChunkForm(data, place=current.id), conflict)


def back(request: SegmentRequest) -> HttpResponse:
    return redirect("child-chunks", *request.scope.segment_route)


def editor(
    request: SegmentRequest, child_chunk_id: UUID, form: ChildChunkForm, conflict: Conflict | None = None
) -> HttpResponse:
    context = {"child_chunk_id": child_chunk_id, "form": form, "conflict": conflict} | comparing()
    status = 422 if form.errors or conflict else 200
    return render_page(request, "child_chunks/edit.html", "child_chunks/_child_chunk_edit.html", context, status)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def delete_child_chunk_view(request: SegmentRequest, child_chunk_id: UUID) -> HttpResponse:
    """Delete at once where it can be undone at once; without JavaScript ask first."""
    if request.method != "POST":
        context = {"child": find_child_chunk(request.scope, child_chunk_id)}
        return render_page(request, "child_chunks/delete.html", "child_chunks/_delete.html", context)
    revision = delete_child_chunk(request.scope, child_chunk_id)
    undo = reverse("revision-restore", args=[*request.scope.document_route, revision.pk])
    words = _("Child chunk #%(position)s was deleted.") % {"position": revision.position}
    messages.success(request, words, extra_tags=undo)
    return HttpResponse() if request.htmx else back(request)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def regenerate_child_chunks_view(request: SegmentRequest) -> HttpResponse:
    """Name what goes, and ask; then have them cut anew."""
    problem = ""
    if "seen" in request.POST:
        try:
            regenerate_child_chunks(request.scope, request.POST["seen"])
            return cut_anew(request)
        except ChildChunksChanged:
            problem = _("Somebody changed the child chunks meanwhile. Nothing was done yet: these are there now.")
        except DifyError as error:
            problem = in_words(error)
    rows = all_child_chunks(request.scope)
    written = [row for row in rows if row.type == "customized"]
    context = {"problem": problem, "rows": rows, "written": written, "seen": fingerprint_of_child_chunks(rows)}
    return render_page(
        request, "child_chunks/regenerate.html", "child_chunks/_regenerate.html", context, 422 if problem else 200
    )


def cut_anew(request: SegmentRequest) -> HttpResponse:
    """Every list of child chunks that is open reads itself again."""
    messages.success(
        request, _("The child chunks were regenerated. The former ones are in the history, and can be added again.")
    )
    if not request.htmx:
        return back(request)
    headers = {"HX-Retarget": "#toasts", "HX-Reswap": "beforeend", "HX-Trigger": "child-chunks-changed"}
    return HttpResponse(headers=headers)
