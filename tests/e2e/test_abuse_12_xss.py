"""Row 12: whatever is written, others read it as text: 74 payloads in the names of datasets, documents, workspace, API keys and
people, in notes, segments, invitations and the activity, each opened in Chromium on every page that shows it.

0 dialogs, 0 scripts run, 0 requests sent, 0 reports of our own policy. (Here and not in tests/abuse, for the browser's sake.)
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Dialog, StorageState

from tests.e2e.conftest import NewContext
from tests.e2e.payloads import ARMED, CANARY, LONG, PAYLOADS, SHORT
from tests.e2e.server import Demo, wait_for
from tests.e2e.steps import COMPLETED
from tests.e2e.test_accounts import manage
from tests.e2e.watch import Watch

SLUG = "xss"
MARK = re.compile("pwned|canary|alert|display:none")
SWAP = "address => htmx.ajax('GET', address, {target: '#dialog', swap: 'innerHTML'})"
LINKS = "end => [...document.querySelectorAll('a')].map(a => a.href.split('?')[0]).filter(a => new RegExp(end).test(a))"
RULES = {"pre_processing_rules": [], "segmentation": {"separator": "@@@@", "max_tokens": 4000, "chunk_overlap": 0}}
# past the forms, so that what they would refuse is there too
STAGE = """
import json, uuid
from django.utils import timezone
from datetime import timedelta
from datasets_ui.models import Actor, ApiKey, AuditEvent, Invitation, Membership, User, Workspace
from datasets_ui.services.team.workspaces import create_workspace
from pydantic import SecretStr
from datasets_ui.services.keys.connections import seal_key
payloads, base_url, key = json.loads({told!r})
workspace = create_workspace(name="XSS", owner=User.objects.earliest("id"), by=Actor("x"))
first = ApiKey(workspace=workspace, name="Default", base_url=base_url, is_default=True)
seal_key(first, SecretStr(key))
first.save()
Workspace.objects.filter(pk=workspace.pk).update(name=payloads[0][:60])
for n, text in enumerate(payloads):
    text = text.replace("\\0", "")
    now, made = timezone.now(), dict(note=text, last_error=text, last_used_by=text, server_version=text[:30], last_error_at=timezone.now())
    ApiKey.objects.create(workspace=workspace, name=f"{{n}}{{text}}"[:60], base_url=f"https://x{{n}}.example/{{text}}"[:300], prefix=text[:12], **made)
    who = User.objects.create(email=f"{{n}}{{text}}"[:254])
    Membership.objects.create(workspace=workspace, user=who, role="viewer")
    Invitation.objects.create(workspace=workspace, role="viewer", email=f"{{n}}{{text}}"[:254], inviter=who, token_hash=uuid.uuid4().hex, expires_at=now + timedelta(hours=1))
    AuditEvent.objects.create(workspace_id=workspace.id, workspace=text[:60], actor=text, act="dataset.update", object_id=text[:60], object_name=text[:300], before=text, after=text, outcome="failed", error=text[:200])
