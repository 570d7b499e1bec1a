"""All segments of a document in one scroll: few nodes however long it is, and nothing is lost on the way."""

import re
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.server import wait_for
from tests.e2e.steps import Dashboard
from tests.e2e.watch import Watch, axe_in_both_themes, too_wide

MANY, STEPS = 4_000, 12
MOST_NODES = 850  # of the whole page: rows of two lines, so that twenty are in sight
SETTLED = "!list.loading.size && list.shown().every(row => row.html)"
IN_THE_LIST = """async () => {
  const { list, select } = await import(document.querySelector('script[src*="/js/segment_list."]').src)
  return EXPRESSION
}"""


def text_of(number: int) -> str:
    """From a few words to two hundred characters: heights differ."""
    return f"Number {number}. " + "The light is amber while the device starts. " * (number % 5)


@pytest.fixture
def book(dashboard: Dashboard) -> str:
    """A document of 230 segments, opened."""
    dashboard.new_dataset("Scroll")
    made = dashboard.new_document("book.txt", *map(text_of, range(230)))
    dashboard.page.goto(dashboard.document_address(made))
    expect(dashboard.page.locator("article").first).to_be_visible()
    return made


def to(page: Page, part: float) -> None:
    """Scroll to a part of the whole, and wait until what is there has come."""
    page.evaluate("part => window.scrollTo(0, part * document.documentElement.scrollHeight)", part)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    wait_for(lambda: in_list(page, SETTLED), "segments", 10)


def in_list(page: Page, expression: str) -> Any:
    """What the page's own module says of its list."""
    return page.evaluate(IN_THE_LIST.replace("EXPRESSION", expression))


def length(page: Page) -> int:
    """How many segments the list has, in sight or not."""
    return int(in_list(page, "list.rows.length"))


def row(page: Page, position: int) -> Any:
    return page.locator("article").filter(has=page.get_by_text(f"#{position:,}", exact=True))


