"""Kinds of jobs that change segments one by one: done, undone, repeated after a worker was killed, and what they refuse."""

from typing import Any

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, Job, Revision, Sentence, User, Workspace
from datasets_ui.services.jobs.control import NewItem, NewJob, begin_job, roll_back
from datasets_ui.services.jobs.kinds import Kind
from datasets_ui.services.scope import DocumentScope, Scope
from datasets_ui.services.segments.jobs import ChangeKeywords, DeleteSegments, SetSegmentsEnabled
from datasets_ui.services.segments.restoring import BEING_RESTORED, complete_restored, restore_segment
from tests.conftest import scope_of
from tests.support.job_stage import finish, in_dataset, lose_worker, make_segments, states, writes
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Calls

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def segments(dify: DifyClient, handbook: Dataset) -> list[Segment]:
    return make_segments(dify, handbook, 3)


def begin(workspace: Workspace, user: User, dataset: Dataset, kind: type[Kind[Any]], rows: list[Segment], **more: Any) -> Job:
    items = [NewItem(f"#{row.position}", kind.item(document_id=row.document_id, segment_id=row.id, **more)) for row in rows]
    return begin_job(in_dataset(workspace, user, dataset), NewJob(kind, Sentence.of("as_written", text=kind.name), items))


def acting(job: Job, user: User) -> Scope:
    return Scope(workspace=job.workspace, by=Actor(user.email), user=user)


def of(revision: Revision, dify: DifyClient) -> DocumentScope:
    """Where it is taken back."""
    return scope_of(revision.workspace, "erin@example.com", dify).dataset(revision.dataset_id).document(revision.document_id)


def now(dify: DifyClient, dataset: Dataset, row: Segment) -> Segment:
    return dify.segments.get(dataset.id, row.document_id, row.id)


def there(dify: DifyClient, dataset: Dataset, row: Segment) -> list[str]:
    return [each.content for each in dify.segments.page(dataset.id, row.document_id, limit=100).data]


def twin_of(dify: DifyClient, dataset: Dataset, row: Segment) -> Segment:
    """Another segment of the same text."""
    return dify.segments.create(dataset.id, row.document_id, content=row.content, answer=None, keywords=[])


def why(job: Job) -> str:
    return str(job.items.get().why)


def test_each_segment_is_read_once(
    workspace: Workspace, erin: User, handbook: Dataset, segments: list[Segment], sandbox: SandboxProcess
) -> None:
    job = begin(workspace, erin, handbook, SetSegmentsEnabled, segments, enabled=False)
    calls = Calls(sandbox)
    finish(job)
    assert sorted(call.split()[0] for call in calls.seen()) == ["GET"] * 3 + ["POST"] * 3


# --- delete ---


@pytest.fixture
def deleting(workspace: Workspace, erin: User, handbook: Dataset, segments: list[Segment]) -> Job:
    """The first of three."""
    return begin(workspace, erin, handbook, DeleteSegments, segments[:1])


def test_segments_are_deleted(deleting: Job, dify: DifyClient, handbook: Dataset, segments: list[Segment]) -> None:
    assert states(finish(deleting)) == {"done": 1}
    assert there(dify, handbook, segments[0]) == ["Sentence number 1.", "Sentence number 2."]
    assert Revision.objects.get(kind="delete").before["content"] == "Sentence number 0."  # type: ignore[index]  # it is there, or the test fails


def test_deleted_segments_come_back_at_the_end(
    deleting: Job, erin: User, dify: DifyClient, handbook: Dataset, segments: list[Segment]
) -> None:
    back = finish(roll_back(acting(deleting, erin), finish(deleting)))
    assert states(back) == {"done": 1}
    assert there(dify, handbook, segments[0]) == ["Sentence number 1.", "Sentence number 2.", "Sentence number 0."]


def test_a_segment_that_was_disabled_comes_back_disabled(
    deleting: Job, erin: User, dify: DifyClient, handbook: Dataset, segments: list[Segment]
) -> None:
    dify.segments.set_enabled(handbook.id, segments[0].document_id, segments[0], enabled=False)
    finish(roll_back(acting(deleting, erin), finish(deleting)))
    rows = dify.segments.page(handbook.id, segments[0].document_id).data
    assert [row.enabled for row in rows] == [True, True, False]


