"""Uploads: what is refused and why, the question about a name that is taken, pasted text, answers that are lost."""

import os
import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.models import AuditEvent, Upload
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import (
    HTMX,
    Calls,
    acts,
    beside,
    document,
    last_event,
    ready,
    segments,
    text,
    texts,
    tree,
    until,
    url,
    value,
)

SUPPORTED = "Supported: txt, md, markdown, mdx, pdf, html, htm, xlsx, docx, csv."
RULE: dict[str, Any] = {"mode": "custom", "separator": "###", "max_tokens": "500", "chunk_overlap": "0"}


def check(client: Client, dataset: Dataset, name: str, size: object = 10) -> Any:
    return client.post(url("upload-check", dataset.id), {"name": name, "size": size}, **HTMX)


def send(client: Client, dataset: Dataset, name: str, content: bytes = b"One###Two", **fields: Any) -> Any:
    """As the page's script does: one file with each request."""
    return client.post(url("upload", dataset.id), {"files": SimpleUploadedFile(name, content)} | fields, **HTMX)


def send_all(client: Client, dataset: Dataset, *files: tuple[str, bytes], **fields: str) -> Any:
    """As the plain form does."""
    uploads = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(url("upload", dataset.id), {"files": uploads} | fields, follow=True)


def state(response: Any) -> str | None:
    """What the page's script acts on."""
    [node] = tree(response).css("[data-upload]")
    return node.attributes.get("data-upload")


def names(dify: DifyClient, dataset: Dataset) -> list[str]:
    return [row.name for row in dify.documents.page(dataset.id).data]


# --- the check, before a byte is sent ---


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        ("a.exe", 10, f".exe files are not supported. {SUPPORTED}"),
        ("a.pdf.exe", 10, f".exe files are not supported. {SUPPORTED}"),
        ("a", 10, f"Files without an extension are not supported. {SUPPORTED}"),
        (".txt", 10, f"Files without an extension are not supported. {SUPPORTED}"),
        ("a.txt", 0, "The file is empty."),
        ("a.txt", 15 * 1024 * 1024 + 1, "The file has 15.0\xa0MB; the limit is 15.0\xa0MB. Split it first."),
        ("a.txt", "", "Size: This field is required."),
        ("a.txt", -1, "Size: Ensure this value is greater than or equal to 0."),
        ("", 10, "Name: This field is required."),
        ("x" * 1001, 10, "Name: Ensure this value has at most 1000 characters (it has 1001)."),
    ],
)
def test_a_file_is_refused_with_its_reason(
    owner: Client, sandbox: SandboxProcess, handbook: Dataset, name: str, size: object, reason: str
) -> None:
    calls = Calls(sandbox)
    response = check(owner, handbook, name, size)
    assert (state(response), texts(response, "span")[1]) == ("refused", " ".join(reason.split()))
    assert calls.seen() == []


@pytest.mark.parametrize("size", [1, 15 * 1024 * 1024])
def test_a_file_within_the_limits_may_be_sent(owner: Client, handbook: Dataset, size: int) -> None:
    assert state(check(owner, handbook, "Überblick 2.PDF", size)) == "ready"


def test_the_limit_is_a_setting(owner: Client, handbook: Dataset, settings: Settings) -> None:
    settings.UPLOAD_LIMIT = 100
    assert [state(check(owner, handbook, "a.txt", size)) for size in (100, 101)] == ["ready", "refused"]


def test_a_name_that_is_taken_is_asked_about(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, "a.txt")
    response = check(owner, handbook, "a.txt")
    assert (state(response), texts(response, "button")) == ("asked", ["Replace", "Keep both", "Skip"])
    assert text(response, "p").startswith(
        "“a.txt” exists already, added just now, 11 characters. Replacing it removes its segments"
    )


@pytest.mark.parametrize("name", ["A.txt", "a_txt", "%.txt", "b a.txt", "a.txt.md"])
def test_a_name_that_is_only_similar_is_not(owner: Client, dify: DifyClient, handbook: Dataset, name: str) -> None:
    document(dify, handbook.id, "a.txt")
    assert state(check(owner, handbook, name)) in {"ready", "refused"}


def test_the_name_is_compared_as_it_will_be_stored(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, "a.txt")
    assert state(check(owner, handbook, "C:\\fakepath\\a\u202e.txt")) == "asked"


# --- sending ---


