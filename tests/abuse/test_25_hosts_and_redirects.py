"""Row 25: a host that is not ours is answered 400; forwarded headers count for nothing where no proxy is trusted; 0 of 16 spellings
of a foreign address are gone to, by any redirect, plain or of htmx."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings
from sesame.utils import get_token

from datasets_ui.models import AuditEvent, User, Workspace
from tests.abuse.people import Things, routes
from tests.conftest import signed_in
from tests.support.accounts import PASSWORD, sign_in
from tests.support.stage import HTMX, Answer, text, url

FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:80",
    "testserver.evil.example",
    "evil.example/testserver",
    "testserver@evil.example",
    "testserver:80@evil.example",
    "testserver\t.evil.example",
    "testserver, evil.example",
    "[::1",
    "",
    "*",
    "169.254.169.254",
]
FOREIGN = [
    "https://evil.example/",
    "http://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example/..",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "http:evil.example",
    "https:/evil.example",
    "http://testserver@evil.example/",
    "https://testserver.evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
]
SPOOFED: dict[str, Any] = {
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_X_FORWARDED_FOR": "203.0.113.9",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_PORT": "444",
    "HTTP_FORWARDED": "for=203.0.113.9;host=evil.example;proto=https",
    "HTTP_X_REAL_IP": "203.0.113.9",
    "HTTP_X_ORIGINAL_URL": "//evil.example/",
    "HTTP_X_REWRITE_URL": "//evil.example/",
    "HTTP_CLIENT_IP": "203.0.113.9",
}


def goes_to(response: Answer) -> list[str]:
    """Where an answer sends the browser."""
    return [
        response.headers[name] for name in ("Location", "HX-Redirect", "HX-Location", "Refresh") if name in response.headers
    ]


def own(address: str) -> bool:
    """Whether a browser stays here: it drops tabs and line ends, and takes a backslash for a slash."""
    read = re.sub(r"[\t\r\n]", "", address).strip().replace("\\", "/")
    parts = urlsplit(read)
    return parts.netloc in {"", "testserver"} and parts.scheme in {"", "http"} and not read.startswith("//")


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_foreign_address_is_known_as_one(foreign: str) -> None:
    assert own(foreign) is (foreign == "http:evil.example")  # relative, where the page is one of http


# --- hosts ---


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_an_unknown_host_is_a_bad_request(owner: Client, host: str) -> None:
    for address in ("/", "/accounts/login/", url("datasets"), "/static/app.css", "/nothing/"):
        response = owner.get(address, HTTP_HOST=host)
        assert (address, response.status_code) == (address, 400)


def test_its_page_says_nothing_of_it(anonymous: Client) -> None:
    response = anonymous.get("/", HTTP_HOST="evil.example")
    assert (text(response, "h1"), "evil.example" in response.text) == ("Bad request", False)


# --- forwarded headers ---


def test_no_page_and_no_redirect_names_the_forwarded_host(people: dict[str, Client], things: Things) -> None:
    for kind in ("anonymous", "owner"):
        for route in routes():
            response: Answer = people[kind].get(things.path(route), **SPOOFED)
            said = f"{response.headers} {response.getvalue().decode()}"
            assert (route, response.status_code < 500, "evil.example" in said) == (route, True, False)


def test_the_link_of_an_invitation_names_our_own_host(owner: Client) -> None:
    response = owner.post(url("invitations"), {"role": "viewer", "email": ""}, **SPOOFED)
    [link] = re.findall(r"https?://[^\s\"<]+/invitation/\?token=", response.text)
    assert link == "http://testserver/invitation/?token="


def test_the_forwarded_address_is_not_recorded(alice: User, workspace: Workspace) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    sign_in(Client(REMOTE_ADDR="198.51.100.7", **SPOOFED), alice.email)
    assert set(AuditEvent.objects.values_list("address", flat=True)) == {"198.51.100.7"}


def test_the_forwarded_scheme_is_not_believed(anonymous: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = anonymous.get("/accounts/login/", **SPOOFED)
    assert (response.status_code, response.headers["Location"]) == (301, "https://testserver/accounts/login/")


# --- redirects ---


@pytest.mark.parametrize("extra", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("foreign", FOREIGN)
def test_signing_in_leads_to_our_own_pages(alice: User, workspace: Workspace, foreign: str, extra: dict[str, Any]) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    client = Client(**extra)
    client.get(reverse("account_login", query={"next": foreign}))
    [target] = goes_to(sign_in(client, alice.email, next=foreign))
    assert (own(target), "evil" in target) == (True, False)


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_link_signs_in_to_our_own_pages(alice: User, workspace: Workspace, foreign: str) -> None:
    response: Answer = Client().post(f"{reverse('sign-in-link')}", {"token": get_token(alice), "next": foreign})
    assert [target for target in goes_to(response) if not own(target) or "evil" in target] == []
    assert response.status_code == 302


@pytest.mark.parametrize("foreign", FOREIGN)
def test_confirming_leads_to_our_own_pages(alice: User, workspace: Workspace, foreign: str) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    client = signed_in(alice, age=3600)
    address = reverse("account_reauthenticate", query={"next": foreign})
    targets = goes_to(client.get(address)) + goes_to(client.post(address, {"password": PASSWORD, "next": foreign}))
    assert (targets != [], [target for target in targets if not own(target) or "evil" in target]) == (True, [])


@pytest.mark.parametrize("foreign", FOREIGN)
def test_signing_out_leads_to_our_own_pages(owner: Client, foreign: str) -> None:
    targets = goes_to(owner.post(reverse("account_logout"), {"next": foreign}))
    assert (targets != [], [target for target in targets if not own(target) or "evil" in target]) == (True, [])


@pytest.mark.parametrize("foreign", [*FOREIGN, "https://testserver/x", "http://testserver:81/x"])
def test_the_page_that_htmx_names_is_gone_back_to_only_here(anonymous: Client, workspace: Workspace, foreign: str) -> None:
    response: Answer = anonymous.get(url("datasets"), HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=foreign)
    assert goes_to(response) == [f"/accounts/login/?next={url('datasets')}"]


@pytest.mark.parametrize(
    "path", ["//evil.example", "//evil.example/%2e%2e", "/\\evil.example", "//evil.example/w/acme/datasets"]
)
def test_an_address_that_begins_as_a_foreign_one_leads_nowhere(anonymous: Client, owner: Client, path: str) -> None:
    for client in (anonymous, owner):
        response: Answer = client.generic("GET", path)
        assert [target for target in goes_to(response) if not own(target)] == []


def test_no_page_takes_a_foreign_address_to_go_to(people: dict[str, Client], things: Things) -> None:
    """Every address, by opening it and by posting to it, with the usual names of such a parameter."""
    names = ("next", "redirect", "redirect_to", "return", "url", "continue", "process")
    asked = "&".join(f"{name}=https%3A%2F%2Fevil.example%2F" for name in names)
    for kind in ("anonymous", "viewer"):
        for route in routes():
            for method in ("GET", "POST"):
                response: Answer = people[kind].generic(method, f"{things.path(route)}?{asked}")
                assert (route, [target for target in goes_to(response) if not own(target)]) == (route, [])
