"""Lists: deletions by dialog, many at once, state in the URL, keys."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import NewContext
from tests.e2e.steps import Dashboard

TEXTS: dict[str, tuple[str, ...]] = {"alpha.txt": ("Alpha text.",), "beta.txt": ("Beta text.",), "gamma.txt": ("Gamma text.",)}


def test_deleting_a_dataset_names_what_goes(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Doomed")
    dashboard.new_document("old.txt", "Some text.")
    page.goto(f"{dashboard.address}settings/")
    delete = page.get_by_role("link", name="Delete dataset…")
    delete.click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading")).to_contain_text("Delete “Doomed")
    expect(dialog).to_contain_text("1 document")
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(delete).to_be_focused()
    delete.click()
    dialog.get_by_role("link", name="Keep").click()
    expect(dialog).not_to_be_visible()
    delete.click()
    dialog.get_by_role("button", name="Delete for ever").click()
    expect(page.get_by_text(re.compile("“Doomed .*” was deleted."))).to_be_visible()
    expect(page.get_by_role("heading", name="Datasets")).to_be_visible()
    assert dashboard.dataset not in [row["id"] for row in dashboard.api("GET", "/datasets?limit=100")["data"]]


def test_many_documents_at_once(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Batch")
    dashboard.new_documents(TEXTS)
    page.goto(dashboard.address)
    still_here = dashboard.marked()

    def tick(*names: str) -> None:
        for name in names:
            page.get_by_label(f"Select {name}", exact=True).check()

    expect(page.get_by_role("button", name="Disable")).not_to_be_visible()
    tick("alpha.txt", "beta.txt")
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("2 documents were disabled.")).to_be_visible()
    for name, word in (("alpha.txt", "Disabled"), ("beta.txt", "Disabled"), ("gamma.txt", "Available")):
        expect(dashboard.row(name).get_by_text(word)).to_be_visible()
    expect(page.get_by_text("2 selected")).not_to_be_visible()
    refused = page.locator(".notice").filter(has_text="Wait until it has finished")
    for name in ("alpha.txt", "beta.txt"):

        def enable(name: str = name) -> None:
            tick(name)
            page.get_by_role("button", name="Enable").click()

        dashboard.until(enable, dashboard.row(name).get_by_text("Available"), refused)
    tick("gamma.txt")
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(dashboard.row("gamma.txt").get_by_text("Archived")).to_be_visible()

    def bring_back() -> None:
        tick("gamma.txt")
        page.get_by_role("button", name="Un-archive").click()

    dashboard.until(bring_back, dashboard.row("gamma.txt").get_by_text("Available"), refused)
    assert still_here()


def test_deleting_many_documents_names_each(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Cleaning")
    dashboard.new_documents(TEXTS)
    page.goto(dashboard.address)
    page.get_by_label("Select all on this page").check()
    page.get_by_label("Select gamma.txt").uncheck()
    page.get_by_role("button", name="Delete…").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Delete 2 documents?")
    expect(dialog.get_by_role("listitem")).to_have_text([re.compile("beta.txt|alpha.txt")] * 2)
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    assert len(dashboard.names()) == 3
    page.get_by_role("button", name="Delete…").click()
    dialog.get_by_role("button", name="Delete for ever").click()
    expect(page.get_by_text("2 documents were deleted.")).to_be_visible()
    expect(dashboard.row("gamma.txt")).to_be_visible()
    expect(dashboard.row("alpha.txt")).not_to_be_attached()
    assert dashboard.names() == ["gamma.txt"]


def test_search_and_status_are_in_the_address(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("State")
    ids = dashboard.new_documents(TEXTS)
    dashboard.api("PATCH", f"/datasets/{dashboard.dataset}/documents/status/disable", {"document_ids": [ids[0]]})
    page.goto(dashboard.address)
    page.keyboard.press("/")
    expect(page.get_by_label("Search documents (minds case)")).to_be_focused()
    page.keyboard.type("alpha")
    expect(page.locator("#documents tr[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=alpha"))
    page.get_by_label("Disabled").check()
    expect(page).to_have_url(re.compile(r"status=disabled"))
    expect(dashboard.row("alpha.txt")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Search documents (minds case)")).to_have_value("alpha")
    expect(page.get_by_label("Disabled")).to_be_checked()
    expect(page.locator("#documents tr[data-row]")).to_have_count(1)
    dashboard.row("alpha.txt").get_by_role("link").click()
    expect(page.get_by_role("heading", name="alpha.txt")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Search documents (minds case)")).to_have_value("alpha")
    expect(page.get_by_label("Disabled")).to_be_checked()
    expect(page.locator("#documents tr[data-row]")).to_have_count(1)
    page.go_back()
    expect(page.get_by_label("All", exact=False).first).to_be_checked()
    page.go_back()
    expect(page.locator("#documents tr[data-row]")).to_have_count(3)
    expect(page.get_by_label("Search documents (minds case)")).to_have_value("")


def test_pages_of_a_list(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Pages")
    dashboard.new_documents({f"file {number:02}.txt": ("Text.",) for number in range(24)})
    page.goto(dashboard.address)
    expect(page.get_by_text("of 24")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile(r"page=2"))
    rest = page.locator("#documents tr[data-row]")
    expect(rest).to_have_count(4)
    page.reload()
    expect(rest).to_have_count(4)
    page.go_back()
    expect(rest).to_have_count(20)


def test_keys_of_a_list(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Keys")
    dashboard.new_documents(TEXTS)
    page.goto(dashboard.address)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).not_to_be_visible()
    links = page.locator("#documents .row-link")
    for key, index in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(links.nth(index)).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("#documents tr[data-row]").nth(1).get_by_role("checkbox")).to_be_checked()
    expect(page.get_by_text("1 selected")).to_be_visible()
    name = links.nth(1).text_content()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name or "")).to_be_visible()


def test_a_theme_that_was_chosen_stays(dashboard: Dashboard, new_context: NewContext) -> None:
    page = dashboard.page
    page.goto(f"{dashboard.demo.origin}/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="Dark or light").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
