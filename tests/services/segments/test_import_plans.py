"""What an imported table would do: held against the document as it is, without a word too many."""

from collections.abc import Iterator
from typing import Any

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.paging import ListChanging
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Workspace
from datasets_ui.services.scope import DocumentScope
from datasets_ui.services.segments import import_plans
from datasets_ui.services.segments.import_jobs import SegmentUpdate
from datasets_ui.services.segments.import_plans import Comparison, Row, plan_import
from tests.conftest import scope_of
from tests.services.segments.test_editing import client_of
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import UNKNOWN, Calls, document, segments

PLAIN = Comparison(economy=False, cut_at=None)


def segment(content: str = "One.", **more: Any) -> Segment:
    return Segment.model_validate({"id": str(UNKNOWN), "document_id": str(UNKNOWN), "content": content, "position": 1} | more)


def row(content: str = "One.", **more: Any) -> Row:
    return Row(2, content, segment_id=UNKNOWN, **more)


@pytest.mark.parametrize(
    ("given", "current"),
    [
        (row("One.\nTwo."), segment("One.\r\nTwo.")),
        (row("One.\rTwo."), segment("One.\nTwo.")),
        (row(keywords="a, b"), segment(keywords=["a", "b"])),
        (row(keywords="b,a"), segment(keywords=["a", "b"])),
        (row(keywords="with, comma, other"), segment(keywords=["with, comma", "other"])),
        (row(keywords=" "), segment(keywords=["a"])),
        (row(keywords=",,"), segment(keywords=["a"])),
        (row(answer=""), segment(answer=None)),
        (row(enabled=True), segment()),
        (row(), segment(answer="An answer.", keywords=["a"], enabled=False)),
    ],
)
def test_what_is_the_same_is_no_change(given: Row, current: Segment) -> None:
    assert PLAIN.update_of(given, current) is None


def test_only_what_differs_is_kept() -> None:
    current = segment(answer="A.", keywords=["a"])
    update = PLAIN.update_of(row(answer="B.", keywords="a", enabled=True), current)
    assert update
    assert update.model_dump(exclude={"segment_id", "looked_at"}, exclude_none=True) == {"answer": "B."}


def test_new_words_become_keywords_where_nothing_else_finds_them() -> None:
    economy = Comparison(economy=True, cut_at=None)
    current = segment("Old text.", keywords=["old"])
    found = [economy.update_of(row("New text.", keywords=cell), current) for cell in (None, "old", "mine")]
    assert [update and update.keywords for update in found] == [["old", "New"], ["old", "New"], ["mine"]]
    plain = PLAIN.update_of(row("New text."), current)
    assert (plain and plain.keywords, plain and plain.content) == (None, "New text.")


@pytest.fixture
def place(workspace: Workspace, dify: DifyClient, handbook: Dataset) -> DocumentScope:
    made = document(dify, handbook.id, text="One.###Two.")
    return scope_of(workspace, "erin@example.com", dify).dataset(handbook.id).document(made.id)


def test_without_ids_nothing_is_looked_at(place: DocumentScope, sandbox: SandboxProcess) -> None:
    calls = Calls(sandbox)
    plan = plan_import(place, [Row(2, "Three.")])
    assert (calls.seen(), plan.needs_job, len(plan.added), plan.missing) == ([], False, 1, [])


def test_a_seal_tells_what_would_be_done(place: DocumentScope) -> None:
    one, _ = segments(place.dify, place.dataset_id, place.document_id)
    seals = {
        plan_import(place, rows).seal
        for rows in (
            [Row(2, "One.", segment_id=one.id)],
            [Row(2, "1.", segment_id=one.id)],
            [Row(2, "One.", segment_id=one.id), Row(3, "Three.")],
            [Row(2, "One.", segment_id=one.id), Row(3, "Three.", enabled=False)],
        )
    }
    assert len(seals) == 4


def test_a_document_that_changes_while_it_is_read_is_not_taken_for_whole(
    place: DocumentScope, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A segment that was passed over would be taken for gone."""
    one, two = segments(place.dify, place.dataset_id, place.document_id)
    monkeypatch.setattr(import_plans, "pages", lambda _scope: [[one]])
    with pytest.raises(ListChanging):
        plan_import(place, [Row(2, "x", segment_id=two.id)])


@pytest.fixture(scope="module")
def oldest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DifyClient]:
    with SandboxProcess(tmp_path_factory.mktemp("oldest"), "--dify-version", "1.10.1") as process:
        yield client_of(process)


def test_a_segment_of_another_document_is_told_where_the_server_tells_it(workspace: Workspace, oldest: DifyClient) -> None:
    dataset = oldest.datasets.create(name="Old", indexing_technique="economy", permission="only_me")
    here, there = (document(oldest, dataset.id, name) for name in ("a.txt", "b.txt"))
    scope = scope_of(workspace, "erin@example.com", oldest).dataset(dataset.id).document(here.id)
    foreign = segments(oldest, dataset.id, there.id)[0]
    plan = plan_import(scope, [Row(2, "x", segment_id=foreign.id), Row(3, "y", segment_id=UNKNOWN), Row(4, "z")])
    assert [(gone.row.number, gone.elsewhere) for gone in plan.gone] == [(2, True), (3, False)]
    assert [row.number for row in plan.with_gone_added().added] == [2, 3, 4]


def test_a_row_leaves_the_ends_of_lines_as_they_are_stored() -> None:
    update = SegmentUpdate(segment_id=UNKNOWN, looked_at="", content="One.\n2.\nThree.")
    assert update.applied_to({"content": "One.\r\nTwo.\r\nThree."})["content"] == "One.\r\n2.\r\nThree."
