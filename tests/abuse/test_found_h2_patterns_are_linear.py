"""H2 and its relatives: whatever runs a regular expression over content, or puts its letters in order, does so in one pass. Also what
Django does with it: `truncatechars` and `slugify` put 50,000 accents on one letter in order, for ten seconds in which nobody else is
served."""

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.template import Context, Template

from dashboard.logs import shown
from datasets_ui.dify.documents import Document
from datasets_ui.dify.refusals import from_answer
from datasets_ui.dify.segments import linked_attachments
from datasets_ui.forms.segments.parts import SplitForm
from datasets_ui.services.segments.parts import occurring
from datasets_ui.tables.cells import cell, unmarked
from datasets_ui.tables.parsing import table_of
from datasets_ui.templatetags.ui import beginning, highlight
from datasets_ui.text.find_and_replace import Search
from datasets_ui.text.keywords import new_words
from datasets_ui.text.lint import findings_of, print_of
from datasets_ui.text.merging import merge
from datasets_ui.views.segments.tables import file_name
from sandbox import extraction, splitting
from sandbox.paging import like
from tests.support.stage import UNKNOWN

LENGTH = 100_000
BOUND = 3.0  # seconds of processor time on a busy machine; 0.2 usually, and what is quadratic takes ten and more
SIGNS = [
    "a",
    " ",
    "\n",
    "\u3000",
    ".",
    ". ",
    "。",
    ";",
    '"',
    "'",
    "=",
    "_",
    "1.",
    "a@",
    "a.",
    "@a.",
    "<",
    "<a ",
    "</a",
    "&a",
    "&#1",
    "[b ",
    "![",
    "![](",
    "http://",
    "token=",
    "\r\n",
    "\u0315\u0300",
    "\ufdfa",
    "İ",
]
MODULES = {
    "datasets_ui/dify/capabilities.py",
    "datasets_ui/dify/refusals.py",
    "datasets_ui/dify/segments.py",
    "datasets_ui/dify/answers.py",
    "datasets_ui/dify/http.py",
    "datasets_ui/dify/network.py",
    "datasets_ui/forms/keys/api_keys.py",  # of what people type: whole
    "datasets_ui/forms/segments/parts.py",
    "datasets_ui/text/comparison.py",
    "datasets_ui/text/find_and_replace.py",
    "datasets_ui/text/lint.py",
    "datasets_ui/text/keywords.py",
    "datasets_ui/text/line_ends.py",
    "datasets_ui/text/merging.py",
    "datasets_ui/tables/cells.py",
    "datasets_ui/templatetags/scripts.py",  # of our own scripts
    "datasets_ui/templatetags/ui.py",
    "dashboard/logs.py",
    "sandbox/embedding_models.py",
    "sandbox/extraction.py",
    "sandbox/keywords.py",
    "sandbox/paging.py",
    "sandbox/splitting.py",
    "datasets_ui/management/commands/vendor.py",
    "sandbox/faults.py",  # of no content
    "sandbox/pictures.py",  # of a length that is fixed
    "dashboard/joined_scripts.py",  # of our own sources
    "datasets_ui/management/vendoring/named.py",  # of our own sources
    "datasets_ui/management/vendoring/style_sheet.py",  # of our own sources
    "dashboard/demo_seed.py",  # of our own phrases
    "datasets_ui/management/demo/edits.py",  # the same
}
CLEAN = {"pre_processing_rules": [{"id": name, "enabled": True} for name in ("remove_extra_spaces", "remove_urls_emails")]}
SHOWN = Template("{{ text|beginning:300 }}")


def places(text: str) -> object:
    form = SplitForm({"content": text})
    assert form.is_valid()
    return form.places


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "findings": findings_of,
    "duplicates": print_of,
    "new words": lambda text: new_words("", text),
    "two edits": lambda text: merge(text, f"x {text}", f"{text} y"),
    "keywords of a part": lambda text: occurring([f"{text[:3]}{number}" for number in range(100)], text),
    "places to split": places,
    "find": lambda text: Search("a b", "c", whole_word=True).pieces(text),
    "highlight": lambda text: highlight(text, f"{text[:199]}y"),
    "shown": lambda text: SHOWN.render(Context({"text": text})),
    "table out": cell,
    "table in": unmarked,
    "CSV": lambda text: table_of("csv", f"a,b\n1,{text[0]}\n{text[1:]}".replace('"', "").encode()),
    "name of an export": lambda text: file_name(Document(id=UNKNOWN, name=text), "csv"),
    "log": shown,
    "pictures": linked_attachments,
    "refusal": lambda text: from_answer(400, {"message": text}),
    "sandbox: Markdown": lambda text: extraction.markdown(text.encode()),
    "sandbox: cleaning": lambda text: splitting.without_leading_symbols(splitting.clean(text, CLEAN)),
    "sandbox: search": lambda text: re.search(f"(?i){like('%a' * 100 + '!')}", text),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_text_takes_long(name: str) -> None:
    """H2: 100,000 characters of each kind, and of all kinds in disorder."""
    rng = random.Random(1)
    for text in [*((sign * LENGTH)[: LENGTH - 1] for sign in SIGNS), "".join(rng.choices(SIGNS, k=LENGTH // 2))]:
        began = time.process_time()
        FUNCTIONS[name](f"{text[: LENGTH - 1]}x")
        assert (time.process_time() - began < BOUND, text[:10]) == (True, text[:10])


def test_each_module_with_a_pattern_is_here() -> None:
    """A new one gets a place in `MODULES`, and what runs its pattern over content one in `FUNCTIONS`."""
    root = Path(__file__).resolve().parent.parent.parent
    sources = [path for folder in ("datasets_ui", "dashboard", "sandbox") for path in (root / folder).rglob("*.py")]
    found = {
        str(path.relative_to(root)) for path in sources if re.search(r"^import (re|regex)$", path.read_text(), re.MULTILINE)
    }
    assert found == MODULES


def test_a_text_that_is_cut_says_so() -> None:
    assert (beginning("Paid leave", 10), beginning("Paid leave.", 10)) == ("Paid leave", "Paid leav…")
