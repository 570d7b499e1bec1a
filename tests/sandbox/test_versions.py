"""What differs between the versions that are spoken; the other modules hold what 1.10.1 does."""

import httpx
import pytest

from tests.sandbox.support import AUTOMATIC, UNKNOWN, Library, custom, eventually

LATER_OPERATIONS = [
    ("POST", "/datasets/pipeline/file-upload", 404),
    ("GET", f"/datasets/{{dataset}}/documents/{UNKNOWN}/download", 404),
    ("POST", "/datasets/{dataset}/documents/download-zip", 404),
    ("PATCH", f"/datasets/{{dataset}}/documents/{UNKNOWN}", 405),
    ("GET", "/datasets/{dataset}/pipeline/datasource-plugins", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), LATER_OPERATIONS)
def test_the_recorded_server_lacks_what_came_later(api: httpx.Client, method: str, path: str, status: int) -> None:
    dataset = Library.create(api, f"{method} {path}"[:40])
    assert api.request(method, path.format(dataset=dataset.id)).status_code == status
    dataset.delete()


def test_every_answer_names_the_version(api: httpx.Client, v1_12: httpx.Client, v1_17: httpx.Client) -> None:
    found = [client.get("/datasets").headers["X-Version"] for client in (api, v1_12, v1_17)]
    assert found == ["1.10.1", "1.12.1", "1.17.0"]


def test_a_deletion_is_200_with_204_in_it(api: httpx.Client) -> None:
    response = Library.create(api, "Gone").delete()
    assert (response.status_code, response.json()) == (200, 204)


def test_a_deletion_is_204_on_newer_servers(v1_17: httpx.Client) -> None:
    response = Library.create(v1_17, "Gone").delete()
    assert (response.status_code, response.content) == (204, b"")


def test_newer_rows_have_more_fields(v1_17: httpx.Client) -> None:
    dataset = Library.create(v1_17, "Fields", indexing_technique="economy")
    document = dataset.text()
    assert dataset.get()["is_multimodal"] is False
    assert dataset.document(document)["need_summary"] is False
    assert dataset.segments(document)[0]["attachments"] == []


def test_the_recorded_rows_do_not(api: httpx.Client) -> None:
    assert "is_multimodal" not in Library.create(api, "Fields").get()


def test_newer_servers_take_several_tags_off_at_once(api: httpx.Client, v1_17: httpx.Client) -> None:
    found = []
    for client in (api, v1_17):
        dataset = Library.create(client, "Tagged")
        tags = [client.post("/datasets/tags", json={"name": name}).json()["id"] for name in ("hr", "finance")]
        body = {"tag_ids": tags, "target_id": dataset.id}
        client.post("/datasets/tags/binding", json=body)
        found.append((client.post("/datasets/tags/unbinding", json=body).status_code, dataset.get("/tags")["total"]))
    assert found == [(400, 2), (204, 0)]


def test_only_newer_servers_keep_a_summary(api: httpx.Client, v1_17: httpx.Client) -> None:
    found = []
    for client in (api, v1_17):
        dataset = Library.create(client, "Summaries", indexing_technique="economy")
        document = dataset.text()
        segment = dataset.segments(document)[0]
        row = dataset.change_segment(document, segment["id"], content=segment["content"], summary="Short.").json()["data"]
        found.append(row.get("summary"))
    assert found == [None, "Short."]


@pytest.fixture(params=["api", "v1_12"])
def either(request: pytest.FixtureRequest) -> httpx.Client:
    client: httpx.Client = request.getfixturevalue(request.param)
    return client


@pytest.mark.parametrize(("off", "on"), [("disable", "enable"), ("archive", "un_archive")])
def test_a_document_that_comes_back_brings_all_its_segments(either: httpx.Client, off: str, on: str) -> None:
    """Those that were off by hand are on, and keywords by hand are gone; on 1.10.1 as well."""
    dataset = Library.create(either, "Economy", indexing_technique="economy")
    document = dataset.text(text="Leave.\n\nLunch.", process_rule=custom())
    first, second = dataset.segments(document)
    dataset.change_segment(document, first["id"], content="Leave.", keywords=["holiday"])
    dataset.change_segment(document, second["id"], enabled=False)
    for action in (off, on):
        dataset.set_status(action, document)
    expected = [(True, ["Leave"]), (True, ["Lunch"])]
    assert eventually(lambda: [(row["enabled"], row["keywords"]) for row in dataset.segments(document)], expected) == expected


def test_keywords_sent_with_new_content_are_not_kept(either: httpx.Client) -> None:
    """In a high_quality dataset; a second call with the content as it is then keeps them."""
    dataset = Library.create(either, "High quality", indexing_technique="high_quality")
    document = dataset.text(indexing_technique="high_quality")
    segment = dataset.segments(document)[0]["id"]
    values = {"content": "New.", "keywords": ["mine"]}
    found = [dataset.change_segment(document, segment, **values).json()["data"]["keywords"] for _ in range(2)]
    assert found == [None, ["mine"]]


def test_an_update_in_another_form_is_refused(v1_12: httpx.Client) -> None:
    dataset = Library.create(v1_12, "Questions", indexing_technique="high_quality")
    document = dataset.text(indexing_technique="high_quality", doc_form="qa_model")
    response = dataset.post(f"/documents/{document}/update-by-text", {"name": "a", "text": "b", "process_rule": AUTOMATIC})
    assert (response.status_code, dataset.document(document)["indexing_status"]) == (400, "completed")
