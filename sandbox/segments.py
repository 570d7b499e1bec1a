"""Segments: list, show, add, change, delete."""

import time
from collections import Counter
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.http import HttpRequest
from pydantic import BaseModel

from sandbox import child_chunks, embedding_models, keywords, pictures, segmenting, summaries
from sandbox.checking import sent
from sandbox.documents import LOCK_SECONDS, find
from sandbox.endpoints import DELETED
from sandbox.errors import BareError, QuirkError, invalid, not_found
from sandbox.indexing import indexer
from sandbox.models import OWNER, Dataset, Document, Segment, epoch, owner_if
from sandbox.paging import listing, pattern
from sandbox.payload import Json, checked, listed, mapping
from sandbox.schemas import SegmentCreatePayload, SegmentUpdateArgs, SegmentUpdatePayload
from sandbox.versions import dify


class New(BaseModel):
    keywords: list[Any] | str | None = None  # of a text, each letter


def list_all(request: HttpRequest, dataset: Dataset, document_id: UUID) -> Any:
    document = find(dataset, document_id)
    rows = document.segments.order_by("position")
    if statuses := request.GET.getlist("status"):
        rows = rows.filter(status__in=statuses)
    if keyword := request.GET.get("keyword"):
        rows = rows.filter(content__iregex=pattern(keyword))
    return listing(request, rows, row) | {"doc_form": document.doc_form}


def show(_request: HttpRequest, dataset: Dataset, document_id: UUID, segment_id: UUID) -> Any:
    document = find(dataset, document_id)
    return {"data": row(find_segment(document, segment_id)), "doc_form": document.doc_form}


def create(request: HttpRequest, dataset: Dataset, document_id: UUID) -> Any:
    document = find(dataset, document_id)
    if document.indexing_status != "completed":
        raise not_found("Document is not completed.")
    if not document.enabled:
        raise not_found("Document is disabled.")
    values = sent(request, SegmentCreatePayload)
    if values.get("segments") is None:
        raise BareError("Segments is required")
    wanted = listed(values, "segments")
    for item in wanted:
        check_new(document, item)
        checked(New, item)
    with transaction.atomic():
        added = [add(document, values) for values in wanted]
    return {"data": [row(segment) for segment in added], "doc_form": document.doc_form}


def update(request: HttpRequest, dataset: Dataset, document_id: UUID, segment_id: UUID) -> Any:
    document = find(dataset, document_id)
    with transaction.atomic():
        segment = find_segment(document, segment_id)
        change(segment, checked(SegmentUpdateArgs, mapping(sent(request, SegmentUpdatePayload), "segment")))
    return {"data": row(segment), "doc_form": document.doc_form}


def delete(_request: HttpRequest, dataset: Dataset, document_id: UUID, segment_id: UUID) -> Any:
    document = find(dataset, document_id)
    with transaction.atomic():
        segment = find_segment(document, segment_id)
        count_words(segment, -segment.word_count)
        segment.delete()
    return DELETED


def find_segment(document: Document, segment_id: UUID) -> Segment:
    """Older versions go by its own id alone: there a segment answers under any document of its dataset."""
    rows = Segment.objects.select_related("document__process_rule", "dataset")
    place = {"document": document} if dify().segments_of_their_document else {"dataset_id": document.dataset_id}
    segment = rows.filter(id=segment_id, **place).first()
    if segment is None:
        raise not_found("Segment not found.")
    return segment


def check_new(document: Document, values: Any) -> None:
    if document.doc_form == "qa_model" and not said(values, "answer"):
        raise invalid("Answer is required")
    if document.doc_form == "qa_model" and not said(values, "answer").strip():
        raise invalid("Answer is empty")
    if not said(values, "content").strip():
        raise invalid("Content is empty")


def said(values: Any, name: str) -> str:
    """The API looks for the name in whatever it is sent: it finds none in a text, and breaks on a number."""
    if isinstance(values, str) and name not in values:
        return ""
    value = values.get(name) or "" if isinstance(values, dict) else None
    if not isinstance(value, str):
        raise QuirkError(f"{name} is not a text")
    return value


def add(document: Document, values: Json) -> Segment:
    """A new segment at the end; there is no other place to put it."""
    now = time.time()
    segment = Segment(
        dataset=document.dataset,
        document=document,
        position=last_position(document) + 1,
        content=values["content"],
        index_node_hash=segmenting.content_hash(values["content"]),
        word_count=len(values["content"]),
        status="completed",
        enabled=True,
        indexing_at=now,
        completed_at=now,
        created_at=now,
        updated_at=now,
    )
    if document.doc_form == "qa_model":
        segment.answer = values["answer"]
        segment.word_count += len(values["answer"])
    given = list(values.get("keywords") or [])
    if document.dataset.high_quality:
        segment.tokens = embedding_models.count_tokens(segment.content)
        segment.keywords = given
    else:
        segment.keywords = given or keywords.extract(segment.content)
    segment.save(force_insert=True)
    count_words(segment, segment.word_count)
    if document.doc_form == "hierarchical_model":
        segmenting.save_children(segment, segmenting.children_of(segment.content, document.process_rule.rules))
    return segment


