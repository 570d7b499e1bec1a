"""Tables that go out, row by row."""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import xlsxwriter

from datasets_ui.tables.cells import cell

LONGEST_CELL = 32_767  # of Excel

Row = Sequence[object]


class Line:
    """What the csv writer writes into."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    writer: Any = csv.writer(Line())
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def xlsx_file(rows: Iterable[Row], file: IO[bytes] | None = None) -> IO[bytes]:
    """Written into a file, or a spooled one; every text is a text cell, whatever it begins with."""
    file = file or tempfile.TemporaryFile()  # noqa: SIM115 whoever sends it closes it
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(number, column, value[:LONGEST_CELL] if isinstance(value, str) else value)
    file.seek(0)
    return file
