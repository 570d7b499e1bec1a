"""Segments as files: out as CSV, Excel, JSON lines or Markdown, in from CSV or Excel."""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.documents import Document
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.segments import Segment
from datasets_ui.forms.segment_import import SegmentImportForm
from datasets_ui.htmx import render_page
from datasets_ui.models import Role
from datasets_ui.services.connections import LONG_SECONDS
from datasets_ui.services.segment_import import ImportStopped, import_segments
from datasets_ui.services.spool import SpoolFile, bounded
from datasets_ui.tables.writing import csv_lines, xlsx_file
from datasets_ui.views.errors import in_words
from datasets_ui.views.segments import place, warn_of_lost_pictures

LONGEST_NAME = 200  # of a file
COLUMNS = ("position", "content", "answer", "keywords", "enabled", "characters", "tokens", "hits", "id")


def row(segment: Segment) -> tuple[object, ...]:
    keywords = ", ".join(segment.keywords or [])
    return (
        segment.position, segment.content, segment.answer, keywords, segment.enabled, segment.characters, segment.tokens,
        segment.hit_count, str(segment.id),
    )  # fmt: skip


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
def export_segments(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID, kind: str) -> HttpResponseBase:
    """All segments of a document. One that breaks off in the middle is a failed download, never a short file."""
    if kind not in {*TEXTS, "xlsx"}:
        raise Http404("There is no such format.")
    document = request.dify.documents.get(dataset_id, document_id)
    pages = iterate(
        lambda number: request.dify.segments.page(dataset_id, document_id, number, limit=LARGEST_PAGE), seconds=LONG_SECONDS
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
def import_segments_view(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    """First what would be added, and what is wrong in which row; then all of it, or nothing."""
    document = request.dify.documents.get(dataset_id, document_id)
    sent = request.method == "POST"
    form = SegmentImportForm(request.POST if sent else None, request.FILES or None, with_answer=document.doc_form == "qa_model")
    context = place(request, dataset_id, document_id) | {"form": form, "document": document}
    if sent and form.is_valid():
        context |= form.context()
        if "import" in request.POST and not form.wrong:
            return imported(request, dataset_id, document, form)
    status = 422 if form.errors or ("import" in request.POST and form.wrong) else 200
    return render_page(request, "segments/import.html", "segments/_import.html", context, status)


def imported(request: WorkspaceRequest, dataset_id: UUID, document: Document, form: SegmentImportForm) -> HttpResponse:
    try:
        done = import_segments(
            # each call has its own deadline; one for all of them would leave half of a long import
            dify=request.dify.ending_at(math.inf), workspace=request.workspace, dataset_id=dataset_id, document=document,
            rows=form.segments(),
            by=request.actor,
        )  # fmt: skip
    except ImportStopped as stopped:
        rest = f"The first {stopped.added} rows were added; the others were not" if stopped.added else "Nothing was added"
        if stopped.error.outcome_unknown:
            rest += ", as far as is known: look at the end of the document before you try again"
        messages.error(request, f"{rest}. {in_words(stopped.error)}")
    else:
        failed = sum(segment.failed for segment in done.segments)
        words = f"; {failed} of them could not be indexed" if failed else ""
        messages.success(request, f"{len(done.segments)} segments were added at the end{words}.")
        warn_of_lost_pictures(request, done)
    return redirect("segments", request.workspace.slug, dataset_id, document.id)
