"""The file that a document was made from, where the server offers it: to keep, or to read beside the segments."""

import codecs
from pathlib import PurePath
from typing import IO

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from datasets_ui.access import DocumentRequest, workspace_view
from datasets_ui.dify.codes import explain
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import DifyError, NotFound, NotSupported
from datasets_ui.services.keys.connections import LONG_SECONDS
from datasets_ui.services.spool import FileTooLarge, NoRoom, SpoolFile
from datasets_ui.views.errors import NO_ROOM, in_words
from datasets_ui.words import sentence_of

TEXTS = {"txt", "md", "mdx", "markdown", "csv", "html", "htm", "xml", "json", "vtt", "properties"}
PDF_BEGINS = b"%PDF-"
PIECE = 64 * 1024
# The file itself may do nothing, and no other site may show it. Chromium shows no PDF in a sandbox: a text is in one, a PDF not.
FRAMED = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'", "X-Frame-Options": "SAMEORIGIN"}


def preview_kind(document: Document) -> str:
    """ "text", "pdf", or nothing where browsers show no such file."""
    extension = PurePath(document.name).suffix.removeprefix(".").lower()
    return "text" if extension in TEXTS else "pdf" if extension == "pdf" else ""


@require_safe
@workspace_view()
def original(request: DocumentRequest) -> HttpResponse:
    """What the panel shows once it is opened: the link and the preview, or why there is none."""
    document = request.scope.dify.documents.get(request.scope.dataset_id, request.scope.document_id)
    context = {"document": document, "kind": preview_kind(document)}
    return render(request, "segments/_original.html", context | {"why": why_none(request, document)})


def why_none(request: DocumentRequest, document: Document) -> str:
    """Why there is no file, in words; empty where there is one."""
    if not document.has_file:  # asking would count on the cloud's limit
        return _(explain("no_file"))
    try:
        request.scope.dify.documents.download_url(request.scope.dataset_id, document.id)
    except NotSupported:
        return _("This server does not offer the files that documents were made from: its version is too old for that.")
    except NotFound as error:
        return sentence_of(error)
    return ""


def fetched(request: DocumentRequest, document: Document) -> IO[bytes]:
    """On the disk, not in memory; it is gone when it has been sent. Raises DifyError, FileTooLarge, NoRoom."""
    file = SpoolFile()
    try:
        request.scope.dify.documents.download(request.scope.dataset_id, document.id, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


@require_safe
@workspace_view(seconds=LONG_SECONDS)
def original_file(request: DocumentRequest) -> HttpResponseBase:
    document = request.scope.dify.documents.get(request.scope.dataset_id, request.scope.document_id)
    return FileResponse(
        fetched(request, document),
        as_attachment=True,
        filename=document.name,
        content_type="application/octet-stream",
    )


@require_safe
@workspace_view(seconds=LONG_SECONDS)
def original_preview(request: DocumentRequest) -> HttpResponseBase:
    """The file for a frame of ours: as plain text whatever is in it, or as a PDF if it is one."""
    document = request.scope.dify.documents.get(request.scope.dataset_id, request.scope.document_id)
    kind = preview_kind(document)
    if not kind:
        raise Http404("There is no preview of such a file.")
    try:
        file = fetched(request, document)
    except DifyError as error:  # an error page may not be framed
        return framed_words(in_words(error))
    except (FileTooLarge, NoRoom) as error:
        return framed_words(str(error) or str(NO_ROOM))
    begins = file.read(len(PDF_BEGINS))
    file.seek(0)
    if kind == "pdf" and begins != PDF_BEGINS:
        return framed_words(_("This is no PDF, whatever its name says."))
    content_type, name = ("application/pdf", "original.pdf")
    if kind == "text":
        content_type, name = f"text/plain; charset={encoding_of(file)}", "original.txt"
    return FileResponse(file, content_type=content_type, filename=name, headers=FRAMED)


def framed_words(said: str) -> HttpResponse:
    """Why there is nothing to see, in the frame's place."""
    return HttpResponse(said, status=404, content_type="text/plain; charset=utf-8", headers=FRAMED)


def encoding_of(file: IO[bytes]) -> str:
    """UTF-8, or what Windows wrote before it. What begins with a mark, as UTF-16 does, browsers know by themselves."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    try:
        while piece := file.read(PIECE):
            decode(piece)
        decode(b"", final=True)
    except UnicodeDecodeError:
        return "windows-1252"
    finally:
        file.seek(0)
    return "utf-8"
