"""Find and replace over many segments: the kind of job that finds, which writes nothing in Dify, and the one that replaces.

The parameters of both hold the `search`.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.paging import LARGEST_PAGE, Page, iterate
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Proposal, Sentence
from datasets_ui.services.history import facts
from datasets_ui.services.jobs.kinds import Context, Data, DocumentItem, Failed, Kind, SegmentItem, Skipped
from datasets_ui.services.jobs.registry import register
from datasets_ui.services.segments.completion import missing
from datasets_ui.services.segments.editing import fingerprint, write_segment
from datasets_ui.services.segments.jobs import holds, opened
from datasets_ui.services.segments.texts import text_of
from datasets_ui.text.find_and_replace import Facts, Search, TooSlow

MOST_SECONDS = 600.0  # for the pages of one document


class FindItem(DocumentItem):
    """A document to look through: its name, whether it is archived, and which page of it, or all."""

    name: str
    archived: bool = False
    page: int | None = None


class ReplaceItem(SegmentItem):
    """A segment to write over, by the fingerprint of what was looked at."""

    looked_at: str


@register
class Find(Kind[FindItem]):
    """Keeps a proposal for each segment in which something is to be replaced."""

    name = "find"
    item = FindItem

    def run(self, item: FindItem, context: Context) -> Data | None:
        try:
            for rows in self.pages(item, context):
                Proposal.objects.bulk_create(self.proposals(rows, item, context), ignore_conflicts=True)
        except NotFound:
            raise Skipped("document_gone") from None
        return None

    def pages(self, item: FindItem, context: Context) -> Iterator[list[Segment]]:
        """One after the other, so that no more than one is in memory."""
        dataset = context.dataset

        def fetch(number: int) -> Page[Segment]:
            return dataset.dify.segments.page(dataset.dataset_id, item.document_id, number, limit=LARGEST_PAGE)

        if item.page is not None:
            yield fetch(item.page).data
            return
        rows = iterate(fetch, seconds=MOST_SECONDS)
        while some := list(islice(rows, LARGEST_PAGE)):
            yield some

    def proposals(self, rows: Iterable[Segment], item: FindItem, context: Context) -> Iterator[Proposal]:
        search = Search(**context.parameters["search"])
        for row in rows:
            before, after = facts(row), changed(search, facts(row), row.position)
            if before == after:
                continue
            obstacle = Sentence.of("document_archived") if item.archived else Sentence(*search.obstacle(before, after))
            yield Proposal(
                job_id=context.job_id,
                document=item.name[:300],
                document_id=item.document_id,
                segment_id=row.id,
                position=row.position,
                before=before,
                obstacle=obstacle,
                ticked=not obstacle,
            )


@register
class Replace(Kind[ReplaceItem]):
    """Writes what was proposed."""

    name = "replace"
    can_undo = True
    item = ReplaceItem

    def run(self, item: ReplaceItem, context: Context) -> Data | None:
        search = Search(**context.parameters["search"])
        with opened(item, context) as current:
            if context.noted and holds(current, changed(search, context.noted, current.position)):
                return None  # by an earlier attempt, whose answer was lost
            if fingerprint(current) != item.looked_at:
                raise Skipped("changed_since_looked_at")
            was = facts(current)
            context.note(self.checked(current, was))
            return self.write(item, current, changed(search, was, current.position), context)

    def undo(self, item: ReplaceItem, result: Data, context: Context) -> Data | None:
        search = Search(**context.parameters["search"])
        with opened(item, context) as current:
            if holds(current, result):
                if not context.noted:
                    raise Skipped("as_before")
                return None
            if not holds(current, changed(search, result, current.position)):
                raise Skipped("changed_since")
            context.note(self.checked(current, {"begun": True}))
            return self.write(item, current, result, context)

    def checked(self, current: Segment, note: Data) -> Data:
        """What to note, where Dify would take a change. Raises Failed."""
        if not current.enabled:
            raise Failed("segment_disabled")
        return note

    def write(self, item: ReplaceItem, current: Segment, text: Facts, context: Context) -> Data:
        saved = write_segment(context.document(item), current, text_of(text))
        return {"said": missing(saved, keywords=text["keywords"], attachment_ids=current.attachment_ids or []).to_store()}


def changed(search: Search, was: Facts, position: int) -> Facts:
    """Raises Failed."""
    try:
        return search.changed(was)
    except TooSlow:
        raise Failed("too_slow", position=position) from None
