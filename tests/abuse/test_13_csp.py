"""Row 13: one policy, on every answer: all addresses for a guest and an owner, redirects, errors, static files, the health check.

That no page violates it is seen in a browser: tests/e2e/test_abuse_13_csp.py. There are no server-sent events yet.
"""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings
from selectolax.lexbor import LexborHTMLParser

from tests.abuse.people import Things, answers
from tests.abuse.walls import BELOW, DOCUMENT
from tests.conftest import signed_in
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, Answer, url

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-src 'self'; frame-ancestors 'none'; object-src 'none'"
)
# A file that somebody uploaded, in a frame of ours: it may do nothing at all.
PREVIEW = f"{BELOW}{DOCUMENT}original/preview/"
FRAMED = "default-src 'none'; frame-ancestors 'self'"
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def parts(header: str) -> list[str]:
    return sorted(part.strip() for part in header.split(";"))


def lacking(response: HttpResponse | Answer) -> dict[str, Any]:
    """The headers that are not as they must be."""
    found = {name: response.headers.get(name) for name in HEADERS if response.headers.get(name) != HEADERS[name]}
    policy = response.headers.get("Content-Security-Policy", "")
    if policy == FRAMED:
        del found["X-Frame-Options"]
        return found
    return found if parts(policy) == parts(POLICY) else found | {"Content-Security-Policy": policy}


def test_every_address(people: dict[str, Client], things: Things) -> None:
    assert {what: found for what, answer in answers(people, things) if (found := lacking(answer))} == {}


def test_every_fragment(people: dict[str, Client], things: Things) -> None:
    fragments = answers(people, things, ["owner"], **HTMX)
    assert {what: found for what, answer in fragments if (found := lacking(answer))} == {}


def test_only_a_file_in_a_frame_has_a_policy_of_its_own(people: dict[str, Client], things: Things) -> None:
    framed = {what for what, answer in answers(people, things) if answer.headers["Content-Security-Policy"] == FRAMED}
    assert framed == {f"owner {PREVIEW}"}


def test_no_page_has_script_or_style_in_it(people: dict[str, Client], things: Things) -> None:
    """The policy would stop it; a page that tries shows nothing in its place."""
    found = {}
    for what, answer in answers(people, things):
        if answer.headers["Content-Type"].startswith("text/html"):
            page = LexborHTMLParser(b"".join(answer) if answer.streaming else answer.content)
            handlers: list[object] = [
                name for node in page.css("*") for name in node.attributes if name.startswith("on") or name == "style"
            ]
            inside: list[object] = [
                node.html
                for node in page.css(
                    "style, script:not([src], [type='application/json']), [href^='javascript:'], [src^='http']"
                )
            ]
            if handlers + inside:
                found[what] = handlers + inside
    assert found == {}


@pytest.mark.parametrize(
    ("status", "path", "extra"),
    [
        (200, "/healthz", {}),
        (400, "/", {"HTTP_HOST": "evil.example"}),
        (404, "/nothing/", {}),
        (404, "/static/nothing.css", {}),
        (301, "/accounts/login", {}),
    ],
)
def test_what_is_no_page(db: None, status: int, path: str, extra: dict[str, str]) -> None:
    response = Client(**extra).get(path)  # type: ignore[arg-type]  # of any kind, on purpose
    assert response.status_code == status
    without = {"evil.example": set(HEADERS) - {"X-Frame-Options"}}  # refused before the last middlewares of Django's
    assert set(lacking(response)) <= without.get(extra.get("HTTP_HOST", ""), set())


@pytest.mark.parametrize("path", ["js/app.js", "js/theme.js", "app.css", "vendor/tabler.min.css", "favicon.svg"])
def test_static_files(settings: Settings, db: None, path: str) -> None:
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    response = Client().get(f"/static/{path}")
    response.close()
    assert (response.status_code, lacking(response)) == (200, {})


def test_a_failure_of_the_api(owner: Client, sandbox: SandboxProcess) -> None:
    sandbox.faults({"kind": "html"})
    response = owner.get(url("datasets"))
    assert (response.status_code, lacking(response)) == (502, {})


@pytest.mark.urls("tests.views.broken_urls")
def test_a_failure_of_our_own(anonymous: Client) -> None:
    anonymous.raise_request_exception = False
    response = anonymous.get("/")
    assert (response.status_code, lacking(response)) == (500, {})


def test_a_form_without_its_token(alice: Any, workspace: Any) -> None:
    response = signed_in(alice, enforce_csrf_checks=True).post(url("new-dataset"))
    assert (response.status_code, lacking(response)) == (403, {})


def test_a_method_that_no_page_takes(owner: Client) -> None:
    response = owner.delete(url("datasets"))
    assert (response.status_code, lacking(response)) == (405, {})


def test_a_redirect_to_https(settings: Settings, db: None) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/accounts/login/")
    assert (response.status_code, response.headers["Location"]) == (301, "https://testserver/accounts/login/")
    assert lacking(response) == {}
