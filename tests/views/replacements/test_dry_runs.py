"""The pages of find and replace: the form, the dry run with its ticks, and the button that begins."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.models import Job, JobItem, Proposal, Sentence, User, Workspace
from datasets_ui.services.housekeeping import WORKER_HEARTBEAT
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, UNKNOWN, acts, attribute, beside, document, text, texts, tree, url, value

TYPED: dict[str, str] = {"find": "cat", "replace": "lynx", "how": "plain", "in_content": "on"}


@pytest.fixture
def leave(dify: DifyClient, handbook: Dataset) -> Document:
    return document(dify, handbook.id, "leave.txt", text="The cat.###A dog.")


@pytest.fixture
def dry_run(workspace: Workspace, erin: User, handbook: Dataset) -> Job:
    """Over, with three changes in two documents, and one that cannot be made."""
    cache.set(WORKER_HEARTBEAT, 1)
    job = make(workspace, erin, handbook)
    propose(job, "a.txt", "The cat.", "A cat.")
    propose(job, "b.txt", "Cats!", "No cat.")
    job.proposals.filter(before__content="No cat.").update(obstacle=Sentence("is_disabled"), ticked=False)
    return job


def make(workspace: Workspace, user: User, dataset: Dataset, state: str = "done", **search: Any) -> Job:
    parameters = {"search": {"find": "cat", "replace": "lynx"} | search, "place": "Handbook", "document_id": None}
    job = Job.objects.create(
        workspace=workspace,
        kind="find",
        title=Sentence.of("find", find="cat", place="Handbook"),
        made_by=user.email,
        user=user,
        state=state,
        dataset_id=dataset.id,
        parameters=parameters,
    )
    JobItem.objects.create(job=job, position=0, target="a.txt", state="done" if state == "done" else "waiting")
    return job


def propose(job: Job, name: str, *contents: str, **more: Any) -> None:
    document_id = uuid4()
    Proposal.objects.bulk_create(
        Proposal(
            job=job,
            document=name,
            document_id=document_id,
            segment_id=uuid4(),
            position=position,
            before={"content": content, "answer": None, "keywords": [], "enabled": True} | more,
        )
        for position, content in enumerate(contents, 1)
    )


def keep(client: Client, job: Job, shown: list[int], ticked: list[int], **more: Any) -> Any:
    return client.post(url("replacement-tick", job.id), {"shown": shown, "ticked": ticked, "page": 1}, **more)


def pks(job: Job) -> list[int]:
    return list(job.proposals.filter(obstacle=Sentence()).values_list("pk", flat=True))


def ticked(job: Job) -> list[bool]:
    return list(job.proposals.filter(obstacle=Sentence()).values_list("ticked", flat=True))


# --- the form ---


def test_the_form_begins_a_dry_run_over_the_document(editor: Client, handbook: Dataset, leave: Document) -> None:
    answer = editor.post(url("document-replace", handbook.id, leave.id), TYPED)
    job = Job.objects.get()
    assert (answer.headers["Location"], job.kind) == (url("replacement", job.id), "find")
    assert acts() == [("job.create", "done", "Find “cat” in leave.txt")]


def test_the_form_begins_a_dry_run_over_the_dataset(editor: Client, handbook: Dataset, leave: Document) -> None:
    editor.post(url("dataset-replace", handbook.id), TYPED)
    assert [str(item) for item in Job.objects.get().items.all()] == ["leave.txt"]


def test_an_economy_dataset_is_noted(editor: Client, handbook: Dataset, leave: Document) -> None:
    editor.post(url("dataset-replace", handbook.id), TYPED)
    assert Job.objects.get().parameters["search"]["economy"] is True


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"find": ""}, "find", "This field is required."),
        ({"find": "(", "how": "regular"}, "find", "This is no regular expression: missing ) at position 1."),
        ({"find": "a*", "how": "regular"}, "find", "This also finds the empty text, which is everywhere. Make it find one"),
        ({"replace": r"\1", "how": "regular"}, "replace", "It names a group that the regular expression does not have."),
        ({"in_content": ""}, "in_content", "Choose at least one place to look in."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    editor: Client, handbook: Dataset, typed: dict[str, str], field: str, said: str
) -> None:
    page = editor.post(url("dataset-replace", handbook.id), TYPED | typed)
    assert page.status_code == 422
    assert [error[: len(said)] for error in beside(page, field)] == [said]
    assert (value(page, "find"), value(page, "replace")) == ((TYPED | typed)["find"], (TYPED | typed)["replace"])
    assert not Job.objects.exists()


def test_while_dify_is_away_what_was_typed_stays(
    editor: Client, handbook: Dataset, leave: Document, sandbox: SandboxProcess
) -> None:
    editor.get(url("dataset-replace", handbook.id))
    sandbox.faults({"kind": "status", "status": 503, "path": "/documents", "times": None})
    page = editor.post(url("dataset-replace", handbook.id), TYPED)
    assert (page.status_code, value(page, "find"), Job.objects.count()) == (422, "cat", 0)


def test_an_address_fills_the_form(editor: Client, handbook: Dataset) -> None:
    page = editor.get(url("dataset-replace", handbook.id, find="a b", how="regular", match_case="1", in_answer="0"))
    checked = {node.attributes["name"] for node in tree(page).css("input[checked]")}
    assert (value(page, "find"), checked) == ("a b", {"how", "match_case", "in_content"})


def test_the_way_back_fills_the_form_as_it_was(editor: Client, workspace: Workspace, erin: User, handbook: Dataset) -> None:
    job = make(workspace, erin, handbook, find="x" * 1000, regular=True, in_answer=False)
    page = editor.get(attribute(editor.get(url("replacement", job.id)), ".empty-state a", "href") or "")
    assert value(page, "find") == "x" * 1000
    assert [node.attributes.get("value") for node in tree(page).css("[name=how][checked]")] == ["regular"]
    assert not tree(page).css("[name=in_answer][checked]")


def test_the_list_of_documents_leads_there(editor: Client, viewer: Client, handbook: Dataset) -> None:
    link = f'href="{url("dataset-replace", handbook.id)}"'
    assert link in editor.get(url("documents", handbook.id)).text
    assert link not in viewer.get(url("documents", handbook.id)).text


# --- the dry run ---


def test_each_change_is_shown_word_by_word(editor: Client, dry_run: Job) -> None:
    page = editor.get(url("replacement", dry_run.id))
    assert text(page, "section > p") == "3 changes in 2 documents; 1 segment cannot be changed. Nothing is written yet."
    assert texts(page, "article .segment-text") == ["The catlynx.", "A catlynx.", "Catlynxs!", "No catlynx."]
    assert texts(page, "del") == ["cat", "cat", "Cat", "cat"]


def test_what_cannot_be_changed_says_why(editor: Client, dry_run: Job) -> None:
    page = editor.get(url("replacement", dry_run.id))
    assert "The segment is disabled. Enable it first." in texts(page, "article")[3]
    assert len(texts(page, "[name=ticked]")) == 3


def test_answers_and_new_keywords_are_shown(editor: Client, workspace: Workspace, erin: User, handbook: Dataset) -> None:
    job = make(workspace, erin, handbook, economy=True)
    propose(job, "a.txt", "A cat?", answer="The cat.", keywords=["animal"])
    page = editor.get(url("replacement", job.id))
    assert (text(page, ".segment-answer"), text(page, "article .sub")) == ("Answer The catlynx.", "New keywords: lynx")


def test_nothing_found_says_so(editor: Client, workspace: Workspace, erin: User, handbook: Dataset) -> None:
    page = editor.get(url("replacement", make(workspace, erin, handbook).id))
    assert text(page, ".empty-state h2") == "Nothing was found"


def test_a_part_that_could_not_be_looked_through_is_told(editor: Client, dry_run: Job) -> None:
    dry_run.items.update(state="failed", why="The pattern takes too long for #1.")
    said = "A part could not be looked through. The pattern takes too long for #1. See what is missing"
    assert text(editor.get(url("replacement", dry_run.id)), ".alert") == said


def test_what_is_in_datasets_is_shown_as_text(editor: Client, workspace: Workspace, erin: User, handbook: Dataset) -> None:
    job = make(workspace, erin, handbook, replace="<script>", economy=True)
    propose(job, "<script>", "<script> cat", answer="<script>", keywords=["<script>"])
    page = editor.get(url("replacement", job.id))
    assert (texts(page, "article script"), text(page, "article .segment-text:not(.segment-answer)")) == (
        [],
        "<script> cat<script>",
    )


def test_it_moves_by_polling(editor: Client, workspace: Workspace, erin: User, handbook: Dataset) -> None:
    job = make(workspace, erin, handbook, "running")
    propose(job, "a.txt", "A cat.")
    answer = editor.get(url("replacement", job.id), **HTMX)
    assert (answer.status_code, attribute(answer, "#poller", "hx-get")) == (200, url("replacement", job.id))
    assert texts(answer, ".head button") == ["Stop"]
    assert "1 segment found so far." in text(answer, "p.sub")
    Job.objects.update(state="done")
    assert editor.get(url("replacement", job.id), **HTMX).status_code == 286


def test_a_change_that_takes_too_long_to_show_breaks_nothing(
    editor: Client, workspace: Workspace, erin: User, handbook: Dataset
) -> None:
    job = make(workspace, erin, handbook, find=r"^(a|aa)+$", regular=True)
    propose(job, "a.txt", "a" * 60 + "!")
    assert text(editor.get(url("replacement", job.id)), "article .badge") == "The pattern takes too long to show the change"


# --- ticks ---


def test_a_tick_is_kept_by_htmx(editor: Client, dry_run: Job) -> None:
    first, *others = pks(dry_run)
    answer = keep(editor, dry_run, [first, *others], others, **HTMX)
    assert (text(answer, "#begin button"), ticked(dry_run)) == ("Replace in 2 segments", [False, True, True])


def test_a_tick_is_kept_without_a_script(editor: Client, dry_run: Job) -> None:
    first, *others = pks(dry_run)
    answer = keep(editor, dry_run, [first, *others], others)
    assert answer.headers["Location"] == url("replacement", dry_run.id, page=1)
    assert ticked(dry_run) == [False, True, True]


def test_ticks_survive_paging(editor: Client, workspace: Workspace, erin: User, handbook: Dataset) -> None:
    job = make(workspace, erin, handbook)
    propose(job, "a.txt", *["A cat."] * 60)
    keep(editor, job, pks(job)[:50], pks(job)[1:50])
    keep(editor, job, pks(job)[50:], pks(job)[51:])
    pages = [editor.get(url("replacement", job.id, page=number)) for number in (1, 2)]
    assert [len(tree(page).css("[name=ticked]:not([checked])")) for page in pages] == [1, 1]
    assert text(pages[1], "#begin button") == "Replace in 58 segments"


def test_all_are_ticked_or_none(editor: Client, dry_run: Job) -> None:
    editor.post(url("replacement-tick", dry_run.id), {"all": "0", "page": "1"})
    assert ticked(dry_run) == [False] * 3
    assert texts(editor.get(url("replacement", dry_run.id)), "#begin button[disabled]") == ["Replace"]
    editor.post(url("replacement-tick", dry_run.id), {"all": "1", "page": "1"})
    assert ticked(dry_run) == [True] * 3


def test_what_cannot_be_changed_cannot_be_ticked(editor: Client, dry_run: Job) -> None:
    stuck = dry_run.proposals.exclude(obstacle=Sentence()).get()
    keep(editor, dry_run, [stuck.pk], [stuck.pk])
    editor.post(url("replacement-tick", dry_run.id), {"all": "1"})
    stuck.refresh_from_db()
    assert not stuck.ticked


def test_nonsense_ticks_nothing(editor: Client, dry_run: Job) -> None:
    answer = editor.post(url("replacement-tick", dry_run.id), {"shown": ["x", "9" * 30], "ticked": "-1", "page": "x&y"})
    assert (answer.status_code, ticked(dry_run)) == (302, [True] * 3)


def test_ticks_of_another_dry_run_are_left_alone(
    editor: Client, dry_run: Job, workspace: Workspace, erin: User, handbook: Dataset
) -> None:
    other = make(workspace, erin, handbook)
    keep(editor, other, pks(dry_run), [])
    assert ticked(dry_run) == [True] * 3


# --- begin ---


def test_it_begins_a_job_over_what_is_ticked(editor: Client, dry_run: Job) -> None:
    keep(editor, dry_run, pks(dry_run), pks(dry_run)[1:])
    answer = editor.post(url("replacement", dry_run.id))
    job = Job.objects.get(kind="replace")
    assert (answer.headers["Location"], str(job.title)) == (url("job", job.id), "Replace “cat” by “lynx”")
    assert [str(item) for item in job.items.all()] == ["#2 of a.txt", "#1 of b.txt"]
    assert acts() == [("job.create", "done", "Replace “cat” by “lynx”")]


def test_the_ticks_that_are_shown_come_along(editor: Client, dry_run: Job) -> None:
    """The last one may still be on its way when the button is pressed."""
    first, *others = pks(dry_run)
    editor.post(url("replacement", dry_run.id), {"shown": [first, *others], "ticked": [first]})
    assert [str(item) for item in Job.objects.get(kind="replace").items.all()] == ["#1 of a.txt"]


def test_a_dry_run_that_is_paused_is_not_begun(editor: Client, dry_run: Job) -> None:
    Job.objects.update(state="paused")
    page = editor.post(url("replacement", dry_run.id), follow=True)
    assert (text(page, ".notice span"), texts(page, "#begin")) == ("“Find “cat” in Handbook” is paused by now.", [])


def test_a_second_press_begins_nothing(editor: Client, dry_run: Job) -> None:
    editor.post(url("replacement", dry_run.id))
    page = editor.post(url("replacement", dry_run.id), follow=True)
    job = Job.objects.get(kind="replace")
    assert (page.redirect_chain[-1][0], text(page, ".notice span")) == (url("job", job.id), "This was begun already.")


def test_with_nothing_ticked_nothing_begins(editor: Client, dry_run: Job) -> None:
    dry_run.proposals.update(ticked=False)
    page = editor.post(url("replacement", dry_run.id), follow=True)
    assert (text(page, ".notice span"), Job.objects.count()) == ("Nothing is selected.", 1)


def test_the_page_of_its_job_leads_back_to_what_was_found(editor: Client, dry_run: Job) -> None:
    assert f'href="{url("replacement", dry_run.id)}"' in editor.get(url("job", dry_run.id)).text


# --- whose it is ---


def test_a_viewer_replaces_nothing(viewer: Client, handbook: Dataset, dry_run: Job) -> None:
    answers = [viewer.get(url("dataset-replace", handbook.id)), viewer.post(url("replacement", dry_run.id))]
    answers += [viewer.get(url("replacement", dry_run.id)), keep(viewer, dry_run, pks(dry_run), [])]
    assert ({answer.status_code for answer in answers}, ticked(dry_run)) == ({403}, [True] * 3)


def test_a_dry_run_of_another_workspace_does_not_exist(editor: Client, charlie: User, dry_run: Job, handbook: Dataset) -> None:
    dry_run.workspace = charlie.workspaces.get()
    dry_run.save()
    answers = [editor.get(url("replacement", dry_run.id)), editor.post(url("replacement", dry_run.id))]
    answers += [keep(editor, dry_run, pks(dry_run), []), editor.get(url("dataset-replace", handbook.id, again=dry_run.id))]
    assert ({answer.status_code for answer in answers}, ticked(dry_run)) == ({404}, [True] * 3)


def test_another_kind_of_job_is_no_dry_run(editor: Client, dry_run: Job, handbook: Dataset) -> None:
    Job.objects.update(kind="replace")
    assert [editor.get(url("replacement", id_)).status_code for id_ in (dry_run.id, UNKNOWN)] == [404, 404]


def test_a_document_that_is_nowhere(editor: Client, handbook: Dataset) -> None:
    assert editor.get(url("document-replace", handbook.id, UNKNOWN)).status_code == 404
