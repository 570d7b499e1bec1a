"""Find and replace, as people do it: a dry run first, which is a job, then the job that replaces what was left ticked."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, replace
from uuid import UUID

from django.db import transaction

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.paging import LARGEST_PAGE, MOST_ROWS, ListTooLong, iterate
from datasets_ui.models import Actor, Job, Proposal, User, Workspace
from datasets_ui.services.find_and_replace import Search
from datasets_ui.services.jobs import AT_A_TIME, NewItem, NotNow, State, create_job, locked
from datasets_ui.services.replace_jobs import Find, Replace
from datasets_ui.services.segments import fingerprint_of

LONGEST_NAMED = 60


def begin_finding(
    *,
    dify: DifyClient,
    workspace: Workspace,
    dataset: Dataset,
    document: Document | None,
    search: Search,
    user: User,
    by: Actor,
) -> Job:
    """Begin a dry run over one document, or over all of a dataset. Raises DifyError."""
    search = replace(search, economy=dataset.indexing_technique == "economy")
    parameters = {
        "search": asdict(search), "place": document.name if document else dataset.name,
        "document_id": str(document.id) if document else None,
    }  # fmt: skip
    # a list, so that all is asked for before the job is begun: nobody could write to the database meanwhile
    return create_job(
        workspace=workspace, kind=Find.name, title=f"Find {named(search.find)} in {parameters['place']}", user=user, by=by,
        items=list(items_over(dify, dataset.id, document)), dataset_id=dataset.id, parameters=parameters,
    )  # fmt: skip


def items_over(dify: DifyClient, dataset_id: UUID, document: Document | None) -> Iterator[NewItem]:
    """The pages of a document, or the documents of a dataset."""
    if document is None:
        yield from map(item, iterate(lambda number: dify.documents.page(dataset_id, number, limit=LARGEST_PAGE)))
    else:
        total = dify.segments.page(dataset_id, document.id, limit=1).total
        if total > MOST_ROWS:
            raise ListTooLong(f"At most {MOST_ROWS:,} segments are looked through at once.")
        yield from (page_item(document, first, total) for first in range(0, total, LARGEST_PAGE))


def item(document: Document, **more: int) -> NewItem:
    data = {"document_id": str(document.id), "name": document.name, "archived": document.archived}
    return NewItem(document.name, data | more)


def page_item(document: Document, first: int, total: int) -> NewItem:
    words = f"Segments {first + 1} to {min(first + LARGEST_PAGE, total)}"
    return NewItem(words, item(document, page=1 + first // LARGEST_PAGE).data)


def begin_replacing(*, job: Job, user: User, by: Actor) -> Job:
    """Begin to replace what is ticked of a dry run, once. Raises NotNow."""
    with transaction.atomic():
        job = locked(job, State.DONE, State.STOPPED)
        if begun_as(job):
            raise NotNow("This was begun already.")
        ticked = job.proposals.filter(ticked=True)
        if not ticked.exists():
            raise NotNow("Nothing is ticked.")
        search = Search(**job.parameters["search"])
        replacing = create_job(
            workspace=job.workspace, kind=Replace.name, title=title_of(search), user=user, by=by,
            items=to_replace(ticked.iterator(AT_A_TIME)), dataset_id=job.dataset_id, parameters={"search": asdict(search)},
        )  # fmt: skip
        Job.objects.filter(pk=job.pk).update(parameters=job.parameters | {"begun": str(replacing.id)})
    return replacing


def begun_as(job: Job) -> UUID | None:
    """The job that replaces what this dry run has found."""
    begun = job.parameters.get("begun")
    return UUID(begun) if begun else None


def to_replace(proposals: Iterable[Proposal]) -> Iterator[NewItem]:
    for proposal in proposals:
        data = {
            "document_id": str(proposal.document_id), "segment_id": str(proposal.segment_id),
            "looked_at": fingerprint_of(proposal.before),
        }  # fmt: skip
        yield NewItem(str(proposal), data)


def tick(*, job: Job, shown: Collection[int], ticked: Collection[int]) -> None:
    """Keep which of the proposals that were shown are to be made."""
    proposals = job.proposals.filter(pk__in=shown, obstacle="")
    proposals.filter(pk__in=ticked).update(ticked=True)
    proposals.exclude(pk__in=ticked).update(ticked=False)


def tick_all(*, job: Job, ticked: bool) -> None:
    job.proposals.filter(obstacle="").update(ticked=ticked)


def title_of(search: Search) -> str:
    return f"Replace {named(search.find)} by {named(search.replace)}" if search.replace else f"Take out {named(search.find)}"


def named(text: str) -> str:
    return f"“{text if len(text) <= LONGEST_NAMED else text[: LONGEST_NAMED - 1] + '…'}”"
