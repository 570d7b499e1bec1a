"""Find and replace over many segments: the dry run, the job that replaces, and its way back."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import NewDocument, ProcessRule
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Actor, Job, Proposal, Revision, User, Workspace
from datasets_ui.services.housekeeping import tidy
from datasets_ui.services.jobs.control import NotNow, roll_back
from datasets_ui.services.replacements.dry_runs import begin_finding, begin_replacing, tick
from datasets_ui.text.find_and_replace import Search
from tests.conftest import scope_of
from tests.support.job_stage import finish, lose_worker, make_segments, states, writes
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import Calls, document, segments

pytestmark = pytest.mark.django_db(transaction=True)
BY = Actor("erin@example.com")
TEXT = "The cat sat.###A dog.###Cats and a cat."


class Desk:
    """Where Erin works: a dataset with a document, and what she asks for."""

    def __init__(self, workspace: Workspace, user: User, dify: DifyClient, dataset: Dataset) -> None:
        self.workspace, self.user, self.dify, self.dataset = workspace, user, dify, dataset
        self.document = document(dify, dataset.id, text=TEXT)
        self.scope = scope_of(workspace, user, dify).dataset(dataset.id)

    def found(self, search: Search, *, everywhere: bool = False) -> Job:
        """A dry run that is over."""
        return finish(self.finding(search, everywhere=everywhere))

    def finding(self, search: Search, *, everywhere: bool = False) -> Job:
        where = None if everywhere else self.document
        return begin_finding(self.scope.dataset(self.dataset.id), self.dataset, where, search)

    def replacing(self, dry_run: Job) -> Job:
        return begin_replacing(self.scope, dry_run)

    def rolled_back(self, job: Job) -> Job:
        return finish(roll_back(self.scope, job))

    def rows(self) -> list[Segment]:
        return segments(self.dify, self.dataset.id, self.document.id)

    def contents(self) -> list[str]:
        return [row.content for row in self.rows()]

    def write(self, row: Segment, **changes: Any) -> Segment:
        """Behind everybody's back."""
        text = {"content": row.content, "answer": row.answer, "keywords": row.keywords or []} | changes
        text |= {"attachment_ids": row.attachment_ids}
        return self.dify.segments.update(self.dataset.id, row.document_id, row.id, **text)

    def disable(self, row: Segment) -> None:
        self.dify.segments.set_enabled(self.dataset.id, row.document_id, row, enabled=False)


@pytest.fixture
def desk(workspace: Workspace, erin: User, dify: DifyClient, handbook: Dataset) -> Desk:
    return Desk(workspace, erin, dify, handbook)


@pytest.fixture
def replacing(desk: Desk) -> Job:
    """Two segments are to be written; nothing of it is done yet."""
    return desk.replacing(desk.found(Search("cat", "lynx")))


def whys(job: Job) -> set[str]:
    return {str(why) for why in job.items.values_list("why", flat=True)}


# --- the dry run ---


def test_it_finds_and_writes_nothing(desk: Desk, sandbox: SandboxProcess) -> None:
    job = desk.found(Search("cat", "lynx"))
    assert (states(job), str(job.title)) == ({"done": 1}, "Find “cat” in leave.txt")
    assert [(proposal.position, proposal.before["content"], proposal.ticked) for proposal in job.proposals.all()] == [
        (1, "The cat sat.", True),
        (3, "Cats and a cat.", True),
    ]
    assert (desk.contents(), writes(sandbox)) == (TEXT.split("###"), {})


def test_a_long_document_is_found_page_by_page(desk: Desk, sandbox: SandboxProcess) -> None:
    rows = make_segments(desk.dify, desk.dataset, 230)
    desk.document = desk.dify.documents.get(desk.dataset.id, rows[0].document_id)
    job = desk.finding(Search("number 2", "NUMBER 2"))
    calls = Calls(sandbox)
    finish(job)
    assert (states(job), len(calls.seen())) == ({"done": 3}, 3)
    assert [str(item) for item in job.items.all()][1:] == ["Segments 101 to 200", "Segments 201 to 230"]
    assert job.proposals.count() == 1 + 10 + 30


def test_all_documents_of_a_dataset_are_searched(desk: Desk) -> None:
    make_segments(desk.dify, desk.dataset, 130)
    document(desk.dify, desk.dataset.id, "zoo.txt", text="A cat.")
    job = desk.found(Search("cat|number 12", "x", regular=True), everywhere=True)
    assert (states(job), str(job.title)) == ({"done": 2}, "Find “cat|number 12” in Handbook")
    found = set(job.proposals.values_list("document", "position"))
    assert found == {("leave.txt", number) for number in (13, *range(121, 131))} | {("zoo.txt", 1)}


