"""A team in two browsers: invited, let in as a viewer, promoted, keys added and replaced, and all of it in the activity."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.server import Demo
from tests.e2e.steps import Dashboard
from tests.e2e.watch import Watch, axe_in_both_themes, too_wide

PASSWORD = "a long enough one"
PAGES = ("keys/", "keys/new/", "members/", "members/leave/", "activity/", "settings/", "settings/delete/")


def add_key(page: Page, demo: Demo, name: str) -> None:
    for label, typed in {"Name": name, "Base URL of the API": f"{demo.sandbox}/v1", "API key": demo.key}.items():
        page.get_by_label(label, exact=True).fill(typed)
    page.get_by_role("button", name="Test and save").click()
    expect(page.get_by_text("The key works and is stored: Dify 1.17.0")).to_be_visible()


@pytest.fixture
def home(dashboard: Dashboard) -> str:
    """The address of a workspace of this test's own, with one key."""
    page = dashboard.page
    page.goto(f"{dashboard.demo.origin}/workspaces/new/")
    page.get_by_label("Name of the workspace").fill(f"Team {time.time_ns()}")
    page.get_by_role("button", name="Create workspace").click()
    page.wait_for_url("**/keys/new/")
    add_key(page, dashboard.demo, "Default")
    return page.url.partition("/keys/")[0]


def invite(page: Page, home: str, email: str) -> str:
    page.goto(f"{home}/members/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Make invitation").click()
    return page.locator("#invitation-link").input_value()


def accept(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make account and join").click()
    page.wait_for_url("**/datasets/")
    expect(page.get_by_text("Welcome to")).to_be_visible()


def sees_what_a_viewer_may(page: Page, home: str) -> None:
    side = page.locator(".side")
    expect(side.get_by_role("link", name="Members")).to_be_visible()
    for name in ("API keys", "Activity", "Workspace"):
        expect(side.get_by_role("link", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="New dataset")).to_have_count(0)
    page.goto(f"{home}/keys/")
    expect(page.get_by_text("This needs the role admin; yours is viewer.")).to_be_visible()


def promote(page: Page, home: str, email: str) -> None:
    page.goto(f"{home}/members/")
    row = page.get_by_role("row").filter(has_text=email)
    row.get_by_label(f"Role of {email}").select_option("admin")
    row.get_by_role("button", name="Change").click()
    expect(page.get_by_text(f"{email} is now admin.")).to_be_visible()


def test_invited_promoted_and_answering_for_the_keys(
    dashboard: Dashboard, home: str, new_context: NewContext, watch: Watch
) -> None:
    watch.expect(403)
    email = f"vera{time.time_ns()}@example.com"
    vera = new_context().new_page()
    accept(vera, invite(dashboard.page, home, email))
    sees_what_a_viewer_may(vera, home)
    promote(dashboard.page, home, email)
    vera.goto(f"{home}/keys/new/")
    add_key(vera, dashboard.demo, "Night sync")
    vera.get_by_role("link", name="Replace the key…").click()
    vera.get_by_label("New API key").fill(dashboard.demo.key)
    vera.get_by_role("button", name="Test and replace").click()
    expect(vera.get_by_text("The new key works and is stored")).to_be_visible()
    vera.locator(".side").get_by_role("link", name="Activity").click()
    expect(vera.get_by_role("heading", name="Activity")).to_be_visible()
    said = vera.locator("tbody td.grow").all_inner_texts()
    wanted = [
        "replaced the secret of the API key Night sync",
        "added the API key Night sync",
        f"changed the role of {email}",
        f"joined the workspace {email}",
        f"invited {email}",
        "added the API key Default",
        "created the workspace Team",
    ]
    found = [next((number for number, row in enumerate(said) if row.startswith(start)), -1) for start in wanted]
    assert -1 not in found
    assert found == sorted(found)


def test_a_wrong_key_keeps_what_was_typed(dashboard: Dashboard, home: str, watch: Watch) -> None:
    watch.expect(422)
    dashboard.page.goto(f"{home}/keys/new/")
    page = dashboard.page
    dashboard.page.get_by_label("Name", exact=True).fill("Other")
    page.get_by_label("Base URL of the API").fill(f"{dashboard.demo.sandbox}/v1")
    page.get_by_label("API key", exact=True).fill("dataset-wrong")
    with page.expect_response(re.compile("/keys/new/")):
        page.get_by_role("button", name="Test and save").click()
    expect(page.get_by_text("Dify does not take this key")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Other")


def test_the_link_can_be_copied(dashboard: Dashboard, home: str) -> None:
    page = dashboard.page
    link = invite(page, home, "")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link


def test_the_pages_of_a_team_are_accessible_and_fit(dashboard: Dashboard, home: str) -> None:
    page = dashboard.page
    invite(page, home, "long.address.of.somebody@department.example.com")
    for path in PAGES:
        page.goto(f"{home}/{path}")
        page.set_viewport_size({"width": 1440, "height": 900})
        assert (path, axe_in_both_themes(page)) == (path, [])
        page.set_viewport_size({"width": 360, "height": 800})
        assert (path, too_wide(page)) == (path, [])
