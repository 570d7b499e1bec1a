"""Many segments at once: what is selected becomes a job, deleting asks first, and nothing else than what is there is touched."""

from collections.abc import Mapping

import pytest
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.segments import Segment
from datasets_ui.models import Job, Workspace
from datasets_ui.services.cached import look_again
from tests.support.job_stage import finish
from tests.support.stage import HTMX, UNKNOWN, Answer, acts, beside, document, segments, text, texts, tree, url

# the threads of a worker see what is committed
WORKED_OFF = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guide(dify: DifyClient, handbook: Dataset) -> Document:
    return document(dify, handbook.id, text="One.###Two.###Three.###Four: a light that is amber while the device starts.")


@pytest.fixture
def rows(dify: DifyClient, handbook: Dataset, guide: Document) -> list[Segment]:
    return segments(dify, handbook.id, guide.id)


def batch(client: Client, dataset: Dataset, document: Document, action: str, form: Mapping[str, object]) -> Answer:
    return client.post(url("segments-batch", dataset.id, document.id, action), dict(form), **HTMX)


def ids(*rows: Segment) -> str:
    return ",".join(str(row.id) for row in rows)


def kept(asked: Answer) -> dict[str, object]:
    """What the form that asks sends along."""
    return {str(node.attributes["name"]): node.attributes["value"] for node in tree(asked).css("input[type=hidden]")}


def done(workspace: Workspace) -> Job:
    """The one job, worked off."""
    return finish(workspace.jobs.get())


@WORKED_OFF
def test_what_is_selected_is_disabled(
    editor: Client, workspace: Workspace, dify: DifyClient, handbook: Dataset, guide: Document, rows: list[Segment]
) -> None:
    answer = batch(editor, handbook, guide, "disable", {"ids": ids(rows[0], rows[2])})
    assert answer.headers["HX-Retarget"] == "#under-way"
    assert text(answer, "#under-way b") == "Disable 2 segments of “leave.txt”"
    done(workspace)
    assert [row.enabled for row in segments(dify, handbook.id, guide.id)] == [False, True, False, True]
    assert acts()[0] == ("job.create", "done", "Disable 2 segments of “leave.txt”")


def test_boxes_without_script_are_enough(
    editor: Client, workspace: Workspace, handbook: Dataset, guide: Document, rows: list[Segment]
) -> None:
    form = {"ids": [str(rows[0].id), str(rows[1].id)]}
    answer = editor.post(url("segments-batch", handbook.id, guide.id, "disable"), form)
    assert answer.headers["Location"] == url("job", workspace.jobs.get().id)
    assert [str(item) for item in workspace.jobs.get().items.all()] == ["#1", "#2"]


@pytest.mark.parametrize(("everything", "number"), [("?", 4), ("?finding=short", 3), ("?q=AMBER", 1), ("?least=5&most=10", 1)])
def test_all_that_match_need_no_list_of_ids(
    editor: Client, workspace: Workspace, handbook: Dataset, guide: Document, everything: str, number: int
) -> None:
    batch(editor, handbook, guide, "disable", {"all": everything})
    assert workspace.jobs.get().items.count() == number


@WORKED_OFF
def test_deleting_asks_first_and_says_how_many(
    editor: Client, workspace: Workspace, dify: DifyClient, handbook: Dataset, guide: Document, rows: list[Segment]
) -> None:
    asked = batch(editor, handbook, guide, "delete", {"ids": ids(*rows[:3])})
    assert (text(asked, "h2"), workspace.jobs.count()) == ("Delete 3 segments?", 0)
    batch(editor, handbook, guide, "delete", kept(asked))
    done(workspace)
    assert [row.position for row in segments(dify, handbook.id, guide.id)] == [4]


@pytest.mark.parametrize("action", ["delete", "keywords"])
def test_what_matches_by_now_and_was_not_named_is_asked_for_again(
    editor: Client, workspace: Workspace, dify: DifyClient, handbook: Dataset, guide: Document, action: str
) -> None:
    asked = batch(editor, handbook, guide, action, {"all": "?q=amber"})
    row = dify.segments.create(handbook.id, guide.id, content="Amber too.", answer=None, keywords=["amber"])
    look_again(workspace, guide.id)
    again = batch(editor, handbook, guide, action, kept(asked) | {"add": "light"})
    assert text(again, ".alert") == "What is selected has changed meanwhile. Nothing was done yet."
    assert ("2 segments" in text(again, "h2"), workspace.jobs.count()) == (True, 0)
    batch(editor, handbook, guide, action, kept(again) | {"add": "light"})
    assert str(row.id) in [item.data["segment_id"] for item in workspace.jobs.get().items.all()]


