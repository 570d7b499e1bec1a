"""What becomes of a job when Dify, the key, or a person gives way in its middle."""

from typing import Any, ClassVar

import pytest
from django.utils import timezone
from pydantic import SecretStr
from pytest_django.fixtures import Settings

from datasets_ui.crypto import new_key
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Act, Actor, Job, JobItem, Membership, Role, User, Workspace
from datasets_ui.services.jobs.control import resume_job
from datasets_ui.services.jobs.items import process_item
from datasets_ui.services.jobs.kinds import Context, Data, Failed, Kind, SegmentItem
from datasets_ui.services.jobs.registry import KINDS
from datasets_ui.services.jobs.worker import Turn, begin, take_back, take_item, work_on
from datasets_ui.services.keys.api_keys import Tried, examine, rotate_key, set_key_enabled
from datasets_ui.services.keys.connections import new_client, transport
from datasets_ui.services.scope import Change, Scope
from tests.conftest import member
from tests.support.job_stage import disabling, finish, make_segments, states, writes
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Calls, acts, until

pytestmark = pytest.mark.django_db(transaction=True)
BY = Actor("erin@example.com")


@pytest.fixture(autouse=True)
def short_waits(settings: Settings) -> None:
    settings.JOB_BACKOFF_SECONDS = 0.3
    settings.JOB_DELAY_SECONDS = 0.1


@pytest.fixture
def segments(dify: DifyClient, handbook: Dataset) -> list[Segment]:
    return make_segments(dify, handbook, 12)


@pytest.fixture
def job(workspace: Workspace, erin: User, handbook: Dataset, segments: list[Segment]) -> Job:
    return disabling(workspace, erin, handbook, segments)


def fault(status: int, code: str = "unknown", **more: Any) -> dict[str, Any]:
    return {"kind": "status", "status": status, "code": code, "path": "/segments/", "times": None} | more


def attempt(job: Job) -> Job:
    """One turn."""
    work_on(job.id)
    job.refresh_from_db()
    return job


# --- Dify asks to wait ---


@pytest.mark.parametrize("retry_after", ["60", "3600"])
def test_a_job_waits_as_long_as_dify_asks(job: Job, sandbox: SandboxProcess, retry_after: str) -> None:
    """Not in the worker: the turn ends, and no attempt of an item is counted."""
    sandbox.faults(fault(429, "too_many_requests", retry_after=retry_after))
    calls = Calls(sandbox)
    attempt(job)
    assert job.state == "running"
    assert job.waits_until
    assert abs((job.waits_until - timezone.now()).total_seconds() - float(retry_after)) < 10
    assert (states(job), set(job.items.values_list("attempts", flat=True))) == ({"waiting": 12}, {0})
    assert len(calls.seen()) <= 4  # those that were under way
    sandbox.faults()
    attempt(job)
    assert len(calls.seen()) <= 4


