"""Tables in and out of files: CSV, Excel. What goes out holds no formula; what comes in is text.

A file is parsed in a process of its own, with limits: a small one may ask for any amount of memory or time.
"""

MOST_ROWS = 10_000
MOST_COLUMNS = 100  # so a million cells at most
MOST_LINES = 1_048_576  # with the empty ones; Excel has as many
MOST_UNPACKED = 100 * 1024 * 1024  # bytes, of an Excel file
MOST_TEXT = 32 * 1024 * 1024  # bytes, of all cells

MEMORY = 512 * 1024 * 1024  # bytes that the process may have
CPU_SECONDS = 20

TOO_LARGE = (
    f"The file needs more than {MEMORY // 2**20} MB of memory when it is opened. Delete what stands far below the table or far to "
    "its right, cut it into parts, or save it as CSV."
)


class NotATable(ValueError):
    """The file cannot be read as one; its text says why."""
