"""Start what is needed, measure, print."""

import tempfile
from pathlib import Path

from benchmarks.browser import browser
from benchmarks.memory import uploads
from benchmarks.pages import pages
from benchmarks.processor import processor
from benchmarks.segments import segments
from benchmarks.stack import Stack


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, Stack(Path(folder)) as stack:
        client = stack.sign_in()
        processor(stack, client)
        browser(stack, client)
        uploads(stack, client)
        pages(stack, client)
        segments(stack, client)


if __name__ == "__main__":
    main()
