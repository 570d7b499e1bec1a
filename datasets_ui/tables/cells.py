"""Cells that no spreadsheet takes for a formula, nor a part of one: some locales cut at semicolons, whatever is quoted."""

import re

# What may come before a formula: nothing, a semicolon or a line end, and the white space and quotes around them. Each such gap is
# looked at once, from where it begins: looked at from each of its line ends, a gap of 100,000 of them would take minutes.
GAP = r"(?:^|;)[\s\"]*+|(?<![\s\";])(?:[^\S\t\r\n]|\")*+[\t\r\n][\s\"]*+"
SIGN = r"(?='*+[=+\-@＝＋－＠])"  # that begins a formula, in Japanese too
FORMULA = re.compile(rf"(?:{GAP}){SIGN}")
MARKED = re.compile(rf"({GAP})'{SIGN}")
CONTROL = re.compile(r"'*+[\t\r\n]")


def cell(value: object) -> str:
    """The text of a cell that goes out. The marks can be taken out again: `unmarked`."""
    text = value.isoformat() if hasattr(value, "isoformat") else "" if value is None else str(value)
    text = FORMULA.sub(r"\g<0>'", text)
    return f"'{text}" if CONTROL.match(text) else text


def unmarked(text: str) -> str:
    """What `cell` was made from."""
    if "'" not in text:
        return text
    text = text[1:] if text.startswith("'") and CONTROL.match(text[1:]) else text
    return MARKED.sub(r"\1", text)
