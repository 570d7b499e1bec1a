"""Errors: a page that says what happened and what to do, or a toast; never a traceback, never a blank answer."""

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client
from pydantic import SecretStr
from pytest_django.fixtures import Settings

from datasets_ui.dify.codes import ErrorCode, explain
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import Unauthorized
from datasets_ui.models import AuditEvent, Workspace
from datasets_ui.services.keys import connections
from datasets_ui.views.errors import not_found
from tests.conftest import signed_in
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, UNKNOWN, text, texts, tree, url

CANARY = "dataset-CANARY0123456789"
NINE = {
    "document_indexing": 400,
    "provider_not_initialize": 400,
    "not_found": 404,
    "dataset_name_duplicate": 409,
    "provider_quota_exceeded": 400,
    "dataset_not_initialized": 400,
    "unsupported_file_type": 415,
    "too_many_files": 400,
    "file_too_large": 413,
}
FAULTS: dict[str, tuple[dict[str, Any], int, str]] = {
    code: ({"kind": "status", "status": status, "code": code}, 404 if status == 404 else 502, explain(code))
    for code, status in NINE.items()
} | {
    "401": ({"kind": "status", "status": 401, "code": "unauthorized"}, 502, explain("unauthorized")),
    "403": ({"kind": "status", "status": 403, "code": "forbidden"}, 502, explain("forbidden")),
    "429": (
        {"kind": "status", "status": 429, "code": "too_many_requests", "retry_after": "3600"},
        502,
        explain("too_many_requests"),
    ),
    "500": ({"kind": "status", "status": 500}, 502, explain("unknown")),
    "code of tomorrow": ({"kind": "status", "status": 418, "code": "teapot"}, 502, explain("unknown")),
    "broken JSON": ({"kind": "broken_json"}, 502, explain("not_json")),
    "HTML": ({"kind": "html"}, 502, explain("not_json")),
    "oversized": ({"kind": "oversized"}, 502, explain("answer_too_large")),
    "cut off": ({"kind": "reset"}, 502, explain("connection_lost")),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_failure_is_a_page_with_a_sentence(owner: Client, sandbox: SandboxProcess, name: str) -> None:
    fault, status, sentence = FAULTS[name]
    sandbox.faults(fault | {"times": None})
    response = owner.get(url("datasets"))
    assert (response.status_code, texts(response, "main p")[0]) == (status, sentence)
    assert texts(response, "main a.btn-primary") == ["Try again"]


@pytest.mark.parametrize("name", FAULTS)
def test_each_failure_is_a_toast_for_htmx(owner: Client, sandbox: SandboxProcess, name: str) -> None:
    fault, status, sentence = FAULTS[name]
    sandbox.faults(fault | {"times": None})
    response = owner.get(url("datasets"), **HTMX)
    assert (response.status_code, sentence in text(response, ".notice-error > span")) == (status, True)
    assert (response.headers["HX-Retarget"], response.headers["HX-Reswap"]) == ("#toasts", "beforeend")


def test_all_nine_codes_have_a_sentence_of_their_own() -> None:
    assert len({ErrorCode[code].value for code in NINE}) == 9


def test_an_api_that_is_not_there(owner: Client, sandbox: SandboxProcess) -> None:
    sandbox.stop()
    try:
        response = owner.get(url("datasets"))
    finally:
        sandbox.start()
    assert (response.status_code, texts(response, "main p")[0]) == (502, explain("connection_refused"))


def test_an_api_that_is_slow(owner: Client, sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "slow", "seconds": 0.3})
    assert owner.get(url("datasets")).status_code == 200


def test_too_many_calls_to_a_slow_api(owner: Client, workspace: Workspace) -> None:
    gate, taken = connections.gate(workspace), 0
    while gate.acquire(timeout=0):
        taken += 1
    try:
        response = owner.get(url("datasets"))
    finally:
        for _ in range(taken):
            gate.release()
    assert (response.status_code, texts(response, "main p")[0]) == (503, explain("too_many_calls"))


def test_an_address_that_is_not_allowed_any_more(owner: Client, settings: Settings) -> None:
    settings.API_ALLOWED_HOSTS = frozenset()
    connections.transport.cache_clear()
    response = owner.get(url("datasets"))
    assert (response.status_code, texts(response, "main p")[0]) == (502, explain("address_refused"))


