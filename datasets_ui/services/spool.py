"""Files on our own disk for as long as a request takes: each has a limit, and all of a process together have one."""

import io
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import gettext as _

Row = TypeVar("Row", bound=Iterable[object])


class FileTooLarge(Exception):
    """One file is larger than its limit, as its text says."""


class NoRoom(Exception):
    """Other files of this process leave no room for it just now."""


class Room:
    """What is left for files, in bytes. Nobody gets more than what is left for others then."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.of: Counter[Hashable] = Counter()
        self.lock = threading.Lock()

    def take(self, size: int, whose: Hashable = None) -> None:
        """Raises NoRoom, also where the disk itself has none."""
        with self.lock:
            if whose is not None and self.of[whose] + size > self.left - size:
                raise NoRoom
            if size > min(self.left, shutil.disk_usage(tempfile.gettempdir()).free // 2):
                raise NoRoom
            self.left -= size
            self.of[whose] += size

    def give(self, size: int, whose: Hashable = None) -> None:
        with self.lock:
            self.left += size
            self.of[whose] -= size
            self.of += Counter()  # of whom nothing is there any more, nothing is kept

    @contextmanager
    def taken(self, size: int, whose: Hashable = None) -> Iterator[None]:
        """Raises NoRoom."""
        self.take(size, whose)
        try:
            yield
        finally:
            self.give(size, whose)


room = Room(settings.SPOOL_ROOM)


class SpoolFile(io.FileIO):
    """Without a name, gone once it is closed. Writing raises FileTooLarge and NoRoom."""

    def __init__(self) -> None:
        self.taken = 0
        number, name = tempfile.mkstemp()
        os.unlink(name)  # noqa: PTH108 (a path object for one call)
        super().__init__(number, "w+b")

    def write(self, data: Any) -> int:
        size = len(memoryview(data))
        check_size(self.taken + size)
        room.take(size)
        self.taken += size
        return super().write(data)

    def close(self) -> None:
        super().close()
        room.give(self.taken)
        self.taken = 0


def check_size(size: int) -> None:
    """Raises FileTooLarge."""
    if size > settings.SPOOL_LIMIT:
        words = _("The file is larger than %(megabytes)s MB, which is more than passes through here.")
        raise FileTooLarge(words % {"megabytes": settings.SPOOL_LIMIT // 1024**2})


def bounded(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows for a table that is made on the disk. Raises FileTooLarge."""
    size = 0
    for row in rows:
        size += sum(len(str(value)) for value in row)
        check_size(size)
        yield row