def test_a_file_is_sent_and_indexed(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    response = send(owner, handbook, "a.txt", **RULE)
    assert (state(response), response.headers["HX-Trigger"]) == ("sent", "documents-changed")
    [made] = dify.documents.page(handbook.id).data
    ready(dify, handbook.id, made.id)
    assert [segment.content for segment in segments(dify, handbook.id, made.id)] == ["One", "Two"]
    assert (acts(), Upload.objects.get().document_id) == ([("document.upload", "done", "a.txt")], made.id)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.exe", b"MZ", f".exe files are not supported. {SUPPORTED}"),
        ("a.pdf", b"MZ", "The file is called .pdf and is no PDF."),
        ("a.docx", b"%PDF", "The file is called .docx and is no such file. Save it again in this format."),
        ("a.xlsx", b"\xd0\xcf\x11\xe0", "The file is called .xlsx and is no such file. Save it again in this format."),
        ("a.txt", b"\x00\x01\x02\x03", "The file is not text."),
        ("a.csv", b"a\x00b", "The file is not text."),
        ("a.txt", b"", "The file is empty."),
    ],
)
def test_a_wrong_file_is_not_sent_on(
    owner: Client, sandbox: SandboxProcess, handbook: Dataset, name: str, content: bytes, reason: str
) -> None:
    calls = Calls(sandbox)
    response = send(owner, handbook, name, content)
    assert (state(response), texts(response, "span")[1], calls.seen(), acts()) == ("refused", reason, [], [])


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_text_of_two_bytes_a_character_is_text(owner: Client, handbook: Dataset, mark: bytes) -> None:
    assert state(send(owner, handbook, "a.txt", mark + b"a\x00b\x00")) == "sent"


def test_a_file_over_the_limit_is_not_sent_on(
    owner: Client, sandbox: SandboxProcess, handbook: Dataset, settings: Settings
) -> None:
    settings.UPLOAD_LIMIT = 100
    calls = Calls(sandbox)
    assert [state(send(owner, handbook, "a.txt", b"x" * 101)), calls.seen()] == ["refused", []]


def send_raw(client: Client, dataset: Dataset, filename: bytes) -> Any:
    """As a hostile client does: a file name that no browser would send."""
    head = b'--X\r\nContent-Disposition: form-data; name="files"; filename="' + filename
    body = head + b'"\r\nContent-Type: text/plain\r\n\r\ntext\r\n--X--\r\n'
    return client.generic("POST", url("upload", dataset.id), body, "multipart/form-data; boundary=X", **HTMX)


@pytest.mark.parametrize(
    ("filename", "stored"),
    [
        (b"../../etc/a.txt", "a.txt"),
        (rb"..\\..\\a.txt", "a.txt"),
        (b"a\x00b.txt", "ab.txt"),
        (rb"a\"b<c>|?*.txt", "a_b_c____.txt"),
        ("invoice\u202etxt.md".encode(), "invoicetxt.md"),
        (b"x" * 300 + b".txt", "x" * 186 + ".txt"),
        ("日本.md".encode(), "日本.md"),
    ],
)
def test_a_weird_name_becomes_a_plain_one(
    owner: Client, dify: DifyClient, handbook: Dataset, filename: bytes, stored: str
) -> None:
    assert state(send_raw(owner, handbook, filename)) == "sent"
    assert names(dify, handbook) == [stored]


@pytest.mark.parametrize("filename", [b"", b"..", b".", b"a\r\nX-Evil: 1\r\n\r\n.txt", b"\xff\xfe.exe"])
def test_a_name_that_cannot_be_used_is_refused(
    owner: Client, sandbox: SandboxProcess, handbook: Dataset, filename: bytes
) -> None:
    calls = Calls(sandbox)
    response = send_raw(owner, handbook, filename)
    assert (state(response), calls.seen()) == ("refused", [])


def test_without_a_file_the_reason_is_told(owner: Client, handbook: Dataset) -> None:
    response = owner.post(url("upload", handbook.id), {}, **HTMX)
    assert texts(response, "span")[1] == "Choose at least one file."


