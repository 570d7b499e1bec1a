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
    table.write_text(Path(download.value.path()).read_text().replace("first", "third"))
    page.goto(page.url + "segments/import/")
    page.get_by_label("CSV, Excel or JSON lines").set_input_files(table)
    expect(page.locator("article ins").first).to_have_text("third")
    expect(page.get_by_text("1 segment stays as it is.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Import “a.csv” into “guide.txt” Done")).to_be_visible()
    assert [segment["content"] for segment in dashboard.segments(document)] == ["The third segment.", "The second segment."]


def test_what_is_missing_is_deleted_where_it_is_ticked(dashboard: Dashboard, document: str, tmp_path: Path) -> None:
    page = dashboard.page
    first, _ = dashboard.segments(document)
    table = tmp_path / "a.csv"
    table.write_text(f"id,content\n{first['id']},The first segment.\n")
    page.goto(page.url + "segments/import/")
    page.get_by_label("CSV, Excel or JSON lines").set_input_files(table)
    page.get_by_label("Delete the segment that is missing from the file").check()
    expect(page.get_by_text("1 segment is missing from the file, and is deleted.")).to_be_visible()
    expect(page.get_by_label("Delete the segment that is missing from the file")).to_be_checked()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="Import “a.csv” into “guide.txt” Done")).to_be_visible()
    assert [segment["content"] for segment in dashboard.segments(document)] == ["The first segment."]


def test_a_table_without_ids_is_added(dashboard: Dashboard, document: str, tmp_path: Path) -> None:
    page = dashboard.page
    table = tmp_path / "a.csv"
    table.write_text("content\nThe third segment.\nThe fourth segment.\n")
    page.goto(page.url + "segments/import/")
    page.get_by_label("CSV, Excel or JSON lines").set_input_files(table)
    expect(page.locator("article")).to_have_count(2)
    page.get_by_role("button", name="Add 2 segments at the end").click()
    expect(page.get_by_text("2 segments were added at the end.")).to_be_visible()
    assert [segment["content"] for segment in dashboard.segments(document)][2:] == ["The third segment.", "The fourth segment."]


def test_columns_are_chosen_and_errors_are_by_row(dashboard: Dashboard, document: str, tmp_path: Path) -> None:
    page = dashboard.page
    table = tmp_path / "a.csv"
    table.write_text("number,words\n1,One.\n2,\n")
    page.goto(page.url + "segments/import/")
    page.get_by_label("CSV, Excel or JSON lines").set_input_files(table)
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
    page.get_by_label("CSV, Excel or JSON lines").set_input_files(table)
    expect(page.get_by_text("This is no Excel file (.xlsx), or it is broken.")).to_be_visible()