def test_an_attempt_that_is_repeated_proposes_nothing_twice(desk: Desk) -> None:
    job = desk.finding(Search("cat", "lynx"))
    lose_worker(job)
    assert (states(finish(job)), job.proposals.count()) == ({"done": 1}, 2)


def test_a_document_that_is_gone_is_skipped(desk: Desk) -> None:
    job = desk.finding(Search("cat", "lynx"))
    desk.dify.documents.delete(desk.dataset.id, desk.document.id)
    assert (states(finish(job)), whys(job)) == ({"skipped": 1}, {"The document is gone."})


def test_what_would_stay_the_same_is_not_proposed(desk: Desk) -> None:
    assert desk.found(Search("sat", "sat")).proposals.count() == 0


def test_a_pattern_that_takes_too_long_is_told(desk: Desk) -> None:
    desk.write(desk.rows()[0], content="a" * 60 + "!")
    job = desk.found(Search(r"^(a|aa)+$", "x", regular=True))
    assert (states(job), whys(job)) == ({"failed": 1}, {"The pattern takes too long for #1. Make it simpler and look again."})


def test_what_cannot_be_changed_is_listed_with_its_reason(desk: Desk) -> None:
    desk.disable(desk.rows()[0])
    job = desk.found(Search("cat", "lynx"))
    assert [(str(proposal.obstacle), proposal.ticked) for proposal in job.proposals.all()] == [
        ("The segment is disabled. Enable it first.", False),
        ("", True),
    ]


def test_segments_of_an_archived_document_cannot_be_changed(desk: Desk) -> None:
    desk.dify.documents.set_status(desk.dataset.id, "archive", [desk.document.id])
    job = desk.found(Search("cat", "lynx"), everywhere=True)
    assert {str(proposal.obstacle) for proposal in job.proposals.all()} == {"The document is archived."}
    with pytest.raises(NotNow, match="Nothing is selected"):
        desk.replacing(job)


# --- replacing ---


def test_what_is_ticked_is_replaced(desk: Desk, sandbox: SandboxProcess) -> None:
    dry_run = desk.found(Search("cat", "lynx"))
    first, _ = dry_run.proposals.all()
    tick(job=dry_run, shown=[first.pk], ticked=[])
    job = finish(desk.replacing(dry_run))
    assert (states(job), str(job.title)) == ({"done": 1}, "Replace “cat” by “lynx”")
    assert desk.contents() == ["The cat sat.", "A dog.", "lynxs and a lynx."]
    assert set(writes(sandbox).values()) == {1}


def test_what_was_there_is_kept_before_it_is_replaced(desk: Desk, replacing: Job) -> None:
    finish(replacing)
    assert {row.before["content"] for row in Revision.objects.all() if row.before} == {"The cat sat.", "Cats and a cat."}


def test_an_economy_dataset_finds_the_new_words(desk: Desk, replacing: Job) -> None:
    [before, *_] = [row.keywords or [] for row in desk.rows()]
    finish(replacing)
    assert (desk.rows()[0].keywords, "lynx" in before) == ([*before, "lynx"], False)


def test_answers_are_kept_or_replaced_too(desk: Desk) -> None:
    asked = NewDocument(doc_form="qa_model", process_rule=ProcessRule(mode="custom", separator="###"))
    desk.dataset = desk.dify.datasets.create(name="Questions", indexing_technique="economy", permission="only_me")
    desk.document = document(desk.dify, desk.dataset.id, "qa.txt", "Q", new=asked)
    place = (desk.dataset.id, desk.document.id)
    for content, answer in (("Which cat?", "A dog."), ("Which dog?", "A cat.")):
        desk.dify.segments.create(*place, content=content, answer=answer, keywords=["animal"])
    finish(desk.replacing(desk.found(Search("cat", "lynx"))))
    assert [(row.content, row.answer) for row in desk.rows()][-2:] == [("Which lynx?", "A dog."), ("Which dog?", "A lynx.")]


def test_what_was_changed_meanwhile_stays(desk: Desk, replacing: Job) -> None:
    desk.write(desk.rows()[0], content="My cat.")
    assert states(finish(replacing)) == {"skipped": 1, "done": 1}
    assert desk.contents()[0] == "My cat."
    assert "It was changed since you looked at it; nothing was written." in whys(replacing)


