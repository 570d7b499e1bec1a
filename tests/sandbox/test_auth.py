"""The key: the ways to get it wrong, and what is answered before it is looked at."""

import httpx
import pytest

from tests.sandbox.support import UNKNOWN, Library
from tests.support.plain_http import TRUSTS_NOBODY
from tests.support.sandbox_process import SandboxProcess

MISSING = "Authorization header must be provided and start with 'Bearer'"


def ask(sandbox: SandboxProcess, header: str | None, path: str = "/datasets") -> httpx.Response:
    headers = {} if header is None else {"Authorization": header}
    return httpx.get(sandbox.base_url + path, headers=headers, trust_env=False, verify=TRUSTS_NOBODY)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, MISSING),
        ("dataset-sandbox-key", MISSING),
        ("Bearer", MISSING),
        ("Basic abc", "Authorization scheme must be 'Bearer'"),
        ("Bearer dataset-wrong", "Access token is invalid"),
        ("Bearer app-wrong", "Access token is invalid"),
    ],
)
def test_a_wrong_key_is_refused(sandbox: SandboxProcess, header: str | None, message: str) -> None:
    response = ask(sandbox, header)
    assert response.status_code == 401
    assert response.json() == {"code": "unauthorized", "message": message, "status": 401}


def test_a_refusal_names_the_scheme(sandbox: SandboxProcess) -> None:
    assert ask(sandbox, None).headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_the_scheme_may_be_in_lower_case(sandbox: SandboxProcess) -> None:
    assert ask(sandbox, f"bearer {sandbox.key}").status_code == 200


def test_an_unknown_dataset_answers_before_the_key_is_checked(sandbox: SandboxProcess) -> None:
    assert ask(sandbox, None, f"/datasets/{UNKNOWN}").status_code == 404


def test_a_known_dataset_needs_the_key(sandbox: SandboxProcess, economy: Library) -> None:
    assert ask(sandbox, None, f"/datasets/{economy.id}").status_code == 401


def test_the_control_routes_need_the_key(sandbox: SandboxProcess) -> None:
    assert httpx.get(f"{sandbox.origin}/control/calls", trust_env=False, verify=TRUSTS_NOBODY).status_code == 401


@pytest.mark.parametrize("path", ["/", "/datasets/", "/datasets/not-a-uuid", "/nothing"])
def test_what_is_no_route_is_an_html_page(api: httpx.Client, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


def test_another_method_is_405(api: httpx.Client) -> None:
    response = api.put("/datasets")
    assert response.json()["code"] == "method_not_allowed"
    assert response.status_code == 405


def test_head_answers_like_get_without_a_body(api: httpx.Client) -> None:
    response = api.head("/datasets")
    assert (response.status_code, response.content) == (200, b"")


def test_options_names_the_methods(api: httpx.Client) -> None:
    assert api.options("/datasets").headers["Allow"] == "GET, OPTIONS, POST"


def test_every_answer_names_the_version(api: httpx.Client) -> None:
    versions = {api.get(path).headers["X-Version"] for path in ("/datasets", "/nothing", f"/datasets/{UNKNOWN}")}
    assert versions == {"1.10.1"}


def test_a_surprise_is_500_unknown(api: httpx.Client) -> None:
    response = api.get("/datasets", params={"tag_ids": "nope"})
    assert response.status_code == 500
    assert response.json() == {"code": "unknown", "message": "Internal Server Error", "status": 500}
