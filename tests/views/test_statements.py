"""How many statements of SQL a page takes, and that looking at pages writes nothing."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from tests.support.stage import document, url

IN_DATABASE = not settings.CACHE_URL  # what pages keep; in Redis it takes no statement


def statements(client: Client, address: str) -> list[str]:
    """Of a page that was looked at before."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code < 300
    return [query["sql"] for query in queries]


def test_a_page_without_a_call_takes_three_statements(owner: Client) -> None:
    """Session, person, and the workspaces with what is shown beside the page."""
    assert len(statements(owner, url("workspace-settings"))) == 3


def test_documents_take_five_however_many_there_are(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    """The key, and what is kept of the dataset and of the limit, too."""
    for number in range(3):
        document(dify, handbook.id, f"{number}.txt")
    assert len(statements(owner, url("documents", handbook.id))) == 4 + IN_DATABASE


PAGES: dict[str, Callable[[Dataset, DifyClient], str]] = {
    "datasets": lambda *_: url("datasets"),
    "documents": lambda dataset, _: url("documents", dataset.id),
    "documents-progress": lambda dataset, dify: url(
        "documents-progress", dataset.id, ids=dify.documents.page(dataset.id).data[0].id
    ),
    "segments": lambda dataset, dify: url("segments", dataset.id, dify.documents.page(dataset.id).data[0].id),
    "retrieval": lambda dataset, _: url("retrieval", dataset.id),
    "dataset-settings": lambda dataset, _: url("dataset-settings", dataset.id),
    "members": lambda *_: url("members"),
    "jobs": lambda *_: url("jobs"),
    "api-keys": lambda *_: url("api-keys"),
    "activity": lambda *_: url("activity"),
}


@pytest.mark.parametrize("name", PAGES)
def test_looking_at_a_page_again_writes_nothing(owner: Client, dify: DifyClient, handbook: Dataset, name: str) -> None:
    document(dify, handbook.id)
    seen = statements(owner, PAGES[name](handbook, dify))
    assert [sql for sql in seen if not sql.startswith("SELECT")] == []


def test_datasets_that_are_seen_are_noted_in_one_statement(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    for number in range(5):
        dify.datasets.create(name=f"Number {number}", indexing_technique="economy", permission="only_me")
    with CaptureQueriesContext(connection) as queries:
        owner.get(url("datasets"))
    assert len([query for query in queries if query["sql"].startswith("INSERT")]) == IN_DATABASE
