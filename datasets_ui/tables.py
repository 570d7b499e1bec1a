"""Tables in and out of files: CSV, Excel. What goes out holds no formula; what comes in is text."""

import csv
import io
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import xlsxwriter
from charset_normalizer import from_bytes
from python_calamine import CalamineError, CalamineWorkbook

MOST_ROWS = 10_000
MOST_UNPACKED = 100 * 1024 * 1024
# before a sign that begins a formula, in Japanese too: where a cell begins, or might be cut
FORMULA = re.compile(r"(?:^|[;\t\r\n])[\s\"]*(?='*[=+\-@＝＋－＠])")
MARKED = re.compile(r"((?:^|[;\t\r\n])[\s\"]*)'(?='*[=+\-@＝＋－＠])")
CONTROL = re.compile(r"'*[\t\r\n]")
LONGEST_CELL = 32_767  # of Excel

Row = Sequence[object]


class NotATable(ValueError):
    """The file cannot be read as one; its text says why."""


# --- out ---


def cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula, nor a part of it: some locales cut at semicolons, whatever is quoted. The
    marks can be taken out again: `unmarked`."""
    text = value.isoformat() if hasattr(value, "isoformat") else "" if value is None else str(value)
    text = FORMULA.sub(r"\g<0>'", text)
    return f"'{text}" if CONTROL.match(text) else text


def unmarked(text: str) -> str:
    """What `cell` was made from."""
    text = text[1:] if text.startswith("'") and CONTROL.match(text[1:]) else text
    return MARKED.sub(r"\1", text)


class Line:
    """What the csv writer writes into."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    writer: Any = csv.writer(Line())
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def xlsx_file(rows: Iterable[Row]) -> IO[bytes]:
    """A spooled file; every text is a text cell, whatever it begins with."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 whoever sends it closes it
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(number, column, value[:LONGEST_CELL] if isinstance(value, str) else value)
    file.seek(0)
    return file


# --- in ---


def read_table(name: str, data: bytes) -> list[list[str]]:
    """The rows of a CSV or Excel file that are not empty, cells as text. Raises NotATable."""
    rows = read_xlsx(data) if name.lower().endswith(".xlsx") else read_csv(data)
    found = [row for row in ([plain(value) for value in row] for row in rows) if any(map(str.strip, row))]
    if not found:
        raise NotATable("The file is empty.")
    if len(found) > MOST_ROWS:
        raise NotATable(f"The file has {len(found):,} rows; {MOST_ROWS:,} at most are taken at once. Cut it into parts.")
    return found


def plain(value: object) -> str:
    """The text of a cell; whole numbers as people write them."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def read_csv(data: bytes) -> Iterable[Row]:
    found = from_bytes(data).best()
    if found is None or (b"\0" in data[:1000] and not data.startswith((b"\xff\xfe", b"\xfe\xff"))):
        raise NotATable("This is no text file. Save the table as CSV or XLSX.")
    text = str(found).removeprefix("\ufeff")
    try:
        return [[unmarked(value) for value in row] for row in max((rows_of(text, sign) for sign in ",;\t|"), key=evenness)]
    except csv.Error as error:
        raise NotATable(f"The CSV cannot be read: {error}.") from error


def rows_of(text: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def evenness(rows: list[list[str]]) -> tuple[float, int]:
    """How much a reading looks like a table: rows of one width, above one. The library's own guess fails on texts of several lines."""
    widths = Counter(len(row) for row in rows if row)
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return (count / len(rows), width) if width > 1 else (0.0, 0)


def read_xlsx(data: bytes) -> Iterable[Row]:
    """The first sheet. A file that would unpack to more than it should is not unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(part.file_size for part in package.infolist()) > MOST_UNPACKED:
                raise NotATable("The file unpacks to more than 100 MB.")
        return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    except (zipfile.BadZipFile, CalamineError) as error:
        raise NotATable("This is no Excel file (.xlsx), or it is broken.") from error
