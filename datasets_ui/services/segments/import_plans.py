"""What an imported table would do to a document, row by row, before anything is done; and beginning it."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from uuid import UUID

from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.paging import FOUND_OTHERS, ListChanging
from datasets_ui.dify.segments import ELSEWHERE, Segment
from datasets_ui.dify.words import Filled
from datasets_ui.models import Job, Sentence
from datasets_ui.services.database import release_connection, releasing_connections
from datasets_ui.services.history import facts
from datasets_ui.services.jobs.control import NewItem, NewJob, begin_job
from datasets_ui.services.locks import locked
from datasets_ui.services.scope import DocumentScope
from datasets_ui.services.segments.additions import AddedRow
from datasets_ui.services.segments.editing import fingerprint
from datasets_ui.services.segments.import_jobs import Facts, ImportItem, ImportTable, SegmentDeletion, SegmentUpdate, Span
from datasets_ui.services.segments.importing import AT_ONCE
from datasets_ui.services.segments.overview import CALLS_AT_ONCE, pages
from datasets_ui.text.keywords import new_words, split_keywords
from datasets_ui.text.line_ends import unix_lines

SHOWN = 20  # of the changes word by word, of what is missing, and of ids that are looked for elsewhere
LONGEST_EXCERPT = 200
LONGEST_NAMED = 60


@dataclass(frozen=True)
class Row:
    """A row of a table; what has no column is None. `keywords` are as in the cell."""

    number: int
    content: str
    answer: str | None = None
    keywords: str | None = None
    enabled: bool | None = None
    segment_id: UUID | None = None

    @property
    def added(self) -> AddedRow:
        """As a new segment."""
        return AddedRow(
            content=self.content,
            answer=self.answer,
            keywords=split_keywords(self.keywords or ""),
            enabled=self.enabled is not False,
            number=self.number,
        )


@dataclass(frozen=True)
class RowChange:
    """A segment that a row changes, or cannot because of an obstacle. What it was is known of the first ones, which are shown."""

    row: int
    position: int
    update: SegmentUpdate
    obstacle: Sentence
    before: Facts | None

    @property
    def after(self) -> Facts:
        return self.update.applied_to(self.before or {})


@dataclass(frozen=True)
class Missing:
    """A segment of the document that the table does not name."""

    position: int
    deletion: SegmentDeletion
    excerpt: str


@dataclass(frozen=True)
class Gone:
    """A row whose id is none of the document's; `elsewhere` where it is known to be of another one."""

    row: Row
    elsewhere: bool


@dataclass
class Plan:
    """What a table would do to a document as it was read just now."""

    changes: list[RowChange] = field(default_factory=list)
    obstacles: list[RowChange] = field(default_factory=list)
    added: list[Row] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    anew: list[Gone] = field(default_factory=list)  # of whose rows new segments are made, which are among those added
    unchanged: int = 0
    kept_keywords: int = 0  # rows without keywords, of segments that have some

    @property
    def shown(self) -> list[RowChange]:
        """First what cannot be done."""
        return [change for change in (*self.obstacles, *self.changes) if change.before]

    @property
    def hidden(self) -> int:
        return len(self.obstacles) + len(self.changes) - len(self.shown)

    @property
    def needs_job(self) -> bool:
        """Rows that are only added are added at once."""
        return bool(self.changes or self.obstacles or self.missing or self.unchanged) or any(
            row.enabled is False for row in self.added
        )

    @property
    def seal(self) -> str:
        """Tells whether it is still what was shown when it was asked for."""
        changed = (change.update.model_dump_json() for change in self.changes)
        added = (row.added.model_dump_json() for row in self.added)
        return digest([*changed, "", *added, "", self.seal_of_missing])

    @property
    def seal_of_missing(self) -> str:
        return digest(missing.deletion.model_dump_json() for missing in self.missing)

    @property
    def seal_of_gone(self) -> str:
        return digest(str(gone.row.segment_id) for gone in self.gone or self.anew)

    def with_gone_added(self) -> "Plan":
        """Rows whose segments are gone become new ones, in the order of the table."""
        added = sorted([*self.added, *(gone.row for gone in self.gone)], key=lambda row: row.number)
        return replace(self, added=added, gone=[], anew=self.gone)


