"""python -m tests.e2e.screenshots: every screen, wide and narrow, light and dark, into docs/screenshots/."""

import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from tests.e2e.conftest import ARGUMENTS, CHROMIUM
from tests.e2e.server import ROOT, Demo, empty_dashboard, wait_for
from tests.e2e.steps import COMPLETED, INDEXING_SECONDS, SLUG

OUT = ROOT / "docs" / "screenshots"
SIZES = {1440: 900, 390: 844}
THEMES = ("light", "dark")
TEAM = {
    "api-keys": "/keys/",
    "new-api-key": "/keys/new/",
    "members": "/members/",
    "activity": "/activity/",
    "workspace": "/settings/",
}
MANUAL = "\n\n".join(f"Chapter {number}. The status light is amber while the device starts." for number in range(1, 13))


class Camera:
    """One page of one size and theme."""

    def __init__(self, browser: Browser, width: int, theme: str, state: Path | None = None) -> None:
        self.suffix = f"{width}-{theme}"
        self.context = browser.new_context(
            viewport={"width": width, "height": SIZES[width]},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            storage_state=state,
        )
        self.page = self.context.new_page()

    def take(self, screen: str) -> None:
        self.page.evaluate("document.fonts.ready.then(() => true)")
        self.page.screenshot(path=OUT / f"{screen}-{self.suffix}.png")


def signed_out(camera: Camera, demo: Demo, fresh: str, invitation: str) -> None:
    page = camera.page
    page.goto(f"{demo.origin}/accounts/login/")
    camera.take("sign-in")
    page.goto(fresh)
    camera.take("setup")
    page.goto(invitation)
    camera.take("invitation")


def plain_screens(camera: Camera, demo: Demo) -> None:
    page = camera.page
    home = f"{demo.origin}/w/{SLUG}"
    page.goto(f"{home}/datasets/")
    camera.take("datasets")
    page.goto(f"{home}/datasets/new/")
    camera.take("new-dataset")
    for screen, path in TEAM.items():
        page.goto(f"{home}{path}")
        camera.take(screen)
    page.goto(f"{home}/keys/")
    page.get_by_role("link", name="Default").click()
    page.wait_for_load_state()
    camera.take("api-key")
    page.goto(f"{demo.origin}/accounts/")
    camera.take("account")
    page.goto(f"{home}/datasets/00000000-0000-4000-8000-000000000000/")
    camera.take("error")
    page.goto(f"{demo.origin}/accounts/")
    camera.take("account")
    page.goto(f"{demo.origin}/accounts/2fa/")
    camera.take("second-factor")


def dataset_screens(camera: Camera, demo: Demo) -> None:
    page = camera.page
    page.goto(f"{demo.origin}/w/{SLUG}/datasets/")
    page.get_by_role("link", name="Product manuals").click()
    page.wait_for_load_state()
    documents = page.url
    page.get_by_role("link", name="XR-200 installation guide.pdf").click()
    expect(page.locator("article").first).to_be_visible()
    expect(page.locator(".glance").first).to_be_attached()
    page.keyboard.press("j")
    page.keyboard.press("x")
    camera.take("segments")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Content")).to_be_focused()
    camera.take("editor")
    page.keyboard.press("Escape")
    many_at_once(camera)
    page.goto(f"{documents}retrieval/?q=status+light")
    camera.take("retrieval")
    page.goto(documents)
    upload(page, f"Service manual {camera.suffix}.txt")
    camera.take("documents")


def many_at_once(camera: Camera) -> None:
    """From a document's page: the import, find and replace, a job, and the history."""
    page = camera.page
    document = page.url
    page.goto(f"{document}segments/import/")
    camera.take("import")
    page.goto(f"{document}replace/?find=the&replace=this")
    camera.take("find-and-replace")
    page.get_by_role("button", name="Find").click()
    replace = page.get_by_role("button", name="Replace in")
    expect(replace).to_be_visible(timeout=INDEXING_SECONDS * 1000)
    camera.take("dry-run")
    replace.click()
    expect(page.locator("#job .badge").first).to_have_text("Done", timeout=INDEXING_SECONDS * 1000)
    camera.take("job")
    page.get_by_role("link", name="Roll back…").click()
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("heading", name="Roll back:")).to_be_visible()
    expect(page.locator("#job .badge").first).to_have_text("Done", timeout=INDEXING_SECONDS * 1000)
    page.goto(page.url.partition("/jobs/")[0] + "/jobs/")
    camera.take("jobs")
    page.goto(f"{document}history/")
    camera.take("history")


def upload(page: Page, name: str) -> None:
    """One file is asked about, one refused, one being indexed."""
    files = {"Quick start.md": b"# Another quick start", "Release film.mov": b"film", name: MANUAL.encode()}
    payloads: list[FilePayload] = [{"name": file, "mimeType": "text/plain", "buffer": text} for file, text in files.items()]
    page.locator("#files").set_input_files(payloads)
    expect(page.get_by_text("“Quick start.md” exists already")).to_be_visible()
    expect(page.get_by_text(".mov files are not supported")).to_be_visible()
    row = page.locator("tr[data-row]").filter(has_text=name)
    expect(row.get_by_text(re.compile("splitting|indexing|cleaning|parsing"))).to_be_visible(timeout=INDEXING_SECONDS * 1000)


def team(page: Page, demo: Demo) -> str:
    """A second key, a member's invitation, something in the activity; gives the link of another invitation."""
    home = f"{demo.origin}/w/{SLUG}"
    page.goto(f"{home}/keys/new/")
    for label, typed in {"Name": "Night sync", "Base URL of the API": f"{demo.sandbox}/v1", "API key": demo.key}.items():
        page.get_by_label(label, exact=True).fill(typed)
    page.get_by_label("Expires on").fill(f"{datetime.now(UTC).date() + timedelta(days=9)}")
    page.get_by_role("button", name="Test and save").click()
    page.wait_for_url("**/keys/*-*/")
    for email in ("erin@example.com", ""):
        page.goto(f"{home}/members/")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_role("button", name="Make invitation").click()
        page.wait_for_selector("#invitation-link")
    return page.locator("#invitation-link").input_value()


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder, sync_playwright() as playwright:
        demo = Demo(Path(folder) / "data", pace="1.5")
        demo.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            photograph(browser, demo, Path(folder))
        finally:
            browser.close()
            demo.stop()


def settled(demo: Demo) -> bool:
    datasets = demo.call("GET", "/v1/datasets").json()["data"]
    pages = [demo.call("GET", f"/v1/datasets/{dataset['id']}/documents").json()["data"] for dataset in datasets]
    return all(document["indexing_status"] in COMPLETED for page in pages for document in page)


def photograph(browser: Browser, demo: Demo, folder: Path) -> None:
    state = folder / "state.json"
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(demo.link)
        page.wait_for_url("**/datasets/")
        wait_for(lambda: settled(demo), "the demo's documents", INDEXING_SECONDS * 2)
        context.storage_state(path=state)
        invitation = team(page, demo)
    with empty_dashboard(folder / "fresh", demo) as fresh:
        for width in SIZES:
            for theme in THEMES:
                signed_out(Camera(browser, width, theme), demo, fresh, invitation)
                camera = Camera(browser, width, theme, state)
                plain_screens(camera, demo)
                dataset_screens(camera, demo)


if __name__ == "__main__":
    main()
