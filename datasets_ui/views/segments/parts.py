"""Cutting a segment in two, and joining neighbours: what will be is shown before anything is written."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from datasets_ui.access import DocumentRequest, SegmentRequest, workspace_view
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.segments import Segment
from datasets_ui.forms.segments.parts import MergeForm, SplitForm, joined
from datasets_ui.htmx import render_page
from datasets_ui.models import Role
from datasets_ui.services.keys.connections import LONG_SECONDS
from datasets_ui.services.segments.completion import missing
from datasets_ui.services.segments.editing import ChangedMeanwhile, fingerprint, read_segment
from datasets_ui.services.segments.parts import (
    MergeHalfway,
    PartsChanged,
    Refused,
    SplitHalfway,
    fingerprint_of_all,
    keywords_of_parts,
    merge_segments,
    split_segment,
    to_merge,
    to_split,
)
from datasets_ui.views.errors import add_refusal, in_words
from datasets_ui.views.segments.editing import segment_ids, show

CHANGED = _(
    "Somebody changed this segment since you opened it. Nothing was written: save your text in the editor, which shows both."
)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def split_segment_view(request: SegmentRequest) -> HttpResponse:
    """Choose where to cut, see both parts, confirm."""
    sent: Any = request.POST
    if request.method != "POST":
        sent = stored(read_segment(request.scope, request.scope.segment_id))
    form = SplitForm(sent, with_answer="answer" in sent, with_summary="summary" in sent)
    if not form.is_valid():
        return split_page(request, form)
    try:
        if "confirmed" in sent and form.parts:
            return was_split(request, form)
        to_split(request.scope, request.scope.segment_id, form.cleaned_data["opened_as"])
    except (Refused, ChangedMeanwhile) as refused:
        form.add_error(None, CHANGED if isinstance(refused, ChangedMeanwhile) else str(refused))
    except DifyError as error:
        add_refusal(form, error)
    return split_page(request, form)


def stored(segment: Segment) -> dict[str, str]:
    """What the editor of an untouched segment would send."""
    answer = {} if segment.answer is None else {"answer": segment.answer}
    keywords = ", ".join(segment.keywords or [])
    return {"content": segment.content, "keywords": keywords, "opened_as": fingerprint(segment)} | answer


def was_split(request: SegmentRequest, form: SplitForm) -> HttpResponse:
    split = form.split()
    try:
        first, second = split_segment(request.scope, request.scope.segment_id, split)
    except SplitHalfway as halfway:
        form.add_error(None, halfway_in_words(halfway))
        return split_page(request, form, over=True)
    for part, keywords in zip((first, second), keywords_of_parts(split.keywords, split.parts), strict=True):
        # of the pictures none was taken that was not seen there
        if lacking := missing(part, keywords=keywords, attachment_ids=[]):
            messages.warning(request, str(lacking))
    view = reverse("segment", args=[*request.scope.document_route, second.id])
    words = gettext("The second part is #%(position)s now, at the end.") % {"position": second.position}
    messages.success(request, words, extra_tags=f"view:{view}")
    if not request.htmx:
        return redirect("segments", *request.scope.document_route)
    answer = show(request, first)
    for name, said in {
        "Retarget": f"#segment-{request.scope.segment_id}",
        "Reswap": "outerHTML",
        "Trigger": "segments-changed",
    }.items():
        answer.headers[f"HX-{name}"] = said
    return answer


def halfway_in_words(halfway: SplitHalfway) -> str:
    reason = in_words(halfway.error) if halfway.error else not_indexed(halfway.added)
    words = gettext(
        "The second part was added as #%(position)s, at the end, and the segment itself was not shortened. %(reason)s "
        "Nothing is lost: the second part is there twice now. Look at both, and delete or shorten one of them."
    )
    return words % {"position": halfway.added.position, "reason": reason}


def not_indexed(segment: Segment) -> str:
    return gettext("Dify could not index it: %(reason)s.") % {"reason": segment.error or gettext("no reason given")}


def split_page(request: SegmentRequest, form: SplitForm, *, over: bool = False) -> HttpResponse:
    """Where to cut, or both parts; `over` when it must not be confirmed again."""
    status = 422 if form.errors else 200
    return render_page(request, "segments/split.html", "segments/_split.html", {"form": form, "over": over}, status)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def merge_segments_view(request: DocumentRequest) -> HttpResponse:
    """See the joined text of neighbours and correct it; then it is written, and the others are deleted."""
    ids = segment_ids(request.GET)
    if request.method != "POST":
        return merge_page(request, ids)
    form = MergeForm(request.POST, with_answer="answer" in request.POST)
    changed = False
    if form.is_valid() and "again" not in request.POST:
        try:
            return was_merged(request, ids, form)
        except PartsChanged:
            changed = True
        except Refused as refused:
            form.add_error(None, str(refused))
        except DifyError as error:
            add_refusal(form, error)
    return merge_page(request, ids, form, changed=changed)


def was_merged(request: DocumentRequest, ids: list[UUID], form: MergeForm) -> HttpResponse:
    try:
        first = merge_segments(request.scope, form.merge(ids))
    except MergeHalfway as halfway:
        messages.error(request, left_in_words(halfway))
    else:
        words = ngettext(
            "%(number)s segment is one now, #%(position)s. What they were is in the history, and can be brought back.",
            "%(number)s segments are one now, #%(position)s. What they were is in the history, and can be brought back.",
            len(ids),
        )
        messages.success(request, words % {"number": len(ids), "position": first.position})
    return redirect("segments", *request.scope.document_route)


def left_in_words(halfway: MergeHalfway) -> str:
    reason = in_words(halfway.error) if halfway.error else str(halfway.missing or not_indexed(halfway.first))
    left = ", ".join(f"#{segment.position}" for segment in halfway.left)
    words = gettext(
        "The joined text is in #%(position)s, and still there as well: %(left)s. %(reason)s "
        "Nothing is lost: their text is there twice now. Look at them, and delete what is too much."
    )
    return words % {"position": halfway.first.position, "left": left, "reason": reason}


def merge_page(
    request: DocumentRequest, ids: list[UUID], form: MergeForm | None = None, *, changed: bool = False
) -> HttpResponse:
    """The form, or why there is none; with `changed`, saving again means: over the newer texts."""
    context: dict[str, Any] = {}
    try:
        rows = to_merge(request.scope, ids)
    except Refused as refused:
        context |= {"form": form, "refused": str(refused)}
        return render_page(request, "segments/merge.html", "segments/_merge.html", context, 422)
    if form is None:
        form = MergeForm.of(rows, fingerprint_of_all(rows))
    elif "again" in request.POST:
        form = form.joined_anew(rows)
    elif changed:
        context["stored"] = joined(rows, form.cleaned_data["separator"])
        again = dict(form.data.items()) | {"opened_as": fingerprint_of_all(rows)}
        form = MergeForm(again, with_answer="answer" in again)
    context |= {"form": form, "rows": rows}
    status = 422 if changed or form.errors else 200
    return render_page(request, "segments/merge.html", "segments/_merge.html", context, status)
