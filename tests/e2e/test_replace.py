"""Find and replace in the browser: look, untick, replace, watch it end, take it back."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.e2e.conftest import NewContext
from tests.e2e.server import Demo
from tests.e2e.steps import SLUG, Dashboard
from tests.e2e.test_walk import LOOKS, look_at
from tests.e2e.watch import Watch

TEXTS = ("The colour of the sky.", "Nothing to see.", "Colour and colour again.", "A colourful one.")


@pytest.fixture
def document(dashboard: Dashboard) -> str:
    dashboard.new_dataset("Replace")
    return dashboard.new_document("book.txt", *TEXTS)


def contents(dashboard: Dashboard, document: str) -> list[str]:
    return [segment["content"] for segment in dashboard.segments(document)]


def find(page: Page, address: str, find: str, replace: str) -> None:
    page.goto(f"{address}replace/")
    page.get_by_label("Find", exact=True).fill(find)
    page.get_by_label("Replace with").fill(replace)
    page.get_by_role("button", name="Find", exact=True).click()


def test_find_untick_replace_and_roll_back(dashboard: Dashboard, page: Page, document: str) -> None:
    page.goto(dashboard.address)
    page.get_by_role("link", name="Find and replace").click()
    page.get_by_label("Find", exact=True).fill("colour")
    page.get_by_label("Replace with").fill("color")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_text("3 changes in 1 document")).to_be_visible(timeout=20_000)
    expect(page.locator("article").nth(1).locator(".segment-text ins")).to_have_text(["color", "color"])
    page.get_by_label("#3").uncheck()
    expect(page.get_by_role("button", name="Replace in 2 segments")).to_be_visible()
    page.reload()
    expect(page.get_by_label("#3")).not_to_be_checked()
    page.get_by_role("button", name="Replace in 2 segments").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Replace “colour” by “color”")
    expect(page.locator("h1 .badge")).to_have_text("Done", timeout=20_000)
    assert contents(dashboard, document) == ["The color of the sky.", TEXTS[1], TEXTS[2], "A colorful one."]
    page.get_by_role("link", name="Roll back…").click()
    page.locator("#dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Roll back:")
    expect(page.locator("h1 .badge")).to_have_text("Done", timeout=20_000)
    assert contents(dashboard, document) == list(TEXTS)


def test_a_search_that_finds_nothing_leads_back_to_what_was_typed(dashboard: Dashboard, page: Page, document: str) -> None:
    find(page, dashboard.document_address(document), "zebra", "horse")
    expect(page.get_by_role("heading", name="Nothing was found")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="Change the search").click()
    expect(page.get_by_label("Find", exact=True)).to_have_value("zebra")


def test_it_is_stopped_while_it_looks(dashboard: Dashboard, page: Page, document: str) -> None:
    dashboard.demo.faults({"kind": "slow", "seconds": 3, "path": f"{document}/segments$", "times": 4})
    find(page, dashboard.document_address(document), "colour", "color")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped: nothing more is begun.")).to_be_visible()
    expect(page.get_by_role("link", name="Look for something else")).to_be_visible(timeout=20_000)
    dashboard.demo.faults()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_its_pages_are_sound(
    demo: Demo, new_context: NewContext, signed_in: StorageState, tmp_path: Path, watch: Watch, width: int, theme: str
) -> None:
    watch.expect(422)
    page = new_context(storage_state=signed_in, viewport={"width": width, "height": 900}, color_scheme=theme).new_page()
    dashboard = Dashboard(demo, page, tmp_path)
    dashboard.new_dataset("Replace")
    document = dashboard.new_document("book.txt", *TEXTS, "A word: " + "colour" * 30)
    first = dashboard.segments(document)[0]["id"]
    path = f"/datasets/{dashboard.dataset}/documents/{document}/segments/{first}"
    dashboard.api("POST", path, {"segment": {"enabled": False}})
    address = dashboard.document_address(document)
    find(page, address, "", "x")
    expect(page.get_by_text("This field is required.")).to_be_visible()
    found = look_at(page, "form")
    find(page, address, "colour", "color")
    expect(page.get_by_text("1 segment cannot be changed")).to_be_visible(timeout=20_000)
    found += look_at(page, "found")
    page.get_by_role("button", name="Select none").click()
    expect(page.get_by_text("Nothing is selected.")).to_be_visible()
    found += look_at(page, "nothing selected")
    find(page, address, "zebra", "x")
    expect(page.get_by_role("heading", name="Nothing was found")).to_be_visible(timeout=20_000)
    found += look_at(page, "nothing")
    demo.faults({"kind": "slow", "seconds": 2, "path": f"{document}/segments$", "times": 4})
    find(page, address, "colour", "color")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    found += look_at(page, "looking")
    demo.faults()
    assert "\n".join(found) == ""


def test_without_a_script_it_works_too(demo: Demo, new_context: NewContext, signed_in: StorageState, tmp_path: Path) -> None:
    page = new_context(storage_state=signed_in, java_script_enabled=False).new_page()
    dashboard = Dashboard(demo, page, tmp_path)
    dashboard.new_dataset("Replace")
    document = dashboard.new_document("book.txt", *TEXTS)
    find(page, dashboard.document_address(document), "colour", "color")
    for _ in range(40):
        if page.locator("article").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    page.get_by_label("#1").uncheck()
    page.get_by_role("button", name="Keep the selection", exact=True).click()
    page.get_by_role("button", name="Replace in 2 segments").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Replace “colour” by “color”")
    assert f"/w/{SLUG}/jobs/" in page.url
