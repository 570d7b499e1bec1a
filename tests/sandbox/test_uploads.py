"""Creating and replacing documents."""

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.support import AUTOMATIC, UNKNOWN, Form, Library, custom, pdf

MEBIBYTES_15 = 15 * 1024 * 1024


def test_a_new_document_is_waiting(economy: Library) -> None:
    document = economy.send_text("leave.txt", "25 days").json()["document"]
    assert (document["name"], document["indexing_status"], document["display_status"]) == ("leave.txt", "waiting", "queuing")


def test_each_upload_has_a_batch_of_its_own(economy: Library) -> None:
    batches = {economy.send_text(name).json()["batch"] for name in ("a.txt", "b.txt")}
    assert len(batches) == 2


@pytest.mark.parametrize("path", ["/document/create-by-text", "/document/create_by_text"])
def test_both_spellings_create_from_text(economy: Library, path: str) -> None:
    body = {"name": "a", "text": "b", "indexing_technique": "economy", "process_rule": AUTOMATIC}
    assert economy.post(path, body).status_code == 200


@pytest.mark.parametrize("path", ["/document/create-by-file", "/document/create_by_file"])
def test_both_spellings_create_from_a_file(economy: Library, path: str) -> None:
    assert economy.send_file("a.txt", b"hello", path=path).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"text": None}, "text"),
        ({"indexing_technique": "cheap"}, "indexing_technique"),
        ({"process_rule": "automatic"}, "process_rule"),
    ],
)
def test_the_parser_refuses(economy: Library, change: dict[str, Any], field: str) -> None:
    response = economy.send_text(**change)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_text_without_name_is_refused(economy: Library) -> None:
    assert list(economy.post("/document/create-by-text", {"text": "t"}).json()["errors"]) == ["name"]


def test_a_body_of_another_type_counts_as_empty(api: httpx.Client, economy: Library) -> None:
    response = api.post(f"/datasets/{economy.id}/document/create-by-text", content='{"name": "a"}')
    assert list(response.json()["errors"]) == ["name"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"mode": "custom"}, "Process rule rules is required"),
        ({"mode": "custom", "rules": {}}, "Process rule pre_processing_rules is required"),
        ({"mode": "custom", "rules": {"pre_processing_rules": []}}, "Process rule segmentation is required"),
        (custom(separator=""), "Process rule segmentation separator is required"),
        (custom(max_tokens=0), "Process rule segmentation max_tokens is required"),
    ],
)
def test_a_bad_rule_is_refused(economy: Library, rule: dict[str, Any], message: str) -> None:
    response = economy.send_text(process_rule=rule)
    assert (response.json()["code"], response.json()["message"]) == ("invalid_param", message)


@pytest.mark.parametrize("rule", [{}, {"mode": "magic"}])
def test_an_unknown_mode_is_invalid(economy: Library, rule: dict[str, Any]) -> None:
    assert economy.send_text(process_rule=rule).json()["code"] == "invalid_param"


def test_text_without_a_rule_is_a_500(economy: Library) -> None:
    body = {"name": "a", "text": "b", "indexing_technique": "economy"}
    assert economy.post("/document/create-by-text", body).status_code == 500


def test_a_dataset_without_technique_needs_one(api: httpx.Client) -> None:
    dataset = Library.create(api, "bare")
    response = dataset.post("/document/create-by-text", {"name": "a", "text": "b", "process_rule": AUTOMATIC})
    assert response.json()["message"] == "indexing_technique is required."


def test_the_first_document_decides_for_its_dataset(api: httpx.Client) -> None:
    dataset = Library.create(api, "bare")
    dataset.send_text(indexing_technique="high_quality", embedding_model="hash-512", **provider())
    row = dataset.get()
    assert (row["indexing_technique"], row["embedding_model"]) == ("high_quality", "hash-512")


def provider() -> dict[str, str]:
    return {"embedding_model_provider": "local/hashvec/hashvec"}


def test_another_form_than_the_dataset_has_is_refused(economy: Library) -> None:
    economy.text("a.txt")
    response = economy.send_text("b.txt", doc_form="qa_model")
    assert response.json()["message"] == "doc_form is different from the dataset doc_form."


