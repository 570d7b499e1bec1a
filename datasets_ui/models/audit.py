"""Who did what. Rows hold text, not foreign keys, so that they outlive what they speak of and never stand in its way."""

from dataclasses import dataclass
from uuid import UUID

from django.db import models


@dataclass(frozen=True)
class Actor:
    """Who does something, and from which address."""

    name: str
    address: str = ""


class AuditEvent(models.Model):
    class Outcome(models.TextChoices):
        DONE = "done"
        FAILED = "failed"
        UNKNOWN = "unknown"

    at = models.DateTimeField(auto_now_add=True)
    workspace_id = models.UUIDField(null=True, db_index=True)
    workspace = models.CharField(max_length=60, blank=True)
    actor = models.CharField(max_length=254)
    address = models.CharField(max_length=45, blank=True)
    act = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60, blank=True)
    object_name = models.CharField(max_length=300, blank=True)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.actor} {self.act} {self.object_name}"


@dataclass(frozen=True)
class Target:
    """What an act is done to."""

    id: UUID | str
    name: str = ""
