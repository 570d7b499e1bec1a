"""Where one stands, and who acts: what every service is told first; and the frame of whatever is changed there.

A class for each level, so that a service says by its types how far down it has to be called from. The client that a scope carries
only reads. Whatever changes something in Dify does so with the client that `writing` hands out, and with it come the audit row, the
earlier version in the history, and that pages look again: none of them can be forgotten.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.errors import DifyError
from datasets_ui.models import Act, Actor, AuditEvent, Revision, Sentence, Target, User, Workspace
from datasets_ui.services.audit import record, settle
from datasets_ui.services.cached import forget_dataset, look_again

Outcome, Kind = Revision.Outcome, Revision.Kind

# what is kept in the history of a segment
KEPT: dict[Act, Revision.Kind] = {
    Act.SEGMENT_CREATE: Kind.CREATE,
    Act.SEGMENT_UPDATE: Kind.UPDATE,
    Act.SEGMENT_ENABLE: Kind.ENABLE,
    Act.SEGMENT_DISABLE: Kind.DISABLE,
    Act.SEGMENT_DELETE: Kind.DELETE,
    Act.SEGMENT_REGENERATE: Kind.REGENERATE,
    Act.CHILD_CHUNK_CREATE: Kind.CHILD_CREATE,
    Act.CHILD_CHUNK_UPDATE: Kind.CHILD_UPDATE,
    Act.CHILD_CHUNK_DELETE: Kind.CHILD_DELETE,
}


@dataclass(frozen=True)
class Change(Target):
    """The target of an act that the history keeps: which segment or child chunk it is, where it is known already, what of it can be
    brought back, and what it is to become."""

    segment_id: UUID | None = None
    child_chunk_id: UUID | None = None
    position: int = 0
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


@dataclass(frozen=True)
class Writing:
    """What a frame hands out: the client that may change something, and the row of the history where the act is kept there."""

    dify: DifyClient
    kept: Revision | None

    @property
    def revision(self) -> Revision:
        """Of an act that is kept."""
        if self.kept is None:
            raise TypeError("This act is not kept in the history.")
        return self.kept


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A workspace, and who acts in it; `user` is the account that answers for it, where it is one."""

    workspace: Workspace
    by: Actor
    user: User | None = None

    def record(self, act: Act, target: Target, *, before: str | Sentence = "", after: str | Sentence = "") -> None:
        """The audit row of an act that is done here, in the transaction that does it."""
        record(by=self.by, workspace=self.workspace, act=act, target=target, before=before, after=after)

    def connected(self, dify: DifyClient) -> "ApiScope":
        return ApiScope(workspace=self.workspace, by=self.by, user=self.user, dify=dify)


@dataclass(frozen=True, kw_only=True)
class ApiScope(Scope):
    """A workspace with the client of its API."""

    dify: DifyClient = field(repr=False)

    def dataset(self, dataset_id: UUID) -> "DatasetScope":
        return DatasetScope(workspace=self.workspace, by=self.by, user=self.user, dify=self.dify, dataset_id=dataset_id)

    @contextmanager
    def writing(
        self, act: Act, target: Target, *, before: str | Sentence = "", after: str | Sentence = ""
    ) -> Iterator[Writing]:
        """The frame of one act in the API. Its rows are there before it is tried, so that a process that dies over it leaves a
        trace, and say afterwards whether it was done, failed, or may have been done. An act that the history keeps has a Change for
        its target. What was seen before does not count afterwards, however it ended."""
        kept = self.keep(KEPT.get(act), target)
        event = record(
            by=self.by,
            workspace=self.workspace,
            act=act,
            target=target,
            before=before,
            after=after,
            outcome=AuditEvent.Outcome.UNKNOWN,
        )
        try:
            yield Writing(self.dify.writing(), kept)
        except DifyError as error:
            settle(event, kept, Outcome.UNKNOWN if error.outcome_unknown else Outcome.FAILED, error.code)
            raise
        finally:
            self.look_again()
        settle(event, kept, Outcome.DONE)

    def keep(self, kind: Revision.Kind | None, target: Target) -> Revision | None:
        """Above a document nothing is kept."""
        if kind is not None or isinstance(target, Change):
            raise TypeError("The history keeps what is changed in a document.")
        return None

    def look_again(self) -> None:
        """Let pages ask the API again for what may have changed."""


@dataclass(frozen=True, kw_only=True)
class DatasetScope(ApiScope):
    """A dataset; `dify` is the client of the API that serves it."""

    dataset_id: UUID

    @property
    def dataset_route(self) -> tuple[str, UUID]:
        """The arguments of the dataset's addresses."""
        return self.workspace.slug, self.dataset_id

    def document(self, document_id: UUID) -> "DocumentScope":
        return DocumentScope(
            workspace=self.workspace,
            by=self.by,
            user=self.user,
            dify=self.dify,
            dataset_id=self.dataset_id,
            document_id=document_id,
        )

    def look_again(self) -> None:
        forget_dataset(self.workspace, self.dataset_id)


@dataclass(frozen=True, kw_only=True)
class DocumentScope(DatasetScope):
    """A document of a dataset."""

    document_id: UUID

    @property
    def document_route(self) -> tuple[str, UUID, UUID]:
        """The arguments of the document's addresses."""
        return self.workspace.slug, self.dataset_id, self.document_id

    def segment(self, segment_id: UUID) -> "SegmentScope":
        return SegmentScope(
            workspace=self.workspace,
            by=self.by,
            user=self.user,
            dify=self.dify,
            dataset_id=self.dataset_id,
            document_id=self.document_id,
            segment_id=segment_id,
        )

    def keep(self, kind: Revision.Kind | None, target: Target) -> Revision | None:
        """The row is there before the change is made."""
        if kind is None:
            return super().keep(kind, target)
        if not isinstance(target, Change):
            raise TypeError(f"What becomes of the segment is not said: {kind}.")
        return Revision.objects.create(
            workspace=self.workspace,
            dataset_id=self.dataset_id,
            document_id=self.document_id,
            segment_id=target.segment_id,
            child_chunk_id=target.child_chunk_id,
            position=target.position,
            kind=kind,
            before=target.before,
            after=target.after,
            by=self.by.name,
        )

    def look_again(self) -> None:
        super().look_again()
        look_again(self.workspace, self.document_id)


@dataclass(frozen=True, kw_only=True)
class SegmentScope(DocumentScope):
    """A segment of a document."""

    segment_id: UUID

    @property
    def segment_route(self) -> tuple[str, UUID, UUID, UUID]:
        """The arguments of the segment's addresses."""
        return self.workspace.slug, self.dataset_id, self.document_id, self.segment_id

    @property
    def ids(self) -> tuple[UUID, UUID, UUID]:
        """As the calls of the API want them."""
        return self.dataset_id, self.document_id, self.segment_id
