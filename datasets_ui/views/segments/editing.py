"""One segment: read, corrected in place, added, enabled, deleted."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datasets_ui.access import DatasetRequest, DocumentRequest, SegmentRequest, WorkspaceRequest, workspace_view
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.segments import LONGEST_TEXT, Segment
from datasets_ui.forms.segments.editing import PreviewForm, SegmentForm, fields_of
from datasets_ui.htmx import render_page
from datasets_ui.models import Role
from datasets_ui.services.datasets import remembered_dataset
from datasets_ui.services.history import last_change
from datasets_ui.services.keys.connections import LONG_SECONDS
from datasets_ui.services.segments.completion import KeptInPart, missing
from datasets_ui.services.segments.conflicts import Conflict
from datasets_ui.services.segments.editing import (
    ChangedMeanwhile,
    create_segment,
    delete_segment,
    fingerprint,
    read_segment,
    set_segment_enabled,
    update_segment,
)
from datasets_ui.services.segments.importing import Imported
from datasets_ui.services.segments.texts import stored_text
from datasets_ui.templatetags.changes import against, comparing
from datasets_ui.views.errors import add_refusal


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
def segment(request: SegmentRequest) -> HttpResponse:
    """One segment, for leaving its editor, and as a page to link to."""
    return show(request, read_segment(request.scope, request.scope.segment_id))


def show(request: DocumentRequest, shown: Segment) -> HttpResponse:
    return render_page(request, "segments/detail.html", "segments/_rows.html", {"rows": [shown]})


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)  # a save may need a second call
def edit_segment(request: SegmentRequest) -> HttpResponse:
    """The editor of a segment; a save that would overwrite somebody else's shows both and asks."""
    economy = is_economy(request)
    if request.method != "POST":
        segment = read_segment(request.scope, request.scope.segment_id)
        return editor(request, opened(segment, economy=economy), segment=segment)
    form = typed(request.POST, economy=economy)
    if not form.is_valid():
        return editor(request, form)
    try:
        saved = update_segment(request.scope, request.scope.segment_id, form.edit())
    except ChangedMeanwhile as meanwhile:
        return show_conflict(request, form, meanwhile.current)
    except KeptInPart as part:
        messages.warning(request, _("It is saved, but not all of it. %(missing)s") % {"missing": part})
        saved = part.segment
    except DifyError as error:
        add_refusal(form, error)
        return editor(request, form)
    return after_saving(request, saved)


def after_saving(request: SegmentRequest, saved: Segment) -> HttpResponse:
    """The segment in the editor's place; where its child chunks are to be cut anew, the warning is next."""
    cut_anew = "cut_anew" in request.POST
    if not request.htmx:
        if cut_anew:
            return redirect("child-chunks-regenerate", *request.scope.segment_route)
        return redirect("segments", *request.scope.document_route)
    answer = show(request, saved)
    if cut_anew:
        answer.write(render_to_string("child_chunks/_ask.html", {}, request))
    return answer


def warn_of_lost_pictures(request: WorkspaceRequest, done: Imported) -> None:
    if lost := done.lost_pictures:
        words = ngettext(
            "One picture that belongs to them could not be kept: Dify did not take them with new segments.",
            "%(number)s pictures that belong to them could not be kept: Dify did not take them with new segments.",
            lost,
        )
        messages.warning(request, words % {"number": lost})


def is_economy(request: DatasetRequest) -> bool:
    return remembered_dataset(request.scope).is_economy


def opened(found: Segment, *, economy: bool) -> SegmentForm:
    text = stored_text(found)
    initial = {**fields_of(text), **fields_of(text, "base_"), "opened_as": fingerprint(found)}
    return SegmentForm(initial=initial, with_answer=found.answer is not None, with_summary=found.has_summary, economy=economy)


def typed(sent: QueryDict, *, economy: bool) -> SegmentForm:
    """The form with the fields that it had when it was opened."""
    return SegmentForm(sent, with_answer="answer" in sent, with_summary="summary" in sent, economy=economy)


def editor(request: SegmentRequest, form: SegmentForm, **more: Any) -> HttpResponse:
    form.auto_id = f"id_{request.scope.segment_id}-%s"  # several editors may be open: each label belongs to its own field
    status = 422 if form.errors or "conflict" in more else 200
    return render_page(
        request, "segments/edit.html", "segments/_segment_edit.html", {"form": form} | comparing() | more, status
    )


