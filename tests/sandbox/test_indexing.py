"""The way through the stages, seen from outside."""

import threading

import httpx
import pytest

from tests.sandbox.support import PARENTS, Library, custom, eventually
from tests.support.sandbox_process import SandboxProcess

TEXT = "\n\n".join(f"Paragraph {i} has words." for i in range(40))


def test_a_finished_document_has_every_timestamp(economy: Library) -> None:
    row = economy.wait(economy.send_text(text=TEXT, process_rule=custom(max_tokens=50)).json()["batch"])
    stages = ("processing_started_at", "parsing_completed_at", "cleaning_completed_at", "splitting_completed_at")
    times = [row[stage] for stage in (*stages, "completed_at")]
    assert times == sorted(times)
    assert (row["completed_segments"], row["total_segments"], row["error"]) == (40, 40, None)


@pytest.mark.parametrize("limit", [49, 4001, -5])
def test_the_range_of_max_tokens_is_checked_while_indexing(economy: Library, limit: int) -> None:
    row = economy.wait(economy.send_text(process_rule=custom(max_tokens=limit)).json()["batch"])
    assert (row["indexing_status"], row["error"]) == ("error", "Custom segment length should be between 50 and 4000.")


def test_tokens_count_in_a_high_quality_dataset_only(economy: Library, high_quality: Library) -> None:
    text = "Annual leave policy"
    tokens = [dataset.segments(dataset.text(text=text))[0]["tokens"] for dataset in (economy, high_quality)]
    assert tokens == [0, 4]


def test_economy_segments_have_keywords(economy: Library) -> None:
    assert economy.segments(economy.text(text="Lamps cost 19.90 EUR."))[0]["keywords"] == ["Lamps", "cost", "19.90", "EUR"]


def test_high_quality_segments_have_none(high_quality: Library) -> None:
    assert high_quality.segments(high_quality.text())[0]["keywords"] is None


def test_a_question_document_holds_what_the_language_model_made(economy: Library) -> None:
    rows = economy.segments(economy.text(doc_form="qa_model"))
    assert [(row["content"], row["answer"]) for row in rows] == [
        ("What is the first topic?", "It is about leave."),
        ("How many days are there?", "Twenty-five days."),
    ]


def test_a_parent_has_children(high_quality: Library) -> None:
    document_id = high_quality.text(text="Lamps\nA lamp.\n\nDesks", doc_form="hierarchical_model", process_rule=PARENTS)
    children = [[child["content"] for child in row["child_chunks"]] for row in high_quality.segments(document_id)]
    assert children == [["Lamps", "A lamp."], ["Desks"]]


def test_a_whole_document_as_parent_hides_its_children(high_quality: Library) -> None:
    rule = {"mode": "hierarchical", "rules": {**PARENTS["rules"], "parent_mode": "full-doc"}}
    document_id = high_quality.text(text="a\n\nb", doc_form="hierarchical_model", process_rule=rule)
    assert [(row["content"], row["child_chunks"]) for row in high_quality.segments(document_id)] == [("a\n\nb", [])]


def test_no_parent_mode_ends_completed_without_segments(high_quality: Library) -> None:
    row = high_quality.wait(high_quality.send_text(doc_form="hierarchical_model").json()["batch"])
    assert (row["indexing_status"], row["total_segments"]) == ("completed", 0)


def test_no_rule_for_children_is_an_error(high_quality: Library) -> None:
    rule = {"mode": "hierarchical", "rules": {**PARENTS["rules"], "subchunk_segmentation": None}}
    row = high_quality.wait(high_quality.send_text(doc_form="hierarchical_model", process_rule=rule).json()["batch"])
    assert row["error"] == "No subchunk segmentation found in rules."


def test_parents_of_an_economy_dataset_are_never_completed(economy: Library) -> None:
    row = economy.wait(economy.send_text(doc_form="hierarchical_model", process_rule=PARENTS).json()["batch"])
    assert (row["indexing_status"], row["completed_segments"], row["total_segments"]) == ("completed", 0, 1)


def test_uploads_at_once_are_all_indexed(economy: Library) -> None:
    threads = [threading.Thread(target=economy.text, args=(f"{i}.txt",)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {row["indexing_status"] for row in economy.get("/documents")["data"]} == {"completed"}


def test_the_pace_can_be_set_while_it_runs(sandbox: SandboxProcess, api: httpx.Client, economy: Library) -> None:
    pace = f"{sandbox.origin}/control/pace"
    api.post(pace, json={"seconds": 2})
    slow = economy.send_text("slow.txt").json()["document"]["id"]
    eventually(lambda: economy.document(slow)["indexing_status"], "parsing")
    api.post(pace, json={"seconds": 0})
    quick = economy.text("quick.txt")
    assert [economy.document(one)["indexing_status"] for one in (quick, slow)] == ["completed", "parsing"]
