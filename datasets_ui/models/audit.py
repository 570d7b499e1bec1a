"""Who did what. Rows hold text, not foreign keys, so that they outlive what they speak of and never stand in its way."""

from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from datasets_ui.models.sentences import Sentence, SentenceField, codes_saying

MOST_WORDS = 10  # of what is looked for
MARKS = "“”„‘’‚«»‹›\"',;:."


@dataclass(frozen=True)
class Actor:
    """Who does something, and from which address."""

    name: str
    address: str = ""


@dataclass(frozen=True)
class Target:
    """What an act is done to; a name is as it is, in every language."""

    id: UUID | str
    name: str | Sentence = ""


class Act(models.TextChoices):
    """Everything that is recorded: noun, dot, verb."""

    DATASET_CREATE = "dataset.create", _("created the dataset")
    DATASET_UPDATE = "dataset.update", _("changed the dataset")
    DATASET_DELETE = "dataset.delete", _("deleted the dataset")
    DOCUMENT_UPLOAD = "document.upload", _("uploaded the document")
    DOCUMENT_CREATE = "document.create", _("added the text")
    DOCUMENT_ENABLE = "document.enable", _("enabled the document")
    DOCUMENT_DISABLE = "document.disable", _("disabled the document")
    DOCUMENT_ARCHIVE = "document.archive", _("archived the document")
    DOCUMENT_UN_ARCHIVE = "document.un_archive", _("unarchived the document")
    DOCUMENT_DELETE = "document.delete", _("deleted the document")
    SEGMENT_CREATE = "segment.create", _("added a segment to")
    SEGMENT_IMPORT = "segment.import", _("imported segments into")
    SEGMENT_UPDATE = "segment.update", _("edited the segment")
    SEGMENT_ENABLE = "segment.enable", _("enabled the segment")
    SEGMENT_DISABLE = "segment.disable", _("disabled the segment")
    SEGMENT_DELETE = "segment.delete", _("deleted the segment")
    SEGMENT_REGENERATE = "segment.regenerate", _("regenerated the child chunks of the segment")
    CHILD_CHUNK_CREATE = "child_chunk.create", _("added a child chunk to")
    CHILD_CHUNK_UPDATE = "child_chunk.update", _("edited the child chunk")
    CHILD_CHUNK_DELETE = "child_chunk.delete", _("deleted the child chunk")

    JOB_CREATE = "job.create", _("started the job")
    JOB_STOP = "job.stop", _("stopped the job")
    JOB_PAUSE = "job.pause", _("had to pause the job")
    JOB_RESUME = "job.resume", _("went on with the job")
    JOB_RETRY = "job.retry", _("tried again what had failed of the job")
    JOB_ROLL_BACK = "job.roll_back", _("rolled back the job")

    INSTALLATION_SET_UP = "installation.set_up", _("set the dashboard up")
    WORKSPACE_CREATE = "workspace.create", _("created the workspace")
    WORKSPACE_UPDATE = "workspace.update", _("changed the workspace")
    WORKSPACE_DELETE = "workspace.delete", _("deleted the workspace")
    MEMBER_JOIN = "member.join", _("joined the workspace")
    MEMBER_UPDATE = "member.update", _("changed the role of")
    MEMBER_REMOVE = "member.remove", _("removed the member")
    MEMBER_LEAVE = "member.leave", _("left the workspace")
    INVITATION_CREATE = "invitation.create", _("invited")
    INVITATION_REVOKE = "invitation.revoke", _("took back the invitation of")
    API_KEY_CREATE = "api_key.create", _("added the API key")
    API_KEY_UPDATE = "api_key.update", _("changed the API key")
    API_KEY_ROTATE = "api_key.rotate", _("replaced the secret of the API key")
    API_KEY_TEST = "api_key.test", _("tested the API key")
    API_KEY_DROP = "api_key.drop", _("changed the address of the API key")
    API_KEY_DEFAULT = "api_key.default", _("made the default the API key")
    API_KEY_ENABLE = "api_key.enable", _("enabled the API key")
    API_KEY_DISABLE = "api_key.disable", _("disabled the API key")
    API_KEY_DELETE = "api_key.delete", _("deleted the API key")
    API_KEY_REFUSED = "api_key.refused", _("was refused with the API key")
    KEYS_ROTATE = "keys.rotate", _("encrypted anew the keys of")

    ACCOUNT_CREATE = "account.create", _("made an account")
    ACCOUNT_CONFIRM = "account.confirm", _("confirmed the address of")
    ACCOUNT_SIGN_IN = "account.sign_in", _("signed in")
    ACCOUNT_SIGN_OUT = "account.sign_out", _("signed out")
    ACCOUNT_SIGN_IN_END = "account.sign_in_end", _("ended a sign-in of")
    ACCOUNT_PASSWORD = "account.password", _("set the password of")
    ACCOUNT_FACTOR_ADD = "account.factor_add", _("added a second factor")
    ACCOUNT_FACTOR_REMOVE = "account.factor_remove", _("removed a second factor")
    ACCOUNT_FACTOR_RESET = "account.factor_reset", _("removed all second factors of")
    ACCOUNT_CODES_CREATE = "account.codes_create", _("made recovery codes")
    ACCOUNT_CODES_VIEW = "account.codes_view", _("looked at the recovery codes")
    ACCOUNT_CONNECT = "account.connect", _("connected single sign-on")
    ACCOUNT_DISCONNECT = "account.disconnect", _("removed single sign-on")
    ACCOUNT_LINK = "account.link", _("made a sign-in link for")
    ACCOUNT_DISABLE = "account.disable", _("disabled the account")
    ACCOUNT_ENABLE = "account.enable", _("enabled the account")

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

    def about(self, text: str) -> "AuditEvents":
        """What was done to what has this id or is called so; of what a sentence says, each word is in it, in the language of whoever
        asks, or in a name in it."""
        said = ~Q(object_sentence=Sentence())
        for word in filter(None, (word.strip(MARKS) for word in text.split()[:MOST_WORDS])):
            codes = codes_saying(word)
            said &= (
                Q(object_name__icontains=word)
                | Q(object_sentence__code__in=codes)
                | Q(object_sentence__job__code__in=codes)  # of a job that is rolled back
            )
        return self.filter(Q(object_name__icontains=text) | Q(object_id=text) | said)

    def update(self, **changes: Any) -> NoReturn:  # noqa: ARG002 Django's signature
        raise Unchangeable

    def delete(self) -> NoReturn:
        raise Unchangeable

    def purge(self) -> int:
        """Remove these rows for good; returns how many. For those that are older than they are kept."""
        return super().delete()[0]


class AuditEvent(models.Model):
    class Outcome(models.TextChoices):
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")  # without an error: under way, or whoever was at it died

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    workspace_id = models.UUIDField(null=True, db_index=True)
    workspace = models.CharField(max_length=60, blank=True)
    actor = models.CharField(max_length=254)
    address = models.CharField(max_length=45, blank=True)
    act = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60, blank=True)
    # its name or, where a sentence says what it is, the names in that; by these it is found
    object_name = models.CharField(max_length=300, blank=True)
    object_sentence = SentenceField()
    before = SentenceField()
    after = SentenceField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    error = models.CharField(max_length=200, blank=True)

    objects = AuditEvents.as_manager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.actor} {self.act} {self.object}"

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
    def object(self) -> str:
        """What it was done to, in words."""
        return str(self.object_sentence) or self.object_name

    @property
    def said(self) -> str:
        """The act in words; an act that is no longer known by its name."""
        return str(Act(self.act).label) if self.act in Act.values else self.act
