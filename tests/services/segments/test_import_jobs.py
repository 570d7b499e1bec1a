"""The job of an imported table: what it changes, adds and deletes, its way back, and what happens when a worker dies over it."""

import random
from typing import Any
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import Invalid
from datasets_ui.dify.segments import Segment
from datasets_ui.models import AuditEvent, Job, JobItem, Revision, User, Workspace
from datasets_ui.services.jobs.control import retry_failed, roll_back
from datasets_ui.services.segments.import_plans import Plan, Row, begin_import, plan_import
from tests.conftest import scope_of
from tests.support.job_stage import finish, killed_worker, lose_worker, over, states, workers, writes
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import acts, document, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
PATIENCE = 120.0


class Desk:
    """Where Erin works: a document of three segments, and what a table does to it."""

    def __init__(self, workspace: Workspace, user: User, dify: DifyClient, dataset: Dataset) -> None:
        self.dify, self.dataset = dify, dataset
        self.document: Document = document(dify, dataset.id, "guide.txt", "One.###Two.###Three.")
        self.scope = scope_of(workspace, user, dify).dataset(dataset.id).document(self.document.id)

    @property
    def rows(self) -> list[Segment]:
        pages = range(1, 6)
        return [
            row for page in pages for row in self.dify.segments.page(self.dataset.id, self.document.id, page, limit=100).data
        ]

    @property
    def contents(self) -> list[str]:
        return [row.content for row in self.rows]

    def plan(self, *rows: Row) -> Plan:
        return plan_import(self.scope, rows)

    def importing(self, *rows: Row, delete_missing: bool = False) -> Job:
        plan = self.plan(*rows)
        return begin_import(self.scope, self.document, plan, file="a.csv", delete_missing=delete_missing)

    def rolling_back(self, job: Job) -> Job:
        return roll_back(self.scope, job)

    def write(self, row: Segment, **changes: Any) -> Segment:
        """Behind everybody's back."""
        text = {"content": row.content, "answer": None, "keywords": row.keywords or ["x"], "attachment_ids": None} | changes
        return self.dify.segments.update(self.dataset.id, self.document.id, row.id, **text)

    def switch(self, row: Segment, *, enabled: bool) -> None:
        """Once Dify is through with what it was at."""

        def switched() -> bool | None:
            try:
                now = self.dify.segments.get(self.dataset.id, self.document.id, row.id)
                self.dify.segments.set_enabled(self.dataset.id, self.document.id, now, enabled=enabled)
            except Invalid:
                return None
            return True

        until(switched)

    def add(self, content: str) -> Segment:
        return self.dify.segments.create(self.dataset.id, self.document.id, content=content, answer=None, keywords=[])

    def delete(self, row: Segment) -> None:
        self.dify.segments.delete(self.dataset.id, self.document.id, row.id)


@pytest.fixture
def desk(workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset) -> Desk:
    return Desk(workspace, erin, dify, handbook)


def change(row: Segment, content: str | None = None, **more: Any) -> Row:
    return Row(2, row.content if content is None else content, segment_id=row.id, **more)


def added(number: int, first: int = 0) -> list[Row]:
    return [Row(place + 2, f"Row {place}.") for place in range(first, first + number)]


def why(job: Job) -> str:
    return str(job.items.get().why)


# --- changed ---


def test_only_what_differs_is_written(desk: Desk, sandbox: SandboxProcess) -> None:
    rows = desk.rows
    job = finish(desk.importing(change(rows[0], "1."), change(rows[1]), change(rows[2], enabled=False)))
    assert (states(job), desk.contents) == ({"done": 2}, ["1.", "Two.", "Three."])
    assert [row.enabled for row in desk.rows] == [True, True, False]
    assert sorted(act for act, _, _ in acts()) == ["job.create", "segment.disable", "segment.update"]
    assert (len(writes(sandbox)), set(writes(sandbox).values())) == (2, {1})


def test_text_and_state_go_together_there_and_back(desk: Desk) -> None:
    """A disabled segment takes no text, so it is enabled before, or disabled afterwards."""
    one, two, _ = desk.rows
    desk.switch(two, enabled=False)
    job = finish(desk.importing(change(one, "1.", enabled=False), change(two, "2.", enabled=True)))
    assert [(row.content, row.enabled) for row in desk.rows[:2]] == [("1.", False), ("2.", True)]
    assert states(finish(desk.rolling_back(job))) == {"done": 2}
    assert [(row.content, row.enabled, row.keywords) for row in desk.rows[:2]] == [
        ("One.", True, one.keywords),
        ("Two.", False, two.keywords),
    ]


