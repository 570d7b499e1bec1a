"""Parts of segments: split at the cursor, neighbours joined, child chunks, one added after the other."""

import time

import pytest
from playwright.sync_api import Dialog, Page, StorageState, expect

from tests.e2e.conftest import NewContext
from tests.e2e.steps import Dashboard
from tests.e2e.watch import Watch, axe, axe_in_both_themes, too_wide


@pytest.fixture
def document(dashboard: Dashboard) -> str:
    """A document of three segments, opened."""
    dashboard.new_dataset("Parts")
    made = dashboard.new_document("guide.txt", "The 🦉 first. And more.", "The second segment.", "The third segment.")
    dashboard.page.goto(dashboard.document_address(made))
    expect(dashboard.page.locator("article")).to_have_count(3)
    return made


@pytest.fixture
def parent(dashboard: Dashboard) -> str:
    """The address of a segment with two child chunks, opened."""
    made = dashboard.api("POST", "/datasets", {"name": f"Parents {time.time_ns()}", "indexing_technique": "high_quality"})
    dashboard.dataset = made["id"]
    cut = {"separator": "\n\n", "max_tokens": 500, "chunk_overlap": 0}
    rules = {
        "pre_processing_rules": [],
        "segmentation": cut,
        "parent_mode": "paragraph",
        "subchunk_segmentation": {"separator": "\n", "max_tokens": 80, "chunk_overlap": 0},
    }
    body = {
        "name": "lamps.txt",
        "text": "Lamps\nA lamp gives light.",
        "indexing_technique": "high_quality",
        "doc_form": "hierarchical_model",
        "process_rule": {"mode": "hierarchical", "rules": rules},
    }
    document = dashboard.api("POST", f"/datasets/{dashboard.dataset}/document/create-by-text", body)["document"]["id"]
    dashboard.indexed()
    segment = dashboard.segments(document)[0]["id"]
    dashboard.page.goto(f"{dashboard.document_address(document)}segments/{segment}/")
    return f"/datasets/{dashboard.dataset}/documents/{document}/segments/{segment}/child_chunks"


def contents(dashboard: Dashboard, document: str) -> list[str]:
    return [segment["content"] for segment in dashboard.segments(document)]


def children(dashboard: Dashboard, path: str) -> list[str]:
    return [child["content"] for child in dashboard.api("GET", path)["data"]]


def edit_first(page: Page) -> None:
    page.locator("article").first.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Content")).to_be_focused()


def put_cursor(page: Page, after: str) -> None:
    script = "(field, after) => field.setSelectionRange(field.value.indexOf(after) + after.length, field.value.length)"
    page.get_by_label("Content").evaluate(script, after)


# --- split ---


def test_a_segment_is_split_at_the_cursor(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    edit_first(page)
    put_cursor(page, "first.")
    page.get_by_role("button", name="Split at the cursor…").click()
    dialog = page.locator("#dialog")
    expect(dialog.locator(".theirs")).to_have_text(["The 🦉 first.", "And more."])
    assert axe_in_both_themes(page) == []
    dialog.get_by_role("button", name="Split", exact=True).click()
    expect(dialog).not_to_be_visible()
    expect(page.locator("article").first).to_contain_text("The 🦉 first.")
    expect(page.locator("article").first).to_be_focused()
    expect(page.get_by_text("The second part is #4 now, at the end.")).to_be_visible()
    assert contents(dashboard, document) == ["The 🦉 first.", "The second segment.", "The third segment.", "And more."]


def test_what_was_typed_is_split_and_leaves_no_draft(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    edit_first(page)
    page.get_by_label("Content").fill("New words. Newer words.")
    put_cursor(page, "New words.")
    page.get_by_role("button", name="Split at the cursor…").click()
    page.locator("#dialog").get_by_role("button", name="Split", exact=True).click()
    expect(page.locator("article").first).to_contain_text("New words.")
    assert contents(dashboard, document)[0::3] == ["New words.", "Newer words."]
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))") == []


