"""The segment editor: nobody's text is lost, and focus stays where the work is."""

import pytest
from playwright.sync_api import Dialog, Page, StorageState, expect

from tests.e2e.conftest import NewContext
from tests.e2e.steps import Dashboard
from tests.e2e.watch import Watch, axe


@pytest.fixture
def document(dashboard: Dashboard) -> str:
    dashboard.new_dataset("Segments")
    document = dashboard.new_document("book.txt", "The first segment.", "The second segment.", "The third segment.")
    dashboard.page.goto(dashboard.document_address(document))
    return document


def open_second(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("article").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Content")).to_be_focused()


def contents(dashboard: Dashboard, document: str) -> list[str]:
    return [segment["content"] for segment in dashboard.segments(document)]


def test_two_people_edit_one_segment(
    dashboard: Dashboard, document: str, new_context: NewContext, signed_in: StorageState, watch: Watch
) -> None:
    watch.expect(422)
    mine = dashboard.page
    theirs = new_context(storage_state=signed_in).new_page()
    theirs.goto(mine.url)
    for page, text in ((mine, "Mine: the second segment."), (theirs, "Theirs: the second segment.")):
        open_second(page)
        page.get_by_label("Content").fill(text)
    theirs.keyboard.press("ControlOrMeta+Enter")
    expect(theirs.locator("article").nth(1)).to_contain_text("Theirs: the second segment.")
    mine.keyboard.press("ControlOrMeta+Enter")
    conflict = mine.get_by_role("alert").filter(
        has_text="owner@example.com changed this segment just now, after you opened it."
    )
    expect(conflict).to_contain_text("Theirs: the second segment.")
    expect(mine.get_by_label("Content")).to_have_value("Mine: the second segment.")
    expect(mine.get_by_label("Content")).to_be_focused()
    assert contents(dashboard, document)[1] == "Theirs: the second segment."
    mine.get_by_role("button", name="Save mine over it").click()
    expect(mine.locator("article").nth(1)).to_contain_text("Mine: the second segment.")
    assert contents(dashboard, document)[1] == "Mine: the second segment."


def test_two_edits_of_one_segment_that_do_not_touch_are_both_saved(dashboard: Dashboard, document: str, watch: Watch) -> None:
    watch.expect(422)
    page = dashboard.page
    open_second(page)
    second = dashboard.segments(document)[1]["id"]
    dashboard.api(
        "POST",
        f"/datasets/{dashboard.dataset}/documents/{document}/segments/{second}",
        {"segment": {"content": "The second segment, by them."}},
    )
    content = page.get_by_label("Content")
    content.fill("My second segment.")
    page.keyboard.press("ControlOrMeta+s")
    expect(content).to_have_value("My second segment, by them.")
    expect(page.get_by_role("button", name="Save both")).to_be_in_viewport()
    expect(page.locator(".edits ins")).to_have_text([", by them", "My"])
    assert axe(page) == []
    page.get_by_role("button", name="Use my edit alone").click()
    expect(content).to_have_value("My second segment.")
    page.get_by_role("button", name="Use theirs alone").click()
    expect(content).to_have_value("The second segment, by them.")
    assert contents(dashboard, document)[1] == "The second segment, by them."
    content.fill("My second segment, by them.")
    page.keyboard.press("ControlOrMeta+s")
    expect(page.locator("article").nth(1)).to_contain_text("My second segment, by them.")
    assert contents(dashboard, document)[1] == "My second segment, by them."


def test_the_stored_text_of_a_conflict_can_be_kept(dashboard: Dashboard, document: str, watch: Watch) -> None:
    watch.expect(422)
    page = dashboard.page
    open_second(page)
    second = dashboard.segments(document)[1]["id"]
    dashboard.api(
        "POST", f"/datasets/{dashboard.dataset}/documents/{document}/segments/{second}", {"segment": {"content": "Theirs."}}
    )
    page.get_by_label("Content").fill("Mine.")
    page.keyboard.press("ControlOrMeta+s")
    expect(page.get_by_text("Somebody changed this segment")).to_be_visible()
    page.get_by_role("link", name="Keep the stored one").click()
    asked = page.get_by_role("dialog", name="Leave without saving?")
    expect(asked).to_contain_text("What you typed would be lost.")
    asked.get_by_role("button", name="Leave").click()
    expect(page.locator("article").nth(1)).to_contain_text("Theirs.")
    assert contents(dashboard, document)[1] == "Theirs."


def test_unsaved_text_asks_before_leaving(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    open_second(page)
    page.get_by_label("Content").press_sequentially("Unsaved. ")
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.keyboard.press("Escape")
    question = page.get_by_role("dialog", name="Leave without saving?")
    question.get_by_role("button", name="Go on writing").press("Enter")
    expect(question).to_be_hidden()
    expect(page.get_by_label("Content")).to_be_focused()
    page.get_by_role("link", name="Datasets").first.click(no_wait_after=True)
    expect(page.get_by_label("Content")).to_be_visible()
    assert asked == ["beforeunload"]
    page.remove_listener("dialog", refuse)
    page.get_by_label("Content").press("Escape")
    question.get_by_role("button", name="Leave").click()
    second = page.locator("article").nth(1)
    expect(second).to_contain_text("The second segment.")
    expect(second).to_be_focused()
    page.get_by_role("link", name="Datasets").first.click()
    expect(page.get_by_role("heading", name="Datasets")).to_be_visible()


def test_an_untouched_editor_closes_without_a_word(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    page.on("dialog", lambda dialog: pytest.fail(f"asked: {dialog.message}"))
    open_second(page)
    page.keyboard.press("Escape")
    expect(page.locator("article").nth(1)).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("article").nth(2)).to_be_focused()


def test_a_key_in_the_moment_in_which_the_editor_comes_leaves_no_page(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    page.evaluate("""document.body.addEventListener("htmx:afterSwap", ({ target }) => {
      const escape = new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true })
      if (target.matches("form[data-editor]")) target.querySelector("textarea").dispatchEvent(escape)
    })""")
    still_here = dashboard.marked()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("article").first).to_be_focused()
    expect(page.locator("form[data-editor]")).to_have_count(0)
    assert still_here()


def test_an_empty_text_is_refused_and_can_be_mended(dashboard: Dashboard, document: str, watch: Watch) -> None:
    watch.expect(422)
    page = dashboard.page
    open_second(page)
    page.get_by_label("Content").fill("   ")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_text("A segment needs text")).to_be_visible()
    page.get_by_label("Content").fill("Mended.")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("article").nth(1)).to_be_focused()
    assert contents(dashboard, document)[1] == "Mended."


