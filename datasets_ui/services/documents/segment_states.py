"""What is off, and which keywords there are, before a document is switched off; and putting it back once the document is on again.

Disabling or archiving a document switches all its segments off, and Dify switches all of them on with it again. On the economy
index it makes their keywords anew then: those by hand are gone. No version known does otherwise.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from datasets_ui.dify.documents import Document
from datasets_ui.dify.paging import LARGEST_PAGE, WALK_SECONDS, iterate
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Job, Revision, SegmentStates, Workspace
from datasets_ui.services.history import facts
from datasets_ui.services.locks import BeingChanged, locked, of_segment
from datasets_ui.services.scope import DatasetScope, DocumentScope
from datasets_ui.services.segments.editing import fingerprint_of, read_segment, write_enabled, write_segment
from datasets_ui.services.segments.texts import with_keywords

# Clocks differ, and Dify writes the moment a little after we have looked.
CLOCKS = 120.0
# Of the list, to see at once what is as it was; where the segments lie further apart each is asked for by itself.
MOST_PAGES = 3

State = dict[str, Any]


def is_on(document: Document) -> bool:
    return document.enabled and not document.archived


def text_of(segment: Segment) -> str:
    """Tells whether keywords still belong to the text."""
    return fingerprint_of(facts(segment) | {"keywords": []})


def states_of(scope: DatasetScope, document: Document, *, economy: bool, seconds: float = WALK_SECONDS) -> Iterator[State]:
    """Of each segment what switching the document off and on would lose; of a document that is off already, whether a segment was
    on is not known. Raises DifyError."""
    on = is_on(document)
    rows = iterate(
        lambda number: scope.dify.segments.page(scope.dataset_id, document.id, number, limit=LARGEST_PAGE),
        seconds=seconds,
    )
    for place, row in enumerate(rows):
        enabled = row.enabled if on else None
        if economy or enabled is False:
            yield {
                "id": str(row.id),
                "page": 1 + place // LARGEST_PAGE,
                "enabled": enabled,
                "keywords": (row.keywords or []) if economy else None,
                "text": text_of(row),
                "edited": row.edited,
            }


def known_states(workspace: Workspace, document: Document) -> SegmentStates | None:
    """What is remembered of a document that is off; None where nothing is, or where it was switched on or off elsewhere since."""
    kept = workspace.segment_states.filter(document_id=document.id).select_related("job").first()
    if kept is None or (kept.job and not unfinished(kept.job)):
        return None
    if not (document.archived if kept.by_archive else not document.enabled):
        return None
    since = document.disabled_at or 0
    return None if since > kept.at.timestamp() + CLOCKS else kept


def unfinished(job: Job) -> bool:
    return job.moving or job.state == Job.State.PAUSED


def remember(
    scope: DatasetScope, document: Document, *, economy: bool, by_archive: bool = False, seconds: float = WALK_SECONDS
) -> SegmentStates:
    """Keep what is to be put back, under the document's lock, before it is switched. What a job has not yet put back of the last
    time is still to be. Raises BeingChanged where somebody switches it elsewhere meanwhile, DifyError."""
    states = {state["id"]: state for state in states_of(scope, document, economy=economy, seconds=seconds)}
    if is_on(document) != is_on(scope.dify.documents.get(scope.dataset_id, document.id)):
        raise BeingChanged
    earlier = scope.workspace.segment_states.filter(document_id=document.id).select_related("job").first()
    if earlier and earlier.job and unfinished(earlier.job):
        states |= {state["id"]: state for state in earlier.segments}
    kept, _ = SegmentStates.objects.update_or_create(
        workspace=scope.workspace,
        document_id=document.id,
        defaults={
            "dataset_id": scope.dataset_id,
            "segments": list(states.values()),
            "job": None,
            "by_archive": by_archive,
        },
    )
    return kept


def in_portions(states: list[State]) -> Iterator[list[State]]:
    """As many as one page of the API's list holds."""
    rest = iter(states)
    while portion := list(islice(rest, LARGEST_PAGE)):
        yield portion


def still_to_put_back(scope: DocumentScope, states: list[State]) -> list[State]:
    """Those that differ from what the list shows, or are not where they were in it. Raises DifyError."""
    pages = {state["page"] for state in states}
    if len(pages) > MOST_PAGES:
        return states
    read = (scope.dify.segments.page(scope.dataset_id, scope.document_id, number, limit=LARGEST_PAGE).data for number in pages)
    rows = {str(row.id): row for some in read for row in some}
    return [state for state in states if state["id"] not in rows or differs(rows[state["id"]], state)]


def differs(row: Segment, state: State) -> bool:
    other_keywords = bool(state["keywords"]) and set(state["keywords"]) != set(row.keywords or [])
    return other_keywords or (state["enabled"] is False and row.enabled)


def put_back(scope: DocumentScope, state: State, since: datetime) -> tuple[bool, bool]:
    """Make one segment what it was before its document was switched off; what somebody has changed since stays. Returns whether its
    keywords were put back, and whether it was disabled again. Raises DifyError."""
    segment_id = UUID(state["id"])
    with locked(of_segment(scope.workspace, segment_id)) as lease:
        current = read_segment(scope, segment_id)
        keywords = keywords_to_put_back(scope.workspace, current, state, since)
        keywords = keywords if current.enabled else []  # Dify changes enabled segments only
        if keywords:
            current = write_segment(scope, current, with_keywords(current, keywords))
            lease.renew()
        off = state["enabled"] is False and current.enabled
        if off:
            write_enabled(scope, current, enabled=False)
    return bool(keywords), off


def keywords_to_put_back(workspace: Workspace, current: Segment, state: State, since: datetime) -> list[str]:
    """Those that it had, where Dify has made others of the same text and nobody has changed them since; else none."""
    was: list[str] = state["keywords"] or []
    if not was or set(was) == set(current.keywords or []) or text_of(current) != state["text"]:
        return []
    edits = workspace.revisions.filter(segment_id=current.id, kind=Revision.Kind.UPDATE, at__gt=since)
    # an earlier attempt of the job itself is no edit of somebody
    others = (edit for edit in edits.exclude(outcome=Revision.Outcome.FAILED) if (edit.after or {}).get("keywords") != was)
    return [] if any(others) else was
