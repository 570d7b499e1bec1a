"""The segment editor by keyboard: save and go on, drafts, chips, what will change."""

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.steps import Dashboard
from tests.e2e.watch import Watch, axe_in_both_themes, too_wide


@pytest.fixture
def document(dashboard: Dashboard) -> str:
    """A document of three segments, opened."""
    dashboard.new_dataset("Editor")
    made = dashboard.new_document("guide.txt", "The first segment.", "The second segment.", "The third segment.")
    dashboard.page.goto(dashboard.document_address(made))
    expect(dashboard.page.locator("article")).to_have_count(3)
    return made


def contents(dashboard: Dashboard, document: str) -> list[str]:
    return [segment["content"] for segment in dashboard.segments(document)]


def edit_first(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Content")).to_be_focused()


def test_three_segments_corrected_without_the_mouse(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    edit_first(page)
    for number in ("first", "second", "third"):
        expect(page.get_by_label("Content")).to_have_value(f"The {number} segment.")
        expect(page.get_by_label("Content")).to_be_focused()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(f"The {number} one.")
        page.keyboard.press("ControlOrMeta+Shift+Enter")
    expect(page.locator(".segment-text").nth(2)).to_have_text("The third one.")
    assert contents(dashboard, document) == ["The first one.", "The second one.", "The third one."]


def test_a_reload_in_the_middle_loses_nothing(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    page.on("dialog", Dialog.accept)
    edit_first(page)
    page.keyboard.type("Half a sen")
    page.reload()
    page.get_by_role("link", name="Continue editing").click()
    expect(page.get_by_text("What you had typed here before is back")).to_be_visible()
    expect(page.get_by_label("Content")).to_have_value("Half a senThe first segment.")
    assert contents(dashboard, document)[0] == "The first segment."


def test_a_draft_goes_when_it_is_saved(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    edit_first(page)
    page.keyboard.type("More. ")
    page.keyboard.press("ControlOrMeta+s")
    expect(page.locator(".segment-text").first).to_have_text("More. The first segment.")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))") == []


def test_a_draft_goes_when_it_is_thrown_away(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    edit_first(page)
    page.keyboard.type("More. ")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Leave").click()
    expect(page.locator("article")).to_have_count(3)
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))") == []


def test_a_draft_of_an_older_version_is_a_conflict_not_an_overwriting(
    dashboard: Dashboard, document: str, watch: Watch
) -> None:
    watch.expect(422)
    page = dashboard.page
    page.on("dialog", Dialog.accept)
    edit_first(page)
    page.keyboard.type("Mine. ")
    segment = dashboard.segments(document)[0]
    body = {"segment": {"content": "Theirs.", "keywords": segment["keywords"]}}
    dashboard.api("POST", f"/datasets/{dashboard.dataset}/documents/{document}/segments/{segment['id']}", body)
    page.reload()
    page.get_by_role("link", name="Continue editing").click()
    expect(page.get_by_label("Content")).to_be_focused()
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_text("Somebody changed this segment since you opened it.")).to_be_visible()
    assert contents(dashboard, document)[0] == "Theirs."
    expect(page.locator(".alert ins").last).to_have_text("Mine. ")
    page.get_by_role("button", name="Put the stored text into the field").click()
    expect(page.get_by_label("Content")).to_have_value("Theirs.")
    stored = dashboard.segments(document)[0]["keywords"]
    page.get_by_role("button", name=f"Remove {stored[0]}").click()
    page.get_by_role("button", name="Take the stored keywords").click()
    expect(page.get_by_role("button", name=f"Remove {stored[0]}")).to_be_visible()


def test_what_will_change_is_shown_word_by_word(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    edit_first(page)
    page.get_by_text("What will change").click()
    page.get_by_label("Content").fill("The best segment.")
    expect(page.locator(".preview del")).to_have_text("first")
    expect(page.locator(".preview ins")).to_have_text("best")
    expect(page.get_by_text("17 characters, 3 words")).to_be_visible()


def test_keywords_are_chips(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    edit_first(page)
    entry = page.get_by_label("Add a keyword")
    entry.fill("amber")
    entry.press("Enter")
    entry.fill("blue, green")
    entry.press("Enter")
    expect(page.locator(".chips .keyword", has_text="amber")).to_be_visible()
    page.get_by_role("button", name="Remove blue").click()
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("article").first.get_by_label("Keywords")).to_contain_text("green")
    words = dashboard.segments(document)[0]["keywords"]
    assert ({"amber", "green"} <= set(words), "blue" in words) == (True, False)


def test_the_editor_is_accessible_and_fits(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    edit_first(page)
    page.get_by_text("What will change").click()
    assert axe_in_both_themes(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert too_wide(page) == []