def test_what_was_disabled_meanwhile_fails_with_the_reason(desk: Desk, replacing: Job) -> None:
    desk.disable(desk.rows()[0])
    assert states(finish(replacing)) == {"failed": 1, "done": 1}
    assert str(replacing.items.get(state="failed").why)[:15] == "It is disabled,"


def test_what_a_killed_worker_has_written_is_not_written_again(desk: Desk, replacing: Job, sandbox: SandboxProcess) -> None:
    lose_worker(replacing)
    assert (states(finish(replacing)), set(writes(sandbox).values())) == ({"done": 2}, {1})
    assert desk.contents()[0] == "The lynx sat."


def test_an_answer_that_was_lost_is_asked_again(
    desk: Desk, replacing: Job, sandbox: SandboxProcess, settings: Settings
) -> None:
    settings.JOB_BACKOFF_SECONDS = 0.3
    sandbox.faults({"kind": "reset", "method": "POST", "path": "/segments/", "times": 2})
    assert states(finish(replacing)) == {"done": 2}
    assert desk.contents()[0] == "The lynx sat."


# --- the way back ---


def test_replacing_is_rolled_back(desk: Desk, replacing: Job) -> None:
    before = [(row.content, row.keywords) for row in desk.rows()]
    back = desk.rolled_back(finish(replacing))
    assert (states(back), [(row.content, row.keywords) for row in desk.rows()]) == ({"done": 2}, before)


def test_what_was_changed_since_is_not_rolled_back(desk: Desk, replacing: Job) -> None:
    finish(replacing)
    desk.write(desk.rows()[0], content="My lynx.")
    back = desk.rolled_back(replacing)
    assert (states(back), desk.contents()[0]) == ({"skipped": 1, "done": 1}, "My lynx.")
    assert "It was changed since; nothing was written." in whys(back)


def test_what_is_as_it_was_is_not_rolled_back_again(desk: Desk, replacing: Job) -> None:
    [was, *_] = desk.rows()
    finish(replacing)
    desk.write(was)
    assert "It is what it was already." in whys(desk.rolled_back(replacing))


def test_rolling_back_with_a_killed_worker_writes_nothing_twice(
    desk: Desk, erin: User, replacing: Job, sandbox: SandboxProcess
) -> None:
    back = roll_back(desk.scope, finish(replacing))
    lose_worker(back)
    assert (states(finish(back)), set(writes(sandbox).values())) == ({"done": 2}, {2})


def test_keywords_that_dify_put_in_do_not_stop_the_way_back(desk: Desk) -> None:
    """A segment without any gets those of its new text, on the economy index."""
    desk.dify.segments.create(desk.dataset.id, desk.document.id, content="?!", answer=None, keywords=[])
    job = finish(desk.replacing(desk.found(Search("?!", "lynx"))))
    assert (desk.rows()[-1].content, desk.rows()[-1].keywords) == ("lynx", ["lynx"])
    assert (states(desk.rolled_back(job)), desk.contents()[-1]) == ({"done": 1}, "?!")


# --- one beginning, and what is kept ---


def test_a_dry_run_is_begun_once(desk: Desk) -> None:
    dry_run = desk.found(Search("cat", "lynx"))
    desk.replacing(dry_run)
    with pytest.raises(NotNow, match="begun already"):
        desk.replacing(dry_run)
    assert Job.objects.filter(kind="replace").count() == 1


def test_of_two_who_press_at_once_one_begins(desk: Desk) -> None:
    dry_run, refused = desk.found(Search("cat", "lynx")), []
    both = threading.Barrier(2)

    def press() -> None:
        both.wait()
        try:
            desk.replacing(dry_run)
        except NotNow as reason:
            refused.append(str(reason))
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (refused, Job.objects.filter(kind="replace").count()) == (["This was begun already."], 1)


def test_a_dry_run_that_is_not_over_is_not_begun(desk: Desk) -> None:
    with pytest.raises(NotNow, match="is queued by now"):
        desk.replacing(desk.finding(Search("cat", "lynx")))


def test_dry_runs_that_nobody_began_go_after_a_week(desk: Desk) -> None:
    left, begun, fresh = (desk.found(Search(word, "lynx")) for word in ("cat", "dog", "sat"))
    replacing = desk.replacing(begun)
    Job.objects.exclude(pk=fresh.pk).update(finished_at=timezone.now() - timedelta(days=8))
    tidy()
    assert set(Job.objects.all()) == {begun, fresh, replacing}
    assert not Proposal.objects.filter(job_id=left.pk).exists()
