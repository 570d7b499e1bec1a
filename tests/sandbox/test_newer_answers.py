"""What 1.12.1 and 1.17 answer where 1.10.1 answers otherwise: errors, lists, tags, searches."""

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.support import PARENTS, UNKNOWN, Library, custom

WRONG = [
    ("POST", "/datasets", {"name": ""}),
    ("PATCH", "/datasets/{id}", {"name": 5}),
    ("POST", "/datasets/tags", {"name": ""}),
    ("POST", "/datasets/tags/unbinding", {"target_id": UNKNOWN}),
]  # those that 1.17 answers with 422


@pytest.fixture
def old(v1_12: httpx.Client) -> Library:
    return Library.create(v1_12, "Economy", indexing_technique="economy")


@pytest.fixture
def new(v1_17: httpx.Client) -> Library:
    return Library.create(v1_17, "Economy", indexing_technique="economy")


def call(dataset: Library, method: str, path: str, body: Any) -> httpx.Response:
    return dataset.api.request(method, path.format(id=dataset.id), json=body)


# --- errors ---


@pytest.mark.parametrize(("method", "path", "body"), WRONG)
def test_a_wrong_body_is_told_in_the_words_of_pydantic(old: Library, method: str, path: str, body: Any) -> None:
    response = call(old, method, path, body)
    lines = response.json()["message"].splitlines()
    assert (response.status_code, response.json()["code"], response.json()["status"]) == (400, "invalid_param", 400)
    assert (lines[0].split(" for ")[0], lines[1] in {"name", "tag_id"}) == ("1 validation error", True)
    assert " [type=" in lines[2]


@pytest.mark.parametrize(("method", "path", "body"), WRONG)
def test_later_it_is_told_as_a_json_list(new: Library, method: str, path: str, body: Any) -> None:
    response = call(new, method, path, body)
    assert (response.status_code, response.json()["code"]) == (422, "unprocessable_entity")
    assert {"type", "loc", "msg"} <= json.loads(response.json()["message"])[0].keys()