def last_position(document: Document) -> int:
    return document.segments.aggregate(last=Max("position"))["last"] or 0


def count_words(segment: Segment, change: int) -> None:
    Document.objects.filter(id=segment.document_id).update(word_count=F("word_count") + change)


def change(segment: Segment, wanted: SegmentUpdateArgs) -> None:
    if segment.locked_until > time.time():
        raise invalid("Segment is indexing, please try again later")
    if segment.enabled and wanted.enabled is False:
        disable(segment)  # and whatever else was sent is dropped
        return
    if not segment.enabled and not wanted.enabled:
        raise invalid("Can't update disabled segment")
    words = segment.word_count
    content = wanted.content or segment.content
    new_content = content != segment.content
    if new_content:
        change_content(segment, wanted, content)
    else:
        change_keywords(segment, wanted)
    summaries.change(segment, wanted.summary, new_content=new_content)
    segment.word_count = len(segment.content)
    if segment.document.doc_form == "qa_model":
        segment.answer = wanted.answer
        segment.word_count += len(wanted.answer or "")
    segment.enabled, segment.disabled_at, segment.status, segment.error = True, None, "completed", None
    if dify().pictures_taken_away and segment.dataset.high_quality:
        change_pictures(segment, wanted)
    touch(segment)
    segment.save()
    if new_content or not dify().answers_uncounted:
        count_words(segment, segment.word_count - words)
    if segment.document.doc_form == "hierarchical_model" and wanted.regenerate_child_chunks:
        segment.child_chunks.all().delete()
        rules = segment.document.process_rule.rules
        segmenting.save_children(segment, segmenting.children_of(segment.content, rules))


def change_pictures(segment: Segment, wanted: SegmentUpdateArgs) -> None:
    """What is left out counts as an empty list: the pictures are taken away."""
    try:
        pictures.replace(segment, wanted.attachment_ids or [])
    except pictures.MalformedIdError as error:
        segment.enabled, segment.disabled_at, segment.status, segment.error = False, time.time(), "error", str(error)


def disable(segment: Segment) -> None:
    segment.enabled, segment.disabled_at = False, time.time()
    segment.locked_until = time.time() + LOCK_SECONDS
    touch(segment)
    segment.save()
    transaction.on_commit(lambda: indexer.unlock(segment.id))


def touch(segment: Segment) -> None:
    """Any change moves the time on 1.10.1; later a new content alone, which has done so itself."""
    if not dify().content_moves_times:
        segment.updated_at = time.time()


def change_keywords(segment: Segment, wanted: SegmentUpdateArgs) -> None:
    """With the content as it was: keywords that differ are taken, an empty list is not; enabling extracts them anew."""
    if wanted.keywords and Counter(wanted.keywords) != Counter(segment.keywords or []):
        segment.keywords = wanted.keywords
    elif wanted.enabled and not segment.dataset.high_quality:
        segment.keywords = wanted.keywords or keywords.extract(segment.content)


def change_content(segment: Segment, wanted: SegmentUpdateArgs, content: str) -> None:
    now = time.time()
    segment.content = content
    segment.index_node_hash = segmenting.content_hash(content)
    segment.status, segment.updated_by_owner = "completed", True
    segment.indexing_at = segment.completed_at = segment.updated_at = now
    if segment.dataset.high_quality:
        segment.tokens = embedding_models.count_tokens(content)
    else:
        segment.keywords = wanted.keywords or keywords.extract(content)


def core(segment: Segment) -> Json:
    return {
        "id": segment.id,
        "position": segment.position,
        "document_id": segment.document_id,
        "content": segment.content,
        "sign_content": pictures.signed(segment.content),
        "answer": segment.answer,
        "word_count": segment.word_count,
        "tokens": segment.tokens,
        "keywords": segment.keywords,
        "index_node_id": segment.index_node_id,
        "index_node_hash": segment.index_node_hash,
        "hit_count": 0,
        "enabled": segment.enabled,
        "disabled_at": epoch(segment.disabled_at),
        "disabled_by": owner_if(segment.disabled_at and segment.status != "error"),
        "status": segment.status,
        "created_by": OWNER,
        "created_at": epoch(segment.created_at),
        "indexing_at": epoch(segment.indexing_at),
        "completed_at": epoch(segment.completed_at),
        "error": segment.error,
        "stopped_at": None,
    }


def row(segment: Segment) -> Json:
    return core(segment) | {
        "updated_at": epoch(segment.updated_at),
        "updated_by": owner_if(segment.updated_by_owner),
        "child_chunks": [child_chunks.row(child) for child in shown_children(segment)],
        **newer_fields(segment),
    }


def newer_fields(segment: Segment) -> Json:
    if not dify().pictures:
        return {}
    return {"attachments": pictures.rows(segment), "summary": segment.summary if dify().shown_summaries else None}


def shown_children(segment: Segment) -> Any:
    """Only under a hierarchical rule, and not where the whole document is the parent."""
    rule = segment.document.process_rule
    if rule.mode != "hierarchical" or rule.rules.get("parent_mode") == "full-doc":
        return []
    return segment.child_chunks.order_by("position")
