"""The traps of the API as it really behaves, one by one, numbered as in the notes that its recordings came with."""

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document, NewDocument, ProcessRule
from datasets_ui.dify.errors import (
    BoundKey,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotSupported,
    ServerFailed,
    TooManyRequests,
)
from datasets_ui.dify.metadata import DocumentValues, NewValue
from datasets_ui.dify.network import AddressPolicy, Transport
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.dify.refusals import from_answer
from datasets_ui.dify.retrieval import LONGEST_QUERY
from datasets_ui.dify.segments import Segment
from tests.dify import rows
from tests.dify.conftest import NewDataset
from tests.dify.support import DATASET, api, error_of, saying
from tests.dify.waiting import finished, indexed, when_ready
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture
def document(client: DifyClient, dataset: Dataset) -> Document:
    return indexed(client, dataset.id, "Every employee has paid leave.")


@pytest.fixture
def segment(client: DifyClient, dataset: Dataset, document: Document) -> Segment:
    return client.segments.page(dataset.id, document.id).data[0]


def test_trap_01_a_parser_error_without_a_code_names_its_fields(client: DifyClient, dataset: Dataset) -> None:
    path = f"/datasets/{dataset.id}/metadata"
    error = error_of(Invalid, lambda: client.metadata.http.write("POST", path, {"name": "x"}))
    assert (error.code, list(error.fields)) == ("invalid_param", ["type"])


def test_trap_01_a_bare_error_keeps_its_words(client: DifyClient, dataset: Dataset, document: Document) -> None:
    path = f"/datasets/{dataset.id}/documents/{document.id}/segments"
    error = error_of(Invalid, lambda: client.segments.http.write("POST", path, {}))
    assert (error.code, "egments" in error.detail) == ("invalid_param", True)


def test_trap_01_an_unknown_route_is_told_from_an_unknown_thing(client: DifyClient, dataset: Dataset) -> None:
    route = error_of(NotFound, lambda: client.datasets.http.read("GET", "/nothing/like/it"))
    thing = error_of(NotFound, lambda: client.documents.get(dataset.id, uuid4()))
    assert (route.unknown_route, thing.unknown_route) == (True, False)


@pytest.mark.parametrize("answer", [saying(204), httpx.Response(204), saying({"result": "success"})])
def test_trap_02_every_answer_to_a_delete_is_taken(answer: httpx.Response) -> None:
    api(answer).client.datasets.delete(DATASET)


@pytest.mark.parametrize("name", ["a.exe", "a"])
def test_trap_03_a_refused_file_has_no_reason(client: DifyClient, dataset: Dataset, name: str) -> None:
    act = partial(client.documents.create_by_file, dataset.id, name=name, content_type="text/plain", new=NewDocument())
    error = error_of(Invalid, lambda: act(file=io.BytesIO(b"x")))
    assert (error.code, error.detail, error.outcome_unknown) == ("invalid_param", "", False)


@pytest.mark.dify("1.17", "1.10.1")  # an update stops 1.12.1
def test_trap_03_an_update_by_a_wrong_file_has_one(client: DifyClient, dataset: Dataset, document: Document) -> None:
    act = partial(client.documents.update_by_file, dataset.id, document.id, name="a.exe", content_type="text/plain")
    error = error_of(Invalid, lambda: act(file=io.BytesIO(b"x"), process_rule=ProcessRule()))
    assert (error.status, error.code) == (415, "unsupported_file_type")


FORBIDDEN = [
    ("Dataset api access is not enabled.", Forbidden, "api_access_disabled"),
    ("You do not have permission to access this dataset.", Forbidden, "foreign_dataset"),
    ("The number of documents has reached the limit of your subscription.", Forbidden, "quota_reached"),
    ("Sorry, you have reached the knowledge base request rate limit of your subscription.", TooManyRequests, "rate_limited"),
    ("Something new.", Forbidden, "forbidden"),
]


@pytest.mark.parametrize(("message", "kind", "code"), FORBIDDEN)
def test_trap_04_the_meanings_of_403(message: str, kind: type[Exception], code: str) -> None:
    fake = api(saying({"code": "forbidden", "message": message, "status": 403}, 403))
    error = error_of(kind, fake.client.datasets.page)
    assert (error.code, len(fake.requests)) == (code, 1)