@pytest.mark.parametrize("field", ["content", "keywords"])
def test_what_was_changed_since_it_was_looked_at_is_left_alone(desk: Desk, field: str) -> None:
    row = desk.rows[0]
    job = desk.importing(change(row, "1."))
    desk.write(row, **{field: {"content": "Theirs.", "keywords": ["theirs"]}[field]})
    assert (states(finish(job)), why(job)) == ({"skipped": 1}, "It was changed since you looked at it; nothing was written.")
    assert desk.rows[0].content == {"content": "Theirs.", "keywords": "One."}[field]


def test_what_is_so_already_is_skipped(desk: Desk) -> None:
    row = desk.rows[0]
    job = desk.importing(change(row, enabled=False))
    desk.switch(row, enabled=False)
    assert (states(finish(job)), why(job)) == ({"skipped": 1}, "It is so already.")


def test_what_was_disabled_since_fails(desk: Desk) -> None:
    row = desk.rows[0]
    job = desk.importing(change(row, "1."))
    desk.switch(row, enabled=False)
    assert (states(finish(job)), why(job)[:15]) == ({"failed": 1}, "It is disabled,")
    desk.switch(row, enabled=True)
    desk.write(row, keywords=row.keywords)  # switching it on has made others
    retry_failed(desk.scope, job)
    assert (states(finish(job)), desk.contents[0]) == ({"done": 1}, "1.")


def test_what_was_edited_since_is_not_rolled_back(desk: Desk) -> None:
    row = desk.rows[0]
    job = finish(desk.importing(change(row, "1.")))
    desk.write(row, content="Theirs.")
    back = finish(desk.rolling_back(job))
    assert (states(back), why(back)) == ({"skipped": 1}, "It was changed since; nothing was written.")
    assert desk.contents[0] == "Theirs."


def test_what_is_as_before_is_not_rolled_back(desk: Desk) -> None:
    row = desk.rows[0]
    job = finish(desk.importing(change(row, "1.")))
    desk.write(row)
    back = finish(desk.rolling_back(job))
    assert (states(back), why(back)) == ({"skipped": 1}, "It is what it was already.")


def test_what_was_disabled_since_cannot_be_rolled_back(desk: Desk) -> None:
    row = desk.rows[0]
    job = finish(desk.importing(change(row, "1.")))
    desk.switch(row, enabled=False)
    back = finish(desk.rolling_back(job))
    assert (states(back), why(back)[:15], desk.contents[0]) == ({"failed": 1}, "It is disabled,", "1.")


def test_a_change_whose_worker_was_killed_is_written_once(desk: Desk, sandbox: SandboxProcess) -> None:
    row = desk.rows[0]
    job = desk.importing(change(row, "1."))
    lose_worker(job)
    assert states(finish(job)) == {"done": 1}
    back = desk.rolling_back(job)
    lose_worker(back)
    assert (states(finish(back)), desk.contents[0]) == ({"done": 1}, "One.")
    assert list(writes(sandbox).values()) == [2]


def test_a_change_whose_worker_was_killed_before_it_wrote_is_written(desk: Desk) -> None:
    row = desk.rows[0]
    job = desk.importing(change(row, "1.", enabled=False))
    lose_worker(job)
    desk.switch(row, enabled=True)
    desk.write(row, keywords=row.keywords)
    assert states(finish(job)) == {"done": 1}
    assert [(row.content, row.enabled) for row in desk.rows[:1]] == [("1.", False)]


def test_a_text_that_somebody_wrote_after_the_worker_was_killed_stays(desk: Desk) -> None:
    row = desk.rows[0]
    job = desk.importing(change(row, "1."))
    lose_worker(job)
    desk.write(row, content="Theirs.")
    assert (states(finish(job)), desk.contents[0]) == ({"skipped": 1}, "Theirs.")


def test_keywords_that_are_others_after_the_worker_was_killed_stay(desk: Desk) -> None:
    row = desk.rows[0]
    job = desk.importing(change(row, "1.", keywords="mine"))
    lose_worker(job)
    desk.write(row, content="1.", keywords=["theirs"])
    assert states(finish(job)) == {"done": 1}
    assert (desk.rows[0].keywords, why(job)) == (
        ["theirs"],
        "As far as Dify has answered, segment #1 is without the keywords.",
    )


