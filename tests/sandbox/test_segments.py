"""Segments: list, show, add, change, delete; what is lost without a word."""

from typing import Any

import pytest

from tests.sandbox.support import PARENTS, UNKNOWN, Library, custom, eventually


@pytest.fixture
def document(economy: Library) -> str:
    return economy.text(text="First about lamps.\n\nSecond about desks.", process_rule=custom(max_tokens=50))


def add(dataset: Library, document_id: str, body: Any) -> Any:
    return dataset.post(f"/documents/{document_id}/segments", body)


def test_segments_come_in_order(economy: Library, document: str) -> None:
    rows = [(row["position"], row["content"]) for row in economy.segments(document)]
    assert rows == [(1, "First about lamps."), (2, "Second about desks.")]


def test_the_list_names_the_form(economy: Library, document: str) -> None:
    assert economy.get(f"/documents/{document}/segments")["doc_form"] == "text_model"


def test_the_keyword_ignores_case(economy: Library, document: str) -> None:
    assert [row["position"] for row in economy.segments(document, keyword="LAMPS")] == [1]


@pytest.mark.parametrize(("status", "rows"), [("completed", 2), ("error", 0)])
def test_the_status_filter(economy: Library, document: str, status: str, rows: int) -> None:
    assert len(economy.segments(document, status=status)) == rows


def test_a_new_segment_goes_to_the_end(economy: Library, document: str) -> None:
    assert economy.add_segment(document, content="Third.")["position"] == 3


def test_its_keywords_are_taken(economy: Library, document: str) -> None:
    assert economy.add_segment(document, content="Lamps.", keywords=["lamp", "price"])["keywords"] == ["lamp", "price"]


def test_keywords_of_one_text_are_its_letters(economy: Library, document: str) -> None:
    assert economy.add_segment(document, content="Lamps.", keywords="abc")["keywords"] == ["a", "b", "c"]


def test_a_new_segment_counts_in_its_document(economy: Library, document: str) -> None:
    economy.add_segment(document, content="Third.")
    assert economy.get("/documents")["data"][0]["word_count"] == 43


@pytest.mark.parametrize("segment", [{}, {"content": ""}, {"content": "   "}, {"keywords": ["x"]}])
def test_empty_content_is_refused(economy: Library, document: str, segment: dict[str, Any]) -> None:
    assert add(economy, document, {"segments": [segment]}).json()["message"] == "Content is empty"


@pytest.mark.parametrize("body", [{}, {"segments": None}])
def test_segments_left_out_is_an_error_of_its_own_shape(economy: Library, document: str, body: Any) -> None:
    response = add(economy, document, body)
    assert (response.status_code, response.json()) == (400, {"error": "Segments is required"})


def test_no_segments_is_fine(economy: Library, document: str) -> None:
    assert add(economy, document, {"segments": []}).json() == {"data": [], "doc_form": "text_model"}


def test_an_object_in_place_of_the_list_is_a_500(economy: Library, document: str) -> None:
    assert add(economy, document, {"segments": {"content": "x"}}).status_code == 500


def test_a_failed_document_takes_no_segments(economy: Library) -> None:
    broken = economy.file("a.pdf", b"%PDF broken")
    assert add(economy, broken, {"segments": []}).json()["message"] == "Document is not completed."


def test_a_disabled_document_takes_no_segments(economy: Library, document: str) -> None:
    economy.set_status("disable", document)
    assert add(economy, document, {"segments": []}).json()["message"] == "Document is disabled."


def test_an_archived_document_takes_segments(economy: Library, document: str) -> None:
    economy.set_status("archive", document)
    assert economy.add_segment(document, content="Third.")["status"] == "completed"


def test_an_unknown_segment(economy: Library, document: str) -> None:
    assert economy.get(f"/documents/{document}/segments/{UNKNOWN}")["message"] == "Segment not found."


def test_a_segment_answers_under_another_document(economy: Library, document: str) -> None:
    segment = economy.segments(document)[0]["id"]
    other = economy.text("b.txt")
    assert economy.get(f"/documents/{other}/segments/{segment}")["data"]["id"] == segment


def test_content_without_keywords_replaces_them(economy: Library, document: str) -> None:
    segment = economy.add_segment(document, content="Lamps.", keywords=["mine"])["id"]
    changed = economy.change_segment(document, segment, content="Desks and chairs.").json()["data"]
    assert changed["keywords"] == ["Desks", "chairs"]


def test_content_with_keywords_takes_both(economy: Library, document: str) -> None:
    segment = economy.segments(document)[0]["id"]
    changed = economy.change_segment(document, segment, content="New.", keywords=["mine"]).json()["data"]
    assert (changed["content"], changed["keywords"]) == ("New.", ["mine"])


def test_keywords_alone_keep_the_content(economy: Library, document: str) -> None:
    segment = economy.segments(document)[0]["id"]
    changed = economy.change_segment(document, segment, keywords=["mine"]).json()["data"]
    assert (changed["content"], changed["keywords"]) == ("First about lamps.", ["mine"])


def test_keywords_cannot_be_cleared(economy: Library, document: str) -> None:
    segment = economy.add_segment(document, content="Lamps.", keywords=["mine"])["id"]
    changed = economy.change_segment(document, segment, content="Lamps.", keywords=[]).json()["data"]
    assert changed["keywords"] == ["mine"]


def test_empty_content_keeps_the_old(economy: Library, document: str) -> None:
    segment = economy.segments(document)[0]["id"]
    assert economy.change_segment(document, segment, content="").json()["data"]["content"] == "First about lamps."


