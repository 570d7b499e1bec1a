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
from uuid import UUID, uuid4

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.errors import NotFound, TimedOut
from datasets_ui.dify.paging import LARGEST_PAGE, ListTooLong, Page
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Workspace
from datasets_ui.services.caches import page_cache
from datasets_ui.services.lint import Print, duplicates, findings_of, print_of
from datasets_ui.services.sharing import apart, shared

FRESH_SECONDS = 60.0
MOST_SEGMENTS = 50_000
LOOK_SECONDS = 60.0  # for all of a document; nobody waits longer for a page
EDITION_SECONDS = 3600
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


@dataclass(frozen=True)
class Whole:
    """A document of a workspace, to be read."""

    dify: DifyClient
    workspace: Workspace
    dataset_id: UUID
    document_id: UUID

    def pages(self, keyword: str = "") -> Iterator[list[Segment]]:
        """All its segments, a hundred at a time, of which few are held at once. Raises DifyError."""
        first = self.page(1, keyword)
        if first.total > MOST_SEGMENTS:
            raise ListTooLong(f"At most {MOST_SEGMENTS:,} segments are looked through at once.")
        yield first.data
        numbers, until = range(2, first.pages + 1), time.monotonic() + LOOK_SECONDS
        read = apart(lambda number: self.page(number, keyword).data)
        with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
            for begin in range(0, len(numbers), CALLS_AT_ONCE):
                if time.monotonic() > until:
                    raise TimedOut(f"{numbers[begin] - 1} of {first.pages} pages were read in {LOOK_SECONDS:.0f} seconds.")
                yield from pool.map(read, numbers[begin : begin + CALLS_AT_ONCE])

    def page(self, number: int, keyword: str = "") -> Page[Segment]:
        return self.dify.segments.page(self.dataset_id, self.document_id, number, limit=LARGEST_PAGE, keyword=keyword)

    def glances(self) -> list[Glance]:
        """All its segments at a glance, at most a minute old. Raises DifyError."""
        key = edition_key(self.workspace, self.document_id)
        rows = shared(f"{key}:{page_cache.get(key, '')}", lambda: json.dumps(self.look()), FRESH_SECONDS, 1.5 * LOOK_SECONDS)
        return [Glance(*row) for row in json.loads(rows)]

    def look(self) -> list[Glance]:
        found: list[Glance] = []
        prints: list[Print] = []
        for segments in self.pages():
            for segment in segments:
                prints.append(print_of(segment.content))
                found.append(at_a_glance(len(found), segment))
        same, alike = duplicates(prints)
        return [with_duplicates(glance, same, alike) for glance in found]

    def matching(self, wanted: Filter) -> list[Glance]:
        """The segments that a filter takes. Raises DifyError."""
        found = [glance for glance in self.glances() if wanted.takes(glance)]
        if not wanted.q:
            return found
        with_word = {str(segment.id) for segments in self.pages(wanted.q) for segment in segments}
        return [glance for glance in found if glance.id in with_word]

    def some(self, ids: set[str]) -> list[Glance]:
        """Those of the document's segments; one that nobody has seen yet may have come a moment ago. Raises DifyError."""
        glances = self.glances()
        if ids - {glance.id for glance in glances}:
            look_again(self.workspace, self.document_id)
            glances = self.glances()
        return [glance for glance in glances if glance.id in ids]

    def read(self, glances: Sequence[Glance]) -> list[Segment]:
        """The segments themselves, as they are now, in this order; without those that are gone. Raises DifyError."""
        pages = Counter(glance.place // LARGEST_PAGE + 1 for glance in glances)
        whole = [number for number, wanted in pages.items() if wanted >= WORTH_A_PAGE]
        with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
            known = {str(segment.id): segment for page in pool.map(apart(self.page), whole) for segment in page.data}
            others = pool.map(apart(self.one), [glance.id for glance in glances if glance.id not in known])
            known |= {str(segment.id): segment for segment in others if segment}
        return [known[glance.id] for glance in glances if glance.id in known]

    def one(self, segment_id: str) -> Segment | None:
        try:
            return self.dify.segments.get(self.dataset_id, self.document_id, UUID(segment_id))
        except NotFound:
            return None


def at_a_glance(place: int, segment: Segment) -> Glance:
    return Glance(
        place, str(segment.id), segment.position, segment.characters, segment.enabled, segment.edited, segment.hit_count or 0,
        findings_of(segment.content),
    )  # fmt: skip


def with_duplicates(glance: Glance, same: set[int], alike: set[int]) -> Glance:
    more = [name for name, places in (("same", same), ("alike", alike)) if glance.place in places]
    return glance._replace(findings=[*glance.findings, *more]) if more else glance


def edition_key(workspace: Workspace, document_id: UUID) -> str:
    return f"glances:{workspace.id}:{document_id}"


def look_again(workspace: Workspace, document_id: UUID) -> None:
    """After a change: what was seen before, and what is being looked at just now, does not count any more."""
    page_cache.set(edition_key(workspace, document_id), uuid4().hex, EDITION_SECONDS)
