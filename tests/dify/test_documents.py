"""Documents: what is sent, and what is made of the answer."""

import io
import json
from typing import Any
from uuid import UUID

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument, ProcessRule
from datasets_ui.dify.errors import ConnectionLost, Forbidden, Invalid, NotFound, ServerFailed, UnexpectedShape
from datasets_ui.dify.retrieval import RetrievalModel
from tests.dify import rows
from tests.dify.support import DATASET, DOCUMENT, Api, api, error_of, saying
from tests.dify.waiting import finished, indexed, when_ready
from tests.support.sandbox_process import SandboxProcess

BATCH = "20261122175135339787"
CREATED = {"document": rows.document(), "batch": BATCH}


def sent(fake: Api) -> tuple[str, str]:
    request = fake.requests[-1]
    return request.method, request.url.raw_path.decode().removeprefix(f"/v1/datasets/{DATASET}")


def test_a_page_is_read() -> None:
    page = api(saying(rows.page(rows.document(), total=21))).client.documents.page(DATASET)
    assert ([row.name for row in page.data], page.pages) == (["auto.txt"], 2)


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ({}, "page=1&limit=20"),
        ({"keyword": "a b"}, "page=1&limit=20&keyword=a+b"),
        ({"limit": 100, "status": "error"}, "page=1&limit=100&status=error"),
    ],
)
def test_a_page_is_asked_for(asked: dict[str, Any], query: str) -> None:
    fake = api(saying(rows.page()))
    fake.client.documents.page(DATASET, **asked)
    assert sent(fake) == ("GET", f"/documents?{query}")


def test_one_is_asked_for_without_metadata() -> None:
    fake = api(saying(rows.document(segment_count=3)))
    assert fake.client.documents.get(DATASET, DOCUMENT).segment_count == 3
    assert sent(fake) == ("GET", f"/documents/{DOCUMENT}?metadata=without")


def test_a_text_is_sent_with_all_settings() -> None:
    fake = api(saying(CREATED))
    created = fake.client.documents.create_by_text(DATASET, name="a.txt", text="Text.", new=NewDocument())
    settings = {"indexing_technique": "economy", "doc_form": "text_model", "doc_language": "English"}
    assert (created.document.id, created.batch, sent(fake)) == (DOCUMENT, BATCH, ("POST", "/document/create-by-text"))
    assert json.loads(fake.bodies[0]) == {"name": "a.txt", "text": "Text.", "process_rule": {"mode": "automatic"}} | settings


def test_the_search_of_a_first_document_is_sent_whole() -> None:
    search = RetrievalModel(search_method="semantic_search")
    assert NewDocument(retrieval_model=search).body()["retrieval_model"] == search.body()


def test_a_file_is_sent() -> None:
    fake = api(saying(CREATED))
    content = io.BytesIO(b"content")
    fake.client.documents.create_by_file(DATASET, name="a.md", file=content, content_type="text/markdown", new=NewDocument())
    assert sent(fake) == ("POST", "/document/create-by-file")
    assert b'name="file"; filename="a.md"\r\nContent-Type: text/markdown\r\n\r\ncontent\r\n' in fake.bodies[0]


def test_the_rules_of_cutting_are_sent_in_the_words_of_the_api() -> None:
    rule = ProcessRule(mode="custom", separator="###", max_tokens=300, chunk_overlap=0, remove_urls_emails=True)
    cleaning = [{"id": "remove_extra_spaces", "enabled": True}, {"id": "remove_urls_emails", "enabled": True}]
    cutting = {"separator": "###", "max_tokens": 300, "chunk_overlap": 0}
    assert rule.body() == {"mode": "custom", "rules": {"pre_processing_rules": cleaning, "segmentation": cutting}}


def test_the_progress_of_a_batch_is_read() -> None:
    row = {"id": str(DOCUMENT), "indexing_status": "indexing", "completed_segments": 0, "total_segments": 7, "error": None}
    fake = api(saying({"data": [row]}))
    assert [status.total_segments for status in fake.client.documents.indexing_status(DATASET, BATCH)] == [7]
    assert sent(fake) == ("GET", f"/documents/{BATCH}/indexing-status")


