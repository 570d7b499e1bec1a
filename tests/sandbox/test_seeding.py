"""Beginning with what a file holds."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.sandbox.support import connected
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import until

KNOWN = UUID("11111111-1111-4111-8111-111111111111")
SEED = {
    "faults": [{"kind": "status", "status": 503, "method": "DELETE", "path": str(KNOWN), "times": None}],
    "datasets": [
        {
            "name": "Sown",
            "description": "From a file",
            "documents": [
                {
                    "id": str(KNOWN),
                    "name": "Manual.md",
                    "days_ago": 3,
                    "segments": [
                        {"content": "The fuse sits behind the cover."},
                        {"content": "过滤网需要定期更换。", "keywords": ["过滤网"]},
                    ],
                },
                {"name": "Old.md", "language": "Japanese", "archived": True, "segments": [{"content": "古い。"}]},
                {"name": "Off.md", "enabled": False, "segments": [{"content": "Nobody sees this."}]},
                {"name": "Broken.docx", "text": "This is no Word document."},
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def sown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    folder = tmp_path_factory.mktemp("sown")
    (folder / "seed.json").write_text(json.dumps(SEED))
    with SandboxProcess(folder / "data", "--seed", str(folder / "seed.json")) as process:
        yield process


@pytest.fixture
def client(sown: SandboxProcess) -> Iterator[httpx.Client]:
    yield from connected(sown)


def dataset_of(api: httpx.Client) -> dict[str, Any]:
    (row,) = api.get("/datasets").json()["data"]
    found: dict[str, Any] = row
    return found


def documents_of(api: httpx.Client) -> dict[str, dict[str, Any]]:
    rows = api.get(f"/datasets/{dataset_of(api)['id']}/documents?limit=100").json()["data"]
    return {row["name"]: row for row in rows}


def test_it_is_there_at_the_first_answer(client: httpx.Client) -> None:
    dataset, documents = dataset_of(client), documents_of(client)
    assert (dataset["name"], dataset["description"], dataset["document_count"]) == ("Sown", "From a file", 4)
    assert {name: documents[name]["display_status"] for name in ("Manual.md", "Old.md", "Off.md")} == {
        "Manual.md": "available",
        "Old.md": "archived",
        "Off.md": "disabled",
    }
    assert documents["Manual.md"]["id"] == str(KNOWN)
    assert documents["Old.md"]["created_at"] - documents["Manual.md"]["created_at"] == pytest.approx(3 * 24 * 3600, abs=2)


def test_segments_are_indexed(client: httpx.Client) -> None:
    rows = client.get(f"/datasets/{dataset_of(client)['id']}/documents/{KNOWN}/segments").json()["data"]
    assert [(row["position"], row["status"], row["enabled"]) for row in rows] == [
        (1, "completed", True),
        (2, "completed", True),
    ]
    assert rows[1]["keywords"] == ["过滤网"]
    query = {
        "query": "fuse",
        "retrieval_model": {
            "search_method": "keyword_search",
            "reranking_enable": False,
            "top_k": 2,
            "score_threshold_enabled": False,
        },
    }
    found = client.post(f"/datasets/{dataset_of(client)['id']}/retrieve", json=query).json()["records"]
    assert [record["segment"]["content"] for record in found] == ["The fuse sits behind the cover."]


def test_a_text_without_segments_is_indexed_as_an_upload_is(client: httpx.Client) -> None:
    def failed() -> dict[str, Any] | None:
        row = documents_of(client)["Broken.docx"]
        return row if row["indexing_status"] == "error" else None

    assert until(failed)["error"] == "File is not a zip file"


def test_faults_are_in_force_after_each_start_and_nothing_is_sown_twice(sown: SandboxProcess, client: httpx.Client) -> None:
    for _ in range(2):
        assert client.delete(f"/datasets/{dataset_of(client)['id']}/documents/{KNOWN}").status_code == 503
        assert dataset_of(client)["document_count"] == 4
        sown.stop()
        sown.start()
