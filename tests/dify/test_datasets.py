"""Datasets: what is sent, and what is made of the answer."""

import json

import pytest
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import Conflict, Forbidden, NotFound, ServerFailed, Unauthorized, UnexpectedShape
from datasets_ui.dify.network import AddressPolicy, Transport
from datasets_ui.dify.paging import iterate
from datasets_ui.dify.retrieval import RetrievalModel
from tests.dify import rows
from tests.dify.conftest import NewDataset
from tests.dify.support import DATASET, Api, api, error_of, saying
from tests.support.sandbox_process import SandboxProcess


def sent(fake: Api) -> tuple[str, str]:
    request = fake.requests[-1]
    return request.method, request.url.raw_path.decode()


def test_a_page_is_read() -> None:
    page = api(saying(rows.page(rows.dataset(), total=41))).client.datasets.page()
    assert ([row.name for row in page.data], page.pages) == (["Handbook"], 3)


@pytest.mark.parametrize(
    ("keyword", "query"),
    [("", "page=2&limit=50"), ("a b&c", "page=2&limit=50&keyword=a%20b%26c"), ("é", "page=2&limit=50&keyword=%C3%A9")],
)
def test_a_page_is_asked_for(keyword: str, query: str) -> None:
    fake = api(saying(rows.page()))
    fake.client.datasets.page(2, limit=50, keyword=keyword)
    assert sent(fake) == ("GET", f"/v1/datasets?{query.replace('%20', '+')}")


def test_one_is_asked_for() -> None:
    fake = api(saying(rows.dataset()))
    assert fake.client.datasets.get(DATASET).id == DATASET
    assert sent(fake) == ("GET", f"/v1/datasets/{DATASET}")


def test_one_is_created() -> None:
    fake = api(saying(rows.dataset()))
    fake.client.datasets.create(name="Handbook", description="d", indexing_technique="economy", permission="only_me")
    body = {"name": "Handbook", "description": "d", "indexing_technique": "economy", "permission": "only_me"}
    assert (sent(fake), json.loads(fake.bodies[0])) == (("POST", "/v1/datasets"), body)


def test_the_models_of_a_new_dataset_are_sent_together() -> None:
    fake = api(saying(rows.dataset()))
    search = RetrievalModel(search_method="semantic_search")
    models = {"embedding_model": "hash-256", "embedding_model_provider": "local"}
    fake.client.datasets.create(
        name="a", indexing_technique="high_quality", permission="only_me", retrieval_model=search, **models
    )
    assert json.loads(fake.bodies[0]).items() >= (models | {"retrieval_model": search.body()}).items()


def test_only_the_changes_are_sent() -> None:
    fake = api(saying(rows.dataset(name="New")))
    assert fake.client.datasets.update(DATASET, name="New").name == "New"
    assert (sent(fake), json.loads(fake.bodies[0])) == (("PATCH", f"/v1/datasets/{DATASET}"), {"name": "New"})


def test_one_is_deleted() -> None:
    fake = api(saying(204))
    fake.client.datasets.delete(DATASET)
    assert sent(fake) == ("DELETE", f"/v1/datasets/{DATASET}")


def test_a_key_bound_to_one_dataset_cannot_list() -> None:
    fake = api(saying({"code": "forbidden", "message": "You do not have permission to access this dataset."}, 403))
    assert error_of(Forbidden, fake.client.datasets.page).code == "foreign_dataset"


def test_a_creation_whose_answer_is_odd_may_have_happened() -> None:
    fake = api(saying({"id": str(DATASET)}))
    error = error_of(UnexpectedShape, lambda: fake.client.datasets.update(DATASET, name="New"))
    assert (error.fields, error.outcome_unknown) == ({"name": "Field required"}, True)


@pytest.mark.parametrize(
    ("given", "documents", "available"),
    [({}, 2, 2), ({"total_documents": 5}, 5, 5), ({"total_documents": 5, "total_available_documents": 0}, 5, 0)],
)
def test_documents_are_counted_by_what_the_server_gives(given: dict[str, int], documents: int, available: int) -> None:
    row = Dataset.model_validate(rows.dataset(**given))
    assert (row.documents, row.available) == (documents, available)


# --- against the sandbox ---


def create(client: DifyClient, name: str) -> Dataset:
    return client.datasets.create(name=name, indexing_technique="economy", permission="only_me")


def test_a_created_dataset_is_there(client: DifyClient, dataset: Dataset) -> None:
    assert client.datasets.get(dataset.id).name == dataset.name
    assert client.datasets.page().data[0].id == dataset.id


def test_the_only_dataset_is_the_whole_list(sandbox: SandboxProcess, client: DifyClient, dataset: Dataset) -> None:
    page = client.datasets.page()
    assert ([(row.id, row.name) for row in page.data], page.total) == ([(dataset.id, "Handbook")], 1)


def test_a_name_that_is_taken_is_a_conflict_at_creation_and_at_renaming(
    client: DifyClient, dataset: Dataset, new_dataset: NewDataset
) -> None:
    other = new_dataset("Other")
    acts = [lambda: create(client, dataset.name), lambda: client.datasets.update(other.id, name=dataset.name)]
    assert [error_of(Conflict, act).code for act in acts] == ["dataset_name_duplicate"] * 2


def test_a_renamed_dataset_keeps_its_description(client: DifyClient, dataset: Dataset) -> None:
    client.datasets.update(dataset.id, description="For all")
    client.datasets.update(dataset.id, name=f"{dataset.name} 2")
    row = client.datasets.get(dataset.id)
    assert (row.name, row.description) == (f"{dataset.name} 2", "For all")


def test_a_deleted_dataset_is_gone(client: DifyClient, dataset: Dataset) -> None:
    client.datasets.delete(dataset.id)
    assert error_of(NotFound, lambda: client.datasets.get(dataset.id)).code == "not_found"


def test_a_search_ignores_case(client: DifyClient, dataset: Dataset, new_dataset: NewDataset) -> None:
    new_dataset("Other")
    assert [row.name for row in client.datasets.page(keyword=dataset.name[2:].upper()).data] == [dataset.name]


def test_all_datasets_are_walked_through(sandbox: SandboxProcess, client: DifyClient) -> None:
    for number in range(5):
        create(client, f"Dataset {number}")
    names = [row.name for row in iterate(lambda number: client.datasets.page(number, limit=2))]
    assert names == [f"Dataset {number}" for number in (4, 3, 2, 1, 0)]


def test_a_wrong_key_is_refused(sandbox: SandboxProcess) -> None:
    transport = Transport(AddressPolicy(frozenset({"127.0.0.1"})))
    error_of(Unauthorized, DifyClient(sandbox.base_url, SecretStr("dataset-wrong"), transport).datasets.page)


def test_a_read_gets_over_one_failure(sandbox: SandboxProcess, client: DifyClient, no_waiting: None) -> None:
    sandbox.faults({"kind": "status", "status": 503, "times": 2})
    assert client.datasets.page().total == 0
    assert [call["status"] for call in sandbox.calls()] == [503, 503, 200]


def test_a_failed_creation_is_sent_once(sandbox: SandboxProcess, client: DifyClient) -> None:
    sandbox.faults({"kind": "status", "status": 503, "times": None})
    assert error_of(ServerFailed, lambda: create(client, "Handbook")).outcome_unknown
    assert [call["status"] for call in sandbox.calls()] == [503]
