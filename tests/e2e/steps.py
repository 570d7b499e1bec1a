"""What a person does, and what the API holds behind the dashboard's back."""

import base64
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.server import Demo, wait_for

INDEXING_SECONDS = 30
SLUG = "acme-support"
DROP = """files => {
  const carried = new DataTransfer()
  for (const { name, data, size } of files) {
    const bytes = data === null ? new Uint8Array(size) : Uint8Array.from(atob(data), c => c.charCodeAt(0))
    carried.items.add(new File([bytes], name))
  }
  return carried
}"""
COMPLETED = {"completed", "error"}


def dropped(name: str, content: bytes | None = None, size: int = 0) -> dict[str, object]:
    """A file for drop(): of this content, or of `size` zeros that are made in the browser."""
    return {"name": name, "data": None if content is None else base64.b64encode(content).decode(), "size": size}


def carry_passkeys(page: Page) -> None:
    """A device of the browser's own, which says yes to all."""
    debugger = page.context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    debugger.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def from_disk(path: Path) -> dict[str, object]:
    return dropped(path.name, path.read_bytes())


class Dashboard:
    """A browser page and the demo it looks at. Datasets are made for one test each."""

    def __init__(self, demo: Demo, page: Page, folder: Path) -> None:
        self.demo, self.page, self.folder = demo, page, folder
        self.dataset = self.name = ""

    # --- behind the dashboard's back ---

    def api(self, method: str, path: str, json: object = None) -> Any:
        answer = self.demo.call(method, f"/v1{path}", json)
        return answer.json() if answer.content else None

    def new_dataset(self, name: str) -> str:
        """An empty dataset on the economy index; the address of its documents."""
        self.name = f"{name} {time.time_ns()}"[:40]
        made = self.api("POST", "/datasets", {"name": self.name, "indexing_technique": "economy"})
        self.dataset = made["id"]
        return self.address

    @property
    def address(self) -> str:
        return f"{self.demo.origin}/w/{SLUG}/datasets/{self.dataset}/"

    def document_address(self, document: str) -> str:
        return f"{self.address}documents/{document}/"

    def new_document(self, name: str, *segments: str, seconds: float = INDEXING_SECONDS) -> str:
        """A document with these segments; its id when it is there."""
        return self.new_documents({name: segments}, seconds)[0]

    def new_documents(self, texts: dict[str, tuple[str, ...]], seconds: float = INDEXING_SECONDS) -> list[str]:
        rules = {
            "pre_processing_rules": [],
            "segmentation": {"separator": "\n\n", "max_tokens": 500, "chunk_overlap": 0},
        }
        with self.demo.quick_indexing():
            made = [
                self.api(
                    "POST",
                    f"/datasets/{self.dataset}/document/create-by-text",
                    {
                        "name": name,
                        "text": "\n\n".join(segments),
                        "indexing_technique": "economy",
                        "process_rule": {"mode": "custom", "rules": rules},
                    },
                )["document"]["id"]
                for name, segments in texts.items()
            ]
            self.indexed(len(made), seconds)
        return made

    def documents(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.api("GET", f"/datasets/{self.dataset}/documents?limit=100")["data"]
        return rows

    def names(self) -> list[str]:
        return sorted(document["name"] for document in self.documents())

    def indexed(self, at_least: int = 1, seconds: float = INDEXING_SECONDS) -> None:
        def done() -> bool:
            rows = self.documents()
            return len(rows) >= at_least and all(row["indexing_status"] in COMPLETED for row in rows)

        wait_for(done, "indexing", seconds)

    def segments(self, document: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.api("GET", f"/datasets/{self.dataset}/documents/{document}/segments")["data"]
        return rows

    # --- on the page ---

    def row(self, name: str) -> Locator:
        """The row of a document, or of a dataset, of exactly this name."""
        link = self.page.get_by_role("link", name=name, exact=True)
        return self.page.locator("tr[data-row]").filter(has=link)

    def upload_row(self, name: str) -> Locator:
        exactly = self.page.locator(".upload-name", has_text=re.compile(f"^{re.escape(name)}$"))
        return self.page.locator(".upload-row").filter(has=exactly)

    def drop(self, *files: dict[str, object]) -> None:
        """A real drop of files on the page: drag over it, let go."""
        carried = self.page.evaluate_handle(DROP, list(files))
        self.page.dispatch_event("main", "dragover", {"dataTransfer": carried})
        expect(self.page.locator("body.dropping")).to_be_attached()
        self.page.dispatch_event("main", "drop", {"dataTransfer": carried})
        expect(self.page.locator("body.dropping")).not_to_be_attached()

    def marked(self) -> Callable[[], bool]:
        """Whether the page is still the one that it is now: a navigation or a reload would lose the mark."""
        self.page.evaluate("window.stillHere = true")
        return lambda: self.page.evaluate("window.stillHere === true")

    def until(self, act: Callable[[], None], seen: Locator, refused: Locator) -> None:
        """Do it until it is done: for a moment after a change the API refuses the next one, and the page says so."""
        for _ in range(20):
            act()
            expect(seen.or_(refused).first).to_be_visible()
            if seen.is_visible():
                return
            for close in refused.get_by_role("button", name="Close").all():
                close.click()
        raise AssertionError("the API refused it each time")
