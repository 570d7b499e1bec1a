"""The API goes away in the middle of the work: it is said, nothing is lost, and "Try again" does it when it is back."""

from playwright.sync_api import expect

from tests.e2e.server import wait_for
from tests.e2e.steps import Dashboard, dropped
from tests.e2e.watch import Watch


def test_while_browsing(dashboard: Dashboard, watch: Watch) -> None:
    watch.expect(422, 502)
    page = dashboard.page
    dashboard.new_dataset("Outage")
    document = dashboard.new_document("book.txt", "The first segment.")
    page.goto(dashboard.document_address(document))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_label("Content").fill("What I typed.")
    with dashboard.demo.stopped_sandbox():
        page.keyboard.press("ControlOrMeta+Enter")
        expect(page.get_by_text("Nothing answers at this address and port.")).to_be_visible()
        expect(page.get_by_label("Content")).to_have_value("What I typed.")
        expect(page.locator("form[data-changed]")).to_be_attached()  # so that leaving still asks
        other = page.context.new_page()
        other.goto(dashboard.address)
        expect(other.get_by_role("heading", name="Dify could not do this")).to_be_visible()
        expect(other.get_by_text("Nothing answers at this address and port.")).to_be_visible()
    other.get_by_role("link", name="Try again").click()
    expect(other.get_by_role("link", name="book.txt")).to_be_visible()
    page.get_by_role("button", name="Save Ctrl").click()
    expect(page.locator("article")).to_contain_text("What I typed.")
    assert dashboard.segments(document)[0]["content"] == "What I typed."


def test_in_the_middle_of_an_upload(dashboard: Dashboard, watch: Watch) -> None:
    watch.expect(422, 502)
    page = dashboard.page
    dashboard.new_dataset("Outage")
    page.goto(dashboard.address)
    dashboard.demo.faults({"kind": "slow", "method": "POST", "path": "create-by-file", "seconds": 30, "times": None})
    still_here = dashboard.marked()
    dashboard.drop(dropped("long.txt", b"A long text. " * 20_000))
    row = dashboard.upload_row("long.txt")
    expect(row.get_by_text("Dify is taking it…")).to_be_visible()
    wait_for(lambda: any("create-by-file" in call["path"] for call in calls(dashboard)), "the upload at the API", 10)
    with dashboard.demo.stopped_sandbox():
        expect(row.get_by_text("Not sent", exact=True)).to_be_visible()
        expect(row).to_contain_text("It is not known whether the change was carried out")
        row.get_by_role("button", name="Try again").click()
        expect(row.get_by_text("Checking…")).not_to_be_visible()
        expect(row.get_by_text("Not sent", exact=True)).to_be_visible()
    row.get_by_role("button", name="Try again").click()
    expect(row.get_by_text("Sent", exact=True)).to_be_visible()
    expect(dashboard.row("long.txt").get_by_text("Available")).to_be_visible()
    assert still_here()
    assert dashboard.names() == ["long.txt"]


def test_an_indexing_that_fails_says_why_in_its_row(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Failure")
    page.goto(dashboard.address)
    dashboard.demo.faults({"kind": "indexing_error", "path": "broken", "message": "The model said no."})
    dashboard.drop(dropped("broken.txt", b"Some text."), dropped("whole.txt", b"Some other text."))
    expect(dashboard.row("whole.txt").get_by_text("Available")).to_be_visible()
    expect(dashboard.row("broken.txt").get_by_text("Failed")).to_be_visible()
    expect(dashboard.row("broken.txt")).to_contain_text("The model said no.")


def calls(dashboard: Dashboard) -> list[dict[str, str]]:
    logged: list[dict[str, str]] = dashboard.demo.call("GET", "/control/calls").json()
    return logged
