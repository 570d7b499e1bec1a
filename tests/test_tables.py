"""Tables in and out of files."""

import csv
import io
import re
import zipfile

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from datasets_ui.tables import MOST_ROWS, NotATable, cell, csv_lines, read_table, unmarked, xlsx_file

TEXTS = st.text(st.sampled_from("=+-@'\"; \t\r\nab,"), max_size=12)
ROWS = [["content", "answer"], ["=1+1", "-x"], ['a "quoted", cell\nof two lines', "ü €"]]


@given(TEXTS)
def test_what_is_marked_can_be_unmarked(text: str) -> None:
    assert unmarked(cell(text)) == text


@given(TEXTS)
def test_no_cell_begins_a_formula(text: str) -> None:
    assert not re.match(r"[\t\r\n]|[\s\"]*[=+\-@]", cell(text))


def test_csv_comes_back_as_it_went() -> None:
    assert read_table("a.csv", "".join(csv_lines(ROWS)).encode()) == ROWS


def test_excel_comes_back_as_it_went() -> None:
    assert read_table("a.xlsx", xlsx_file(ROWS).read()) == ROWS


def test_excel_holds_no_formula() -> None:
    with zipfile.ZipFile(xlsx_file(ROWS)) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_guessed(encoding: str) -> None:
    text = "content;answer\nWie viele Tage Urlaub gibt es für Ältere?;Fünfundzwanzig Tage, später können es mehr werden.\n"
    assert read_table("a.csv", text.encode(encoding))[1][0] == "Wie viele Tage Urlaub gibt es für Ältere?"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_guessed(separator: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=separator).writerows([["content", "answer"], ["One.", "Two."], ["Three.", "Four."]])
    assert read_table("a.csv", file.getvalue().encode())[1] == ["One.", "Two."]


def test_one_column_is_a_table() -> None:
    assert read_table("a.csv", b"First segment.\nSecond segment.\n") == [["First segment."], ["Second segment."]]


def test_whole_numbers_are_written_as_people_do() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet().write_row(0, 0, [7, 7.5])
    assert read_table("a.xlsx", file.getvalue()) == [["7", "7.5"]]


def zeros(count: int) -> bytes:
    """A package that unpacks to this many bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", bytes(count))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "The file is empty."),
        ("a.csv", b"\n\n ,\n", "The file is empty."),
        ("a.csv", bytes(range(256)) * 4, "This is no text file."),
        ("a.xlsx", b"PK no", "This is no Excel file (.xlsx), or it is broken."),
        ("a.xlsx", zeros(10), "This is no Excel file (.xlsx), or it is broken."),
        ("a.xlsx", zeros(101 * 1024 * 1024), "The file unpacks to more than 100 MB."),
        ("a.csv", b"x\n" * (MOST_ROWS + 1), "The file has 10,001 rows; 10,000 at most"),
    ],
    ids=["empty", "blank", "binary", "no-zip", "no-excel", "bomb", "many"],
)
def test_what_is_no_table_is_told(name: str, data: bytes, said: str) -> None:
    with pytest.raises(NotATable) as refused:
        read_table(name, data)
    assert str(refused.value).startswith(said)
