"""Child chunks of a parent-child document, and the models that index them."""

from uuid import uuid4

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import NewDocument, ProcessRule
from datasets_ui.dify.errors import Invalid, NotFound
from datasets_ui.dify.segments import Segment
from tests.dify.support import DATASET, api, error_of, saying
from tests.dify.waiting import finished

TEXT = "Lamps\nA lamp gives light.\n\nDesks\nA desk is a table."


@pytest.fixture
def parent(client: DifyClient, dataset: Dataset) -> Segment:
    rule = ProcessRule(mode="hierarchical", chunk_overlap=0)
    new = NewDocument(doc_form="hierarchical_model", process_rule=rule)
    created = client.documents.create_by_text(dataset.id, name="h.txt", text=TEXT, new=new)
    document = finished(client, dataset.id, created.document.id)
    return client.segments.page(dataset.id, document.id).data[0]


def test_the_rules_of_a_parent_child_document_are_in_the_words_of_the_api() -> None:
    rules = ProcessRule(mode="hierarchical", parent_mode="full-doc").body()["rules"]
    assert rules["parent_mode"] == "full-doc"
    assert rules["subchunk_segmentation"] == {"separator": "\n", "max_tokens": 200, "chunk_overlap": 0}


def test_a_parent_is_cut_into_children(client: DifyClient, dataset: Dataset, parent: Segment) -> None:
    page = client.child_chunks.page(dataset.id, parent.document_id, parent.id)
    assert [chunk.content for chunk in page.data] == ["Lamps", "A lamp gives light."]
    assert (page.total, page.pages) == (2, 1)


def test_a_child_is_added_changed_and_deleted(client: DifyClient, dataset: Dataset, parent: Segment) -> None:
    path = (dataset.id, parent.document_id, parent.id)
    child = client.child_chunks.create(*path, content="It is red.")
    assert child.type == "customized"
    assert client.child_chunks.update(*path, child.id, content="It is blue.").content == "It is blue."
    client.child_chunks.delete(*path, child.id)
    assert child.id not in [row.id for row in client.child_chunks.page(*path).data]


def test_an_unknown_segment_is_not_found(client: DifyClient, dataset: Dataset, parent: Segment) -> None:
    error_of(NotFound, lambda: client.child_chunks.page(dataset.id, parent.document_id, uuid4()))


def test_models_are_listed_with_their_provider(client: DifyClient) -> None:
    for provider in client.models.list("text-embedding"):
        assert provider.provider
        assert all(model.model_type == "text-embedding" for model in provider.models if model.usable)


def test_an_unknown_type_of_models_is_refused(client: DifyClient) -> None:
    error_of(Invalid, lambda: client.models.list("bogus"))  # type: ignore[arg-type]  # of any kind, on purpose


def test_a_model_is_usable_when_it_is_active() -> None:
    rows = [{"model": "a", "status": "active"}, {"model": "b", "status": "no-configure"}, {"model": "c", "deprecated": True}]
    [provider] = api(saying({"data": [{"provider": "local", "models": rows}]})).client.models.list("rerank")
    assert [model.usable for model in provider.models] == [True, False, False]


def test_a_model_list_asks_for_its_type() -> None:
    fake = api(saying({"data": []}))
    fake.client.models.list("rerank")
    assert fake.requests[0].url.path == "/v1/workspaces/current/models/model-types/rerank"
    assert str(DATASET) not in str(fake.requests[0].url)
