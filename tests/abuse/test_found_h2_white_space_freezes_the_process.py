"""H2: each line break of a segment of empty lines was looked at to the end of all of them, for a minute, in which the whole process
stood and was then killed. What a formula begins with is looked for in one pass."""

import time

import httpx
import pytest

from datasets_ui.tables.cells import cell, unmarked
from tests.abuse.live import Live
from tests.support.stage import beside

pytestmark = pytest.mark.xdist_group("found_live")

EMPTY_LINES = "\n" * 99_000 + "x"
WHITE = [" ", "\t", "\n", "\r", "\v", "\f", "\x1c", "\x85", "\xa0", "\u2028", "\u3000"]
MIXED = ["\r\n", "\n ", " \n", "; ", ";\n", '\n"', '";', "\n'", "';", "'\n", '"\t', "=;", "\n="]
BOUND = 2.0  # seconds; it took 75, and takes 0.1


@pytest.mark.parametrize("sign", [*WHITE, ";", '"', "'", "=", *MIXED])
@pytest.mark.parametrize("end", ["", "x", "="])
def test_no_text_takes_long(sign: str, end: str) -> None:
    """H2: out and in."""
    text = (sign * 100_000)[:100_000] + end
    began = time.process_time()
    assert unmarked(cell(text)) == text
    assert time.process_time() - began < BOUND


def test_a_segment_of_empty_lines_is_exported_while_others_are_served(acme: Live) -> None:
    """H2: the export, and the activity, which holds the text too."""
    added = acme.visitor.submit(f"{acme.address}add/", {"content": EMPTY_LINES, "keywords": ""})
    assert added.status_code == httpx.codes.FOUND
    assert EMPTY_LINES in acme.during(lambda: acme.visitor.get(f"{acme.address}export/csv/")).text
    assert acme.during(lambda: acme.visitor.get("/w/acme/activity/csv/")).status_code == httpx.codes.OK


def test_cells_of_empty_lines_are_imported_while_others_are_served(acme: Live) -> None:
    """H2: 60 kB took 12 s."""
    table = f'content\n"{EMPTY_LINES}"\n'
    answer = acme.during(
        lambda: acme.visitor.submit(f"{acme.address}import/", {"has_header": "on"}, files={"file": ("a.csv", table)})
    )
    assert (answer.status_code, beside(answer, "file")) == (httpx.codes.OK, [])
    assert "Add 1 segment at the end" in answer.text