def test_what_is_gone_already_is_skipped(deleting: Job, dify: DifyClient, handbook: Dataset, segments: list[Segment]) -> None:
    dify.segments.delete(handbook.id, segments[0].document_id, segments[0].id)
    assert (states(finish(deleting)), why(deleting)) == ({"skipped": 1}, "It was deleted already.")


def test_a_deletion_whose_worker_was_killed_is_found_done(
    deleting: Job, erin: User, dify: DifyClient, handbook: Dataset, segments: list[Segment]
) -> None:
    """And is taken back all the same."""
    lose_worker(deleting)
    assert (states(finish(deleting)), len(there(dify, handbook, segments[0]))) == ({"done": 1}, 2)
    finish(roll_back(acting(deleting, erin), deleting))
    assert there(dify, handbook, segments[0])[-1] == "Sentence number 0."


def test_bringing_back_adds_nothing_twice(
    deleting: Job, erin: User, dify: DifyClient, handbook: Dataset, segments: list[Segment]
) -> None:
    """Where the worker was killed in between, before it noted which one it was; a segment of the same text that was there before is not it."""
    twin_of(dify, handbook, segments[0])
    back = roll_back(acting(deleting, erin), finish(deleting))
    lose_worker(back)
    Revision.objects.filter(kind="delete").update(restored_as=BEING_RESTORED)
    assert states(finish(back)) == {"done": 1}
    assert there(dify, handbook, segments[0]).count("Sentence number 0.") == 2


def test_who_was_killed_before_bringing_back_leaves_it_to_the_next(
    deleting: Job, erin: User, dify: DifyClient, handbook: Dataset, segments: list[Segment]
) -> None:
    """A segment of the same text that was there before is not taken for it."""
    twin = twin_of(dify, handbook, segments[0])
    back = roll_back(acting(deleting, erin), finish(deleting))
    back.items.update(result={"end": twin.position})
    Revision.objects.update(restored_as=BEING_RESTORED)
    assert states(finish(back)) == {"done": 1}
    assert there(dify, handbook, segments[0]).count("Sentence number 0.") == 2


def test_what_was_lost_over_bringing_back_is_brought_back_by_the_next_press(
    deleting: Job, workspace: Workspace, dify: DifyClient, handbook: Dataset, segments: list[Segment]
) -> None:
    """The mark of a process that died is no segment."""
    finish(deleting)
    revision = Revision.objects.filter(kind="delete").first()
    assert revision
    Revision.objects.update(restored_as=BEING_RESTORED)
    back = restore_segment(of(revision, dify), revision)
    assert there(dify, handbook, segments[0])[-1] == back.content


def test_going_on_with_what_was_lost_half_way_overwrites_nobody(
    deleting: Job, workspace: Workspace, dify: DifyClient, handbook: Dataset, segments: list[Segment]
) -> None:
    """Somebody has edited the segment since it came back."""
    finish(deleting)
    revision = Revision.objects.filter(kind="delete").first()
    assert revision
    back = restore_segment(of(revision, dify), revision)
    place = (handbook.id, back.document_id, back.id)
    dify.segments.update(*place, content="Edited since.", answer=None, keywords=["mine"], attachment_ids=back.attachment_ids)
    complete_restored(of(revision, dify), revision, back.id)
    assert (dify.segments.get(*place).content, dify.segments.get(*place).keywords) == ("Edited since.", ["mine"])


def test_what_came_back_for_one_is_not_taken_for_its_twin(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, segments: list[Segment]
) -> None:
    twins = [segments[0], twin_of(dify, handbook, segments[0])]
    job = finish(begin(workspace, erin, handbook, DeleteSegments, twins))
    first = Revision.objects.filter(segment_id=twins[0].id)[0]
    restore_segment(of(first, dify), first)
    back = roll_back(acting(job, erin), job)
    back.items.filter(target=Sentence.stored(f"#{twins[1].position}")).update(result={"end": segments[-1].position})
    assert states(finish(back)) == {"done": 1, "skipped": 1}
    assert there(dify, handbook, segments[0]).count("Sentence number 0.") == 2


def test_who_was_killed_before_disabling_leaves_it_to_the_next(
    deleting: Job, erin: User, dify: DifyClient, handbook: Dataset, segments: list[Segment]
) -> None:
    place = (handbook.id, segments[0].document_id)
    dify.segments.set_enabled(*place, segments[0], enabled=False)
    back = roll_back(acting(deleting, erin), finish(deleting))
    back.items.update(result={"end": segments[-1].position})
    dify.segments.create(*place, content="Sentence number 0.", answer=None, keywords=[])
    assert states(finish(back)) == {"done": 1}
    assert [row.enabled for row in dify.segments.page(*place).data] == [True, True, False]


