"""Find and replace, as people do it: a dry run first, which is a job, then the job that replaces what was left ticked."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, replace
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.paging import LARGEST_PAGE, MOST_ROWS, ListTooLong, iterate
from datasets_ui.dify.words import Filled
from datasets_ui.models import Job, Proposal, Sentence
from datasets_ui.services.jobs.control import AT_A_TIME, NewItem, NewJob, NotNow, State, begin_job, locked
from datasets_ui.services.replacements.jobs import Find, FindItem, Replace, ReplaceItem
from datasets_ui.services.scope import DatasetScope, Scope
from datasets_ui.services.segments.editing import fingerprint_of
from datasets_ui.services.segments.overview import TOO_MANY
from datasets_ui.text.find_and_replace import Search

LONGEST_NAMED = 60


def begin_finding(scope: DatasetScope, dataset: Dataset, document: Document | None, search: Search) -> Job:
    """Begin a dry run over one document, or over all of a dataset. Raises DifyError."""
    search = replace(search, economy=dataset.is_economy)
    where = document.name if document else dataset.name
    parameters = {
        "search": asdict(search),
        "place": where,
        "document_id": str(document.id) if document else None,
    }
    # a list, so that all is asked for before the job is begun: nobody could write to the database meanwhile
    items = list(items_over(scope, document))
    title = Sentence.of("find", find=shortened(search.find), place=where)
    return begin_job(scope, NewJob(Find, title, items, parameters))


def items_over(scope: DatasetScope, document: Document | None) -> Iterator[NewItem[FindItem]]:
    """The pages of a document, or the documents of a dataset."""
    if document is None:
        rows = iterate(lambda number: scope.dify.documents.page(scope.dataset_id, number, limit=LARGEST_PAGE))
        yield from (NewItem(row.name, find_item(row)) for row in rows)
    else:
        total = scope.dify.segments.page(scope.dataset_id, document.id, limit=1).total
        if total > MOST_ROWS:
            raise ListTooLong(Filled(TOO_MANY, number=MOST_ROWS))
        yield from (page_item(document, first, total) for first in range(0, total, LARGEST_PAGE))


def find_item(document: Document, page: int | None = None) -> FindItem:
    return FindItem(document_id=document.id, name=document.name, archived=document.archived, page=page)


def page_item(document: Document, first: int, total: int) -> NewItem[FindItem]:
    target = Sentence.of("segments_of_page", first=first + 1, last=min(first + LARGEST_PAGE, total))
    return NewItem(target, find_item(document, 1 + first // LARGEST_PAGE))


def begin_replacing(scope: Scope, job: Job) -> Job:
    """Begin to replace what is ticked of a dry run, once. Raises NotNow."""
    with transaction.atomic():
        job = locked(job, State.DONE, State.STOPPED)
        if begun_as(job):
            raise NotNow(gettext("This was begun already."))
        ticked = job.proposals.filter(ticked=True)
        if not ticked.exists():
            raise NotNow(gettext("Nothing is selected."))
        search = Search(**job.parameters["search"])
        items = to_replace(ticked.iterator(AT_A_TIME))
        replacing = begin_job(scope, NewJob(Replace, title_of(search), items, {"search": asdict(search)}, job.dataset_id))
        Job.objects.filter(pk=job.pk).update(parameters=job.parameters | {"begun": str(replacing.id)})
    return replacing


def begun_as(job: Job) -> UUID | None:
    """The job that replaces what this dry run has found."""
    begun = job.parameters.get("begun")
    return UUID(begun) if begun else None


def to_replace(proposals: Iterable[Proposal]) -> Iterator[NewItem[ReplaceItem]]:
    for proposal in proposals:
        item = ReplaceItem(
            document_id=proposal.document_id,
            segment_id=proposal.segment_id,
            looked_at=fingerprint_of(proposal.before),
        )
        yield NewItem(proposal.place, item)


def tick(*, job: Job, shown: Collection[int], ticked: Collection[int]) -> None:
    """Keep which of the proposals that were shown are to be made."""
    proposals = job.proposals.filter(pk__in=shown, obstacle=Sentence())
    proposals.filter(pk__in=ticked).update(ticked=True)
    proposals.exclude(pk__in=ticked).update(ticked=False)


def tick_all(*, job: Job, ticked: bool) -> None:
    job.proposals.filter(obstacle=Sentence()).update(ticked=ticked)


def title_of(search: Search) -> Sentence:
    find, by = shortened(search.find), shortened(search.replace)
    return Sentence.of("replace", find=find, replace=by) if by else Sentence.of("take_out", find=find)


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_NAMED else text[: LONGEST_NAMED - 1] + "…"
