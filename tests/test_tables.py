"""Tables in and out of files."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from datasets_ui.tables import MOST_COLUMNS, MOST_ROWS, TOO_LARGE, NotATable, parsing, reading
from datasets_ui.tables.cells import FORMULA, MARKED, cell, unmarked
from datasets_ui.tables.parsing import answer, table_of
from datasets_ui.tables.reading import read_table
from datasets_ui.tables.writing import csv_lines, xlsx_file
from tests.support.stage import until

TEXTS = st.text(st.sampled_from("=+-@'\"; \t\r\nab,"), max_size=12)
ROWS = [["content", "answer"], ["=1+1", "-x"], ['a "quoted", cell\nof two lines', "ü €"]]


# what was before a formula when each line end was looked at by itself, which took minutes for many of them
SLOW_FORMULA = re.compile(r"(?:^|[;\t\r\n])[\s\"]*(?='*[=+\-@＝＋－＠])")
SLOW_MARKED = re.compile(r"((?:^|[;\t\r\n])[\s\"]*)'(?='*[=+\-@＝＋－＠])")


@given(st.text(st.sampled_from("=-＝'\"; \t\r\n\v\u2028ab,"), max_size=20))
def test_the_quick_search_for_formulas_finds_what_the_slow_one_found(text: str) -> None:
    assert FORMULA.sub(r"\g<0>'", text) == SLOW_FORMULA.sub(r"\g<0>'", text)
    assert MARKED.sub(r"\1", text) == SLOW_MARKED.sub(r"\1", text)


@given(TEXTS)
def test_what_is_marked_can_be_unmarked(text: str) -> None:
    assert unmarked(cell(text)) == text


@given(TEXTS)
def test_no_cell_begins_a_formula(text: str) -> None:
    assert not re.match(r"[\t\r\n]|[\s\"]*[=+\-@]", cell(text))


def test_csv_comes_back_as_it_went() -> None:
    assert table_of("csv", "".join(csv_lines(ROWS)).encode()) == ROWS


def test_excel_comes_back_as_it_went() -> None:
    assert table_of("xlsx", xlsx_file(ROWS).read()) == ROWS


def test_excel_holds_no_formula() -> None:
    with zipfile.ZipFile(xlsx_file(ROWS)) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_guessed(encoding: str) -> None:
    text = "content;answer\nWie viele Tage Urlaub gibt es für Ältere?;Fünfundzwanzig Tage, später können es mehr werden.\n"
    assert table_of("csv", text.encode(encoding))[1][0] == "Wie viele Tage Urlaub gibt es für Ältere?"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_guessed(separator: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=separator).writerows([["content", "answer"], ["One.", "Two."], ["Three.", "Four."]])
    assert table_of("csv", file.getvalue().encode())[1] == ["One.", "Two."]


def test_one_column_is_a_table() -> None:
    assert table_of("csv", b"First segment.\nSecond segment.\n") == [["First segment."], ["Second segment."]]


def test_whole_numbers_are_written_as_people_do() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet().write_row(0, 0, [7, 7.5])
    assert table_of("xlsx", file.getvalue()) == [["7", "7.5"]]


def zeros(count: int) -> bytes:
    """A package that unpacks to this many bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", bytes(count))
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("csv", b"", "The file is empty."),
        ("csv", b"\n\n ,\n", "The file is empty."),
        ("csv", bytes(range(256)) * 4, "This is no text file."),
        ("xlsx", b"PK no", "This is no Excel file (.xlsx), or it is broken."),
        ("xlsx", zeros(10), "This is no Excel file (.xlsx), or it is broken."),
        ("xlsx", zeros(101 * 1024 * 1024), "The file unpacks to more than 100 MB."),
        ("csv", b"x\n" * (MOST_ROWS + 1), "The file has more than 10,000 rows"),
        ("csv", b"x" + b"," * MOST_COLUMNS, "The file has 101 columns; 100 at most are taken."),
        ("csv", b'"' + b"x\n" * 100_000, "The CSV cannot be read: field larger than field limit"),
        ("jsonl", b"\n\n", "The file is empty."),
        ("jsonl", b'{"content": "One."}\n\n{"content": ', "Line 3 cannot be read as JSON: Expecting value, column 13."),
        ("jsonl", b'[{"content": "One."}]', "Line 1 is no JSON object"),
        ("jsonl", b'{"a": "\\ud800"}', "Line 1 cannot be read as JSON: surrogates not allowed."),
        ("jsonl", b'{"a": ' + b"[" * 100_000, "Line 1 cannot be read as JSON: maximum recursion"),
        ("jsonl", b'{"a": ' + b"1" * 5000 + b"}", "Line 1 cannot be read as JSON: Exceeds the limit"),
        ("jsonl", b'{"a": 1}\n' * (MOST_ROWS + 1), "The file has more than 10,000 rows"),
        ("jsonl", b"".join(b'{"%d": 1}\n' % number for number in range(MOST_COLUMNS + 1)), "The file has 101 columns"),
    ],
    ids=[
        *("empty", "blank", "binary", "no-zip", "no-excel", "bomb", "many", "wide", "open"),
        *("no-lines", "broken-line", "list", "half-character", "deep", "long-number", "many-lines", "many-fields"),
    ],
)
def test_what_is_no_table_is_told(kind: str, data: bytes, said: str) -> None:
    with pytest.raises(NotATable) as refused:
        table_of(kind, data)
    assert str(refused.value).startswith(said)


