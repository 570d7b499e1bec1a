"""The pages of background jobs, and their buttons."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from datasets_ui.models import Job, JobItem, Sentence, User, Workspace
from datasets_ui.services.housekeeping import WORKER_HEARTBEAT
from tests.support.stage import HTMX, UNKNOWN, acts, attribute, text, texts, tree, url, words

State = JobItem.State


@pytest.fixture
def job(workspace: Workspace, erin: User) -> Job:
    """Half done."""
    cache.set(WORKER_HEARTBEAT, 1)
    return make(workspace, erin, "running", done=4, failed=1, unknown=1, skipped=1, waiting=3)


def make(workspace: Workspace, user: User, state: str, **items: int) -> Job:
    """A job with as many items of each state."""
    job = Job.objects.create(
        workspace=workspace,
        kind="set_segments_enabled",
        title=Sentence.of("as_written", text="Disable segments"),
        made_by=user.email,
        user=user,
        state=state,
    )
    names = [name for name, number in items.items() for _ in range(number)]
    for position, name in enumerate(names):
        why = "Dify does not know this." if name in {"failed", "unknown"} else ""
        JobItem.objects.create(
            job=job,
            position=position,
            target=f"#{position}",
            state=name,
            why=why,
            finished_at=timezone.now(),
            result={"was": True} if name == "done" else {},
        )
    return job


def facts(response: Any) -> dict[str, str]:
    pairs = tree(response).css(".job-facts > div")
    return {words(pair.css_first("dt")): words(pair.css_first("dd")) for pair in pairs}


def buttons(response: Any) -> list[str]:
    return [button.removesuffix("…") for button in texts(response, ".head .btn")]


@pytest.mark.parametrize(("seconds", "rate"), [(0.2, None), (15, "24 a minute")])
def test_a_rate_is_told_once_it_is_known(viewer: Client, job: Job, seconds: float, rate: str | None) -> None:
    begun = timezone.now() - timedelta(seconds=seconds)
    job.items.update(finished_at=None)
    done = list(job.items.order_by("position")[:7])
    for number, item in enumerate(done):
        item.finished_at = begun + timedelta(seconds=seconds * number / 6)
        item.save()
    assert facts(viewer.get(url("job", job.id))).get("Rate") == rate


def test_a_job_shows_how_far_it_is(viewer: Client, job: Job) -> None:
    page = viewer.get(url("job", job.id))
    shown = {name: value for name, value in facts(page).items() if name not in {"Rate", "Time left"}}
    assert shown == {"Done": "4", "Failed": "2", "Skipped": "1", "Left": "3 of 10"}
    assert (attribute(page, "progress", "value"), text(page, "title")) == ("70", "70 % · Disable segments · Acme")


def test_rate_and_time_left_come_from_what_was_finished_lately(viewer: Client, job: Job) -> None:
    now = timezone.now()
    for item in job.items.filter(state="done"):
        JobItem.objects.filter(pk=item.pk).update(finished_at=now - timedelta(seconds=2 * item.position))
    job.items.exclude(state="done").update(finished_at=None)
    shown = facts(viewer.get(url("job", job.id)))
    assert (shown["Rate"], shown["Time left"]) == ("30 a minute", "less than a minute")


def test_the_report_shows_what_failed_with_its_reason(viewer: Client, job: Job) -> None:
    page = viewer.get(url("job", job.id))
    assert texts(page, "td.grow") == ["#4Dify does not know this.", "#5Dify does not know this."]
    assert texts(page, "td .state") == ["Failed", "Outcome not known"]


@pytest.mark.parametrize(("status", "rows"), [("done", 4), ("left", 3), ("skipped", 1), ("all", 10), ("nonsense", 2)])
def test_the_report_is_filtered(viewer: Client, job: Job, status: str, rows: int) -> None:
    assert len(texts(viewer.get(url("job", job.id, status=status)), "tbody tr")) == rows


def test_the_report_has_pages(viewer: Client, workspace: Workspace, erin: User) -> None:
    job = make(workspace, erin, "done", done=60)
    page = viewer.get(url("job", job.id, status="done", page=2))
    assert (len(texts(page, "tbody tr")), text(page, ".pages .sub")) == (10, "51–60 of 60")


def test_it_moves_by_polling_with_its_title(viewer: Client, job: Job) -> None:
    answer = viewer.get(url("job", job.id), **HTMX)
    assert (answer.status_code, text(answer, "title")) == (200, "70 % · Disable segments · Acme")
    assert attribute(answer, "#poller", "hx-get") == f"{url('job', job.id)}?"


def test_polling_keeps_what_is_looked_at(viewer: Client, job: Job) -> None:
    answer = viewer.get(url("job", job.id, status="done"), **HTMX)
    assert attribute(answer, "#poller", "hx-get") == f"{url('job', job.id)}?status=done"


def test_polling_stops_when_nothing_moves(viewer: Client, job: Job) -> None:
    Job.objects.update(state="done")
    answer = viewer.get(url("job", job.id), **HTMX)
    assert (answer.status_code, texts(answer, "#poller")) == (286, [])
    assert (viewer.get(url("jobs"), **HTMX).status_code, viewer.get(url("job", job.id)).status_code) == (286, 200)


def test_the_list_shows_jobs_the_newest_first(viewer: Client, job: Job, workspace: Workspace, erin: User) -> None:
    make(workspace, erin, "paused", done=1, waiting=1)
    page = viewer.get(url("jobs"))
    assert texts(page, ".status-cell") == ["Paused 1 of 2", "7 of 10 · 2 failed"]
    assert attribute(page, "#poller", "hx-trigger") == "every 2s"


def test_no_jobs_say_what_jobs_are(viewer: Client, workspace: Workspace) -> None:
    assert text(viewer.get(url("jobs")), ".empty-state h2") == "No jobs yet"


def test_the_side_tells_how_many_run(viewer: Client, job: Job, workspace: Workspace) -> None:
    assert text(viewer.get(url("jobs")), ".side-number") == "1 running"
    Job.objects.update(state="done")
    assert texts(viewer.get(url("jobs")), ".side-number") == [""]


def test_waiting_for_dify_is_told(viewer: Client, job: Job) -> None:
    Job.objects.update(not_before=timezone.now() + timedelta(hours=1), why="Dify asks us to slow down.")
    said = text(viewer.get(url("job", job.id)), ".alert")
    assert (said[:23], said[-26:]) == ("Waiting for Dify until ", "Dify asks us to slow down.")


def test_why_it_is_paused_is_told(viewer: Client, job: Job) -> None:
    Job.objects.update(state="paused", why="Dify refused the API key.")
    assert text(viewer.get(url("job", job.id)), ".alert") == "Dify refused the API key."


def test_without_a_worker_it_says_so(viewer: Client, job: Job) -> None:
    cache.delete(WORKER_HEARTBEAT)
    assert text(viewer.get(url("job", job.id)), ".alert")[:20] == "No worker is running"


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("queued", ["Stop"]),
        ("running", ["Stop"]),
        ("paused", ["Stop", "Resume"]),
        ("stopping", []),
        ("stopped", ["Resume", "Roll back"]),
        ("done", ["Retry failed", "Roll back"]),
    ],
)
def test_what_can_be_done_is_offered(editor: Client, viewer: Client, job: Job, state: str, offered: list[str]) -> None:
    Job.objects.update(state=state)
    assert buttons(editor.get(url("job", job.id))) == offered
    assert buttons(viewer.get(url("job", job.id))) == []


def test_a_job_that_was_rolled_back_leads_there(editor: Client, job: Job, workspace: Workspace, erin: User) -> None:
    Job.objects.update(state="done")
    back = make(workspace, erin, "done")
    Job.objects.filter(pk=back.pk).update(undoes=job)
    assert buttons(editor.get(url("job", job.id))) == []
    assert f'href="{url("job", back.id)}"' in editor.get(url("job", job.id)).text
    assert buttons(editor.get(url("job", back.id))) == []


@pytest.mark.parametrize(
    ("before", "action", "after", "act"),
    [
        ("running", "job-stop", "stopped", "job.stop"),
        ("queued", "job-stop", "stopped", "job.stop"),
        ("paused", "job-resume", "queued", "job.resume"),
        ("stopped", "job-resume", "queued", "job.resume"),
        ("done", "job-retry", "queued", "job.retry"),
    ],
)
def test_a_button_does_what_it_says(editor: Client, job: Job, before: str, action: str, after: str, act: str) -> None:
    Job.objects.update(state=before)
    answer = editor.post(url(action, job.id))
    job.refresh_from_db()
    assert (answer.headers["Location"], job.state) == (url("job", job.id), after)
    assert acts() == [(act, "done", "Disable segments")]


def test_by_htmx_the_job_is_shown_as_it_is_then(editor: Client, job: Job) -> None:
    answer = editor.post(url("job-stop", job.id), **HTMX)
    assert (text(answer, "h1 .badge"), text(answer, ".notice span")) == ("Stopped", "Stopped: nothing more is begun.")


def test_what_comes_too_late_is_told(editor: Client, job: Job) -> None:
    Job.objects.update(state="done")
    page = editor.post(url("job-stop", job.id), follow=True)
    assert (text(page, ".notice span"), acts()) == ("“Disable segments” is done by now.", [])


def test_rolling_back_asks_first(editor: Client, job: Job) -> None:
    Job.objects.update(state="done")
    page = editor.get(url("job-roll-back", job.id))
    assert "4 changes are taken back" in text(page, "form p:first-of-type")
    assert Job.objects.count() == 1


def test_rolling_back_begins_a_job_that_does_it(editor: Client, job: Job, erin: User) -> None:
    Job.objects.update(state="done")
    answer = editor.post(url("job-roll-back", job.id))
    undoing = job.undone_by
    assert (answer.headers["Location"], str(undoing.title)) == (url("job", undoing.id), "Roll back: Disable segments")
    assert [str(item) for item in undoing.items.all()] == ["#3", "#2", "#1", "#0"]
    assert acts() == [("job.roll_back", "done", "Disable segments")]


def test_rolling_back_twice_is_told(editor: Client, job: Job) -> None:
    Job.objects.update(state="done")
    editor.post(url("job-roll-back", job.id))
    page = editor.post(url("job-roll-back", job.id), follow=True)
    assert text(page, ".notice span") == "“Disable segments” was rolled back."
    assert Job.objects.count() == 2


def test_a_job_that_is_nowhere(editor: Client, workspace: Workspace) -> None:
    assert editor.get(url("job", UNKNOWN)).status_code == 404


def test_a_job_of_another_workspace_does_not_exist(outsider: Client, editor: Client, charlie: User, job: Job) -> None:
    job.workspace = charlie.workspaces.get()
    job.save()
    assert [editor.get(url("job", job.id)).status_code, editor.post(url("job-stop", job.id)).status_code] == [404, 404]
