"""The whole path by keyboard alone: nothing here is clicked or pointed at."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.steps import Dashboard

# the printed link is used before somebody signs in by a password, which ends it
pytestmark = pytest.mark.usefixtures("signed_in")

OWNER = "owner@example.com"
TEXTS = ("The first segment is about light.", "The second segment is about heat.", "The third segment is about sound.")
FARTHEST = 60  # presses of Tab: what is farther from the top of a page is not found by anybody
# the ring around what has the focus, around its label where it is itself not to be seen, or the mark at the edge of its row
SEEN = """element => {
  const row = element.closest("article")
  const shown = element.offsetWidth > 1 ? [element] : [...element.labels]
  if (row) shown.push(row)
  return shown.map((one) => getComputedStyle(one)).some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none")
}"""


@pytest.fixture
def page(new_context: NewContext) -> Page:
    """Of somebody who has not signed in yet."""
    return new_context().new_page()


def has_focus(locator: Locator) -> bool:
    return locator.count() == 1 and bool(locator.evaluate("element => element === document.activeElement"))


def tab_to(page: Page, locator: Locator) -> None:
    """Press Tab until it is there, and see that one sees it."""
    expect(locator).to_be_attached()
    for _ in range(FARTHEST):
        page.keyboard.press("Tab")
        if has_focus(locator):
            assert locator.evaluate(SEEN), f"nobody sees that {locator} has the focus"
            return
    raise AssertionError(f"{FARTHEST} times Tab did not lead to {locator}")


def sign_in(dashboard: Dashboard) -> None:
    page = dashboard.page
    page.goto(f"{dashboard.demo.origin}/accounts/login/")
    tab_to(page, page.get_by_label("E-mail address"))
    page.keyboard.type(OWNER)
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type((dashboard.demo.data / "owner_password").read_text().strip())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Datasets")).to_be_visible()


def test_signing_in_finding_a_dataset_and_signing_out(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Keys")
    sign_in(dashboard)
    page.keyboard.press("/")
    page.keyboard.type(dashboard.name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=dashboard.name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=dashboard.name)).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Jobs"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Sign out"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Password")).to_be_visible()


def test_the_menu_of_a_row_and_a_dialog(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Keys")
    dashboard.new_documents({"book.txt": TEXTS, "letter.txt": TEXTS})
    sign_in(dashboard)
    page.goto(dashboard.address)
    page.keyboard.press("/")
    page.keyboard.type("letter")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    letter = page.get_by_role("link", name="letter.txt", exact=True)
    expect(letter).to_be_focused()
    menu = page.locator("summary[aria-label='Actions for letter.txt']")
    tab_to(page, menu)
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Open", exact=True)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(menu).to_be_focused()
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    delete = dashboard.row("letter.txt").get_by_role("button", name="Delete…")
    expect(delete).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete 1 document?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_label("Select letter.txt")).to_be_checked()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_what_opens_a_file_dialog_shows_that_it_has_the_focus(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Keys")
    sign_in(dashboard)
    page.goto(dashboard.address)
    tab_to(page, page.get_by_label("Files to add"))


def test_segments_are_read_edited_and_found(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Keys")
    document = dashboard.new_document("book.txt", *TEXTS)
    sign_in(dashboard)
    page.goto(dashboard.address)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    rows = page.locator("#segments article")
    expect(rows).to_have_count(3)
    for key, index in (("j", 0), ("j", 1), ("k", 0)):
        page.keyboard.press(key)
        expect(rows.nth(index)).to_be_focused()
    keyword = rows.first.locator(".keyword").first
    expect(keyword).to_be_hidden()
    page.keyboard.press("w")
    expect(keyword).to_be_visible()
    page.keyboard.press("Enter")
    content = page.get_by_label("Content")
    expect(content).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Lux.")
    page.keyboard.press("Control+Shift+Enter")
    expect(content).to_have_value(TEXTS[1])
    expect(content).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Kelvin.")
    tab_to(page, page.get_by_role("button", name="Save Ctrl ↵", exact=True))
    page.keyboard.press("Enter")
    expect(rows.nth(1)).to_be_focused()
    expect(rows.nth(1)).to_contain_text("Kelvin.")
    assert [row["content"] for row in dashboard.segments(document)] == [f"{TEXTS[0]} Lux.", f"{TEXTS[1]} Kelvin.", TEXTS[2]]
    page.keyboard.press("Enter")
    expect(content).to_be_focused()
    page.keyboard.press("Escape")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("sound")
    expect(rows).to_have_count(1)
    page.keyboard.press("Enter")
    expect(rows.first).to_be_focused()
    expect(rows.first).to_contain_text("sound")


def test_a_query_leads_to_the_segment_that_it_finds(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Keys")
    dashboard.new_document("book.txt", *TEXTS)
    sign_in(dashboard)
    page.goto(dashboard.address)
    tab_to(page, page.get_by_role("link", name="Test retrieval", exact=True).last)
    page.keyboard.press("Enter")
    expect(page.locator("input[name=q]")).to_be_focused()
    page.keyboard.type("heat")
    page.keyboard.press("Enter")
    found = page.locator("#results article").first
    expect(found).to_contain_text("The second segment")
    expect(found.locator(".row-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_contain_text("The second segment")
