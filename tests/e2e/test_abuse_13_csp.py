"""Rows 13, 16 and 26 in Chromium: no page violates the policy, none lets itself be framed, and none stays behind after signing out.

The headers of every answer are in tests/abuse/test_13_csp.py and test_16_framing.py. Here are the pages that tests/e2e/test_walk.py,
test_accounts.py and test_team.py do not open: all of them together are every page. Each of their tests fails on a report of the policy.
"""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.server import Demo
from tests.e2e.steps import SLUG, Dashboard
from tests.e2e.test_accounts import Person
from tests.e2e.watch import Watch, axe

PATHS = "[...document.links].map(link => link.pathname)"
# what the browser keeps, but for the theme and htmx's note of the address that is open
KEPT = """Object.entries(localStorage).concat(Object.entries(sessionStorage))
  .filter(([key, value]) => key !== 'theme' && !(key === 'htmx-current-path-for-history' && value.startsWith('/')))"""


# --- 13: no page violates the policy ---


def test_every_page_keeps_to_the_policy(demo: Demo, page: Page, watch: Watch, tmp_path: Path) -> None:
    """`watch` hears of every violation; each page is open until nothing moves."""
    dashboard = Dashboard(demo, page, tmp_path)
    dashboard.new_dataset("Policy")
    book = dashboard.document_address(dashboard.new_document("book.txt", "The first segment."))
    segment = dashboard.segments(book.rstrip("/").rpartition("/")[2])[0]["id"]
    home, account, here = f"{demo.origin}/w/{SLUG}", f"{demo.origin}/accounts", dashboard.address
    page.goto(f"{home}/keys/")
    key = next(link for link in page.evaluate(PATHS) if re.search("/keys/[0-9a-f-]{36}/$", link))
    addresses = [
        f"{home}/datasets/",
        f"{home}/datasets/new/",
        f"{home}/keys/",
        f"{home}/keys/new/",
        f"{demo.origin}{key}",
        f"{demo.origin}{key}replace/",
        f"{demo.origin}{key}delete/",
        f"{home}/members/",
        f"{home}/members/leave/",
        f"{home}/activity/",
        f"{home}/settings/",
        f"{home}/settings/delete/",
        f"{demo.origin}/workspaces/new/",
        here,
        f"{here}settings/",
        f"{here}delete/",
        f"{here}retrieval/?q=segment",
        f"{here}documents/add-text/",
        book,
        f"{book}segments/add/",
        f"{book}segments/{segment}/",
        f"{book}segments/{segment}/edit/",
        f"{book}segments/{segment}/delete/",
        f"{account}/",
        f"{account}/sessions/",
        f"{account}/2fa/",
        f"{account}/2fa/webauthn/",
        f"{account}/password/set/",
        f"{account}/logout/",
        f"{account}/inactive/",
    ]
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok, address
        assert page.evaluate(KEPT) == []
    assert [problem for problem in watch.problems if "CSP" in problem or "Content Security Policy" in problem] == []


def test_a_violation_would_be_heard(demo: Demo, page: Page, watch: Watch) -> None:
    page.goto(f"{demo.origin}/accounts/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=https://evil.example/x>')")
    page.wait_for_timeout(200)
    assert any(problem.startswith("CSP: img-src https://evil.example/x") for problem in watch.problems)
    watch.problems.clear()


# --- 16: no page is framed ---


class Frames(BaseHTTPRequestHandler):
    """Somebody else's page, with ours in a frame."""

    target = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<!doctype html><link rel=icon href='data:,'><iframe src='{self.target}'></iframe>".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the handler's own name
        pass


@pytest.fixture
def evil() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Frames) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("path", ["/accounts/login/", f"/w/{SLUG}/datasets/", f"/w/{SLUG}/settings/delete/", "/nothing/"])
def test_a_page_in_a_frame_stays_empty(demo: Demo, page: Page, watch: Watch, evil: str, path: str) -> None:
    Frames.target = f"{demo.origin}{path}"
    page.goto(evil)
    inside = page.frames[1]
    inside.wait_for_load_state()
    assert inside.url == "chrome-error://chromewebdata/"
    assert inside.get_by_text("Dataset Dashboard").count() == 0
    assert any("frame-ancestors 'none'" in problem for problem in watch.problems)
    watch.problems.clear()


# --- 26: nothing stays behind ---


def test_after_signing_out_back_shows_nothing(demo: Demo, new_context: NewContext, tmp_path: Path) -> None:
    person = Person(demo, new_context())
    page, dashboard = person.page, Dashboard(demo, person.page, tmp_path)
    dashboard.new_dataset("Secret plans")
    person.open("")
    page.goto(f"{person.origin}/w/{SLUG}/datasets/{dashboard.dataset}/")
    expect(page.get_by_role("heading", name=dashboard.name)).to_be_visible()
    person.sign_out()
    for _ in range(3):
        page.go_back()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert dashboard.name not in page.content()
    assert page.evaluate(KEPT) == []


def with_a_draft(demo: Demo, new_context: NewContext, folder: Path) -> tuple[Person, str]:
    """Somebody who has typed something into a segment and not saved it; and the segment's editor."""
    person = Person(demo, new_context())
    person.set_password()
    page, dashboard = person.page, Dashboard(demo, person.page, folder)
    dashboard.new_dataset("Drafts")
    book = dashboard.new_document("book.txt", "The first segment.")
    segment = dashboard.segments(book)[0]["id"]
    editor = dashboard.document_address(book).replace(demo.origin, person.origin) + f"segments/{segment}/edit/"
    page.goto(editor)
    page.get_by_label("Content").fill("A secret that is not saved.")
    return person, editor


def test_after_signing_out_no_draft_is_left(demo: Demo, new_context: NewContext, tmp_path: Path) -> None:
    person, _ = with_a_draft(demo, new_context, tmp_path)
    page = person.page
    sign_out = page.get_by_role("button", name="Sign out")
    sign_out.click()
    assert axe(page) == []
    page.get_by_role("button", name="Stay").click()
    expect(page.get_by_label("Content")).to_have_value("A secret that is not saved.")
    sign_out.click()
    page.get_by_role("button", name="Sign out and throw it away").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "secret" not in str(page.evaluate(KEPT))


def test_who_signs_out_may_keep_the_draft_for_later(demo: Demo, new_context: NewContext, tmp_path: Path) -> None:
    person, editor = with_a_draft(demo, new_context, tmp_path)
    page = person.page
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign out and keep it").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    person.sign_in()
    page.goto(editor)
    expect(page.get_by_label("Content")).to_have_value("A secret that is not saved.")