def test_a_batch_that_was_replaced_is_not_found() -> None:
    fake = api(saying({"code": "not_found", "message": "Documents not found.", "status": 404}, 404))
    error_of(NotFound, lambda: fake.client.documents.indexing_status(DATASET, BATCH))


@pytest.mark.parametrize("batch", ["", "../../../admin", "a/b", "a?b", "a#b", "1" * 41, None, 7])
def test_a_batch_that_could_bend_a_path_is_refused(batch: object) -> None:
    fake = api(saying(CREATED | {"batch": batch}))
    error = error_of(
        UnexpectedShape, lambda: fake.client.documents.create_by_text(DATASET, name="a", text="b", new=NewDocument())
    )
    assert (list(error.fields), error.outcome_unknown) == (["batch"], True)


@pytest.mark.parametrize("action", ["enable", "disable", "archive", "un_archive"])
def test_a_status_is_set(action: Any) -> None:
    fake = api(saying({"result": "success"}))
    fake.client.documents.set_status(DATASET, action, [DOCUMENT])
    assert (sent(fake), json.loads(fake.bodies[0])) == (
        ("PATCH", f"/documents/status/{action}"),
        {"document_ids": [str(DOCUMENT)]},
    )


def test_one_is_deleted() -> None:
    fake = api(saying(204))
    fake.client.documents.delete(DATASET, DOCUMENT)
    assert sent(fake) == ("DELETE", f"/documents/{DOCUMENT}")


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        ("waiting", False),
        ("parsing", False),
        ("splitting", False),
        ("indexing", False),
        ("completed", True),
        ("error", True),
        ("paused", True),
    ],
)
def test_a_document_is_finished_when_nothing_moves(status: str, finished: bool) -> None:
    assert Document.model_validate(rows.document(indexing_status=status)).finished is finished


@pytest.mark.parametrize(
    ("changes", "available"),
    [({}, True), ({"indexing_status": "indexing"}, False), ({"enabled": False}, False), ({"archived": True}, False)],
)
def test_a_document_is_available_when_it_can_be_found(changes: dict[str, Any], available: bool) -> None:
    assert Document.model_validate(rows.document(**changes)).available is available


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ({"upload_file": {"size": 276}}, 276),
        ({"upload_file": {"size": "276"}}, None),
        ({"upload_file": None}, None),
        ({"upload_file": "a62c898f"}, None),
        ({"upload_file_id": "a62c898f"}, None),
        ({}, None),
        (None, None),
    ],
)
@pytest.mark.parametrize("place", ["data_source_detail_dict", "data_source_info"])
def test_the_size_of_the_file_is_given_where_it_is_known(place: str, source: Any, size: int | None) -> None:
    assert Document.model_validate(rows.document(**{"data_source_detail_dict": None, place: source})).file_size == size


# --- against the sandbox ---


def upload(client: DifyClient, dataset: Dataset, name: str, content: bytes = b"Every employee has paid leave.") -> UUID:
    file = io.BytesIO(content)
    new = NewDocument()
    created = client.documents.create_by_file(dataset.id, name=name, file=file, content_type="text/plain", new=new)
    return created.document.id


def test_an_uploaded_file_is_indexed(client: DifyClient, dataset: Dataset) -> None:
    document = finished(client, dataset.id, upload(client, dataset, "leave.txt"))
    assert (document.name, document.indexing_status, document.file_size) == ("leave.txt", "completed", 30)


def test_the_progress_of_an_upload_can_be_followed(client: DifyClient, dataset: Dataset) -> None:
    created = client.documents.create_by_text(dataset.id, name="a.txt", text="Leave.", new=NewDocument())
    finished(client, dataset.id, created.document.id)
    [status] = client.documents.indexing_status(dataset.id, created.batch)
    assert (status.id, status.indexing_status, status.total_segments) == (created.document.id, "completed", 1)


