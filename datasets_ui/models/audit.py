"""Who did what. Rows hold text, not foreign keys, so that they outlive what they speak of and never stand in its way."""

from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

from django.db import models


@dataclass(frozen=True)
class Actor:
    """Who does something, and from which address."""

    name: str
    address: str = ""


@dataclass(frozen=True)
class Target:
    """What an act is done to."""

    id: UUID | str
    name: str = ""


class Act(models.TextChoices):
    """Everything that is recorded: noun, dot, verb."""

    DATASET_CREATE = "dataset.create", "created the dataset"
    DATASET_UPDATE = "dataset.update", "changed the dataset"
    DATASET_DELETE = "dataset.delete", "deleted the dataset"
    DOCUMENT_UPLOAD = "document.upload", "uploaded the document"
    DOCUMENT_CREATE = "document.create", "added the text"
    DOCUMENT_ENABLE = "document.enable", "enabled the document"
    DOCUMENT_DISABLE = "document.disable", "disabled the document"
    DOCUMENT_ARCHIVE = "document.archive", "archived the document"
    DOCUMENT_UN_ARCHIVE = "document.un_archive", "unarchived the document"
    DOCUMENT_DELETE = "document.delete", "deleted the document"
    SEGMENT_CREATE = "segment.create", "added a segment to"
    SEGMENT_IMPORT = "segment.import", "imported segments into"
    SEGMENT_UPDATE = "segment.update", "edited the segment"
    SEGMENT_ENABLE = "segment.enable", "enabled the segment"
    SEGMENT_DISABLE = "segment.disable", "disabled the segment"
    SEGMENT_DELETE = "segment.delete", "deleted the segment"
    SEGMENT_REGENERATE = "segment.regenerate", "cut anew the child chunks of the segment"
    CHILD_CHUNK_CREATE = "child_chunk.create", "added a child chunk to"
    CHILD_CHUNK_UPDATE = "child_chunk.update", "edited the child chunk"
    CHILD_CHUNK_DELETE = "child_chunk.delete", "deleted the child chunk"

    JOB_CREATE = "job.create", "started the job"
    JOB_STOP = "job.stop", "stopped the job"
    JOB_PAUSE = "job.pause", "had to pause the job"
    JOB_RESUME = "job.resume", "went on with the job"
    JOB_RETRY = "job.retry", "tried again what had failed of the job"
    JOB_ROLL_BACK = "job.roll_back", "rolled back the job"

    INSTALLATION_SET_UP = "installation.set_up", "set the dashboard up"
    WORKSPACE_CREATE = "workspace.create", "created the workspace"
    WORKSPACE_UPDATE = "workspace.update", "changed the workspace"
    WORKSPACE_DELETE = "workspace.delete", "deleted the workspace"
    MEMBER_JOIN = "member.join", "joined the workspace"
    MEMBER_UPDATE = "member.update", "changed the role of"
    MEMBER_REMOVE = "member.remove", "removed the member"
    MEMBER_LEAVE = "member.leave", "left the workspace"
    INVITATION_CREATE = "invitation.create", "invited"
    INVITATION_REVOKE = "invitation.revoke", "took back the invitation of"
    API_KEY_CREATE = "api_key.create", "added the API key"
    API_KEY_UPDATE = "api_key.update", "changed the API key"
    API_KEY_ROTATE = "api_key.rotate", "replaced the secret of the API key"
    API_KEY_TEST = "api_key.test", "tested the API key"
    API_KEY_DROP = "api_key.drop", "changed the address of the API key"
    API_KEY_DEFAULT = "api_key.default", "made the default the API key"
    API_KEY_ENABLE = "api_key.enable", "enabled the API key"
    API_KEY_DISABLE = "api_key.disable", "disabled the API key"
    API_KEY_DELETE = "api_key.delete", "deleted the API key"
    API_KEY_REFUSED = "api_key.refused", "was refused with the API key"
    KEYS_ROTATE = "keys.rotate", "encrypted anew the keys of"

    ACCOUNT_CREATE = "account.create", "made an account"
    ACCOUNT_CONFIRM = "account.confirm", "confirmed the address of"
    ACCOUNT_SIGN_IN = "account.sign_in", "signed in"
    ACCOUNT_SIGN_OUT = "account.sign_out", "signed out"
    ACCOUNT_SIGN_IN_END = "account.sign_in_end", "ended a sign-in of"
    ACCOUNT_PASSWORD = "account.password", "set the password of"
    ACCOUNT_FACTOR_ADD = "account.factor_add", "added a second factor"
    ACCOUNT_FACTOR_REMOVE = "account.factor_remove", "removed a second factor"
    ACCOUNT_FACTOR_RESET = "account.factor_reset", "removed all second factors of"
    ACCOUNT_CODES_CREATE = "account.codes_create", "made recovery codes"
    ACCOUNT_CODES_VIEW = "account.codes_view", "looked at the recovery codes"
    ACCOUNT_CONNECT = "account.connect", "connected single sign-on"
    ACCOUNT_DISCONNECT = "account.disconnect", "removed single sign-on"
    ACCOUNT_LINK = "account.link", "made a sign-in link for"
    ACCOUNT_DISABLE = "account.disable", "disabled the account"
    ACCOUNT_ENABLE = "account.enable", "enabled the account"

    @property
    def noun(self) -> str:
        return self.value.partition(".")[0]


class Unchangeable(TypeError):
    """Audit rows are written once, but for how an act ended."""


class AuditEvents(models.QuerySet["AuditEvent"]):
    """Rows are written once. Of an act in the API how it ended is added, once; the one way to lose rows is their age."""

    def settle(self, event: "AuditEvent", outcome: "AuditEvent.Outcome", error: str = "") -> None:
        """Say how an act ended that was begun; nothing where that is said already."""
        begun = self.filter(pk=event.pk, outcome=AuditEvent.Outcome.UNKNOWN, error="")
        super(AuditEvents, begun).update(outcome=outcome, error=error[:200])

    def update(self, **changes: Any) -> NoReturn:  # noqa: ARG002 Django's signature
        raise Unchangeable

    def delete(self) -> NoReturn:
        raise Unchangeable

    def purge(self) -> int:
        """Remove these rows for good; returns how many. For those that are older than they are kept."""
        return super().delete()[0]


class AuditEvent(models.Model):
    class Outcome(models.TextChoices):
        DONE = "done"
        FAILED = "failed"
        UNKNOWN = "unknown"  # without an error: under way, or whoever was at it died

    at = models.DateTimeField(auto_now_add=True, db_index=True)
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

    objects = AuditEvents.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.actor} {self.act} {self.object_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ARG002 Django's signature
        raise Unchangeable

    @property
    def unsettled(self) -> bool:
        """Whether nothing is known of how the act ended: it is under way, or the process that was at it died."""
        return self.outcome == self.Outcome.UNKNOWN and not self.error

    @property
    def said(self) -> str:
        """The act in words; an act that is no longer known by its name."""
        return str(Act(self.act).label) if self.act in Act.values else self.act
