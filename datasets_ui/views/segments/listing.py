"""The segments of a document: all in one scroll, filtered, and at a glance."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from datasets_ui.access import DocumentRequest, workspace_view
from datasets_ui.dify.paging import Page
from datasets_ui.dify.segments import Segment
from datasets_ui.forms.segments.filtering import SegmentFilterForm
from datasets_ui.htmx import render_page, wants_fragment
from datasets_ui.models import Job, JobItem
from datasets_ui.services.caches import page_cache
from datasets_ui.services.database import releasing_connections
from datasets_ui.services.jobs.control import standing
from datasets_ui.services.keys.connections import LONG_SECONDS
from datasets_ui.services.scope import DocumentScope
from datasets_ui.services.segments.overview import Filter, Glance, glances, matching, read_page, read_segments
from datasets_ui.templatetags.numbers import count, counted
from datasets_ui.text.lint import ADVICE, FINDINGS, MARKS_OF_ONE
from datasets_ui.views.paging import list_state, page_context

FOUND_AT_ONCE = 25  # the API gives them one by one, if they lie far from each other
FOUND_SECONDS = 600
MOST_MARKED = 1_000  # segments: of a document that has more findings a filter shows them
BARS = 20
ENOUGH_FOR_A_CHART = 20  # segments; of fewer, words say more
BAR_WIDTHS = [step * 10**zeros for zeros in range(6) for step in (1, 2, 5)]


@require_safe
@workspace_view(seconds=LONG_SECONDS)
def segments(request: DocumentRequest) -> HttpResponse:
    """A document: its facts and its segments, a hundred at a time."""
    wanted, state = SegmentFilterForm(request.GET).wanted(), list_state(request)
    known, alone = wanted.is_known_to_the_api, wants_fragment(request)
    with ThreadPoolExecutor(1) as pool:  # the page waits for the slower of its two calls, not for one after the other
        read = releasing_connections(request.scope.dify.documents.get)
        document = None if alone else pool.submit(read, request.scope.dataset_id, request.scope.document_id)
        page = read_page(request.scope, state.page, wanted.q) if known else found_page(request, wanted, state.page)
    context = page_context(page, state) | {"wanted": wanted}
    context |= {"finding": FINDINGS.get(wanted.finding), "document": document and document.result()}
    job = None if alone else moving_job(request.scope)
    context |= {"job": job, "standing": job and standing(job)}
    return render_page(request, "segments/list.html", "segments/_segments.html", context)


def moving_job(scope: DocumentScope) -> Job | None:
    """A job of people that is under way in this document."""
    if not scope.workspace.jobs_under_way:
        return None
    here = JobItem.objects.filter(job=OuterRef("pk"), data__document_id=str(scope.document_id))
    moving = scope.workspace.jobs.filter(dataset_id=scope.dataset_id, lane=Job.Lane.PEOPLE, state__in=Job.MOVING)
    return moving.filter(Exists(here)).order_by("-created_at").first()


def found_page(request: DocumentRequest, wanted: Filter, number: int) -> Page[Segment]:
    """What was found is kept while one scrolls through it: a segment that is corrected on the way must not move the others."""
    mark = hashlib.sha256(repr((request.scope.document_id, wanted)).encode()).hexdigest()[:32]
    key = f"found:{request.workspace.pk}:{request.user.pk}"  # one for each person, whatever they look for
    kept = page_cache.get(key) if number > 1 else None
    kept = kept if kept and kept[0] == mark else None
    found = [Glance(*row) for row in json.loads(kept[1])] if kept else matching(request.scope, wanted)
    if not kept and len(found) > FOUND_AT_ONCE:
        page_cache.set(key, (mark, json.dumps(found)), FOUND_SECONDS)
    begin = (number - 1) * FOUND_AT_ONCE
    rows = read_segments(request.scope, found[begin : begin + FOUND_AT_ONCE])
    return Page[Segment](data=rows, total=len(found), page=number, limit=FOUND_AT_ONCE)


@require_safe
@workspace_view(seconds=LONG_SECONDS)
def segments_overview(request: DocumentRequest) -> HttpResponse:
    """Beside the segments: how long they are, how many there are of each sort, and what may be wrong with them."""
    wanted, seen = SegmentFilterForm(request.GET).wanted(), glances(request.scope)
    findings = Counter(finding for glance in seen for finding in glance.findings)
    lengths = [glance.length for glance in seen]
    bars = histogram(lengths, wanted) if len(lengths) >= ENOUGH_FOR_A_CHART else []
    context: dict[str, Any] = {
        "bars": bars,
        "shortest": min(lengths, default=0),
        "longest": bars[-1].most if bars else max(lengths, default=0),
        "mean": round(sum(lengths) / max(len(lengths), 1)),
        "total": len(seen),
        "enabled": sum(glance.enabled for glance in seen),
        "edited": sum(glance.edited for glance in seen),
        "never_hit": sum(glance.hits == 0 for glance in seen),
        "findings": [(name, title, findings[name], ADVICE.get(name)) for name, title in FINDINGS.items() if findings[name]],
        "marks": marks(seen),
        "wanted": wanted,
    }
    return render(request, "segments/_overview.html", context)


def marks(seen: Sequence[Glance]) -> str:
    """What may be wrong with each segment, by its id, for the browser to put into its rows."""
    wrong = islice((glance for glance in seen if glance.findings), MOST_MARKED)
    return json.dumps({glance.id: [str(MARKS_OF_ONE[finding]) for finding in glance.findings] for glance in wrong})


@dataclass(frozen=True)
class Bar:
    """Of the histogram: how many segments are from `least` to `most` characters long; heights are of 48."""

    place: int
    least: int
    most: int
    number: int
    height: int
    on: bool

    @property
    def lengths(self) -> str:
        if self.least == self.most:
            return counted(self.most, "character")
        return gettext("%(least)s to %(most)s characters") % {"least": count(self.least), "most": count(self.most)}


def histogram(lengths: list[int], wanted: Filter) -> list[Bar]:
    """At most twenty bars of a round width."""
    if not lengths:
        return []
    width = next((width for width in BAR_WIDTHS if max(lengths) < width * BARS), max(lengths))
    numbers = Counter(length // width for length in lengths)
    tallest = max(numbers.values())
    return [
        Bar(
            place,
            least=place * width,
            most=(place + 1) * width - 1,
            number=numbers[place],
            height=max(2, 48 * numbers[place] // tallest) if numbers[place] else 0,
            on=(wanted.least, wanted.most) == (place * width, (place + 1) * width - 1),
        )
        for place in range(max(numbers) + 1)
    ]
