"""Pipelines: one datasource that takes files, run as a stream or in one answer."""

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.support import UNKNOWN, Library, custom, eventually

NODE = "1719288585006"


@pytest.fixture
def api(v1_17: httpx.Client) -> httpx.Client:
    """1.10.1 and 1.12.1 have no pipelines."""
    return v1_17


def upload(api: httpx.Client, name: str = "a.txt", content: bytes = b"one\n\ntwo") -> httpx.Response:
    return api.post("/datasets/pipeline/file-upload", files={"file": (name, content, "text/plain")})


def run(dataset: Library, *files: dict[str, Any], mode: str = "blocking", **changes: Any) -> httpx.Response:
    body = {
        "inputs": {},
        "datasource_type": "local_file",
        "datasource_info_list": files,
        "start_node_id": NODE,
        "is_published": True,
        "response_mode": mode,
    }
    return dataset.post("/pipeline/run", body | changes)


def run_node(dataset: Library, node: str = NODE, **changes: Any) -> httpx.Response:
    body = {"inputs": {}, "datasource_type": "local_file", "is_published": True}
    return dataset.post(f"/pipeline/datasource/nodes/{node}/run", body | changes)


def events(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.headers["Content-Type"] == "text/event-stream"
    return [json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if line.startswith("data: ")]


def test_an_upload_says_what_was_kept(api: httpx.Client) -> None:
    response = upload(api)
    row = response.json()
    assert (response.status_code, row["name"], row["size"], row["extension"]) == (201, "a.txt", 8, "txt")
    assert row["mime_type"] == "text/plain"


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.exe", b"x", 415, "unsupported_file_type"),
        ("", b"x", 400, "no_file_uploaded"),
        ("a.txt", b"x" * (15 * 1024 * 1024 + 1), 413, "file_too_large"),
    ],
)
def test_a_bad_upload_is_refused(api: httpx.Client, name: str, content: bytes, status: int, code: str) -> None:
    response = upload(api, name, content)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_an_upload_without_a_name(api: httpx.Client) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\nx\r\n--x--\r\n'
    response = api.post(
        "/datasets/pipeline/file-upload", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert response.json()["code"] == "filename_not_exists_error"


def test_the_one_datasource(economy: Library) -> None:
    assert [(row["node_id"], row["datasource_type"]) for row in economy.get("/pipeline/datasource-plugins")] == [
        (NODE, "local_file")
    ]


def test_the_node_offers_the_files_that_wait(api: httpx.Client, economy: Library) -> None:
    kept = upload(api).json()
    found = events(run_node(economy))
    assert [event["event"] for event in found] == ["datasource_processing", "datasource_completed"]
    assert [row["reference"] for row in found[-1]["data"]] == [kept["id"]]


@pytest.mark.parametrize(("node", "kind"), [("1", "local_file"), (NODE, "website_crawl"), (NODE, "nothing")])
def test_a_node_that_is_not_there(economy: Library, node: str, kind: str) -> None:
    assert run_node(economy, node, datasource_type=kind).json()["code"] == "invalid_param"


def test_a_run_makes_a_document_that_is_indexed(api: httpx.Client, economy: Library) -> None:
    answer = run(economy, {"reference": upload(api).json()["id"], "name": "Guide"}).json()
    [document] = answer["data"]["outputs"]["documents"]
    assert answer["data"]["status"] == "succeeded"
    assert economy.wait(document["batch"])["indexing_status"] == "completed"
    assert economy.document(document["id"])["name"] == "Guide"


def test_a_run_keeps_to_the_rule_of_the_dataset(api: httpx.Client, economy: Library) -> None:
    economy.text(process_rule=custom(max_tokens=50))
    answer = run(economy, {"related_id": upload(api, content=b"one\n\ntwo").json()["id"]}).json()
    [document] = answer["data"]["outputs"]["documents"]
    assert eventually(lambda: economy.contents(document["id"]), ["one", "two"]) == ["one", "two"]


def test_a_run_streams_what_happens(api: httpx.Client, economy: Library) -> None:
    found = events(run(economy, {"reference": upload(api).json()["id"]}, mode="streaming"))
    names = [event["event"] for event in found]
    assert names == ["workflow_started", *["node_started", "node_finished"] * 2, "workflow_finished"]
    assert len({event["workflow_run_id"] for event in found}) == 1
    assert found[-1]["data"]["status"] == "succeeded"


def test_a_file_becomes_one_document(api: httpx.Client, economy: Library) -> None:
    file = {"reference": upload(api).json()["id"]}
    assert [run(economy, file).status_code, run(economy, file).status_code] == [200, 400]


@pytest.mark.parametrize(
    "changes",
    [
        {"start_node_id": "1"},
        {"datasource_type": "online_drive"},
        {"datasource_info_list": []},
        {"datasource_info_list": [{"reference": UNKNOWN}]},
        {"datasource_info_list": [{"reference": "nope"}]},
        {"response_mode": "slowly"},
        {"inputs": None},
    ],
)
def test_a_run_that_makes_no_sense_is_refused(economy: Library, changes: dict[str, Any]) -> None:
    response = run(economy, **changes)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_param")
    assert economy.get("/documents")["total"] == 0


def test_a_file_that_waits_outlives_the_deletion_of_others(api: httpx.Client, economy: Library) -> None:
    kept = upload(api).json()
    economy.delete(f"/documents/{economy.text()}")
    assert run(economy, {"reference": kept["id"]}).status_code == 200
