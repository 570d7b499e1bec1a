"""H1: an Excel file of 1.4 kB asked for 549,755,813,888 bytes, and the whole web process was aborted. Files are parsed in processes of
their own: what they do to them nobody else feels, and it is told beside the field."""

import io

import httpx
import pytest
import xlsxwriter

from tests.abuse.live import Live
from tests.support.stage import beside

pytestmark = pytest.mark.xdist_group("found_live")

TOO_LARGE = "The file needs more than 512 MB of memory when it is opened."


def workbook(*cells: str) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for cell in cells:
            sheet.write_string(cell, "x")
    return file.getvalue()


def sent(acme: Live, name: str, data: bytes) -> httpx.Response:
    return acme.during(
        lambda: acme.visitor.submit(f"{acme.address}import/", {"has_header": "on"}, files={"file": (name, data)})
    )


@pytest.mark.parametrize("far", ["XFD1048576", "XFD100000", "Z1048576"])
def test_a_cell_far_away_is_refused_in_words(acme: Live, far: str) -> None:
    """H1: 512 GB, 52 GB, 650 MB."""
    answer = sent(acme, "a.xlsx", workbook("A1", far))
    [said] = beside(answer, "file")
    assert (answer.status_code, said.startswith(TOO_LARGE)) == (422, True)


def test_a_million_lines_end_at_the_limit(acme: Live) -> None:
    """L4: 15 MB of short rows took 20 s of everybody's time before they were counted."""
    [said] = beside(sent(acme, "a.csv", b"a,b\n" * 3_700_000), "file")
    assert said == "The file has more than 10,000 rows, which is the most at once. Cut it into parts."


def test_a_usual_file_is_read_after_all_that(acme: Live) -> None:
    assert "Add 1 segment at the end" in sent(acme, "a.xlsx", workbook("A1", "A2")).text
