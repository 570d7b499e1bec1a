"""What must never happen on a page: a CSP violation, an error of a script, a word on the console, an axe violation."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError

CSP_TOLD = "addEventListener('securitypolicyviolation', e => console.error(`CSP: ${e.effectiveDirective} ${e.blockedURI}`))"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL = {"type": "tag", "values": TAGS}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}  # all that a theme can break
# as static/js/theme.js does it
SWITCH = "() => { const told = document.documentElement.dataset; told.bsTheme = told.bsTheme === 'dark' ? 'light' : 'dark' }"


class Watch:
    """All problems of all pages of the browser contexts of a test; `expect` takes out what the test provokes."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.expected: tuple[str, ...] = ()

    def attend(self, context: BrowserContext) -> None:
        context.add_init_script(CSP_TOLD)
        context.on("console", self.console)
        context.on("weberror", self.web_error)

    def console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.text} ({message.location['url']})")

    def web_error(self, error: WebError) -> None:
        self.problems.append(f"script: {error.error}")

    def expect(self, *statuses: int) -> None:
        """What the browser and htmx say of an answer of 400 and more."""
        for status in statuses:
            self.expected += (f"Failed to load resource: the server responded with a status of {status}",)
            self.expected += (f"Response Status Error Code {status} from",)

    @property
    def unexpected(self) -> list[str]:
        return [problem for problem in self.problems if not any(word in problem for word in self.expected)]


@cache
def axe_source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


@contextmanager
def other_theme(page: Page) -> Iterator[str]:
    """The page as it stands, dark where it was light."""
    page.evaluate(SWITCH)
    yield str(page.evaluate("document.documentElement.dataset.bsTheme"))
    page.evaluate(SWITCH)


def axe_in_both_themes(page: Page) -> list[str]:
    """All violations in the page's theme, and those of colours in the other one."""
    found = axe(page)
    with other_theme(page) as theme:
        return found + [f"{theme}: {violation}" for violation in axe(page, COLOURS)]


def axe(page: Page, rules: dict[str, Any] = ALL) -> list[str]:
    """The violations in words, one for each element; the script comes by the debugger, past the page's policy."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_source())
    # a frame holds a file that somebody uploaded, in a sandbox, which answers nobody
    options = {"runOnly": rules, "resultTypes": ["violations"], "iframes": False}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {node['html'][:160]} — {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    """What reaches over the page's right edge, so that the page scrolls sideways; empty where it does not."""
    found: list[str] = page.evaluate(
        """() => {
          const wide = document.documentElement.clientWidth
          if (document.scrollingElement.scrollWidth <= wide) return []
          return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > wide + 1)
            .map(e => e.outerHTML.slice(0, 120))
        }"""
    )
    return found
