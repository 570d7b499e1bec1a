"""What the segments of a document were before it was switched off: Dify switches all of them on again with the document."""

from django.db import models

from datasets_ui.models.jobs import Job
from datasets_ui.models.workspaces import Workspace


class SegmentStates(models.Model):
    """Of one document, taken when it was disabled or archived, and put back by `job` once it is on again. `segments` lists those of
    which something has to be put back: id, the `page` of the list where it was, `enabled` (null where it is not known), `keywords`
    (null where Dify leaves them alone), `text`, the fingerprint of the text that they belong to, and whether it was `edited`."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="segment_states")
    dataset_id = models.UUIDField()
    document_id = models.UUIDField()
    segments = models.JSONField()
    # that it is off because it is archived; else because it is disabled
    by_archive = models.BooleanField(default=False)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "document_id"], name="one_memory_of_a_document")]

    def __str__(self) -> str:
        return f"{len(self.segments)} segments of {self.document_id}"