def test_thousands_of_segments(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Thousands")
    made = dashboard.new_document("long.txt", *map(text_of, range(MANY)), seconds=90)
    page.goto(dashboard.document_address(made))
    expect(row(page, 1)).to_be_visible()
    nodes = []
    for step in range(1, STEPS + 1):
        to(page, step / STEPS)
        nodes.append(page.evaluate("document.querySelectorAll('*').length"))
    to(page, 1)  # what was guessed of the heights down here is known by now
    total = dashboard.api("GET", f"/datasets/{dashboard.dataset}/documents/{made}/segments?limit=1")["total"]
    assert total >= MANY
    expect(row(page, total)).to_be_in_viewport()
    assert max(nodes) <= MOST_NODES


def test_the_rows_are_all_there_and_in_order(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    seen: list[int] = []
    for step in range(41):
        to(page, step / 40)
        seen += page.evaluate(
            "[...document.querySelectorAll('article .accent')].map(node => Number(node.textContent.slice(1)))"
        )
    assert list(dict.fromkeys(seen)) == list(range(1, 231))


def test_a_reload_leads_back_to_where_one_was(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    to(page, 0.6)
    page.wait_for_url("**?page=2")
    seen = int(in_list(page, "list.rows[history.state.row].element.querySelector('.accent').textContent.slice(1)"))
    page.reload()
    expect(row(page, seen)).to_be_in_viewport()
    assert 100 < seen <= 200


def test_the_next_row_is_always_there_for_the_keyboard(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    for position in range(1, 31):
        page.keyboard.press("j")
        expect(row(page, position)).to_be_focused()
    expect(row(page, 30)).to_be_in_viewport()


def test_what_is_being_edited_stays_wherever_one_scrolls(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_label("Content").fill("Half a sentence")
    to(page, 1)
    expect(row(page, 230)).to_be_in_viewport()
    to(page, 0)
    expect(page.get_by_label("Content")).to_have_value("Half a sentence")
    page.keyboard.press("ControlOrMeta+s")
    expect(row(page, 1)).to_contain_text("Half a sentence")


def test_a_deleted_row_leaves_no_gap(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    row(page, 2).get_by_role("link", name="Delete", exact=True).click()
    expect(row(page, 2)).not_to_be_attached()
    to(page, 1)
    expect(row(page, 230)).to_be_in_viewport()
    assert length(page) == 229
    gap = "list.shown().filter(row => row.index).every(row => Math.round(list.tops[row.index] - list.tops[row.index - 1]) > 20)"
    assert in_list(page, gap) is True


def test_a_row_that_somebody_else_deleted_moves_nothing_away(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    for segment in dashboard.segments(book)[3:6]:
        dashboard.api("DELETE", f"/datasets/{dashboard.dataset}/documents/{book}/segments/{segment['id']}")
    to(page, 1)
    expect(row(page, 230)).to_be_visible()
    to(page, 0)
    expect(row(page, 7)).to_be_visible()
    expect(row(page, 5)).not_to_be_attached()


# --- filters ---


def test_the_histogram_and_the_findings_filter(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    page.get_by_role("link", name="Under 30 characters").click()
    expect(page.locator("article").first).to_be_visible()
    assert length(page) == 46
    page.get_by_role("link", name="Under 30 characters : show the others too").click()
    expect(page).to_have_url(dashboard.document_address(book) + "?")
    page.locator(".histogram a").last.click()
    expect(page.locator(".filters a.btn")).to_contain_text("characters")
    to(page, 1)
    lengths = page.locator("article .segment-head").all_inner_texts()
    assert [text for text in lengths if not re.search(r"\b18\d characters", text)] == []


def test_the_histogram_keeps_what_is_searched_for(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    page.get_by_label("Search segments").fill("Number 22")
    expect(page.locator(".finding[href*='q=Number']").first).to_be_visible()
    page.get_by_role("link", name="Under 30 characters").click()
    expect(page.get_by_label("Search segments")).to_have_value("Number 22")
    assert length(page) == 2


def test_states_filter_at_once_and_are_in_the_address(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    row(page, 3).get_by_role("button", name="Disable").click()
    expect(row(page, 3).get_by_text("Disabled", exact=True)).to_be_visible()
    page.get_by_role("radio", name="Disabled").check(force=True)
    expect(page.locator("article")).to_have_count(1)
    expect(row(page, 3)).to_be_visible()
    page.reload()
    expect(page.locator("article")).to_have_count(1)


# --- many at once ---


def test_a_range_is_disabled_and_rolled_back(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    row(page, 2).get_by_role("checkbox").check()
    to(page, 0.9)
    far = int(page.locator("article .accent").last.inner_text().removeprefix("#"))
    assert far > 150
    row(page, far).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(page.get_by_text(f"{far - 1} selected")).to_be_visible()
    page.locator("#batch").get_by_role("button", name="Clear").click()
    to(page, 0)
    row(page, 2).get_by_role("checkbox").check()
    row(page, 4).get_by_role("checkbox").click(modifiers=["Shift"])
    page.locator("#batch").get_by_role("button", name="Disable").click()
    job = page.locator("#under-way")
    expect(job).to_contain_text("Disable 3 segments of “book.txt”")
    expect(job.get_by_text("Done")).to_be_visible(timeout=20_000)
    expect(row(page, 3).get_by_text("Disabled", exact=True)).to_be_visible()
    assert [segment["enabled"] for segment in dashboard.segments(book)[:5]] == [True, False, False, False, True]
    job.get_by_role("link", name="Roll back…").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("heading", name="Roll back: Disable 3 segments")).to_be_visible()
    expect(page.locator("#job .badge").first).to_have_text("Done", timeout=20_000)
    assert all(segment["enabled"] for segment in dashboard.segments(book)[:5])


def test_all_that_match_get_a_keyword(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    page.get_by_label("Search segments").fill("Number 22")
    expect(page.locator("mark").first).to_be_visible()
    wait_for(lambda: length(page) == 11, "the search", 10)
    page.keyboard.press("Tab")
    row(page, 23).get_by_role("checkbox").check()
    page.get_by_role("button", name="Select all 11").click()
    expect(page.get_by_text("11 selected")).to_be_visible()
    page.get_by_role("button", name="Keywords…").click()
    page.get_by_role("dialog").get_by_label("Add").fill("starting")
    page.get_by_role("dialog").get_by_role("button", name="Change 11").click()
    expect(page.locator("#under-way").get_by_text("Done")).to_be_visible(timeout=20_000)
    rows = dashboard.api("GET", f"/datasets/{dashboard.dataset}/documents/{book}/segments?limit=100&keyword=Number%2022")[
        "data"
    ]
    assert all("starting" in segment["keywords"] for segment in rows)


def test_the_page_is_accessible_and_fits(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    page.goto(dashboard.document_address(book) + "?finding=short")
    expect(page.locator(".finding").first).to_be_visible()
    page.get_by_text("The original beside it").click()
    expect(page.locator("iframe")).to_be_visible()
    row(page, 1).get_by_role("checkbox").check()
    assert axe_in_both_themes(page) == []
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_in_both_themes(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 360, "height": 800})
    assert too_wide(page) == []


# --- what goes on at the same time ---


def test_what_is_being_edited_stays_when_others_go(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Others go")
    made = dashboard.new_document("short.txt", *map(text_of, range(6)))
    page.goto(dashboard.document_address(made))
    rows = dashboard.segments(made)
    row(page, 6).get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Content").fill("Half a sentence")
    row(page, 4).get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_label("Content")).to_have_count(2)
    dashboard.api("DELETE", f"/datasets/{dashboard.dataset}/documents/{made}/segments/{rows[1]['id']}")
    page.evaluate("document.body.dispatchEvent(new Event('segments-changed'))")
    wait_for(lambda: length(page) == 5 and in_list(page, SETTLED), "the other rows", 10)
    there = in_list(page, "[...list.section.children].map(row => row.id.replace('segment-', ''))")
    assert there == [segment["id"] for segment in rows if segment != rows[1]]
    expect(page.get_by_label("Content").last).to_have_value("Half a sentence")
    page.get_by_role("link", name="Cancel").first.click()
    expect(row(page, 4)).to_be_focused()
    page.get_by_label("Content").press("ControlOrMeta+Enter")
    expect(row(page, 6)).to_contain_text("Half a sentence")
    assert length(page) == 5


def test_what_was_saved_is_there_after_scrolling_and_leaves_nothing_else(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_label("Content").fill("Saved sentence.")
    page.keyboard.press("ControlOrMeta+s")
    expect(row(page, 1)).to_contain_text("Saved sentence.")
    row(page, 2).focus()
    to(page, 1)
    row(page, 230).focus()
    to(page, 0)
    expect(row(page, 1)).to_contain_text("Saved sentence.")
    assert "style" not in in_list(page, "list.rows[0].html") + in_list(page, "list.rows[0].element.className")


def test_the_editor_of_what_is_gone_can_be_left(dashboard: Dashboard, watch: Watch) -> None:
    page = dashboard.page
    page.on("dialog", Dialog.accept)
    watch.expect(404)
    dashboard.new_dataset("Gone")
    made = dashboard.new_document("short.txt", *map(text_of, range(4)))
    page.goto(dashboard.document_address(made))
    row(page, 2).get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Content").fill("Half a sentence")
    gone = dashboard.segments(made)[1]
    dashboard.api("DELETE", f"/datasets/{dashboard.dataset}/documents/{made}/segments/{gone['id']}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("document.body.dispatchEvent(new Event('segments-changed'))")
    page.wait_for_timeout(1_000)
    expect(page.get_by_label("Content")).to_have_value("Half a sentence")
    assert len(asked) < 5
    page.get_by_label("Content").press("Escape")
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_label("Content")).not_to_be_attached()
    expect(row(page, 4)).to_be_visible()
    expect(page.locator("article")).to_have_count(3)


def test_a_dialog_stays_while_a_job_is_under_way(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    page.get_by_label("Search segments").press("Escape")
    in_list(page, "select(true)")
    page.locator("#batch").get_by_role("button", name="Disable").click()
    expect(page.locator("#under-way progress")).to_be_visible()
    row(page, 2).get_by_role("checkbox").check()
    page.locator("#batch").get_by_role("button", name="Keywords…").click()
    page.get_by_role("dialog").get_by_label("Add").fill("typed meanwhile")
    expect(page.locator("#under-way").get_by_text("Done")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("dialog").get_by_label("Add")).to_have_value("typed meanwhile")


def test_all_but_one(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    row(page, 1).get_by_role("checkbox").check()
    page.get_by_role("button", name="Select all 230").click()
    row(page, 2).get_by_role("checkbox").uncheck()
    expect(page.get_by_text("229 selected")).to_be_visible()
    to(page, 1)
    expect(row(page, 230).get_by_role("checkbox")).to_be_checked()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text("Delete 229 segments?")


def test_the_keyboard_gets_past_tall_rows_and_disabled_ones(dashboard: Dashboard) -> None:
    page = dashboard.page
    page.set_viewport_size({"width": 360, "height": 400})
    dashboard.new_dataset("Tall")
    made = dashboard.new_document("tall.txt", "First.", "Long line of text that goes on. " * 15, "Third.", "Fourth.", "Fifth.")
    disabled = dashboard.segments(made)[3]
    path = f"/datasets/{dashboard.dataset}/documents/{made}/segments/{disabled['id']}"
    dashboard.api("POST", path, {"segment": {"enabled": False}})
    page.goto(dashboard.document_address(made))
    expect(row(page, 1)).to_be_visible()
    for position in (1, 2, 3):
        page.keyboard.press("j")
        expect(row(page, position)).to_be_focused()
        page.wait_for_timeout(100)
    page.keyboard.press("x")
    page.keyboard.press("Enter")
    page.get_by_label("Content").fill("The third one.")
    page.keyboard.press("ControlOrMeta+Shift+Enter")
    expect(row(page, 3)).to_contain_text("The third one.")
    expect(page.get_by_label("Content")).to_have_value("Fifth.")


def test_whoever_is_signed_out_is_told_so(dashboard: Dashboard, book: str) -> None:
    page = dashboard.page
    page.context.clear_cookies()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.get_by_role("alert")).to_contain_text("You are signed out by now.")
