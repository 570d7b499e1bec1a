"""Enabling, disabling and archiving documents without losing what of their segments is off, and which keywords they have."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, StatusAction
from datasets_ui.dify.errors import DifyError
from datasets_ui.models import Act, Actor, Job, Revision, SegmentStates, User, Workspace
from datasets_ui.services.documents import for_each
from datasets_ui.services.jobs import NewItem, NotNow, create_job, stop_job
from datasets_ui.services.locks import locked, of_document
from datasets_ui.services.segment_states import in_portions, is_on, known_states, remember, states_of
from datasets_ui.services.status_jobs import PutBack, SwitchOff

# What one press reads while somebody waits; of more a job is made.
MOST_SEGMENTS = 2000
OFF: frozenset[StatusAction] = frozenset({"disable", "archive"})


@dataclass
class Risk:
    """What switching a document means for its segments. `off` and `edited` count those that are off, and those that somebody has
    edited, which stands for keywords by hand; `unknown` says that nobody here knows which were off; `many` that they are too many
    to be looked at now."""

    document: Document
    off: int = 0
    edited: int = 0
    unknown: bool = False
    many: bool = False

    @property
    def any(self) -> bool:
        return bool(self.off or self.edited or self.unknown or self.many)


@dataclass
class Switched:
    """What was done: errors by document, and the jobs that do the rest."""

    failed: dict[UUID, DifyError] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    later: bool = False  # a job does all of it, nothing was switched yet


def goes_on(document: Document, action: StatusAction) -> bool:
    """Whether a document is switched on by this action, and not only made ready for it."""
    ready = not document.archived if action == "enable" else document.enabled
    return action not in OFF and ready and not is_on(document)


def goes_off(document: Document, action: StatusAction) -> bool:
    return action in OFF and is_on(document)


def risks_of(
    *, dify: DifyClient, workspace: Workspace, dataset: Dataset, documents: Iterable[Document], action: StatusAction
) -> list[Risk]:  # fmt: skip
    """For which of the documents there is something to say before they are switched. Raises DifyError."""
    concerned = [document for document in documents if needs_looking_at(workspace, document, action)]
    many = too_many(dify, dataset, concerned)
    found = (
        Risk(document, unknown=goes_on(document, action), many=True)
        if many
        else risk_of(dify, workspace, dataset, document, action)
        for document in concerned
    )
    return [risk for risk in found if risk.any]


def risk_of(
    dify: DifyClient, workspace: Workspace, dataset: Dataset, document: Document, action: StatusAction
) -> Risk:  # fmt: skip
    states = list(states_of(dify, dataset.id, document, economy=is_economy(dataset)))
    edits = workspace.revisions.filter(document_id=document.id, kind=Revision.Kind.UPDATE)
    here = {str(segment_id) for segment_id in edits.values_list("segment_id", flat=True)}  # keywords alone Dify does not note
    return Risk(
        document,
        off=sum(state["enabled"] is False for state in states),
        edited=sum(state["edited"] or state["id"] in here for state in states) if is_economy(dataset) else 0,
        unknown=goes_on(document, action),
    )


def is_economy(dataset: Dataset) -> bool:
    return dataset.indexing_technique == "economy"


def switch_documents(
    *, dify: DifyClient, workspace: Workspace, dataset: Dataset, action: StatusAction, documents: Iterable[Document], user: User,
    by: Actor,
) -> Switched:  # fmt: skip
    """Enable, disable, archive or un-archive each. What of its segments Dify would lose is remembered before, and put back after by
    a job. One call for each document: of a list the API stops at the first it cannot change, and does not say where."""
    chosen = list(documents)
    concerned = [document for document in chosen if needs_looking_at(workspace, document, action)]
    many = too_many(dify, dataset, concerned)
    if many and action in OFF:
        return Switched(jobs=[begin_switching_off(workspace, dataset, action, chosen, user, by)], later=True)
    done = Switched()
    switch = Switch(dify, workspace, dataset, action, many, user, by, done.jobs)
    done.failed = for_each(
        chosen, change=switch.document, act=Act(f"document.{action}"), by=by, workspace=workspace, dataset_id=dataset.id
    )  # fmt: skip
    return done


def needs_looking_at(workspace: Workspace, document: Document, action: StatusAction) -> bool:
    """Whether its segments are read before it is switched; what is remembered was said when the document was switched off."""
    return goes_off(document, action) or (goes_on(document, action) and known_states(workspace, document) is None)


@dataclass(frozen=True)
class Switch:
    """One press: what is switched, by whom, and the jobs that go on with it. With `many` nothing is read of the segments."""

    dify: DifyClient
    workspace: Workspace
    dataset: Dataset
    action: StatusAction
    many: bool
    user: User
    by: Actor
    jobs: list[Job]

    def document(self, document: Document) -> None:
        """Raises DifyError."""
        with locked(of_document(self.workspace, document.id)) as lease:
            document = self.dify.documents.get(self.dataset.id, document.id)  # as it is under the lock
            before = self.workspace.segment_states.filter(document_id=document.id).first()
            kept = self.keep(document)
            # before the call, so that it is there whatever happens afterwards; it waits for Dify
            job = self.begin_putting_back(document, kept) if kept and goes_on(document, self.action) else None
            try:
                lease.renew()
                self.dify.documents.set_status(self.dataset.id, self.action, [document.id])
            except DifyError as error:
                if not error.outcome_unknown:
                    self.take_back(document, before, job)
                raise
        if job:
            self.jobs.append(job)

    def keep(self, document: Document) -> SegmentStates | None:
        """What is to be put back once the document is on again; None where nothing is. Raises DifyError."""
        told: dict[str, Any] = {
            "dify": self.dify,
            "workspace": self.workspace,
            "dataset_id": self.dataset.id,
            "document": document,
        }
        economy = is_economy(self.dataset)
        if goes_off(document, self.action):
            return remember(**told, economy=economy, by_archive=self.action == "archive")
        kept = None if is_on(document) else known_states(self.workspace, document)
        if goes_on(document, self.action):
            return kept or (remember(**told, economy=True) if economy and not self.many else None)
        if kept:  # it stays off, by the other of the two: known from now on by that
            kept.by_archive = {"un_archive": False, "enable": True}.get(self.action, kept.by_archive)
            kept.save()
        return None

    def begin_putting_back(self, document: Document, kept: SegmentStates) -> Job | None:
        """The job that waits for Dify and then makes the segments what they were; None where nothing is to be put back."""
        if not kept.segments:
            kept.delete()
            return None
        kept.job = create_job(
            workspace=self.workspace, kind=PutBack.name, title=f"Put back the segments of {document.name}", user=self.user,
            items=items_of(document, kept), by=self.by, dataset_id=self.dataset.id,
            parameters={"since": timezone.now().isoformat()},
        )  # fmt: skip
        kept.save()
        return kept.job

    def take_back(self, document: Document, before: SegmentStates | None, job: Job | None) -> None:
        """Dify refused: nothing is to be put back that was not before."""
        if job:
            with suppress(NotNow):  # it may be over already
                stop_job(job=job, by=self.by)
        self.workspace.segment_states.filter(document_id=document.id).delete()
        if before:
            before.save(force_insert=True)


def too_many(dify: DifyClient, dataset: Dataset, documents: list[Document]) -> bool:
    """Whether they have more segments than are read while somebody waits. Raises DifyError."""
    total = 0
    for document in documents:
        total += dify.segments.page(dataset.id, document.id, limit=1).total
        if total > MOST_SEGMENTS:
            return True
    return False


def begin_switching_off(
    workspace: Workspace, dataset: Dataset, action: StatusAction, documents: list[Document], user: User, by: Actor
) -> Job:
    items = [NewItem(document.name, {"document_id": str(document.id), "name": document.name}) for document in documents]
    words = "Disable" if action == "disable" else "Archive"
    return create_job(
        workspace=workspace, kind=SwitchOff.name, title=f"{words} {len(items)} document{'s' if len(items) > 1 else ''}",
        items=items, user=user, by=by, dataset_id=dataset.id, parameters={"action": action, "economy": is_economy(dataset)},
    )  # fmt: skip


def items_of(document: Document, kept: SegmentStates) -> Iterator[NewItem]:
    first = 1
    for states in in_portions(kept.segments):
        data = {"document_id": str(document.id), "states": states}
        yield NewItem(f"{document.name}: {first} to {first + len(states) - 1} of {len(kept.segments)}", data)
        first += len(states)
