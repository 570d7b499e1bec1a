"""Cleaning text and cutting it into pieces, by the API's own method: lengths are in characters, and where a piece is
too long the next finer separator is tried. 1.10.1 is known to add a full stop where it cuts at one, 1.12.1 to lose the spaces
where it cuts between words."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.versions import dify

SEPARATORS = ["\n\n", "。", ". ", " ", ""]
AUTOMATIC_LENGTH = 500
AUTOMATIC_OVERLAP = 50
SHORTEST_LIMIT = 50
LONGEST_LIMIT = 4000

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe]")
SPACES = re.compile(r"[\t\f\r\x20\u00a0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]{2,}")
# what is no address is passed over as a whole: tried from each of its letters, a long word would take minutes
EMAIL = re.compile(r"[a-zA-Z0-9_.+-]++(@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+)?")
MARKDOWN_LINK = r"!?\[[^\[\]]*\]\(https?://[^)\[]+\)"  # neither part runs on over another [: no text takes long
URL = re.compile(r"https?://[^\s)]+")
LEADING_SYMBOLS = re.compile(r"^[\u2000-\u206F\u2E00-\u2E7F\u3000-\u303F\"#$%&'()*+,./:;<=>?@^_`~]+")


def clean(text: str, rules: dict[str, Any]) -> str:
    text = CONTROL.sub("", text.replace("<|", "<").replace("|>", ">"))
    for rule in rules.get("pre_processing_rules") or []:
        if rule["id"] == "remove_extra_spaces" and rule["enabled"]:
            text = SPACES.sub(" ", re.sub(r"\n{3,}", "\n\n", text))
        elif rule["id"] == "remove_urls_emails" and rule["enabled"]:
            text = without_urls(EMAIL.sub(lambda found: "" if found[1] else found[0], text))
    return text


def without_urls(text: str) -> str:
    if dify().markdown_links_kept:
        return re.sub(f"({MARKDOWN_LINK})|{URL.pattern}", lambda found: found[1] or "", text)
    return URL.sub("", text)


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
    for part in text.split(unescaped(segmentation["separator"])):
        pieces += cutter.cut(part, SEPARATORS, first=True) if len(part) > length else [part]
    return pieces


def unescaped(separator: str) -> str:
    """Later versions know all escapes, and so break on a lone backslash and on letters outside ASCII."""
    if dify().separators_decoded:
        return codecs.decode(separator, "unicode_escape")
    return separator.replace("\\n", "\n")


@dataclass
class Cutter:
    length: int
    overlap: int

    def cut(self, text: str, separators: list[str], *, first: bool = False) -> list[str]:
        """Cuts at the first separator that the text has, joins what fits together, and cuts the rest more finely.

        `first` is the cut that follows the one at the separator of a rule of one's own.
        """
        separator = next(s for s in separators if s in text)
        finer = separators[separators.index(separator) + 1 :]
        parts = [part for part in parts_of(text, separator, first=first) if part not in {"", "\n"}]
        joint = "" if dify().separators_stay else separator
        pieces: list[str] = []
        short: list[str] = []
        for part in parts:
            if len(part) < self.length or not finer:
                short.append(part)
                continue
            pieces += self.join(short, joint)
            pieces += self.cut(part, finer)
            short = []
        return pieces + list(self.join(short, joint))

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


def parts_of(text: str, separator: str, *, first: bool) -> list[str]:
    if separator == "":
        return list(text)
    parts = text.split(separator)
    if separator == " " and first and not dify().spaces_stay:
        return parts
    if dify().separators_stay:  # each part keeps the one that ends it
        return [part + separator for part in parts[:-1]] + parts[-1:]
    return [part + separator for part in parts] if first and separator != " " else parts