SEED_CODES = [
    "document_indexing",
    "dataset_in_use",
    "dataset_not_initialized",
    "provider_not_initialize",
    "provider_quota_exceeded",
]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 415, 500])
@pytest.mark.parametrize("code", [*SEED_CODES, None])
def test_trap_05_a_code_is_kept_whatever_status_it_comes_with(status: int, code: str | None) -> None:
    error = from_answer(status, {"code": code, "message": "x", "status": status})
    assert error.status == status
    assert error.code == code if code else error.code
    assert error.sentence


@pytest.mark.dify("1.10.1")
def test_trap_06_a_document_is_always_sent_with_a_process_rule(client: DifyClient, dataset: Dataset) -> None:
    assert "process_rule" in NewDocument().body()
    bare = {"name": "a.txt", "text": "Leave.", "indexing_technique": "economy"}
    path = f"/datasets/{dataset.id}/document/create-by-text"
    error_of(ServerFailed, lambda: client.documents.http.write("POST", path, bare))


def test_trap_07_same_name_upload_overwrites(client: DifyClient, dataset: Dataset) -> None:
    first = client.documents.create_by_text(dataset.id, name="a.txt", text="Old.", new=NewDocument())
    finished(client, dataset.id, first.document.id)
    assert indexed(client, dataset.id, "New.").id == first.document.id
    error_of(NotFound, lambda: client.documents.indexing_status(dataset.id, first.batch))


def rename(client: DifyClient, dataset: Dataset, document: Document) -> None:
    client.documents.update_by_text(dataset.id, document.id, name="b.txt", text=None, process_rule=ProcessRule())
    finished(client, dataset.id, document.id)


@pytest.mark.dify("1.17", "1.10.1")  # an update stops 1.12.1
def test_trap_08_renaming_indexes_again_and_loses_edits(client: DifyClient, dataset: Dataset) -> None:
    document = indexed(client, dataset.id, "Original.")
    [row] = client.segments.page(dataset.id, document.id).data
    when_ready(
        partial(
            client.segments.update,
            dataset.id,
            document.id,
            row.id,
            content="Edited.",
            answer=None,
            keywords=[],
            attachment_ids=None,
        )
    )
    rename(client, dataset, document)
    assert client.documents.get(dataset.id, document.id).name == "b.txt"
    assert [row.content for row in client.segments.page(dataset.id, document.id).data] == ["Original."]


@pytest.mark.dify("1.17", "1.10.1")  # an update stops 1.12.1
def test_trap_08_a_rename_always_brings_a_process_rule(client: DifyClient, dataset: Dataset, document: Document) -> None:
    rename(client, dataset, document)
    assert client.documents.get(dataset.id, document.id).name == "b.txt"


def test_trap_09_content_answer_and_keywords_go_together(client: DifyClient, dataset: Dataset, segment: Segment) -> None:
    path = (dataset.id, segment.document_id, segment.id)
    row = client.segments.update(*path, content="Sick leave.", answer=None, keywords=["illness"], attachment_ids=None)
    assert (row.content, row.keywords) == ("Sick leave.", ["illness"])


def test_trap_09_the_answer_of_a_question_stays(client: DifyClient, dataset: Dataset) -> None:
    document = indexed(client, dataset.id, "Leave.", form="qa_model")
    row = client.segments.create(dataset.id, document.id, content="How much?", answer="25 days.", keywords=["leave"])
    off = client.segments.set_enabled(dataset.id, document.id, row, enabled=False)
    on = when_ready(lambda: client.segments.set_enabled(dataset.id, document.id, off, enabled=True))
    assert (on.enabled, on.answer) == (True, "25 days.")


def test_trap_09_disabling_sends_no_content_that_would_be_dropped(
    client: DifyClient, dataset: Dataset, segment: Segment
) -> None:
    assert not client.segments.set_enabled(dataset.id, segment.document_id, segment, enabled=False).enabled
    assert client.segments.get(dataset.id, segment.document_id, segment.id).content == segment.content


def test_trap_09_a_segment_does_not_answer_under_another_document(
    client: DifyClient, dataset: Dataset, segment: Segment
) -> None:
    created = client.documents.create_by_text(dataset.id, name="b.txt", text="Other.", new=NewDocument())
    error_of(NotFound, lambda: client.segments.get(dataset.id, created.document.id, segment.id))


def test_trap_10_a_new_segment_goes_to_the_end(client: DifyClient, dataset: Dataset, segment: Segment) -> None:
    row = client.segments.create(dataset.id, segment.document_id, content="Last.", answer=None, keywords=["last"])
    assert row.position == segment.position + 1


