"""Tags, and the version that answers every call about them with a lie."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
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


def unseen(model: str, status: int = 400) -> httpx.Response:
    """What 1.12.1 answers although it did what it was asked."""
    message = (
        f"1 validation error for {model}\nbinding_count\n  Input should be a valid string [type=string_type, input_value=0]"
    )
    return saying({"code": "invalid_param", "message": message, "status": status}, status)


@pytest.mark.parametrize(
    "act", [lambda c: c.tags.create(name="hr"), lambda c: c.tags.rename(DOCUMENT, name="hr")], ids=["create", "rename"]
)
def test_what_was_done_and_cannot_be_shown_is_done(act: Any) -> None:
    """Once: a second try would make a second tag, or be refused."""
    fake = api(unseen("DataSetTag"))
    assert act(fake.client) is None
    assert len(fake.requests) == 1
    assert not fake.client.capabilities.lacks(Feature.TAGS)


def test_a_tag_whose_name_looks_like_that_error_is_refused_all_the_same() -> None:
    """What was sent stands in the third line."""
    said = "1 validation error for TagCreatePayload\nname\n  Too long [type=string_too_long, input_value='for DataSetTag']"
    fake = api(saying({"code": "invalid_param", "message": said + "\nlist[DataSetTag]\n", "status": 400}, 400))
    assert error_of(Invalid, lambda: fake.client.tags.create(name="x")).fields == {"name": "Too long"}


def test_a_list_that_the_server_fails_at_is_asked_for_once() -> None:
    fake = api(unseen("list[DataSetTag]"))
    client = fake.client
    errors = [error_of(NotSupported, client.tags.list) for _ in range(2)]
    assert ([error.code for error in errors], len(fake.requests)) == (["tags_not_shown"] * 2, 1)
    assert not client.capabilities.lacks(Feature.TAGS)


def test_a_filter_that_the_server_fails_at_is_asked_for_once() -> None:
    message = (
        "1 validation error for DatasetListQuery\ntag_ids\n  Input should be a valid list [type=list_type, input_value='a']"
    )
    fake = api(saying({"code": "invalid_param", "message": message, "status": 400}, 400))
    client = fake.client
    errors = [error_of(NotSupported, lambda: client.datasets.page(tag_ids=[DOCUMENT])) for _ in range(2)]
    assert ([error.code for error in errors], len(fake.requests)) == (["no_tag_filter"] * 2, 1)


def test_binding_to_an_unknown_dataset_is_not_found_where_tags_cannot_be_listed() -> None:
    error_of(NotFound, lambda: api(LIE, unseen("list[DataSetTag]")).client.tags.bind(DATASET, [DOCUMENT]))


def test_a_tag_is_deleted_by_body_and_query() -> None:
    """1.12 reads the one, newer servers the other."""
    fake = api(saying(204))
    fake.client.tags.delete(DOCUMENT)
    assert json.loads(fake.bodies[0]) == dict(fake.requests[0].url.params) == {"tag_id": str(DOCUMENT)}


@pytest.fixture
def name(client: DifyClient) -> str:
    """A name that is free, on a server that has tags."""
    try:
        client.tags.list()
    except NotSupported as error:
        if error.code != "tags_not_shown":
            pytest.skip("this server has no tags")
    return f"tag {uuid4().hex[:12]}"


@pytest.fixture
def tag(client: DifyClient, name: str) -> Iterator[UUID]:
    """The id of a tag."""
    made = client.tags.create(name=name)
    if made is None:
        pytest.skip("this server does not tell the id of a tag that it made")
    yield made.id
    client.tags.delete(made.id)


@pytest.mark.dify("1.17", "1.10.1")
def test_a_tag_is_made_and_renamed(client: DifyClient, name: str, tag: UUID) -> None:
    renamed = client.tags.rename(tag, name=f"{name} 2")
    assert renamed
    assert renamed.name == f"{name} 2"
    assert tag in [row.id for row in client.tags.list()]


@pytest.mark.dify("1.17", "1.10.1")
def test_a_deleted_tag_is_gone(client: DifyClient, name: str, tag: UUID) -> None:
    other = client.tags.create(name=f"{name} 2")
    assert other
    client.tags.delete(other.id)
    assert other.id not in [row.id for row in client.tags.list()]


@pytest.mark.dify("1.17", "1.10.1")
def test_a_name_that_is_taken_is_refused(client: DifyClient, name: str, tag: UUID) -> None:
    assert error_of(Invalid, lambda: client.tags.create(name=name)).code == "invalid_param"


@pytest.mark.dify("1.17", "1.10.1")
def test_a_tag_is_put_on_and_taken_off(client: DifyClient, dataset: Dataset, tag: UUID) -> None:
    client.tags.bind(dataset.id, [tag])
    assert [row.id for row in client.tags.of_dataset(dataset.id)] == [tag]
    assert [row.id for row in client.datasets.page(tag_ids=[tag]).data] == [dataset.id]
    client.tags.unbind(dataset.id, tag)
    assert client.tags.of_dataset(dataset.id) == []


def test_an_unknown_tag_is_not_found(client: DifyClient, name: str) -> None:
    error_of(NotFound, lambda: client.tags.rename(uuid4(), name=name))
    assert not client.capabilities.lacks(Feature.TAGS)
