"""What three people have done to the segments: through the services, so that history and activity show it as they show all else."""

import re
from collections.abc import Sequence

from datasets_ui.dify.paging import LARGEST_PAGE
from datasets_ui.dify.segments import Segment
from datasets_ui.management.demo import REVIEWED, SPOILED
from datasets_ui.services.scope import DatasetScope, DocumentScope
from datasets_ui.services.segments.editing import (
    SegmentEdit,
    create_segment,
    delete_segment,
    fingerprint,
    set_segment_enabled,
    update_segment,
)
from datasets_ui.services.segments.texts import SegmentText
from datasets_ui.text.lint import MARKUP, findings_of

WORTHLESS = {"empty", "short"}
NEW_SEGMENT = (
    "Since May we answer on Saturdays too, from nine to one. Outside these hours the mailbox takes calls for every unit."
)
REMARK = " Take a photograph of the label for the file."
KEYWORDS = ["Saturdays", "hours", "mailbox"]


def make_edits(people: Sequence[DatasetScope], documents: dict[str, DocumentScope]) -> None:
    """Each cleans up in some of the documents, and all three work on the same segment of one."""
    for number, name in enumerate(SPOILED):
        if name in documents:
            clean_up(acting(people[number % len(people)], documents[name]))
    if REVIEWED in documents:
        review([acting(person, documents[REVIEWED]) for person in people])


def acting(person: DatasetScope, place: DocumentScope) -> DocumentScope:
    """The place, with somebody else in it."""
    return person.document(place.document_id)


def segments_of(scope: DocumentScope) -> list[Segment]:
    return scope.dify.segments.page(scope.dataset_id, scope.document_id, limit=LARGEST_PAGE).data


def clean_up(scope: DocumentScope) -> None:
    """Take out left-over markup, delete what is there twice, and switch off what says nothing."""
    seen: set[str] = set()
    for segment in segments_of(scope):
        found = set(findings_of(segment.content))
        if segment.content in seen:
            delete_segment(scope, segment.id)
        elif WORTHLESS & found:
            set_segment_enabled(scope, segment.id, enabled=False)
        elif "markup" in found:
            write(scope, segment, re.sub(r"\s+", " ", MARKUP.sub(" ", segment.content)).strip())
        seen.add(segment.content)


def review(people: Sequence[DocumentScope]) -> None:
    """Several versions of one segment, and a new one."""
    first, second, third = people
    segment = segments_of(first)[0]
    changed = write(first, segment, segment.content + REMARK)
    changed = write(second, changed, changed.content.replace("photograph", "photo"))
    write(third, changed, changed.content.replace(" for the file", ", and add it to the ticket"))
    document = second.dify.documents.get(second.dataset_id, second.document_id)
    create_segment(second, document, SegmentText(NEW_SEGMENT, keywords=KEYWORDS))


def write(scope: DocumentScope, segment: Segment, content: str) -> Segment:
    text = SegmentText(content, segment.answer, segment.keywords or [])
    return update_segment(scope, segment.id, SegmentEdit(fingerprint(segment), text, add_words=True))