def test_who_presses_twice_gets_the_same_job(desk: Desk) -> None:
    """Once it is over, and rolled back, the same may be done again; what else is asked for is another job."""
    one, *_ = desk.rows
    table = [change(one), *added(1)]
    first, second = desk.importing(*table), desk.importing(*table)
    assert (first.pk, desk.importing(*table, delete_missing=True).pk == first.pk) == (second.pk, False)
    finish(first)
    finish(desk.rolling_back(first))
    assert desk.importing(*table).pk != first.pk


# --- deleted ---


def test_what_is_missing_is_deleted_and_comes_back_at_the_end(desk: Desk) -> None:
    one, *_ = desk.rows
    job = finish(desk.importing(change(one), delete_missing=True))
    assert (states(job), desk.contents) == ({"done": 2}, ["One."])
    assert Revision.objects.filter(kind="delete", outcome="done").count() == 2
    back = finish(desk.rolling_back(job))
    assert (states(back), sorted(desk.contents), desk.contents[0]) == ({"done": 2}, ["One.", "Three.", "Two."], "One.")


def test_what_is_missing_and_was_edited_since_is_kept(desk: Desk) -> None:
    one, two, three = desk.rows
    job = desk.importing(change(one), change(two), delete_missing=True)
    desk.write(three, content="Theirs.")
    assert (states(finish(job)), desk.contents) == ({"skipped": 1}, ["One.", "Two.", "Theirs."])


def test_what_is_missing_and_was_deleted_since_is_skipped(desk: Desk) -> None:
    one, two, three = desk.rows
    job = desk.importing(change(one), change(two), delete_missing=True)
    desk.delete(three)
    assert (states(finish(job)), why(job)) == ({"skipped": 1}, "It was deleted already.")


def test_a_deletion_whose_worker_was_killed_is_found_done(desk: Desk) -> None:
    one, two, _ = desk.rows
    job = desk.importing(change(one), change(two), delete_missing=True)
    lose_worker(job)
    assert (states(finish(job)), desk.contents) == ({"done": 1}, ["One.", "Two."])


# --- added ---


def test_rows_are_added_in_their_order(desk: Desk) -> None:
    """Although several items are done at once; and what is deleted goes after them."""
    job = finish(desk.importing(change(desk.rows[0]), *added(220), delete_missing=True))
    assert states(job) == {"done": 7}
    assert desk.contents == ["One.", *(f"Row {place}." for place in range(220))]
    assert Revision.objects.filter(kind="create", outcome="done").count() == 220
    rows = [str(event.after) for event in AuditEvent.objects.filter(act="segment.import").order_by("id")]
    assert rows[:2] == ["rows 2 to 51", "rows 52 to 101"]
    back = finish(desk.rolling_back(job))
    assert (states(back), sorted(desk.contents)) == ({"done": 7}, ["One.", "Three.", "Two."])


def test_an_item_waits_for_those_before_it(desk: Desk, settings: Settings) -> None:
    """One that cannot be done just now holds up the following ones, and not for ever."""
    settings.JOB_DELAY_SECONDS = 0.1
    job = desk.importing(change(desk.rows[0]), *added(60))
    first = job.items.order_by("position")[0]
    JobItem.objects.filter(pk=first.pk).update(state="failed")
    finish(job)
    assert desk.contents[3:] == [f"Row {place}." for place in range(50, 60)]
    retry_failed(desk.scope, job)
    finish(job)
    assert len(desk.contents) == 63


@pytest.mark.parametrize("kept", [0, 2, 3], ids=["before-it-called", "half-way", "before-it-noted-the-answer"])
def test_a_worker_that_dies_adds_nothing_twice(desk: Desk, kept: int) -> None:
    """A segment of the same text that was there before is not taken for one that it added."""
    desk.write(desk.rows[0], content="Row 1.")
    job = desk.importing(change(desk.rows[0]), *added(3))
    lose_worker(job)
    for row in desk.rows[3 + kept :]:
        desk.delete(row)
    JobItem.objects.filter(job=job).update(result={"end": 3})
    there = [row.id for row in desk.rows]
    assert states(finish(job)) == {"done": 1}
    assert ([row.id for row in desk.rows][: len(there)], desk.contents[3:]) == (there, ["Row 0.", "Row 1.", "Row 2."])
    assert Revision.objects.filter(kind="create").values("segment_id").distinct().count() == 3 + (3 - kept)
    assert states(finish(desk.rolling_back(job))) == {"done": 1}
    assert desk.contents == ["Row 1.", "Two.", "Three."]


