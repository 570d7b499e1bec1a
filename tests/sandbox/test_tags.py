"""Tags and what they are bound to."""

from typing import Any

import httpx
import pytest

from tests.sandbox.support import UNKNOWN, Library


def tag(api: httpx.Client, name: str) -> str:
    return str(api.post("/datasets/tags", json={"name": name}).json()["id"])


def bind(dataset: Library, *tag_ids: str) -> httpx.Response:
    return dataset.api.post("/datasets/tags/binding", json={"tag_ids": tag_ids, "target_id": dataset.id})


def change(api: httpx.Client, method: str, **values: Any) -> httpx.Response:
    return api.request(method, "/datasets/tags", json=values)


def test_a_new_tag(api: httpx.Client) -> None:
    row = api.post("/datasets/tags", json={"name": "hr"}).json()
    assert row == {"id": row["id"], "name": "hr", "type": "knowledge", "binding_count": "0"}


@pytest.mark.parametrize("name", ["", "n" * 51, None])
def test_a_bad_name_is_refused(api: httpx.Client, name: str | None) -> None:
    assert list(change(api, "POST", name=name).json()["errors"]) == ["name"]


def test_the_list_is_bare(api: httpx.Client) -> None:
    tag(api, "hr")
    assert [row["name"] for row in api.get("/datasets/tags").json()] == ["hr"]


def test_a_tag_is_renamed(api: httpx.Client) -> None:
    assert change(api, "PATCH", name="people", tag_id=tag(api, "hr")).json()["name"] == "people"


def test_the_name_of_another_tag_is_refused(api: httpx.Client) -> None:
    tag(api, "finance")
    response = change(api, "PATCH", name="finance", tag_id=tag(api, "hr"))
    assert response.json()["message"] == "Tag name already exists"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_the_tag_must_be_named(api: httpx.Client, method: str) -> None:
    assert list(change(api, method, name="x").json()["errors"]) == ["tag_id"]


def test_a_malformed_tag_is_a_500(api: httpx.Client) -> None:
    assert change(api, "PATCH", name="x", tag_id="nope").status_code == 500


def test_bound_tags_show_on_the_dataset(api: httpx.Client, economy: Library) -> None:
    hr = tag(api, "hr")
    assert bind(economy, hr).json() == 204
    assert economy.get("/tags") == {"data": [{"id": hr, "name": "hr"}], "total": 1}
    assert economy.get()["tags"] == [{"id": hr, "name": "hr", "type": "knowledge"}]


def test_binding_twice_counts_once(api: httpx.Client, economy: Library) -> None:
    hr = tag(api, "hr")
    bind(economy, hr)
    bind(economy, hr)
    assert api.get("/datasets/tags").json()[0]["binding_count"] == "1"


def test_an_unknown_tag_is_bound_without_a_word(economy: Library) -> None:
    assert bind(economy, UNKNOWN).json() == 204
    assert economy.get("/tags") == {"data": [], "total": 0}


def test_an_unknown_dataset_cannot_be_bound(api: httpx.Client) -> None:
    response = api.post("/datasets/tags/binding", json={"tag_ids": [], "target_id": UNKNOWN})
    assert response.status_code == 404


@pytest.mark.parametrize("path", ["binding", "unbinding"])
def test_a_binding_names_tag_and_target(api: httpx.Client, path: str) -> None:
    assert api.post(f"/datasets/tags/{path}", json={"tag_ids": [], "tag_id": UNKNOWN}).json()["errors"].keys() == {"target_id"}


def test_datasets_are_filtered_by_tag(api: httpx.Client, economy: Library, high_quality: Library) -> None:
    hr = tag(api, "hr")
    bind(high_quality, hr)
    assert [row["id"] for row in api.get("/datasets", params={"tag_ids": hr}).json()["data"]] == [high_quality.id]


def test_a_tag_is_taken_off(api: httpx.Client, economy: Library) -> None:
    hr = tag(api, "hr")
    bind(economy, hr)
    assert api.post("/datasets/tags/unbinding", json={"tag_id": hr, "target_id": economy.id}).json() == 204
    assert economy.get("/tags")["total"] == 0


def test_a_tag_is_deleted_once(api: httpx.Client, economy: Library) -> None:
    hr = tag(api, "hr")
    bind(economy, hr)
    assert (change(api, "DELETE", tag_id=hr).json(), change(api, "DELETE", tag_id=hr).status_code) == (204, 404)


def test_a_taken_name_is_refused(api: httpx.Client) -> None:
    hr = tag(api, "hr")
    answers = [change(api, "POST", name="hr"), change(api, "PATCH", name="hr", tag_id=hr)]  # even by itself
    assert [answer.json()["message"] for answer in answers] == ["Tag name already exists"] * 2


def test_a_dataset_that_is_not_there_is_not_unbound(api: httpx.Client) -> None:
    response = api.post("/datasets/tags/unbinding", json={"tag_id": tag(api, "hr"), "target_id": UNKNOWN})
    assert (response.status_code, response.json()["message"]) == (404, "Dataset not found")


@pytest.mark.parametrize("path", ["binding", "unbinding"])
@pytest.mark.parametrize("field", ["tag_ids", "tag_id", "target_id"])
def test_null_is_no_id(api: httpx.Client, path: str, field: str) -> None:
    body = {"tag_ids": [UNKNOWN], "tag_id": UNKNOWN, "target_id": UNKNOWN, field: None}
    expected = [] if field == ("tag_id" if path == "binding" else "tag_ids") else [field]
    assert list(api.post(f"/datasets/tags/{path}", json=body).json().get("errors", [])) == expected


def test_a_tag_that_is_gone_finds_nothing(api: httpx.Client, economy: Library) -> None:
    bind(economy, UNKNOWN)
    assert api.get("/datasets", params={"tag_ids": UNKNOWN}).json()["total"] == 0


def test_one_of_several_tags_is_enough(api: httpx.Client, economy: Library) -> None:
    hr, finance = tag(api, "hr"), tag(api, "finance")
    bind(economy, hr)
    assert api.get("/datasets", params={"tag_ids": [hr, finance]}).json()["total"] == 1
