"""Headers, what may be sent, htmx's conventions."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from datasets_ui.dify.datasets import Dataset
from datasets_ui.middleware import client_address, limit_of, whole_forms
from datasets_ui.models import User, Workspace
from tests.support.stage import HTMX, UNKNOWN, attribute, texts, url


def test_health_is_told_without_a_known_host(anonymous: Client) -> None:
    response = anonymous.get("/healthz", HTTP_HOST="10.0.0.7")
    assert (response.status_code, response.content) == (200, b"ok")


def test_the_database_is_not_needed_to_be_healthy(client: Client) -> None:
    assert client.get("/healthz").status_code == 200


def with_length(user: User | AnonymousUser, path: str, length: object, **headers: str) -> HttpRequest:
    request = RequestFactory().post(path, **headers)  # type: ignore[arg-type]  # of any kind, on purpose
    request.user = user
    request.META["CONTENT_LENGTH"] = str(length)
    return request


FORM, FILES = 2 * 1024**2, 150 * 1024**2
OURS = {"HTTP_ORIGIN": "http://testserver"}


@pytest.mark.parametrize("extra", [{}, HTMX])
def test_a_body_that_is_too_large_is_refused_unread(db: None, extra: dict[str, Any]) -> None:
    request = with_length(AnonymousUser(), "/accounts/login/", FORM + 1, **extra)
    assert whole_forms(lambda _: pytest.fail("it was read"))(request).status_code == 413


def test_only_editors_may_send_files_and_where_files_go(alice: User, bob: User, charlie: User, workspace: Workspace) -> None:
    upload, page = url("upload", UNKNOWN), url("new-dataset")
    may = [limit_of(with_length(user, path, 1, **OURS)) for user in (alice, bob, charlie) for path in (upload, page)]
    assert may == [FILES, *[FORM] * 5]


@pytest.mark.parametrize("headers", [{}, {"HTTP_ORIGIN": "https://evil.example"}])
def test_another_sites_page_may_not_send_files(alice: User, workspace: Workspace, headers: dict[str, str]) -> None:
    assert limit_of(with_length(alice, url("upload", UNKNOWN), 1, **headers)) == FORM


@pytest.mark.parametrize("path", ["/nowhere/", "/accounts/login/"])
def test_no_other_address_takes_files(alice: User, path: str) -> None:
    assert limit_of(with_length(alice, path, 1, **OURS)) == FORM


@pytest.mark.parametrize("length", ["", "-1", "many", "²"])
def test_a_length_that_is_nonsense_is_left_to_django(length: str) -> None:
    request = with_length(AnonymousUser(), "/", length)
    seen: list[Any] = []

    def noting(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    whole_forms(noting)(request)
    assert seen == [request]


def test_a_redirect_is_followed_by_the_page(owner: Client, handbook: Dataset) -> None:
    response = owner.post(url("dataset-delete", handbook.id), **HTMX)
    assert (response.status_code, response.headers["HX-Redirect"]) == (200, url("datasets"))
    assert "Location" not in response.headers


def test_a_message_comes_along_with_a_fragment(owner: Client, handbook: Dataset) -> None:
    response = owner.post(url("documents-status", handbook.id, "enable"), {"ids": UNKNOWN}, **HTMX)
    assert attribute(response, "#toasts", "hx-swap-oob") == "beforeend"
    assert texts(response, "#toasts .notice-info span") == ["Nothing is selected."]


def test_a_fragment_without_a_message_stays_as_it_is(owner: Client, handbook: Dataset) -> None:
    assert "toasts" not in owner.get(url("datasets"), **HTMX).text


@pytest.mark.parametrize(
    ("header", "address"), [("", "10.0.0.1"), ("203.0.113.9", "203.0.113.9"), ("1.2.3.4, 203.0.113.9", "203.0.113.9")]
)
def test_behind_a_proxy_the_client_is_whom_it_names_last(header: str, address: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": header} if header else {})
    answer = client_address(lambda asked: HttpResponse(asked.META["REMOTE_ADDR"]))(request)
    assert answer.getvalue().decode() == address
