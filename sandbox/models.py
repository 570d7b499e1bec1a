"""What the sandbox keeps. Times are seconds since 1970, as the API speaks them."""

import time
import uuid
from typing import Any

from django.db import models

OWNER = "4c044f98-e240-4e8f-b027-00481b1d09ae"  # keys act as the workspace owner; there is only one
OWNER_NAME = "owner"
TENANT = "1620f0cf-9a3e-4f4e-8d4f-3d2b6f6f8a11"

FROM_PIPELINE = "rag-pipeline"
FINISHED = ("completed", "error")


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    created_at = models.FloatField(default=time.time)

    class Meta:
        abstract = True


class Dataset(Row):
    name = models.CharField(max_length=40)
    description = models.TextField(default="", null=True)  # noqa: DJ001  (the API keeps a null)
    provider = models.TextField(default="vendor")
    permission = models.CharField(max_length=20, default="only_me")
    partial_members = models.JSONField(default=list)
    data_source_type = models.CharField(max_length=40, null=True)  # noqa: DJ001  (the API tells null from "")
    indexing_technique = models.CharField(max_length=20, null=True)  # noqa: DJ001
    embedding_model = models.CharField(max_length=100, null=True)  # noqa: DJ001
    embedding_model_provider = models.CharField(max_length=100, null=True)  # noqa: DJ001
    retrieval_model = models.JSONField(null=True)
    built_in_field_enabled = models.BooleanField(default=False)
    enable_api = models.BooleanField(default=True)
    summary_index_setting = models.JSONField(null=True)
    updated_at = models.FloatField(default=time.time)

    def __str__(self) -> str:
        return self.name

    @property
    def high_quality(self) -> bool:
        return self.indexing_technique == "high_quality"


class UploadFile(Row):
    name = models.TextField()
    size = models.IntegerField()
    extension = models.CharField(max_length=20)
    mime_type = models.TextField()
    content = models.BinaryField()
    pending = models.BooleanField(default=False)  # uploaded for a pipeline, no document yet

    def __str__(self) -> str:
        return self.name


class ProcessRule(Row):
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE)
    mode = models.CharField(max_length=20)
    rules = models.JSONField()

    def __str__(self) -> str:
        return self.mode


class Document(Row):
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="documents")
    upload_file = models.ForeignKey(UploadFile, on_delete=models.PROTECT)
    process_rule = models.ForeignKey(ProcessRule, on_delete=models.PROTECT)
    position = models.IntegerField()
    name = models.TextField()
    batch = models.CharField(max_length=20, db_index=True)
    created_from = models.CharField(max_length=10, default="api")
    updated_at = models.FloatField(default=time.time)
    doc_form = models.CharField(max_length=30)
    doc_language = models.CharField(max_length=40)
    doc_metadata = models.JSONField(null=True)
    enabled = models.BooleanField(default=True)
    disabled_at = models.FloatField(null=True)
    archived = models.BooleanField(default=False)
    tokens = models.IntegerField(null=True)
    word_count = models.IntegerField(null=True)
    indexing_status = models.CharField(max_length=20, default="waiting")
    indexing_latency = models.FloatField(null=True)
    error = models.TextField(null=True)  # noqa: DJ001
    need_summary = models.BooleanField(default=False)
    processing_started_at = models.FloatField(null=True)
    parsing_completed_at = models.FloatField(null=True)
    cleaning_completed_at = models.FloatField(null=True)
    splitting_completed_at = models.FloatField(null=True)
    completed_at = models.FloatField(null=True)
    stopped_at = models.FloatField(null=True)
    generation = models.IntegerField(default=0)  # one more with every request to index: older runs notice and stop
    locked_until = models.FloatField(default=0)  # status actions are refused until then

    def __str__(self) -> str:
        return self.name

    @property
    def display_status(self) -> str:
        if self.indexing_status == "waiting":
            return "queuing"
        if self.indexing_status == "error":
            return "error"
        if self.indexing_status != "completed":
            return "indexing"
        if self.archived:
            return "archived"
        return "available" if self.enabled else "disabled"


class Segment(Row):
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="segments")
    position = models.IntegerField()
    content = models.TextField()
    answer = models.TextField(null=True)  # noqa: DJ001
    word_count = models.IntegerField()
    tokens = models.IntegerField(default=0)
    keywords = models.JSONField(null=True)
    summary = models.TextField(null=True)  # noqa: DJ001  (newer servers)
    index_node_id = models.UUIDField(default=uuid.uuid4)
    index_node_hash = models.CharField(max_length=64)
    status = models.CharField(max_length=20, default="waiting")
    enabled = models.BooleanField(default=False)
    disabled_at = models.FloatField(null=True)
    updated_at = models.FloatField(default=time.time)
    updated_by_owner = models.BooleanField(default=False)
    indexing_at = models.FloatField(null=True)
    completed_at = models.FloatField(null=True)
    locked_until = models.FloatField(default=0)
    error = models.TextField(null=True)  # noqa: DJ001

    def __str__(self) -> str:
        return self.content[:40]


class Picture(Row):
    """A picture out of a document's file. It stays when no segment has it any more."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="pictures")
    name = models.TextField()
    extension = models.CharField(max_length=10)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name

    @property
    def mime_type(self) -> str:
        return f"image/{'jpeg' if self.extension == 'jpg' else self.extension}"


class Attachment(models.Model):
    """That a segment has a picture, which may be that of another document."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="attachments")
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"{self.picture_id} of {self.segment_id}"


class ChildChunk(Row):
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="child_chunks")
    position = models.IntegerField()
    content = models.TextField()
    kind = models.CharField(max_length=20, default="automatic")
    updated_at = models.FloatField(default=time.time)

    def __str__(self) -> str:
        return self.content[:40]


class MetadataField(Row):
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="metadata_fields")
    name = models.TextField()
    type = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.name


class MetadataBinding(models.Model):
    """That a document has a value for a field. The field need not exist: the API does not check."""

    field_id = models.UUIDField(db_index=True)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="metadata_bindings")

    def __str__(self) -> str:
        return f"{self.field_id} on {self.document_id}"


class Tag(Row):
    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


class TagBinding(models.Model):
    """That a dataset carries a tag. Neither need exist: the API does not check."""

    tag_id = models.UUIDField(db_index=True)
    dataset_id = models.UUIDField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag_id", "dataset_id"], name="one_binding")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.dataset_id}"


def drop_unused_files() -> None:
    UploadFile.objects.filter(document=None, pending=False).delete()


def epoch(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds)


def owner_if(condition: Any) -> str | None:
    return OWNER if condition else None
