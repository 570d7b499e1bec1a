"""Tables that come in: each file is given to a process of its own, and what that makes of it is taken back."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore
from typing import IO, Any

import structlog

from datasets_ui.dify.words import Filled, gettext_noop
from datasets_ui.tables import CPU_SECONDS, MOST_TEXT, TOO_LARGE, NotATable

AT_ONCE = 2
ROOM = 6  # for those that are read and those that wait: the other threads of the process serve pages
WAIT_SECONDS = 10.0
SECONDS = 30.0  # by the clock, for one that gets little of the processor

TOO_SLOW = Filled(
    gettext_noop("Reading the file took longer than %(seconds)s seconds. Cut it into parts."), seconds=CPU_SECONDS
)
UNREADABLE = gettext_noop("The file could not be read. Save it anew as CSV or XLSX, and try again.")
BUSY = gettext_noop("Other files are being read at the moment. Try again in a minute.")
ENDS = {
    -signal.SIGXCPU: TOO_SLOW,
    -signal.SIGABRT: TOO_LARGE,
    -signal.SIGKILL: TOO_LARGE,
}  # the last by the system, short of memory

KINDS = {".xlsx": "xlsx", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}  # by how names end; all others are CSV

ROOT = Path(__file__).resolve().parent.parent.parent
# by which the interpreter finds itself; nothing else of ours is any business of a parser's
KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

reading, room = BoundedSemaphore(AT_ONCE), BoundedSemaphore(ROOM)
log = structlog.get_logger()


def read_table(name: str, file: IO[bytes]) -> list[list[str]]:
    """The rows of a file on the disk that are not empty, cells as text: CSV, Excel, or JSON lines, of which the first row names the
    fields. Raises NotATable."""
    file.seek(0)
    kind = kind_of(name)
    with turn(), tempfile.TemporaryFile() as told:
        ended = parse(kind, file, told)
        if ended:
            log.warning("table_not_read", ended=ended)
            raise NotATable(ENDS.get(ended, UNREADABLE))
        told.seek(0)
        answer: dict[str, Any] = json.loads(told.read(MOST_TEXT))
    if "refused" in answer:
        raise NotATable(Filled(answer["refused"], **answer["values"]) if "values" in answer else answer["refused"])
    rows: list[list[str]] = answer["rows"]
    return rows


def kind_of(name: str) -> str:
    return KINDS.get(Path(name).suffix.lower(), "csv")


@contextmanager
def turn() -> Iterator[None]:
    """Two files are read at once, and few wait. Raises NotATable."""
    if not room.acquire(blocking=False):
        raise NotATable(BUSY)
    try:
        if not reading.acquire(timeout=WAIT_SECONDS):
            raise NotATable(BUSY)
        try:
            yield
        finally:
            reading.release()
    finally:
        room.release()


def parse(kind: str, file: IO[bytes], told: IO[bytes]) -> int:
    """The exit status of the process, negative where a signal ended it. It starts anew, with these two files and without what is in
    our environment. Raises NotATable where it takes too long."""
    command = [sys.executable, "-E", "-s", "-m", "datasets_ui.tables.parsing", kind]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    with subprocess.Popen(  # noqa: S603 our own program
        command, cwd=ROOT, env=environment, stdin=file, stdout=told, stderr=subprocess.DEVNULL
    ) as process:
        try:
            return process.wait(SECONDS)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise NotATable(TOO_SLOW) from error
