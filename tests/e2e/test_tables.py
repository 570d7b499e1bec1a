"""Segments in and out of files, in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import Dashboard
from tests.e2e.watch import Watch, axe, too_wide


@pytest.fixture
def document(dashboard: Dashboard) -> str:
    dashboard.new_dataset("Tables")
    made = dashboard.new_document("guide.txt", "The first segment.", "The second segment.")
    dashboard.page.goto(dashboard.document_address(made))
    return made


def test_exported_changed_and_imported(dashboard: Dashboard, document: str, tmp_path: Path) -> None:
    page = dashboard.page
    page.get_by_label("Actions for the document").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    table = tmp_path / "a.csv"
    table.write_text(Path(download.value.path()).read_text().replace("first", "third").replace("second", "fourth"))
    page.goto(page.url + "segments/import/")
    page.get_by_label("CSV or Excel file").set_input_files(table)
    expect(page.locator("article")).to_have_count(2)
    page.get_by_role("button", name="Add 2 segments at the end").click()
    expect(page.get_by_text("2 segments were added at the end.")).to_be_visible()
    assert [segment["content"] for segment in dashboard.segments(document)][2:] == ["The third segment.", "The fourth segment."]


def test_columns_are_chosen_and_errors_are_by_row(dashboard: Dashboard, document: str, tmp_path: Path) -> None:
    page = dashboard.page
    table = tmp_path / "a.csv"
    table.write_text("number,words\n1,One.\n2,\n")
    page.goto(page.url + "segments/import/")
    page.get_by_label("CSV or Excel file").set_input_files(table)
    page.get_by_label("Content").select_option("words")
    expect(page.get_by_text("Row 3: it has no text.")).to_be_visible()
    assert axe(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert too_wide(page) == []


def test_a_file_that_is_no_table_is_told(dashboard: Dashboard, document: str, tmp_path: Path, watch: Watch) -> None:
    watch.expect(422)
    page = dashboard.page
    table = tmp_path / "a.xlsx"
    table.write_text("no")
    page.goto(page.url + "segments/import/")
    page.get_by_label("CSV or Excel file").set_input_files(table)
    expect(page.get_by_text("This is no Excel file (.xlsx), or it is broken.")).to_be_visible()
