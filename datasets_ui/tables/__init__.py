"""Tables in and out of files: CSV, Excel, JSON lines. What goes out holds no formula; what comes in is text.

A file is parsed in a process of its own, with limits: a small one may ask for any amount of memory or time.
"""

from datasets_ui.dify.words import gettext_noop

MOST_ROWS = 10_000
MOST_COLUMNS = 100  # so a million cells at most
MOST_LINES = 1_048_576  # with the empty ones; Excel has as many
MOST_UNPACKED = 100 * 1024 * 1024  # bytes, of an Excel file
MOST_TEXT = 32 * 1024 * 1024  # bytes, of all cells

MEMORY = 512 * 1024 * 1024  # bytes that the process may have, as TOO_LARGE says
CPU_SECONDS = 20

TOO_LARGE = gettext_noop(
    "The file needs more than 512 MB of memory when it is opened. Delete what stands far below the table or far to "
    "its right, cut it into parts, or save it as CSV."
)


class NotATable(ValueError):
    """The file cannot be read as one; `reason`, which is marked only, says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
