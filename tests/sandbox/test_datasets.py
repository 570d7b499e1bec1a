"""Datasets: create, list, show, change, delete."""

from typing import Any

import httpx
import pytest

from tests.sandbox.support import UNKNOWN, Library

OWNER = "4c044f98-e240-4e8f-b027-00481b1d09ae"  # whom the keys act as


def create(api: httpx.Client, **values: Any) -> httpx.Response:
    return api.post("/datasets", json=values)


def names(api: httpx.Client, **query: Any) -> list[str]:
    return [row["name"] for row in api.get("/datasets", params=query).json()["data"]]


def test_a_new_dataset_has_the_name_and_the_defaults(api: httpx.Client) -> None:
    row = create(api, name="Handbook").json()
    shown = {key: row[key] for key in ("name", "permission", "provider", "indexing_technique", "document_count")}
    assert shown == {
        "name": "Handbook",
        "permission": "only_me",
        "provider": "vendor",
        "indexing_technique": None,
        "document_count": 0,
    }


def test_a_form_is_taken_like_json(api: httpx.Client) -> None:
    assert api.post("/datasets", data={"name": "Form"}).json()["name"] == "Form"


def test_a_second_dataset_of_one_name_is_a_conflict(api: httpx.Client) -> None:
    create(api, name="Handbook")
    response = create(api, name="Handbook")
    assert (response.status_code, response.json()["code"]) == (409, "dataset_name_duplicate")


def test_names_differ_by_case(api: httpx.Client) -> None:
    create(api, name="Handbook")
    assert create(api, name="HANDBOOK").status_code == 200


@pytest.mark.parametrize("name", ["", "n" * 41, None, 12345])
def test_a_bad_name_is_refused_by_the_parser(api: httpx.Client, name: Any) -> None:
    response = create(api, name=name)
    assert (response.status_code, list(response.json()["errors"])) == (400, ["name"])


def test_forty_characters_are_a_name(api: httpx.Client) -> None:
    assert create(api, name="n" * 40).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("description", "d" * 401),
        ("description", 5),
        ("permission", None),
        ("permission", "everyone"),
        ("indexing_technique", "cheap"),
        ("indexing_technique", None),
        ("retrieval_model", "x"),
        ("retrieval_model", 5),
    ],
)
def test_a_bad_setting_is_refused_by_the_parser(api: httpx.Client, field: str, value: Any) -> None:
    assert list(create(api, **{"name": "x", field: value}).json()["errors"]) == [field]


def test_a_body_that_is_no_json_counts_as_empty(api: httpx.Client) -> None:
    response = api.post("/datasets", content="{", headers={"Content-Type": "application/json"})
    assert list(response.json()["errors"]) == ["name"]


def test_an_external_dataset_without_its_api_is_a_500(api: httpx.Client) -> None:
    assert create(api, name="x", provider="external").status_code == 500


def test_high_quality_takes_the_default_model(api: httpx.Client) -> None:
    row = create(api, name="x", indexing_technique="high_quality").json()
    assert (row["embedding_model"], row["embedding_model_provider"]) == ("hash-256", "local/hashvec/hashvec")


def test_a_provider_must_exist(api: httpx.Client) -> None:
    model = {"embedding_model": "m", "embedding_model_provider": "hashvec"}
    response = create(api, name="x", indexing_technique="high_quality", **model)
    assert response.json()["message"] == "Provider hashvec does not exist."


def test_a_rerank_provider_must_exist(api: httpx.Client) -> None:
    rerank = {"reranking_provider_name": "x/y/z", "reranking_model_name": "nope"}
    response = create(api, name="x", retrieval_model={"reranking_enable": True, "reranking_model": rerank})
    assert response.json()["message"] == "Provider x/y/z does not exist."


def test_a_model_that_its_provider_lacks_shows_as_not_available(api: httpx.Client) -> None:
    model = {"embedding_model": "nope", "embedding_model_provider": "local/hashvec/hashvec"}
    dataset = Library.create(api, "x", indexing_technique="high_quality", **model)
    assert dataset.get()["embedding_available"] is False


