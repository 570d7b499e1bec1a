"""A whole document at a glance: facts of every segment, without the texts, by which it can be filtered in ways that the API cannot.

They cost a call for each hundred segments, so they are kept for a minute, for everybody, unless something is changed here.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from datasets_ui.dify.errors import NotFound, TimedOut
from datasets_ui.dify.paging import LARGEST_PAGE, ListTooLong, Page
from datasets_ui.dify.segments import Segment
from datasets_ui.dify.words import Filled, gettext_noop
from datasets_ui.services.cached import edition_key, shared
from datasets_ui.services.caches import page_cache
from datasets_ui.services.database import releasing_connections
from datasets_ui.services.scope import DocumentScope
from datasets_ui.text.lint import Print, duplicates, findings_of, print_of

FRESH_SECONDS = 60.0
MOST_SEGMENTS = 50_000
LOOK_SECONDS = 60.0  # for all of a document; nobody waits longer for a page
TOO_MANY = gettext_noop("At most %(number)s segments are looked through at once.")
READ_IN_TIME = gettext_noop("%(number)s of %(pages)s pages were read in %(seconds)s seconds.")
CALLS_AT_ONCE = 4  # of the workspace's limit, so that others get through
WORTH_A_PAGE = 3  # wanted segments on a page of the API, from which on reading it whole is the shorter way


class Glance(NamedTuple):
    """One segment; `place` counts from 0 in the document's order, `length` is in characters."""

    place: int
    id: str
    position: int
    length: int
    enabled: bool
    edited: bool
    hits: int
    findings: Sequence[str]


@dataclass(frozen=True)
class Filter:
    """Which segments of a document are wanted; lengths are in characters, from `least` to `most`."""

    q: str = ""
    enabled: bool | None = None
    edited: bool = False
    never_hit: bool = False
    least: int | None = None
    most: int | None = None
    finding: str = ""

    @property
    def is_known_to_the_api(self) -> bool:
        return self == Filter(q=self.q)

    def takes(self, glance: Glance) -> bool:
        return (
            self.enabled in {None, glance.enabled}
            and (glance.edited or not self.edited)
            and (glance.hits == 0 or not self.never_hit)
            and (self.least is None or glance.length >= self.least)
            and (self.most is None or glance.length <= self.most)
            and (not self.finding or self.finding in glance.findings)
        )


def pages(scope: DocumentScope, keyword: str = "") -> Iterator[list[Segment]]:
    """All segments of a document, a hundred at a time, of which few are held at once. Raises DifyError."""
    first = read_page(scope, 1, keyword)
    if first.total > MOST_SEGMENTS:
        raise ListTooLong(Filled(TOO_MANY, number=MOST_SEGMENTS))
    yield first.data
    numbers, until = range(2, first.pages + 1), time.monotonic() + LOOK_SECONDS
    read = releasing_connections(lambda number: read_page(scope, number, keyword).data)
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        for begin in range(0, len(numbers), CALLS_AT_ONCE):
            if time.monotonic() > until:
                raise TimedOut(read_until(numbers[begin] - 1, first.pages))
            yield from pool.map(read, numbers[begin : begin + CALLS_AT_ONCE])


def read_until(number: int, pages: int) -> Filled:
    return Filled(READ_IN_TIME, number=str(number), pages=str(pages), seconds=f"{LOOK_SECONDS:.0f}")


def read_page(scope: DocumentScope, number: int, keyword: str = "") -> Page[Segment]:
    return scope.dify.segments.page(scope.dataset_id, scope.document_id, number, limit=LARGEST_PAGE, keyword=keyword)


def glances(scope: DocumentScope) -> list[Glance]:
    """All segments of a document at a glance, at most a minute old. Raises DifyError."""
    key = edition_key(scope.workspace, scope.document_id)
    rows = shared(f"{key}:{page_cache.get(key, '')}", lambda: json.dumps(look(scope)), FRESH_SECONDS, 1.5 * LOOK_SECONDS)
    return [Glance(*row) for row in json.loads(rows)]


def look(scope: DocumentScope) -> list[Glance]:
    found: list[Glance] = []
    prints: list[Print] = []
    for segments in pages(scope):
        for segment in segments:
            prints.append(print_of(segment.content))
            found.append(at_a_glance(len(found), segment))
    same, alike = duplicates(prints)
    return [with_duplicates(glance, same, alike) for glance in found]


def matching(scope: DocumentScope, wanted: Filter) -> list[Glance]:
    """The segments that a filter takes. Raises DifyError."""
    found = [glance for glance in glances(scope) if wanted.takes(glance)]
    if not wanted.q:
        return found
    with_word = {str(segment.id) for segments in pages(scope, wanted.q) for segment in segments}
    return [glance for glance in found if glance.id in with_word]


def glances_of(scope: DocumentScope, ids: set[str]) -> list[Glance]:
    """Those of the document's segments; one that nobody has seen yet may have come a moment ago. Raises DifyError."""
    known = glances(scope)
    if ids - {glance.id for glance in known}:
        scope.look_again()
        known = glances(scope)
    return [glance for glance in known if glance.id in ids]


def read_segments(scope: DocumentScope, wanted: Sequence[Glance]) -> list[Segment]:
    """The segments themselves, as they are now, in this order; without those that are gone. Raises DifyError."""
    numbers = Counter(glance.place // LARGEST_PAGE + 1 for glance in wanted)
    whole = [number for number, wanted in numbers.items() if wanted >= WORTH_A_PAGE]
    read_whole = releasing_connections(lambda number: read_page(scope, number))
    read_one = releasing_connections(lambda segment_id: segment_or_none(scope, segment_id))
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        known = {str(segment.id): segment for found in pool.map(read_whole, whole) for segment in found.data}
        others = pool.map(read_one, [glance.id for glance in wanted if glance.id not in known])
        known |= {str(segment.id): segment for segment in others if segment}
    return [known[glance.id] for glance in wanted if glance.id in known]


def segment_or_none(scope: DocumentScope, segment_id: str) -> Segment | None:
    try:
        return scope.dify.segments.get(scope.dataset_id, scope.document_id, UUID(segment_id))
    except NotFound:
        return None


def at_a_glance(place: int, segment: Segment) -> Glance:
    return Glance(
        place,
        str(segment.id),
        segment.position,
        segment.characters,
        segment.enabled,
        segment.edited,
        segment.hit_count or 0,
        findings_of(segment.content),
    )


def with_duplicates(glance: Glance, same: set[int], alike: set[int]) -> Glance:
    more = [name for name, places in (("same", same), ("alike", alike)) if glance.place in places]
    return glance._replace(findings=[*glance.findings, *more]) if more else glance
