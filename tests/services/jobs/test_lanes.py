"""What runs in the background: after people's jobs, not on their page, and answered for by the system or by the owner of a schedule."""

import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, AuditEvent, Job, Sentence, User, Workspace
from datasets_ui.services.jobs.control import NewJob, begin_job
from datasets_ui.services.jobs.kinds import SYSTEM
from datasets_ui.services.jobs.worker import work_on
from datasets_ui.services.keys.connections import connect
from datasets_ui.services.scope import DatasetScope, Scope
from datasets_ui.services.segments.jobs import SetSegmentsEnabled
from tests.support.job_stage import disabling, finish, items_for, make_segments, states
from tests.support.stage import acts, text, texts, url

pytestmark = pytest.mark.django_db(transaction=True)
TITLE = Sentence.of("as_written", text="Every night")


def background(workspace: Workspace, dataset: Dataset, segments: list[Segment], owner: User | None = None) -> Job:
    by = Actor(owner.email) if owner else SYSTEM
    scope: DatasetScope = Scope(workspace=workspace, by=by, user=owner).connected(connect(workspace, by)).dataset(dataset.id)
    return begin_job(scope, NewJob(SetSegmentsEnabled, TITLE, items_for(segments), lane=Job.Lane.BACKGROUND))


@pytest.fixture
def segments(dify: DifyClient, handbook: Dataset) -> list[Segment]:
    return make_segments(dify, handbook, 4)


def test_the_system_answers_for_itself(workspace: Workspace, handbook: Dataset, segments: list[Segment]) -> None:
    """Beginning is no act; what is changed is one, in its name."""
    job = background(workspace, handbook, segments)
    assert acts() == []
    assert states(finish(job)) == {"done": 4}
    assert set(AuditEvent.objects.values_list("act", "actor")) == {("segment.disable", "system")}


def test_it_is_not_on_peoples_page_and_not_counted(
    owner: Client, workspace: Workspace, handbook: Dataset, segments: list[Segment]
) -> None:
    background(workspace, handbook, segments)
    page = owner.get(url("jobs"))
    assert "Every night" not in text(page, "main")
    assert texts(page, ".side-number") == [""]


def test_it_gives_way_to_people(workspace: Workspace, erin: User, handbook: Dataset, segments: list[Segment]) -> None:
    later = background(workspace, handbook, segments[:2])
    first = disabling(workspace, erin, handbook, segments[2:])
    work_on(later.id)
    assert states(later) == {"waiting": 2}
    finish(first)
    assert states(finish(later)) == {"done": 2}


def test_without_its_owner_it_pauses_and_the_admins_are_told(
    owner: Client, editor: Client, workspace: Workspace, erin: User, handbook: Dataset, segments: list[Segment]
) -> None:
    job = background(workspace, handbook, segments, erin)
    workspace.memberships.filter(user=erin).update(role="viewer")
    finish(job)
    assert (job.state, states(job)) == ("paused", {"waiting": 4})
    assert [act for act, *_ in acts()] == ["job.pause"]
    assert "Every night: erin@example.com has not the role" in text(owner.get(url("jobs")), f"#left-alone-{job.id}")
    assert "Every night" not in text(editor.get(url("jobs")), "main")
