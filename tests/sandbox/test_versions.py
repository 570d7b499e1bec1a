"""Which Dify is spoken: the one that was recorded, the same with later operations, or the one that openapi.json describes."""

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.support import UNKNOWN, Library
from tests.sandbox_process import SandboxProcess

LATER_OPERATIONS = [
    ("POST", "/datasets/pipeline/file-upload", 404),
    ("GET", f"/datasets/{{dataset}}/documents/{UNKNOWN}/download", 404),
    ("POST", "/datasets/{dataset}/documents/download-zip", 404),
    ("PATCH", f"/datasets/{{dataset}}/documents/{UNKNOWN}", 405),
    ("GET", "/datasets/{dataset}/pipeline/datasource-plugins", 404),
]


def connected(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox.key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with SandboxProcess(tmp_path_factory.mktemp("recorded"), "--dify-version", "1.10.1") as sandbox:
        yield from connected(sandbox)


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with SandboxProcess(tmp_path_factory.mktemp("newest"), "--dify-version", "2.0") as sandbox:
        yield from connected(sandbox)


@pytest.mark.parametrize(("method", "path", "status"), LATER_OPERATIONS)
def test_the_recorded_server_lacks_what_came_later(recorded: httpx.Client, method: str, path: str, status: int) -> None:
    dataset = Library.create(recorded, f"{method} {path}"[:40])
    assert recorded.request(method, path.format(dataset=dataset.id)).status_code == status
    dataset.delete()


def test_every_answer_names_the_version(api: httpx.Client, recorded: httpx.Client, newest: httpx.Client) -> None:
    found = [client.get("/datasets").headers["X-Version"] for client in (api, recorded, newest)]
    assert found == ["1.10.1", "1.10.1", "2.0.0"]


def test_a_deletion_is_200_with_204_in_it(recorded: httpx.Client) -> None:
    response = Library.create(recorded, "Gone").delete()
    assert (response.status_code, response.json()) == (200, 204)


def test_a_deletion_is_204_on_newer_servers(newest: httpx.Client) -> None:
    response = Library.create(newest, "Gone").delete()
    assert (response.status_code, response.content) == (204, b"")


def test_newer_rows_have_more_fields(newest: httpx.Client) -> None:
    dataset = Library.create(newest, "Fields", indexing_technique="economy")
    document = dataset.text()
    assert dataset.get()["is_multimodal"] is False
    assert dataset.document(document)["need_summary"] is False
    assert dataset.segments(document)[0]["attachments"] == []


def test_the_recorded_rows_do_not(api: httpx.Client) -> None:
    assert "is_multimodal" not in Library.create(api, "Fields").get()


def test_newer_servers_take_several_tags_off_at_once(recorded: httpx.Client, newest: httpx.Client) -> None:
    found = []
    for api in (recorded, newest):
        dataset = Library.create(api, "Tagged")
        tags = [api.post("/datasets/tags", json={"name": name}).json()["id"] for name in ("hr", "finance")]
        body = {"tag_ids": tags, "target_id": dataset.id}
        api.post("/datasets/tags/binding", json=body)
        found.append((api.post("/datasets/tags/unbinding", json=body).status_code, dataset.get("/tags")["total"]))
    assert found == [(400, 2), (204, 0)]


def test_only_newer_servers_keep_a_summary(api: httpx.Client, newest: httpx.Client) -> None:
    found = []
    for client in (api, newest):
        dataset = Library.create(client, "Summaries", indexing_technique="economy")
        document = dataset.text()
        segment = dataset.segments(document)[0]
        row = dataset.change_segment(document, segment["id"], content=segment["content"], summary="Short.").json()["data"]
        found.append(row.get("summary"))
    assert found == [None, "Short."]