def show_conflict(request: SegmentRequest, form: SegmentForm, current: Segment) -> HttpResponse:
    """Both edits made into one, or both beside each other: saving again means over the newer one, which is what is seen here."""
    text = stored_text(current)
    conflict = Conflict(form.text(), text, form.base(), last_change(request.scope, current))
    data = request.POST.copy()
    shown = {**fields_of(conflict.both or conflict.mine), **fields_of(text, "base_"), "opened_as": fingerprint(current)}
    for name in data.keys() & shown.keys():
        data[name] = shown[name]
    return editor(request, typed(data, economy=is_economy(request)), conflict=conflict, segment=current)


@require_POST
@workspace_view(Role.EDITOR, connected=False)
def preview_segment(request: WorkspaceRequest) -> HttpResponse:
    """What a save would change, word by word; nothing is saved."""
    form = PreviewForm(request.POST)
    if not form.is_valid():
        words = _("Texts of more than %(number)s characters are not compared.")
        return HttpResponse(words % {"number": localize(LONGEST_TEXT)}, status=422)
    context = {"pieces": against(form.cleaned_data["base_content"], form.cleaned_data["content"])}
    return render(request, "revisions/_words.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def add_segment(request: DocumentRequest) -> HttpResponse:
    """A new segment; it goes to the end, because the API has no position."""
    document = request.scope.dify.documents.get(request.scope.dataset_id, request.scope.document_id)
    form = SegmentForm(request.POST or None, with_answer=document.doc_form == "qa_model")
    if request.method == "POST" and form.is_valid():
        try:
            return added(request, document, form)
        except DifyError as error:
            add_refusal(form, error)
    return add_page(request, document, form)


def add_page(request: DocumentRequest, document: Document, form: SegmentForm) -> HttpResponse:
    context = {"form": form, "document": document}
    return render_page(request, "segments/add.html", "segments/_segment_add.html", context, 422 if form.errors else 200)


def added(request: DocumentRequest, document: Document, form: SegmentForm) -> HttpResponse:
    text = form.text()
    made = create_segment(request.scope, document, text)
    route = request.scope.document_route
    another, view = "another" in request.POST, reverse("segment", args=[*route, made.id])
    link = f"view:{view}" if another else ""
    if made.status == "error":  # the API answers 200 all the same
        words = _("Segment #%(position)s was stored, and indexing it failed: %(reason)s.")
        reason = made.error or _("no reason given")
        messages.error(request, words % {"position": made.position, "reason": reason}, extra_tags=link)
    else:
        words = _("Segment #%(position)s was added at the end.")
        messages.success(request, words % {"position": made.position}, extra_tags=link)
        if said := missing(made, keywords=text.keywords, attachment_ids=text.pictures):
            messages.warning(request, str(said))
    if not another or not request.htmx:
        return redirect("segment-add", *route) if another else redirect(view)
    answer = add_page(request, document, SegmentForm(with_answer="answer" in form.fields))
    answer.headers["HX-Trigger"] = "segments-changed"
    return answer


@require_POST
@workspace_view(Role.EDITOR)
def enable_segment(request: SegmentRequest) -> HttpResponse:
    """Enable, or disable: as the form says."""
    enabled = request.POST.get("enabled") == "1"
    changed = set_segment_enabled(request.scope, request.scope.segment_id, enabled=enabled)
    if request.htmx:
        return show(request, changed)
    return redirect("segments", *request.scope.document_route)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR)
def delete_segment_view(request: SegmentRequest) -> HttpResponse:
    """Delete at once where it can be undone at once; without JavaScript ask first."""
    if request.method != "POST":
        context = {"segment": read_segment(request.scope, request.scope.segment_id)}
        return render_page(request, "segments/delete.html", "segments/_delete.html", context)
    revision = delete_segment(request.scope, request.scope.segment_id)
    undo = reverse("revision-restore", args=[*request.scope.document_route, revision.pk])
    words = _("Segment #%(position)s was deleted.") % {"position": revision.position}
    messages.success(request, words, extra_tags=undo)
    return HttpResponse() if request.htmx else redirect("segments", *request.scope.document_route)