def test_a_cut_at_the_edge_offers_other_places(dashboard: Dashboard, document: str, watch: Watch) -> None:
    watch.expect(422)
    page = dashboard.page
    edit_first(page)
    page.get_by_label("Content").evaluate("field => field.setSelectionRange(0, 0)")
    page.get_by_role("button", name="Split at the cursor…").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_text("There is no text before the cut.")).to_be_visible()
    dialog.get_by_label("after “The 🦉 first.”").check()
    dialog.get_by_role("button", name="Show both parts").click()
    expect(dialog.locator(".theirs")).to_have_text(["The 🦉 first.", "And more."])
    dialog.get_by_role("link", name="Keep it whole").click()
    expect(page.get_by_label("Content")).to_be_visible()
    assert len(contents(dashboard, document)) == 3


def test_without_script_a_segment_is_split(
    dashboard: Dashboard, document: str, new_context: NewContext, signed_in: StorageState
) -> None:
    page = new_context(storage_state=signed_in, java_script_enabled=False).new_page()
    page.goto(dashboard.document_address(document))
    page.get_by_role("link", name="Edit").first.click()
    page.get_by_role("button", name="Split at the cursor…").click()
    page.get_by_label("after “The 🦉 first.”").check()
    page.get_by_role("button", name="Show both parts").click()
    page.get_by_role("button", name="Split", exact=True).click()
    expect(page.get_by_text("The second part is #4 now, at the end.")).to_be_visible()
    assert contents(dashboard, document)[0::3] == ["The 🦉 first.", "And more."]


# --- merge ---


def merge_address(dashboard: Dashboard, document: str, *numbers: int) -> str:
    rows = dashboard.segments(document)
    chosen = "&".join(f"ids={rows[number]['id']}" for number in numbers)
    return f"{dashboard.document_address(document)}segments/merge/?{chosen}"


def test_neighbours_are_joined(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    page.goto(merge_address(dashboard, document, 1, 2))
    expect(page.get_by_label("Content")).to_have_value("The second segment.\nThe third segment.")
    assert axe_in_both_themes(page) == []
    page.get_by_label("A space").check()
    page.get_by_role("button", name="Apply the separator").click()
    expect(page.get_by_label("Content")).to_have_value("The second segment. The third segment.")
    page.get_by_label("Content").fill("The second and third segment.")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_text("2 segments are one now, #2.")).to_be_visible()
    assert contents(dashboard, document) == ["The 🦉 first. And more.", "The second and third segment."]


