"""Cutting a segment in two, and joining neighbours: what will be is shown before anything is written."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.segments import Segment
from datasets_ui.forms.segment_parts import MergeForm, SplitForm, joined
from datasets_ui.htmx import render_page
from datasets_ui.models import Role
from datasets_ui.services.completion import missing
from datasets_ui.services.connections import LONG_SECONDS
from datasets_ui.services.segment_parts import (
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
from datasets_ui.services.segments import ChangedMeanwhile, fingerprint
from datasets_ui.views.errors import add_refusal, in_words
from datasets_ui.views.segments import place, segment_ids, show

CHANGED = (
    "Somebody changed this segment since you opened it. Nothing was written: save your text in the editor, which shows both."
)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def split_segment_view(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> HttpResponse:
    """Choose where to cut, see both parts, confirm."""
    sent: Any = request.POST
    if request.method != "POST":
        sent = stored(request.dify.segments.get(dataset_id, document_id, segment_id))
    form = SplitForm(sent, with_answer="answer" in sent, with_summary="summary" in sent)
    ids = {"dataset_id": dataset_id, "document_id": document_id, "segment_id": segment_id}
    if not form.is_valid():
        return split_page(request, form, ids)
    try:
        if "confirmed" in sent and form.parts:
            return was_split(request, form, **ids)
        to_split(dify=request.dify, opened_as=form.cleaned_data["opened_as"], **ids)
    except (Refused, ChangedMeanwhile) as refused:
        form.add_error(None, CHANGED if isinstance(refused, ChangedMeanwhile) else str(refused))
    except DifyError as error:
        add_refusal(form, error)
    return split_page(request, form, ids)


def stored(segment: Segment) -> dict[str, str]:
    """What the editor of an untouched segment would send."""
    answer = {} if segment.answer is None else {"answer": segment.answer}
    keywords = ", ".join(segment.keywords or [])
    return {"content": segment.content, "keywords": keywords, "opened_as": fingerprint(segment)} | answer


def was_split(
    request: WorkspaceRequest, form: SplitForm, *, dataset_id: UUID, document_id: UUID, segment_id: UUID
) -> HttpResponse:
    ids = {"dataset_id": dataset_id, "document_id": document_id, "segment_id": segment_id}
    data = form.cleaned_data
    try:
        first, second = split_segment(
            dify=request.dify, workspace=request.workspace, **ids, opened_as=data["opened_as"], parts=form.parts or ("", ""),
            answer=data.get("answer"), keywords=data["keywords"], summary=data.get("summary"), by=request.actor,
        )  # fmt: skip
    except SplitHalfway as halfway:
        form.add_error(None, halfway_in_words(halfway))
        return split_page(request, form, ids, over=True)
    for part, keywords in zip((first, second), keywords_of_parts(data["keywords"], form.parts or ("", "")), strict=True):
        if said := missing(
            part, keywords=keywords, attachment_ids=[]
        ):  # of the pictures none was taken that was not seen there
            messages.warning(request, said)
    view = reverse("segment", args=[request.workspace.slug, dataset_id, document_id, second.id])
    messages.success(request, f"The second part is #{second.position} now, at the end.", extra_tags=f"view:{view}")
    if not request.htmx:
        return redirect("segments", request.workspace.slug, dataset_id, document_id)
    answer = show(request, dataset_id, document_id, first)
    for name, said in {"Retarget": f"#segment-{segment_id}", "Reswap": "outerHTML", "Trigger": "segments-changed"}.items():
        answer.headers[f"HX-{name}"] = said
    return answer


def halfway_in_words(halfway: SplitHalfway) -> str:
    reason = (
        in_words(halfway.error) if halfway.error else f"Dify could not index it: {halfway.added.error or 'no reason given'}."
    )
    return (
        f"The second part was added as #{halfway.added.position}, at the end, and the segment itself was not shortened. {reason} "
        "Nothing is lost: the second part is there twice now. Look at both, and delete or shorten one of them."
    )


def split_page(request: WorkspaceRequest, form: SplitForm, ids: dict[str, UUID], *, over: bool = False) -> HttpResponse:
    """Where to cut, or both parts; `over` when it must not be confirmed again."""
    context = place(request, ids["dataset_id"], ids["document_id"])
    context |= {"form": form, "segment_id": ids["segment_id"], "over": over}
    return render_page(request, "segments/split.html", "segments/_split.html", context, 422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def merge_segments_view(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    """See the joined text of neighbours and correct it; then it is written, and the others are deleted."""
    ids = segment_ids(request.GET)
    if request.method != "POST":
        return merge_page(request, dataset_id, document_id, ids)
    form = MergeForm(request.POST, with_answer="answer" in request.POST)
    changed = False
    if form.is_valid() and "again" not in request.POST:
        try:
            return was_merged(request, dataset_id, document_id, ids, form)
        except PartsChanged:
            changed = True
        except Refused as refused:
            form.add_error(None, str(refused))
        except DifyError as error:
            add_refusal(form, error)
    return merge_page(request, dataset_id, document_id, ids, form, changed=changed)


def was_merged(
    request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, ids: list[UUID], form: MergeForm
) -> HttpResponse:
    data = form.cleaned_data
    try:
        first = merge_segments(
            dify=request.dify, workspace=request.workspace, dataset_id=dataset_id, document_id=document_id, ids=ids,
            opened_as=data["opened_as"], content=data["content"], answer=data.get("answer"), keywords=data["keywords"],
            by=request.actor,
        )  # fmt: skip
    except MergeHalfway as halfway:
        messages.error(request, left_in_words(halfway))
    else:
        words = (
            f"{len(ids)} segments are one now, #{first.position}. What they were is in the history, and can be brought back."
        )
        messages.success(request, words)
    return redirect("segments", request.workspace.slug, dataset_id, document_id)


def left_in_words(halfway: MergeHalfway) -> str:
    reason = halfway.missing or f"Dify could not index it: {halfway.first.error or 'no reason given'}."
    if halfway.error:
        reason = in_words(halfway.error)
    left = ", ".join(f"#{segment.position}" for segment in halfway.left)
    return (
        f"The joined text is in #{halfway.first.position}, and still there as well: {left}. {reason} "
        f"Nothing is lost: their text is there twice now. Look at them, and delete what is too much."
    )


def merge_page(
    request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, ids: list[UUID], form: MergeForm | None = None,
    *, changed: bool = False,
) -> HttpResponse:  # fmt: skip
    """The form, or why there is none; with `changed`, saving again means: over the newer texts."""
    context = place(request, dataset_id, document_id)
    try:
        rows = to_merge(dify=request.dify, dataset_id=dataset_id, document_id=document_id, ids=ids)
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
