"""Earlier versions of segments and child chunks. The API keeps none and has no undo: what a change replaces is kept here before it is made."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from datasets_ui.models.workspaces import Workspace


class Revision(models.Model):
    """One change of one segment, or of one of its child chunks: what it was, and what it was meant to become. Of a segment content,
    answer, keywords, enabled and, where the server knows them, summary and the ids of pictures are kept, of a child chunk its content; `before` is null for what was added, `after` for what was
    deleted. Where all child chunks were cut anew, both list them. `position` is that of the segment or child chunk."""

    class Kind(models.TextChoices):
        CREATE = "create", _("added")
        UPDATE = "update", _("edited")
        ENABLE = "enable", _("enabled")
        DISABLE = "disable", _("disabled")
        DELETE = "delete", _("deleted")
        CHILD_CREATE = "child_create", _("child chunk added")
        CHILD_UPDATE = "child_update", _("child chunk edited")
        CHILD_DELETE = "child_delete", _("child chunk deleted")
        REGENERATE = "regenerate", _("child chunks cut anew")

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown", _("Unknown")  # until the API has answered, and for ever where it never did
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    ADDED = (Kind.CREATE, Kind.CHILD_CREATE)  # with nothing before to bring back
    OF_CHILD_CHUNKS = (Kind.CHILD_CREATE, Kind.CHILD_UPDATE, Kind.CHILD_DELETE, Kind.REGENERATE)

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="revisions")
    dataset_id = models.UUIDField()
    document_id = models.UUIDField()
    segment_id = models.UUIDField(null=True)
    child_chunk_id = models.UUIDField(null=True)
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.UNKNOWN)
    by = models.CharField(max_length=254)
    at = models.DateTimeField(auto_now_add=True)
    # what a deleted segment or child chunk was brought back as, so that it is not brought back twice
    restored_as = models.UUIDField(null=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["workspace", "document_id", "-at"], name="revisions_of_a_document"),
            models.Index(fields=["workspace", "segment_id", "-at"], name="revisions_of_a_segment"),
        ]

    def __str__(self) -> str:
        return f"#{self.position} {self.kind} by {self.by}"


class Snapshot(models.Model):
    """All segments of a document, as they were before the document was replaced."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="snapshots")
    dataset_id = models.UUIDField()
    document_id = models.UUIDField()
    name = models.CharField(max_length=300)
    segments = models.JSONField()
    by = models.CharField(max_length=254)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["workspace", "document_id", "-at"], name="snapshots_of_a_document")]

    def __str__(self) -> str:
        return f"{self.name} with {len(self.segments)} segments"
