"""Documents: list, show, status actions, delete, the original file."""

from typing import Any

import httpx
import pytest

from tests.sandbox.support import AUTOMATIC, UNKNOWN, Library, eventually


def names(dataset: Library, **query: Any) -> list[str]:
    return [row["name"] for row in dataset.get("/documents", **query)["data"]]


def test_the_last_created_comes_first(economy: Library) -> None:
    for name in ("one", "two"):
        economy.text(name)
    assert names(economy) == ["two", "one"]


def test_the_keyword_minds_case(economy: Library) -> None:
    economy.text("Doc 3.txt")
    assert (names(economy, keyword="Doc"), names(economy, keyword="doc")) == (["Doc 3.txt"], [])


def test_an_underscore_in_the_keyword_is_any_letter(economy: Library) -> None:
    economy.text("Doc 3.txt")
    assert names(economy, keyword="Doc_3") == ["Doc 3.txt"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("available", ["open"]), ("enabled", ["open"]), ("disabled", ["off"]), ("archived", ["old"]), ("error", ["bad.pdf"])],
)
def test_the_status_filter(economy: Library, status: str, expected: list[str]) -> None:
    economy.text("open")
    economy.set_status("disable", economy.text("off"))
    economy.set_status("archive", economy.text("old"))
    economy.file("bad.pdf", b"%PDF broken")
    assert names(economy, status=status) == expected


def test_an_unknown_status_filters_nothing(economy: Library) -> None:
    economy.text("open")
    assert names(economy, status="zzz") == ["open"]


def test_a_document_shows_its_file_and_rule(economy: Library) -> None:
    shown = economy.document(economy.text("a.txt", "hello"))
    assert shown["data_source_info"]["upload_file"]["name"] == "a.txt"
    assert shown["document_process_rule"]["mode"] == "automatic"
    assert (shown["segment_count"], shown["average_segment_length"], shown["doc_language"]) == (1, 5, "English")


def test_metadata_only(economy: Library) -> None:
    document_id = economy.text()
    shown = economy.get(f"/documents/{document_id}", metadata="only")
    assert shown == {"id": document_id, "doc_type": None, "doc_metadata": None}


def test_metadata_left_out(economy: Library) -> None:
    shown = economy.get(f"/documents/{economy.text()}", metadata="without")
    assert "doc_metadata" not in shown


def test_an_unknown_word_for_metadata(economy: Library) -> None:
    assert economy.get(f"/documents/{economy.text()}", metadata="bogus")["code"] == "invalid_metadata"


def test_an_unknown_document(economy: Library) -> None:
    assert economy.document(UNKNOWN)["message"] == "Document not found."


def test_an_unknown_batch(economy: Library) -> None:
    assert economy.get("/documents/20250101000000123456/indexing-status")["message"] == "Documents not found."


def test_a_deleted_document_answers_200_with_204_inside(economy: Library) -> None:
    response = economy.delete(f"/documents/{economy.text()}")
    assert (response.status_code, response.json()) == (200, 204)


def test_a_document_is_deleted_once(economy: Library) -> None:
    document_id = economy.text()
    economy.delete(f"/documents/{document_id}")
    assert economy.delete(f"/documents/{document_id}").json()["message"] == "Document Not Exists."


def test_an_archived_document_cannot_be_deleted(economy: Library) -> None:
    document_id = economy.text()
    economy.set_status("archive", document_id)
    response = economy.delete(f"/documents/{document_id}")
    assert (response.status_code, response.json()["code"]) == (403, "archived_document_immutable")


@pytest.mark.parametrize(
    ("actions", "display"),
    [
        (["disable"], "disabled"),
        (["disable", "enable"], "available"),
        (["archive"], "archived"),
        (["archive", "un_archive"], "available"),
        (["disable", "disable"], "disabled"),
        (["un_archive"], "available"),
    ],
)
def test_actions(economy: Library, actions: list[str], display: str) -> None:
    document_id = economy.text()
    for action in actions:
        assert economy.set_status(action, document_id).json() == {"result": "success"}
    assert economy.document(document_id)["display_status"] == display


def test_the_next_action_must_wait_for_the_worker(economy: Library) -> None:
    document_id = economy.text("a.txt")
    economy.set_status("disable", document_id)
    response = economy.patch("/documents/status/enable", {"document_ids": [document_id]})
    assert response.json()["message"] == "Document:a.txt is being indexed, please try again later"


def test_disabling_a_document_disables_its_segments(economy: Library) -> None:
    document_id = economy.text()
    economy.set_status("disable", document_id)
    assert eventually(lambda: economy.segments(document_id)[0]["enabled"], wanted=False) is False


def test_enabling_a_document_enables_its_segments(economy: Library) -> None:
    document_id = economy.text()
    for action in ("disable", "enable"):
        economy.set_status(action, document_id)
    assert eventually(lambda: economy.segments(document_id)[0]["enabled"], wanted=True) is True


def test_a_failed_document_cannot_be_disabled(economy: Library) -> None:
    broken = economy.file("a.pdf", b"%PDF broken")
    assert economy.set_status("disable", broken).json()["message"] == "Document: a.pdf is not completed."


def test_the_lock_of_an_archived_failed_document_stays(economy: Library) -> None:
    broken = economy.file("a.pdf", b"%PDF broken")
    economy.set_status("archive", broken)
    response = economy.patch("/documents/status/un_archive", {"document_ids": [broken]})
    assert response.json()["code"] == "invalid_action"


def test_an_unknown_action(economy: Library) -> None:
    assert economy.set_status("explode", economy.text()).json()["code"] == "invalid_action"


@pytest.mark.parametrize("body", [{}, {"document_ids": []}, {"document_ids": [UNKNOWN]}])
def test_no_document_to_act_on_is_a_success(economy: Library, body: dict[str, Any]) -> None:
    assert economy.patch("/documents/status/enable", body).json() == {"result": "success"}


def test_a_malformed_id_is_a_500(economy: Library) -> None:
    assert economy.set_status("enable", "nope").status_code == 500


def test_an_action_needs_json(api: httpx.Client, economy: Library) -> None:
    assert api.patch(f"/datasets/{economy.id}/documents/status/enable").status_code == 415


def test_an_automatic_rule_is_spelled_out(economy: Library) -> None:
    economy.text(process_rule=AUTOMATIC)
    shown = economy.document(economy.get("/documents")["data"][0]["id"])
    assert shown["dataset_process_rule"]["rules"]["segmentation"]["max_tokens"] == 500


def test_the_status_filter_ignores_case_and_knows_active(economy: Library) -> None:
    economy.text("open")
    economy.set_status("disable", economy.text("off"))
    assert [names(economy, status=status) for status in ("ACTIVE", "Disabled")] == [["open"], ["off"]]


@pytest.mark.parametrize("ids", [None, "", 0, {}])
def test_no_ids_are_a_success(economy: Library, ids: Any) -> None:
    assert economy.patch("/documents/status/enable", {"document_ids": ids}).json() == {"result": "success"}


def test_one_that_is_refused_keeps_the_others_as_they_are(economy: Library) -> None:
    good, bad = economy.text("good"), economy.file("bad.pdf", b"no pdf")
    assert economy.set_status("disable", good, bad).status_code == 400
    assert economy.document(good)["enabled"] is True


def test_a_disabled_document_is_archived_at_once(economy: Library) -> None:
    document_id = economy.text()
    for action in ("disable", "archive"):
        economy.set_status(action, document_id)
    response = economy.patch("/documents/status/un_archive", {"document_ids": [document_id]})
    assert response.json() == {"result": "success"}
