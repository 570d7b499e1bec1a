"""What a server lacks is found out once, and never taken from the API's own 404."""

import io
from typing import Any

import httpx
import pytest

from datasets_ui.dify.capabilities import Capabilities, Feature
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import NewDocument, ProcessRule
from datasets_ui.dify.errors import ConnectionLost, Invalid, NotFound, NotSupported, ServerFailed
from tests.dify import rows
from tests.dify.support import DATASET, DOCUMENT, Api, api, error_of, saying

PAGE = httpx.Response(404, text="<!doctype html><h1>Not Found</h1>", headers={"Content-Type": "text/html; charset=utf-8"})
NO_METHOD = saying({"code": "method_not_allowed", "message": "The method is not allowed.", "status": 405}, 405)
NO_SUCH_DOCUMENT = saying({"code": "not_found", "message": "Document not found.", "status": 404}, 404)
CREATED = saying({"document": rows.document(), "batch": "2026"})


def paths(fake: Api) -> list[str]:
    return [f"{request.method} {request.url.path.rpartition('/')[2]}" for request in fake.requests]


def create(client: DifyClient) -> object:
    return client.documents.create_by_text(DATASET, name="a", text="b", new=NewDocument())


def known(**changes: Any) -> httpx.Response:
    """The document, from a server that tells its version."""
    return saying(rows.document(**changes), headers={"X-Version": "1.10.1"})


def update(client: DifyClient) -> object:
    file = io.BytesIO(b"content")
    rule = ProcessRule()
    return client.documents.update_by_file(
        DATASET, DOCUMENT, name="a.txt", file=file, content_type="text/plain", process_rule=rule
    )


def test_the_newer_spelling_is_enough_where_it_is_known() -> None:
    fake = api(CREATED)
    create(fake.client)
    assert paths(fake) == ["POST create-by-text"]


@pytest.mark.parametrize("unknown", [PAGE, NO_METHOD], ids=["page", "method"])
def test_the_older_spelling_is_tried_when_the_newer_is_unknown(unknown: httpx.Response) -> None:
    fake = api(unknown, CREATED)
    create(fake.client)
    assert paths(fake) == ["POST create-by-text", "POST create_by_text"]


def test_the_older_spelling_is_remembered() -> None:
    fake = api(PAGE, CREATED)
    client = fake.client
    create(client)
    create(client)
    assert paths(fake)[2:] == ["POST create_by_text"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (NO_SUCH_DOCUMENT, NotFound),
        (saying({"code": "invalid_param", "message": ""}, 400), Invalid),
        (saying({}, 500), ServerFailed),
        (httpx.ReadError(""), ConnectionLost),
        (httpx.Response(404), NotFound),
    ],
)
def test_no_other_failure_leads_to_another_spelling(answer: Any, kind: type[Exception]) -> None:
    fake = api(answer)
    error_of(kind, lambda: create(fake.client))
    assert len(fake.requests) == 1


def test_a_refusal_by_the_older_spelling_shows_that_it_is_known() -> None:
    fake = api(known(), NO_METHOD, NO_SUCH_DOCUMENT)
    client = fake.client
    error_of(NotFound, lambda: update(client))
    assert client.capabilities.lacks("PATCH document")


def test_a_file_is_sent_whole_in_each_spelling() -> None:
    fake = api(known(), NO_METHOD, PAGE, CREATED)
    update(fake.client)
    assert paths(fake)[1:] == [f"PATCH {DOCUMENT}", "POST update-by-file", "POST update_by_file"]
    assert all(b"\r\n\r\ncontent\r\n" in body for body in fake.bodies[1:])


def test_where_no_spelling_is_known_nothing_is_kept() -> None:
    fake = api(PAGE)
    client = fake.client
    assert error_of(NotSupported, lambda: create(client)).status == 404
    assert not client.capabilities.missing