def test_trap_10_a_segment_that_failed_is_no_success() -> None:
    fake = api(saying({"data": [rows.segment(status="error", enabled=False, error="provider down")]}))
    row = fake.client.segments.create(DATASET, DATASET, content="a", answer=None, keywords=[])
    assert (row.status, row.enabled, row.error) == ("error", False, "provider down")


def test_trap_11_an_archived_document_is_not_deleted(client: DifyClient, dataset: Dataset, document: Document) -> None:
    client.documents.set_status(dataset.id, "archive", [document.id])
    error = error_of(Forbidden, lambda: client.documents.delete(dataset.id, document.id))
    assert error.code == "archived_document_immutable"


def test_trap_12_renaming_an_unknown_field_is_not_found(client: DifyClient, dataset: Dataset) -> None:
    error_of(NotFound, lambda: client.metadata.rename(dataset.id, uuid4(), name="team"))


def test_trap_12_values_of_an_unknown_document_are_passed_over(client: DifyClient, dataset: Dataset) -> None:
    field = client.metadata.create(dataset.id, type="string", name="team")
    row = NewValue(id=field.id, name="team", value="HR")
    client.metadata.set_values(dataset.id, [DocumentValues(document_id=uuid4(), metadata_list=[row])])
    assert client.metadata.list(dataset.id).doc_metadata[0].count == 0


@pytest.mark.parametrize(("status", "done"), [("waiting", False), ("splitting", False), ("error", True), ("brand_new", False)])
def test_trap_13_the_stages_of_indexing(status: str, done: bool) -> None:
    assert Document.model_validate(rows.document(indexing_status=status)).finished is done


def test_trap_14_a_wrong_max_tokens_shows_only_while_indexing(client: DifyClient, dataset: Dataset) -> None:
    new = NewDocument(process_rule=ProcessRule(mode="custom", max_tokens=4001))
    created = client.documents.create_by_text(dataset.id, name="a.txt", text="Leave.", new=new)
    document = finished(client, dataset.id, created.document.id)
    assert (document.indexing_status, bool(document.error)) == ("error", True)


@pytest.mark.dify("1.17", "1.10.1")  # an update stops 1.12.1
def test_trap_15_a_document_that_is_not_available_cannot_be_updated(
    client: DifyClient, dataset: Dataset, document: Document
) -> None:
    client.documents.set_status(dataset.id, "disable", [document.id])
    assert error_of(Invalid, lambda: rename(client, dataset, document)).code == "document_not_available"


@pytest.fixture
def busy_process(tmp_path: Path) -> Iterator[SandboxProcess]:
    """A server whose worker does not come to any document for as long as a test takes."""
    with SandboxProcess(tmp_path, "--queue", "3600") as process:
        yield process


@pytest.mark.dify("1.17")
def test_trap_16_creating_does_not_wait_for_the_worker(sandbox: SandboxProcess, busy_process: SandboxProcess) -> None:
    """A tiny text takes seconds, twenty of them half a minute: each call is answered before its document is indexed, each upload
    can be watched on its own, and nothing is asked twice."""
    transport = Transport(AddressPolicy(frozenset({f"127.0.0.1:{busy_process.port}"})))
    client = DifyClient(busy_process.base_url, SecretStr(busy_process.key), transport)
    dataset = client.datasets.create(name="Handbook", indexing_technique="economy", permission="only_me")
    made = [client.documents.create_by_text(dataset.id, name=name, text="Leave.", new=NewDocument()) for name in "abc"]
    statuses = [row.indexing_status for one in made for row in client.documents.indexing_status(dataset.id, one.batch)]
    transport.close()
    assert ([one.document.finished for one in made], statuses) == ([False] * 3, ["waiting"] * 3)
    assert len(busy_process.calls()) == 1 + 3 + 3


def test_trap_17_a_limit_over_100_hides_no_rows() -> None:
    fake = api(saying(rows.page(total=150, limit=LARGEST_PAGE)))
    assert fake.client.documents.page(DATASET, limit=200).pages == 2
    assert fake.requests[0].url.params["limit"] == "100"


def test_trap_17_a_limit_of_nothing_is_one() -> None:
    fake = api(saying(rows.page()))
    fake.client.segments.page(DATASET, DATASET, limit=0)
    assert fake.requests[0].url.params["limit"] == "1"