def test_other_bodies_are_told_as_before(new: Library) -> None:
    response = new.post("/metadata", {"type": "string"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_param")


def test_a_body_of_another_type_is_refused(old: Library) -> None:
    response = old.api.post("/datasets", data={"name": "Form"})
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(("version", "status"), [("api", 500), ("v1_12", 400), ("v1_17", 422)])
def test_a_list_makes_no_dataset(request: pytest.FixtureRequest, version: str, status: int) -> None:
    assert request.getfixturevalue(version).post("/datasets", json=[1]).status_code == status


@pytest.mark.parametrize(
    ("path", "status"), [("", 400), ("/{id}/documents", 400), ("/{id}/documents/{document}/segments", 200)]
)
def test_a_page_that_is_no_number(old: Library, path: str, status: int) -> None:
    path = path.format(id=old.id, document=old.text())
    assert old.api.get(f"/datasets{path}", params={"page": "x"}).status_code == status


# --- datasets and documents ---


def test_a_text_needs_no_rule(old: Library) -> None:
    """The dataset's last one is taken, or else the automatic one."""
    assert len(old.contents(old.text("a", "One.\n\nTwo.", process_rule=None))) == 1
    old.text("b", process_rule=custom("\n\n"))
    assert len(old.contents(old.text("c", "One.\n\nTwo.", process_rule=None))) == 2


def test_a_percent_sign_is_no_wildcard(old: Library) -> None:
    assert old.api.get("/datasets", params={"keyword": "E%y"}).json()["total"] == 0


def test_pages_of_datasets_are_told_right_later(new: Library) -> None:
    found = new.api.get("/datasets", params={"limit": 1}).json()
    assert (found["has_more"], new.api.get("/datasets", params={"limit": 1000}).json()["limit"]) == (False, 100)


def test_a_parent_mode_that_is_left_out(v1_12: httpx.Client, v1_17: httpx.Client) -> None:
    rules = {**PARENTS["rules"], "parent_mode": None}
    values = {
        "indexing_technique": "high_quality",
        "doc_form": "hierarchical_model",
        "process_rule": {**PARENTS, "rules": rules},
    }
    found = []
    for client in (v1_12, v1_17):
        dataset = Library.create(client, "Parents", indexing_technique="high_quality")
        found.append(len(dataset.contents(dataset.text(**values))))
    assert found == [0, 1]


def test_values_of_metadata_keep_their_type_later(new: Library) -> None:
    assert new.get("/documents")["data"] == []
    field = new.post("/metadata", {"type": "number", "name": "pages"}).json()["id"]
    document = new.text()
    before = new.get("/documents")["data"][0]["doc_metadata"]
    values = [{"id": field, "name": "pages", "value": 12}]
    new.post("/documents/metadata", {"operation_data": [{"document_id": document, "metadata_list": values}]})
    after = new.get("/documents")["data"][0]["doc_metadata"]
    assert (before, [row["value"] for row in after]) == ([], [12])


def test_an_external_dataset_may_lead_nowhere(v1_12: httpx.Client) -> None:
    assert v1_12.post("/datasets", json={"name": "External", "provider": "external"}).json()["provider"] == "external"


# --- segments ---


@pytest.mark.parametrize(("version", "status"), [("api", 200), ("v1_12", 200), ("v1_17", 404)])
def test_a_segment_under_another_document(request: pytest.FixtureRequest, version: str, status: int) -> None:
    dataset = Library.create(request.getfixturevalue(version), "Economy", indexing_technique="economy")
    one, other = dataset.text("one"), dataset.text("other")
    path = f"/datasets/{dataset.id}/documents/{other}/segments/{dataset.segments(one)[0]['id']}"
    assert dataset.api.get(path).status_code == status


def test_spaces_are_lost_where_a_long_paragraph_is_cut(v1_12: httpx.Client, v1_17: httpx.Client) -> None:
    found = []
    for client in (v1_12, v1_17):
        dataset = Library.create(client, "Economy", indexing_technique="economy")
        found.append(dataset.contents(dataset.text(text="many words " * 6, process_rule=custom(max_tokens=50)))[0])
    assert found == ["manywordsmanywordsmanywordsmanywordsmanywordsmany", "many words many words many words many words many"]


def test_a_summary_is_kept_and_shown_in_searches_alone(v1_12: httpx.Client) -> None:
    dataset = Library.create(v1_12, "High quality", indexing_technique="high_quality")
    document = dataset.text(indexing_technique="high_quality")
    segment = dataset.segments(document)[0]
    row = dataset.change_segment(document, segment["id"], content=segment["content"], summary="Holidays at sea").json()["data"]
    assert row["summary"] is None
    assert dataset.retrieve("Holidays at sea", "semantic_search")["records"][0]["summary"] == "Holidays at sea"


def test_a_summary_index_makes_summaries(v1_17: httpx.Client) -> None:
    dataset = Library.create(v1_17, "Sums", indexing_technique="high_quality", summary_index_setting={"enable": True})
    document = dataset.text(text="About leave.", indexing_technique="high_quality")
    segment = dataset.segments(document)[0]
    changes = [
        {"content": "About rest."},
        {"content": "Sleep.", "summary": "By hand."},
        {"content": "New.", "summary": "By hand."},
    ]
    rows = [dataset.change_segment(document, segment["id"], **values).json()["data"] for values in changes]
    found = [row["summary"] for row in (segment, *rows)]
    assert found == ["In short: About leave.", "In short: About rest.", "By hand.", "In short: New."]
    assert dataset.document(document)["need_summary"] is True


# --- tags ---


def tags_of(dataset: Library) -> list[str]:
    return [tag["name"] for tag in dataset.get("/tags")["data"]]


def test_a_tag_is_made_and_the_answer_is_400(old: Library) -> None:
    """And from then on no list of tags can be had."""
    before = old.api.get("/datasets/tags").json()
    made = old.api.post("/datasets/tags", json={"name": "hr"})
    assert (before, made.status_code, old.api.get("/datasets/tags").status_code) == ([], 400, 400)
    assert "DataSetTag" in made.json()["message"]
    assert "binding_count" in made.json()["message"]


def test_a_tag_is_made_all_the_same(old: Library) -> None:
    old.api.post("/datasets/tags", json={"name": "hr"})
    again = old.api.post("/datasets/tags", json={"name": "hr"})
    assert again.json()["message"] == "Tag name already exists"


@pytest.mark.parametrize("tag_ids", [UNKNOWN, [UNKNOWN, UNKNOWN], "nope"])
def test_no_filter_by_tags(old: Library, tag_ids: Any) -> None:
    assert old.api.get("/datasets", params={"tag_ids": tag_ids}).status_code == 400


def test_later_datasets_are_asked_for_by_all_tags(new: Library) -> None:
    tags = [new.api.post("/datasets/tags", json={"name": name}).json()["id"] for name in ("hr", "finance")]
    new.api.post("/datasets/tags/binding", json={"tag_ids": tags[:1], "target_id": new.id})
    found = [new.api.get("/datasets", params={"tag_ids": wanted}).json()["total"] for wanted in (tags[:1], tags)]
    assert (found, tags_of(new)) == ([1, 0], ["hr"])


def test_the_tag_to_delete_is_named_in_the_query_later(new: Library) -> None:
    tag = new.api.post("/datasets/tags", json={"name": "hr"}).json()["id"]
    found = [new.api.request("DELETE", "/datasets/tags", json={"tag_id": tag})]
    found.append(new.api.delete("/datasets/tags", params={"tag_id": tag}))
    assert [response.status_code for response in found] == [422, 204]


def test_no_tags_cannot_be_bound(old: Library) -> None:
    response = old.api.post("/datasets/tags/binding", json={"tag_ids": [], "target_id": old.id})
    assert response.status_code == 400


# --- searches ---


def test_keyword_searches_score_nought(old: Library) -> None:
    """Whatever the threshold."""
    old.text(text="About leave.")
    found = old.retrieve("leave", score_threshold_enabled=True, score_threshold=0.5)["records"][0]
    assert (found["score"], found["files"]) == (0.0, None)


@pytest.mark.parametrize(("method", "status"), [("hybrid_search", 200), ("semantic_search", 400)])
def test_an_unknown_reranker(v1_12: httpx.Client, method: str, status: int) -> None:
    dataset = Library.create(v1_12, "High quality", indexing_technique="high_quality")
    dataset.text(indexing_technique="high_quality")
    rerank = {"reranking_provider_name": "x/y/z", "reranking_model_name": "nope"}
    model = {
        "search_method": method,
        "reranking_enable": True,
        "reranking_model": rerank,
        "top_k": 3,
        "score_threshold_enabled": False,
    }
    response = dataset.post("/retrieve", {"query": "text", "retrieval_model": model})
    assert (response.status_code, response.json().get("records")) == (status, [] if status == 200 else None)


@pytest.mark.parametrize(("version", "status"), [("old", 500), ("new", 400)])
def test_a_part_of_a_retrieval_model(request: pytest.FixtureRequest, version: str, status: int) -> None:
    dataset: Library = request.getfixturevalue(version)
    response = dataset.post("/retrieve", {"query": "a", "retrieval_model": {"search_method": "keyword_search", "top_k": 2}})
    assert response.status_code == status


def test_a_search_by_meaning_in_an_economy_dataset_shows_sql(old: Library) -> None:
    old.text()
    answer = old.retrieve("text", "semantic_search")
    assert (answer["code"], "relation" in answer["message"]) == ("invalid_param", True)


def test_providers_have_dark_icons(old: Library) -> None:
    row = old.api.get("/workspaces/current/models/model-types/rerank").json()["data"][0]
    assert ("icon_small_dark" in row, "icon_large" in row) == (True, False)
