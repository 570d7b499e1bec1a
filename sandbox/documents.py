"""Documents: list, show, progress, status actions, delete, the original file."""

import io
import time
import zipfile
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from sandbox import process_rules
from sandbox.checking import check_query
from sandbox.endpoints import DELETED
from sandbox.errors import ApiError, QuirkError, invalid, not_found
from sandbox.indexing import indexer
from sandbox.metadata import document_metadata
from sandbox.models import FROM_PIPELINE, OWNER, Dataset, Document, UploadFile, drop_unused_files, epoch, owner_if
from sandbox.paging import like, listing
from sandbox.payload import Json, known_id, strict_json
from sandbox.schemas import DocumentListQuery
from sandbox.versions import dify, fields_if

ACTIONS = ("enable", "disable", "archive", "un_archive")
MOST_IN_ZIP = 100
LOCK_SECONDS = 600  # how long the API holds a lock that no worker releases
COMPLETED = Q(indexing_status="completed")
AVAILABLE = COMPLETED & Q(archived=False, enabled=True)
STATUS_FILTERS = {
    "queuing": Q(indexing_status="waiting"),
    "indexing": Q(indexing_status__in=("parsing", "cleaning", "splitting", "indexing")),
    "paused": Q(indexing_status="paused"),
    "error": Q(indexing_status="error"),
    "available": AVAILABLE,
    "enabled": AVAILABLE,
    "active": AVAILABLE,
    "disabled": COMPLETED & Q(archived=False, enabled=False),
    "archived": COMPLETED & Q(archived=True),
}  # in any case; any other word filters nothing


def list_all(request: HttpRequest, dataset: Dataset) -> Any:
    check_query(request, DocumentListQuery)
    rows = dataset.documents.select_related("upload_file").defer("upload_file__content").order_by("-created_at", "-position")
    if status := STATUS_FILTERS.get(request.GET.get("status", "").lower()):
        rows = rows.filter(status)
    if keyword := request.GET.get("keyword"):
        rows = rows.filter(name__regex=like(keyword))
    return listing(request, rows, row)


def show(request: HttpRequest, dataset: Dataset, document_id: UUID) -> Any:
    document = find(dataset, document_id)
    part = request.GET.get("metadata", "all")
    if part not in {"all", "only", "without"}:
        message = f"Invalid metadata value: {part}"
        raise ApiError(HTTPStatus.BAD_REQUEST, "invalid_metadata", message)
    metadata = {"doc_type": None, "doc_metadata": document_metadata(document)}
    if part == "only":
        return {"id": document.id, **metadata}
    return details(document) | ({} if part == "without" else metadata)


def progress(_request: HttpRequest, dataset: Dataset, batch: str) -> Any:
    documents = list(dataset.documents.filter(batch=batch))
    if not documents:
        raise not_found("Documents not found.")
    return {"data": [progress_row(document) for document in documents]}


def delete(_request: HttpRequest, dataset: Dataset, document_id: UUID) -> Any:
    document = dataset.documents.filter(id=document_id).first()
    if document is None:
        raise not_found("Document Not Exists.")
    if document.archived:
        message = "The archived document is not editable."
        raise ApiError(HTTPStatus.FORBIDDEN, "archived_document_immutable", message)
    with transaction.atomic():
        document.delete()
        drop_unused_files()
    return DELETED


def act(request: HttpRequest, dataset: Dataset, action: str) -> Any:
    wanted = strict_json(request).get("document_ids") or []
    if not isinstance(wanted, list | str | dict):
        raise QuirkError("document_ids is not a list")
    with transaction.atomic():  # one that is refused, and none is changed
        for document_id in wanted:  # of a text, each letter
            if action not in ACTIONS:
                raise refused(f"Invalid action: {action}. Must be one of {list(ACTIONS)}")
            document = dataset.documents.filter(id=known_id(document_id)).first()
            if document:
                apply(document, action)
    return {"result": "success"}


def apply(document: Document, action: str) -> None:
    now = time.time()
    if document.locked_until > now:
        raise refused(f"Document:{document.name} is being indexed, please try again later")
    done = document.indexing_status == "completed"
    if action == "disable" and not done:
        raise refused(f"Document: {document.name} is not completed.")
    wanted = {"enable": ("enabled", True), "disable": ("enabled", False)}
    field, value = wanted.get(action, ("archived", action == "archive"))
    if getattr(document, field) == value:
        return
    setattr(document, field, value)
    if field == "enabled":
        document.disabled_at = None if value else now
    if field == "enabled" or document.enabled:  # to archive a disabled one, the worker is not asked
        document.locked_until = now + LOCK_SECONDS
    document.save()
    if done:  # the worker does nothing for a document that is not completed: then the lock stays
        transaction.on_commit(lambda: indexer.follow_status(document.id))