def test_json_lines_are_a_table_that_names_its_columns() -> None:
    """A text may hold line ends that end no line; a list is written as keywords are."""
    lines = [
        {"content": "One.\u2028Two.\n=1+1", "enabled": True, "tokens": 7.0},
        {"id": "x", "keywords": ["a", "b"], "answer": None, "content": "'=x"},
        {"content": {"a": 1}},
    ]
    data = "\r\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    assert table_of("jsonl", data) == [
        ["content", "enabled", "tokens", "id", "keywords", "answer"],
        ["One.\u2028Two.\n=1+1", "True", "7", "", "", ""],
        ["'=x", "", "", "x", "a, b", ""],
        ['{"a": 1}', "", "", "", "", ""],
    ]


def test_empty_rows_do_not_count() -> None:
    assert len(table_of("csv", b"x\n\n" * MOST_ROWS)) == MOST_ROWS


def test_not_even_empty_rows_are_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MOST_LINES", 50)
    with pytest.raises(NotATable, match="more than 50 lines"):
        table_of("csv", b"x" + b"\n" * 60)


# --- the process ---


def on_disk(data: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 it is gone with the test
    file.write(data)
    return file


def refusal(name: str, data: bytes) -> str:
    with pytest.raises(NotATable) as refused:
        read_table(name, on_disk(data))
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", "".join(csv_lines(ROWS)).encode()),
        ("A.XLSX", xlsx_file(ROWS).read()),
        ("a.JSONL", "\n".join(json.dumps(dict(zip(ROWS[0], row, strict=True))) for row in ROWS[1:]).encode()),
    ],
    ids=["CSV", "Excel", "JSON lines"],
)
def test_a_file_is_read_in_a_process_of_its_own(name: str, data: bytes) -> None:
    assert read_table(name, on_disk(data)) == ROWS


def test_what_the_process_refuses_is_told() -> None:
    assert refusal("a.csv", b"") == "The file is empty."


def test_too_much_text_is_not_sent_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MOST_TEXT", 50)
    assert "MB of text" in json.loads(answer("csv", b"x" * 60))["refused"]


def test_a_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock; the process is gone."""
    monkeypatch.setattr(reading, "SECONDS", 0.001)
    assert refusal("a.csv", b"x") == reading.TOO_SLOW


def test_others_are_told_to_come_back_while_two_files_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WAIT_SECONDS", 0.01)
    with reading.turn(), reading.turn():
        assert refusal("a.csv", b"x") == reading.BUSY
    assert read_table("a.csv", on_disk(b"x")) == [["x"]]


def test_only_few_wait() -> None:
    taken = [reading.room.acquire(blocking=False) for _ in range(reading.ROOM)]
    assert (all(taken), refusal("a.csv", b"x")) == (True, reading.BUSY)
    reading.room.release(len(taken))


LIMITED = """
import resource, sys
from datasets_ui.tables import parsing
parsing.CPU_SECONDS, parsing.MEMORY = 1, 200_000_000
parsing.limit_process()
if sys.argv[1] == "time":
    while True: pass
if sys.argv[1] == "memory":
    parsing.csv_rows = lambda data: [bytearray(300_000_000)]
    sys.stdout.buffer.write(parsing.answer("csv", b""))
if sys.argv[1] == "disk":
    open(sys.argv[2], "wb").write(bytes(40_000_000))
"""


@pytest.mark.parametrize(
    ("asked", "ended", "said"),
    [
        ("time", -signal.SIGXCPU, b""),
        ("memory", 0, json.dumps({"refused": TOO_LARGE}).encode()),
        ("disk", 1, b""),
    ],
)
def test_the_process_has_limits(tmp_path: Path, asked: str, ended: int, said: bytes) -> None:
    command = [sys.executable, "-c", LIMITED, asked, str(tmp_path / "file")]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (ended, said)


def test_the_process_has_no_secret_and_no_file_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at from outside, while it waits for the end of what it is given."""
    monkeypatch.setenv("DATASETS_KEK", "secret")
    given, end = os.pipe()
    open_here = os.dup(given)
    os.set_inheritable(open_here, True)
    with ThreadPoolExecutor(1) as pool, tempfile.TemporaryFile() as told, os.fdopen(given, "rb") as file:
        ended = pool.submit(reading.parse, "csv", file, told)
        child = until(child_process)
        until(lambda: sorted(entry.name for entry in (child / "fd").iterdir()) == ["0", "1", "2"] or None)
        environment = (child / "environ").read_bytes()
        os.close(end)
        os.close(open_here)
        assert ended.result() == 0
    assert {line.partition(b"=")[0] for line in environment.split(b"\0")[:-1]} <= {name.encode() for name in reading.KEPT}


def child_process() -> Path | None:
    """Where the system tells of the parsing process, once it has begun."""
    for children in Path("/proc/self/task").glob("*/children"):
        for number in children.read_text().split():
            if b"datasets_ui.tables.parsing" in (Path("/proc") / number / "cmdline").read_bytes():
                return Path("/proc") / number
    return None
