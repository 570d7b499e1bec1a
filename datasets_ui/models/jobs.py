"""Background batches: a job and its items. Which of them are worked on, and until when, stands here and not in a queue, because
no embedded queue survives a worker that is killed."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datasets_ui.models.sentences import SentenceField
from datasets_ui.models.workspaces import Workspace


class Job(models.Model):
    """Many changes of one kind, made one by one in the background in the name of `user`."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        STOPPING = "stopping", _("Stopping")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")

    class Lane(models.TextChoices):
        PEOPLE = "people"  # somebody has pressed a button, and looks on
        BACKGROUND = (
            "background"  # a pass of the system, or of somebody's schedule: goes after people's, and is not on their page
        )

    MOVING = (State.QUEUED, State.RUNNING, State.STOPPING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=40)
    title = SentenceField()
    lane = models.CharField(max_length=10, choices=Lane.choices, default=Lane.PEOPLE)
    dataset_id = models.UUIDField(null=True)
    made_by = models.CharField(max_length=254)
    # who answers for it: without a role in the workspace any more it stops or, in the background, pauses; nobody does for the system's
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    # never a secret
    parameters = models.JSONField(default=dict)
    # the job that this one rolls back; one job is rolled back once
    undoes = models.OneToOneField("self", on_delete=models.CASCADE, null=True, related_name="undone_by")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    # why it is paused, was stopped, or waits
    why = SentenceField()
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    # nothing to do before this moment, such as when Dify asks to wait; `setbacks` counts such waits in a row
    not_before = models.DateTimeField(null=True)
    setbacks = models.PositiveSmallIntegerField(default=0)
    # the turn that works on it, or empty and until when it may stay in the queue; by the database's clock
    taken_by = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["workspace", "-created_at"], name="jobs_of_a_workspace"),
            models.Index(fields=["state"], name="jobs_by_state"),
        ]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def moving(self) -> bool:
        """Whether it goes on by itself."""
        return self.state in self.MOVING

    @property
    def waits_until(self) -> datetime | None:
        waiting = self.moving and self.not_before is not None and self.not_before > timezone.now()
        return self.not_before if waiting else None


class JobItem(models.Model):
    """One change. `result` holds what undoing it needs, noted before the change is made."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        TAKEN = "taken", _("Taken")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Skipped")
        UNKNOWN = "unknown", _("Unknown")

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    target = SentenceField()
    data = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    taken_by = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True)
    why = SentenceField()
    result = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["job", "position"], name="one_item_of_a_position")]
        indexes = [
            models.Index(fields=["job", "state", "position"], name="items_to_take"),
            models.Index(fields=["job", "finished_at"], name="items_by_end"),
        ]

    def __str__(self) -> str:
        return str(self.target)
