"""Uploads that went through us: which batch tells the progress of which document."""

from django.db import models

from datasets_ui.models.workspaces import Workspace


class Upload(models.Model):
    """The latest batch of a document: the API gives it at creation only, and never again."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="uploads")
    dataset_id = models.UUIDField()
    document_id = models.UUIDField()
    batch = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "document_id"], name="one_upload_of_a_document")]

    def __str__(self) -> str:
        return self.batch
