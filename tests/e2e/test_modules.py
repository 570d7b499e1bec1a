"""The modules that need no page, in the browser: an expression of `it`, the module, and what it comes to."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.server import ROOT

CASES: dict[str, list[tuple[str, Any]]] = {
    "row_positions": [
        # where rows begin; the last number is where the list ends
        ("[...it.topsOf([{height: 50}, {}, {height: 30}], 120)]", [0, 50, 170, 200]),
        ("[...it.topsOf([], 120)]", [0]),
        ("it.meanHeight([{height: 40}, {}, {height: 60}])", 50),
        # which row is at y
        ("[-10, 0, 49, 50, 169, 170, 199, 200, 9e9].map(y => it.rowAt([0, 50, 170, 200], y))", [0, 0, 0, 1, 1, 2, 2, 2, 2]),
        ("[-1, 0, 500].map(y => it.rowAt([0, 120], y))", [0, 0, 0]),
        ("it.rowAt(it.topsOf(Array.from({length: 10000}, () => ({})), 120), 120 * 7777 + 60)", 7777),
        # a range is the same from both ends
        ("it.range(3, 6)", [3, 4, 5, 6]),
        ("it.range(6, 3)", [3, 4, 5, 6]),
        ("it.range(4, 4)", [4]),
        # neighbours: one before, and after it up to the next that can be edited, or is not here
        ("it.neighbours([{html: 1, editable: true}, {html: 1, editable: true}, {html: 1, editable: true}], 1)", [0, 1, 2]),
        ("it.neighbours([{html: 1, editable: true}, {html: 1}, {html: 1}, {html: 1, editable: true}], 0)", [0, 1, 2, 3]),
        ("it.neighbours([{html: 1}, {html: 1}, {}, {html: 1}], 0)", [0, 1, 2]),
        ("it.neighbours([{html: 1}, {html: 1}], 1)", [0, 1]),
        ("it.neighbours(Array.from({length: 99}, () => ({html: 1})), 50).at(-1)", 70),
        ("[0, 99, 100, 199].map(index => it.pageOf(index, 100))", [1, 1, 2, 2]),
        ("[1, 2, 3].map(page => it.firstOf(page, 100))", [0, 100, 200]),
    ],
    "selection": [
        ("(s => [s.has('a'), s.count(9)])(new it.Selection())", [False, 0]),
        (
            "(s => (s.set('a', true), s.set('b', true), s.set('a', false), [[...s.ids], s.count(9)]))(new it.Selection())",
            [["b"], 1],
        ),
        ("(s => (s.reset(true), [s.has('a'), s.count(9), [...s.ids]]))(new it.Selection())", [True, 9, []]),
        (
            "(s => (s.reset(true), s.set('a', false), [s.has('a'), s.has('b'), s.count(9), [...s.except]]))(new it.Selection())",
            [False, True, 8, ["a"]],
        ),
        ("(s => (s.reset(true), s.set('a', false), s.set('a', true), s.count(9)))(new it.Selection())", 9),
        ("(s => (s.reset(true), s.set('a', false), s.forget('a'), s.count(8)))(new it.Selection())", 8),
        ("(s => (s.set('a', true), s.forget('a'), s.count(8)))(new it.Selection())", 0),
        ("(s => (s.set('a', true), s.reset(), s.count(8)))(new it.Selection())", 0),
    ],
    "draft_keys": [
        ("it.draftKey('7', '/w/acme/edit/')", "draft:7:/w/acme/edit/"),
        ("it.draftKey('7', '/a/') === it.draftKey('8', '/a/')", False),
        ("[it.draftKey('7', '/a/'), 'theme', 'my draft:'].map(it.isDraftKey)", [True, False, False]),
    ],
    "keywords": [
        ("it.split(' lamp, amber，灯 , ,')", ["lamp", "amber", "灯"]),
        ("it.split('')", []),
        ("it.join(['lamp', 'amber', 'lamp'])", "lamp, amber"),
        ("it.join(it.split('a,b'))", "a, b"),
    ],
    "text": [
        ("it.wordsIn('The 2 lamps: naïve, 灯。')", 5),
        ("it.wordsIn(' … ')", 0),
        # 💡 is two units and one character
        ("it.charactersBefore('a💡b', 3)", 2),
        ("it.charactersBefore('a💡b', 0)", 0),
    ],
    "upload_queue": [
        ("it.nextUpload(['a', 'b'], [])", 0),
        ("it.nextUpload(['a', 'b'], ['a'])", 1),
        ("it.nextUpload(['a', 'a'], ['a'])", -1),
        ("it.nextUpload(['d'], ['a', 'b', 'c'])", -1),
        ("it.nextUpload([], [])", -1),
        ("[0, 1, 1001, 999999, 1e6, 15728640].map(it.fileSize)", ["0 kB", "1 kB", "2 kB", "1,000 kB", "1.0 MB", "15.7 MB"]),
        (
            "[it.standing(3, 2, 0), it.standing(3, 0, 1), it.standing(3, 0, 2)]",
            ["2 of 3 sent", "0 of 3 sent, 1 needs you", "0 of 3 sent, 2 need you"],
        ),
        (
            "[it.datasetName('guide.v2.pdf'), it.datasetName('README'), it.datasetName('x'.repeat(50) + '.md').length]",
            ["guide.v2", "README", 40],
        ),
    ],
    "words": [
        ("it.fill('%(sent)s of %(rows)s: %(name)s', {sent: 1, rows: 1200, name: 'a%(sent)s'})", "1 of 1,200: a%(sent)s"),
        ("[it.ngettext('one', 'many', 1), it.ngettext('one', 'many', 0)]", ["one", "many"]),
        ("[it.count(1234.56), it.count(1234.56, 1)]", ["1,235", "1,234.6"]),
    ],
}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    """A page of the server of static files, from which modules can be imported."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=ROOT / "static")) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/favicon.svg")
            yield page
        server.shutdown()


@pytest.mark.parametrize("module", CASES)
def test_what_needs_no_page(blank: Page, module: str) -> None:
    asked = ", ".join(expression for expression, _ in CASES[module])
    found = blank.evaluate(f"import('/js/{module}.js').then(it => [{asked}])")
    assert dict(zip((expression for expression, _ in CASES[module]), found, strict=True)) == dict(CASES[module])


def test_words_come_from_the_catalog_that_a_page_brings(blank: Page) -> None:
    """As Django's `JavaScriptCatalog` gives it: functions of a global."""
    blank.evaluate("globalThis.django = {gettext: text => `⟦${text}⟧`, ngettext: (one, many) => `⟦${many}⟧`}")
    asked = "[it.gettext('Copied'), it.fill(it.ngettext('%(n)s file', '%(n)s files', 1), {n: 1})]"
    assert blank.evaluate(f"import('/js/words.js?translated').then(it => {asked})") == ["⟦Copied⟧", "⟦1 files⟧"]
