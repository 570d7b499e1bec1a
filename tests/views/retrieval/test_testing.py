"""The retrieval test: query in the URL, results with and without scores."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.retrieval import RerankingModel, RetrievalModel
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, Calls, document, text, texts, tree, url, value

EXAMPLE = "Every employee has 25 days of paid leave."


@pytest.fixture
def rich(dify: DifyClient) -> Dataset:
    """A dataset with embeddings."""
    return dify.datasets.create(name="Rich", indexing_technique="high_quality", permission="only_me")


def test_before_a_query_it_teaches(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    response = owner.get(url("retrieval", handbook.id))
    assert text(response, ".empty-state p").startswith("Ask as your users would ask")
    assert [call for call in sandbox.calls() if call["path"].endswith("/retrieve")] == []


def test_a_query_finds_segments(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    made = document(dify, handbook.id, text=EXAMPLE)
    response = owner.get(url("retrieval", handbook.id, q="leave"))
    assert texts(response, "#results .segment-text") == [EXAMPLE]
    links = [link.attributes["href"] for link in tree(response).css("#results .segment-head a")]
    [segment] = dify.segments.page(handbook.id, made.id).data
    assert links == [url("segments", handbook.id, made.id), url("segment", handbook.id, made.id, segment.id)]
    assert value(response, "q") == "leave"


def test_keyword_search_has_no_scores_and_says_so(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, text=EXAMPLE)
    response = owner.get(url("retrieval", handbook.id, q="leave"))
    assert texts(response, ".score") == ["no score: keyword search ranks only"]


def test_an_economy_dataset_offers_keyword_search_only(owner: Client, handbook: Dataset) -> None:
    response = owner.get(url("retrieval", handbook.id))
    assert texts(response, "[name=search_method] option") == ["Keyword"]


def test_a_forged_method_is_not_sent(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    owner.get(url("datasets"))
    calls = Calls(sandbox)
    response = owner.get(url("retrieval", handbook.id, q="leave", search_method="semantic_search"))
    assert (response.status_code, calls.seen()) == (422, [])


def test_a_reranking_model_that_may_be_gone_is_spoken_of(owner: Client, dify: DifyClient, rich: Dataset) -> None:
    """From 1.12 on Dify answers a hybrid search with nothing where it does not have the model, and with no error."""
    assert "rank results with" not in text(owner.get(url("retrieval", rich.id)), "main")
    chosen = RerankingModel(reranking_provider_name="local/hashvec/hashvec", reranking_model_name="hash-rerank")
    model = RetrievalModel(search_method="hybrid_search", reranking_enable=True, reranking_model=chosen)
    dify.datasets.update(rich.id, retrieval_model=model.body())
    cache.clear()
    assert "rank results with “hash-rerank”, this test does not." in text(owner.get(url("retrieval", rich.id)), "main")


def test_scores_are_shown_as_bars(owner: Client, dify: DifyClient, rich: Dataset) -> None:
    document(dify, rich.id, text=EXAMPLE)
    response = owner.get(url("retrieval", rich.id, q="leave", search_method="semantic_search"))
    [bar] = tree(response).css(".score progress")
    assert 0 < int(bar.attributes["value"] or 0) <= 100


def test_all_methods_are_offered_where_there_are_embeddings(owner: Client, rich: Dataset) -> None:
    response = owner.get(url("retrieval", rich.id))
    assert texts(response, "[name=search_method] option") == ["Hybrid", "Semantic", "Full text", "Keyword"]


@pytest.mark.parametrize(("length", "status"), [(250, 200), (251, 422)])
def test_a_query_has_at_most_250_characters(owner: Client, handbook: Dataset, length: int, status: int) -> None:
    response = owner.get(url("retrieval", handbook.id, q="x" * length))
    assert (response.status_code, len(value(response, "q"))) == (status, length)
    said = ["Query: Dify takes at most 250 characters; this has 251."] if status == 422 else []
    assert texts(response, ".alert-danger") == said


@pytest.mark.parametrize("top_k", ["0", "51", "many"])
def test_a_wrong_number_of_results_is_told(owner: Client, handbook: Dataset, top_k: str) -> None:
    response = owner.get(url("retrieval", handbook.id, q="leave", top_k=top_k), **HTMX)
    assert (response.status_code, text(response, ".alert-danger").split(":")[0]) == (422, "Results")


def test_so_many_results_as_asked(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, text="leave one###leave two###leave three")
    assert len(texts(owner.get(url("retrieval", handbook.id, q="leave", top_k=2)), "#results article")) == 2


def test_nothing_found_says_so(owner: Client, handbook: Dataset) -> None:
    response = owner.get(url("retrieval", handbook.id, q="<b>"), **HTMX)
    assert text(response, ".empty-state p").startswith("Nothing was found for “<b>”.")


def test_what_was_found_is_text(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, text="leave <img src=x onerror=alert(1)>")
    response = owner.get(url("retrieval", handbook.id, q="leave"), **HTMX)
    assert (tree(response).css("#results img"), texts(response, "mark")) == ([], ["leave"])


def test_an_error_of_the_search_is_told(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    refusal: dict[str, Any] = {"kind": "status", "status": 400, "code": "provider_not_initialize", "message": "None."}
    sandbox.faults(refusal | {"path": "/retrieve"})
    response = owner.get(url("retrieval", handbook.id, q="leave"))
    assert (response.status_code, texts(response, "main p")[1]) == (502, "Dify says: None.")
