"""Cutting a segment in two, and joining neighbours. The API has no position, and no change of two segments at once: each order of calls is chosen so that
whatever fails half-way leaves text twice, and never loses it."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import DifyError, NotFound
from datasets_ui.dify.paging import LARGEST_PAGE, Page
from datasets_ui.dify.segments import Segment, linked_attachments
from datasets_ui.models import Actor, Workspace
from datasets_ui.services.completion import each_once, missing
from datasets_ui.services.locks import locked, of_segment
from datasets_ui.services.segments import ChangedMeanwhile, create_segment, delete_current, fingerprint, write_segment

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

    def __init__(self, first: Segment, left: list[Segment], error: DifyError | None = None, missing: str = "") -> None:
        super().__init__(str(first.id))
        self.first, self.left, self.error, self.missing = first, left, error, missing


def check_document(document: Document) -> None:
    """Raises Refused for a document whose segments cannot be changed."""
    if document.available:
        return
    reason = "is not indexed: wait until it is"
    if document.indexing_status == "completed":
        reason = "is archived: un-archive it first" if document.archived else "is disabled: enable it first"
    raise Refused(f"The document “{document.name}” {reason}.")


def check_segment(segment: Segment) -> None:
    """Raises Refused for a segment that Dify would not change."""
    if segment.status == "error":
        raise Refused(f"Indexing of segment #{segment.position} failed: {segment.error or 'no reason given'}.")
    if segment.status not in {"completed", ""}:
        raise Refused(f"Segment #{segment.position} is still being indexed. Wait a moment, then try again.")
    if not segment.enabled:
        raise Refused(f"Segment #{segment.position} is disabled, and Dify changes enabled segments only. Enable it first.")


def to_split(
    *, dify: DifyClient, dataset_id: UUID, document_id: UUID, segment_id: UUID, opened_as: str
) -> tuple[Document, Segment]:
    """The document and the segment as they are now. Raises Refused, ChangedMeanwhile, DifyError."""
    document = dify.documents.get(dataset_id, document_id)
    check_document(document)
    current = dify.segments.get(dataset_id, document_id, segment_id)
    check_segment(current)
    if fingerprint(current) != opened_as:
        raise ChangedMeanwhile(current)
    return document, current


def split_segment(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, segment_id: UUID, opened_as: str,
    parts: tuple[str, str], answer: str | None, keywords: list[str], by: Actor, summary: str | None = None,
) -> tuple[Segment, Segment]:  # fmt: skip
    """Put the first part in the segment's place and add the second at the document's end. The second comes first: what fails then
    leaves its text twice. Raises SplitHalfway, Refused, ChangedMeanwhile, DifyError."""
    with locked(of_segment(workspace, segment_id)) as lease:
        document, current = to_split(
            dify=dify, dataset_id=dataset_id, document_id=document_id, segment_id=segment_id, opened_as=opened_as
        )
        answer = current.answer if answer is None else answer
        pictures = current.attachment_ids or []
        named = [linked_attachments(part) for part in parts]
        for_first, for_second = keywords_of_parts(keywords, parts)
        added = create_segment(
            dify=dify, workspace=workspace, dataset_id=dataset_id, document=document, content=parts[1], answer=answer,
            keywords=for_second, attachment_ids=[one for one in pictures if one in named[1]], by=by,
        )  # fmt: skip
        if added.failed:  # answered with 200 all the same
            raise SplitHalfway(added)
        # a picture stays where it was unless the second part alone names it, and has it by now
        gone = {one for one in added.attachment_ids or [] if one not in named[0]}
        try:
            lease.renew()
            first = write_segment(
                dify=dify, workspace=workspace, dataset_id=dataset_id, document_id=document_id, current=current,
                content=parts[0], answer=answer, keywords=for_first, summary=summary,
                attachment_ids=[one for one in pictures if one not in gone], by=by,
            )  # fmt: skip
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


def to_merge(*, dify: DifyClient, dataset_id: UUID, document_id: UUID, ids: Sequence[UUID]) -> list[Segment]:
    """The segments as they are now, in the document's order. Raises Refused where they are not 2 to 20 neighbours that can be
    changed, DifyError."""
    wanted = set(ids)
    if not 2 <= len(wanted) <= MOST_MERGED:
        raise too_many_or_few(len(wanted))
    rows = around(dify, dataset_id, document_id, ids)
    places = [index for index, row in enumerate(rows) if row.id in wanted]
    if len(places) < len(wanted) or places[-1] - places[0] >= len(wanted):
        raise Refused("These segments are not neighbours: others lie between them, or one of them is gone. Choose neighbours.")
    found = [rows[index] for index in places]
    for segment in found:
        check_segment(segment)
    return found


def too_many_or_few(number: int) -> Refused:
    return Refused(f"Choose 2 to {MOST_MERGED} segments to join; {number} {'is' if number == 1 else 'are'} chosen.")


def around(dify: DifyClient, dataset_id: UUID, document_id: UUID, ids: Sequence[UUID]) -> list[Segment]:
    """Rows of the document's list without a gap: among them the first of `ids`, and whatever lies near it. One call in a document
    of a hundred segments, about three in a longer one."""

    @cache
    def read(number: int) -> Page[Segment]:
        return dify.segments.page(dataset_id, document_id, number, limit=LARGEST_PAGE)

    pages = read(1).pages
    if pages == 1 or set(ids) <= {row.id for row in read(1).data}:
        return read(1).data
    one = dify.segments.get(dataset_id, document_id, ids[0])
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


def merge_segments(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, document_id: UUID, ids: Sequence[UUID], opened_as: str,
    content: str, answer: str | None, keywords: list[str], by: Actor,
) -> Segment:  # fmt: skip
    """Write the joined text into the first of them and then delete the others, each of which can be brought back. Raises
    MergeHalfway, PartsChanged, Refused, DifyError."""
    if len(ids) > MOST_MERGED:
        raise too_many_or_few(len(ids))
    with locked(*(of_segment(workspace, segment_id) for segment_id in ids)) as lease:
        check_document(dify.documents.get(dataset_id, document_id))
        [current, *others] = to_merge(dify=dify, dataset_id=dataset_id, document_id=document_id, ids=ids)
        if fingerprint_of_all([current, *others]) != opened_as:
            raise PartsChanged
        pictures = each_once(*(segment.attachment_ids or [] for segment in (current, *others)))
        lease.renew()
        first = write_segment(
            dify=dify, workspace=workspace, dataset_id=dataset_id, document_id=document_id, current=current, content=content,
            answer=current.answer if answer is None else answer, keywords=keywords, attachment_ids=pictures, by=by,
        )  # fmt: skip
        lost = missing(first, keywords=keywords, attachment_ids=pictures)
        if first.failed or lost:  # answered with 200 all the same: without the others something would be gone
            raise MergeHalfway(first, others, missing=lost)
        for index, segment in enumerate(others):
            try:
                lease.renew()
                with suppress(NotFound):  # somebody else was faster
                    delete_current(
                        dify=dify, workspace=workspace, dataset_id=dataset_id, document_id=document_id, current=segment, by=by
                    )
            except DifyError as error:
                raise MergeHalfway(first, others[index:], error) from error
    return first