def refused(message: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, "invalid_action", message)


def download(request: HttpRequest, dataset: Dataset, document_id: UUID) -> Any:
    file = original(find(dataset, document_id))
    return {"url": request.build_absolute_uri(f"/files/{file.id}")}


def file_content(_request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Where a download URL points to. Who knows the id may read, as with the signed URLs of the API."""
    file = UploadFile.objects.get(id=file_id)
    response = HttpResponse(bytes(file.content), content_type=file.mime_type)
    response["Content-Disposition"] = "attachment"
    return response


def download_zip(request: HttpRequest, dataset: Dataset) -> Any:
    wanted = strict_json(request).get("document_ids") or []
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= MOST_IN_ZIP:
        raise invalid("document_ids must hold 1 to 100 ids")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for document_id in wanted:
            document = find(dataset, known_id(document_id))
            file = original(document)
            archive.writestr(file.name, bytes(file.content))
    return HttpResponse(buffer.getvalue(), content_type="application/zip")


def original(document: Document) -> UploadFile:
    """The file it was made from, which is given for uploads only."""
    if document.created_from == FROM_PIPELINE:
        raise not_found("Document does not have an uploaded file to download.")
    return document.upload_file


def find(dataset: Dataset, document_id: UUID) -> Document:
    document = dataset.documents.filter(id=document_id).first()
    if document is None:
        raise not_found("Document not found.")
    return document


def file_row(document: Document) -> Json:
    return {"upload_file": file_facts(document.upload_file)}


def file_facts(file: UploadFile) -> Json:
    return {
        "id": file.id,
        "name": file.name,
        "size": file.size,
        "extension": file.extension,
        "mime_type": file.mime_type,
        "created_by": OWNER,
        "created_at": file.created_at,
    }


def common(document: Document) -> Json:
    return {
        "id": document.id,
        "position": document.position,
        "data_source_type": "local_file" if document.created_from == FROM_PIPELINE else "upload_file",
        "dataset_process_rule_id": document.process_rule_id,
        "name": document.name,
        "created_from": document.created_from,
        "created_by": OWNER,
        "created_at": epoch(document.created_at),
        "tokens": document.tokens,
        "indexing_status": document.indexing_status,
        "error": document.error,
        "enabled": document.enabled,
        "disabled_at": epoch(document.disabled_at),
        "disabled_by": owner_if(document.disabled_at),
        "archived": document.archived,
        "display_status": document.display_status,
        "hit_count": 0,
        "doc_form": document.doc_form,
        **fields_if(dify().pictures, summary_index_status=None, need_summary=document.need_summary),
    }


def row(document: Document) -> Json:
    metadata = document_metadata(document)
    if not dify().typed_metadata:
        for field in metadata or []:  # a list shows every value as text, the document itself does not
            field["value"] = None if field["value"] is None else str(field["value"])
    return common(document) | {
        "data_source_info": {"upload_file_id": document.upload_file_id},
        "data_source_detail_dict": file_row(document),
        "word_count": document.word_count,
        "doc_metadata": metadata,
    }


def details(document: Document) -> Json:
    latest = process_rules.latest(document.dataset) or document.process_rule
    count = document.segments.count()
    return common(document) | {
        "data_source_info": file_row(document),
        "dataset_process_rule": {"mode": latest.mode, "rules": latest.rules},
        "document_process_rule": process_rules.as_row(document.process_rule),
        "completed_at": epoch(document.completed_at),
        "updated_at": epoch(document.updated_at),
        "indexing_latency": document.indexing_latency,
        "segment_count": count,
        "average_segment_length": (document.word_count or 0) // count if count else 0,
        "doc_language": document.doc_language,
    }


def progress_row(document: Document) -> Json:
    segments = document.segments.exclude(status="re_segment")
    return {
        "id": document.id,
        "indexing_status": document.indexing_status,
        "processing_started_at": epoch(document.processing_started_at),
        "parsing_completed_at": epoch(document.parsing_completed_at),
        "cleaning_completed_at": epoch(document.cleaning_completed_at),
        "splitting_completed_at": epoch(document.splitting_completed_at),
        "completed_at": epoch(document.completed_at),
        "paused_at": None,
        "error": document.error,
        "stopped_at": epoch(document.stopped_at),
        "completed_segments": segments.exclude(completed_at=None).count(),
        "total_segments": segments.count(),
    }
