"""Rows out of a file, in a process of their own: `python -m datasets_ui.tables.parsing csv|xlsx|jsonl`, the file as its standard input.

It limits itself before it looks at the file, and answers with one JSON object: `{"rows": [...]}` or `{"refused": "why"}`, with the
`values` of that sentence where it has some. Whoever starts it waits until it is ready to work, so it imports little.
"""

import csv
import io
import json
import resource
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from charset_normalizer import from_bytes
from python_calamine import CalamineError, CalamineWorkbook

from datasets_ui.dify.words import Filled, gettext_noop
from datasets_ui.tables import (
    CPU_SECONDS,
    MEMORY,
    MOST_COLUMNS,
    MOST_LINES,
    MOST_ROWS,
    MOST_TEXT,
    MOST_UNPACKED,
    TOO_LARGE,
    NotATable,
)
from datasets_ui.tables.cells import unmarked

SAMPLE = 500_000  # characters by which it is seen how a CSV is separated
TOO_MANY_LINES = gettext_noop("The file has more than %(number)s lines, most of them empty. Delete the empty ones.")
TOO_MANY_COLUMNS = gettext_noop("The file has %(number)s columns; %(most)s at most are taken. Delete some.")
TOO_MANY_ROWS = gettext_noop("The file has more than %(number)s rows, which is the most at once. Cut it into parts.")
TOO_MUCH_TEXT = gettext_noop("The table holds more than %(megabytes)s MB of text. Cut it into parts.")
NO_CSV = gettext_noop("The CSV cannot be read: %(error)s.")
NO_JSON = gettext_noop("Line %(number)s cannot be read as JSON: %(error)s.")
NO_OBJECT = gettext_noop("Line %(number)s is no JSON object, such as {“content”: “A text.”}.")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")

Row = Sequence[Any]


def table_of(kind: str, data: bytes) -> list[list[str]]:
    """The rows of a file that are not empty, cells as text. Raises NotATable as soon as there is too much."""
    rows, text_of = opened(kind, data)
    found: list[list[str]] = []
    for number, values in enumerate(rows):
        if number == MOST_LINES:
            raise NotATable(Filled(TOO_MANY_LINES, number=MOST_LINES))
        if len(values) > MOST_COLUMNS:
            raise NotATable(Filled(TOO_MANY_COLUMNS, number=len(values), most=MOST_COLUMNS))
        row = [text_of(value) for value in values]
        if any(map(str.strip, row)):
            if len(found) == MOST_ROWS:
                raise NotATable(Filled(TOO_MANY_ROWS, number=MOST_ROWS))
            found.append(row)
    if not found:
        raise NotATable(gettext_noop("The file is empty."))
    return found


def opened(kind: str, data: bytes) -> tuple[Iterator[Row], Callable[[Any], str]]:
    """Its rows, and what makes a text of a cell."""
    if kind == "jsonl":
        return json_rows(data), flat
    return (xlsx_rows(data), plain) if kind == "xlsx" else (csv_rows(data), unmarked)


# --- CSV ---


def csv_rows(data: bytes) -> Iterator[Row]:
    text = decoded(data)
    separator = max(",;\t|", key=lambda sign: evenness(sample(text[:SAMPLE], sign)))
    try:
        yield from rows_of(text, separator)
    except csv.Error as error:
        raise NotATable(Filled(NO_CSV, error=str(error))) from error


