"""Filling an empty sandbox from a file, at once and without the API: what would take minutes to upload is there at the first answer.

The file is JSON: {"faults": [...], "datasets": [...]}. Faults are those of faults.py, in force from the start of each server. A
document either has `segments`, and is there as if it had been indexed, or a `text` alone, which is indexed as an upload would be.
"""

import time
from pathlib import Path
from uuid import UUID, uuid4

from django.db import transaction
from pydantic import BaseModel, Field

from sandbox import keywords
from sandbox.faults import Fault, registry
from sandbox.models import Dataset, Document, ProcessRule, Segment, UploadFile
from sandbox.process_rules import AUTOMATIC_RULES
from sandbox.segmenting import content_hash

DAY = 24 * 3600.0
MIME_TYPES = {"md": "text/markdown", "txt": "text/plain", "pdf": "application/pdf"}


class SeedSegment(BaseModel):
    """A segment to be; without keywords of its own it gets those of its text."""

    content: str
    keywords: list[str] | None = None


class SeedDocument(BaseModel):
    """A document to be. Its id is given where somebody has to know it before it is there."""

    id: UUID = Field(default_factory=uuid4)
    name: str
    language: str = "English"
    days_ago: float = 0
    enabled: bool = True
    archived: bool = False
    text: str = ""
    segments: list[SeedSegment] = []


class SeedDataset(BaseModel):
    """A dataset on the economy index."""

    name: str
    description: str = ""
    documents: list[SeedDocument] = []


class Seed(BaseModel):
    """All that a file holds."""

    faults: list[Fault] = []
    datasets: list[SeedDataset] = []


def sow(file: Path) -> None:
    """Put the faults in force and, where there is no dataset at all, make those of the file."""
    seed = Seed.model_validate_json(file.read_bytes())
    registry.replace(seed.faults)
    with transaction.atomic():
        if not Dataset.objects.exists():
            for wanted in seed.datasets:
                sow_dataset(wanted)


def sow_dataset(wanted: SeedDataset) -> None:
    dataset = Dataset.objects.create(
        name=wanted.name,
        description=wanted.description,
        permission="all_team_members",
        indexing_technique="economy",
        data_source_type="upload_file",
    )
    rule = ProcessRule.objects.create(dataset=dataset, mode="automatic", rules=AUTOMATIC_RULES)
    for position, document in enumerate(wanted.documents, 1):
        sow_document(dataset, rule, position, document)


def sow_document(dataset: Dataset, rule: ProcessRule, position: int, wanted: SeedDocument) -> None:
    text = wanted.text or "\n\n".join(segment.content for segment in wanted.segments)
    at = time.time() - wanted.days_ago * DAY
    document = Document.objects.create(
        id=wanted.id,
        dataset=dataset,
        upload_file=file_of(wanted.name, text.encode(), at),
        process_rule=rule,
        position=position,
        name=wanted.name,
        batch=f"{time.strftime('%Y%m%d%H%M%S', time.gmtime(at))}{position:06}",
        doc_form="text_model",
        doc_language=wanted.language,
        created_at=at,
        updated_at=at,
        enabled=wanted.enabled,
        disabled_at=None if wanted.enabled else at,
        archived=wanted.archived,
        generation=1,
    )
    if wanted.segments:
        Segment.objects.bulk_create(segments_of(document, wanted), batch_size=500)
        Document.objects.filter(id=document.id).update(
            indexing_status="completed",
            indexing_latency=0.0,
            tokens=0,
            word_count=len(text),
            processing_started_at=at,
            parsing_completed_at=at,
            cleaning_completed_at=at,
            splitting_completed_at=at,
            completed_at=at,
        )


def file_of(name: str, content: bytes, at: float) -> UploadFile:
    extension = name.rpartition(".")[2].lower()
    return UploadFile.objects.create(
        name=name,
        extension=extension,
        mime_type=MIME_TYPES.get(extension, "application/octet-stream"),
        content=content,
        size=len(content),
        created_at=at,
    )


def segments_of(document: Document, wanted: SeedDocument) -> list[Segment]:
    at, shown = document.created_at, wanted.enabled and not wanted.archived
    return [
        Segment(
            dataset=document.dataset,
            document=document,
            position=position,
            content=segment.content,
            word_count=len(segment.content),
            keywords=keywords.extract(segment.content) if segment.keywords is None else segment.keywords,
            index_node_hash=content_hash(segment.content),
            status="completed",
            enabled=shown,
            disabled_at=None if shown else at,
            created_at=at,
            updated_at=at,
            indexing_at=at,
            completed_at=at,
        )
        for position, segment in enumerate(wanted.segments, 1)
    ]
