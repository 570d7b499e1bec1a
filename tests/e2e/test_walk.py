"""Every page, wide and narrow, light and dark: no CSP violation, no axe violation, no word on the console, no sideways scroll."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.e2e.conftest import NewContext
from tests.e2e.server import Demo, empty_dashboard
from tests.e2e.steps import SLUG, Dashboard, dropped
from tests.e2e.watch import Watch, axe, axe_in_both_themes, too_wide

# colours go by the theme and layout by the width, so each of the four is looked at, in two walks
LOOKS = [(1440, "light"), (390, "dark")]
NARROWEST = 360
LONG_WORD = "Kraftfahrzeughaftpflichtversicherung" * 4


def look_at(page: Page, what: str) -> list[str]:
    """Everything that is wrong with the page as it stands, also at the narrowest width."""
    found = [f"{what}: {violation}" for violation in axe(page)]
    size = page.viewport_size
    assert size is not None
    if size["width"] < 1000:
        page.set_viewport_size({"width": NARROWEST, "height": 800})
        found += [f"{what}, {NARROWEST} px: {element}" for element in too_wide(page)]
        page.set_viewport_size(size)
    return found + [f"{what}: {element}" for element in too_wide(page)]


@pytest.fixture(params=LOOKS, ids=[f"{width}-{theme}" for width, theme in LOOKS])
def look(request: pytest.FixtureRequest) -> dict[str, object]:
    width, theme = request.param
    return {"viewport": {"width": width, "height": 900}, "color_scheme": theme}


def test_signed_in(
    look: dict[str, object], demo: Demo, new_context: NewContext, signed_in: StorageState, tmp_path: Path
) -> None:
    page = new_context(storage_state=signed_in, **look).new_page()
    dashboard = Dashboard(demo, page, tmp_path)
    dashboard.new_dataset("An empty one")
    empty = dashboard.address
    dashboard.new_dataset(LONG_WORD[:20])
    document = dashboard.new_document(f"{LONG_WORD}.txt", LONG_WORD * 2, "The second segment.", "The third segment.")
    here, one = dashboard.address, dashboard.document_address(document)
    segment = dashboard.segments(document)[0]["id"]
    disabled = dashboard.segments(document)[2]["id"]
    home = f"{demo.origin}/w/{SLUG}"
    addresses = [
        f"{home}/datasets/",
        f"{home}/datasets/?q=nowhere",
        f"{home}/datasets/new/",
        f"{home}/settings/",
        empty,
        here,
        f"{here}?q=nowhere",
        f"{here}documents/add-text/",
        f"{here}settings/",
        f"{here}delete/",
        f"{here}retrieval/",
        f"{here}retrieval/?q=segment",
        f"{here}retrieval/?q=nowhere",
        one,
        f"{one}?q=second",
        f"{one}segments/add/",
        f"{one}segments/{segment}/",
        f"{one}segments/{segment}/edit/",
        f"{one}segments/{disabled}/delete/",
        f"{demo.origin}/accounts/",
        f"{demo.origin}/accounts/logout/",
    ]
    found: list[str] = []
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok, address
        found += look_at(page, address)
    assert "\n".join(found) == ""


def test_what_opens_on_a_page(
    look: dict[str, object], demo: Demo, new_context: NewContext, signed_in: StorageState, tmp_path: Path
) -> None:
    """Editor, dialogs, menu, ticked rows, notices and the list of uploads with its question and refusals."""
    page = new_context(storage_state=signed_in, **look).new_page()
    dashboard = Dashboard(demo, page, tmp_path)
    dashboard.new_dataset("Walk")
    document = dashboard.new_document("book.txt", "The first segment.", "The second segment.")
    page.goto(dashboard.address)
    dashboard.drop(dropped("book.txt", b"Another book."), dropped("tool.exe", b"MZ"), dropped("fresh.txt", b"Fresh text."))
    for name, word in (("book.txt", "exists already"), ("tool.exe", "Refused"), ("fresh.txt", "Sent")):
        expect(dashboard.upload_row(name)).to_contain_text(word)
    expect(dashboard.row("fresh.txt")).to_be_visible()
    found = look_at(page, "uploads")
    page.get_by_text("Drop files anywhere on this page").click()
    page.get_by_label("Custom").check()
    found += look_at(page, "rule")
    expect(dashboard.row("fresh.txt").get_by_text("Available")).to_be_visible()
    page.get_by_label("Select fresh.txt").check()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("“fresh.txt” was disabled.")).to_be_visible()
    page.get_by_label("Select book.txt").check()
    found += look_at(page, "a ticked row and a notice")
    page.get_by_role("button", name="Delete…").click()
    expect(page.locator("#dialog")).to_contain_text("Delete 1 document?")
    found += look_at(page, "dialog")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += look_at(page, "keys")
    page.goto(f"{demo.origin}/w/{SLUG}/datasets/?q={dashboard.name}")
    page.get_by_label(f"Actions for {dashboard.name}").click()
    expect(page.get_by_role("link", name="Rename, settings")).to_be_visible()
    found += look_at(page, "menu")
    page.goto(dashboard.document_address(document))
    page.keyboard.press("n")
    expect(page.get_by_label("Content")).to_be_focused()
    found += look_at(page, "editor")
    assert "\n".join(found) == ""


def test_signed_out_and_errors(
    look: dict[str, object], demo: Demo, new_context: NewContext, signed_in: StorageState, watch: Watch
) -> None:
    watch.expect(403, 404)
    page = new_context(**look).new_page()
    nowhere = "00000000-0000-4000-8000-000000000000"
    found: list[str] = []
    for path in ("/accounts/login/", "/sign-in/?token=x", "/accounts/signup/"):
        answer = page.goto(demo.origin + path)
        assert answer is not None
        assert answer.ok, path
        found += look_at(page, path)
    page.goto(f"{demo.origin}/sign-in/?token=used")
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    found += look_at(page, "403")
    page = new_context(storage_state=signed_in, **look).new_page()
    for path in (
        "/accounts/password/reset/",
        "/nowhere/",
        "/w/not-mine/datasets/",
        f"/w/{SLUG}/datasets/{nowhere}/",
        "/setup/",
    ):
        answer = page.goto(demo.origin + path)
        assert answer is not None
        assert answer.status == 404
        found += look_at(page, path)
    assert "\n".join(found) == ""


@pytest.fixture(scope="package")
def not_set_up(demo: Demo, empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard of another data folder, before its first run; it may call the demo's API."""
    with empty_dashboard(tmp_path_factory.mktemp("fresh") / "data", demo, empty_database) as address:
        yield address