@pytest.mark.parametrize("retry_after", ["1", None, "soon", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_after_the_wait_it_goes_on_by_itself(job: Job, sandbox: SandboxProcess, retry_after: str | None) -> None:
    """Half of the calls are refused, and no item fails."""
    refusals = [fault(429, "too_many_requests", retry_after=retry_after, times=1)] * 4
    sandbox.faults(*refusals)
    assert states(finish(job)) == {"done": 12}
    assert set(writes(sandbox).values()) == {1}


def test_other_jobs_of_the_workspace_wait_too(
    job: Job, workspace: Workspace, erin: User, handbook: Dataset, segments: list[Segment], sandbox: SandboxProcess
) -> None:
    """They call with the same key."""
    other = disabling(workspace, erin, handbook, segments)
    sandbox.faults(fault(429, "too_many_requests", retry_after="60"))
    attempt(job)
    calls = Calls(sandbox)
    attempt(other)
    assert (calls.seen(), states(other)) == ([], {"waiting": 12})


def test_while_dify_is_down_the_job_waits(job: Job, sandbox: SandboxProcess) -> None:
    sandbox.stop()
    try:
        attempt(job)
        assert (job.state, states(job), job.setbacks > 0) == ("running", {"waiting": 12}, True)
        assert set(job.items.values_list("attempts", flat=True)) == {0}
    finally:
        sandbox.start()
    assert states(finish(job)) == {"done": 12}
    assert (job.setbacks, set(writes(sandbox).values())) == (0, {1})


# --- an item gives trouble ---


def test_a_failing_server_is_asked_again(job: Job, sandbox: SandboxProcess) -> None:
    sandbox.faults(*[fault(500, times=1), fault(503, times=1)] * 4)
    assert (states(finish(job)), set(writes(sandbox).values())) == ({"done": 12}, {1})


def test_but_not_for_ever(job: Job, segments: list[Segment], sandbox: SandboxProcess) -> None:
    sandbox.faults(fault(500, path=str(segments[3].id)))
    assert states(finish(job)) == {"done": 11, "failed": 1}
    failed = job.items.get(state="failed")
    assert (failed.position, failed.attempts, failed.error) == (3, 5, "unknown")
    assert str(failed.why).startswith("Dify failed and did not say why.")


def test_what_dify_refuses_fails_with_its_reason(job: Job, segments: list[Segment], sandbox: SandboxProcess) -> None:
    sandbox.faults(fault(404, "not_found", path=str(segments[3].id), message="Segment not found."))
    finish(job)
    failed = job.items.get(state="failed")
    assert (failed.attempts, failed.error, str(failed.why)[-18:]) == (1, "not_found", "Segment not found.")


def test_a_write_whose_answer_is_lost_is_looked_at(job: Job, sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "reset", "method": "POST", "path": "/segments/", "times": 3})
    assert states(finish(job)) == {"done": 12}
    assert sum(writes(sandbox).values()) == 12 + 3  # the sandbox notes those that it broke off, too


class Blind(Kind[SegmentItem]):
    """Writes without looking; its item's text is what goes wrong."""

    name = "blind"
    looks_first = False
    item = SegmentItem
    seen: ClassVar[list[str]] = []

    def run(self, item: SegmentItem, context: Context) -> Data | None:
        self.seen.append(str(item.document_id))
        context.note({"before": 1})
        if context.parameters.get("fault") == "broken":
            raise ZeroDivisionError
        if context.parameters.get("fault") == "failed":
            raise Failed("as_written", text="It is too long.")
        scope = context.document(item).segment(item.segment_id)
        with scope.writing(Act.SEGMENT_DISABLE, Change(item.segment_id, segment_id=item.segment_id)) as writing:
            writing.dify.segments.change(*scope.ids, {"enabled": False})
        return {"after": 2}


@pytest.fixture
def blind(job: Job, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setitem(KINDS, Blind.name, Blind())
    Job.objects.update(kind=Blind.name)
    job.refresh_from_db()
    return job


def test_what_was_noted_and_returned_is_kept(blind: Job) -> None:
    finish(blind)
    assert [*blind.items.values_list("result", flat=True)] == [{"before": 1, "after": 2}] * 12


def test_who_cannot_look_leaves_it_unknown(blind: Job, sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "reset", "method": "POST", "path": "/segments/", "times": 1})
    assert states(finish(blind)).get("unknown") == 1
    assert "not known whether the change was carried out" in str(blind.items.get(state="unknown").why)


def test_who_cannot_look_is_not_tried_again_after_a_lost_worker(blind: Job, settings: Settings) -> None:
    lose(blind, settings)
    assert (states(blind), blind.items.get(position=0).error) == ({"unknown": 1, "waiting": 11}, "worker_lost")


def lose(job: Job, settings: Settings) -> None:
    """A worker takes the first item and is never seen again."""
    settings.JOB_LEASE_SECONDS = 0.0
    turn = Turn(job.id)
    begin(turn)
    assert take_item(job.id, turn.token)
    take_back(job.id)


def test_what_each_worker_dies_of_is_left_alone_in_the_end(job: Job, settings: Settings) -> None:
    for _ in range(4):
        lose(job, settings)
    assert states(job) == {"waiting": 12}
    lose(job, settings)
    assert (states(job), job.items.get(position=0).error) == ({"unknown": 1, "waiting": 11}, "worker_lost")


@pytest.mark.parametrize(
    ("what", "error", "why"), [("broken", "broken", "The dashboard failed at this."), ("failed", "failed", "It is too long.")]
)
def test_an_item_that_fails_here_does_not_end_the_others(blind: Job, what: str, error: str, why: str) -> None:
    Job.objects.update(parameters={"fault": what})
    finish(blind)
    assert set(blind.items.values_list("state", "error")) == {("failed", error)}
    assert str(blind.items.earliest("pk").why).startswith(why)


def test_what_was_handed_to_somebody_else_is_not_written(job: Job, sandbox: SandboxProcess) -> None:
    """A worker that stood still for too long finds out before it writes."""
    turn = Turn(job.id)
    begin(turn)
    stale = take_item(job.id, turn.token)
    assert stale
    JobItem.objects.filter(pk=stale.pk).update(taken_by="somebody else")
    process_item(stale)
    stale.refresh_from_db()
    assert (writes(sandbox), stale.state, stale.taken_by) == ({}, "taken", "somebody else")


# --- the key ---


def test_a_refused_key_pauses_the_job_until_there_is_a_new_one(
    job: Job, workspace: Workspace, erin: User, sandbox: SandboxProcess
) -> None:
    sandbox.faults(fault(401, "unauthorized", path=f"/segments/(?!{'x' * 8})", method="POST"))
    calls = Calls(sandbox)
    attempt(job)
    assert (job.state, str(job.why)[:27], states(job)) == ("paused", "Dify refused the API key. A", {"waiting": 12})
    assert len([call for call in calls.seen() if call.startswith("POST")]) <= 4
    assert [act for act, *_ in acts()].count("job.pause") == 1
    assert workspace.api_keys.get().refused_at
    attempt(job)
    assert job.state == "paused"
    sandbox.faults()
    replace_key(workspace, sandbox)
    resume_job(Scope(workspace=workspace, by=BY, user=erin), job)
    assert (states(finish(job)), set(writes(sandbox).values())) == ({"done": 12}, {1})


def replace_key(workspace: Workspace, sandbox: SandboxProcess) -> None:
    secret = SecretStr(sandbox.key)
    found = examine(new_client(sandbox.base_url, secret))
    tried = Tried(sandbox.base_url, secret, found)
    rotate_key(Scope(workspace=workspace, by=BY), workspace.api_keys.get(), tried)


def test_a_disabled_key_pauses_the_job(job: Job, workspace: Workspace, sandbox: SandboxProcess) -> None:
    set_key_enabled(Scope(workspace=workspace, by=BY), workspace.api_keys.get(), enabled=False)
    calls = Calls(sandbox)
    attempt(job)
    assert (job.state, str(job.why)[:35]) == ("paused", "The API key “Default” is disabled. ")
    assert (calls.seen(), set(job.items.values_list("attempts", flat=True))) == ([], {0})


def test_a_key_that_cannot_be_decrypted_pauses_the_job(job: Job, settings: Settings) -> None:
    settings.KEY_ENCRYPTING_KEYS = [new_key()]
    attempt(job)
    assert (job.state, str(job.why)[:38]) == ("paused", "A stored secret cannot be decrypted. T")


def test_an_address_that_may_not_be_called_any_more_pauses_the_job(job: Job, settings: Settings) -> None:
    """Or each of ten thousand items would fail with the same words."""
    settings.API_ALLOWED_HOSTS = frozenset()
    transport.cache_clear()
    attempt(job)
    assert (job.state, str(job.why)[:27], states(job)) == ("paused", "This address is not allowed", {"waiting": 12})


# --- people ---


def gone(workspace: Workspace, erin: User) -> None:
    workspace.memberships.filter(user=erin).delete()


def disabled(workspace: Workspace, erin: User) -> None:
    User.objects.filter(pk=erin.pk).update(is_active=False)


def deleted(workspace: Workspace, erin: User) -> None:
    erin.delete()


def lowered(workspace: Workspace, erin: User) -> None:
    Membership.objects.filter(user=erin).update(role=Role.VIEWER)


@pytest.mark.parametrize("what", [gone, disabled, deleted, lowered], ids=lambda what: what.__name__)
def test_the_work_of_somebody_who_is_out_stops_before_the_next_call(
    job: Job, workspace: Workspace, erin: User, sandbox: SandboxProcess, what: Any
) -> None:
    calls = Calls(sandbox)
    what(workspace, erin)
    finish(job)
    assert (job.state, calls.seen(), states(job)) == ("stopped", [], {"waiting": 12})
    assert str(job.why).startswith("erin@example.com has not the role" if what is lowered else "erin@example.com is no member")
    assert acts()[-1][:2] == ("job.stop", "done")


def test_somebody_who_is_removed_in_the_middle(job: Job, workspace: Workspace, erin: User, sandbox: SandboxProcess) -> None:
    turn = Turn(job.id)
    begin(turn)
    for _ in range(3):
        item = take_item(job.id, turn.token)
        assert item
        process_item(item)
    gone(workspace, erin)
    calls = Calls(sandbox)
    item = take_item(job.id, turn.token)
    assert item
    process_item(item)
    assert (calls.seen(), take_item(job.id, turn.token)) == ([], None)
    assert states(job) == {"done": 3, "waiting": 9}


def test_another_member_may_go_on_with_it(job: Job, workspace: Workspace, erin: User) -> None:
    gone(workspace, erin)
    finish(job)
    fay = member(workspace, "fay", Role.EDITOR)
    resume_job(Scope(workspace=workspace, by=Actor(fay.email), user=fay), job)
    assert states(finish(job)) == {"done": 12}


def test_a_workspace_that_is_deleted_takes_its_jobs_along(job: Job, workspace: Workspace) -> None:
    workspace.delete()
    work_on(job.id)
    assert until(lambda: not Job.objects.exists() or None)