def test_all_but_some(editor: Client, workspace: Workspace, handbook: Dataset, guide: Document, rows: list[Segment]) -> None:
    batch(editor, handbook, guide, "disable", {"all": "?", "except": ids(rows[1], rows[2])})
    assert [str(item) for item in workspace.jobs.get().items.all()] == ["#1", "#4"]


def test_what_came_a_moment_ago_can_be_selected_too(
    editor: Client, workspace: Workspace, dify: DifyClient, handbook: Dataset, guide: Document, rows: list[Segment]
) -> None:
    editor.get(url("segments-overview", handbook.id, guide.id))  # what it has seen is kept for a minute
    row = dify.segments.create(handbook.id, guide.id, content="From elsewhere.", answer=None, keywords=["new"])
    batch(editor, handbook, guide, "disable", {"ids": ids(rows[0], row)})
    assert [str(item) for item in workspace.jobs.get().items.all()] == ["#1", "#5"]


@WORKED_OFF
def test_keywords_are_added_and_removed(
    editor: Client, workspace: Workspace, dify: DifyClient, handbook: Dataset, guide: Document, rows: list[Segment]
) -> None:
    asked = batch(editor, handbook, guide, "keywords", {"ids": ids(rows[0])})
    assert text(asked, "h2") == "Keywords of 1 segment"
    form = kept(asked) | {"add": "first，number", "remove": "One"}
    batch(editor, handbook, guide, "keywords", form)
    done(workspace)
    assert segments(dify, handbook.id, guide.id)[0].keywords == ["first", "number"]


def test_no_keyword_is_no_change(
    editor: Client, workspace: Workspace, handbook: Dataset, guide: Document, rows: list[Segment]
) -> None:
    asked = batch(editor, handbook, guide, "keywords", {"ids": ids(rows[0])})
    answer = batch(editor, handbook, guide, "keywords", kept(asked) | {"add": " , "})
    assert (answer.status_code, beside(answer, "add")) == (422, ["Type a keyword to add, or one to take away."])
    assert workspace.jobs.count() == 0


@pytest.mark.parametrize("form", [{}, {"ids": ""}, {"ids": str(UNKNOWN)}, {"all": "?finding=empty"}])
def test_nothing_selected_begins_nothing(
    editor: Client, workspace: Workspace, handbook: Dataset, guide: Document, form: Mapping[str, object]
) -> None:
    assert text(batch(editor, handbook, guide, "disable", form), "h2") == "Nothing is selected"
    assert workspace.jobs.count() == 0


def test_segments_of_another_document_are_left_alone(
    editor: Client, workspace: Workspace, dify: DifyClient, handbook: Dataset, guide: Document, rows: list[Segment]
) -> None:
    """The API would take their ids under any document of the dataset."""
    other = segments(dify, handbook.id, document(dify, handbook.id, "other.txt", "Other.").id)[0]
    batch(editor, handbook, guide, "disable", {"ids": ids(rows[0], other)})
    assert [item.data["segment_id"] for item in workspace.jobs.get().items.all()] == [str(rows[0].id)]


@pytest.mark.parametrize(("action", "form"), [("explode", {"ids": str(UNKNOWN)}), ("disable", {"ids": "nonsense"})])
def test_nonsense_is_not_found(
    editor: Client, handbook: Dataset, guide: Document, action: str, form: Mapping[str, object]
) -> None:
    assert batch(editor, handbook, guide, action, form).status_code == 404


def test_a_viewer_may_not(
    viewer: Client, workspace: Workspace, handbook: Dataset, guide: Document, rows: list[Segment]
) -> None:
    assert batch(viewer, handbook, guide, "disable", {"ids": ids(*rows)}).status_code == 403
    assert workspace.jobs.count() == 0


@WORKED_OFF
def test_the_piece_above_the_list_goes_on_until_the_job_ends(
    editor: Client, workspace: Workspace, handbook: Dataset, guide: Document, rows: list[Segment]
) -> None:
    batch(editor, handbook, guide, "disable", {"ids": ids(rows[0])})
    address = url("segments-job", handbook.id, guide.id, workspace.jobs.get().id)
    moving = editor.get(address, **HTMX)
    assert (tree(moving).css("[hx-trigger='every 1s']") != [], "HX-Trigger" in moving.headers) == (True, False)
    done(workspace)
    ended = editor.get(address, **HTMX)
    assert (tree(ended).css("[hx-trigger='every 1s']"), ended.headers["HX-Trigger"]) == ([], '{"segments-changed": {}}')
    assert texts(ended, ".btn") == ["Roll back…", "Report"]