def test_before_the_first_run(look: dict[str, object], not_set_up: str, new_context: NewContext, watch: Watch) -> None:
    watch.expect(422)
    page = new_context(**look).new_page()
    page.goto(not_set_up)
    expect(page).to_have_url(f"{not_set_up}/setup/")
    found = look_at(page, "setup")
    page.get_by_role("button", name="Test and finish").click()
    expect(page.get_by_text("This field is required.").first).to_be_visible()
    found += look_at(page, "setup with errors")
    assert "\n".join(found) == ""


def test_the_first_run(demo: Demo, empty_database: Path, new_context: NewContext, tmp_path: Path, watch: Watch) -> None:
    """A wrong key and a wrong address say why and keep what was typed; the right ones lead to the datasets."""
    watch.expect(422)
    with empty_dashboard(tmp_path / "fresh", demo, empty_database) as address:
        page = new_context().new_page()
        page.goto(address)
        page.get_by_label("Your e-mail address").fill("ada@example.com")
        page.get_by_label("Name of the workspace").fill("Analytical engines")
        for base_url, key, reason in (
            ("http://10.0.0.1/v1", demo.key, "This address is not allowed."),
            (f"{demo.sandbox}/v1", "dataset-wrong", "Dify does not take this key."),
            (f"{demo.sandbox}/v1", demo.key, ""),
        ):
            page.get_by_label("Password").fill("long enough for anybody")
            page.get_by_label("Base URL of the API").fill(base_url)
            page.get_by_label("API key").fill(key)
            page.get_by_role("button", name="Test and finish").click()
            if reason:
                expect(page.get_by_text(reason)).to_be_visible()
                expect(page.get_by_label("Your e-mail address")).to_have_value("ada@example.com")
                expect(page.get_by_label("Base URL of the API")).to_have_value(base_url)
        expect(page.get_by_role("heading", name="Datasets")).to_be_visible()
        expect(page.locator("#datasets .row-link").first).to_be_visible()
        page.get_by_role("link", name="API key").click()
        expect(page.get_by_text(demo.key)).not_to_be_attached()
        expect(page.locator("code")).to_contain_text(demo.key[-4:])


def test_a_colour_of_the_other_theme_would_be_noticed(demo: Demo, new_context: NewContext) -> None:
    page = new_context(color_scheme="light").new_page()
    page.goto(f"{demo.origin}/accounts/login/")
    assert axe_in_both_themes(page) == []
    page.evaluate(
        "const sheet = new CSSStyleSheet(); sheet.replaceSync('[data-bs-theme=dark] h1 { color: #222; background: #111 }');"
        "document.adoptedStyleSheets = [sheet]"
    )
    assert axe(page) == []
    assert [problem.partition(":")[0] for problem in axe_in_both_themes(page)] == ["dark"]
