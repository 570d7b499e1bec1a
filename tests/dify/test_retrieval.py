"""Retrieval: what is sent, and what is made of the answer."""

import json
from typing import Any

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import Invalid, UnexpectedShape
from datasets_ui.dify.metadata import DocumentValues, NewValue
from datasets_ui.dify.retrieval import (
    LONGEST_QUERY,
    Condition,
    ExternalRetrievalModel,
    KeywordSetting,
    MetadataFilter,
    RetrievalModel,
    SearchMethod,
    VectorSetting,
    Weights,
)
from tests.dify import rows
from tests.dify.support import DATASET, DOCUMENT, api, error_of, saying
from tests.dify.waiting import indexed


def record(**changes: Any) -> dict[str, Any]:
    found = rows.segment(document={"id": str(DOCUMENT), "name": "auto.txt"})
    return {"segment": found, "score": None, "tsne_position": None} | changes


def test_records_are_read_in_their_order() -> None:
    fake = api(saying({"query": {"content": "leave"}, "records": [record(score=0.9), record(score=0.1), record()]}))
    found = fake.client.retrieval.retrieve(DATASET, query="leave", search_method="semantic_search")
    assert [(row.segment.document.name, row.score) for row in found] == [
        ("auto.txt", 0.9),
        ("auto.txt", 0.1),
        ("auto.txt", None),
    ]


def test_the_whole_retrieval_model_is_sent() -> None:
    fake = api(saying({"records": []}))
    assert fake.client.retrieval.retrieve(DATASET, query="leave", search_method="keyword_search", top_k=3) == []
    assert fake.requests[0].url.raw_path.decode() == f"/v1/datasets/{DATASET}/retrieve"
    assert json.loads(fake.bodies[0]) == {
        "query": "leave",
        "retrieval_model": {
            "search_method": "keyword_search",
            "reranking_enable": False,
            "reranking_mode": None,
            "reranking_model": {"reranking_provider_name": "", "reranking_model_name": ""},
            "weights": None,
            "top_k": 3,
            "score_threshold_enabled": False,
            "score_threshold": None,
        },
    }


@pytest.mark.parametrize("records", [None, {}, [None], [{"segment": None}], [record(score="high")]])
def test_odd_records_are_named(records: Any) -> None:
    fake = api(saying({"records": records}))
    act = fake.client.retrieval.retrieve
    error = error_of(UnexpectedShape, lambda: act(DATASET, query="leave", search_method="keyword_search"))
    assert [name.split(".")[0] for name in error.fields] == ["records"]
    assert not error.outcome_unknown


def test_filters_and_weights_are_sent_in_the_words_of_the_api() -> None:
    fake = api(saying({"records": []}))
    vector = VectorSetting(vector_weight=0.7, embedding_provider_name="local", embedding_model_name="hash-256")
    weights = Weights(vector_setting=vector, keyword_setting=KeywordSetting(keyword_weight=0.3))
    conditions = MetadataFilter(conditions=[Condition(name="team", comparison_operator="is", value="HR")])
    model = RetrievalModel(search_method="hybrid_search", weights=weights, metadata_filtering_conditions=conditions)
    fake.client.retrieval.search(DATASET, query="leave", model=model)
    sent = json.loads(fake.bodies[0])["retrieval_model"]
    assert sent["weights"]["keyword_setting"] == {"keyword_weight": 0.3}
    assert sent["metadata_filtering_conditions"] == {
        "logical_operator": "and",
        "conditions": [{"name": "team", "comparison_operator": "is", "value": "HR"}],
    }


def test_attachments_and_the_external_model_are_sent_when_given() -> None:
    fake = api(saying({"records": []}))
    model = RetrievalModel(search_method="keyword_search")
    fake.client.retrieval.search(
        DATASET, query="a", model=model, external=ExternalRetrievalModel(top_k=2), attachment_ids=[DOCUMENT]
    )
    sent = json.loads(fake.bodies[0])
    assert (sent["external_retrieval_model"]["top_k"], sent["attachment_ids"]) == (2, [str(DOCUMENT)])


def test_the_child_chunks_that_made_a_segment_be_found_are_read() -> None:
    child = {"id": str(DOCUMENT), "content": "paid", "position": 1, "score": 0.5}
    fake = api(saying({"records": [record(child_chunks=[child])]}))
    [found] = fake.client.retrieval.retrieve(DATASET, query="leave", search_method="semantic_search")
    assert [(row.content, row.score) for row in found.child_chunks or []] == [("paid", 0.5)]


@pytest.mark.parametrize(("method", "score"), [("keyword_search", None), ("hybrid_search", 0.0)])
def test_a_keyword_search_gives_no_score(method: SearchMethod, score: float | None) -> None:
    """From 1.12 on it says 0.0 of every segment."""
    [found] = api(saying({"records": [record(score=0.0)]})).client.retrieval.retrieve(DATASET, query="a", search_method=method)
    assert found.score == score


# --- against the sandbox ---


def test_what_was_indexed_is_found(client: DifyClient, dataset: Dataset) -> None:
    indexed(client, dataset.id, "Every employee has paid leave.", name="leave.txt")
    indexed(client, dataset.id, "The canteen opens at noon.", name="canteen.txt")
    found = client.retrieval.retrieve(dataset.id, query="canteen", search_method="keyword_search")
    assert [(row.segment.document.name, row.score) for row in found] == [("canteen.txt", None)]


def test_a_query_is_as_long_as_the_api_allows(client: DifyClient, dataset: Dataset) -> None:
    longest = "q" * LONGEST_QUERY
    assert client.retrieval.retrieve(dataset.id, query=longest, search_method="keyword_search") == []
    error_of(Invalid, lambda: client.retrieval.retrieve(dataset.id, query=longest + "q", search_method="keyword_search"))


def test_a_semantic_search_of_an_economy_dataset_says_that_a_model_is_missing(client: DifyClient, dataset: Dataset) -> None:
    indexed(client, dataset.id)
    act = client.retrieval.retrieve
    error = error_of(Invalid, lambda: act(dataset.id, query="leave", search_method="semantic_search"))
    assert error.code in {"provider_not_initialize", "no_vector_index"}  # as the server has a model, or none


def test_a_filter_on_metadata_leaves_out_other_documents(client: DifyClient, dataset: Dataset) -> None:
    field = client.metadata.create(dataset.id, type="string", name="team")
    for name, team in (("a.txt", "HR"), ("b.txt", "Sales")):
        document = indexed(client, dataset.id, f"Paid leave of {team}.", name)
        row = NewValue(id=field.id, name="team", value=team)
        client.metadata.set_values(dataset.id, [DocumentValues(document_id=document.id, metadata_list=[row])])
    condition = Condition(name="team", comparison_operator="is", value="Sales")
    model = RetrievalModel(search_method="keyword_search", metadata_filtering_conditions=MetadataFilter(conditions=[condition]))
    found = client.retrieval.search(dataset.id, query="leave", model=model)
    assert [record.segment.document.name for record in found] == ["b.txt"]
