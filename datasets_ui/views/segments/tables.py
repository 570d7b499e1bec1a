"""Segments as files: out as CSV, Excel, JSON lines or Markdown, in from tables."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import IO, Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from datasets_ui.access import DocumentRequest, workspace_view
from datasets_ui.dify.documents import Document
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.segments import NewSegment, Segment
from datasets_ui.forms.segments.importing import SegmentImportForm
from datasets_ui.htmx import render_page
from datasets_ui.models import Role
from datasets_ui.services.keys.connections import LONG_SECONDS
from datasets_ui.services.segments.import_plans import Plan, begin_import, plan_import
from datasets_ui.services.segments.importing import Imported, ImportStopped, import_segments
from datasets_ui.services.spool import SpoolFile, bounded
from datasets_ui.tables.writing import csv_lines, xlsx_file
from datasets_ui.templatetags.changes import comparing
from datasets_ui.views.errors import in_words
from datasets_ui.views.segments.editing import warn_of_lost_pictures

LONGEST_NAME = 200  # of a file
SAMPLE = 5
COLUMNS = ("position", "content", "answer", "keywords", "enabled", "characters", "tokens", "hits", "id")


def row(segment: Segment) -> tuple[object, ...]:
    keywords = ", ".join(segment.keywords or [])
    return (
        segment.position,
        segment.content,
        segment.answer,
        keywords,
        segment.enabled,
        segment.characters,
        segment.tokens,
        segment.hit_count,
        str(segment.id),
    )


def table(segments: Iterable[Segment]) -> Iterator[tuple[object, ...]]:
    return chain([COLUMNS], map(row, segments))


def spooled(segments: Iterable[Segment]) -> IO[bytes]:
    """As an Excel file on our disk. Raises FileTooLarge, NoRoom."""
    file = SpoolFile()
    try:
        return xlsx_file(bounded(table(segments)), file)
    except BaseException:
        file.close()
        raise


def json_lines(segments: Iterable[Segment]) -> Iterator[str]:
    for segment in segments:
        yield json.dumps(dict(zip(COLUMNS, row(segment), strict=True)), ensure_ascii=False) + "\n"


def markdown(segments: Iterable[Segment]) -> Iterator[str]:
    for segment in segments:
        answer = f"\n\n**Answer:** {segment.answer}" if segment.answer else ""
        yield f"## {segment.position}\n\n{segment.content}{answer}\n\n"


TEXTS: dict[str, tuple[str, Callable[[Iterable[Segment]], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", lambda segments: csv_lines(table(segments))),
    "jsonl": ("application/jsonl; charset=utf-8", json_lines),
    "md": ("text/markdown; charset=utf-8", markdown),
}


@require_safe
@workspace_view(seconds=LONG_SECONDS)
def export_segments(request: DocumentRequest, kind: str) -> HttpResponseBase:
    """All segments of a document. One that breaks off in the middle is a failed download, never a short file."""
    if kind not in {*TEXTS, "xlsx"}:
        raise Http404("There is no such format.")
    document = request.scope.dify.documents.get(request.scope.dataset_id, request.scope.document_id)
    pages = iterate(
        lambda number: request.scope.dify.segments.page(
            request.scope.dataset_id, request.scope.document_id, number, limit=LARGEST_PAGE
        ),
        seconds=LONG_SECONDS,
    )
    segments = chain([next(pages)], pages) if document.segment_count else pages  # what fails at once is a page, not a file
    name = file_name(document, kind)
    if kind == "xlsx":
        return FileResponse(spooled(segments), as_attachment=True, filename=name)
    content_type, lines = TEXTS[kind]
    response = StreamingHttpResponse(lines(segments), content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def file_name(document: Document, kind: str) -> str:
    name = document.name[:LONGEST_NAME]
    return f"{slugify(name.rpartition('.')[0] or name) or 'segments'}-segments.{kind}"


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.EDITOR, seconds=LONG_SECONDS)
def import_segments_view(request: DocumentRequest) -> HttpResponse:
    """First what would be changed, added and deleted, and what is wrong in which row; then all of it, or nothing."""
    document = request.scope.dify.documents.get(request.scope.dataset_id, request.scope.document_id)
    sent = request.method == "POST"
    form = SegmentImportForm(request.POST if sent else None, request.FILES or None, with_answer=document.doc_form == "qa_model")
    context: dict[str, Any] = {"form": form, "document": document}
    asked = "import" in request.POST
    if sent and form.is_valid():
        plan = planned(request, form)
        if asked and not form.wrong and (begun := begin(request, document, form, plan)):
            return begun
        context |= form.context() | preview(form, plan) | {"stale": asked and request.POST["import"] != plan.seal}
    status = 422 if form.errors or (asked and form.wrong) else 200
    return render_page(request, "segments/import.html", "segments/_import.html", context, status)


def planned(request: DocumentRequest, form: SegmentImportForm) -> Plan:
    """Of a table with wrong rows nothing is held against the document."""
    rows = form.rows()
    if form.wrong:
        return Plan(added=rows)
    return form.heed(plan_import(request.scope, rows, cut_at=form.cut_at))


def preview(form: SegmentImportForm, plan: Plan) -> dict[str, Any]:
    deletes = form.deletes_missing(plan)
    return {
        "plan": plan,
        "deletes": deletes,
        "does": bool(plan.changes or plan.added or deletes),
        "sample": [row.added for row in plan.added[:SAMPLE]],
        **comparing(),
    }


def begin(request: DocumentRequest, document: Document, form: SegmentImportForm, plan: Plan) -> HttpResponse | None:
    """Unless the table changes segments, and what was shown is not what it would do by now; or there is nothing to do."""
    if not plan.needs_job:
        return imported(request, document, [row.added.new for row in plan.added])
    name, deletes = str(form.cleaned_data["file"].name), form.deletes_missing(plan)
    if request.POST["import"] != plan.seal or not (plan.changes or plan.added or deletes):
        return None
    job = begin_import(request.scope, document, plan, file=name, delete_missing=deletes)
    return redirect("job", request.workspace.slug, job.id)


def imported(request: DocumentRequest, document: Document, rows: Sequence[NewSegment]) -> HttpResponse:
    # each call has its own deadline; one for all of them would leave half of a long import
    request.scope.dify.ending_at(math.inf)
    try:
        done = import_segments(request.scope, document, rows)
    except ImportStopped as stopped:
        messages.error(request, stopped_in_words(stopped))
    else:
        messages.success(request, imported_in_words(done))
        warn_of_lost_pictures(request, done)
    return redirect("segments", *request.scope.document_route)


def stopped_in_words(stopped: ImportStopped) -> str:
    number, unknown = stopped.added, stopped.error.outcome_unknown
    words = _("Nothing was added. %(reason)s")
    if number and unknown:
        words = ngettext(
            "The first %(number)s rows were added; the others were not, as far as is known: look at the end of the document "
            "before you try again. %(reason)s",
            "The first %(number)s rows were added; the others were not, as far as is known: look at the end of the document "
            "before you try again. %(reason)s",
            number,
        )
    elif number:
        words = ngettext(
            "The first %(number)s rows were added; the others were not. %(reason)s",
            "The first %(number)s rows were added; the others were not. %(reason)s",
            number,
        )
    elif unknown:
        words = _("Nothing was added, as far as is known: look at the end of the document before you try again. %(reason)s")
    return words % {"number": number, "reason": in_words(stopped.error)}


def imported_in_words(done: Imported) -> str:
    number, failed = len(done.segments), sum(segment.failed for segment in done.segments)
    words = ngettext("%(number)s segments were added at the end.", "%(number)s segments were added at the end.", number)
    if failed:
        words = ngettext(
            "%(number)s segments were added at the end; %(failed)s of them could not be indexed.",
            "%(number)s segments were added at the end; %(failed)s of them could not be indexed.",
            number,
        )
    return words % {"number": number, "failed": failed}