def test_the_words_of_the_api_are_text(owner: Client, sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "status", "status": 400, "code": "<i>", "message": "<script>alert(1)</script>"})
    response = owner.get(url("datasets"))
    assert texts(response, "main p")[1:3] == ["Dify says: <script>alert(1)</script>", "Code: <i>"]
    assert tree(response).css("main script, main i") == []


def test_a_failure_below_a_dataset_is_a_page_too(owner: Client, sandbox: SandboxProcess, handbook: Dataset) -> None:
    for name in ("documents", "retrieval", "dataset-settings", "dataset-delete", "add-text"):
        sandbox.faults({"kind": "html", "times": None})
        response = owner.get(url(name, handbook.id))
        assert (name, response.status_code, texts(response, "h1")) == (name, 502, ["Dify could not do this"])


def test_a_page_that_does_not_exist(owner: Client) -> None:
    response = owner.get("/nothing/here/")
    assert (response.status_code, text(response, "h1")) == (404, "Not found")


def test_what_is_not_allowed_says_which_role_it_needs(viewer: Client) -> None:
    response = viewer.get(url("new-dataset"))
    assert (response.status_code, texts(response, "main p")[0]) == (403, "This needs the role editor; yours is viewer.")


def test_an_address_that_only_takes_forms_says_so(owner: Client, handbook: Dataset) -> None:
    response = owner.get(url("upload", handbook.id))
    assert (response.status_code, response.headers["Allow"], text(response, "h1")) == (405, "POST", "Not a page")


def test_a_form_without_its_token_is_refused(alice: Any, workspace: Workspace) -> None:
    client = signed_in(alice, enforce_csrf_checks=True)
    response = client.post(url("new-dataset"), {"name": "x"})
    assert (response.status_code, text(response, "h1"), AuditEvent.objects.count()) == (403, "The page is out of date", 0)


def test_a_form_of_another_origin_is_refused(alice: Any, workspace: Workspace) -> None:
    client = signed_in(alice, enforce_csrf_checks=True)
    client.get(url("new-dataset"))
    token = client.cookies["csrf"].value
    assert client.post(url("new-dataset"), HTTP_ORIGIN="https://evil.example", HTTP_X_CSRFTOKEN=token).status_code == 403


def test_the_token_of_the_page_is_what_htmx_sends(alice: Any, workspace: Workspace) -> None:
    client = signed_in(alice, enforce_csrf_checks=True)
    page = tree(client.get(url("new-dataset")))
    token = str(page.css("[name=csrfmiddlewaretoken]")[0].attributes["value"])
    assert client.post(url("new-dataset"), {"name": ""}, HTTP_X_CSRFTOKEN=token, **HTMX).status_code == 422


@pytest.mark.urls("tests.views.broken_urls")
def test_a_failure_of_our_own_is_a_page(anonymous: Client) -> None:
    anonymous.raise_request_exception = False
    response = anonymous.get("/")
    assert (response.status_code, text(response, "h1")) == (500, "Something failed")


@pytest.mark.urls("tests.views.broken_urls")
def test_a_failure_of_our_own_is_a_toast_for_htmx(anonymous: Client) -> None:
    anonymous.raise_request_exception = False
    response = anonymous.get("/", **HTMX)
    assert (response.status_code, response.headers["HX-Retarget"]) == (500, "#toasts")


# --- the key appears nowhere ---


def test_the_exception_of_a_refused_key_does_not_hold_it(allowed: SandboxProcess) -> None:
    with pytest.raises(Unauthorized) as caught:
        connections.new_client(allowed.base_url, SecretStr(CANARY)).datasets.page()
    assert CANARY not in f"{caught.value!r} {caught.value} {vars(caught.value)}"


def test_an_error_before_any_middleware_is_a_page() -> None:
    request = HttpRequest()
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    assert text(not_found(request, Exception()), "h1") == "Not found"


def test_an_unknown_dataset_is_not_ours_to_explain(owner: Client) -> None:
    assert text(owner.get(url("documents", UNKNOWN)), "h1") == "Not found in Dify"
