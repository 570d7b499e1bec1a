"""Row 27: what is too large or too much is refused or served, quickly, and 0 times by a 500.

There is no SSE here (progress is polled), so nothing of it to cap.

Half-sent headers: gunicorn's gthread worker gives each connection a thread as soon as it has sent a byte, and dashboard/worker.py takes
it back after ten seconds. With 2 workers of 16 threads, 10 half-sent heads hold nobody up; with 20, and with 100, others wait until
those seconds are over, for each sixteen anew. So a proxy has to stand in front, which waits for whole requests; here is tested what
holds without it. Half-sent forms are in test_found_m7_slow_clients.py.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import Client

from tests.abuse.people import Things, routes
from tests.abuse.support import FORM, Dashboard, Visitor
from tests.support.sandbox_process import SandboxProcess
from tests.support.stage import HTMX, Answer, Calls, url

pytestmark = pytest.mark.xdist_group("27_resources")  # one process for all of it

FIELDS = urlencode([(f"field{number}", "x") for number in range(5_000)])
TEN_MB = "name=" + "x" * 10_000_000
HUGE = ["1000000000", "9" * 5_000, "-1", "0", "1e9", "²", "٣", "x", "", "NaN", "1\0"]
LONG = "x" * 10_000
HANGING = 30  # seconds without a byte
MANY_IDS = urlencode([("ids", f"99999999-9999-4999-8999-{number:012}") for number in range(2_000)])


@pytest.mark.parametrize("address", ["/accounts/login/", "/setup/"])
def test_five_thousand_fields_are_refused_to_strangers(anonymous: Client, db: None, address: str) -> None:
    assert anonymous.post(address, FIELDS, content_type=FORM["Content-Type"]).status_code == 400


@pytest.mark.parametrize("name", ["new-dataset", "new-api-key", "workspace-settings", "invitations"])
def test_five_thousand_fields_are_refused_to_members(owner: Client, name: str) -> None:
    assert owner.post(url(name), FIELDS, content_type=FORM["Content-Type"]).status_code == 400


def test_five_thousand_fields_fail_nowhere(owner: Client, things: Things) -> None:
    """Where a form is read they are refused; where none is read they are not looked at."""
    statuses = {}
    for route in sorted(routes(), key=len, reverse=True):  # what is within goes before what holds it
        answer: Answer = owner.generic("POST", things.path(route), FIELDS, content_type=FORM["Content-Type"])
        statuses[route] = answer.status_code
    assert [route for route, status in statuses.items() if status >= 500] == []


@pytest.mark.parametrize("address", ["/accounts/login/", "/setup/", "/invitation/"])
def test_a_form_of_ten_megabytes_is_refused_to_strangers(anonymous: Client, things: Things, address: str) -> None:
    answer: Answer = anonymous.post(address, TEN_MB, content_type=FORM["Content-Type"])
    assert answer.status_code in {400, 410, 413}


@pytest.mark.parametrize("name", ["new-dataset", "workspace-settings", "new-api-key"])
def test_a_form_of_ten_megabytes_is_refused_to_members(owner: Client, things: Things, name: str) -> None:
    assert owner.post(url(name), TEN_MB, content_type=FORM["Content-Type"]).status_code in {400, 413}


def test_a_field_of_ten_megabytes_among_files_is_refused(owner: Client, things: Things) -> None:
    assert owner.post(url("upload", things.dataset_id), {"separator": "x" * 10_000_000}).status_code in {400, 413}


def test_a_thousand_files_are_refused(owner: Client, things: Things) -> None:
    part = '--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nx\r\n'
    answer: Answer = owner.generic(
        "POST", url("upload", things.dataset_id), part * 1_000 + "--b--\r\n", content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize("name", ["datasets", "documents", "segments", "activity", "activity-csv", "members", "api-keys"])
def test_no_page_number_fails(owner: Client, things: Things, name: str) -> None:
    ids = {"documents": [things.dataset_id], "segments": [things.dataset_id, things.document_id]}.get(name, [])
    for number in HUGE:
        answer: Answer = owner.get(url(name, *ids), {"page": number, "limit": number})
        assert (number, answer.status_code) == (number, 200)


@pytest.mark.parametrize("kind", ["anonymous", "owner"])
def test_no_long_question_fails(people: dict[str, Client], things: Things, kind: str) -> None:
    """Ten kilobytes in each of the usual places, at every address."""
    asked = dict.fromkeys(("q", "person", "object", "query", "status", "next", "token", "since", "kind", "ids"), LONG)
    statuses = {}
    for route in routes():
        answer: Answer = people[kind].get(things.path(route), asked)
        statuses[route] = answer.status_code
    assert [route for route, status in statuses.items() if status >= 500] == []


def test_a_long_search_is_cut_before_it_is_sent(owner: Client, things: Things, sandbox: SandboxProcess) -> None:
    before = len(sandbox.calls())
    assert owner.get(url("datasets", q=LONG)).status_code == 200
    assert [call for call in sandbox.calls()[before:] if len(call["query"]) > 300] == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_two_thousand_ids_are_not_two_thousand_calls(
    owner: Client, things: Things, sandbox: SandboxProcess, method: str
) -> None:
    calls = Calls(sandbox)
    name = url("documents-progress", things.dataset_id) if method == "get" else url("documents-delete", things.dataset_id)
    answer: Answer = (
        owner.get(f"{name}?{MANY_IDS}", **HTMX)
        if method == "get"
        else owner.generic("POST", name, MANY_IDS, content_type=FORM["Content-Type"])
    )
    assert (answer.status_code < 500, len(calls.seen()) <= 110) == (True, True)


ODD_HEADERS = [
    ("HTTP_COOKIE", f"session={LONG}"),
    ("HTTP_COOKIE", "a=b; " * 5_000),
    ("HTTP_X_CSRFTOKEN", LONG),
    ("HTTP_ORIGIN", LONG),
    ("HTTP_HX_CURRENT_URL", LONG),
    ("HTTP_HX_CURRENT_URL", "http://[::1"),
    ("HTTP_REFERER", "http://[::1"),
    ("CONTENT_LENGTH", "-1"),
    ("HTTP_ACCEPT", "*/*," * 5_000),
    ("HTTP_ACCEPT_ENCODING", "gzip," * 5_000),
    ("CONTENT_LENGTH", "9" * 30),
]


@pytest.mark.parametrize(("header", "value"), ODD_HEADERS)
def test_no_odd_header_fails(anonymous: Client, db: None, header: str, value: str) -> None:
    for method in ("GET", "POST"):
        answer: Answer = anonymous.generic(method, "/accounts/login/", **HTMX | {header: value})
        assert answer.status_code < 500


# --- half-sent headers ---


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Dashboard]:
    with Dashboard(tmp_path_factory.mktemp("slow") / "data", database=empty_database, processes=2) as dashboard:
        yield dashboard


@contextmanager
def half_sent(origin: str, number: int) -> Iterator[None]:
    """So many connections whose headers never end."""
    address = urlsplit(origin)
    with ExitStack() as opened:
        for _ in range(number):
            connection = opened.enter_context(socket.create_connection((str(address.hostname), address.port or 80)))
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        yield


def answered(dashboard: Dashboard) -> list[int]:
    with Visitor(dashboard.origin) as visitor:
        return [visitor.get("/healthz", headers={"Connection": "close"}, timeout=HANGING).status_code for _ in range(5)]


def test_ten_of_them_hold_nobody_up(dashboard: Dashboard) -> None:
    with half_sent(dashboard.origin, 10):
        assert answered(dashboard) == [200] * 5


def test_a_hundred_take_no_thread_for_longer_than_they_last(dashboard: Dashboard) -> None:
    with half_sent(dashboard.origin, 100):
        pass
    assert (answered(dashboard), "TIMEOUT" in dashboard.log.read_text()) == ([200] * 5, False)
