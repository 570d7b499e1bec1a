"""What logs leave out, and what they go on to show."""

import logging
import sys
import time

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from dashboard.logs import json_formatter, shown, shown_path, without_secrets

ID = "1c0a0b3e-0000-4000-8000-123456789012"
KEPT = [
    f"GET /w/acme-2/datasets/{ID}/documents/?page=2&status=completed",
    "/accounts/2fa/webauthn/keys/12/remove/",
    "https://dify.example.com:5001/v1/datasets",
    'File "/usr/lib/python3.11/site-packages/django/core/x.py", line 7, in get',
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",
    "text/html, 3/4, and / alone",
]
LEFT_OUT = [
    ("GET /sign-in/?token=AAAA-b_c", "GET /sign-in/?token=…"),
    ("GET /sign-in/?AAAA-b_c", "GET /sign-in/?…"),
    ("GET /sign-in/?AAAA-b_c=", "GET /sign-in/?…"),
    ("GET /accounts/login/?next=/invitation/%3Ftoken%3DAAAA&page=2", "GET /accounts/login/?next=…&page=2"),
    ("/accounts/password/reset/key/1-d1t0fb-0123456789abcdef0123456789abcdef/", "/accounts/password/reset/key/…/"),
    ("/accounts/confirm-email/MQ:1vN3aB:x-Y_z/", "/accounts/confirm-email/…/"),
    ("/accounts/oidc/sso/login/callback/?code=C0de&state=St4te", "/accounts/oidc/sso/login/callback/?code=…&state=…"),
    ('"GET /x/Y1?q=my+words HTTP/1.1" 200 "https://h/a?token=AAAA#f"', '"GET /x/…?q=… HTTP/1.1" 200 "https://h/a?token=…#f"'),
    ("redis://user:Pa55@cache:6379/0", "redis://cache:6379/0"),
    ("redis://user:Pa/55@cache:6379/0", "redis://…/…/0"),
    ("/w/acme/…/%0a{é}", "/w/acme/…/…"),
    ("?page=<b>", "?page=<b>"),
    ("/?page=a%20b", "/?page=…"),
]


@pytest.mark.parametrize("text", KEPT)
def test_what_tells_nothing_is_kept(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(("text", "left"), LEFT_OUT)
def test_what_may_let_somebody_in_is_left_out(text: str, left: str) -> None:
    assert shown(text) == left


def test_every_value_is_looked_through() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "<request /sign-in/?token=AAAA>"

    event = {"event": "x", "code": 200, "parts": [Odd(), {"url": "/?token=AAAA"}], "none": None}
    left = {"event": "x", "code": 200, "parts": ["<request /sign-in/?token=…>", {"url": "/?token=…"}], "none": None}
    assert without_secrets(None, "info", event) == left


def test_every_line_is_looked_through() -> None:
    """Those of other libraries too, with what went wrong."""
    try:
        int("/sign-in/?token=AAAA")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "%s", ("/?token=AAAA",), sys.exc_info())
    line = json_formatter().format(record)
    assert ("ValueError: " in line, "AAAA" in line) == (True, False)


def words(patterns: list[URLPattern | URLResolver]) -> set[str]:
    """Each fixed part of an address of ours."""
    own = {part for pattern in patterns for part in str(pattern.pattern).strip("^$").split("/")}
    below = [words(pattern.url_patterns) for pattern in patterns if isinstance(pattern, URLResolver)]
    return {part for part in own if part and not set(part) & set("<>(){}[]")}.union(*below)


def test_the_words_of_our_addresses_are_shown() -> None:
    found = words(get_resolver().url_patterns)
    assert {"reset", "2fa", "child-chunks", "segments"} <= found
    assert [word for word in sorted(found) if shown_path(f"/{word}/") != f"/{word}/"] == []


@pytest.mark.parametrize("part", ["a.", "/", "//", "http://", "x@", "?&", 'File "', "/w/", "a:", "-", "…"])
def test_no_text_takes_long(part: str) -> None:
    began = time.monotonic()
    shown(part * 100_000)
    assert time.monotonic() - began < 10
