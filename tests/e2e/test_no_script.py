"""Without JavaScript: plain links and forms do the same work."""

from pathlib import Path

import pytest
from playwright.sync_api import StorageState, expect

from tests.e2e.conftest import NewContext
from tests.e2e.files import text_file
from tests.e2e.server import Demo
from tests.e2e.steps import Dashboard
from tests.e2e.watch import Watch


@pytest.fixture
def plain(demo: Demo, new_context: NewContext, signed_in: StorageState, tmp_path: Path) -> Dashboard:
    page = new_context(storage_state=signed_in, java_script_enabled=False).new_page()
    return Dashboard(demo, page, tmp_path)


def test_the_sign_in_link_is_a_button(demo: Demo, new_context: NewContext, signed_in: StorageState, watch: Watch) -> None:
    """The demo's own link was used by the other tests; this shows the form, and what a used link answers."""
    watch.expect(403)
    page = new_context(java_script_enabled=False).new_page()
    page.goto(demo.link)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()


def test_upload_edit_and_delete(plain: Dashboard) -> None:
    page = plain.page
    plain.new_dataset("Plain")
    page.goto(f"{plain.demo.origin}/")
    page.get_by_role("link", name="Plain").click()
    files = [text_file(plain.folder, "plain.txt", "The plain text."), text_file(plain.folder, "tool.exe", "MZ")]
    page.locator("#files").set_input_files(files)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("“plain.txt” was sent and is being indexed.")).to_be_visible()
    expect(page.get_by_text("tool.exe: .exe files are not supported.")).to_be_visible()
    plain.indexed()

    page.locator("#upload > summary").click()
    page.locator("#files").set_input_files(files[:1])
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("plain.txt: a document of this name exists.")).to_be_visible()
    page.locator("#upload > summary").click()
    page.get_by_label("Keep both").check()
    page.locator("#files").set_input_files(files[:1])
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(plain.row("plain (2).txt")).to_be_visible()
    plain.indexed(2)

    plain.row("plain.txt").get_by_role("link").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Content").fill("The corrected text.")
    page.get_by_role("button", name="Save Ctrl").click()
    expect(page.get_by_role("heading", name="plain.txt")).to_be_visible()
    expect(page.get_by_text("The corrected text.")).to_be_visible()
    page.get_by_role("link", name="Add segment").click()
    page.get_by_label("Content").fill("One more.")
    page.get_by_role("button", name="Add segment").click()
    expect(page.get_by_text("One more.")).to_be_visible()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Segment #2 was deleted.")).to_be_visible()

    page.goto(plain.address)
    page.get_by_label("Select plain.txt").check()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("heading", name="Disable 1 document?")).to_be_visible()  # one of its segments was edited
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("“plain.txt” was disabled.")).to_be_visible()
    page.get_by_label("Select plain.txt").check()
    page.get_by_label("Select plain (2).txt").check()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", name="Delete 2 documents?")).to_be_visible()
    page.get_by_role("button", name="Delete for ever").click()
    expect(page.get_by_text("2 documents were deleted.")).to_be_visible()
    assert plain.names() == []

    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="Delete dataset…").click()
    page.get_by_role("button", name="Delete for ever").click()
    expect(page.get_by_role("heading", name="Datasets")).to_be_visible()


def test_search_and_retrieval(plain: Dashboard) -> None:
    page = plain.page
    plain.new_dataset("Plain search")
    plain.new_documents({"Alpha.txt": ("Alpha text.",), "Beta.txt": ("Beta text.",)})
    page.goto(plain.address)
    page.get_by_label("Search documents (minds case)").fill("Alpha")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#documents tr[data-row]")).to_have_count(1)
    page.get_by_role("link", name="Retrieval test").click()
    page.get_by_placeholder("Ask as your users would").fill("Beta")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="Beta.txt")).to_be_visible()