def test_the_last_created_comes_first(api: httpx.Client) -> None:
    for name in ("one", "two", "three"):
        create(api, name=name)
    assert names(api) == ["three", "two", "one"]


def test_has_more_is_true_on_an_exact_last_page(api: httpx.Client) -> None:
    for name in ("one", "two"):
        create(api, name=name)
    page = api.get("/datasets", params={"limit": 2}).json()
    assert (page["has_more"], page["total"]) == (True, 2)


@pytest.mark.parametrize(("limit", "rows"), [("1", 1), ("0", 2), ("-1", 2), ("1000", 2), ("x", 2)])
def test_odd_limits(api: httpx.Client, limit: str, rows: int) -> None:
    for name in ("one", "two"):
        create(api, name=name)
    assert len(names(api, limit=limit)) == rows


@pytest.mark.parametrize(("page", "expected"), [(0, ["two"]), (-1, ["two"]), (2, ["one"]), (9, [])])
def test_odd_pages(api: httpx.Client, page: int, expected: list[str]) -> None:
    for name in ("one", "two"):
        create(api, name=name)
    assert names(api, page=page, limit=1) == expected


def test_the_keyword_ignores_case(api: httpx.Client) -> None:
    create(api, name="Handbook")
    create(api, name="Prices")
    assert names(api, keyword="hANDb") == ["Handbook"]


def test_the_keyword_is_a_like_pattern(api: httpx.Client) -> None:
    create(api, name="Handbook")
    assert names(api, keyword="%") == ["Handbook"]


def test_partial_members_without_members_hides_the_dataset(api: httpx.Client) -> None:
    create(api, name="hidden", permission="partial_members")
    assert (names(api), names(api, include_all="true")) == ([], ["hidden"])


def test_an_economy_dataset_shows_keyword_search(economy: Library) -> None:
    assert economy.get()["retrieval_model_dict"]["search_method"] == "keyword_search"


def test_a_dataset_answers_under_its_id_in_upper_case(api: httpx.Client, economy: Library) -> None:
    assert api.get(f"/datasets/{economy.id.upper()}").json()["id"] == economy.id


def test_an_unknown_dataset_is_404(api: httpx.Client) -> None:
    assert api.get(f"/datasets/{UNKNOWN}").json()["code"] == "not_found"


def test_a_change_keeps_what_it_does_not_name(economy: Library) -> None:
    row = economy.patch("", {"description": "New"}).json()
    assert (row["name"], row["description"], row["indexing_technique"]) == ("Economy", "New", "economy")


def test_the_name_of_another_dataset_is_refused(api: httpx.Client, economy: Library) -> None:
    create(api, name="Taken")
    response = economy.patch("", {"name": "Taken"})
    assert (response.status_code, response.json()["message"]) == (400, "Dataset name already exists")


def test_a_change_needs_json(api: httpx.Client, economy: Library) -> None:
    assert api.patch(f"/datasets/{economy.id}", content="x").json()["code"] == "unsupported_media_type"


def test_a_retrieval_model_is_kept(economy: Library) -> None:
    economy.patch("", {"retrieval_model": {"search_method": "keyword_search", "top_k": 4}})
    assert economy.get()["retrieval_model_dict"]["top_k"] == 4


def test_partial_members_are_shown(economy: Library) -> None:
    economy.patch("", {"permission": "partial_members", "partial_member_list": [{"user_id": UNKNOWN}]})
    assert economy.get()["partial_member_list"] == [UNKNOWN]


def test_partial_members_stay_until_the_permission_is_another(economy: Library) -> None:
    shared = {"permission": "partial_members", "partial_member_list": [{"user_id": UNKNOWN}]}
    changes = [shared, {"name": "Shared"}, {"permission": "only_me"}]
    assert [economy.patch("", change).json()["partial_member_list"] for change in changes] == [[UNKNOWN], [UNKNOWN], []]