def test_the_rules_cut_the_text(client: DifyClient, dataset: Dataset) -> None:
    new = NewDocument(process_rule=ProcessRule(mode="custom", separator="###", chunk_overlap=0))
    created = client.documents.create_by_text(dataset.id, name="a.txt", text="One###Two###Three", new=new)
    finished(client, dataset.id, created.document.id)
    assert [row.content for row in client.segments.page(dataset.id, created.document.id).data] == ["One", "Two", "Three"]


def test_the_same_name_overwrites_an_enabled_document(client: DifyClient, dataset: Dataset) -> None:
    first = client.documents.create_by_text(dataset.id, name="a.txt", text="Old.", new=NewDocument())
    finished(client, dataset.id, first.document.id)
    assert indexed(client, dataset.id, "New.").id == first.document.id
    error_of(NotFound, lambda: client.documents.indexing_status(dataset.id, first.batch))
    assert [row.content for row in client.segments.page(dataset.id, first.document.id).data] == ["New."]


def test_the_same_name_beside_a_disabled_document_makes_a_second(client: DifyClient, dataset: Dataset) -> None:
    first = indexed(client, dataset.id)
    client.documents.set_status(dataset.id, "disable", [first.id])
    assert indexed(client, dataset.id).id != first.id
    assert client.documents.page(dataset.id).total == 2


def test_a_file_of_a_wrong_type_is_refused_without_a_word(client: DifyClient, dataset: Dataset) -> None:
    error = error_of(Invalid, lambda: upload(client, dataset, "a.exe"))
    assert (error.code, error.detail, error.outcome_unknown) == ("invalid_param", "", False)


@pytest.mark.dify("1.10.1")
def test_a_document_without_process_rule_would_fail(client: DifyClient, dataset: Dataset) -> None:
    body = {"name": "a.txt", "text": "Leave.", "indexing_technique": "economy"}
    path = f"/datasets/{dataset.id}/document/create-by-text"
    assert error_of(ServerFailed, lambda: client.documents.http.write("POST", path, body)).code == "unknown"


def test_a_disabled_document_is_not_available(client: DifyClient, dataset: Dataset) -> None:
    document = indexed(client, dataset.id)
    client.documents.set_status(dataset.id, "disable", [document.id])
    assert not client.documents.get(dataset.id, document.id).available


def test_an_archived_document_cannot_be_deleted(client: DifyClient, dataset: Dataset) -> None:
    document = indexed(client, dataset.id)
    client.documents.set_status(dataset.id, "archive", [document.id])
    error = error_of(Forbidden, lambda: client.documents.delete(dataset.id, document.id))
    assert error.code == "archived_document_immutable"


def test_an_unarchived_document_can_be_deleted(client: DifyClient, dataset: Dataset) -> None:
    document = indexed(client, dataset.id)
    client.documents.set_status(dataset.id, "archive", [document.id])
    when_ready(lambda: client.documents.set_status(dataset.id, "un_archive", [document.id]))
    client.documents.delete(dataset.id, document.id)
    error_of(NotFound, lambda: client.documents.get(dataset.id, document.id))


def test_a_search_minds_case(client: DifyClient, dataset: Dataset) -> None:
    indexed(client, dataset.id, name="Leave.txt")
    found = [client.documents.page(dataset.id, keyword=keyword).total for keyword in ("Leave", "leave")]
    assert found == [1, 0]


def test_an_upload_that_is_cut_off_is_sent_once_and_unknown(
    sandbox: SandboxProcess, client: DifyClient, dataset: Dataset
) -> None:
    sandbox.faults({"kind": "reset", "path": "create-by-file", "times": None})
    assert error_of(ConnectionLost, lambda: upload(client, dataset, "a.txt")).outcome_unknown
    assert len([call for call in sandbox.calls() if "create-by-file" in call["path"]]) == 1