def test_a_number_is_taken_as_text(economy: Library) -> None:
    assert economy.contents(economy.text(text=5)) == ["5"]


def test_a_long_name_is_cut(economy: Library) -> None:
    assert economy.send_text("n" * 300).json()["document"]["name"] == "n" * 200


def test_the_same_name_overwrites(economy: Library) -> None:
    first = economy.send_text("a.txt", "one").json()
    second = economy.send_text("a.txt", "two").json()
    assert second["document"]["id"] == first["document"]["id"]
    assert economy.get(f"/documents/{first['batch']}/indexing-status")["code"] == "not_found"


def test_overwritten_content_is_gone(economy: Library) -> None:
    economy.text("a.txt", "one")
    assert economy.contents(economy.text("a.txt", "two")) == ["two"]


def test_the_same_name_as_a_disabled_document_is_a_second_document(economy: Library) -> None:
    first = economy.text("a.txt")
    economy.set_status("disable", first)
    assert economy.text("a.txt") != first


@pytest.mark.parametrize("name", ["a.exe", "a.png", "a.json", "a.doc", "README"])
def test_an_unsupported_file_is_refused_without_a_word(economy: Library, name: str) -> None:
    response = economy.send_file(name, b"x")
    assert response.json() == {"code": "invalid_param", "message": "", "status": 400}


@pytest.mark.parametrize("name", ["a/b.txt", "a:b.txt", "a*b.txt"])
def test_a_name_with_forbidden_characters_is_refused(economy: Library, name: str) -> None:
    assert economy.send_file(name, b"x").json()["message"] == "Filename contains invalid characters"


def test_fifteen_mebibytes_are_taken(economy: Library) -> None:
    assert economy.send_file("big.pdf", b"%PDF" + b"0" * (MEBIBYTES_15 - 4)).status_code == 200


def test_one_byte_more_is_refused(economy: Library) -> None:
    assert economy.send_file("big.txt", b"0" * (MEBIBYTES_15 + 1)).status_code == 400


def test_the_extension_may_be_in_upper_case(economy: Library) -> None:
    assert economy.contents(economy.file("NOTE.TXT", b"upper")) == ["upper"]


def test_a_long_file_name_is_cut_before_its_extension(economy: Library) -> None:
    document = economy.send_file("n" * 250 + ".txt", b"x").json()["document"]
    assert document["name"] == "n" * 200 + ".txt"


def send_parts(dataset: Library, *files: tuple[str, str], path: str = "/document/create-by-file") -> httpx.Response:
    data = json.dumps({"indexing_technique": "economy", "process_rule": AUTOMATIC}).encode()
    parts: Form = [("data", (None, data, None)), *((field, (name, b"x", "text/plain")) for field, name in files)]
    return dataset.api.post(f"/datasets/{dataset.id}{path}", files=parts)


def test_of_two_files_in_one_field_the_second_is_ignored(economy: Library) -> None:
    assert send_parts(economy, ("file", "a.txt"), ("file", "b.txt")).json()["document"]["name"] == "a.txt"


def test_files_in_two_fields_are_too_many(economy: Library) -> None:
    assert send_parts(economy, ("file", "a.txt"), ("file2", "b.txt")).json()["code"] == "too_many_files"


def test_no_file_is_refused(economy: Library) -> None:
    assert send_parts(economy).json()["code"] == "no_file_uploaded"


def test_json_in_place_of_a_form_is_no_file(economy: Library) -> None:
    assert economy.post("/document/create-by-file", {"data": {}}).json()["code"] == "no_file_uploaded"


def send_raw(dataset: Library, data: bytes) -> httpx.Response:
    files: Form = [("data", (None, data, None)), ("file", ("a.txt", b"x", "text/plain"))]
    return dataset.api.post(f"/datasets/{dataset.id}/document/create-by-file", files=files)


@pytest.mark.parametrize(("data", "status"), [(b"{nope", 400), (b"[1]", 500)])
def test_data_must_be_a_json_object(economy: Library, data: bytes, status: int) -> None:
    assert send_raw(economy, data).status_code == status


