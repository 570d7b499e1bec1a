"""Cutting a segment in two, and joining neighbours. The API has no position, and no change of two segments at once: each order of calls is chosen so that
whatever fails half-way leaves text twice, and never loses it."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import DifyError, NotFound
from datasets_ui.dify.obstacles import document_obstacle, segment_obstacle
from datasets_ui.dify.paging import LARGEST_PAGE, Page
from datasets_ui.dify.segments import Segment, linked_attachments
from datasets_ui.models import Sentence
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.scope import DocumentScope
from datasets_ui.services.segments.completion import each_once, missing
from datasets_ui.services.segments.editing import (
    ChangedMeanwhile,
    create_segment,
    delete_current,
    fingerprint,
    read_segment,
    write_segment,
)
from datasets_ui.services.segments.texts import SegmentText

MOST_MERGED = 20


class Refused(Exception):
    """It cannot be done as things are, and nothing was written; the message says why."""


class SplitHalfway(Exception):
    """The second part was added, and the segment still holds all of its text; `error` is None where Dify stored the second part
    and could not index it."""

    def __init__(self, added: Segment, error: DifyError | None = None) -> None:
        super().__init__(str(added.id))
        self.added, self.error = added, error


class PartsChanged(Exception):
    """The segments are not what they were when the joined text was shown; nothing was written."""


class MergeHalfway(Exception):
    """The joined text is in the first segment, and the segments of `left` are still there too; `error` is None where Dify stored
    the joined text and could not index it, or left out what is `missing`, as a sentence."""

    def __init__(
        self, first: Segment, left: list[Segment], error: DifyError | None = None, missing: Sentence | None = None
    ) -> None:
        super().__init__(str(first.id))
        self.first, self.left, self.error, self.missing = first, left, error, missing


def check_document(document: Document) -> None:
    """Raises Refused for a document whose segments cannot be changed."""
    if obstacle := document_obstacle(document):
        raise Refused(_(obstacle.refusal) % {"name": document.name})


def check_segment(segment: Segment) -> None:
    """Raises Refused for a segment that Dify would not change."""
    if obstacle := segment_obstacle(segment):
        raise Refused(_(obstacle.refusal) % {"position": segment.position, "reason": segment.error or _("no reason given")})


def to_split(scope: DocumentScope, segment_id: UUID, opened_as: str) -> tuple[Document, Segment]:
    """The document and the segment as they are now. Raises Refused, ChangedMeanwhile, DifyError."""
    document = scope.dify.documents.get(scope.dataset_id, scope.document_id)
    check_document(document)
    current = read_segment(scope, segment_id)
    check_segment(current)
    if fingerprint(current) != opened_as:
        raise ChangedMeanwhile(current)
    return document, current


@dataclass(frozen=True)
class Split:
    """How the segment that was opened with fingerprint `opened_as` is cut in two; the keywords are shared out. Without answer or
    summary, what is stored stays with the first part."""

    opened_as: str
    parts: tuple[str, str]
    keywords: list[str]
    answer: str | None = None
    summary: str | None = None


def split_segment(scope: DocumentScope, segment_id: UUID, split: Split) -> tuple[Segment, Segment]:
    """Put the first part in the segment's place and add the second at the document's end. The second comes first: what fails then
    leaves its text twice. Raises SplitHalfway, Refused, ChangedMeanwhile, DifyError."""
    with locked(of_segment(scope.workspace, segment_id)) as lease:
        document, current = to_split(scope, segment_id, split.opened_as)
        answer = current.answer if split.answer is None else split.answer
        pictures = current.attachment_ids or []
        named = [linked_attachments(part) for part in split.parts]
        for_first, for_second = keywords_of_parts(split.keywords, split.parts)
        moved = [one for one in pictures if one in named[1]]
        added = create_segment(scope, document, SegmentText(split.parts[1], answer, for_second, attachment_ids=moved))
        if added.failed:  # answered with 200 all the same
            raise SplitHalfway(added)
        # a picture stays where it was unless the second part alone names it, and has it by now
        gone = {one for one in added.attachment_ids or [] if one not in named[0]}
        stay = [one for one in pictures if one not in gone]
        try:
            lease.renew()
            first = write_segment(scope, current, SegmentText(split.parts[0], answer, for_first, split.summary, stay))
        except DifyError as error:
            raise SplitHalfway(added, error) from error
    return first, added


def keywords_of_parts(keywords: list[str], parts: tuple[str, str]) -> tuple[list[str], list[str]]:
    """Each part has those that occur in it; those that occur in none stay with the first."""
    second = occurring(keywords, parts[1])
    moved = set(second) - set(occurring(keywords, parts[0]))
    return [word for word in keywords if word not in moved], second


def occurring(keywords: list[str], text: str) -> list[str]:
    """Those keywords that a text has in it."""
    lower = text.lower()
    return [word for word in keywords if word.lower() in lower]


def to_merge(scope: DocumentScope, ids: Sequence[UUID]) -> list[Segment]:
    """The segments as they are now, in the document's order. Raises Refused where they are not 2 to 20 neighbours that can be
    changed, DifyError."""
    wanted = set(ids)
    if not 2 <= len(wanted) <= MOST_MERGED:
        raise too_many_or_few(len(wanted))
    rows = neighbours(scope, ids)
    places = [index for index, row in enumerate(rows) if row.id in wanted]
    if len(places) < len(wanted) or places[-1] - places[0] >= len(wanted):
        raise Refused(
            _("These segments are not neighbours: others lie between them, or one of them is gone. Choose neighbours.")
        )
    found = [rows[index] for index in places]
    for segment in found:
        check_segment(segment)
    return found


def too_many_or_few(number: int) -> Refused:
    words = ngettext(
        "Choose 2 to %(most)s segments to join; %(number)s is chosen.",
        "Choose 2 to %(most)s segments to join; %(number)s are chosen.",
        number,
    )
    return Refused(words % {"most": MOST_MERGED, "number": number})


def neighbours(scope: DocumentScope, ids: Sequence[UUID]) -> list[Segment]:
    """Rows of the document's list without a gap: among them the first of `ids`, and whatever lies near it. One call in a document
    of a hundred segments, about three in a longer one."""

    @cache
    def read(number: int) -> Page[Segment]:
        return scope.dify.segments.page(scope.dataset_id, scope.document_id, number, limit=LARGEST_PAGE)

    pages = read(1).pages
    if pages == 1 or set(ids) <= {row.id for row in read(1).data}:
        return read(1).data
    one = read_segment(scope, ids[0])
    # deletions leave gaps between the positions: its page is the one that its position tells, or an earlier one
    number = min(-(-one.position // LARGEST_PAGE), pages)
    while number > 1 and (not read(number).data or read(number).data[0].position > one.position):
        number -= 1
    rows = read(number).data
    before = read(number - 1).data if number > 1 and one.id in {row.id for row in rows[:MOST_MERGED]} else []
    after = read(number + 1).data if number < pages and one.id in {row.id for row in rows[-MOST_MERGED:]} else []
    return [*before, *rows, *after]


def fingerprint_of_all(segments: Sequence[Segment]) -> str:
    """Tells whether two readings hold the same segments with the same text."""
    return hashlib.sha256(" ".join(f"{row.id} {fingerprint(row)}" for row in segments).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Merge:
    """The neighbours that become one, whose fingerprint was `opened_as`, and what it is to hold. Without an answer, that of the
    first one stays."""

    ids: Sequence[UUID]
    opened_as: str
    text: SegmentText


def merge_segments(scope: DocumentScope, merge: Merge) -> Segment:
    """Write the joined text into the first of them and then delete the others, each of which can be brought back. Raises
    MergeHalfway, PartsChanged, Refused, DifyError."""
    if len(merge.ids) > MOST_MERGED:
        raise too_many_or_few(len(merge.ids))
    with locked(*(of_segment(scope.workspace, segment_id) for segment_id in merge.ids)) as lease:
        check_document(scope.dify.documents.get(scope.dataset_id, scope.document_id))
        [current, *others] = to_merge(scope, merge.ids)
        if fingerprint_of_all([current, *others]) != merge.opened_as:
            raise PartsChanged
        pictures = each_once(*(segment.attachment_ids or [] for segment in (current, *others)))
        lease.renew()
        answer = current.answer if merge.text.answer is None else merge.text.answer
        first = write_segment(scope, current, replace(merge.text, answer=answer, attachment_ids=pictures))
        lost = missing(first, keywords=merge.text.keywords, attachment_ids=pictures)
        if first.failed or lost:  # answered with 200 all the same: without the others something would be gone
            raise MergeHalfway(first, others, missing=lost)
        for index, segment in enumerate(others):
            try:
                lease.renew()
                with suppress(NotFound):  # somebody else was faster
                    delete_current(scope, segment)
            except DifyError as error:
                raise MergeHalfway(first, others[index:], error) from error
    return first
