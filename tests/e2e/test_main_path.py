"""The main job, end to end, and the demo's own life: starts, stops, and finds its data again."""

import re
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.files import excel_file, pdf_file, word_file
from tests.e2e.server import Demo, processes
from tests.e2e.steps import INDEXING_SECONDS, Dashboard, carry_passkeys

# every value that a bar of a document or of an upload has had, by name
RECORD = """() => {
  window.bars = {}
  const note = (kind, name, bar) => {
    if (!bar) return
    const seen = (window.bars[`${kind} ${name}`] ||= [])
    if (seen.at(-1) !== bar.value) seen.push(bar.value)
  }
  setInterval(() => {
    for (const row of document.querySelectorAll('.upload-row'))
      note('upload', row.querySelector('.upload-name').textContent, row.querySelector('progress'))
    for (const row of document.querySelectorAll('#documents tr[data-row]'))
      note('indexing', row.querySelector('.row-link').textContent, row.querySelector('progress'))
  }, 20)
}"""


def test_from_the_printed_link_to_the_corrected_text_that_is_found(tmp_path: Path, new_context: NewContext) -> None:
    demo = Demo(tmp_path / "own", pace="0.7", rich=True)  # as it is by default: slow enough to see each bar move
    demo.start()
    try:
        page = new_context().new_page()
        dashboard = Dashboard(demo, page, tmp_path)
        sign_in(page, demo)
        make_dataset(page)
        upload_three_files(dashboard)
        correct_a_segment(page)
        find_it(page)
        assert demo.stop(as_terminal=True) == 0
        assert processes(demo.data) == []
        demo.start()
        sign_in(page, demo)
        page.get_by_role("link", name="Field service", exact=True).click()
        for name in ("Maintenance.pdf", "Agreement.docx", "Spare parts.xlsx"):
            expect(dashboard.row(name).get_by_text("Available")).to_be_visible()
        page.get_by_role("link", name="Maintenance.pdf").click()
        expect(page.locator(".segment-text", has_text="Quetzalcoatl")).to_be_visible()
        expect(page.locator(".glance").first).to_be_visible()  # or its question would find nobody at home
        come_by_passkey(page, demo)
    finally:
        status = demo.stop()
    assert status == 0
    assert processes(demo.data) == []


def test_a_new_dataset_says_that_it_is_ready(dashboard: Dashboard) -> None:
    page = dashboard.page
    page.goto(f"{dashboard.demo.origin}/")
    page.keyboard.press("n")
    name = f"Told {time.time_ns()}"
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create dataset").click()
    expect(page.get_by_text(f"“{name}” was made.")).to_be_visible()


def sign_in(page: Page, demo: Demo) -> None:
    page.goto(demo.link)
    expect(page.get_by_role("heading", name="Datasets")).to_be_visible()
    expect(page.get_by_role("link", name="Product manuals")).to_be_visible()
    expect(page.get_by_role("link", name="Support knowledge base")).to_be_visible()


def come_by_passkey(page: Page, demo: Demo) -> None:
    """Where the printed link leads, which has a name: a passkey belongs to one, not to an address."""
    assert demo.link.startswith("http://localhost:")
    carry_passkeys(page)
    page.goto(f"{demo.origin}/accounts/2fa/webauthn/add/")
    press(page, "Add")
    expect(page.get_by_text("The passkey was added.")).to_be_visible()
    page.goto(f"{demo.origin}/accounts/")
    press(page, "Sign out")
    press(page, "Sign in with a passkey")
    expect(page.get_by_role("link", name="Product manuals")).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def make_dataset(page: Page) -> None:
    page.keyboard.press("n")
    page.get_by_label("Name").fill("Field service")
    page.get_by_label("Description").fill("What technicians carry")
    page.get_by_role("button", name="Create dataset").click()
    expect(page.get_by_role("heading", name="Field service")).to_be_visible()
    expect(page.get_by_text("No documents yet")).to_be_visible()