def test_a_lack_is_asked_for_once() -> None:
    fake = api(PAGE)
    client = fake.client
    for _ in range(2):
        error_of(NotSupported, lambda: client.documents.download_url(DATASET, DOCUMENT))
    assert len(fake.requests) == 1


def test_a_lack_is_known_to_all_clients_of_a_connection() -> None:
    fake = api(PAGE)
    shared = Capabilities()
    first, second = (DifyClient("https://api.example.com/v1", fake.http.key, fake.transport, None, shared) for _ in "ab")
    error_of(NotSupported, first.models.list)
    error_of(NotSupported, second.models.list)
    assert len(fake.requests) == 1


def test_the_apis_own_404_is_not_a_lack() -> None:
    client = api(NO_SUCH_DOCUMENT).client
    error_of(NotFound, lambda: client.documents.download_url(DATASET, DOCUMENT))
    assert not client.capabilities.lacks(Feature.DOWNLOAD)


def test_one_lack_says_nothing_of_another() -> None:
    client = api(PAGE, saying([])).client
    error_of(NotSupported, lambda: client.documents.download_url(DATASET, DOCUMENT))
    assert client.tags.list() == []


def test_another_version_of_the_server_is_asked_anew() -> None:
    capabilities = Capabilities()
    capabilities.saw("1.10.1")
    capabilities.missing.add(Feature.TAGS)
    capabilities.saw("1.10.1")
    assert capabilities.lacks(Feature.TAGS)
    capabilities.saw("1.17.0")
    assert not capabilities.lacks(Feature.TAGS)


def test_the_version_is_taken_from_every_answer() -> None:
    client = api(saying(rows.page(), headers={"X-Version": "1.10.1"})).client
    client.datasets.page()
    assert client.capabilities.version == "1.10.1"


# --- updates that would hang the server ---


def rename(client: DifyClient) -> object:
    return client.documents.update_by_text(DATASET, DOCUMENT, name="b", text=None, process_rule=ProcessRule())


@pytest.mark.parametrize("act", [rename, update], ids=["text", "file"])
@pytest.mark.parametrize("version", ["1.12.0", "1.12.1", "1.12", "1.12.1-rc1", "", "unknown", "v1.13.0", "1"])
def test_no_update_is_sent_where_it_may_hang_the_server(version: str, act: Any) -> None:
    """On 1.12.0 and 1.12.1 nothing would be indexed for anybody any more, and a server without a version may be one of them. A client
    that never had an answer finds out by a read."""
    fake = api(saying(rows.document(), headers={"X-Version": version}))
    error = error_of(NotSupported, lambda: act(fake.client))
    assert (error.code, [request.method for request in fake.requests]) == ("updates_hang", ["GET"])


def test_no_update_is_sent_to_a_server_that_was_changed_to_one_that_hangs() -> None:
    """The version that counts is the one of the moment."""
    fake = api(saying(rows.document(), headers={"X-Version": "1.12.1"}))
    client = fake.client
    client.capabilities.saw("1.10.1")
    error_of(NotSupported, lambda: rename(client))
    assert [request.method for request in fake.requests] == ["GET"]


@pytest.mark.parametrize("version", ["1.10.1", "1.11.4", "1.12.2", "1.12.10", "1.13.3", "1.17.1", "2.0.0"])
def test_an_update_is_sent_to_every_other_version(version: str) -> None:
    fake = api(saying(rows.document(), headers={"X-Version": version}), CREATED)
    rename(fake.client)
    assert paths(fake)[1:] == ["POST update-by-text"]


@pytest.mark.parametrize("form", ["qa_model", "hierarchical_model"])
def test_an_update_brings_the_documents_own_form(form: str) -> None:
    """Left out it counts as text_model, which a dataset of another form refuses."""
    fake = api(known(doc_form=form), CREATED)
    rename(fake.client)
    fake.answers[:] = [known(doc_form=form), CREATED]
    update(fake.client)
    assert [f'"doc_form":"{form}"'.encode() in body.replace(b": ", b":") for body in fake.bodies] == [False, True, False, True]
