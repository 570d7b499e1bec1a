"""Row 14: the score table of Mozilla's HTTP Observatory 1.6.3, on every page under the settings of production: at least 100 (A+).

Every page comes to 150 (155 where it sets a cookie). What is left out: the preload list of the browsers (+5), and integrity
attributes of scripts (+5), all of which are our own.
"""

import json
import subprocess
import sys
from http.cookies import Morsel
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from selectolax.lexbor import LexborHTMLParser

from tests.abuse.people import Things, answers
from tests.abuse.support import ROOT, surroundings
from tests.abuse.walls import BELOW, DOCUMENT
from tests.support.stage import Answer

TLS = (
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "SECURE_REFERRER_POLICY",
    "CONTENT_SECURITY_POLICY",
)
ENOUGH_FOR_EXTRA_CREDIT, SIX_MONTHS = 90, 15_768_000
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What settings.py makes of a production environment."""
    told = {
        "DATASETS_MODE": "production",
        "DATASETS_HOSTS": "testserver",
        "DATASETS_SECRET_KEY": "x" * 60,
        "DATASETS_KEK": "A" * 43 + "=",
    }
    code = f"import json; from dashboard import settings; print(json.dumps({{n: getattr(settings, n) for n in {TLS!r}}}))"
    env = surroundings(tmp_path_factory.mktemp("production"), **told)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(autouse=True)
def behind_tls(production: dict[str, Any], settings: Settings) -> None:
    """Before anybody signs in: the cookies have other names."""
    for name, value in production.items():
        setattr(settings, name, value)


def policy(header: str) -> int:
    if not header:
        return -25
    allowed = {part.split()[0]: part.split()[1:] for part in header.split(";")}
    script, style = (allowed.get(name, allowed.get("default-src", ["*"])) for name in ("script-src", "style-src"))
    if {"'unsafe-inline'", "data:", "https:", "http:", "*"} & {*script, *allowed.get("object-src", script)}:
        return -20
    if "'unsafe-eval'" in script:
        return -10
    if {"'unsafe-inline'", "data:", "https:", "http:", "*"} & {*style}:
        return 0
    closed = allowed.get("default-src") == ["'none'"] and allowed.get("form-action") in (["'none'"], ["'self'"])
    return 10 if closed else 5


def cookies(found: list["Morsel[str]"]) -> int:
    if not found:
        return 0
    if any(not cookie["httponly"] for cookie in found if "session" in cookie.key):
        return -30
    if not all(cookie["secure"] for cookie in found):
        return -40
    return 5 if all(cookie["samesite"] in {"Lax", "Strict"} for cookie in found) else -20


def transport(header: str) -> int:
    age = [int(part.partition("=")[2]) for part in header.split("; ") if part.startswith("max-age=")]
    return -20 if not age else 0 if age[0] >= SIX_MONTHS else -10


def scripts(answer: Answer) -> int:
    """Scripts of our own origin need no integrity; others cost, however they come."""
    if answer.streaming or not answer.headers["Content-Type"].startswith("text/html"):
        return 0
    sources = [node.attributes.get("src") or "/" for node in LexborHTMLParser(answer.content).css("script")]
    return 0 if all(source.startswith("/") and not source.startswith("//") for source in sources) else -50


def score(answer: Answer) -> int:
    got = answer.headers
    points = {
        "content-security-policy": policy(got.get("Content-Security-Policy", "")),
        "cookies": cookies(list(answer.cookies.values())),
        "cross-origin-resource-sharing": -50 if "Access-Control-Allow-Origin" in got else 0,
        "referrer-policy": 5 if got.get("Referrer-Policy") in PRIVATE else -5,
        "strict-transport-security": transport(got.get("Strict-Transport-Security", "")),
        "subresource-integrity": scripts(answer),
        "x-content-type-options": 0 if got.get("X-Content-Type-Options") == "nosniff" else -5,
        "x-frame-options": 5 if "frame-ancestors 'none'" in got.get("Content-Security-Policy", "") else -20,
        "cross-origin-resource-policy": 10 if got.get("Cross-Origin-Resource-Policy") == "same-origin" else 0,
        "cross-origin-embedder-policy": 10 if got.get("Cross-Origin-Embedder-Policy") == "require-corp" else 0,
        "cross-origin-opener-policy": 10 if got.get("Cross-Origin-Opener-Policy") == "same-origin" else 0,
    }
    base = 100 + sum(point for point in points.values() if point < 0)
    return base if base < ENOUGH_FOR_EXTRA_CREDIT else base + sum(point for point in points.values() if point > 0)


def test_every_page_has_a_plus_and_more(people: dict[str, Client], things: Things) -> None:
    found = {what: score(answer) for what, answer in answers(people, things, secure=True)}
    framed = found.pop(f"owner {BELOW}{DOCUMENT}original/preview/")  # a file and no page: only we may frame it, not nobody
    assert framed >= 80
    assert {what: points for what, points in found.items() if points < 150} == {}


def test_pages_that_set_a_cookie_too(people: dict[str, Client]) -> None:
    page: Answer = people["anonymous"].get("/accounts/login/", secure=True)
    assert (list(page.cookies), score(page)) == (["__Host-csrf"], 155)


def test_http_leads_to_https_of_the_same_host(people: dict[str, Client], things: Things) -> None:
    found = dict(answers(people, things))
    targets = {answer.headers["Location"].split("/")[2] if answer.status_code == 301 else "" for answer in found.values()}
    assert targets == {"testserver"}
    assert {answer.headers["Location"].split(":")[0] for answer in found.values()} == {"https"}


@pytest.mark.parametrize(
    ("header", "points"),
    [
        ("", -25),
        ("default-src 'self'", 5),
        ("default-src 'none'; form-action 'self'", 10),
        ("default-src *", -20),
        ("default-src 'none'; script-src 'self' 'unsafe-inline'", -20),
        ("default-src 'none'; style-src 'unsafe-inline'", 0),
        ("default-src 'none'; script-src 'unsafe-eval'", -10),
    ],
)
def test_the_table_tells_policies_apart(header: str, points: int) -> None:
    assert policy(header) == points
