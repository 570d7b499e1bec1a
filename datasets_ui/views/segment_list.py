"""The segments of a document: all in one scroll, filtered, and at a glance."""

import hashlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from datasets_ui.access import WorkspaceRequest, workspace_view
from datasets_ui.dify.paging import Page
from datasets_ui.dify.segments import Segment
from datasets_ui.forms.segment_filter import SegmentFilterForm
from datasets_ui.htmx import render_page, wants_fragment
from datasets_ui.services.caches import page_cache
from datasets_ui.services.connections import LONG_SECONDS
from datasets_ui.services.lint import ADVICE, FINDINGS
from datasets_ui.services.overview import Filter, Glance, Whole
from datasets_ui.services.sharing import apart
from datasets_ui.views.paging import list_state, page_context
from datasets_ui.views.segments import place

FOUND_AT_ONCE = 25  # the API gives them one by one, if they lie far from each other
FOUND_SECONDS = 600
BARS = 20
BAR_WIDTHS = [step * 10**zeros for zeros in range(6) for step in (1, 2, 5)]


@require_safe
@workspace_view(seconds=LONG_SECONDS)
def segments(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    """A document: its facts and its segments, a hundred at a time."""
    whole = Whole(request.dify, request.workspace, dataset_id, document_id)
    wanted, state = SegmentFilterForm(request.GET).wanted(), list_state(request)
    known, alone = wanted.is_known_to_the_api, wants_fragment(request)
    with ThreadPoolExecutor(1) as pool:  # the page waits for the slower of its two calls, not for one after the other
        document = None if alone else pool.submit(apart(request.dify.documents.get), dataset_id, document_id)
        page = whole.page(state.page, wanted.q) if known else found_page(request, whole, wanted, state.page)
    context = page_context(page, state) | place(request, dataset_id, document_id) | {"wanted": wanted}
    context |= {"finding": FINDINGS.get(wanted.finding), "document": document and document.result()}
    return render_page(request, "segments/list.html", "segments/_segments.html", context)


def found_page(request: WorkspaceRequest, whole: Whole, wanted: Filter, number: int) -> Page[Segment]:
    """What was found is kept while one scrolls through it: a segment that is corrected on the way must not move the others."""
    mark = hashlib.sha256(repr((whole.document_id, wanted)).encode()).hexdigest()[:32]
    key = f"found:{request.workspace.pk}:{request.user.pk}"  # one for each person, whatever they look for
    kept = page_cache.get(key) if number > 1 else None
    kept = kept if kept and kept[0] == mark else None
    found = [Glance(*row) for row in json.loads(kept[1])] if kept else whole.matching(wanted)
    if not kept and len(found) > FOUND_AT_ONCE:
        page_cache.set(key, (mark, json.dumps(found)), FOUND_SECONDS)
    begin = (number - 1) * FOUND_AT_ONCE
    rows = whole.read(found[begin : begin + FOUND_AT_ONCE])
    return Page[Segment](data=rows, total=len(found), page=number, limit=FOUND_AT_ONCE)


@require_safe
@workspace_view(seconds=LONG_SECONDS)
def segments_overview(request: WorkspaceRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    """Beside the segments: how long they are, how many there are of each sort, and what may be wrong with them."""
    whole = Whole(request.dify, request.workspace, dataset_id, document_id)
    wanted, glances = SegmentFilterForm(request.GET).wanted(), whole.glances()
    findings = Counter(finding for glance in glances for finding in glance.findings)
    context: dict[str, Any] = {
        "bars": histogram([glance.length for glance in glances], wanted),
        "total": len(glances),
        "enabled": sum(glance.enabled for glance in glances),
        "edited": sum(glance.edited for glance in glances),
        "never_hit": sum(glance.hits == 0 for glance in glances),
        "findings": [(name, title, findings[name], ADVICE.get(name)) for name, title in FINDINGS.items() if findings[name]],
        "wanted": wanted,
        "document_url": place(request, dataset_id, document_id)["document_url"],
    }
    context["longest"] = context["bars"][-1].most if context["bars"] else 0
    return render(request, "segments/_overview.html", context)


@dataclass(frozen=True)
class Bar:
    """Of the histogram: how many segments are from `least` to `most` characters long; heights are of 48."""

    place: int
    least: int
    most: int
    number: int
    height: int
    on: bool


def histogram(lengths: list[int], wanted: Filter) -> list[Bar]:
    """At most twenty bars of a round width."""
    if not lengths:
        return []
    width = next((width for width in BAR_WIDTHS if max(lengths) < width * BARS), max(lengths))
    numbers = Counter(length // width for length in lengths)
    tallest = max(numbers.values())
    return [
        Bar(
            place, place * width, (place + 1) * width - 1, numbers[place], max(2, 48 * numbers[place] // tallest) if numbers[place] else 0,
            (wanted.least, wanted.most) == (place * width, (place + 1) * width - 1),
        )
        for place in range(max(numbers) + 1)
    ]  # fmt: skip
