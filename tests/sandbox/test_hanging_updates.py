"""1.12.1 never comes back from an update of a document that has segments, and does nothing else any more."""

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.support import AUTOMATIC, Library, connected, eventually
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture
def dataset(v1_12: httpx.Client) -> Library:
    return Library.create(v1_12, "Economy", indexing_technique="economy")


def update(dataset: Library, document_id: str) -> str:
    body = {"name": "a.txt", "text": "Two.", "process_rule": AUTOMATIC}
    batch: str = dataset.post(f"/documents/{document_id}/update-by-text", body).raise_for_status().json()["batch"]
    return batch


def status(dataset: Library, batch: str) -> str:
    found: str = dataset.get(f"/documents/{batch}/indexing-status")["data"][0]["indexing_status"]
    return found


@pytest.fixture
def hanging(dataset: Library) -> tuple[str, str]:
    """The document and its batch, once it hangs."""
    document_id = dataset.text("a.txt", "One.")
    batch = update(dataset, document_id)
    assert eventually(lambda: status(dataset, batch), "indexing") == "indexing"
    return document_id, batch


def test_an_update_never_ends(dataset: Library, hanging: tuple[str, str]) -> None:
    assert eventually(lambda: status(dataset, hanging[1]), "completed", seconds=1) == "indexing"


def test_the_old_segments_are_there_beside_the_new(dataset: Library, hanging: tuple[str, str]) -> None:
    rows = {(row["content"], row["status"]) for row in dataset.segments(hanging[0])}
    assert rows == {("One.", "re_segment"), ("Two.", "indexing")}


def test_other_documents_wait(dataset: Library, hanging: tuple[str, str]) -> None:
    batch = dataset.send_text("other.txt").json()["batch"]
    assert eventually(lambda: status(dataset, batch), "completed", seconds=1) == "waiting"


def test_the_worker_can_be_started_again(process_1_12: SandboxProcess, dataset: Library, hanging: tuple[str, str]) -> None:
    """What hung and what waited is lost; what comes next is done."""
    batch = dataset.send_text("other.txt").json()["batch"]
    process_1_12.restart_worker()
    assert dataset.contents(dataset.text("next.txt", "Next.")) == ["Next."]
    assert (status(dataset, hanging[1]), status(dataset, batch)) == ("indexing", "waiting")


def test_what_hung_cannot_be_updated(dataset: Library, hanging: tuple[str, str]) -> None:
    body = {"name": "a.txt", "text": "Three.", "process_rule": AUTOMATIC}
    assert dataset.post(f"/documents/{hanging[0]}/update-by-text", body).status_code == 400


def test_what_hung_can_be_deleted(dataset: Library, hanging: tuple[str, str]) -> None:
    assert dataset.delete(f"/documents/{hanging[0]}").status_code == 200


def test_the_same_name_replaces_without_harm(dataset: Library) -> None:
    document_id = dataset.text("a.txt", "One.")
    assert dataset.text("a.txt", "Two.") == document_id
    assert dataset.contents(document_id) == ["Two."]


def test_a_document_without_segments_can_be_updated(dataset: Library) -> None:
    document_id = dataset.file("a.txt", b"")
    dataset.wait(update(dataset, document_id))
    assert dataset.contents(document_id) == ["Two."]


@pytest.fixture(scope="module")
def repaired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with SandboxProcess(tmp_path_factory.mktemp("repaired"), "--dify-version", "1.12.1", "--repaired") as process:
        yield from connected(process)


def test_a_repaired_server_comes_back(repaired: httpx.Client) -> None:
    """The one that was recorded had been repaired."""
    dataset = Library.create(repaired, "Economy", indexing_technique="economy")
    document_id = dataset.text("a.txt", "One.")
    dataset.wait(update(dataset, document_id))
    assert dataset.contents(document_id) == ["Two."]
