"""Child chunks of a segment."""

from typing import Any

import pytest

from tests.sandbox.support import PARENTS, UNKNOWN, Library


@pytest.fixture
def path(high_quality: Library) -> str:
    """Where the children of a parent with two of them are."""
    document_id = high_quality.text(text="Lamps\nA lamp.", doc_form="hierarchical_model", process_rule=PARENTS)
    return f"/documents/{document_id}/segments/{high_quality.segments(document_id)[0]['id']}/child_chunks"


def contents(dataset: Library, path: str, **query: Any) -> list[str]:
    return [child["content"] for child in dataset.get(path, **query)["data"]]


def test_children_come_in_order(high_quality: Library, path: str) -> None:
    assert contents(high_quality, path) == ["Lamps", "A lamp."]


def test_a_page_of_children(high_quality: Library, path: str) -> None:
    page = high_quality.get(path, limit=1, page=2)
    page["data"] = [child["content"] for child in page["data"]]
    assert page == {"data": ["A lamp."], "total": 2, "total_pages": 2, "page": 2, "limit": 1}


def test_the_limit_is_capped_and_says_so(high_quality: Library, path: str) -> None:
    assert high_quality.get(path, limit=1000)["limit"] == 100


def test_a_limit_that_is_no_number_is_refused(high_quality: Library, path: str) -> None:
    assert list(high_quality.get(path, limit="x")["errors"]) == ["limit"]


def test_the_keyword(high_quality: Library, path: str) -> None:
    assert contents(high_quality, path, keyword="a LAMP") == ["A lamp."]


def test_a_new_child_goes_to_the_end(high_quality: Library, path: str) -> None:
    child = high_quality.post(path, {"content": "Blue."}).json()["data"]
    assert (child["position"], child["type"], child["word_count"]) == (3, "customized", 5)


@pytest.mark.parametrize("body", [{}, {"content": None}])
def test_a_child_needs_content(high_quality: Library, path: str, body: dict[str, None]) -> None:
    assert list(high_quality.post(path, body).json()["errors"]) == ["content"]


def test_a_child_is_changed(high_quality: Library, path: str) -> None:
    child = high_quality.get(path)["data"][0]["id"]
    high_quality.patch(f"{path}/{child}", {"content": "Lights"})
    assert contents(high_quality, path) == ["Lights", "A lamp."]


def test_a_child_is_deleted_once(high_quality: Library, path: str) -> None:
    child = f"{path}/{high_quality.get(path)['data'][0]['id']}"
    assert (high_quality.delete(child).json(), high_quality.delete(child).status_code) == (204, 404)


def test_an_unknown_segment_has_no_children(high_quality: Library, path: str) -> None:
    document = path.split("/segments", maxsplit=1)[0]
    assert high_quality.get(f"{document}/segments/{UNKNOWN}/child_chunks")["message"] == "Segment not found."


def test_a_segment_without_children(economy: Library) -> None:
    document_id = economy.text()
    path = f"/documents/{document_id}/segments/{economy.segments(document_id)[0]['id']}/child_chunks"
    assert economy.get(path) == {"data": [], "total": 0, "total_pages": 0, "page": 1, "limit": 20}


def test_no_limit_is_the_usual_one(high_quality: Library, path: str) -> None:
    page = high_quality.get(path, limit=0)
    assert (len(page["data"]), page["total_pages"], page["limit"]) == (2, 1, 0)


def test_under_another_document_children_are_neither_shown_nor_changed(high_quality: Library, path: str) -> None:
    other = high_quality.text("other.txt", doc_form="hierarchical_model", process_rule=PARENTS)
    child = high_quality.get(path)["data"][0]["id"]
    elsewhere = f"/documents/{other}/segments/{path.split('/')[4]}/child_chunks"
    assert high_quality.get(elsewhere)["data"] == []
    answers = [high_quality.patch(f"{elsewhere}/{child}", {"content": "x"}), high_quality.delete(f"{elsewhere}/{child}")]
    assert [answer.status_code for answer in answers] == [404, 404]