def upload_three_files(dashboard: Dashboard) -> None:
    page, folder = dashboard.page, dashboard.folder
    files = [
        pdf_file(
            folder,
            "Maintenance.pdf",
            [
                "Maintenance of the XR-200",
                "Clean the filter each month with a dry brush.",
                "The order code of the filter is wrnogcode.",
            ],
            ["Second page", "Replace the fan after twenty thousand hours of service."],
            ["Third page", "Keep this booklet with the device."],
        ),
        word_file(folder, "Agreement.docx", "Service agreement", "A technician comes within two working days."),
        excel_file(folder, "Spare parts.xlsx", ["Part", "Price"], ["Filter", "12 EUR"], ["Fan", "48 EUR"]),
    ]
    page.evaluate(RECORD)
    asked: list[int] = []
    page.on("response", lambda answer: asked.append(answer.status) if "/progress/" in answer.url else None)
    still_here = dashboard.marked()
    page.locator("#files").set_input_files(files)
    for file in files:
        row = dashboard.upload_row(file.name)
        expect(row.get_by_text("Sent", exact=True)).to_be_visible()
        expect(row.get_by_role("progressbar")).to_have_js_property("value", 100)
    expect(page.get_by_text("3 of 3 sent")).to_be_visible()
    for file in files:
        # behind the demo's own documents, which are still being indexed
        expect(dashboard.row(file.name).get_by_text("Available")).to_be_visible(timeout=INDEXING_SECONDS * 1000)
        expect(dashboard.row(file.name).get_by_role("progressbar")).not_to_be_attached()
    expect(page.locator("#count-all")).to_have_text("3")
    expect(page.locator("#count-available")).to_have_text("3")
    expect_quiet(page, asked)
    assert still_here()
    bars: dict[str, list[int]] = page.evaluate("window.bars")
    for file in files:
        assert bars[f"upload {file.name}"][-1] == 100
        seen = bars[f"indexing {file.name}"]
        assert len(seen) > 1
        assert seen == sorted(seen)


def expect_quiet(page: Page, asked: list[int]) -> None:
    """The page was told to stop asking (286), and does not ask any more."""
    until_stopped = "() => new Promise(done => setTimeout(done, 1500))"
    page.evaluate(until_stopped)
    before = len(asked)
    assert asked[-1] == 286
    page.evaluate(until_stopped)
    assert len(asked) == before


def correct_a_segment(page: Page) -> None:
    page.get_by_role("link", name="Maintenance.pdf").click()
    expect(page.get_by_role("heading", name="Maintenance.pdf")).to_be_visible()
    wrong = page.locator("article[data-row]").filter(has_text="wrnogcode")
    page.keyboard.press("j")
    while not wrong.evaluate("element => element.contains(document.activeElement)"):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    content = page.get_by_label("Content")
    expect(content).to_be_focused()
    text = content.input_value()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text.replace("wrnogcode", "Quetzalcoatl"))
    page.keyboard.press("ControlOrMeta+Enter")
    corrected = page.locator("article[data-row]").filter(has_text="Quetzalcoatl")
    expect(corrected).to_be_focused()
    expect(page.get_by_text("wrnogcode")).not_to_be_attached()


def find_it(page: Page) -> None:
    page.get_by_role("link", name="Field service").click()
    page.get_by_role("link", name="Retrieval test").click()
    query = page.get_by_placeholder("Ask as your users would")
    expect(query).to_be_focused()
    page.keyboard.type("Quetzalcoatl")
    page.keyboard.press("Enter")
    results = page.get_by_role("region", name="Results")
    expect(results.locator("article")).to_have_count(1)
    expect(results.locator("mark")).to_have_text("Quetzalcoatl")
    expect(results.get_by_role("link", name="Maintenance.pdf")).to_be_visible()
    expect(page).to_have_url(re.compile("q=Quetzalcoatl"))
