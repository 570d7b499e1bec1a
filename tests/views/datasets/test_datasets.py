"""Datasets: list, create, change, delete."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import Upload, Workspace
from datasets_ui.services.caches import dataset_place
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import (
    HTMX,
    UNKNOWN,
    Calls,
    acts,
    attribute,
    beside,
    document,
    last_event,
    own_tables,
    text,
    texts,
    url,
    value,
)

NEW = {"name": "Manuals", "description": "Printed ones", "indexing_technique": "economy", "permission": "only_me"}


def make(dify: DifyClient, *names: str) -> None:
    for name in names:
        dify.datasets.create(name=name, indexing_technique="economy", permission="only_me")


def names(response: Any) -> list[str]:
    return texts(response, "#datasets .row-link")


# --- the list ---


def test_an_empty_list_teaches(owner: Client) -> None:
    response = owner.get(url("datasets"))
    assert text(response, ".empty-state h2") == "No datasets yet"
    assert attribute(response, ".empty-state a", "href") == url("new-dataset")


def test_the_newest_comes_first(owner: Client, dify: DifyClient) -> None:
    make(dify, "First", "Second")
    assert names(owner.get(url("datasets"))) == ["Second", "First"]


def test_a_row_tells_counts_technique_and_health(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, "a.txt", "x" * 1234)
    off = document(dify, handbook.id, "b.txt", "y")
    dify.documents.set_status(handbook.id, "disable", [off.id])
    cells = texts(owner.get(url("datasets")), f"#dataset-{handbook.id} td")
    assert cells[:5] == ["Handbook", "2", "1,235", "Economy", "1 of 2 available"]


def test_a_search_ignores_case(owner: Client, dify: DifyClient) -> None:
    make(dify, "Handbook", "Manuals")
    response = owner.get(url("datasets", q="HAND"))
    assert (names(response), value(response, "q")) == (["Handbook"], "HAND")


def test_a_search_without_hits_says_so(owner: Client, handbook: Dataset) -> None:
    response = owner.get(url("datasets", q="<b>"))
    assert text(response, ".empty-state p") == "No dataset's name has “<b>” in it."


def test_pages_keep_the_search(owner: Client, dify: DifyClient) -> None:
    make(dify, *(f"Set {number}" for number in range(21)))
    response = owner.get(url("datasets", q="Set", page=2))
    assert (names(response), attribute(response, "a[rel=prev]", "href")) == (["Set 0"], "?q=Set")
    assert attribute(owner.get(url("datasets", q="Set")), "a[rel=next]", "href") == "?q=Set&page=2"


def test_an_exact_last_page_has_no_next_one(owner: Client, dify: DifyClient) -> None:
    make(dify, *(f"Set {number}" for number in range(20)))
    response = owner.get(url("datasets"))
    assert (text(response, ".pages .sub"), texts(response, ".pages a")) == ("1–20 of 20", [])


@pytest.mark.parametrize("page", ["", "0", "-1", "1.5", "zwei", "²", "١", "9" * 5000, "1e9", "\x00", "%0d%0a"])
def test_a_nonsense_page_is_the_first(owner: Client, handbook: Dataset, page: str) -> None:
    assert names(owner.get(url("datasets", page=page))) == ["Handbook"]


def test_a_page_beyond_the_last_says_so(owner: Client, handbook: Dataset) -> None:
    response = owner.get(url("datasets", page=9))
    assert text(response, ".pages .sub") == "Page 9 is empty; there are 1 rows"


def test_a_search_of_ten_kilobytes_is_cut(owner: Client, sandbox: SandboxProcess) -> None:
    owner.get(url("datasets", q="x" * 10_000))
    assert sandbox.calls()[-1]["query"] == f"page=1&limit=20&keyword={'x' * 200}"


def test_htmx_gets_the_list_alone(owner: Client, handbook: Dataset) -> None:
    response = owner.get(url("datasets"), **HTMX)
    assert response.content.lstrip().startswith(b'<section id="datasets"')
    assert names(response) == ["Handbook"]


def test_a_history_restore_gets_the_whole_page(owner: Client, handbook: Dataset) -> None:
    response = owner.get(url("datasets"), HTTP_HX_HISTORY_RESTORE_REQUEST="true", **HTMX)
    assert response.content.startswith(b"<!doctype html>")


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_costs_one_call(owner: Client, dify: DifyClient, sandbox: SandboxProcess, count: int) -> None:
    make(dify, *(f"Set {number}" for number in range(count)))
    owner.get(url("datasets"))
    calls = Calls(sandbox)
    with CaptureQueriesContext(connection) as queries:
        owner.get(url("datasets"))
    assert (calls.seen(), own_tables(queries)) == (["GET /datasets"], 5)


# --- create ---


def test_one_is_created(owner: Client, dify: DifyClient) -> None:
    response = owner.post(url("new-dataset"), NEW)
    [made] = dify.datasets.page().data
    assert (response.status_code, response.headers["Location"]) == (302, url("documents", made.id))
    assert (made.name, made.description, made.permission, made.indexing_technique) == tuple(
        NEW[name] for name in ("name", "description", "permission", "indexing_technique")
    )
    assert acts() == [("dataset.create", "done", "Manuals")]


def test_a_name_that_is_taken_is_told_beside_the_field(owner: Client, dify: DifyClient) -> None:
    make(dify, "Manuals")
    response = owner.post(url("new-dataset"), NEW)
    assert (response.status_code, beside(response, "name")) == (
        422,
        ["A dataset of this name exists already. Choose another name."],
    )
    assert (value(response, "name"), value(response, "description")) == ("Manuals", "Printed ones")
    assert (acts(), last_event().error) == ([("dataset.create", "failed", "Manuals")], "dataset_name_duplicate")


@pytest.mark.parametrize(
    ("field", "typed"),
    [("name", ""), ("name", "x" * 41), ("description", "x" * 401), ("permission", "everybody"), ("indexing_technique", "free")],
)
def test_what_dify_would_refuse_is_not_sent(owner: Client, sandbox: SandboxProcess, field: str, typed: str) -> None:
    calls = Calls(sandbox)
    response = owner.post(url("new-dataset"), NEW | {field: typed})
    assert (response.status_code, len(beside(response, field)), calls.seen()) == (422, 1, [])


@pytest.mark.parametrize("status", [400, 403, 500])
def test_what_was_typed_stays_when_dify_refuses(owner: Client, sandbox: SandboxProcess, status: int) -> None:
    sandbox.faults({"kind": "status", "status": status, "code": "invalid_param", "message": "No more.", "method": "POST"})
    response = owner.post(url("new-dataset"), NEW)
    assert (response.status_code, value(response, "name")) == (422, "Manuals")
    assert text(response, ".alert-danger").endswith("No more.")


def test_an_answer_that_is_lost_is_recorded_as_unknown(owner: Client, sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "broken_json", "method": "POST"})
    response = owner.post(url("new-dataset"), NEW)
    assert "It is not known whether the change was carried out" in text(response, ".alert-danger")
    assert acts() == [("dataset.create", "unknown", "Manuals")]


# --- change ---


def test_one_is_renamed(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    address = url("dataset-settings", handbook.id)
    response = owner.post(address, {"name": "Book", "description": "", "permission": "only_me"}, follow=True)
    assert (dify.datasets.get(handbook.id).name, texts(response, ".notice-success span")) == ("Book", ["Saved."])
    event = last_event()
    assert (event.act, str(event.before), str(event.after)) == ("dataset.update", "name: Handbook", "name: Book")


def test_the_new_name_is_shown_at_once(owner: Client, handbook: Dataset) -> None:
    owner.get(url("documents", handbook.id))
    owner.post(url("dataset-settings", handbook.id), {"name": "Book", "description": "", "permission": "only_me"})
    assert text(owner.get(url("documents", handbook.id)), "h1") == "Book Economy"


def test_nothing_changed_is_nothing_sent(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    calls = Calls(sandbox)
    address = url("dataset-settings", handbook.id)
    owner.post(address, {"name": "Handbook", "description": "", "permission": "only_me"})
    assert (calls.seen(), acts()) == ([f"GET /datasets/{handbook.id}"], [])


def test_renaming_to_a_taken_name_is_told_beside_the_field(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    make(dify, "Manuals")
    address = url("dataset-settings", handbook.id)
    response = owner.post(address, {"name": "Manuals", "description": "", "permission": "only_me"})
    assert beside(response, "name") == ["A dataset of this name exists already. Choose another name."]
    assert (text(response, "h1"), value(response, "name")) == ("Handbook Economy", "Manuals")


def test_what_was_typed_stays_when_a_change_is_refused(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    sandbox.faults({"kind": "status", "status": 403, "code": "forbidden", "message": "Not you.", "method": "PATCH"})
    response = owner.post(url("dataset-settings", handbook.id), {"name": "Book", "permission": "only_me"})
    assert (response.status_code, value(response, "name")) == (422, "Book")


def test_a_permission_set_in_dify_is_kept(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    dify.datasets.update(handbook.id, permission="partial_members")
    address = url("dataset-settings", handbook.id)
    owner.post(address, {"name": "Book", "description": "", "permission": "partial_members"})
    changed = dify.datasets.get(handbook.id)
    assert (changed.name, changed.permission) == ("Book", "partial_members")


def test_a_change_of_somebody_else_is_not_overwritten_unseen(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    dify.datasets.update(handbook.id, description="theirs")
    typed = {"name": "Handbook", "description": "mine", "permission": "only_me", "initial-description": ""}
    response = owner.post(url("dataset-settings", handbook.id), typed)
    assert beside(response, "description")[0].startswith("Somebody changed this meanwhile; it is now “theirs”.")
    assert (value(response, "description"), dify.datasets.get(handbook.id).description) == ("mine", "theirs")


def test_after_seeing_the_other_change_one_s_own_can_be_saved(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    dify.datasets.update(handbook.id, description="theirs")
    typed = {"name": "Handbook", "description": "mine", "permission": "only_me", "initial-description": ""}
    seen = value(owner.post(url("dataset-settings", handbook.id), typed), "initial-description")
    owner.post(url("dataset-settings", handbook.id), typed | {"initial-description": seen})
    assert (seen, dify.datasets.get(handbook.id).description) == ("theirs", "mine")


def test_what_somebody_else_changed_is_kept_when_another_field_is_saved(
    owner: Client, dify: DifyClient, handbook: Dataset
) -> None:
    dify.datasets.update(handbook.id, description="theirs")
    typed = {"name": "Book", "description": "", "permission": "only_me", "initial-name": "Handbook", "initial-description": ""}
    owner.post(url("dataset-settings", handbook.id), typed | {"initial-permission": "only_me"})
    changed = dify.datasets.get(handbook.id)
    assert (changed.name, changed.description) == ("Book", "theirs")


def test_what_was_typed_stays_while_the_api_is_down(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    owner.get(url("dataset-settings", handbook.id))
    cache.delete(dataset_place(Workspace.objects.get(slug="acme").id, handbook.id))
    sandbox.faults({"kind": "status", "status": 500, "times": None})
    response = owner.post(url("dataset-settings", handbook.id), {"name": "Book", "permission": "only_me"})
    assert (response.status_code, value(response, "name")) == (422, "Book")


# --- delete ---


def test_what_a_deletion_takes_along_is_named(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, text="x" * 1234)
    response = owner.get(url("dataset-delete", handbook.id))
    assert text(response, ".narrow h2") == "Delete “Handbook”?"
    assert texts(response, ".narrow p") == [
        "What goes, for ever: 1 document with 1,234 characters, all their segments and every edit made to them."
    ]
    assert dify.datasets.page().total == 1


def test_the_question_fits_into_the_dialog(owner: Client, handbook: Dataset) -> None:
    response = owner.get(url("dataset-delete", handbook.id), **HTMX)
    assert response.content.lstrip().startswith(b"<form")


def test_one_is_deleted(owner: Client, dify: DifyClient, workspace: Workspace, handbook: Dataset) -> None:
    Upload.objects.create(workspace=workspace, dataset_id=handbook.id, document_id=UNKNOWN, batch="1")
    response = owner.post(url("dataset-delete", handbook.id), follow=True)
    assert texts(response, ".notice-success span") == ["“Handbook” was deleted."]
    assert (dify.datasets.page().total, Upload.objects.count()) == (0, 0)
    assert (acts(), str(last_event().before)) == (
        [("dataset.delete", "done", "Handbook")],
        "0 documents; used by 0 applications",
    )


def test_a_dataset_that_applications_use_is_asked_for_twice(
    owner: Client, dify: DifyClient, sandbox: SandboxProcess, handbook: Dataset
) -> None:
    """No Dify refuses to take it away from them."""
    sandbox.used_by(handbook.id, 2)
    path = url("dataset-delete", handbook.id)
    assert "2 applications in Dify use this dataset" in text(owner.get(path), ".alert-warning label")
    response = owner.post(path)
    assert (response.status_code, dify.datasets.page().total, acts()) == (409, 1, [])
    owner.post(path, {"apps": attribute(response, "[name=apps]", "value")})
    assert (dify.datasets.page().total, str(last_event().before)) == (0, "0 documents; used by 2 applications")


@pytest.mark.parametrize("told", ["", "1", "-1", "many"])
def test_applications_that_came_meanwhile_are_told_of(
    owner: Client, dify: DifyClient, sandbox: SandboxProcess, handbook: Dataset, told: str
) -> None:
    sandbox.used_by(handbook.id, 2)
    response = owner.post(url("dataset-delete", handbook.id), {"apps": told})
    assert (response.status_code, dify.datasets.page().total) == (409, 1)


def test_a_dataset_in_use_says_so(owner: Client, dify: DifyClient, sandbox: SandboxProcess, handbook: Dataset) -> None:
    refusal = {"kind": "status", "status": 409, "code": "dataset_in_use", "message": "The dataset is being used by some apps."}
    sandbox.faults(refusal | {"method": "DELETE"})
    response = owner.post(url("dataset-delete", handbook.id))
    assert texts(response, "main p")[:2] == [
        "An application uses this dataset. Take it out of the application first, then delete it here.",
        "Dify says: The dataset is being used by some apps.",
    ]
    assert (dify.datasets.page().total, acts()) == (1, [("dataset.delete", "failed", "Handbook")])


def test_one_that_is_gone_is_not_found(owner: Client) -> None:
    for name in ("dataset-delete", "dataset-settings", "documents", "retrieval"):
        response = owner.get(url(name, UNKNOWN), {"q": "x"})
        assert (response.status_code, text(response, "h1")) == (404, "Not found in Dify")