def test_disabling_drops_the_content_sent_with_it(economy: Library, document: str) -> None:
    segment = economy.segments(document)[0]["id"]
    changed = economy.change_segment(document, segment, enabled=False, content="Lost.").json()["data"]
    assert (changed["enabled"], changed["content"]) == (False, "First about lamps.")


def test_right_after_disabling_the_segment_is_locked(economy: Library, document: str) -> None:
    segment = economy.segments(document)[0]["id"]
    economy.change_segment(document, segment, enabled=False)
    response = economy.change_segment(document, segment, enabled=True)
    assert response.json()["message"] == "Segment is indexing, please try again later"


def disabled(dataset: Library, document_id: str) -> str:
    """A disabled segment whose lock the worker has released."""
    segment: str = dataset.segments(document_id)[0]["id"]
    dataset.change_segment(document_id, segment, enabled=False)
    refusal = "Can't update disabled segment"
    assert eventually(lambda: dataset.change_segment(document_id, segment).json().get("message"), refusal) == refusal
    return segment


def test_a_disabled_segment_is_changed_only_when_it_is_enabled_too(economy: Library, document: str) -> None:
    segment = disabled(economy, document)
    changed = economy.change_segment(document, segment, enabled=True, content="Back.").json()["data"]
    assert (changed["enabled"], changed["content"]) == (True, "Back.")


def test_enabling_extracts_the_keywords_anew(economy: Library, document: str) -> None:
    economy.change_segment(document, economy.segments(document)[0]["id"], keywords=["mine"])
    segment = disabled(economy, document)
    assert economy.change_segment(document, segment, enabled=True).json()["data"]["keywords"] == ["First", "lamps"]


@pytest.mark.parametrize("body", [{}, {"segment": None}, {"segment": {"keywords": "a"}}])
def test_a_bad_change_is_refused(economy: Library, document: str, body: Any) -> None:
    segment = economy.segments(document)[0]["id"]
    assert economy.post(f"/documents/{document}/segments/{segment}", body).json()["code"] == "invalid_param"


def test_a_deleted_segment_leaves_a_gap(economy: Library, document: str) -> None:
    path = f"/documents/{document}/segments/{economy.segments(document)[0]['id']}"
    assert (economy.delete(path).json(), economy.delete(path).status_code) == (204, 404)
    assert [row["position"] for row in economy.segments(document)] == [2]


@pytest.fixture
def questions(economy: Library) -> str:
    return economy.text(doc_form="qa_model")


@pytest.mark.parametrize(("answer", "message"), [(None, "Answer is required"), ("  ", "Answer is empty")])
def test_a_question_needs_an_answer(economy: Library, questions: str, answer: str | None, message: str) -> None:
    response = add(economy, questions, {"segments": [{"content": "Q?", "answer": answer}]})
    assert response.json()["message"] == message


def test_an_answer_counts_as_words(economy: Library, questions: str) -> None:
    assert economy.add_segment(questions, content="Price?", answer="20 EUR")["word_count"] == 12


def test_a_change_without_the_answer_blanks_it(economy: Library, questions: str) -> None:
    segment = economy.segments(questions)[0]["id"]
    assert economy.change_segment(questions, segment, content="New?").json()["data"]["answer"] is None


def test_high_quality_keeps_its_keywords(high_quality: Library) -> None:
    document_id = high_quality.text()
    segment = high_quality.add_segment(document_id, content="Leave.", keywords=["mine"])["id"]
    changed = high_quality.change_segment(document_id, segment, content="More leave.").json()["data"]
    assert (changed["keywords"], changed["tokens"]) == (["mine"], 2)


@pytest.fixture
def parents(high_quality: Library) -> str:
    return high_quality.text(text="Lamps\nA lamp.", doc_form="hierarchical_model", process_rule=PARENTS)


def children(segment: dict[str, Any]) -> list[str]:
    return [child["content"] for child in segment["child_chunks"]]


def test_a_new_parent_gets_children(high_quality: Library, parents: str) -> None:
    assert children(high_quality.add_segment(parents, content="Desks\nA desk.")) == ["Desks", "A desk."]


@pytest.mark.parametrize(("again", "expected"), [(False, ["Lamps", "A lamp."]), (True, ["New"])])
def test_children_are_made_anew_only_on_request(
    high_quality: Library, parents: str, *, again: bool, expected: list[str]
) -> None:
    segment = high_quality.segments(parents)[0]["id"]
    change = {"content": "New", "regenerate_child_chunks": again}
    assert children(high_quality.change_segment(parents, segment, **change).json()["data"]) == expected


@pytest.mark.parametrize(
    ("segments", "status"),
    [("abc", 400), (["x"], 400), (["content"], 500), ([5], 500), ([None], 500), ([{"content": 5}], 500), (5, 400)],
)
def test_segments_that_are_no_objects(economy: Library, document: str, segments: Any, status: int) -> None:
    response = add(economy, document, {"segments": segments})
    assert (response.status_code, "x-sandbox-quirk" in response.headers) == (status, status == 500)


def test_an_answer_that_is_not_used_is_not_looked_at(economy: Library, document: str) -> None:
    assert economy.add_segment(document, content="x", answer=5)["answer"] is None


@pytest.mark.parametrize("segment", ["x", 5])
def test_a_change_that_is_no_object_is_refused_by_the_parser(economy: Library, document: str, segment: Any) -> None:
    path = f"/documents/{document}/segments/{economy.segments(document)[0]['id']}"
    assert list(economy.post(path, {"segment": segment}).json()["errors"]) == ["segment"]
