"""Segments: what is sent, and what is made of the answer."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.documents import Document
from datasets_ui.dify.errors import Invalid, NotFound, UnexpectedShape
from datasets_ui.dify.segments import Segment, linked_attachments
from tests.dify import rows
from tests.dify.support import DATASET, DOCUMENT, SEGMENT, Api, api, error_of, saying
from tests.dify.waiting import indexed, when_ready

PATH = f"/v1/datasets/{DATASET}/documents/{DOCUMENT}/segments"


def sent(fake: Api) -> tuple[str, str, Any]:
    request, body = fake.requests[-1], fake.bodies[-1]
    return request.method, request.url.raw_path.decode().removeprefix(PATH), json.loads(body) if body else None


def test_a_page_is_read() -> None:
    page = api(saying(rows.page(rows.segment()))).client.segments.page(DATASET, DOCUMENT)
    assert [(row.characters, row.keywords) for row in page.data] == [(27, ["leave"])]


@pytest.mark.parametrize(("keyword", "query"), [("", "?page=3&limit=50"), ("ünder", "?page=3&limit=50&keyword=%C3%BCnder")])
def test_a_page_is_asked_for(keyword: str, query: str) -> None:
    fake = api(saying(rows.page()))
    fake.client.segments.page(DATASET, DOCUMENT, 3, limit=50, keyword=keyword)
    assert sent(fake) == ("GET", query, None)


def test_one_is_asked_for() -> None:
    fake = api(saying({"data": rows.segment()}))
    assert fake.client.segments.get(DATASET, DOCUMENT, SEGMENT).id == SEGMENT
    assert sent(fake) == ("GET", f"/{SEGMENT}", None)


@pytest.mark.parametrize(
    ("answer", "keywords", "row"),
    [
        (None, [], {"content": "New"}),
        ("Yes", [], {"content": "New", "answer": "Yes"}),
        ("", ["a"], {"content": "New", "answer": "", "keywords": ["a"]}),
    ],
)
def test_one_is_added(answer: str | None, keywords: list[str], row: dict[str, Any]) -> None:
    fake = api(saying({"data": [rows.segment()]}))
    fake.client.segments.create(DATASET, DOCUMENT, content="New", answer=answer, keywords=keywords)
    assert sent(fake) == ("POST", "", {"segments": [row]})


@pytest.mark.parametrize("body", [{"data": []}, {"data": None}, {}, None, 204])
def test_an_added_segment_that_does_not_come_back_may_exist(body: Any) -> None:
    fake = api(saying(body))
    add = fake.client.segments.create
    error = error_of(UnexpectedShape, lambda: add(DATASET, DOCUMENT, content="New", answer=None, keywords=[]))
    assert error.outcome_unknown


def test_an_update_always_sends_content_answer_and_keywords() -> None:
    fake = api(saying({"data": rows.segment()}))
    fake.client.segments.update(DATASET, DOCUMENT, SEGMENT, content="New", answer=None, keywords=[], attachment_ids=None)
    assert sent(fake) == ("POST", f"/{SEGMENT}", {"segment": {"content": "New", "answer": None, "keywords": []}})


def test_disabling_sends_nothing_else() -> None:
    fake = api(saying({"data": rows.segment(enabled=False)}))
    row = Segment.model_validate(rows.segment())
    assert not fake.client.segments.set_enabled(DATASET, DOCUMENT, row, enabled=False).enabled
    assert sent(fake) == ("POST", f"/{SEGMENT}", {"segment": {"enabled": False}})


@pytest.mark.parametrize(("keywords", "given"), [(["leave"], ["leave"]), (None, [])])
def test_enabling_sends_all_the_rest_as_it_is(keywords: list[str] | None, given: list[str]) -> None:
    fake = api(saying({"data": rows.segment()}))
    row = Segment.model_validate(rows.segment(content="Q", answer="A", keywords=keywords))
    fake.client.segments.set_enabled(DATASET, DOCUMENT, row, enabled=True)
    assert sent(fake)[2] == {"segment": {"enabled": True, "content": "Q", "answer": "A", "keywords": given}}


PICTURE = UUID("484e857e-64b6-49d5-ab98-d14c19c0cf47")
LINK = f"![image](https://dify.example/files/{PICTURE}/file-preview)"
ATTACHED = {"id": str(PICTURE), "name": "image_files/a/b.png", "size": 0, "extension": "png", "mime_type": "image/png"}
SIGNED = f"https://dify.example/files/{PICTURE}/image-preview?timestamp=1795627460&nonce=n&sign=CANARY"


def test_an_update_sends_the_pictures() -> None:
    """Without their ids a high-quality dataset of 1.11 to 1.17 loses them."""
    fake = api(saying({"data": rows.segment()}))
    changed = partial(fake.client.segments.update, DATASET, DOCUMENT, SEGMENT, content="New", answer=None, keywords=[])
    changed(attachment_ids=[PICTURE])
    assert sent(fake)[2]["segment"]["attachment_ids"] == [str(PICTURE)]


@pytest.mark.parametrize(
    ("attached", "given"),
    [({}, None), ({"attachments": None}, None), ({"attachments": []}, []), ({"attachments": [ATTACHED]}, [PICTURE])],
)
def test_enabling_sends_the_pictures_of_the_segment(attached: dict[str, Any], given: list[UUID] | None) -> None:
    """None where the server names no attachments: it would not know them."""
    fake = api(saying({"data": rows.segment()}))
    row = Segment.model_validate(rows.segment(**attached))
    fake.client.segments.set_enabled(DATASET, DOCUMENT, row, enabled=True)
    assert row.attachment_ids == given
    assert sent(fake)[2]["segment"].get("attachment_ids") == (None if given is None else [str(id_) for id_ in given])


def test_signed_links_show_in_no_representation() -> None:
    """Whoever has them can see the pictures."""
    row = Segment.model_validate(rows.segment(sign_content=SIGNED, attachments=[ATTACHED | {"source_url": SIGNED}]))
    assert "CANARY" not in repr(row) + row.model_dump_json()
    assert [attachment.source_url and attachment.source_url.get_secret_value() for attachment in row.attachments or []] == [
        SIGNED
    ]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (f"A {LINK} b {LINK}", [PICTURE]),
        (f"![image]({SIGNED})", [PICTURE]),
        ("![image](https://dify.example/files/nope/file-preview)", []),
        (f"![image](https://dify.example/files/{PICTURE}/other)", []),
        ("", []),
    ],
)
def test_the_pictures_that_a_text_links_to(content: str, found: list[UUID]) -> None:
    assert linked_attachments(content) == found


def test_looking_for_pictures_takes_no_longer_than_reading() -> None:
    assert linked_attachments(f"/files/{str(PICTURE)[:-1]}" * 200_000) == []


def test_a_segment_that_could_not_be_indexed_is_seen() -> None:
    """The API answers 200, with the text of an SQL statement."""
    fake = api(saying({"data": rows.segment(status="error", enabled=False, error="(psycopg2.errors…) [SQL: SELECT 1]")}))
    act = partial(fake.client.segments.update, DATASET, DOCUMENT, SEGMENT, content="New", answer=None, keywords=[])
    row = act(attachment_ids=None)
    assert (row.failed, row.enabled) == (True, False)


def test_one_is_deleted() -> None:
    fake = api(saying(204))
    fake.client.segments.delete(DATASET, DOCUMENT, SEGMENT)
    assert sent(fake) == ("DELETE", f"/{SEGMENT}", None)


def test_one_that_is_being_deleted_is_a_done_thing() -> None:
    fake = api(saying({"code": "invalid_param", "message": "Segment is deleting.", "status": 400}, 400))
    fake.client.segments.delete(DATASET, DOCUMENT, SEGMENT)
    assert len(fake.requests) == 1


def test_another_refusal_of_a_deletion_is_none() -> None:
    fake = api(saying({"code": "invalid_param", "message": "Segment is indexing.", "status": 400}, 400))
    error_of(Invalid, lambda: fake.client.segments.delete(DATASET, DOCUMENT, SEGMENT))


@pytest.mark.parametrize(("updated_by", "edited"), [(None, False), ("8b5b6c1e-6d0a-4a3e-9d0f-2f1f6a3f9a10", True)])
def test_a_segment_is_edited_when_somebody_changed_it(updated_by: str | None, edited: bool) -> None:
    """Indexing moves `updated_at`, too."""
    assert Segment.model_validate(rows.segment(updated_at=2000, updated_by=updated_by)).edited is edited


# --- against the sandbox ---


@pytest.fixture
def document(client: DifyClient, dataset: Dataset) -> Document:
    return indexed(client, dataset.id, "Every employee has paid leave.")


@pytest.fixture
def segment(client: DifyClient, dataset: Dataset, document: Document) -> Segment:
    return client.segments.page(dataset.id, document.id).data[0]


def raw(client: DifyClient, dataset: Dataset, segment: Segment, **changes: object) -> None:
    client.segments.change(dataset.id, segment.document_id, segment.id, changes)


def test_an_added_segment_goes_to_the_end(client: DifyClient, dataset: Dataset, document: Document) -> None:
    client.segments.create(dataset.id, document.id, content="Sick leave.", answer=None, keywords=["sick"])
    found = client.segments.page(dataset.id, document.id).data
    assert [(row.position, row.content) for row in found] == [(1, "Every employee has paid leave."), (2, "Sick leave.")]


def test_an_update_keeps_the_keywords_it_is_given(client: DifyClient, dataset: Dataset, segment: Segment) -> None:
    path = (dataset.id, segment.document_id, segment.id)
    client.segments.update(*path, content="Sick leave.", answer=None, keywords=["chosen"], attachment_ids=None)
    row = client.segments.get(*path)
    assert (row.content, row.keywords) == ("Sick leave.", ["chosen"])


def test_an_update_with_no_keywords_keeps_the_old_ones(client: DifyClient, dataset: Dataset, segment: Segment) -> None:
    path = (dataset.id, segment.document_id, segment.id)
    row = client.segments.update(*path, content=segment.content, answer=None, keywords=[], attachment_ids=None)
    assert row.keywords == segment.keywords


def test_a_changed_content_with_no_keywords_gets_new_ones(client: DifyClient, dataset: Dataset, segment: Segment) -> None:
    path = (dataset.id, segment.document_id, segment.id)
    row = client.segments.update(*path, content="Sick days.", answer=None, keywords=[], attachment_ids=None)
    assert sorted(row.keywords or []) == ["Sick", "days"]


def test_content_without_keywords_would_replace_them(client: DifyClient, dataset: Dataset, segment: Segment) -> None:
    raw(client, dataset, segment, content="Sick days.")
    assert client.segments.get(dataset.id, segment.document_id, segment.id).keywords != segment.keywords


def test_content_that_comes_along_with_a_disabling_would_be_dropped(
    client: DifyClient, dataset: Dataset, segment: Segment
) -> None:
    raw(client, dataset, segment, content="Sick days.", enabled=False)
    row = client.segments.get(dataset.id, segment.document_id, segment.id)
    assert (row.content, row.enabled) == (segment.content, False)


def test_a_disabled_segment_comes_back_as_it_was(client: DifyClient, dataset: Dataset, segment: Segment) -> None:
    path = (dataset.id, segment.document_id, segment.id)
    client.segments.update(*path, content="Sick leave.", answer=None, keywords=["chosen"], attachment_ids=None)
    off = client.segments.set_enabled(*path[:2], client.segments.get(*path), enabled=False)
    on = when_ready(lambda: client.segments.set_enabled(*path[:2], off, enabled=True))
    assert [(row.enabled, row.content, row.keywords) for row in (off, on)] == [
        (False, "Sick leave.", ["chosen"]),
        (True, "Sick leave.", ["chosen"]),
    ]


def test_a_disabled_segment_cannot_be_updated(client: DifyClient, dataset: Dataset, segment: Segment) -> None:
    path = (dataset.id, segment.document_id, segment.id)
    client.segments.set_enabled(*path[:2], segment, enabled=False)
    until_not_busy = partial(
        client.segments.update, *path, content="Sick leave.", answer=None, keywords=[], attachment_ids=None
    )
    assert last_refusal(until_not_busy) == "segment_disabled"


def last_refusal(act: Callable[[], object]) -> str:
    """What the API says once it is no longer busy."""

    def refused() -> str:
        try:
            act()
        except Invalid as error:
            if error.code != "segment_indexing":
                return error.code
            raise
        return "nothing"

    return when_ready(refused)


@pytest.fixture
def question(client: DifyClient, dataset: Dataset) -> Segment:
    document = indexed(client, dataset.id, "Leave.", form="qa_model")
    return client.segments.create(dataset.id, document.id, content="How much leave?", answer="25 days.", keywords=["leave"])


def test_an_update_keeps_the_answer_it_is_given(client: DifyClient, dataset: Dataset, question: Segment) -> None:
    path = (dataset.id, question.document_id, question.id)
    row = client.segments.update(*path, content="How many days?", answer=question.answer, keywords=[], attachment_ids=None)
    assert (row.content, row.answer) == ("How many days?", "25 days.")


def test_content_without_an_answer_would_blank_it(client: DifyClient, dataset: Dataset, question: Segment) -> None:
    raw(client, dataset, question, content="How many days?", keywords=["leave"])
    assert not client.segments.get(dataset.id, question.document_id, question.id).answer


def test_a_deleted_segment_is_gone(client: DifyClient, dataset: Dataset, segment: Segment) -> None:
    client.segments.delete(dataset.id, segment.document_id, segment.id)
    error_of(NotFound, lambda: client.segments.get(dataset.id, segment.document_id, segment.id))


def test_a_search_ignores_case(client: DifyClient, dataset: Dataset, segment: Segment) -> None:
    found = [client.segments.page(dataset.id, segment.document_id, keyword=keyword).total for keyword in ("EMPLOYEE", "dog")]
    assert found == [1, 0]


def test_nothing_is_added_to_a_disabled_document(client: DifyClient, dataset: Dataset, document: Document) -> None:
    client.documents.set_status(dataset.id, "disable", [document.id])
    act = partial(client.segments.create, dataset.id, document.id, content="Sick leave.", answer=None, keywords=[])
    assert error_of(NotFound, act).detail == "Document is disabled."
