"""Finding segments."""

from typing import Any

import httpx
import pytest

from tests.sandbox.support import PARENTS, Library, custom

PARAGRAPHS = "Sick leave\n\nParental leave is fifteen weeks.\n\nEvery employee has 25 days of paid leave a year."
QUERY = "how many days of parental leave"


@pytest.fixture
def leave(high_quality: Library) -> Library:
    high_quality.text(text=PARAGRAPHS, process_rule=custom(max_tokens=60))
    return high_quality


def test_a_keyword_finds_its_segment_without_a_score(economy: Library) -> None:
    economy.text("a.txt", "The Lamp costs 20 EUR.")
    economy.text("b.txt", "A desk.")
    records = economy.retrieve("Lamp")["records"]
    assert [(record["segment"]["document"]["name"], record["score"]) for record in records] == [("a.txt", None)]


def test_keywords_mind_case(economy: Library) -> None:
    economy.text(text="The Lamp costs 20 EUR.")
    assert economy.found("lamp") == []


def test_the_most_shared_keywords_come_first(economy: Library) -> None:
    for name, text in [("a", "red lamp"), ("b", "red desk lamp"), ("c", "blue chair")]:
        economy.text(name, text)
    assert economy.found("red desk") == ["red desk lamp", "red lamp"]


@pytest.mark.parametrize("top_k", [0, 1, 2])
def test_top_k_limits(economy: Library, top_k: int) -> None:
    for name in "abc":
        economy.text(name, "a lamp")
    assert len(economy.found("lamp", top_k=top_k)) == top_k


@pytest.mark.parametrize("query", ["the", '"*(', "lamp OR (", "知识"])
def test_odd_queries_find_nothing(economy: Library, query: str) -> None:
    economy.text()
    assert economy.found(query) == []


def test_unicode_keywords_are_found(economy: Library) -> None:
    economy.text(text="Größe und Straße")
    assert economy.found("Straße") == ["Größe und Straße"]


def test_a_changed_segment_is_found_by_its_new_words_only(economy: Library) -> None:
    document_id = economy.text(text="A lamp.")
    economy.change_segment(document_id, economy.segments(document_id)[0]["id"], content="A chair.")
    assert (economy.found("lamp"), economy.found("chair")) == ([], ["A chair."])


@pytest.mark.parametrize("action", ["disable", "archive"])
def test_what_is_off_is_not_found(economy: Library, action: str) -> None:
    economy.set_status(action, economy.text(text="A lamp."))
    assert economy.found("lamp") == []


def test_both_spellings_answer_alike(economy: Library) -> None:
    economy.text(text="A lamp.")
    model = {"search_method": "keyword_search", "top_k": 2, "score_threshold_enabled": False}
    body = {"query": "lamp", "retrieval_model": model}
    assert economy.post("/hit-testing", body).json() == economy.post("/retrieve", body).json()


@pytest.mark.parametrize("query", [None, "", "q" * 251])
def test_a_query_has_1_to_250_characters(economy: Library, query: str | None) -> None:
    response = economy.post("/retrieve", {"query": query})
    assert response.json()["message"] == "Query is required and cannot exceed 250 characters"


def test_an_unknown_method(economy: Library) -> None:
    assert economy.retrieve("x", "magic")["code"] == "invalid_param"


def test_without_score_threshold_enabled_it_is_a_500(economy: Library) -> None:
    response = economy.post("/retrieve", {"query": "x", "retrieval_model": {"search_method": "keyword_search"}})
    assert (response.status_code, response.json()["code"]) == (500, "internal_server_error")


def test_the_default_is_semantic_and_an_economy_dataset_lacks_that(economy: Library) -> None:
    economy.text()
    response = economy.post("/retrieve", {"query": "x"})
    assert response.json()["message"] == "Default model not found for text-embedding"


def test_an_empty_dataset_finds_nothing(high_quality: Library) -> None:
    assert high_quality.found("x", "semantic_search") == []


def test_semantic_search_ranks_by_shared_words(leave: Library) -> None:
    records = leave.retrieve(QUERY, "semantic_search")["records"]
    assert [(record["segment"]["content"][:8], round(record["score"], 4)) for record in records] == [
        ("Sick lea", 0.3849),
        ("Parental", 0.3333),
        ("Every em", 0.3059),
    ]


