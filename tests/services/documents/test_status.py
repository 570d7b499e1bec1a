"""Documents that are switched off and on: what of their segments was off, and the keywords by hand, are put back by a job."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, StatusAction
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Job, JobItem, SegmentStates, User, Workspace
from datasets_ui.services.documents import status as document_status
from datasets_ui.services.documents.status import Switched, risks_of, switch_documents
from datasets_ui.services.segments.editing import SegmentEdit, fingerprint, set_segment_enabled, update_segment
from datasets_ui.services.segments.texts import SegmentText
from tests.conftest import scope_of
from tests.support.job_stage import finish
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, document, segments, text, texts, until, url

pytestmark = pytest.mark.django_db(transaction=True)
BY_HAND = ["holiday", "vacation"]
OFF_AND_ON: list[tuple[StatusAction, StatusAction]] = [("disable", "enable"), ("archive", "un_archive")]


@pytest.fixture
def leave(dify: DifyClient, handbook: Dataset, erin: User, workspace: Workspace) -> Document:
    """Three segments: one with keywords by hand, one that is off, one as it was made."""
    made = document(dify, handbook.id, text="Annual leave is 25 days.###Sick leave needs a note.###Parental leave.")
    first, second, _ = segments(dify, handbook.id, made.id)
    scope = scope_of(workspace, "erin", dify).dataset(handbook.id).document(made.id)
    update_segment(scope, first.id, SegmentEdit(fingerprint(first), SegmentText(first.content, None, BY_HAND)))
    set_segment_enabled(scope, second.id, enabled=False)
    return made


@pytest.fixture
def switch(workspace: Workspace, dify: DifyClient, handbook: Dataset, erin: User) -> Any:
    def press(document_id: UUID, action: StatusAction) -> Switched:
        found = dify.documents.get(handbook.id, document_id)
        done = switch_documents(scope_of(workspace, erin, dify).dataset(handbook.id), handbook, [found], action)
        assert done.failed == {}
        return done

    return press


def settled(dify: DifyClient, handbook: Dataset, document_id: UUID, *, on: bool) -> list[Segment]:
    """The segments once the sandbox's worker has switched them."""

    def look() -> list[Segment] | None:
        rows = segments(dify, handbook.id, document_id)
        return rows if {row.enabled for row in rows} == {on} else None

    return until(look)


@pytest.mark.parametrize(("off", "on"), OFF_AND_ON)
def test_what_was_off_and_all_keywords_are_put_back(
    switch: Any, dify: DifyClient, handbook: Dataset, leave: Document, off: StatusAction, on: StatusAction
) -> None:
    before = [(row.enabled, set(row.keywords or [])) for row in segments(dify, handbook.id, leave.id)]
    switch(leave.id, off)
    settled(dify, handbook, leave.id, on=False)
    job = finish(switch(leave.id, on).jobs[0])
    after = [(row.enabled, set(row.keywords or [])) for row in segments(dify, handbook.id, leave.id)]
    assert after == before
    assert str(job.items.get().why) == "1 disabled again, 1 given their keywords back."


