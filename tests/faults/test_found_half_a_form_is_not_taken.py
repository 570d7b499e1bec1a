"""A relative of M7: of a form that is cut off on its way, by a network, a closed lid or the proxy, what came is not taken for all of it.
Else half of a segment would be saved over the whole."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.abuse.support import Dashboard
from tests.support.plain_http import TRUSTS_NOBODY

pytestmark = pytest.mark.xdist_group("half_a_form")  # one process for all of it

TOKEN = "a" * 32
URLENCODED = f"csrfmiddlewaretoken={TOKEN}&login=a%40example.com&password=begun"
PART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
MULTIPART = "".join(
    PART.format(*field) for field in [("csrfmiddlewaretoken", TOKEN), ("login", "a@example.com"), ("password", "begun")]
)
FORMS = {
    "application/x-www-form-urlencoded": (URLENCODED, "and ended"),
    "multipart/form-data; boundary=b": (MULTIPART, "--b--\r\n"),
}


@pytest.fixture(scope="module")
def origin(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Dashboard(tmp_path_factory.mktemp("half") / "data", database=empty_database) as dashboard:
        yield dashboard.origin


def status(origin: str, kind: str, sent: str, length: int) -> int:
    """What a sign-in is answered of which so much is sent, and so much is promised."""
    place = urlsplit(origin)
    head = {"Host": place.netloc, "Cookie": f"csrf={TOKEN}", "Origin": origin, "Content-Type": kind, "Content-Length": length}
    lines = ["POST /accounts/login/ HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", sent]
    with socket.create_connection((str(place.hostname), place.port or 80), timeout=30) as connection:
        connection.sendall("\r\n".join(lines).encode())
        connection.shutdown(socket.SHUT_WR)
        return int(connection.recv(65536).split()[1])


@pytest.mark.parametrize("kind", FORMS)
def test_a_whole_form_is_taken(origin: str, kind: str) -> None:
    """M7: it is looked at: the password is wrong."""
    form = "".join(FORMS[kind])
    assert status(origin, kind, form, len(form)) == 200


@pytest.mark.parametrize("kind", FORMS)
def test_half_of_it_is_not(origin: str, kind: str) -> None:
    """M7: it is refused before anybody looks at it."""
    begun, end = FORMS[kind]
    assert status(origin, kind, begun, len(begun + end)) == 408
    assert httpx.get(f"{origin}/healthz", trust_env=False, verify=TRUSTS_NOBODY, timeout=30).status_code == 200
