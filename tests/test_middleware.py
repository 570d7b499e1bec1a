"""Headers, the upload limit, htmx's conventions."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.middleware import upload_limit
from tests.sandbox_process import SandboxProcess
from tests.stage import HTMX, UNKNOWN, attribute, texts, url

EXPECTED = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def policy(header: str) -> set[str]:
    return {part.strip() for part in header.split(";") if part.strip()}


def assert_headers(response: Any) -> None:
    found = {name: response.headers[name] for name in EXPECTED}
    assert policy(found.pop("Content-Security-Policy")) == policy(EXPECTED["Content-Security-Policy"])
    assert found["Cache-Control"].split(", ")[-1] == "no-store" or "no-store" in found["Cache-Control"]
    del found["Cache-Control"]
    assert found == {name: EXPECTED[name] for name in found}


@pytest.mark.parametrize("address", ["/accounts/login/", "/setup/", "/", "/nothing/", "/w/acme/datasets/", "/sign-in/?token=x"])
def test_every_answer_carries_the_headers(anonymous: Client, address: str) -> None:
    assert_headers(anonymous.get(address))


@pytest.mark.parametrize("name", ["datasets", "new-dataset", "workspace-settings"])
def test_pages_carry_the_headers(owner: Client, name: str) -> None:
    response = owner.get(url(name))
    assert response.status_code == 200
    assert_headers(response)


def test_errors_carry_the_headers(owner: Client, sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "html"})
    response = owner.get(url("datasets"))
    assert response.status_code == 502
    assert_headers(response)


@pytest.mark.urls("tests.views.broken_urls")
def test_a_failure_of_our_own_carries_the_headers(anonymous: Client) -> None:
    anonymous.raise_request_exception = False
    response = anonymous.get("/")
    assert response.status_code == 500
    assert_headers(response)


@pytest.mark.parametrize("extra", [{}, HTMX])
def test_caches_are_told_that_htmx_gets_something_else(owner: Client, extra: dict[str, Any]) -> None:
    assert "HX-Request" in owner.get(url("datasets"), **extra).headers["Vary"].split(", ")


def test_no_page_has_inline_script_or_style(owner: Client, dify: DifyClient, handbook: Dataset) -> None:
    for name, *ids in (("datasets",), ("documents", handbook.id), ("retrieval", handbook.id), ("workspace-settings",)):
        page = owner.get(url(name, *ids)).text
        assert [mark for mark in (" style=", "<style", " onclick=", " onload=", "javascript:") if mark in page] == []


def test_health_is_told_without_a_known_host(anonymous: Client) -> None:
    response = anonymous.get("/healthz", HTTP_HOST="10.0.0.7")
    assert (response.status_code, response.content) == (200, b"ok")


def test_the_database_is_not_needed_to_be_healthy(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("extra", [{}, HTMX])
def test_a_body_that_is_too_large_is_refused_unread(settings: Settings, extra: dict[str, Any]) -> None:
    settings.UPLOAD_LIMIT, settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1024, 1
    request = RequestFactory().post("/", **extra)
    request.META["CONTENT_LENGTH"] = str(1024 + 1024 * 1024 + 1)
    assert upload_limit(lambda _: pytest.fail("it was read"))(request).status_code == 413


@pytest.mark.parametrize("length", ["", "-1", "many", "²"])
def test_a_length_that_is_nonsense_is_left_to_django(length: str) -> None:
    request = RequestFactory().get("/")
    request.META["CONTENT_LENGTH"] = length
    seen: list[Any] = []

    def noting(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    upload_limit(noting)(request)
    assert seen == [request]


def test_a_redirect_is_followed_by_the_page(owner: Client, handbook: Dataset) -> None:
    response = owner.post(url("dataset-delete", handbook.id), **HTMX)
    assert (response.status_code, response.headers["HX-Redirect"]) == (200, url("datasets"))
    assert "Location" not in response.headers


def test_a_message_comes_along_with_a_fragment(owner: Client, handbook: Dataset) -> None:
    response = owner.post(url("documents-status", handbook.id, "enable"), {"ids": UNKNOWN}, **HTMX)
    assert attribute(response, "#toasts", "hx-swap-oob") == "beforeend"
    assert texts(response, "#toasts .notice-info span") == ["Nothing is ticked."]


def test_a_fragment_without_a_message_stays_as_it_is(owner: Client, handbook: Dataset) -> None:
    assert "toasts" not in owner.get(url("datasets"), **HTMX).text
