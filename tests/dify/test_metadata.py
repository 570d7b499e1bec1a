"""Metadata: fields, and the values of documents."""

from typing import Any
from uuid import uuid4

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import Invalid, NotFound, UnexpectedShape
from datasets_ui.dify.metadata import DocumentValues, MetadataField, NewValue
from tests.dify.support import DATASET, DOCUMENT, api, error_of, saying
from tests.dify.waiting import indexed


@pytest.mark.parametrize("answer", [{}, {"id": "x"}, None, 204])
def test_an_odd_answer_to_a_renaming_may_have_renamed(answer: Any) -> None:
    act = api(saying(answer)).client.metadata.rename
    assert error_of(UnexpectedShape, lambda: act(DATASET, DOCUMENT, name="team")).outcome_unknown


@pytest.fixture
def team(client: DifyClient, dataset: Dataset) -> MetadataField:
    return client.metadata.create(dataset.id, type="string", name="team")


@pytest.fixture
def document(client: DifyClient, dataset: Dataset) -> Document:
    return indexed(client, dataset.id)


def values(client: DifyClient, dataset: Dataset, document: Document) -> dict[str, Any]:
    """Those of our own fields; the built-in ones are there as well, even when they are switched off."""
    found = client.metadata.of_document(dataset.id, document.id)
    return {value.name: value.value for value in found if value.id != "built-in"}


def test_a_field_is_made_and_listed(client: DifyClient, dataset: Dataset, team: MetadataField) -> None:
    fields = client.metadata.list(dataset.id)
    assert [(row.id, row.name, row.type, row.count) for row in fields.doc_metadata] == [(team.id, "team", "string", 0)]
    assert not fields.built_in_field_enabled


def test_a_field_is_renamed(client: DifyClient, dataset: Dataset, team: MetadataField) -> None:
    assert client.metadata.rename(dataset.id, team.id, name="group").name == "group"


def test_a_name_that_is_taken_is_refused(client: DifyClient, dataset: Dataset, team: MetadataField) -> None:
    error_of(Invalid, lambda: client.metadata.create(dataset.id, type="number", name="team"))


def test_a_field_is_deleted(client: DifyClient, dataset: Dataset, team: MetadataField) -> None:
    client.metadata.delete(dataset.id, team.id)
    assert client.metadata.list(dataset.id).doc_metadata == []


def test_the_built_in_fields_are_switched_on(client: DifyClient, dataset: Dataset) -> None:
    assert "uploader" in [field.name for field in client.metadata.built_in(dataset.id).fields]
    client.metadata.switch_built_in(dataset.id, enabled=True)
    assert client.metadata.list(dataset.id).built_in_field_enabled
    client.metadata.switch_built_in(dataset.id, enabled=False)
    assert not client.metadata.list(dataset.id).built_in_field_enabled


def test_a_value_is_set(client: DifyClient, dataset: Dataset, document: Document, team: MetadataField) -> None:
    value = NewValue(id=team.id, name="team", value="HR")
    client.metadata.set_values(dataset.id, [DocumentValues(document_id=document.id, metadata_list=[value])])
    assert values(client, dataset, document) == {"team": "HR"}
    shown = client.documents.get(dataset.id, document.id, metadata="all").doc_metadata or []
    assert "HR" in [row.value for row in shown]


@pytest.mark.parametrize(("partial", "left"), [(True, {"team": "HR", "year": 2026}), (False, {"year": 2026})])
def test_values_that_are_not_named_stay_when_asked_to(
    client: DifyClient, dataset: Dataset, document: Document, team: MetadataField, partial: bool, left: dict[str, Any]
) -> None:
    year = client.metadata.create(dataset.id, type="number", name="year")
    for field, value in ((team, "HR"), (year, 2026)):
        row = NewValue(id=field.id, name=field.name, value=value)
        operation = DocumentValues(document_id=document.id, metadata_list=[row], partial_update=partial)
        client.metadata.set_values(dataset.id, [operation])
    assert values(client, dataset, document) == left


def test_an_unknown_dataset_is_not_found(client: DifyClient) -> None:
    error_of(NotFound, lambda: client.metadata.list(uuid4()))
