"""Files dropped on the page: asked about their names, refused with a reason, three at a time."""

from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.files import text_file
from tests.e2e.steps import Dashboard, dropped, from_disk

LIMIT = 15 * 1024 * 1024


@pytest.fixture
def manual(dashboard: Dashboard) -> str:
    """The id of "manual.txt", on whose dataset the page is open."""
    dashboard.new_dataset("Same name")
    document = dashboard.new_document("manual.txt", "The first edition.")
    dashboard.page.goto(dashboard.address)
    return document


def drop_second_edition(dashboard: Dashboard) -> None:
    dashboard.drop(dropped("manual.txt", b"The second edition."))
    row = dashboard.upload_row("manual.txt")
    expect(row.get_by_text("“manual.txt” exists already")).to_be_visible()
    expect(row.get_by_text("Replacing it removes its segments")).to_be_visible()
    expect(dashboard.page.get_by_text("0 of 1 sent, 1 needs you")).to_be_visible()
    assert dashboard.names() == ["manual.txt"]


def text_of(dashboard: Dashboard, document: str) -> str:
    return " ".join(segment["content"] for segment in dashboard.segments(document))


def test_replace(dashboard: Dashboard, manual: str) -> None:
    drop_second_edition(dashboard)
    dashboard.upload_row("manual.txt").get_by_role("button", name="Replace").click()
    expect(dashboard.upload_row("manual.txt").get_by_text("Sent", exact=True)).to_be_visible()
    expect(dashboard.row("manual.txt").get_by_text("Available")).to_be_visible()
    expect(dashboard.page.locator("#documents tr[data-row]")).to_have_count(1)
    dashboard.indexed()
    assert dashboard.names() == ["manual.txt"]
    [document] = dashboard.documents()
    assert text_of(dashboard, document["id"]) == "The second edition."


def test_keep_both(dashboard: Dashboard, manual: str) -> None:
    drop_second_edition(dashboard)
    dashboard.upload_row("manual.txt").get_by_role("button", name="Keep both").click()
    expect(dashboard.upload_row("manual.txt").get_by_text("as “manual (2).txt”")).to_be_visible()
    expect(dashboard.row("manual (2).txt").get_by_text("Available")).to_be_visible()
    expect(dashboard.row("manual.txt")).to_be_visible()
    assert dashboard.names() == ["manual (2).txt", "manual.txt"]
    assert text_of(dashboard, manual) == "The first edition."


def test_skip(dashboard: Dashboard, manual: str) -> None:
    drop_second_edition(dashboard)
    dashboard.upload_row("manual.txt").get_by_role("button", name="Skip").click()
    expect(dashboard.upload_row("manual.txt")).not_to_be_attached()
    expect(dashboard.page.get_by_role("region", name="Uploads")).not_to_be_visible()
    assert dashboard.names() == ["manual.txt"]
    assert text_of(dashboard, manual) == "The first edition."


def test_what_cannot_be_taken_says_why_and_the_others_go_on(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Refusals")
    page.goto(dashboard.address)
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.url.endswith("/uploads/") else None)
    dashboard.drop(
        dropped("one.txt", b"The first good file."),
        dropped("tool.exe", b"MZ"),
        dropped("nothing.txt", b""),
        dropped("film.pdf", size=LIMIT + 1),
        dropped("no extension", b"text"),
        dropped("two.md", b"# The second good file"),
    )
    reasons = {
        "tool.exe": ".exe files are not supported. Supported: txt,",
        "nothing.txt": "The file is empty.",
        "film.pdf": "the limit is 15.0",
        "no extension": "Files without an extension are not supported.",
    }
    for name, reason in reasons.items():
        expect(dashboard.upload_row(name).get_by_text("Refused", exact=True)).to_be_visible()
        expect(dashboard.upload_row(name)).to_contain_text(reason)
    for name in ("one.txt", "two.md"):
        expect(dashboard.upload_row(name).get_by_text("Sent", exact=True)).to_be_visible()
        expect(dashboard.row(name).get_by_text("Available")).to_be_visible()
    expect(page.get_by_text("2 of 6 sent, 4 need you")).to_be_visible()
    assert len(posted) == 2  # of what is refused no byte is sent
    assert dashboard.names() == ["one.txt", "two.md"]
    page.get_by_role("button", name="Clear finished").click()
    expect(page.get_by_role("region", name="Uploads")).not_to_be_visible()


def test_a_file_that_is_not_what_its_name_says_is_refused(dashboard: Dashboard) -> None:
    dashboard.new_dataset("Pretence")
    dashboard.page.goto(dashboard.address)
    dashboard.drop(dropped("report.pdf", b"plain text"))
    expect(dashboard.upload_row("report.pdf")).to_contain_text("The file is called .pdf and is no PDF.")
    assert dashboard.names() == []


def test_one_name_twice_in_one_drop_is_asked_too(dashboard: Dashboard) -> None:
    dashboard.new_dataset("Twice")
    dashboard.page.goto(dashboard.address)
    dashboard.drop(dropped("note.txt", b"From the first folder."), dropped("note.txt", b"From the second folder."))
    rows = dashboard.upload_row("note.txt")
    expect(rows.filter(has_text="Sent")).to_have_count(1)
    asked = rows.filter(has_text="exists already")
    expect(asked).to_have_count(1)
    asked.get_by_role("button", name="Keep both").click()
    expect(dashboard.row("note (2).txt")).to_be_visible()
    assert dashboard.names() == ["note (2).txt", "note.txt"]


def test_three_at_a_time(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.new_dataset("Queue")
    page.goto(dashboard.address)
    held: list[Route] = []
    page.route("**/uploads/", lambda route: held.append(route))  # noqa: PLW0108 Playwright wants to mark the handler
    dashboard.drop(*(dropped(f"file {number}.txt", b"Some text.") for number in range(1, 8)))
    sending = page.locator(".upload-row[data-sending]")
    sent = page.locator('.upload-row [data-upload="sent"]')
    expect(sending).to_have_count(3)
    expect(page.locator(".upload-row").get_by_text("Waiting", exact=True)).to_have_count(4)
    done = 0
    while done < 7:
        for _ in range(100):  # a request reaches the test a little after the page has sent it
            if len(held) >= min(3, 7 - done):
                break
            page.wait_for_timeout(20)
        assert len(held) == min(3, 7 - done)
        held.pop(0).continue_()
        done += 1
        expect(sent).to_have_count(done)
        expect(sending).to_have_count(min(3, 7 - done))
    expect(page.get_by_text("7 of 7 sent")).to_be_visible()
    assert len(dashboard.names()) == 7


def test_a_rule_of_ones_own_goes_along_with_each_file(dashboard: Dashboard, tmp_path: Path) -> None:
    page = dashboard.page
    dashboard.new_dataset("Rule")
    page.goto(dashboard.address)
    page.get_by_label("Custom").check()
    page.get_by_label("Separator").fill("===")
    page.get_by_label("Maximum length").fill("60")
    page.get_by_label("Overlap").fill("0")
    page.get_by_label("Overlap").blur()
    expect(page.get_by_text("cut by your rule, 60 characters at most")).to_be_visible()
    dashboard.drop(from_disk(text_file(tmp_path, "parts.txt", "One part.===Another part.===A third part.")))
    expect(dashboard.row("parts.txt").get_by_text("Available")).to_be_visible()
    [document] = dashboard.documents()
    assert [segment["content"] for segment in dashboard.segments(document["id"])] == [
        "One part.",
        "Another part.",
        "A third part.",
    ]
