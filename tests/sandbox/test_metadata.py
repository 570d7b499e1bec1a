"""Metadata fields and values; most mistakes are a success."""

from typing import Any

import pytest

from tests.sandbox.support import UNKNOWN, Library


def field(dataset: Library, name: str, kind: str = "string") -> str:
    return str(dataset.post("/metadata", {"type": kind, "name": name}).json()["id"])


def give(dataset: Library, document_id: str, field_id: str, name: str, value: Any, **more: Any) -> Any:
    values = [{"id": field_id, "name": name, "value": value}]
    operation = {"document_id": document_id, "metadata_list": values, **more}
    return dataset.post("/documents/metadata", {"operation_data": [operation]}).json()


def values(dataset: Library, document_id: str) -> dict[str, Any]:
    """A document's own values, without the built-in ones."""
    rows = dataset.get(f"/documents/{document_id}", metadata="only")["doc_metadata"] or []
    return {row["name"]: row["value"] for row in rows if row["id"] != "built-in"}


def counts(dataset: Library) -> dict[str, int]:
    return {row["name"]: row["count"] for row in dataset.get("/metadata")["doc_metadata"]}


def test_a_new_field_is_201(economy: Library) -> None:
    response = economy.post("/metadata", {"type": "string", "name": "team"})
    assert (response.status_code, response.json()["name"]) == (201, "team")


def test_a_dataset_shows_its_fields(economy: Library) -> None:
    field_id = field(economy, "year", "number")
    assert economy.get()["doc_metadata"] == [{"id": field_id, "name": "year", "type": "number"}]


@pytest.mark.parametrize("name", ["team", "uploader"])
def test_a_name_is_given_once(economy: Library, name: str) -> None:
    field(economy, "team")
    assert economy.post("/metadata", {"type": "string", "name": name}).json()["code"] == "invalid_param"


@pytest.mark.parametrize(("body", "missing"), [({"name": "x"}, "type"), ({"type": "string"}, "name")])
def test_a_field_needs_type_and_name(economy: Library, body: dict[str, str], missing: str) -> None:
    assert list(economy.post("/metadata", body).json()["errors"]) == [missing]


def test_an_unknown_type_is_refused(economy: Library) -> None:
    assert economy.post("/metadata", {"type": "colour", "name": "x"}).json()["code"] == "invalid_param"


def test_values_are_kept(economy: Library) -> None:
    document_id, team = economy.text(), field(economy, "team")
    give(economy, document_id, team, "team", "HR")
    assert (values(economy, document_id), counts(economy)) == ({"team": "HR"}, {"team": 1})


def test_a_list_shows_numbers_as_text(economy: Library) -> None:
    document_id, year = economy.text(), field(economy, "year", "number")
    give(economy, document_id, year, "year", 2025)
    shown = economy.get("/documents")["data"][0]["doc_metadata"][0]["value"]
    assert (values(economy, document_id), shown) == ({"year": 2025}, "2025")


def test_without_partial_update_the_rest_is_dropped(economy: Library) -> None:
    document_id, team, year = economy.text(), field(economy, "team"), field(economy, "year", "number")
    give(economy, document_id, team, "team", "HR")
    give(economy, document_id, year, "year", 2025)
    assert values(economy, document_id) == {"year": 2025}


def test_with_partial_update_the_rest_stays(economy: Library) -> None:
    document_id, team, year = economy.text(), field(economy, "team"), field(economy, "year", "number")
    give(economy, document_id, team, "team", "HR")
    give(economy, document_id, year, "year", 2025, partial_update=True)
    assert values(economy, document_id) == {"team": "HR", "year": 2025}


def test_a_value_under_another_name_is_lost(economy: Library) -> None:
    document_id, team = economy.text(), field(economy, "team")
    give(economy, document_id, team, "other", "x")
    assert values(economy, document_id) == {"team": None}


@pytest.mark.parametrize("known", [True, False])
def test_unknown_documents_and_fields_are_a_success(economy: Library, *, known: bool) -> None:
    document_id = economy.text() if known else UNKNOWN
    assert give(economy, document_id, UNKNOWN, "ghost", "x") == {"result": "success"}


def test_a_list_is_no_value(economy: Library) -> None:
    assert give(economy, economy.text(), field(economy, "team"), "team", ["a"])["code"] == "invalid_param"


