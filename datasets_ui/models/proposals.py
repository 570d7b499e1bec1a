"""What a dry run of find and replace has found."""

from django.db import models

from datasets_ui.models.jobs import Job
from datasets_ui.models.sentences import Sentence, SentenceField


class Proposal(models.Model):
    """A segment in which something is to be replaced. What it is to become is not kept: the search of the job that found it
    tells, from `before`, which is its content, answer, keywords and enabled."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="proposals")
    document = models.CharField(max_length=300)
    document_id = models.UUIDField()
    segment_id = models.UUIDField()
    position = models.PositiveIntegerField()
    before = models.JSONField()
    # why it cannot be changed, or empty
    obstacle = SentenceField()
    ticked = models.BooleanField(default=True)

    class Meta:
        ordering = ["document", "document_id", "position", "pk"]
        # an attempt that is repeated writes nothing twice
        constraints = [models.UniqueConstraint(fields=["job", "segment_id"], name="one_proposal_for_a_segment")]
        indexes = [models.Index(fields=["job", "document", "document_id", "position"], name="proposals_in_order")]

    def __str__(self) -> str:
        return str(self.place)

    @property
    def place(self) -> Sentence:
        return Sentence.of("place_in", place=f"#{self.position}", document=self.document)