@pytest.mark.parametrize(("member", "seen"), [(UNKNOWN, []), (OWNER, ["Economy"])])
def test_the_list_has_what_is_shared_with_the_owner(api: httpx.Client, economy: Library, member: str, seen: list[str]) -> None:
    economy.patch("", {"permission": "partial_members", "partial_member_list": [{"user_id": member}]})
    assert names(api) == seen


@pytest.mark.parametrize("member", [{}, "x", {"user_id": "nope"}])
def test_a_member_without_an_id_is_a_500(economy: Library, member: Any) -> None:
    response = economy.patch("", {"permission": "partial_members", "partial_member_list": [member]})
    assert (response.status_code, "x-sandbox-quirk" in response.headers) == (500, True)


def test_a_description_may_be_null(api: httpx.Client, economy: Library) -> None:
    rows = [create(api, name="x", description=None).json(), economy.patch("", {"description": None}).json()]
    assert [row["description"] for row in rows] == [None, None]


@pytest.mark.parametrize("model", [{}, {"search_method": "keyword_search"}, {"search_method": "magic", "top_k": 2}])
def test_a_new_dataset_takes_a_whole_retrieval_model_only(api: httpx.Client, model: dict[str, Any]) -> None:
    assert create(api, name="x", retrieval_model=model).json()["code"] == "invalid_param"


NO_PROVIDER = {"embedding_model": "m", "embedding_model_provider": "nope"}


def test_a_provider_that_is_not_there_is_refused_on_economy_too(api: httpx.Client, economy: Library) -> None:
    answers = [create(api, name="x", indexing_technique="economy", **NO_PROVIDER), economy.patch("", NO_PROVIDER)]
    assert {answer.json()["message"] for answer in answers} == {"Provider nope does not exist."}


def test_a_model_without_its_provider_is_passed_over(api: httpx.Client) -> None:
    assert create(api, name="x", indexing_technique="high_quality", embedding_model="m").json()["embedding_model"] == "hash-256"


def test_a_reranker_that_is_not_there_is_refused_though_it_is_off(economy: Library) -> None:
    model = {"reranking_enable": False, "reranking_model": {"reranking_provider_name": "nope"}}
    assert economy.patch("", {"retrieval_model": model}).json()["message"] == "Provider nope does not exist."


@pytest.mark.parametrize(("api_id", "status"), [(UNKNOWN, 400), ("nope", 500)])
def test_there_is_no_external_api(api: httpx.Client, api_id: str, status: int) -> None:
    assert create(api, name="x", provider="external", external_knowledge_api_id=api_id).status_code == status


@pytest.mark.parametrize(("body", "code"), [("{", "bad_request"), ("", "bad_request"), ("[]", "unknown")])
def test_a_change_needs_an_object(api: httpx.Client, economy: Library, body: str, code: str) -> None:
    response = api.patch(f"/datasets/{economy.id}", content=body, headers={"Content-Type": "application/json"})
    assert response.json()["code"] == code


def test_another_model_under_the_same_technique(high_quality: Library) -> None:
    other = {"embedding_model": "hash-512", "embedding_model_provider": "local/hashvec/hashvec"}
    row = high_quality.patch("", {"indexing_technique": "high_quality", **other}).json()
    assert row["embedding_model"] == "hash-512"


def test_from_high_quality_to_economy_the_model_goes(high_quality: Library) -> None:
    assert high_quality.patch("", {"indexing_technique": "economy"}).json()["embedding_model"] is None


def test_a_deleted_dataset_answers_200_with_204_inside(economy: Library) -> None:
    response = economy.delete()
    assert (response.status_code, response.json()) == (200, 204)


def test_a_deleted_dataset_is_gone_with_its_documents(economy: Library) -> None:
    economy.text()
    economy.delete()
    assert economy.delete().status_code == 404


def test_documents_count_in_their_dataset(economy: Library) -> None:
    economy.text(text="Ten chars.")
    row = economy.get()
    assert (row["document_count"], row["word_count"], row["total_available_documents"]) == (1, 10, 1)