def test_a_field_is_renamed_with_its_values(economy: Library) -> None:
    document_id, team = economy.text(), field(economy, "team")
    give(economy, document_id, team, "team", "HR")
    assert economy.patch(f"/metadata/{team}", {"name": "unit"}).json()["name"] == "unit"
    assert values(economy, document_id) == {"unit": "HR"}


def test_its_own_name_is_taken(economy: Library) -> None:
    response = economy.patch(f"/metadata/{field(economy, 'team')}", {"name": "team"})
    assert response.json()["message"] == "Metadata name already exists."


def test_a_rename_needs_a_name(economy: Library) -> None:
    assert list(economy.patch(f"/metadata/{field(economy, 'team')}", {}).json()["errors"]) == ["name"]


def test_renaming_an_unknown_field_is_an_empty_success(economy: Library) -> None:
    response = economy.patch(f"/metadata/{UNKNOWN}", {"name": "x"})
    assert (response.status_code, response.json()) == (200, {"id": None, "type": None, "name": None})


def test_a_field_is_deleted_with_its_values(economy: Library) -> None:
    document_id, team = economy.text(), field(economy, "team")
    give(economy, document_id, team, "team", "HR")
    assert economy.delete(f"/metadata/{team}").json() == 204
    assert (values(economy, document_id), counts(economy)) == ({}, {})


def test_deleting_an_unknown_field_is_a_success(economy: Library) -> None:
    assert economy.delete(f"/metadata/{UNKNOWN}").json() == 204


def test_the_built_in_fields(economy: Library) -> None:
    names = [row["name"] for row in economy.get("/metadata/built-in")["fields"]]
    assert names == ["document_name", "uploader", "upload_date", "last_update_date", "source"]


def test_built_in_fields_appear_when_they_are_enabled(economy: Library) -> None:
    document_id = economy.text("a.txt")
    economy.post("/metadata/built-in/enable", {})
    rows = economy.document(document_id)["doc_metadata"]
    assert rows[0] == {"id": "built-in", "name": "document_name", "type": "string", "value": "a.txt"}
    assert economy.get("/metadata")["built_in_field_enabled"] is True


def test_values_given_while_they_are_enabled_stay_beside_them(economy: Library) -> None:
    document_id, team = economy.text(), field(economy, "team")
    economy.post("/metadata/built-in/enable", {})
    give(economy, document_id, team, "team", "HR")
    assert len(economy.document(document_id)["doc_metadata"]) == 6


def test_built_in_fields_go_when_they_are_disabled(economy: Library) -> None:
    document_id = economy.text()
    for action in ("enable", "disable"):
        economy.post(f"/metadata/built-in/{action}", {})
    assert economy.document(document_id)["doc_metadata"] is None


def test_an_unknown_action_is_a_success(economy: Library) -> None:
    assert economy.post("/metadata/built-in/explode", {}).json() == {"result": "success"}


@pytest.mark.parametrize(("length", "status"), [(255, 201), (256, 400)])
def test_the_longest_name(economy: Library, length: int, status: int) -> None:
    assert economy.post("/metadata", {"type": "string", "name": "n" * length}).status_code == status


@pytest.mark.parametrize("body", [{"type": None, "name": "x"}, {"type": "string", "name": None}])
def test_null_is_refused_by_the_parser(economy: Library, body: dict[str, Any]) -> None:
    wrong = [name for name, value in body.items() if value is None]
    assert list(economy.post("/metadata", body).json()["errors"]) == wrong


def test_a_number_becomes_a_name(economy: Library) -> None:
    team = economy.post("/metadata", {"type": "string", "name": 5}).json()
    assert (team["name"], economy.patch(f"/metadata/{team['id']}", {"name": 6}).json()["name"]) == ("5", "6")


@pytest.mark.parametrize("body", [{}, {"operation_data": None}, {"operation_data": 5}])
def test_operations_are_asked_for_by_the_parser(economy: Library, body: dict[str, Any]) -> None:
    assert list(economy.post("/documents/metadata", body).json()["errors"]) == ["operation_data"]


def test_malformed_ids_are_passed_over_like_unknown_ones(economy: Library) -> None:
    document_id = economy.text()
    assert [give(economy, id_, "nope", "team", "HR") for id_ in ("nope", document_id)] == [{"result": "success"}] * 2
    assert values(economy, document_id) == {}