def test_a_wrong_rule_is_told_by_field(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    calls = Calls(sandbox)
    response = send(owner, handbook, "a.txt", mode="custom", separator="#", max_tokens="10", chunk_overlap="0")
    assert texts(response, "span")[1] == "Maximum length: Ensure this value is greater than or equal to 50."
    assert calls.seen() == []


def test_one_bad_file_does_not_stop_the_others(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, "taken.txt")
    response = send_all(
        owner, handbook, ("a.txt", b"One"), ("b.exe", b"MZ"), ("taken.txt", b"New"), ("c.pdf", b"MZ"), ("d.md", b"x")
    )
    assert texts(response, ".notice-success span") == [
        "“a.txt” was sent and is being indexed.",
        "“d.md” was sent and is being indexed.",
    ]
    assert texts(response, ".notice-error span") == [
        f"b.exe: .exe files are not supported. {SUPPORTED}",
        "c.pdf: The file is called .pdf and is no PDF.",
    ]
    assert texts(response, ".notice-warning span") == [
        "taken.txt: a document of this name exists. Choose what to do with it, and send the file again."
    ]
    assert sorted(names(dify, handbook)) == ["a.txt", "d.md", "taken.txt"]


def test_the_plain_form_tells_why_nothing_was_sent(owner: Client, handbook: Dataset) -> None:
    assert texts(send_all(owner, handbook), ".notice-error span") == ["Choose at least one file."]


def test_the_plain_form_tells_the_words_of_the_api(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    sandbox.faults({"kind": "status", "status": 400, "code": "invalid_param", "message": "Why not.", "method": "POST"})
    [said] = texts(send_all(owner, handbook, ("a.txt", b"One")), ".notice-error span")
    assert said.endswith("change the value and try again. Why not.")


# --- a name that is taken ---


def test_nothing_is_overwritten_without_asking(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    old = document(dify, handbook.id, "a.txt", "Old")
    response = send(owner, handbook, "a.txt", b"New")
    assert state(response) == "asked"
    assert [row.content for row in segments(dify, handbook.id, old.id)] == ["Old"]
    assert acts() == []


def test_replacing_keeps_the_id_under_a_new_batch(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    batches = []
    for content in (b"Old", b"New"):
        send(owner, handbook, "a.txt", content, on_duplicate="replace")
        [made] = dify.documents.page(handbook.id).data
        ready(dify, handbook.id, made.id)
        batches.append((Upload.objects.get().document_id, Upload.objects.get().batch))
    (first, old_batch), (second, new_batch) = batches
    assert (first == second, old_batch == new_batch) == (True, False)
    assert [row.content for row in segments(dify, handbook.id, second)] == ["New"]
    assert str(last_event().after) == "in place of one of this name"


def test_keeping_both_numbers_the_new_one(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, "a.txt")
    for number in (2, 3):
        response = send(owner, handbook, "a.txt", on_duplicate="keep_both")
        assert texts(response, ".sub") == [f"as “a ({number}).txt” indexing goes on below"]
    assert names(dify, handbook) == ["a (3).txt", "a (2).txt", "a.txt"]


def test_keeping_both_of_the_longest_name(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    name = "v1.2 " + "x" * 300 + ".txt"
    for _ in range(2):
        send(owner, handbook, name, on_duplicate="keep_both")
    stored = "v1.2 " + "x" * 181
    assert names(dify, handbook) == [f"{stored} (2).txt", f"{stored}.txt"]


@pytest.mark.parametrize(("action", "word"), [("disable", "disabled"), ("archive", "archived")])
def test_what_dify_would_not_replace_is_said(
    owner: Client, dify: DifyClient, handbook: Dataset, action: Any, word: str
) -> None:
    old = document(dify, handbook.id, "a.txt")
    dify.documents.set_status(handbook.id, action, [old.id])
    response = send(owner, handbook, "a.txt", on_duplicate="replace")
    assert text(response, ".field-error").startswith(f"“a.txt” is {word}, so Dify would not replace it but add a second one.")
    assert (texts(response, "button"), names(dify, handbook)) == (["Keep both", "Skip"], ["a.txt"])


# --- an answer that is lost ---


def test_a_lost_answer_is_not_known_and_sent_once(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    sandbox.faults({"kind": "reset", "path": "create-by-file", "times": None})
    calls = Calls(sandbox)
    response = send(owner, handbook, "a.txt")
    assert state(response) == "failed"
    assert "It is not known whether the change was carried out: look before you try again." in response.text
    assert calls.seen().count(f"POST /datasets/{handbook.id}/document/create-by-file") == 1
    assert (acts(), last_event().error) == ([("document.upload", "unknown", "a.txt")], "connection_lost")


def answers(sandbox: SandboxProcess) -> bool | None:
    """Whether it is there again: gunicorn starts a new worker for one that died."""
    try:
        return sandbox.calls() == []
    except httpx.TransportError:
        return None


def test_the_sandbox_stopped_in_the_middle(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    sandbox.faults({"kind": "slow", "seconds": 30, "path": "create-by-file"})
    assert sandbox.process is not None
    pid = sandbox.process.pid
    [worker] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    killing = threading.Timer(0.5, os.kill, (int(worker), signal.SIGKILL))
    killing.start()
    response = send(owner, handbook, "a.txt")
    killing.join()
    until(lambda: answers(sandbox))
    assert "It is not known whether the change was carried out" in response.text
    assert AuditEvent.objects.get().outcome == "unknown"


def test_a_stopped_api_is_told(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    owner.get(url("datasets"))
    sandbox.stop()
    try:
        response = send(owner, handbook, "a.txt")
    finally:
        sandbox.start()
    assert (state(response), acts()) == ("failed", [])
    assert "Nothing answers at this address and port." in response.text


# --- pasted text ---


def test_pasted_text_becomes_a_document(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    typed = RULE | {"name": "Notes", "text": "One\n\nTwo", "separator": "\\n\\n"}
    response = owner.post(url("add-text", handbook.id), typed, follow=True)
    assert texts(response, ".notice-success span") == ["“Notes” was added and is being indexed."]
    [made] = dify.documents.page(handbook.id).data
    ready(dify, handbook.id, made.id)
    assert [segment.content for segment in segments(dify, handbook.id, made.id)] == ["One", "Two"]
    assert acts() == [("document.create", "done", "Notes")]


@pytest.mark.parametrize(
    ("field", "typed", "reason"),
    [
        ("name", "", "This field is required."),
        ("text", "", "This field is required."),
        ("separator", "", "A custom rule needs this."),
        ("max_tokens", "", "A custom rule needs this."),
        ("max_tokens", "49", "Ensure this value is greater than or equal to 50."),
        ("max_tokens", "4001", "Ensure this value is less than or equal to 4000."),
        ("max_tokens", "many", "Enter a whole number."),
        ("chunk_overlap", "", "A custom rule needs this."),
        ("chunk_overlap", "-1", "Ensure this value is greater than or equal to 0."),
        ("chunk_overlap", "500", "The overlap must be smaller than the maximum length."),
    ],
)
def test_what_is_wrong_is_told_beside_the_field(owner: Client, handbook: Dataset, field: str, typed: str, reason: str) -> None:
    response = owner.post(url("add-text", handbook.id), RULE | {"name": "Notes", "text": "My text"} | {field: typed})
    assert (response.status_code, beside(response, field)) == (422, [reason])
    assert value(response, field) == typed
    assert value(response, "text") == ("" if field == "text" else "My text")


def test_text_under_a_name_that_is_taken_is_asked_about(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    document(dify, handbook.id, "a.txt")
    response = owner.post(url("add-text", handbook.id), {"name": "a.txt", "text": "Mine"})
    assert (response.status_code, state(response), value(response, "text")) == (422, "asked", "Mine")
    assert texts(response, "[name=on_duplicate]") == ["Replace", "Keep both"]


def test_text_does_not_replace_what_is_disabled(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    old = document(dify, handbook.id, "a.txt")
    dify.documents.set_status(handbook.id, "disable", [old.id])
    typed = {"name": "a.txt", "text": "Mine", "on_duplicate": "replace"}
    response = owner.post(url("add-text", handbook.id), typed)
    assert beside(response, "name")[0].startswith("“a.txt” is disabled")
    assert texts(response, "[name=on_duplicate]") == ["Keep both"]


def test_pasted_text_stays_when_dify_refuses(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    sandbox.faults(
        {"kind": "status", "status": 400, "code": "provider_not_initialize", "message": "No model.", "method": "POST"}
    )
    response = owner.post(url("add-text", handbook.id), {"name": "a.txt", "text": "Mine"})
    assert (response.status_code, value(response, "text")) == (422, "Mine")
    assert text(response, ".alert-danger").endswith("or use the economy index. No model.")


def test_pasted_text_stays_when_the_api_is_gone(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    sandbox.faults({"kind": "status", "status": 500, "times": None})
    response = owner.post(url("add-text", handbook.id), {"name": "a.txt", "text": "Mine"})
    assert (response.status_code, value(response, "text")) == (422, "Mine")
