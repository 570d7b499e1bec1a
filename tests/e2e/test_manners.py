"""What a person who works here all day is never held up by."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.server import Demo
from tests.e2e.steps import Dashboard
from tests.e2e.watch import Watch

AT_ONCE = 100  # milliseconds: what comes within them seems to come at once
IN_VIEW = 901  # pixels: the window, and what is rounded


@pytest.fixture
def document(dashboard: Dashboard) -> str:
    dashboard.new_dataset("Manners")
    document = dashboard.new_document("book.txt", "The first segment.", "The second segment.", "The third segment.")
    dashboard.page.goto(dashboard.document_address(document))
    return document


@pytest.fixture
def slow(demo: Demo) -> Iterator[None]:
    """Each change of a segment takes a second and a half at the API."""
    demo.faults({"kind": "slow", "seconds": 1.5, "path": "/segments/", "times": 600})
    yield
    demo.faults()


def written(page: Page) -> list[str]:
    """The addresses that are written to from now on."""
    found: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            found.append(request.url)

    page.on("request", note)
    return found


def test_what_was_pressed_shows_that_it_works_and_is_not_pressed_twice(dashboard: Dashboard, document: str, slow: None) -> None:
    page = dashboard.page
    page.keyboard.press("j")
    page.keyboard.press("j")
    disable = page.locator("article").nth(1).get_by_role("button", name="Disable")
    sent = written(page)
    shown = disable.evaluate(
        """button => new Promise(done => {
             const begun = performance.now()
             new MutationObserver(() => done(performance.now() - begun)).observe(button, {attributeFilter: ["aria-busy"]})
             button.focus()
             button.click()
             button.click()
           })"""
    )
    assert shown < AT_ONCE
    expect(disable).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article").nth(1)).to_contain_text("Disabled")
    assert len(sent) == 1
    assert [row["enabled"] for row in dashboard.segments(document)] == [True, False, True]


def test_deleting_leads_to_the_next_and_the_last_one_leaves_no_blank_page(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    rows = page.locator("#segments article")
    for left in (2, 1):
        page.keyboard.press("j")
        delete = rows.first.get_by_role("link", name="Delete", exact=True)
        delete.focus()
        delete.press("Enter")
        expect(rows).to_have_count(left)
        expect(rows.first).to_be_focused()
    rows.first.get_by_role("link", name="Delete", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#segments")).to_contain_text("This document has no segments.")
    page.get_by_role("button", name="Undo").last.click()
    expect(rows).to_have_count(1)


def test_menus_close_on_escape_and_a_search_leads_into_its_results(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    page.goto(dashboard.address)
    menu = dashboard.row("book.txt").locator("details.menu")
    opener = menu.locator("summary")
    opener.press("Enter")
    opener.press("ArrowDown")
    expect(menu.get_by_role("link", name="Open")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="Open")).to_be_hidden()
    expect(opener).to_be_focused()
    search = page.get_by_label("Search documents")
    search.press("ArrowDown")
    expect(page.get_by_role("link", name="book.txt", exact=True)).to_be_focused()
    search.fill("book")
    search.press("Enter")
    expect(page.get_by_role("link", name="book.txt", exact=True)).to_be_focused()


def test_a_document_is_disabled_from_its_row(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    page.goto(f"{dashboard.address}?q=book")
    dashboard.row("book.txt").locator("summary").click()
    dashboard.row("book.txt").get_by_role("button", name="Disable").click()
    expect(dashboard.row("book.txt")).to_contain_text("Disabled")
    assert page.url.endswith("?q=book")
    assert [row["enabled"] for row in dashboard.documents()] == [False]


def test_a_segment_opens_to_be_read_and_keywords_are_shown_when_asked_for(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Reading")
    made = dashboard.new_document("long.txt", "A sentence about light. " * 18)
    page.goto(dashboard.document_address(made))
    row, keyword = page.locator("article").first, page.locator("article .keyword").first
    page.keyboard.press("j")
    expect(row).to_be_focused()

    def height() -> float:
        box = row.bounding_box()
        return box["height"] if box else 0

    folded = height()
    page.keyboard.press("o")
    assert height() > folded * 1.5
    row.locator(".segment-text").click()
    assert height() == folded
    expect(keyword).to_be_hidden()
    page.keyboard.press("w")
    expect(keyword).to_be_visible()
    page.reload()
    expect(keyword).to_be_visible()
    page.get_by_role("button", name="Keywords").click()
    expect(keyword).to_be_hidden()


def test_a_dialog_says_what_it_is(dashboard: Dashboard) -> None:
    page = dashboard.page
    page.goto(f"{dashboard.demo.origin}/")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog", name="New dataset")).to_be_visible()


def test_a_reload_during_a_job_shows_its_bar_and_the_menu_forgets_it_when_it_is_done(
    dashboard: Dashboard, document: str, slow: None
) -> None:
    page = dashboard.page
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Select all 3").click()
    page.locator("#batch").get_by_role("button", name="Disable").click()
    bar = page.locator("#under-way")
    expect(bar).to_contain_text("Disable 3 segments")
    page.reload()
    expect(bar).to_contain_text("Disable 3 segments")
    expect(page.locator("#jobs-number")).to_have_text("1 running")
    dashboard.demo.faults()
    expect(bar.get_by_role("link", name="Roll back…")).to_be_visible(timeout=20_000)
    expect(page.locator("#jobs-number")).to_have_text("")


def ends_at(page: Page) -> float:
    """Where the bar that saves ends, from the top of the window."""
    box = page.locator(".editor-foot").bounding_box()
    assert box
    return box["y"] + box["height"]


def test_what_saves_is_in_view_however_long_the_text_and_two_edits_are_seen_whole(
    dashboard: Dashboard, document: str, watch: Watch
) -> None:
    watch.expect(422)
    page = dashboard.page
    last = dashboard.segments(document)[2]["id"]
    stored = f"/datasets/{dashboard.dataset}/documents/{document}/segments/{last}"
    long = " ".join(f"Sentence {number} tells how the status light behaves." for number in range(60))
    dashboard.api("POST", stored, {"segment": {"content": long}})
    page.goto(dashboard.document_address(document))
    for key in ("j", "j", "j", "Enter"):
        page.keyboard.press(key)
    content = page.get_by_label("Content")
    expect(content).to_be_focused()
    assert ends_at(page) <= IN_VIEW
    theirs = long.replace("Sentence 20 tells", "Sentence 20 explains").replace("Sentence 40 tells", "Sentence 40 says")
    dashboard.api("POST", stored, {"segment": {"content": theirs}})
    content.fill(long.replace("Sentence 20 tells", "Sentence 20 describes"))
    page.keyboard.press("Control+Enter")
    edits = page.get_by_role("group", name="The two edits")
    for word in ("explains", "says", "describes"):
        expect(edits.locator("ins", has_text=word)).to_be_in_viewport()
    expect(content).to_be_focused()
    assert ends_at(page) <= IN_VIEW
    expect(page.locator(".editor-head")).to_contain_text("#3")


def test_a_finding_is_marked_in_its_row_until_it_is_corrected(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Findings")
    document = dashboard.new_document("book.txt", "This sentence was broken off in the", "This sentence goes on until its end.")
    page.goto(dashboard.document_address(document))
    rows = page.locator("#segments article")
    expect(rows.first.locator("[data-mark]")).to_have_text("broken off")
    assert rows.nth(1).locator("[data-mark]").count() == 0
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_label("Content").fill("This sentence was broken off in the middle.")
    page.keyboard.press("Control+Enter")
    expect(rows.first).to_contain_text("middle.")
    assert rows.first.locator("[data-mark]").count() == 0