def test_without_it_dify_loses_both(dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    """What this is for; where it fails, the job is not needed any more."""
    dify.documents.set_status(handbook.id, "disable", [leave.id])
    settled(dify, handbook, leave.id, on=False)
    dify.documents.set_status(handbook.id, "enable", [leave.id])
    rows = settled(dify, handbook, leave.id, on=True)
    assert BY_HAND not in [row.keywords for row in rows]


def test_the_job_waits_for_dify_and_counts_no_attempt(
    switch: Any, dify: DifyClient, handbook: Dataset, leave: Document, sandbox: SandboxProcess
) -> None:
    switch(leave.id, "disable")
    settled(dify, handbook, leave.id, on=False)
    sandbox.faults({"kind": "slow", "method": "PATCH", "path": "/status/enable", "seconds": 0})
    job: Job = switch(leave.id, "enable").jobs[0]
    JobItem.objects.filter(job=job).update(attempts=0)
    assert finish(job).items.get().attempts == 1


def test_what_somebody_changed_since_stays(
    switch: Any, workspace: Workspace, dify: DifyClient, handbook: Dataset, leave: Document
) -> None:
    switch(leave.id, "disable")
    settled(dify, handbook, leave.id, on=False)
    job = switch(leave.id, "enable").jobs[0]
    first = settled(dify, handbook, leave.id, on=True)[0]
    edit = SegmentEdit(fingerprint(first), SegmentText(first.content, None, ["newer"]))
    update_segment(scope_of(workspace, "bob", dify).dataset(handbook.id).document(leave.id), first.id, edit)
    finish(job)
    assert dify.segments.get(handbook.id, leave.id, first.id).keywords == ["newer"]


def test_switched_off_again_before_all_is_put_back_nothing_is_forgotten(
    switch: Any, dify: DifyClient, handbook: Dataset, leave: Document
) -> None:
    before = [(row.enabled, set(row.keywords or [])) for row in segments(dify, handbook.id, leave.id)]
    for _ in range(2):
        switch(leave.id, "disable")
        settled(dify, handbook, leave.id, on=False)
        job = switch(leave.id, "enable").jobs[0]
        settled(dify, handbook, leave.id, on=True)
    finish(job)
    assert [(row.enabled, set(row.keywords or [])) for row in segments(dify, handbook.id, leave.id)] == before


def test_switched_off_in_dify_only_the_keywords_are_known(
    switch: Any, dify: DifyClient, handbook: Dataset, leave: Document
) -> None:
    dify.documents.set_status(handbook.id, "disable", [leave.id])
    settled(dify, handbook, leave.id, on=False)
    finish(switch(leave.id, "enable").jobs[0])
    rows = segments(dify, handbook.id, leave.id)
    assert [set(rows[0].keywords or []), rows[1].enabled] == [set(BY_HAND), True]


def test_nothing_is_put_back_where_the_call_was_refused(
    workspace: Workspace, dify: DifyClient, handbook: Dataset, leave: Document, erin: User, sandbox: SandboxProcess
) -> None:
    dify.documents.set_status(handbook.id, "disable", [leave.id])
    settled(dify, handbook, leave.id, on=False)
    sandbox.faults({"kind": "status", "status": 400, "code": "invalid_action", "method": "PATCH", "path": "/status/"})
    found = dify.documents.get(handbook.id, leave.id)
    done = switch_documents(scope_of(workspace, erin, dify).dataset(handbook.id), handbook, [found], "enable")
    assert (list(done.failed), done.jobs, [job.state for job in Job.objects.all()]) == ([leave.id], [], ["stopped"])


def test_of_a_long_document_a_job_remembers(
    switch: Any, dify: DifyClient, handbook: Dataset, leave: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_status, "MOST_SEGMENTS", 2)
    done = switch(leave.id, "disable")
    assert done.later
    assert dify.documents.get(handbook.id, leave.id).enabled
    finish(done.jobs[0])
    assert not dify.documents.get(handbook.id, leave.id).enabled
    assert len(SegmentStates.objects.get().segments) == 3


def test_a_deleted_document_is_not_remembered(
    switch: Any, editor: Client, dify: DifyClient, handbook: Dataset, leave: Document
) -> None:
    switch(leave.id, "disable")
    settled(dify, handbook, leave.id, on=False)
    editor.post(url("documents-delete", handbook.id), {"ids": str(leave.id), "confirmed": "1"})
    assert not SegmentStates.objects.exists()


# --- what is said before ---


def test_it_is_said_before_what_is_off_and_edited(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    page = editor.post(url("documents-status", handbook.id, "disable"), {"ids": str(leave.id)}, **HTMX)
    assert page.headers["HX-Retarget"] == "#dialog"
    assert "1 segment off, 1 edited, whose keywords are kept" in text(page, "form")
    assert dify.documents.get(handbook.id, leave.id).enabled


def test_confirmed_it_is_done(editor: Client, dify: DifyClient, handbook: Dataset, leave: Document) -> None:
    editor.post(url("documents-status", handbook.id, "disable"), {"ids": str(leave.id), "confirmed": "1"})
    assert not dify.documents.get(handbook.id, leave.id).enabled


def test_nothing_is_asked_where_nothing_is_lost(editor: Client, dify: DifyClient, handbook: Dataset) -> None:
    plain = document(dify, handbook.id, "plain.txt", "Nothing by hand.")
    editor.post(url("documents-status", handbook.id, "disable"), {"ids": str(plain.id)})
    assert not dify.documents.get(handbook.id, plain.id).enabled


def test_before_it_goes_on_what_is_not_known_is_said(
    editor: Client, dify: DifyClient, handbook: Dataset, leave: Document
) -> None:
    dify.documents.set_status(handbook.id, "disable", [leave.id])
    settled(dify, handbook, leave.id, on=False)
    page = editor.post(url("documents-status", handbook.id, "enable"), {"ids": str(leave.id), "on_page": "1"})
    assert "all segments will be on" in text(page, "main form")


def test_what_is_remembered_is_not_asked_again_and_the_job_is_named(
    editor: Client, switch: Any, dify: DifyClient, handbook: Dataset, leave: Document
) -> None:
    switch(leave.id, "disable")
    settled(dify, handbook, leave.id, on=False)
    page = editor.post(url("documents-status", handbook.id, "enable"), {"ids": str(leave.id)}, **HTMX)
    assert "A job goes on with it: Put back the segments of leave.txt." in " ".join(texts(page, ".notice span"))


def test_documents_of_one_dataset_are_not_many(
    workspace: Workspace, dify: DifyClient, handbook: Dataset, leave: Document, sandbox: SandboxProcess
) -> None:
    """One look for the number of segments, and one for the segments."""
    found = dify.documents.get(handbook.id, leave.id)
    sandbox_calls = len(sandbox.calls())
    risks_of(scope_of(workspace, "erin", dify).dataset(handbook.id), handbook, [found], "disable")
    assert len(sandbox.calls()) - sandbox_calls == 2
