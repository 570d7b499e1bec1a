"""A job in the browser: it moves by itself, is stopped and rolled back, and its pages are as sound as all others."""

import re
from pathlib import Path
from time import sleep

import pytest
from playwright.sync_api import Page, Route, StorageState, expect

from tests.e2e.conftest import NewContext
from tests.e2e.job_maker import new_job
from tests.e2e.server import Demo
from tests.e2e.steps import SLUG, Dashboard
from tests.e2e.test_walk import LOOKS, look_at

NUMBER = 80


@pytest.fixture
def slow(demo: Demo) -> Demo:
    """Each call of a segment takes a moment, so that there is something to look at."""
    demo.faults({"kind": "slow", "seconds": 0.3, "path": "/segments/", "times": 600})
    return demo


def answered_late(route: Route) -> None:
    sleep(2.5)
    route.continue_()


def begin(dashboard: Dashboard, number: int = NUMBER) -> str:
    """A job over a new document's segments; its address."""
    dashboard.new_dataset("Jobs")
    document = dashboard.new_document("book.txt", *(f"Sentence number {index}." for index in range(number)))
    job = new_job(dashboard.demo, dashboard.dataset, document)
    return f"{dashboard.demo.origin}/w/{SLUG}/jobs/{job}/"


def test_a_job_moves_while_one_looks_and_is_stopped_and_rolled_back(dashboard: Dashboard, page: Page, slow: Demo) -> None:
    page.goto(begin(dashboard))
    still_here = dashboard.marked()
    stop = page.get_by_role("button", name="Stop")
    expect(page.locator(".job-facts")).to_contain_text("a minute", timeout=20_000)
    assert "% · Disable segments" in page.title()
    expect(page.locator(".side-number")).to_be_visible()
    stop.focus()
    expect(page.locator(".job-facts")).not_to_have_text(page.locator(".job-facts").inner_text())
    expect(stop).to_be_focused()  # although everything around it was replaced
    page.route("**/stop/", answered_late)  # in which time the page would look several times, and replace what was pressed
    stop.press("Enter")
    expect(page.locator("h1 .badge")).to_have_text("Stopped")
    expect(page.locator("#toasts")).to_contain_text("Stopped: nothing more is begun.")
    expect(page).to_have_title("Disable segments · Acme Support")
    assert still_here()
    slow.faults()
    page.get_by_role("link", name="Roll back…").click()
    page.locator("#dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Roll back: Disable segments")
    expect(page.locator("h1 .badge")).to_have_text("Done", timeout=20_000)
    assert {row["enabled"] for row in dashboard.segments(dashboard.documents()[0]["id"])} == {True}


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_its_pages_are_sound(
    demo: Demo, new_context: NewContext, signed_in: StorageState, slow: Demo, tmp_path: Path, width: int, theme: str
) -> None:
    page = new_context(storage_state=signed_in, viewport={"width": width, "height": 900}, color_scheme=theme).new_page()
    dashboard = Dashboard(demo, page, tmp_path)
    address = begin(dashboard)
    page.goto(address)
    expect(page.locator(".job-facts")).to_contain_text("a minute", timeout=20_000)
    found = look_at(page, "running")
    page.goto(f"{address}?status=all")
    found += look_at(page, "all items")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("link", name="Roll back…").click()
    expect(page.locator("#dialog")).to_contain_text("taken back")
    found += look_at(page, "dialog")
    page.goto(f"{demo.origin}/w/{SLUG}/jobs/")
    found += look_at(page, "jobs")
    slow.faults()
    assert "\n".join(found) == ""


def test_without_a_script_the_buttons_work(
    demo: Demo, new_context: NewContext, signed_in: StorageState, slow: Demo, tmp_path: Path
) -> None:
    page = new_context(storage_state=signed_in, java_script_enabled=False).new_page()
    dashboard = Dashboard(demo, page, tmp_path)
    page.goto(begin(dashboard))
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("h1 .badge")).to_have_text(re.compile("Stopp"))
    slow.faults()
