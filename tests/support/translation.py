"""A made-up language in which every translated text is marked, and what of a page, a template or a module is not."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

from django.utils import translation
from django.utils.translation import trans_real

LANGUAGE = "xx"
BEGINS, ENDS = "⟦", "⟧"
MARKS = re.compile(f"([{BEGINS}{ENDS}])")
READ = {"alt", "aria-description", "aria-label", "placeholder", "title"}  # attributes that people read
NO_WORDS = {"code", "kbd", "script", "style"}
WORDS = re.compile(r"[^\W\d_]{2,}")

TAGS = re.compile(r"\{% (blocktranslate|comment)\b.*?\{% end\1 %\}|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
COMMENTS = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
TRANSLATED = re.compile(r'gettext\(\s*"[^"]*"(,\s*"[^"]*")?')
NOT_SAID = re.compile(r'className = "[^"]*"|new Error\([^)]*\)|"use strict"')
SENTENCE = re.compile(r'(?<!=)["`](?:\w|\$)[^\[\]<>#="`]* [a-z]{2,}[^\[\]<>#="`]*["`]|textContent = ["`]\w[^"`]*["`]')


class MarkedTranslation(trans_real.DjangoTranslation):
    """Translates each text into itself between two marks."""

    def __init__(self) -> None:
        super().__init__("en")

    def to_language(self) -> str:
        return LANGUAGE

    def gettext(self, message: str) -> str:
        return f"{BEGINS}{message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}{ENDS}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@contextmanager
def marked_language() -> Iterator[None]:
    trans_real._translations[LANGUAGE] = MarkedTranslation()  # type: ignore[attr-defined]  # where Django keeps what it has loaded
    with translation.override(LANGUAGE):
        yield
    del trans_real._translations[LANGUAGE]  # type: ignore[attr-defined]  # the same


class Unmarked(HTMLParser):
    """Finds the texts of a page that stand between no marks."""

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.without_words, self.found = 0, 0, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.without_words += tag in NO_WORDS
        for name, value in attrs:
            if name in READ and value:
                self.find(value, 0)

    def handle_endtag(self, tag: str) -> None:
        self.without_words -= tag in NO_WORDS

    def handle_data(self, data: str) -> None:
        if not self.without_words:
            self.depth = self.find(data, self.depth)

    def find(self, text: str, depth: int) -> int:
        """Returns how many marks are open behind it."""
        for piece in MARKS.split(text):
            if piece in {BEGINS, ENDS}:
                depth += 1 if piece == BEGINS else -1
            elif not depth and WORDS.search(piece):
                self.found.append(" ".join(piece.split()))
        return depth


def unmarked_in_page(page: str) -> list[str]:
    reader = Unmarked()
    reader.feed(page)
    return reader.found


def unmarked_in_template(source: str) -> list[str]:
    """The words that stand in a template itself, in no tag that translates."""
    return unmarked_in_page(TAGS.sub("", source))


def unmarked_in_script(source: str) -> list[str]:
    """What looks like a sentence and is no argument of `gettext`."""
    return SENTENCE.findall(NOT_SAID.sub("", TRANSLATED.sub("", COMMENTS.sub("", source))))
