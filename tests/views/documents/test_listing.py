"""Documents: the list, status actions, deletion, progress."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from selectolax.lexbor import LexborHTMLParser

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.codes import explain
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import Upload, Workspace
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import (
    HTMX,
    UNKNOWN,
    Calls,
    acts,
    attribute,
    document,
    last_event,
    own_tables,
    ready,
    text,
    texts,
    tree,
    until,
    url,
)


def names(response: Any) -> list[str]:
    return texts(response, "#documents .row-link")


def act(client: Client, dataset: Dataset, action: str, *ids: UUID, **extra: Any) -> Any:
    return client.post(url("documents-status", dataset.id, action), {"ids": ids, "confirmed": "1"}, **extra)


# --- the list ---


def test_an_empty_list_teaches(owner: Client, handbook: Dataset) -> None:
    assert text(owner.get(url("documents", handbook.id)), ".empty-state h2") == "No documents yet"


def test_the_newest_comes_first(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, "a.txt")
    document(dify, handbook.id, "b.txt")
    assert names(owner.get(url("documents", handbook.id))) == ["b.txt", "a.txt"]


def test_a_row_tells_words_hits_and_status(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id, text="x" * 1234)
    cells = texts(owner.get(url("documents", handbook.id)), f"#document-{made.id} td")
    assert cells[1:5] == ["txtleave.txt", "Available", "1,234", "0"]


def test_a_failure_shows_its_reason_in_the_row(
    owner: Client, dify: DifyClient, sandbox: SandboxProcess, handbook: Dataset
) -> None:
    sandbox.faults({"kind": "indexing_error", "path": "leave", "message": "The <b>model</b> is gone."})
    made = document(dify, handbook.id)
    response = owner.get(url("documents", handbook.id))
    assert text(response, f"#status-{made.id} .state") == "Failed"
    assert text(response, f"#status-{made.id} .sub") == "The <b>model</b> is gone."


def test_a_document_without_text_is_warned_of(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id, text=" ")
    response = owner.get(url("documents", handbook.id))
    assert text(response, f"#status-{made.id} .sub") == "No text was found in the file."


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "Le"}, ["Leave.txt"]),
        ({"q": "le"}, []),
        ({"status": "disabled"}, ["travel.txt"]),
        ({"status": "available"}, ["Leave.txt"]),
        ({"status": "nonsense"}, ["travel.txt", "Leave.txt"]),
        ({"page": "nonsense"}, ["travel.txt", "Leave.txt"]),
    ],
)
def test_the_list_is_as_its_address_says(
    owner: Client, dify: DifyClient, handbook: Dataset, query: dict[str, str], found: list[str]
) -> None:
    document(dify, handbook.id, "Leave.txt")
    off = document(dify, handbook.id, "travel.txt")
    dify.documents.set_status(handbook.id, "disable", [off.id])
    assert names(owner.get(url("documents", handbook.id, **query))) == found


def test_a_search_without_hits_says_so(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id)
    response = owner.get(url("documents", handbook.id, q="<i>"))
    assert text(response, ".empty-state p") == "No document matches “<i>”; the search minds upper and lower case."


def test_htmx_gets_the_list_alone(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id)
    response = owner.get(url("documents", handbook.id, status="available"), **HTMX)
    assert response.content.lstrip().startswith(b'<section id="documents"')


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_costs_one_call_and_one_more_for_a_dataset_that_is_not_remembered(
    owner: Client, dify: DifyClient, sandbox: SandboxProcess, handbook: Dataset, count: int
) -> None:
    for number in range(count):
        document(dify, handbook.id, f"{number}.txt")
    owner.get(url("datasets"))
    calls = Calls(sandbox)
    with CaptureQueriesContext(connection) as queries:
        owner.get(url("documents", handbook.id))
    assert (calls.seen(), own_tables(queries)) == ([f"GET /datasets/{handbook.id}/documents"], 4)


def test_the_dataset_is_asked_for_when_it_is_not_remembered(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    calls = Calls(sandbox)
    owner.get(url("documents", handbook.id))
    assert sorted(calls.seen()) == [f"GET /datasets/{handbook.id}", f"GET /datasets/{handbook.id}/documents"]


def test_a_viewer_is_offered_nothing_that_changes(viewer: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id)
    response = viewer.get(url("documents", handbook.id))
    assert tree(response).css("[name=ids], [hx-post], [formaction], #upload") == []


# --- status ---


@pytest.mark.parametrize(
    ("action", "done", "shown"), [("disable", "disabled", "Disabled"), ("archive", "archived", "Archived")]
)
def test_a_status_is_changed_where_the_row_is(
    owner: Client, dify: DifyClient, handbook: Dataset, action: str, done: str, shown: str
) -> None:
    made = document(dify, handbook.id)
    response = act(owner, handbook, action, made.id, **HTMX)
    assert text(response, f"#status-{made.id}") == shown
    assert texts(response, ".notice-success span") == [f"“leave.txt” was {done}."]
    assert acts() == [(f"document.{action}", "done", "leave.txt")]


@pytest.mark.parametrize(("before", "action"), [("disable", "enable"), ("archive", "un_archive")])
def test_a_status_is_changed_back(owner: Client, dify: DifyClient, handbook: Dataset, before: Any, action: str) -> None:
    made = document(dify, handbook.id)
    dify.documents.set_status(handbook.id, before, [made.id])

    def changed() -> bool | None:
        act(owner, handbook, action, made.id)
        return dify.documents.get(handbook.id, made.id).available or None

    assert until(changed)


def test_an_action_keeps_the_state_of_the_list(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id)
    address = url("documents-status", handbook.id, "disable", status="available")
    response = owner.post(address, {"ids": [made.id]}, **HTMX)
    assert names(response) == []


def test_without_script_an_action_leads_back_to_the_list(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id)
    assert act(owner, handbook, "disable", made.id).headers["Location"] == url("documents", handbook.id)


def test_one_that_cannot_be_changed_does_not_keep_the_others(
    owner: Client, dify: DifyClient, handbook: Dataset, sandbox: SandboxProcess
) -> None:
    busy, idle = document(dify, handbook.id, "busy.txt"), document(dify, handbook.id, "idle.txt")
    sandbox.faults(
        {
            "kind": "status",
            "status": 400,
            "code": "invalid_action",
            "method": "PATCH",
            "path": "/status/",
            "message": "Document:busy.txt is being indexed, please try again later",
        }
    )
    response = act(owner, handbook, "disable", busy.id, idle.id, **HTMX)
    assert texts(response, ".notice-success span") == ["“idle.txt” was disabled."]
    assert texts(response, ".notice-error span") == [
        f"“busy.txt” was not disabled. {explain('invalid_action')} Document:busy.txt is being indexed, please try again later"
    ]
    assert acts() == [("document.disable", "failed", "busy.txt"), ("document.disable", "done", "idle.txt")]


def test_several_are_counted(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    ids = [document(dify, handbook.id, f"{number}.txt").id for number in range(2)]
    assert texts(act(owner, handbook, "disable", *ids, **HTMX), ".notice-success span") == ["2 documents were disabled."]


def test_nothing_ticked_is_told(owner: Client, handbook: Dataset) -> None:
    assert texts(act(owner, handbook, "disable", **HTMX), ".notice-info span") == ["Nothing is selected."]


def test_what_is_gone_is_passed_over(owner: Client, handbook: Dataset) -> None:
    assert texts(act(owner, handbook, "disable", UNKNOWN, **HTMX), ".notice-info span") == ["Nothing is selected."]


def test_an_unknown_action_is_not_found(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    calls = Calls(sandbox)
    assert (act(owner, handbook, "explode", UNKNOWN).status_code, calls.seen()) == (404, [])


@pytest.mark.parametrize("tampered", ["../x", "%2e%2e%2f", "1?x=1", "a\r\nX: y", "#", "x" * 10_000, "\x00"])
def test_an_id_that_is_none_never_reaches_the_api(
    owner: Client, sandbox: SandboxProcess, handbook: Dataset, tampered: str
) -> None:
    calls = Calls(sandbox)
    for name in ("documents-delete", "documents-progress"):
        address = url(name, handbook.id)
        answer = owner.get(address, {"ids": tampered}) if "progress" in name else owner.post(address, {"ids": tampered})
        assert answer.status_code == 404
    assert calls.seen() == []


# --- deletion ---


def test_a_deletion_asks_and_names_what_goes(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = [document(dify, handbook.id, "a.txt", "One###Two"), document(dify, handbook.id, "b.txt")]
    response = owner.post(url("documents-delete", handbook.id), {"ids": [row.id for row in made]}, **HTMX)
    assert (text(response, "h2"), texts(response, ".going li")) == (
        "Delete 2 documents?",
        ["a.txt 6 characters", "b.txt 11 characters"],
    )
    assert (dify.documents.page(handbook.id).total, acts()) == (2, [])


def test_confirmed_they_are_deleted(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id)
    response = owner.post(url("documents-delete", handbook.id), {"ids": [made.id], "confirmed": "1"}, follow=True)
    assert (response.redirect_chain, names(response)) == ([(url("documents", handbook.id), 302)], [])
    assert texts(response, ".notice-success span") == ["“leave.txt” was deleted."]
    assert acts() == [("document.delete", "done", "leave.txt")]


def test_an_archived_one_stays_and_says_why(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id)
    dify.documents.set_status(handbook.id, "archive", [made.id])
    response = owner.post(url("documents-delete", handbook.id), {"ids": [made.id], "confirmed": "1"}, follow=True)
    assert texts(response, ".notice-error span")[0].startswith(
        "“leave.txt” was not deleted. The document is archived and cannot be changed. Un-archive it first."
    )
    assert (names(response), last_event().error) == (["leave.txt"], "archived_document_immutable")


def test_nothing_left_to_delete_is_told(owner: Client, handbook: Dataset) -> None:
    response = owner.post(url("documents-delete", handbook.id), {"ids": [UNKNOWN]}, follow=True)
    assert texts(response, ".notice-info span") == ["Nothing is selected, or it is gone already."]


# --- progress ---


@pytest.fixture(scope="module")
def slow_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("slow"), "--pace", "0.4") as process:
        yield process


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> SandboxProcess:
    """The quick one, or for tests that use `slow_process` one whose indexing can be watched."""
    process: SandboxProcess = request.getfixturevalue(
        "slow_process" if "slow_process" in request.fixturenames else "sandbox_process"
    )
    process.reset()
    return process


def poll(client: Client, dataset: Dataset, *ids: UUID) -> Any:
    return client.get(url("documents-progress", dataset.id), {"ids": list(map(str, ids))}, **HTMX)


def inside_templates(response: Any, selector: str) -> list[Any]:
    """Pieces for rows come in `template`, since a row outside of a table would be thrown away."""
    pieces = re.findall(r"<template>(.*?)</template>", response.text, re.DOTALL)
    return [node for piece in pieces for node in LexborHTMLParser(f"<table><tr>{piece}</table>").css(selector)]


@pytest.mark.usefixtures("slow_process")
def test_a_row_moves_until_it_is_done(owner: Client, dify: DifyClient, sandbox: SandboxProcess, handbook: Dataset) -> None:
    owner.post(url("add-text", handbook.id), {"name": "a.txt", "text": "One", "mode": "automatic"})
    made = dify.documents.page(handbook.id).data[0]
    page = owner.get(url("documents", handbook.id))
    assert text(page, f"#status-{made.id}").startswith("waiting ")
    assert attribute(page, "#poller", "hx-get") == f"{url('documents-progress', handbook.id)}?ids={made.id}"
    response = poll(owner, handbook, made.id)
    assert (response.status_code, len(inside_templates(response, f"#status-{made.id}"))) == (200, 1)
    ready(dify, handbook.id, made.id)
    last = until(lambda: answer if (answer := poll(owner, handbook, made.id)).status_code == 286 else None)
    assert len(inside_templates(last, f"tr#document-{made.id}[hx-swap-oob=true]")) == 1


def test_a_finished_document_comes_as_a_whole_row_and_polling_stops(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id)
    response = poll(owner, handbook, made.id)
    [row] = inside_templates(response, f"tr#document-{made.id}")
    assert (response.status_code, "Available" in row.text()) == (286, True)


def test_a_document_that_is_gone_is_taken_out(owner: Client, handbook: Dataset) -> None:
    response = poll(owner, handbook, UNKNOWN)
    assert response.status_code == 286
    assert len(inside_templates(response, f"tr#document-{UNKNOWN}[hx-swap-oob=delete]")) == 1


def test_nothing_to_watch_stops_the_polling(owner: Client, handbook: Dataset) -> None:
    assert poll(owner, handbook).status_code == 286


def test_an_upload_that_replaced_another_is_watched_by_its_new_batch(
    owner: Client, dify: DifyClient, workspace: Workspace, handbook: Dataset
) -> None:
    for answer in ("One", "Two"):
        owner.post(url("add-text", handbook.id), {"name": "a.txt", "text": answer, "on_duplicate": "replace"})
        ready(dify, handbook.id, dify.documents.page(handbook.id).data[0].id)
    [upload] = Upload.objects.filter(workspace=workspace)
    assert len(dify.documents.indexing_status(handbook.id, upload.batch)) == 1