def test_add_disable_and_delete(dashboard: Dashboard, document: str, watch: Watch) -> None:
    watch.expect(502)
    page = dashboard.page
    page.keyboard.press("n")
    expect(page.get_by_label("Content")).to_be_focused()
    page.get_by_label("Content").fill("The fourth segment.")
    page.get_by_label("Add a keyword").fill("fourth, added")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_text("Segment #4 was added at the end.")).to_be_visible()
    assert contents(dashboard, document)[3] == "The fourth segment."
    page.goto(dashboard.document_address(document))
    fourth = page.locator("article").nth(3)
    expect(fourth.get_by_label("Keywords")).to_contain_text("added")
    fourth.get_by_role("button", name="Disable").click()
    expect(fourth.get_by_text("Disabled", exact=True)).to_be_visible()
    expect(fourth.get_by_role("link", name="Edit")).not_to_be_attached()
    refused = page.locator(".notice").filter(has_text="Wait a moment")
    dashboard.until(fourth.get_by_role("button", name="Enable").click, fourth.get_by_role("link", name="Edit"), refused)
    fourth.get_by_role("link", name="Delete", exact=True).click()
    expect(page.get_by_text("Segment #4 was deleted.")).to_be_visible()
    expect(page.locator("article")).to_have_count(3)
    assert len(contents(dashboard, document)) == 3


def test_a_deletion_is_undone(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    [first, *others] = contents(dashboard, document)
    page.locator("article").first.get_by_role("link", name="Delete", exact=True).click()
    expect(page.locator("article")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is back as #4, at the end")).to_be_visible()
    assert contents(dashboard, document) == [*others, first]


def test_a_correction_is_taken_back_from_the_history(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    before = contents(dashboard, document)
    article = page.locator("article").first
    article.get_by_role("link", name="Edit").click()
    page.get_by_label("Content").fill("Something else.")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(article.get_by_text("Something else.")).to_be_visible()
    article.get_by_role("link", name="History").click()
    expect(page.locator("ins").first).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("The segment is what it was before.")).to_be_visible()
    assert contents(dashboard, document) == before


def test_search_marks_what_it_finds(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    page.keyboard.press("/")
    page.keyboard.type("third")
    expect(page.locator("article")).to_have_count(1)
    expect(page.locator("mark")).to_have_text("third")
    page.reload()
    expect(page.get_by_label("Search segments")).to_have_value("third")
    expect(page.locator("article")).to_have_count(1)