def test_neighbours_are_joined_in_a_dialog(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    address = merge_address(dashboard, document, 0, 1)
    page.evaluate("address => htmx.ajax('GET', address, '#dialog')", address)
    dialog = page.locator("#dialog")
    dialog.get_by_label("An empty line").check()
    dialog.get_by_role("button", name="Apply the separator").click()
    expect(dialog.get_by_label("Content")).to_have_value("The 🦉 first. And more.\n\nThe second segment.")
    dialog.get_by_role("button", name="Merge and delete the other").click()
    expect(page.get_by_text("2 segments are one now, #1.")).to_be_visible()
    expect(page.locator("article")).to_have_count(2)


def test_a_joined_text_that_is_not_saved_yet_is_not_lost(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    page.on("dialog", Dialog.accept)
    address = merge_address(dashboard, document, 0, 1)
    page.goto(address)
    page.get_by_label("Content").fill("Half a sen")
    page.goto(address)
    expect(page.get_by_label("Content")).to_have_value("Half a sen")


def test_what_are_no_neighbours_is_said(dashboard: Dashboard, document: str, watch: Watch) -> None:
    watch.expect(422)
    dashboard.page.goto(merge_address(dashboard, document, 0, 2))
    expect(dashboard.page.get_by_text("These segments are not neighbours")).to_be_visible()
    assert axe(dashboard.page) == []


# --- child chunks ---


def test_child_chunks_are_added_corrected_and_deleted(dashboard: Dashboard, parent: str) -> None:
    page = dashboard.page
    page.locator("summary", has_text="Child chunks").click()
    rows = page.locator("article.child-chunk")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Add child chunk").click()
    field = page.get_by_label("Text of the child chunk")
    expect(field).to_be_focused()
    page.keyboard.type("It is red.")
    page.keyboard.press("ControlOrMeta+Shift+Enter")
    expect(rows).to_have_count(3)
    expect(field).to_be_focused()
    page.keyboard.type("It is large.")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(rows).to_have_count(4)
    expect(field).not_to_be_attached()
    page.get_by_role("link", name="Edit child chunk #2").click()
    expect(field).to_have_value("A lamp gives light.")
    assert axe_in_both_themes(page) == []
    field.fill("A lamp gives warmth.")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(rows.nth(1)).to_contain_text("A lamp gives warmth.")
    expect(page.get_by_role("link", name="Edit child chunk #2")).to_be_focused()
    page.get_by_role("link", name="Delete child chunk #3").click()
    expect(rows).to_have_count(3)
    assert axe_in_both_themes(page) == []
    assert children(dashboard, parent) == ["Lamps", "A lamp gives warmth.", "It is large."]
    page.locator(".notice", has_text="Child chunk #3 was deleted.").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 child chunk is back, at the end of the segment.")).to_be_visible()
    assert children(dashboard, parent)[-1] == "It is red."


def test_two_people_correct_one_child_chunk(dashboard: Dashboard, parent: str, watch: Watch) -> None:
    watch.expect(422)
    page = dashboard.page
    page.locator("summary", has_text="Child chunks").click()
    page.get_by_role("link", name="Edit child chunk #1").click()
    child = dashboard.api("GET", parent)["data"][0]["id"]
    dashboard.api("PATCH", f"{parent}/{child}", {"content": "Theirs."})
    page.get_by_label("Text of the child chunk").fill("Mine.")
    page.get_by_role("button", name="Save Ctrl").click()
    expect(page.get_by_text("Somebody changed this child chunk since you opened it.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Put the stored text into the field").click()
    expect(page.get_by_label("Text of the child chunk")).to_have_value("Theirs.")
    assert children(dashboard, parent)[0] == "Theirs."


def test_child_chunks_are_cut_anew_after_a_warning(dashboard: Dashboard, parent: str) -> None:
    page = dashboard.page
    dashboard.api("POST", parent, {"content": "By hand."})
    page.locator("summary", has_text="Child chunks").click()
    page.get_by_role("link", name="Regenerate…").click()
    dialog = page.locator("#dialog")
    expect(dialog.locator(".going li")).to_have_text(["By hand."])
    assert axe_in_both_themes(page) == []
    dialog.get_by_role("button", name="Regenerate").click()
    expect(page.get_by_text("The child chunks were regenerated.")).to_be_visible()
    expect(page.locator("article.child-chunk")).to_have_count(2)
    expect(dialog).not_to_be_visible()


def test_a_corrected_segment_asks_before_its_child_chunks_go(dashboard: Dashboard, parent: str) -> None:
    page = dashboard.page
    edit_first(page)
    page.get_by_label("Content").fill("Lights\nA light is bright.")
    page.get_by_role("button", name="Save and regenerate child chunks…").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading", name="Regenerate the child chunks?")).to_be_visible()
    assert children(dashboard, parent) == ["Lamps", "A lamp gives light."]
    dialog.get_by_role("button", name="Regenerate").click()
    expect(page.get_by_text("The child chunks were regenerated.")).to_be_visible()
    assert children(dashboard, parent) == ["Lights", "A light is bright."]


def test_child_chunks_fit_a_phone(dashboard: Dashboard, parent: str) -> None:
    page = dashboard.page
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator("summary", has_text="Child chunks").click()
    page.get_by_role("link", name="Edit child chunk #1").click()
    expect(page.get_by_label("Text of the child chunk")).to_be_visible()
    assert too_wide(page) == []


# --- one after the other ---


def test_one_is_added_after_the_other(dashboard: Dashboard, document: str) -> None:
    page = dashboard.page
    page.keyboard.press("n")
    field = page.get_by_label("Content")
    for number, words in ((4, "The fourth."), (5, "The fifth.")):
        expect(field).to_be_focused()
        page.keyboard.type(words)
        page.keyboard.press("ControlOrMeta+Shift+Enter")
        expect(page.get_by_text(f"Segment #{number} was added at the end.")).to_be_visible()
        expect(field).to_have_value("")
    assert axe_in_both_themes(page) == []
    assert contents(dashboard, document)[3:] == ["The fourth.", "The fifth."]
    page.locator(".notice", has_text="#5").get_by_role("link", name="View").click()
    expect(page.locator("article")).to_contain_text("The fifth.")