def test_what_was_brought_back_by_hand_is_skipped(deleting: Job, erin: User, dify: DifyClient, workspace: Workspace) -> None:
    finish(deleting)
    revision = Revision.objects.get(kind="delete")
    restore_segment(of(revision, dify), revision)
    back = finish(roll_back(acting(deleting, erin), deleting))
    assert (states(back), why(back)) == ({"skipped": 1}, "It was brought back already.")


# --- keywords ---


@pytest.fixture
def tagged(dify: DifyClient, handbook: Dataset, segments: list[Segment]) -> Segment:
    row = segments[0]
    return dify.segments.update(
        handbook.id,
        row.document_id,
        row.id,
        content=row.content,
        answer=None,
        keywords=["sentence", "old"],
        attachment_ids=None,
    )


@pytest.fixture
def tagging(workspace: Workspace, erin: User, handbook: Dataset, tagged: Segment) -> Job:
    return begin(workspace, erin, handbook, ChangeKeywords, [tagged], add=["new"], remove=["old"])


def test_keywords_are_added_and_removed(tagging: Job, dify: DifyClient, handbook: Dataset, tagged: Segment) -> None:
    assert states(finish(tagging)) == {"done": 1}
    assert now(dify, handbook, tagged).keywords == ["sentence", "new"]
    assert Revision.objects.get(kind="update").before["keywords"] == ["sentence", "old"]  # type: ignore[index]  # it is there, or the test fails


def test_earlier_keywords_are_restored(tagging: Job, erin: User, dify: DifyClient, handbook: Dataset, tagged: Segment) -> None:
    assert states(finish(roll_back(acting(tagging, erin), finish(tagging)))) == {"done": 1}
    assert now(dify, handbook, tagged).keywords == ["sentence", "old"]


def test_keywords_that_were_changed_since_stay(
    tagging: Job, erin: User, dify: DifyClient, handbook: Dataset, tagged: Segment
) -> None:
    row = now(dify, handbook, tagged)
    finish(tagging)
    dify.segments.update(
        handbook.id, row.document_id, row.id, content=row.content, answer=None, keywords=["third"], attachment_ids=None
    )
    back = finish(roll_back(acting(tagging, erin), tagging))
    assert (states(back), why(back)) == ({"skipped": 1}, "It was changed since; nothing was written.")
    assert now(dify, handbook, tagged).keywords == ["third"]


def test_keywords_that_are_like_that_are_skipped(workspace: Workspace, erin: User, handbook: Dataset, tagged: Segment) -> None:
    job = finish(begin(workspace, erin, handbook, ChangeKeywords, [tagged], add=["old"], remove=["other"]))
    assert (states(job), why(job)) == ({"skipped": 1}, "Its keywords are like that already.")


def test_the_last_keyword_cannot_go(
    workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset, tagged: Segment
) -> None:
    job = finish(begin(workspace, erin, handbook, ChangeKeywords, [tagged], remove=["old", "sentence"]))
    assert (states(job), why(job)[:35]) == ({"failed": 1}, "Dify cannot take the last keyword f")
    assert now(dify, handbook, tagged).keywords == ["sentence", "old"]


def test_a_disabled_segment_keeps_its_keywords(tagging: Job, dify: DifyClient, handbook: Dataset, tagged: Segment) -> None:
    dify.segments.set_enabled(handbook.id, tagged.document_id, tagged, enabled=False)
    assert (states(finish(tagging)), why(tagging)[:15]) == ({"failed": 1}, "It is disabled,")


def test_keywords_whose_worker_was_killed_are_written_once(
    tagging: Job, erin: User, dify: DifyClient, handbook: Dataset, tagged: Segment, sandbox: SandboxProcess
) -> None:
    lose_worker(tagging)
    assert states(finish(tagging)) == {"done": 1}
    back = roll_back(acting(tagging, erin), tagging)
    lose_worker(back)
    assert states(finish(back)) == {"done": 1}
    assert now(dify, handbook, tagged).keywords == ["sentence", "old"]
    assert writes(sandbox) == {f"/datasets/{handbook.id}/documents/{tagged.document_id}/segments/{tagged.id}": 3}