def test_what_was_added_and_not_known_is_found_for_the_way_back(desk: Desk) -> None:
    """All attempts were lost."""
    job = desk.importing(change(desk.rows[0]), *added(2))
    lose_worker(job)
    JobItem.objects.filter(job=job).update(result={"end": 3}, state="unknown", taken_by="", lease_until=None)
    Job.objects.filter(pk=job.pk).update(state="done")
    job.refresh_from_db()
    assert (states(finish(desk.rolling_back(job))), desk.contents) == ({"done": 1}, ["One.", "Two.", "Three."])


def test_rows_that_are_alike_have_a_segment_each(desk: Desk) -> None:
    """Those of the second item are not taken for those of the first, whose outcome was not known."""
    alike = [Row(place + 2, "Alike.") for place in range(60)]
    job = desk.importing(change(desk.rows[0]), *alike)
    finish(job)
    first = job.items.order_by("position")[0]
    for segment_id in first.result["added"]:
        desk.dify.segments.delete(desk.dataset.id, desk.document.id, UUID(segment_id))
    JobItem.objects.filter(pk=first.pk).update(state="unknown", result={"end": 3})
    retry_failed(desk.scope, job)
    finish(job)
    assert desk.contents.count("Alike.") == 60


def test_an_answer_that_was_lost_adds_nothing_twice(desk: Desk, sandbox: SandboxProcess, settings: Settings) -> None:
    settings.JOB_BACKOFF_SECONDS = 0.1
    job = desk.importing(change(desk.rows[0]), *added(3))
    sandbox.faults({"kind": "reset", "method": "POST", "path": "/segments$", "times": 1})
    assert states(finish(job)) == {"done": 1}
    assert desk.contents[3:] == ["Row 0.", "Row 1.", "Row 2."]


def test_a_row_that_is_to_be_disabled_is_also_after_the_worker_was_killed(desk: Desk) -> None:
    job = desk.importing(change(desk.rows[0]), Row(3, "Off.", enabled=False))
    lose_worker(job)
    desk.switch(desk.rows[3], enabled=True)
    finish(job)
    assert [(row.content, row.enabled) for row in desk.rows[3:]] == [("Off.", False)]


def test_what_was_added_and_edited_since_stays(desk: Desk) -> None:
    job = finish(desk.importing(change(desk.rows[0]), *added(3)))
    desk.write(desk.rows[3], content="Theirs.")
    desk.delete(desk.rows[4])
    back = finish(desk.rolling_back(job))
    assert (states(back), desk.contents[3:]) == ({"done": 1}, ["Theirs."])
    assert why(back) == "1 segment was changed since it was added, and stays."


@pytest.mark.parametrize(
    ("content", "said"),
    [("Theirs.", "It was changed since; nothing was written."), ("", "It was deleted already.")],
    ids=["edited", "deleted"],
)
def test_where_all_that_was_added_is_others_nothing_is_rolled_back(desk: Desk, content: str, said: str) -> None:
    job = finish(desk.importing(change(desk.rows[0]), *added(1)))
    row = desk.rows[3]
    desk.write(row, content=content) if content else desk.delete(row)
    back = finish(desk.rolling_back(job))
    assert (states(back), why(back)) == ({"skipped": 1}, said)


# --- workers as processes ---


def test_workers_that_are_killed_at_random_change_and_add_all_once(desk: Desk, sandbox: SandboxProcess) -> None:
    for number in range(40):
        desk.add(f"Old {number}.")
    changed = [change(row, f"New of {row.position}.") for row in desk.rows[3:]]
    job = desk.importing(*changed, *added(330), delete_missing=True)
    total = job.items.count()
    assert total == 40 + 7 + 3
    sandbox.faults({"kind": "slow", "seconds": 0.05, "path": "/segments", "times": None})
    for point in sorted(random.Random(0).sample(range(1, total - 1), 5)):
        with killed_worker(sandbox):
            until(lambda point=point: job.items.filter(state="done").count() >= point or None, PATIENCE)  # type: ignore[misc]  # mypy infers no lambda with a default
    with workers(sandbox):
        until(lambda: over(job), PATIENCE)
    assert states(job) == {"done": total}
    assert desk.contents == [*(f"New of {place}." for place in range(4, 44)), *(f"Row {place}." for place in range(330))]
