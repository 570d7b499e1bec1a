"""What Dify leaves out of a segment although it answers that all is well: it is sent once more, and what stays away is said.

A new segment takes no pictures; a high-quality dataset drops keywords that come along with a new content. Both are taken from a
second call. Pictures whose files are gone, and all in an economy dataset, are not.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.segments import Segment, linked_attachments
from datasets_ui.models import Sentence
from datasets_ui.services.segments.texts import SegmentText


class KeptInPart(Exception):
    """The segment was written, but for what the text says."""

    def __init__(self, segment: Segment, missing: Sentence) -> None:
        super().__init__(missing)
        self.segment, self.missing = segment, missing


def known_pictures(was: dict[str, Any]) -> list[UUID]:
    """The pictures that an earlier version of a segment had."""
    return [UUID(known) for known in was.get("attachments", [])]


def pictures_of(was: dict[str, Any]) -> list[UUID]:
    """The same, and those that only its text still knows, because an edit that did not name them took them away."""
    return each_once(known_pictures(was), linked_attachments(was["content"]))


def each_once(*ids: Iterable[UUID]) -> list[UUID]:
    return list(dict.fromkeys(one for some in ids for one in some))


def complete(dify: DifyClient, dataset_id: UUID, saved: Segment, text: SegmentText, *, takes: bool | None = None) -> Segment:
    """Send again what is missing of a segment that was just written as `saved`, and read it back. A second call that fails leaves
    it as it is: what is missing is told by `missing`. `takes` says whether the dataset takes pictures, where that is known."""
    lost = lost_pictures(saved, text.attachment_ids or [])
    if saved.failed or not (lost or lost_keywords(saved, text.keywords)):
        return saved
    ids = (dataset_id, saved.document_id, saved.id)
    try:
        if not lost_keywords(saved, text.keywords) and not (takes_pictures(dify, dataset_id) if takes is None else takes):
            return saved
        dify.segments.update(
            *ids,
            content=text.content,
            answer=text.answer,
            keywords=text.keywords,
            attachment_ids=text.attachment_ids or saved.attachment_ids,
        )
        return dify.segments.get(*ids)
    except DifyError:
        return saved


def missing(saved: Segment, *, keywords: Sequence[str], attachment_ids: Sequence[UUID]) -> Sentence:
    """What is not there of what was sent; it says nothing where all is. Dify may have left it out, or the second call failed."""
    pictures, words = len(lost_pictures(saved, attachment_ids)), lost_keywords(saved, keywords)
    if pictures:
        return Sentence.of("without_both" if words else "without_pictures", position=saved.position, number=pictures)
    return Sentence.of("without_keywords", position=saved.position) if words else Sentence()


def lost_pictures(saved: Segment, attachment_ids: Iterable[UUID]) -> list[UUID]:
    """Those that it does not have. A server that names no pictures has none to lose."""
    return [] if saved.attachment_ids is None else [one for one in attachment_ids if one not in saved.attachment_ids]


def lost_keywords(saved: Segment, keywords: Sequence[str]) -> bool:
    """Whether it has other ones; no keywords are no wish, because they cannot be cleared."""
    return bool(keywords) and set(keywords) != set(saved.keywords or [])


def takes_pictures(dify: DifyClient, dataset_id: UUID) -> bool:
    """Whether segments of a dataset take pictures; an economy dataset passes them over without a word. Raises DifyError."""
    return dify.datasets.get(dataset_id).indexing_technique == "high_quality"


def check_complete(saved: Segment, *, keywords: Sequence[str], attachment_ids: Sequence[UUID]) -> Segment:
    """The segment, where all of it was stored. Raises KeptInPart."""
    if said := missing(saved, keywords=keywords, attachment_ids=attachment_ids):
        raise KeptInPart(saved, said)
    return saved