@pytest.mark.parametrize(("threshold", "rows"), [(0.35, 1), (0.99, 0)])
def test_the_score_threshold(leave: Library, threshold: float, rows: int) -> None:
    limits: dict[str, Any] = {"score_threshold_enabled": True, "score_threshold": threshold}
    assert len(leave.found(QUERY, "semantic_search", **limits)) == rows


def test_full_text_needs_every_word(leave: Library) -> None:
    found = [leave.found(query, "full_text_search") for query in ("parental weeks", QUERY, "!")]
    assert found == [["Parental leave is fifteen weeks."], [], []]


def test_hybrid_joins_both(leave: Library) -> None:
    assert leave.found(QUERY, "hybrid_search", top_k=1) == ["Sick leave"]


def test_weights_bring_the_keywords_in(leave: Library) -> None:
    vector = {"vector_weight": 0.7, "embedding_provider_name": "local/hashvec/hashvec", "embedding_model_name": "hash-256"}
    weights = {"vector_setting": vector, "keyword_setting": {"keyword_weight": 0.3}}
    model: dict[str, Any] = {"reranking_enable": True, "reranking_mode": "weighted_score", "weights": weights}
    assert leave.found(QUERY, "hybrid_search", **model)[0] == "Every employee has 25 days of paid leave a year."


def test_keyword_search_finds_nothing_in_a_high_quality_dataset(leave: Library) -> None:
    assert leave.found("Parental") == []


@pytest.mark.parametrize("top_k", [0, -1, "three"])
def test_top_k_must_be_positive(leave: Library, top_k: Any) -> None:
    assert leave.retrieve("x", "semantic_search", top_k=top_k)["message"] == "top_k must be a positive integer"


def test_a_rerank_provider_must_exist(leave: Library) -> None:
    rerank = {"reranking_provider_name": "x/y/z", "reranking_model_name": "nope"}
    answer = leave.retrieve("x", "hybrid_search", reranking_enable=True, reranking_model=rerank)
    assert answer["message"] == "Provider x/y/z does not exist."


def test_a_parent_is_found_through_its_children(high_quality: Library) -> None:
    high_quality.text(text="Lamps\nA lamp gives light.", doc_form="hierarchical_model", process_rule=PARENTS)
    record = high_quality.retrieve("a lamp gives light", "semantic_search")["records"][0]
    assert (record["child_chunks"][0]["content"], round(record["score"], 6)) == ("A lamp gives light.", 1.0)


@pytest.mark.parametrize(
    ("kind", "models"),
    [
        ("text-embedding", ["hash-256", "hash-512"]),
        ("embeddings", ["hash-256", "hash-512"]),
        ("llm", ["hash-chat"]),
        ("rerank", ["hash-rerank"]),
    ],
)
def test_the_models_on_offer(api: httpx.Client, kind: str, models: list[str]) -> None:
    data = api.get(f"/workspaces/current/models/model-types/{kind}").json()["data"]
    assert [model["model"] for model in data[0]["models"]] == models


def test_no_models_of_a_kind(api: httpx.Client) -> None:
    assert api.get("/workspaces/current/models/model-types/tts").json() == {"data": []}


def test_an_unknown_kind_of_model(api: httpx.Client) -> None:
    assert api.get("/workspaces/current/models/model-types/bogus").json()["code"] == "invalid_param"


def retrieve(dataset: Library, **values: Any) -> httpx.Response:
    return dataset.post("/retrieve", values)


WHOLE = {"search_method": "keyword_search", "reranking_enable": False, "score_threshold_enabled": False}


@pytest.mark.parametrize("missing", ["reranking_enable", "score_threshold_enabled"])
def test_a_part_left_out_is_a_500_that_names_it(economy: Library, missing: str) -> None:
    model = {name: value for name, value in WHOLE.items() if name != missing}
    response = retrieve(economy, query="x", retrieval_model=model)
    assert (response.status_code, response.json()["message"]) == (500, f"'{missing}'")


@pytest.mark.parametrize("field", ["retrieval_model", "external_retrieval_model"])
@pytest.mark.parametrize("value", ["x", 5])
def test_what_is_no_object_is_refused_by_the_parser(economy: Library, field: str, value: Any) -> None:
    assert list(retrieve(economy, query="x", **{field: value}).json()["errors"]) == [field]


def test_a_number_is_a_query(economy: Library) -> None:
    assert retrieve(economy, query=25, retrieval_model=WHOLE).json()["query"] == {"content": "25"}


def test_nothing_available_is_found_by_any_method(economy: Library) -> None:
    economy.set_status("disable", economy.text())
    assert economy.found("text", "semantic_search") == []
