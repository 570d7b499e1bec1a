"""Find and replace over many segments: the kind of job that finds, which writes nothing in Dify, and the one that replaces.

The parameters of both hold the `search`.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.paging import LARGEST_PAGE, Page, iterate
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Proposal
from datasets_ui.services.completion import missing
from datasets_ui.services.find_and_replace import Facts, Search, TooSlow
from datasets_ui.services.job_kinds import Context, Data, Failed, Kind, Skipped
from datasets_ui.services.revisions import facts
from datasets_ui.services.segment_jobs import CHANGED, DISABLED, around, opened, same_words
from datasets_ui.services.segments import fingerprint, write_segment

MOST_SECONDS = 600.0  # for the pages of one document
LOOKED_AT = "It was changed since you looked at it; nothing was written."
TOO_SLOW = "The pattern takes too long for #{position}. Make it simpler and look again."


class Find(Kind):
    """Keeps a proposal for each segment in which something is to be replaced. The data: document_id, its name and whether it is
    archived, and `page`, or without it all pages."""

    name = "find"

    def run(self, data: Data, context: Context) -> Data | None:
        try:
            for rows in self.pages(data, context):
                Proposal.objects.bulk_create(self.proposals(rows, data, context), ignore_conflicts=True)
        except NotFound:
            raise Skipped("The document is gone.") from None
        return None

    def pages(self, data: Data, context: Context) -> Iterator[list[Segment]]:
        """One after the other, so that no more than one is in memory."""

        def fetch(number: int) -> Page[Segment]:
            return context.dify.segments.page(context.dataset_id, UUID(data["document_id"]), number, limit=LARGEST_PAGE)

        if "page" in data:
            yield fetch(data["page"]).data
            return
        rows = iterate(fetch, seconds=MOST_SECONDS)
        while some := list(islice(rows, LARGEST_PAGE)):
            yield some

    def proposals(self, rows: Iterable[Segment], data: Data, context: Context) -> Iterator[Proposal]:
        search = Search(**context.parameters["search"])
        for row in rows:
            before, after = facts(row), changed(search, facts(row), row.position)
            if before == after:
                continue
            obstacle = "The document is archived." if data["archived"] else search.obstacle(before, after)
            yield Proposal(
                job_id=context.job_id, document=data["name"][:300], document_id=data["document_id"], segment_id=row.id,
                position=row.position, before=before, obstacle=obstacle, ticked=not obstacle,
            )  # fmt: skip


class Replace(Kind):
    """Writes what was proposed. The data: document_id, segment_id, and the fingerprint of what was looked at."""

    name = "replace"
    can_undo = True

    def run(self, data: Data, context: Context) -> Data | None:
        search = Search(**context.parameters["search"])
        with opened(data, context) as current:
            if context.noted and holds(current, changed(search, context.noted, current.position)):
                return None  # by an earlier attempt, whose answer was lost
            if fingerprint(current) != data["looked_at"]:
                raise Skipped(LOOKED_AT)
            was = facts(current)
            return self.write(data, current, changed(search, was, current.position), was, context)

    def undo(self, data: Data, result: Data, context: Context) -> Data | None:
        search = Search(**context.parameters["search"])
        with opened(data, context) as current:
            if holds(current, result):
                if not context.noted:
                    raise Skipped("It is what it was already.")
                return None
            if not holds(current, changed(search, result, current.position)):
                raise Skipped(CHANGED)
            return self.write(data, current, result, {"begun": True}, context)

    def write(self, data: Data, current: Segment, text: Facts, note: Data, context: Context) -> Data:
        if not current.enabled:
            raise Failed(DISABLED)
        context.note(note)
        saved = write_segment(
            **around(data, context), current=current, content=text["content"], answer=text["answer"], keywords=text["keywords"]
        )
        return {"said": missing(saved, keywords=text["keywords"], attachment_ids=current.attachment_ids or [])}


def changed(search: Search, was: Facts, position: int) -> Facts:
    """Raises Failed."""
    try:
        return search.changed(was)
    except TooSlow:
        raise Failed(TOO_SLOW.format(position=position)) from None


def holds(segment: Segment, text: Facts) -> bool:
    """Whether this is what was written. In place of no keywords the API may have put its own."""
    same_text = (segment.content, segment.answer or "") == (text["content"], text["answer"] or "")
    return same_text and (not text["keywords"] or same_words(segment, text["keywords"]))
