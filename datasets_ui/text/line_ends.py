"""The ends of lines. A browser knows one and sends it as CRLF; what is stored may have any, also several. Pure functions."""

import re
from collections import Counter
from itertools import pairwise

from datasets_ui.text.comparison import MOST_STEPS, Matcher, TooManySteps, ends_alike

ENDS = re.compile(r"\r\n|\r|\n")


def unix_lines(text: str) -> str:
    """With one kind of line end, so that texts can be compared."""
    return ENDS.sub("\n", text)


def with_line_ends_of(stored: str, text: str) -> str:
    """A text as it is to be stored in the place of another: the lines that stay end as they did, new ones as most of the others."""
    lines, ends = ENDS.split(text), ENDS.findall(stored)
    kinds = Counter(ends).most_common() or [("\n", 0)]
    usual: str = kinds[0][0]
    if len(kinds) == 1:
        return usual.join(lines)
    ends.append(usual)  # of its last line, should others follow now
    written: list[str] = []
    for were, are in runs(ENDS.split(stored), lines):
        kept = ends[were][: len(lines[are])]
        written += [*kept, *[usual] * (len(lines[are]) - len(kept))]
    return joined(lines, written[:-1])


def runs(old: list[str], new: list[str]) -> list[tuple[slice, slice]]:
    """Both in runs of lines that are the same, and of others in between; of many lines those at both ends are the same."""
    try:
        codes = Matcher(old, new, MOST_STEPS).get_opcodes()
    except TooManySteps:
        head, tail = ends_alike(old, new)
        places = [(0, 0), (head, head), (len(old) - tail, len(new) - tail), (len(old), len(new))]
        return [(slice(i, j), slice(k, m)) for (i, k), (j, m) in pairwise(places)]
    return [(slice(i, j), slice(k, m)) for _, i, j, k, m in codes]


def joined(lines: list[str], ends: list[str]) -> str:
    written = lines[:1]
    for line, end in zip(lines[1:], ends, strict=True):
        alone = end == "\n" and written[-1].endswith("\r")  # behind a lone CR it would become one end with it
        written.append(("\r\n" if alone else end) + line)
    return "".join(written)
