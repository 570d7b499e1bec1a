"""Child chunks of a segment."""

import math
import time
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.http import HttpRequest

from sandbox.checking import conforming, sent
from sandbox.documents import find
from sandbox.endpoints import DELETED
from sandbox.errors import not_found
from sandbox.models import ChildChunk, Dataset, Segment, epoch
from sandbox.paging import MOST_ROWS, USUAL_ROWS, cut, number, pattern
from sandbox.payload import Json, integer, text
from sandbox.schemas import ChildChunkCreatePayload, ChildChunkListQuery, ChildChunkUpdatePayload
from sandbox.versions import dify


def list_all(request: HttpRequest, dataset: Dataset, document_id: UUID, segment_id: UUID) -> Any:
    segment = parent(dataset, document_id, segment_id)
    page, limit = place(request)
    rows = segment.child_chunks.filter(segment__document_id=document_id).order_by("position")
    if keyword := request.GET.get("keyword"):
        rows = rows.filter(content__iregex=pattern(keyword))
    total = rows.count()
    found = [row(child) for child in cut(rows, page, limit)]
    pages = math.ceil(total / (limit if limit > 0 else USUAL_ROWS))
    return {"data": found, "total": total, "total_pages": pages, "page": page, "limit": limit}


def place(request: HttpRequest) -> tuple[int, int]:
    """The page and its size. Later versions pass over what is no number, and refuse what is no place."""
    if dify().schemas:
        page, limit = number(request, "page", 1), number(request, "limit", USUAL_ROWS)
        conforming(ChildChunkListQuery, {"page": page, "limit": limit})
    else:
        values = request.GET.dict()
        page, limit = integer(values, "page", 1), integer(values, "limit", USUAL_ROWS)
    return page, min(limit, MOST_ROWS)


def create(request: HttpRequest, dataset: Dataset, document_id: UUID, segment_id: UUID) -> Any:
    segment = parent(dataset, document_id, segment_id)
    content = text(sent(request, ChildChunkCreatePayload), "content", required=True) or ""
    last = segment.child_chunks.aggregate(last=Max("position"))["last"] or 0
    child = segment.child_chunks.create(position=last + 1, content=content, kind="customized")
    return {"data": row(child)}


def update(request: HttpRequest, dataset: Dataset, document_id: UUID, segment_id: UUID, child_id: UUID) -> Any:
    child = find_child(own_parent(dataset, document_id, segment_id), child_id)
    child.content = text(sent(request, ChildChunkUpdatePayload), "content", required=True) or ""
    child.kind, child.updated_at = "customized", time.time()
    child.save()
    return {"data": row(child)}


def delete(_request: HttpRequest, dataset: Dataset, document_id: UUID, segment_id: UUID, child_id: UUID) -> Any:
    find_child(own_parent(dataset, document_id, segment_id), child_id).delete()
    return DELETED


def parent(dataset: Dataset, document_id: UUID, segment_id: UUID) -> Segment:
    document = find(dataset, document_id)
    segment = Segment.objects.filter(id=segment_id, dataset=dataset).first()
    if segment is None or (dify().segments_of_their_document and segment.document_id != document.id):
        raise not_found("Segment not found.")
    return segment


def own_parent(dataset: Dataset, document_id: UUID, segment_id: UUID) -> Segment:
    """To change one child, the API minds what else it does not: that the document in the path is the segment's."""
    segment = parent(dataset, document_id, segment_id)
    if segment.document_id != document_id:
        raise not_found("Segment not found.")
    return segment


def find_child(segment: Segment, child_id: UUID) -> ChildChunk:
    child = segment.child_chunks.filter(id=child_id).first()
    if child is None:
        raise not_found("Child chunk not found.")
    return child


def row(child: ChildChunk) -> Json:
    return {
        "id": child.id,
        "segment_id": child.segment_id,
        "content": child.content,
        "position": child.position,
        "word_count": len(child.content),
        "type": child.kind,
        "created_at": epoch(child.created_at),
        "updated_at": epoch(child.updated_at),
    }
