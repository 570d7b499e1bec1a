"""Enabling, disabling and archiving documents without losing what of their segments is off, and which keywords they have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, StatusAction
from datasets_ui.dify.errors import DifyError
from datasets_ui.models import Act, Actor, Job, Revision, SegmentStates, User, Workspace
from datasets_ui.services.documents import for_each
from datasets_ui.services.jobs import NewItem, create_job
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
    """What was done: errors by document, and the job that does the rest, if there is one."""

    failed: dict[UUID, DifyError] = field(default_factory=dict)
    job: Job | None = None
    later: bool = False  # the job does all of it, nothing was switched yet


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
    concerned = [
        document for document in documents
        # what is remembered was said when the document was switched off
        if goes_off(document, action) or (goes_on(document, action) and known_states(workspace, document) is None)
    ]  # fmt: skip
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
    if too_many(dify, dataset, [document for document in chosen if goes_off(document, action)]):
        return Switched(job=begin_switching_off(workspace, dataset, action, chosen, user, by), later=True)
    remembered: list[tuple[Document, SegmentStates]] = []
    since = timezone.now()

    def switch(document: Document) -> None:
        with locked(of_document(workspace, document.id)) as lease:
            if kept := keep(dify, workspace, dataset, document, action):
                remembered.append((document, kept))
            lease.renew()
            dify.documents.set_status(dataset.id, action, [document.id])

    failed = for_each(
        chosen, change=switch, act=Act(f"document.{action}"), by=by, workspace=workspace, dataset_id=dataset.id
    )  # fmt: skip
    back = [
        (document, kept) for document, kept in remembered
        if document.id not in failed or failed[document.id].outcome_unknown
    ]  # fmt: skip
    job = None if action in OFF else begin_putting_back(workspace, dataset, back, since.isoformat(), user, by)
    return Switched(failed, job)


def keep(
    dify: DifyClient, workspace: Workspace, dataset: Dataset, document: Document, action: StatusAction
) -> SegmentStates | None:
    """What is to be put back once the document is on again; None where nothing is. Raises DifyError."""
    if goes_off(document, action):
        return remember(
            dify=dify, workspace=workspace, dataset_id=dataset.id, document=document, economy=is_economy(dataset)
        )  # fmt: skip
    if not goes_on(document, action):
        return None
    kept = known_states(workspace, document)
    if kept is None and is_economy(dataset) and not too_many(dify, dataset, [document]):
        kept = remember(dify=dify, workspace=workspace, dataset_id=dataset.id, document=document, economy=True)
    return kept


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


def begin_putting_back(
    workspace: Workspace, dataset: Dataset, switched: list[tuple[Document, SegmentStates]], since: str, user: User, by: Actor
) -> Job | None:
    """The job that waits for Dify and then makes the segments what they were; None where nothing is to be put back."""
    items = [item for document, kept in switched for item in items_of(document, kept)]
    if not items:
        return None
    names = [document.name for document, _ in switched]
    title = f"Put back the segments of {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    job = create_job(
        workspace=workspace, kind=PutBack.name, title=title, items=items, user=user, by=by, dataset_id=dataset.id,
        parameters={"since": since},
    )  # fmt: skip
    SegmentStates.objects.filter(pk__in=[kept.pk for _, kept in switched]).update(job=job)
    return job


def items_of(document: Document, kept: SegmentStates) -> Iterator[NewItem]:
    first = 1
    for states in in_portions(kept.segments):
        data = {"document_id": str(document.id), "states": states}
        yield NewItem(f"{document.name}: {first} to {first + len(states) - 1} of {len(kept.segments)}", data)
        first += len(states)