def rows_of(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def decoded(data: bytes) -> str:
    no_text = NotATable(gettext_noop("This is no text file. Save the table as CSV or XLSX."))
    if b"\0" in data[:1000] and not data.startswith(UTF_16):
        raise no_text
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = from_bytes(data).best()
    if found is None:
        raise no_text
    return str(found).removeprefix("\ufeff")


def sample(text: str, separator: str) -> list[list[str]]:
    """None where it cannot be read like that."""
    try:
        return list(rows_of(text, separator))
    except csv.Error:
        return []


def evenness(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """How much a reading looks like a table: rows of one width, above one. The library's own guess fails on texts of several lines."""
    widths = Counter(len(row) for row in rows if row)
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return (count / len(rows), width) if width > 1 else (0.0, 0)


# --- Excel ---


def xlsx_rows(data: bytes) -> Iterator[Row]:
    """Of the first sheet. A file that says that it unpacks to more than it should is not unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(part.file_size for part in package.infolist()) > MOST_UNPACKED:
                raise NotATable(gettext_noop("The file unpacks to more than 100 MB."))
        return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).iter_rows()
    except (zipfile.BadZipFile, CalamineError) as error:
        raise NotATable(gettext_noop("This is no Excel file (.xlsx), or it is broken.")) from error


def plain(value: object) -> str:
    """The text of a cell; whole numbers as people write them."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


# --- JSON lines ---


def json_rows(data: bytes) -> Iterator[Row]:
    """First the names of all fields, then of each object its values. A text may hold every line end but this one."""
    names: dict[str, None] = {}
    objects: list[dict[str, Any]] = []
    for number, line in enumerate(decoded(data).split("\n"), 1):
        if number > MOST_LINES:
            raise NotATable(Filled(TOO_MANY_LINES, number=MOST_LINES))
        if line.strip():
            objects.append(object_of(line, number))
            names |= dict.fromkeys(objects[-1])
        if len(objects) > MOST_ROWS:
            raise NotATable(Filled(TOO_MANY_ROWS, number=MOST_ROWS))
        if len(names) > MOST_COLUMNS:
            raise NotATable(Filled(TOO_MANY_COLUMNS, number=len(names), most=MOST_COLUMNS))
    yield list(names)
    for found in objects:
        yield [found.get(name) for name in names]


def object_of(line: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
        json.dumps(found, ensure_ascii=False).encode()  # half of a character, escaped, is no text
    except UnicodeEncodeError as error:
        raise NotATable(Filled(NO_JSON, number=number, error=error.reason)) from error
    except json.JSONDecodeError as error:
        raise NotATable(Filled(NO_JSON, number=number, error=f"{error.msg}, column {error.colno}")) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or what is nested as deeply
        raise NotATable(Filled(NO_JSON, number=number, error=str(error))) from error
    if not isinstance(found, dict):
        raise NotATable(Filled(NO_OBJECT, number=number))
    return found


def flat(value: object) -> str:
    """The text of a value; a list as keywords are written in a cell."""
    if isinstance(value, list):
        return ", ".join(map(flat, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else plain(value)


# --- the process ---


def limit_process() -> None:
    """What goes beyond ends it: memory by a MemoryError or SIGABRT, processor time by SIGXCPU. A core would hold the file."""
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, MOST_TEXT)
    limit(resource.RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 1)
    if sys.platform != "darwin":  # which does not know this one
        limit(resource.RLIMIT_AS, MEMORY)


def limit(kind: int, most: int, hard: int | None = None) -> None:
    """As far as somebody else has not set a harder limit."""
    _, there = resource.getrlimit(kind)
    wanted = (most, most if hard is None else hard)
    resource.setrlimit(kind, wanted if there == resource.RLIM_INFINITY else (min(wanted[0], there), min(wanted[1], there)))


def answer(kind: str, data: bytes) -> bytes:
    try:
        text = json.dumps({"rows": table_of(kind, data)}, ensure_ascii=False).encode()
        if len(text) <= MOST_TEXT:
            return text
        refused: str = Filled(TOO_MUCH_TEXT, megabytes=MOST_TEXT // 2**20)
    except NotATable as error:
        refused = error.reason
    except MemoryError:
        refused = TOO_LARGE
    filled = {"refused": refused.marked, "values": refused.values} if isinstance(refused, Filled) else {"refused": refused}
    return json.dumps(filled).encode()


if __name__ == "__main__":
    limit_process()
    sys.stdout.buffer.write(answer(sys.argv[1], sys.stdin.buffer.read()))