def test_trap_17_has_more_is_not_trusted() -> None:
    fake = api(saying(rows.page(rows.dataset(), total=1, limit=1, has_more=True)))
    assert len(list(iterate(lambda number: fake.client.datasets.page(number, limit=1)))) == 1
    assert len(fake.requests) == 1


def test_trap_18_the_404_of_tags_is_a_lack(sandbox: SandboxProcess) -> None:
    lie = saying({"code": "not_found", "message": "Dataset not found.", "status": 404}, 404)
    fake = api(lie)
    client = fake.client
    for act in (client.tags.list, lambda: client.tags.create(name="a"), lambda: client.tags.bind(DATASET, [DATASET])):
        error_of(NotSupported, act)
    assert len(fake.requests) == 1


def test_trap_18_the_tags_of_a_dataset_work_all_the_same(client: DifyClient, dataset: Dataset) -> None:
    assert client.tags.of_dataset(dataset.id) == []


def test_trap_19_a_taken_name_is_a_conflict_with_409_and_with_400(
    client: DifyClient, dataset: Dataset, new_dataset: NewDataset
) -> None:
    other = new_dataset("Other")
    create = partial(client.datasets.create, name=dataset.name, indexing_technique="economy", permission="only_me")
    errors = [error_of(Conflict, act) for act in (create, lambda: client.datasets.update(other.id, name=dataset.name))]
    assert [(error.status, error.code) for error in errors] == [
        (409, "dataset_name_duplicate"),
        (400, "dataset_name_duplicate"),
    ]


def test_trap_20_a_query_over_250_characters_is_refused_by_the_api(client: DifyClient, dataset: Dataset) -> None:
    """Not by the client: the number is the server's, and its refusal is typed."""
    search = partial(client.retrieval.retrieve, dataset.id, search_method="keyword_search")
    assert search(query="q" * LONGEST_QUERY) == []
    error_of(Invalid, lambda: search(query="q" * (LONGEST_QUERY + 1)))


def test_trap_20_keyword_scores_are_none(client: DifyClient, dataset: Dataset, document: Document) -> None:
    found = client.retrieval.retrieve(dataset.id, query="leave", search_method="keyword_search")
    assert [row.score for row in found] == [None]


def test_trap_21_plugins_that_are_down_are_named() -> None:
    message = "Failed to request plugin daemon, url: plugin/1620fbbe/management/models"
    fake = api(saying({"code": "invalid_param", "message": message, "status": 400}, 400))
    assert error_of(Invalid, fake.client.datasets.page).code == "plugin_daemon_unreachable"


def test_trap_22_a_key_bound_to_one_dataset_may_not_list() -> None:
    said = "You are not authorized to access this knowledge base."
    refusal = saying({"code": "forbidden", "message": said, "status": 403}, 403)
    client = api(refusal, saying(rows.dataset())).client
    error_of(BoundKey, client.datasets.page)
    assert client.datasets.get(DATASET).name == "Handbook"


# --- what the recorded version lacks ---


@pytest.mark.dify("1.10.1")
def test_the_recorded_version_lacks_downloads(client: DifyClient, dataset: Dataset) -> None:
    document = indexed(client, dataset.id)
    error_of(NotSupported, lambda: client.documents.download_url(dataset.id, document.id))
    error_of(NotSupported, lambda: client.documents.download_zip(dataset.id, [document], io.BytesIO()))


@pytest.mark.dify("1.10.1")
def test_the_recorded_version_lacks_pipelines(client: DifyClient, dataset: Dataset) -> None:
    error_of(NotSupported, lambda: client.pipelines.datasources(dataset.id))
    error_of(NotSupported, lambda: client.pipelines.upload(name="a.txt", file=io.BytesIO(b"a"), content_type="text/plain"))


@pytest.mark.dify("1.10.1")
def test_the_recorded_version_takes_files_by_the_older_call(
    client: DifyClient, dataset: Dataset, sandbox: SandboxProcess
) -> None:
    ids: list[UUID] = [indexed(client, dataset.id).id]
    for content in (b"Two.", b"Three."):
        made = client.documents.update_by_file(
            dataset.id,
            ids[0],
            name="a.txt",
            file=io.BytesIO(content),
            content_type="text/plain",
            process_rule=ProcessRule(),
        )
        ids.append(finished(client, dataset.id, made.document.id).id)
    assert len(set(ids)) == 1
    assert [call["status"] for call in sandbox.calls() if call["method"] == "PATCH"] == [405]
