"""Enabling, disabling and archiving documents without losing what of their segments is off, and which keywords they have."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, StatusAction
from datasets_ui.dify.errors import DifyError
from datasets_ui.models import Act, Job, Revision, SegmentStates, Sentence, Workspace
from datasets_ui.services.documents.changing import change_each
from datasets_ui.services.documents.jobs import PutBack, PutBackItem, SwitchItem, SwitchOff
from datasets_ui.services.documents.segment_states import in_portions, is_on, known_states, remember, states_of
from datasets_ui.services.jobs.control import NewItem, NewJob, NotNow, begin_job, stop_job
from datasets_ui.services.locks import locked, of_document
from datasets_ui.services.scope import DatasetScope, Writing

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


def risks_of(scope: DatasetScope, dataset: Dataset, documents: Iterable[Document], action: StatusAction) -> list[Risk]:
    """For which of the documents there is something to say before they are switched. Raises DifyError."""
    concerned = [document for document in documents if needs_looking_at(scope.workspace, document, action)]
    many = too_many(scope, concerned)
    found = (
        Risk(document, unknown=goes_on(document, action), many=True)
        if many
        else risk_of(scope, document, action, economy=dataset.is_economy)
        for document in concerned
    )
    return [risk for risk in found if risk.any]


def risk_of(scope: DatasetScope, document: Document, action: StatusAction, *, economy: bool) -> Risk:
    states = list(states_of(scope, document, economy=economy))
    edits = scope.workspace.revisions.filter(document_id=document.id, kind=Revision.Kind.UPDATE)
    here = {str(segment_id) for segment_id in edits.values_list("segment_id", flat=True)}  # keywords alone Dify does not note
    return Risk(
        document,
        off=sum(state["enabled"] is False for state in states),
        edited=sum(state["edited"] or state["id"] in here for state in states) if economy else 0,
        unknown=goes_on(document, action),
    )


def switch_documents(scope: DatasetScope, dataset: Dataset, documents: Iterable[Document], action: StatusAction) -> Switched:
    """Enable, disable, archive or un-archive each. What of its segments Dify would lose is remembered before, and put back after by
    a job. One call for each document: of a list the API stops at the first it cannot change, and does not say where."""
    chosen = list(documents)
    concerned = [document for document in chosen if needs_looking_at(scope.workspace, document, action)]
    many = too_many(scope, concerned)
    if many and action in OFF:
        return Switched(jobs=[begin_switching_off(scope, chosen, action, economy=dataset.is_economy)], later=True)
    done = Switched()
    switch = Switch(scope, action, dataset.is_economy, many, done.jobs)
    done.failed = change_each(scope, Act(f"document.{action}"), chosen, switch.document)
    return done


def needs_looking_at(workspace: Workspace, document: Document, action: StatusAction) -> bool:
    """Whether its segments are read before it is switched; what is remembered was said when the document was switched off."""
    return goes_off(document, action) or (goes_on(document, action) and known_states(workspace, document) is None)


@dataclass(frozen=True)
class Switch:
    """One press: what is done, whether the index is `economy`, and the jobs that go on with it. With `many` nothing is read of the
    segments."""

    scope: DatasetScope
    action: StatusAction
    economy: bool
    many: bool
    jobs: list[Job]

    def document(self, document: Document, writing: Writing) -> None:
        """Raises DifyError."""
        scope = self.scope
        with locked(of_document(scope.workspace, document.id)) as lease:
            document = scope.dify.documents.get(scope.dataset_id, document.id)  # as it is under the lock
            before = scope.workspace.segment_states.filter(document_id=document.id).first()
            kept = self.keep(document)
            # before the call, so that it is there whatever happens afterwards; it waits for Dify
            job = self.begin_putting_back(document, kept) if kept and goes_on(document, self.action) else None
            try:
                lease.renew()
                writing.dify.documents.set_status(scope.dataset_id, self.action, [document.id])
            except DifyError as error:
                if not error.outcome_unknown:
                    self.take_back(document, before, job)
                raise
        if job:
            self.jobs.append(job)

    def keep(self, document: Document) -> SegmentStates | None:
        """What is to be put back once the document is on again; None where nothing is. Raises DifyError."""
        if goes_off(document, self.action):
            return remember(self.scope, document, economy=self.economy, by_archive=self.action == "archive")
        kept = None if is_on(document) else known_states(self.scope.workspace, document)
        if goes_on(document, self.action):
            reads = self.economy and not self.many
            return kept or (remember(self.scope, document, economy=True) if reads else None)
        if kept:  # it stays off, by the other of the two: known from now on by that
            kept.by_archive = {"un_archive": False, "enable": True}.get(self.action, kept.by_archive)
            kept.save()
        return None

    def begin_putting_back(self, document: Document, kept: SegmentStates) -> Job | None:
        """The job that waits for Dify and then makes the segments what they were; None where nothing is to be put back."""
        if not kept.segments:
            kept.delete()
            return None
        title = Sentence.of("put_back_segments", document=document.name)
        parameters = {"since": timezone.now().isoformat()}
        new = NewJob(PutBack, title, items_of(document, kept), parameters)
        kept.job = begin_job(self.scope, new)
        kept.save()
        return kept.job

    def take_back(self, document: Document, before: SegmentStates | None, job: Job | None) -> None:
        """Dify refused: nothing is to be put back that was not before."""
        if job:
            with suppress(NotNow):  # it may be over already
                stop_job(self.scope, job)
        self.scope.workspace.segment_states.filter(document_id=document.id).delete()
        if before:
            before.save(force_insert=True)


def too_many(scope: DatasetScope, documents: list[Document]) -> bool:
    """Whether they have more segments than are read while somebody waits. Raises DifyError."""
    total = 0
    for document in documents:
        total += scope.dify.segments.page(scope.dataset_id, document.id, limit=1).total
        if total > MOST_SEGMENTS:
            return True
    return False


def begin_switching_off(scope: DatasetScope, documents: list[Document], action: StatusAction, *, economy: bool) -> Job:
    items = [NewItem(document.name, SwitchItem(document_id=document.id, name=document.name)) for document in documents]
    title = Sentence.of(f"{action}_documents", number=len(items))
    return begin_job(scope, NewJob(SwitchOff, title, items, {"action": action, "economy": economy}))


def items_of(document: Document, kept: SegmentStates) -> Iterator[NewItem[PutBackItem]]:
    first, total = 1, len(kept.segments)
    for states in in_portions(kept.segments):
        target = Sentence.of("portion", document=document.name, first=first, last=first + len(states) - 1, total=total)
        yield NewItem(target, PutBackItem(document_id=document.id, states=states))
        first += len(states)
