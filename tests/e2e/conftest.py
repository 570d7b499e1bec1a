"""Two demos, each with one browser, for all tests that follow each other; a context and a dataset of its own for each test."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from tests.e2e.server import Demo
from tests.e2e.steps import Dashboard
from tests.e2e.watch import Watch

HERE = Path(__file__).parent
# the same browser without its windows, where Debian's chromium-headless-shell is there too: it opens pages in a third of the time
BROWSERS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = os.environ.get("CHROMIUM") or next((path for path in BROWSERS if Path(path).exists()), BROWSERS[-1])
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000
FIRST = 300  # seconds: the first test starts demo, browser and all that the others share, on a machine that may be busy
# these take as long as all the others together: of the two halves each has a demo, and they run beside each other
LONG = {"test_main_path", "test_replace", "test_scroll", "test_segment_parts", "test_walk"}

NewContext = Callable[..., BrowserContext]


@pytest.hookimpl(tryfirst=True)  # before the groups are read, also where these tests alone are run
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(FIRST))
            item.add_marker(pytest.mark.xdist_group("e2e-long" if item.path.stem in LONG else "e2e"))


# Of the package, not of the session: Playwright keeps an event loop on the thread, under which Django's ORM refuses to work.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def demo(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    demo = Demo(tmp_path_factory.mktemp("shared") / "data", tables=empty_database)
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture(scope="package")
def signed_in(demo: Demo, browser: Browser) -> StorageState:
    """The cookies of the owner, who came by the printed link."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(demo.link)
        page.wait_for_url("**/datasets/")
        return context.storage_state()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What goes wrong on any page fails the test, unless the test says that it must."""
    watch = Watch()
    yield watch
    assert watch.unexpected == []


@pytest.fixture
def new_context(browser: Browser, watch: Watch) -> Iterator[NewContext]:
    with ExitStack() as made:

        def make(**options: Any) -> BrowserContext:
            size = {"width": 1440, "height": 900}
            context = made.enter_context(browser.new_context(**({"viewport": size, "reduced_motion": "reduce"} | options)))
            context.set_default_timeout(PATIENCE)
            watch.attend(context)
            return context

        yield make


@pytest.fixture
def page(new_context: NewContext, signed_in: StorageState) -> Page:
    return new_context(storage_state=signed_in).new_page()


@pytest.fixture
def dashboard(demo: Demo, page: Page, tmp_path: Path) -> Dashboard:
    return Dashboard(demo, page, tmp_path)
