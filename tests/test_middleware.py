"""Headers, the upload limit, htmx's conventions."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from datasets_ui.dify.datasets import Dataset
from datasets_ui.middleware import client_address, upload_limit
from tests.stage import HTMX, UNKNOWN, attribute, texts, url


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


@pytest.mark.parametrize(
    ("header", "address"), [("", "10.0.0.1"), ("203.0.113.9", "203.0.113.9"), ("1.2.3.4, 203.0.113.9", "203.0.113.9")]
)
def test_behind_a_proxy_the_client_is_whom_it_names_last(header: str, address: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": header} if header else {})
    answer = client_address(lambda asked: HttpResponse(asked.META["REMOTE_ADDR"]))(request)
    assert answer.getvalue().decode() == address