def test_a_file_takes_the_dataset_rule_when_it_brings_none(economy: Library) -> None:
    rule = economy.send_text("a.txt").json()["document"]["dataset_process_rule_id"]
    assert send_raw(economy, b"{}").json()["document"]["dataset_process_rule_id"] == rule


def test_the_first_file_of_a_dataset_needs_a_rule(economy: Library) -> None:
    assert send_raw(economy, b"{}").json()["message"] == "process_rule is required."


def test_a_file_into_a_dataset_without_technique_needs_one(api: httpx.Client) -> None:
    assert send_raw(Library.create(api, "bare"), b"{}").json()["message"] == "indexing_technique is required."


def test_a_provider_without_its_model_is_a_500(economy: Library) -> None:
    assert economy.send_file("a.txt", b"x", **provider()).status_code == 500


def test_an_update_replaces_text_and_name_under_the_old_batch(economy: Library) -> None:
    created = economy.send_text("a.txt", "one").json()
    economy.wait(created["batch"])
    body = {"name": "b.txt", "text": "two", "process_rule": AUTOMATIC}
    updated = economy.post(f"/documents/{created['document']['id']}/update-by-text", body)
    assert updated.json()["batch"] == created["batch"]
    assert economy.contents(economy.settled(updated)) == ["two"]


@pytest.mark.parametrize("spelling", ["update-by-text", "update_by_text"])
def test_an_update_shows_the_old_counts_until_it_is_indexed(economy: Library, spelling: str) -> None:
    document_id = economy.text("a.txt", "one")
    body = {"name": "b.txt", "text": "longer"}
    document = economy.post(f"/documents/{document_id}/{spelling}", body).json()["document"]
    assert (document["name"], document["word_count"], document["created_from"]) == ("b.txt", 3, "web")


def test_a_rename_with_a_rule_indexes_anew_and_drops_manual_edits(economy: Library) -> None:
    document_id = economy.text("a.txt", "one")
    economy.add_segment(document_id, content="by hand")
    body = {"name": "b.txt", "process_rule": AUTOMATIC}
    economy.settled(economy.post(f"/documents/{document_id}/update-by-text", body))
    assert economy.contents(document_id) == ["one"]


@pytest.mark.parametrize("body", [{}, {"name": "b.txt"}])
def test_a_name_alone_is_no_update(economy: Library, body: dict[str, str]) -> None:
    response = economy.post(f"/documents/{economy.text()}/update-by-text", body)
    assert response.json()["message"] == "Data source or Process rule is required"


def test_text_needs_a_name(economy: Library) -> None:
    assert economy.post(f"/documents/{economy.text()}/update-by-text", {"text": "x"}).json()["code"] == "invalid_param"


def test_text_must_be_text(economy: Library) -> None:
    response = economy.post(f"/documents/{economy.text()}/update-by-text", {"name": "n", "text": 5})
    assert list(response.json()["errors"]) == ["text"]


def test_an_unknown_document_cannot_be_updated(economy: Library) -> None:
    body = {"name": "n", "text": "t", "process_rule": AUTOMATIC}
    assert economy.post(f"/documents/{UNKNOWN}/update-by-text", body).status_code == 404


def test_a_failed_document_cannot_be_updated(economy: Library) -> None:
    broken = economy.file("a.pdf", b"%PDF-1.4 broken")
    response = economy.post(f"/documents/{broken}/update-by-text", {"name": "n", "text": "t"})
    assert response.json()["message"] == "Document is not available"


def test_a_failed_document_is_used_again_by_the_same_name(economy: Library) -> None:
    broken = economy.file("a.pdf", b"%PDF-1.4 broken")
    assert economy.file("a.pdf", pdf("Good")) == broken
    assert economy.document(broken)["error"] is None


@pytest.mark.parametrize("spelling", ["update-by-file", "update_by_file"])
def test_a_file_replaces_a_document(economy: Library, spelling: str) -> None:
    document_id = economy.text("a.txt", "one")
    economy.settled(economy.send_file("b.txt", b"two", path=f"/documents/{document_id}/{spelling}"))
    assert economy.contents(document_id) == ["two"]


