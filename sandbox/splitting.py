"""Cleaning text and cutting it into pieces, by the API's own method: lengths are in characters, and where a piece is
too long the next finer separator is tried. It is known to add a full stop where it cuts at one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SEPARATORS = ["\n\n", "。", ". ", " ", ""]
AUTOMATIC_LENGTH = 500
AUTOMATIC_OVERLAP = 50
SHORTEST_LIMIT = 50
LONGEST_LIMIT = 4000

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe]")
SPACES = re.compile(r"[\t\f\r\x20\u00a0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]{2,}")
EMAIL = re.compile(r"[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+")
URL = re.compile(r"https?://[^\s)]+")
LEADING_SYMBOLS = re.compile(r"^[\u2000-\u206F\u2E00-\u2E7F\u3000-\u303F\"#$%&'()*+,./:;<=>?@^_`~]+")


def clean(text: str, rules: dict[str, Any]) -> str:
    text = CONTROL.sub("", text.replace("<|", "<").replace("|>", ">"))
    for rule in rules.get("pre_processing_rules") or []:
        if rule["id"] == "remove_extra_spaces" and rule["enabled"]:
            text = SPACES.sub(" ", re.sub(r"\n{3,}", "\n\n", text))
        elif rule["id"] == "remove_urls_emails" and rule["enabled"]:
            text = URL.sub("", EMAIL.sub("", text))
    return text


def without_leading_symbols(text: str) -> str:
    return LEADING_SYMBOLS.sub("", text).strip()


def without_leading_stop(text: str) -> str:
    return text[1:].strip() if text.startswith((".", "。")) else text


def split(text: str, mode: str, segmentation: dict[str, Any]) -> list[str]:
    """The pieces of a text under an automatic, custom or hierarchical rule."""
    if mode == "automatic":
        return Cutter(AUTOMATIC_LENGTH, AUTOMATIC_OVERLAP).cut(text, SEPARATORS)
    length = segmentation["max_tokens"]
    if not SHORTEST_LIMIT <= length <= LONGEST_LIMIT:
        raise ValueError(f"Custom segment length should be between {SHORTEST_LIMIT} and {LONGEST_LIMIT}.")
    cutter = Cutter(length, segmentation["chunk_overlap"])
    pieces: list[str] = []
    for part in text.split(segmentation["separator"].replace("\\n", "\n")):
        pieces += cutter.cut(part, SEPARATORS, closing=True) if len(part) > length else [part]
    return pieces


@dataclass
class Cutter:
    length: int
    overlap: int

    def cut(self, text: str, separators: list[str], *, closing: bool = False) -> list[str]:
        """Cuts at the first separator that the text has, joins what fits together, and cuts the rest more finely.

        `closing` keeps the separator at the end of each part but also joins parts with it: so a text comes out with
        one full stop too many at the end, as it does from the API under a rule of one's own.
        """
        separator = next(s for s in separators if s in text)
        finer = separators[separators.index(separator) + 1 :]
        parts = [part for part in parts_of(text, separator, closing=closing) if part not in {"", "\n"}]
        pieces: list[str] = []
        short: list[str] = []
        for part in parts:
            if len(part) < self.length or not finer:
                short.append(part)
                continue
            pieces += self.join(short, separator)
            pieces += self.cut(part, finer)
            short = []
        return pieces + list(self.join(short, separator))

    def join(self, parts: list[str], separator: str) -> Iterator[str]:
        """Pieces of whole parts, each as long as it may be, beginning with up to `overlap` characters of the last."""
        current: list[str] = []
        total = 0
        for part in parts:
            gap = len(separator) if current else 0
            if current and total + len(part) + gap > self.length:
                yield separator.join(current).strip()
                while current and (total > self.overlap or total + len(part) + len(separator) > self.length):
                    total -= len(current[0]) + (len(separator) if len(current) > 1 else 0)
                    current = current[1:]
            total += len(part) + (len(separator) if current else 0)
            current.append(part)
        if current:
            yield separator.join(current).strip()


def parts_of(text: str, separator: str, *, closing: bool) -> list[str]:
    if separator == "":
        return list(text)
    parts = text.split(separator)
    return [part + separator for part in parts] if closing and separator != " " else parts
