"""Tags, and the version that answers every call about them with a lie."""

import json
from uuid import uuid4

import pytest

from datasets_ui.dify.capabilities import Feature
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import Invalid, NotFound, NotSupported
from tests.dify.support import DATASET, DOCUMENT, api, error_of, saying

LIE = saying({"code": "not_found", "message": "Dataset not found.", "status": 404}, 404)


def test_a_count_given_as_text_is_a_number() -> None:
    tags = api(saying([{"id": str(DOCUMENT), "name": "hr", "type": "knowledge", "binding_count": "2"}])).client.tags.list()
    assert [(tag.name, tag.binding_count) for tag in tags] == [("hr", 2)]


def test_one_tag_is_taken_off_in_the_way_all_versions_know() -> None:
    fake = api(saying(204))
    fake.client.tags.unbind(DATASET, DOCUMENT)
    assert json.loads(fake.bodies[0]) == {"tag_id": str(DOCUMENT), "target_id": str(DATASET)}


def test_binding_tells_an_old_server_from_an_unknown_dataset() -> None:
    fake = api(LIE)
    error_of(NotSupported, lambda: fake.client.tags.bind(DATASET, [DOCUMENT]))
    assert [request.url.path for request in fake.requests] == ["/v1/datasets/tags/binding", "/v1/datasets/tags"]


def test_binding_to_an_unknown_dataset_is_not_found() -> None:
    error_of(NotFound, lambda: api(LIE, saying([])).client.tags.bind(DATASET, [DOCUMENT]))


@pytest.fixture
def name(client: DifyClient) -> str:
    """A name that is free, on a server that has tags."""
    try:
        client.tags.list()
    except NotSupported:
        pytest.skip("this server has no tags")
    return f"tag {uuid4().hex[:12]}"


def test_a_tag_is_made_renamed_and_deleted(client: DifyClient, name: str) -> None:
    tag = client.tags.create(name=name)
    assert client.tags.rename(tag.id, name=f"{name} 2").name == f"{name} 2"
    assert tag.id in [row.id for row in client.tags.list()]
    client.tags.delete(tag.id)
    assert tag.id not in [row.id for row in client.tags.list()]


def test_a_name_that_is_taken_is_refused(client: DifyClient, name: str) -> None:
    tag = client.tags.create(name=name)
    other = client.tags.create(name=f"{name} 2")
    assert error_of(Invalid, lambda: client.tags.rename(other.id, name=name)).code == "invalid_param"
    for one in (tag, other):
        client.tags.delete(one.id)


def test_a_tag_is_put_on_and_taken_off(client: DifyClient, dataset: Dataset, name: str) -> None:
    tag = client.tags.create(name=name)
    client.tags.bind(dataset.id, [tag.id])
    assert [row.id for row in client.tags.of_dataset(dataset.id)] == [tag.id]
    assert [row.id for row in client.datasets.page(tag_ids=[tag.id]).data] == [dataset.id]
    client.tags.unbind(dataset.id, tag.id)
    assert client.tags.of_dataset(dataset.id) == []
    client.tags.delete(tag.id)


def test_an_unknown_tag_is_not_found(client: DifyClient, name: str) -> None:
    error_of(NotFound, lambda: client.tags.rename(uuid4(), name=name))
    assert not client.capabilities.lacks(Feature.TAGS)