def test_an_update_by_file_may_be_a_rule_alone(economy: Library) -> None:
    document_id = economy.text("a.txt", "one")
    response = send_parts(economy, path=f"/documents/{document_id}/update-by-file")
    assert economy.contents(economy.settled(response)) == ["one"]


def test_an_update_says_that_a_type_is_unsupported(economy: Library) -> None:
    response = economy.send_file("a.exe", b"x", path=f"/documents/{economy.text()}/update-by-file")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_file_type")


def test_an_update_says_that_a_file_is_too_large(economy: Library) -> None:
    content = b"0" * (MEBIBYTES_15 + 1)
    response = economy.send_file("b.txt", content, path=f"/documents/{economy.text()}/update-by-file")
    assert (response.status_code, response.json()["message"]) == (413, "File size exceeded. {message}")


def test_original_document_id_replaces(economy: Library) -> None:
    document_id = economy.text("a.txt", "one")
    assert economy.file("b.txt", b"two", original_document_id=document_id) == document_id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"doc_form": None}, "doc_form"),
        ({"doc_language": None}, "doc_language"),
        ({"process_rule": 5}, "process_rule"),
        ({"retrieval_model": "x"}, "retrieval_model"),
    ],
)
def test_the_parser_refuses_what_is_no_text_or_object(economy: Library, change: dict[str, Any], field: str) -> None:
    assert list(economy.send_text(**change).json()["errors"]) == [field]


def test_a_retrieval_model_comes_whole(economy: Library) -> None:
    assert economy.send_text(retrieval_model={"search_method": "keyword_search"}).json()["code"] == "invalid_param"


def test_a_malformed_document_to_replace_is_a_500(economy: Library) -> None:
    response = economy.send_text(original_document_id="nope")
    assert (response.status_code, "x-sandbox-quirk" in response.headers) == (500, True)


def test_a_pre_processing_rule_counts_once_and_needs_an_id(economy: Library) -> None:
    rules = [{"id": "remove_urls_emails", "enabled": enabled} for enabled in (True, False)]
    rule = custom()
    rule["rules"]["pre_processing_rules"] = rules
    document = economy.document(economy.text(process_rule=rule))
    assert document["document_process_rule"]["rules"]["pre_processing_rules"] == rules[1:]
    rule["rules"]["pre_processing_rules"] = [{"id": "", "enabled": True}]
    assert economy.send_text(process_rule=rule).status_code == 400


def test_an_unknown_form_fails_while_indexing(economy: Library) -> None:
    row = economy.wait(economy.send_text(doc_form="zzz").json()["batch"])
    assert (row["indexing_status"], row["error"]) == ("error", "Index type zzz is not supported.")


@pytest.mark.parametrize("body", [{"name": 5}, {"process_rule": {"mode": "magic"}}, {"doc_form": None}])
def test_an_update_by_text_is_checked_against_its_schema(economy: Library, body: dict[str, Any]) -> None:
    answer = economy.post(f"/documents/{economy.text()}/update-by-text", body).json()
    assert list(answer["errors"]) == list(body)


def test_an_update_by_text_needs_json(api: httpx.Client, economy: Library) -> None:
    response = api.post(f"/datasets/{economy.id}/documents/{economy.text()}/update-by-text", content="{}")
    assert response.json()["code"] == "unsupported_media_type"


def test_files_under_other_names_are_no_file(economy: Library) -> None:
    files: Form = [(field, ("a.txt", b"x", "text/plain")) for field in ("one", "two")]
    answer = economy.api.post(f"/datasets/{economy.id}/document/create-by-file", files=files).json()
    assert answer["code"] == "no_file_uploaded"


def test_a_file_without_a_name_says_so(economy: Library) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\nabc\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = economy.api.post(f"/datasets/{economy.id}/document/create-by-file", content=body, headers=headers)
    assert response.json()["code"] == "filename_not_exists_error"


def test_the_first_document_of_high_quality_brings_a_retrieval_model(api: httpx.Client) -> None:
    bare = Library.create(api, "Bare")
    bare.text(indexing_technique="high_quality")
    assert bare.get()["retrieval_model_dict"]["top_k"] == 4