"""

CLEAR = """
from datasets_ui.models import User, Workspace
User.objects.filter(memberships__workspace__slug="xss").exclude(pk=User.objects.earliest("id").pk).delete()
Workspace.objects.filter(slug="xss").delete()
"""


def new_dataset(demo: Demo, name: str) -> str:
    made: str = demo.call("POST", "/v1/datasets", {"name": name, "indexing_technique": "economy"}).json()["id"]
    return made


def new_document(demo: Demo, dataset: str, name: str, text: str) -> str:
    rule = {"mode": "custom", "rules": RULES}
    told = {"name": name, "text": text, "indexing_technique": "economy", "process_rule": rule}
    answer = demo.call("POST", f"/v1/datasets/{dataset}/document/create-by-text", told)
    made: str = answer.json()["document"]["id"]
    return made


@dataclass
class Written:
    """Where the payloads are."""

    home: str
    datasets: list[str]
    book: str
    segments: list[str]

    @property
    def here(self) -> str:
        return f"{self.home}/datasets/{self.datasets[0]}/"

    @property
    def document(self) -> str:
        return f"{self.here}documents/{self.book}/"


@pytest.fixture(scope="package")
def written(demo: Demo) -> Iterator[Written]:
    told = json.dumps([PAYLOADS, f"{demo.sandbox}/v1", demo.key])
    manage(demo, "shell", "--no-imports", "-c", STAGE.format(told=told))
    datasets = [new_dataset(demo, name) for name in SHORT]
    with demo.quick_indexing():
        book = new_document(demo, datasets[0], "book.txt", "@@@@".join(f"{n} {text}" for n, text in enumerate(PAYLOADS)))
        address = f"/v1/datasets/{datasets[0]}/documents"
        wait_for(lambda: demo.call("GET", f"{address}/{book}").json()["indexing_status"] in COMPLETED, "indexing", 60)
        for payload in PAYLOADS:  # these may go on being indexed
            new_document(demo, datasets[0], payload[:150].replace("\0", ""), "Text.")  # PostgreSQL holds no NUL
    rows = demo.call("GET", f"{address}/{book}/segments?limit=100").json()["data"]
    yield Written(f"{demo.origin}/w/{SLUG}", datasets, book, [row["id"] for row in rows])
    for dataset in datasets:
        demo.call("DELETE", f"/v1/datasets/{dataset}")
    manage(demo, "shell", "--no-imports", "-c", CLEAR)


class Trap:
    """What a payload that runs would do in a browser context."""

    def __init__(self, context: BrowserContext) -> None:
        self.sprung: list[str] = []
        self.page = context.new_page()
        self.page.on("dialog", self.dialog)
        context.on("page", lambda page: self.sprung.append(f"window {page.url}"))
        context.on("request", lambda request: self.request(request.url))

    def dialog(self, dialog: Dialog) -> None:
        self.sprung.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def request(self, url: str) -> None:
        parts = urlsplit(url)
        if CANARY in parts.path or "evil.example" in (parts.hostname or ""):
            self.sprung.append(f"request {url}")

    def look(self) -> None:
        """At the page as it stands."""
        if self.page.evaluate("'pwned' in window"):
            self.sprung.append(f"script {self.page.url}")
        self.sprung += [f"{self.page.url}: {armed}" for armed in self.page.evaluate(ARMED)]

    def open(self, address: str) -> None:
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status in {200, 422}, (address, answer.status)
        assert MARK.search(self.page.content()), f"no payload on {address}"
        self.look()


@pytest.fixture
def trap(new_context: NewContext, signed_in: StorageState) -> Trap:
    return Trap(new_context(storage_state=signed_in))


def test_there_are_enough_of_them(written: Written) -> None:
    assert (len(set(PAYLOADS)) >= 60, len(written.segments) >= 60) == (True, True)


def test_pages_about_datasets_show_text(trap: Trap, written: Written) -> None:
    pages = [f"{written.home}/datasets/?page={number}" for number in (1, 2)]
    pages += [f"{written.home}/datasets/?q={quote(payload)}" for payload in (SHORT[2], SHORT[15], SHORT[18])]
    pages += [
        f"{written.home}/datasets/{one}/{page}" for one in written.datasets[:20:5] for page in ("settings/", "delete/", "")
    ]
    pages += [f"{written.home}/datasets/new/", f"{written.here}documents/add-text/", f"{written.here}retrieval/?q=onload"]
    for address in pages:
        trap.open(address)
    assert trap.sprung == []


def test_pages_about_documents_and_segments_show_text(trap: Trap, written: Written) -> None:
    pages = [f"{written.here}?page={number}" for number in (1, 2, 3, 4)]
    pages += [
        f"{written.document}?q={quote(SHORT[15])}",
        f"{written.document}segments/add/",
        f"{written.document}?finding=markup",
    ]
    pages += [f"{written.document}segments/{one}/{page}" for one in written.segments[::15] for page in ("", "edit/", "delete/")]
    for address in pages:
        trap.open(address)
    assert trap.sprung == []


def test_the_scroll_shows_text(trap: Trap, written: Written) -> None:
    """It keeps rows as text, and makes elements of them when they come into sight."""
    trap.open(written.document)
    seen: set[str] = set()
    for step in range(41):
        trap.page.evaluate("part => window.scrollTo(0, part * document.documentElement.scrollHeight)", step / 40)
        trap.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen |= set(trap.page.evaluate("[...document.querySelectorAll('article')].map(row => row.id.replace('segment-', ''))"))
        trap.look()
    assert seen == set(written.segments)
    assert trap.sprung == []


def test_fragments_that_htmx_puts_into_the_page_show_text(trap: Trap, written: Written) -> None:
    trap.open(written.document)
    for one in written.segments:
        trap.page.evaluate(SWAP, f"{written.document}segments/{one}/edit/")
        trap.look()
    assert trap.sprung == []


def test_pages_about_the_workspace_show_text(trap: Trap, written: Written) -> None:
    pages = [
        "keys/",
        "members/",
        "members/leave/",
        "activity/",
        "activity/?page=2",
        "settings/",
        "settings/delete/",
        "keys/new/",
    ]
    pages += [f"activity/?person={quote(SHORT[15])}", f"activity/?object={quote(SHORT[2])}"]
    for address in pages:
        trap.open(f"{written.home}/{address}")
    assert trap.sprung == []


def test_pages_about_each_key_and_member_show_text(trap: Trap, written: Written) -> None:
    trap.open(f"{written.home}/keys/")
    keys = trap.page.evaluate(LINKS, "/keys/[0-9a-f-]{36}/$")[::12]
    trap.open(f"{written.home}/members/")
    people = trap.page.evaluate(LINKS, "/members/[0-9]+/remove/$")[::12]
    assert len(keys) > 4 < len(people)
    for address in [*people, *(key + page for key in keys for page in ("", "replace/", "delete/"))]:
        trap.open(address)
    assert trap.sprung == []


def test_the_trap_would_be_sprung(trap: Trap, demo: Demo, watch: Watch) -> None:
    """On a page of the same origin that has no policy and shows the payloads as they are."""
    watch.problems, watch.expected = [], ("",)
    body = "".join(f"<div>{payload}</div>" for payload in (SHORT[1], SHORT[2], LONG[0]))
    trap.page.route("**/bare/", lambda route: route.fulfill(body=f"<!doctype html>{body}", content_type="text/html"))
    trap.page.goto(f"{demo.origin}/bare/")
    trap.page.wait_for_function("'pwned' in window")
    trap.look()
    assert {word.split()[0] for word in trap.sprung} >= {"request", "script"}