def digest(parts: Iterable[str]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(f"{len(part)}:{part}".encode())
    return found.hexdigest()[:32]


@dataclass(frozen=True)
class Comparison:
    """How rows are held against segments: an economy dataset finds new words only where they become keywords; a file of Excel has
    cut its texts at a length."""

    economy: bool
    cut_at: int | None

    def update_of(self, row: Row, current: Segment) -> SegmentUpdate | None:
        """What the row changes, if anything."""
        found = SegmentUpdate(
            segment_id=current.id,
            looked_at=fingerprint(current),
            content=self.new_text(row.content, current.content),
            answer=self.new_text(row.answer, current.answer or ""),
            keywords=new_keywords(row, current),
            enabled=row.enabled if row.enabled not in {None, current.enabled} else None,
        )
        if self.economy and found.content and found.keywords is None:
            known = current.keywords or []
            keywords = list(dict.fromkeys([*known, *new_words(current.content, found.content)]))
            found = found.model_copy(update={"keywords": keywords if keywords != known else None})
        return found if found.changes_text or found.enabled is not None else None

    def new_text(self, text: str | None, current: str) -> str | None:
        """None where it is the same: line ends do not count, and what Excel has cut off is not gone."""
        if text is None or unix_lines(text) == unix_lines(current):
            return None
        return None if self.is_cut(current) and unix_lines(text) == unix_lines(current[: self.cut_at]) else text

    def is_cut(self, text: str | None) -> bool:
        return self.cut_at is not None and text is not None and len(text) > self.cut_at

    def obstacle(self, update: SegmentUpdate, current: Segment) -> Sentence:
        """Why it cannot be made; it says nothing where it can."""
        if (update.content and self.is_cut(current.content)) or (update.answer and self.is_cut(current.answer)):
            return Sentence.of("cut_by_excel", most=self.cut_at)
        if update.changes_text and not current.enabled and not update.enabled:
            return Sentence.of("is_disabled")
        return Sentence()


def new_keywords(row: Row, current: Segment) -> list[str] | None:
    """None where they are the same, or none: Dify cannot clear them. A keyword may itself hold a comma."""
    known, cell = current.keywords or [], (row.keywords or "").strip()
    if not cell or cell == ", ".join(known):
        return None
    wanted = split_keywords(cell)
    return wanted if wanted and sorted(wanted) != sorted(known) else None


def plan_import(scope: DocumentScope, rows: Sequence[Row], *, cut_at: int | None = None) -> Plan:
    """Hold the rows of a table against a document as it is. Nothing of the document is looked at where no row has an id. Raises
    DifyError."""
    by_id = {row.segment_id: row for row in rows if row.segment_id}
    plan = Plan(added=[row for row in rows if not row.segment_id])
    if not by_id:
        return plan
    release_connection()  # threads read the pages
    comparison = Comparison(economy=scope.dify.datasets.get(scope.dataset_id).is_economy, cut_at=cut_at)
    for segment in all_segments(scope):
        if row := by_id.pop(segment.id, None):
            hold_against(plan, comparison, row, segment)
        else:
            deletion = SegmentDeletion(segment_id=segment.id, looked_at=fingerprint(segment))
            plan.missing.append(Missing(segment.position, deletion, segment.content[:LONGEST_EXCERPT]))
    plan.gone = gone_rows(scope, list(by_id.values()))
    return plan


def hold_against(plan: Plan, comparison: Comparison, row: Row, current: Segment) -> None:
    plan.kept_keywords += row.keywords is not None and not row.keywords.strip() and bool(current.keywords)
    update = comparison.update_of(row, current)
    if update is None:
        plan.unchanged += 1
        return
    obstacle = comparison.obstacle(update, current)
    alike = plan.obstacles if obstacle else plan.changes
    before = facts(current) if len(alike) < SHOWN else None
    alike.append(RowChange(row.number, current.position, update, obstacle, before))


def all_segments(scope: DocumentScope) -> Iterator[Segment]:
    """Each once. Rows move from page to page when others come or go meanwhile: what would then be taken for missing, or for gone,
    may be there. Raises ListChanging, DifyError."""
    seen: set[UUID] = set()
    for segments in pages(scope):
        new = {segment.id: segment for segment in segments if segment.id not in seen}
        seen |= set(new)
        yield from new.values()
    total = scope.dify.segments.page(scope.dataset_id, scope.document_id, limit=1).total
    if total != len(seen):
        raise ListChanging(Filled(FOUND_OTHERS, total=str(total), found=str(len(seen))))


def gone_rows(scope: DocumentScope, rows: Sequence[Row]) -> list[Gone]:
    """Of the first ones it is asked whether they are of another document."""
    look = releasing_connections(lambda row: is_elsewhere(scope, row))
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        elsewhere = list(pool.map(look, rows[:SHOWN]))
    return [Gone(row, place < len(elsewhere) and elsewhere[place]) for place, row in enumerate(rows)]


def is_elsewhere(scope: DocumentScope, row: Row) -> bool:
    if row.segment_id is None:
        return False
    try:
        scope.dify.segments.get(scope.dataset_id, scope.document_id, row.segment_id)
    except NotFound as error:
        return str(error.detail) == ELSEWHERE
    return False


# --- beginning it ---


def begin_import(scope: DocumentScope, document: Document, plan: Plan, *, file: str, delete_missing: bool) -> Job:
    """Begin to do what was planned; what somebody changes before its item is done is left alone. Whoever presses twice gets the same
    job: until it has done anything, the document is still the one that was planned for. Raises BeingChanged."""
    title = Sentence.of("import_table", file=shortened(file), document=document.name)
    missing = plan.missing[::-1] if delete_missing else []  # the last first: rolled back, the last change comes back first
    parameters = {"document_id": str(document.id), "seal": plan.seal, "deletes": delete_missing}
    unfinished = Job.objects.filter(workspace=scope.workspace, kind=ImportTable.name, undoes=None, finished_at=None)
    with locked(f"import:{scope.workspace.id}:{document.id}"):
        same = next((job for job in unfinished if job.parameters == parameters), None)
        return same or begin_job(scope, NewJob(ImportTable, title, list(items_of(document.id, plan, missing)), parameters))


def items_of(document_id: UUID, plan: Plan, missing: Sequence[Missing]) -> Iterator[NewItem[ImportItem]]:
    for change in plan.changes:
        target = Sentence.of("row_changes", row=change.row, place=f"#{change.position}")
        yield NewItem(target, ImportItem(document_id=document_id, update=change.update))
    first = end = len(plan.changes)
    for start in range(0, len(plan.added), AT_ONCE):
        part = plan.added[start : start + AT_ONCE]
        item = ImportItem(document_id=document_id, add=[row.added for row in part], after=Span(first, end))
        yield NewItem(named(part), item)
        end += 1
    for gone in missing:
        item = ImportItem(document_id=document_id, delete=gone.deletion, after=Span(first, end))
        yield NewItem(Sentence.of("missing_is_deleted", place=f"#{gone.position}"), item)


def named(part: Sequence[Row]) -> Sentence:
    if len(part) == 1:
        return Sentence.of("row_is_added", row=part[0].number)
    return Sentence.of("rows_are_added", number=len(part), first=part[0].number, last=part[-1].number)


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_NAMED else text[: LONGEST_NAMED - 1] + "…"
