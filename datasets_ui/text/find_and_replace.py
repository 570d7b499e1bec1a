"""What a search finds in a text, and what becomes of the text: pure functions, which nobody can keep busy for ever."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import regex
from django.utils.translation import gettext as _

from datasets_ui.dify.segments import LONGEST_TEXT
from datasets_ui.text.keywords import new_words

SECONDS = 0.5  # for one text

# No time limit holds while a pattern is prepared, and none bounds the memory of a search: so these are looked at before.
ESCAPED = re.compile(r"\\.", re.DOTALL)
MOST_GROUPS = 20  # each keeps what it has found, again and again: 7 MB for a long text
# Nested, the smallest numbers of times that a pattern asks for are multiplied, and a group that is there once or more is prepared
# twice; millions take minutes, or end the process.
COUNTS = re.compile(r"\{\s*(\d+)")
REPEATED = re.compile(r"\)[+{]")
MOST_STEPS = 300_000
CALL = re.compile(r"\(\?(?:R|[+-]?\d|&|P>)")  # of a part of itself
SIMILAR = r"(?:\d+<=?)?\d*[deis](?:\+\d*[deis])*(?:<=?\d+)?"  # so many characters deleted, inserted, substituted
FUZZY = re.compile(rf"\{{{SIMILAR}(?:,{SIMILAR})*[:}}]")
COMMENT = re.compile(r"\(\?(?:#|[a-zA-Z0-9-]*x)")  # in which all these could be hidden
# a pattern that finds nothing at all in one of these would find it between any two characters
PLAIN_TEXTS = ("", "a", "1 b,\n")

Piece = tuple[str, str]  # "same", "gone" or "new", and the text
Facts = dict[str, Any]  # content, answer, keywords and enabled of a segment


class BadPattern(Exception):
    """It cannot be looked for, as the text says."""


class BadTemplate(Exception):
    """It cannot be put in, as the text says."""


class TooSlow(Exception):
    """The pattern was not through with a text in time."""


@dataclass(frozen=True)
class Search:
    """What is looked for, where, and what is put in its place. With `economy`, new words become keywords too."""

    find: str
    replace: str
    regular: bool = False
    match_case: bool = False
    whole_word: bool = False
    in_content: bool = True
    in_answer: bool = True
    economy: bool = False

    @cached_property
    def pattern(self) -> Any:
        """Raises BadPattern."""
        if self.regular:
            check_before_preparing(self.find)
        found = self.find if self.regular else regex.escape(self.find, special_only=True)
        if self.whole_word:
            found = rf"(?<!\w)(?:{found})(?!\w)"
        try:
            return regex.compile(found, regex.MULTILINE | (0 if self.match_case else regex.IGNORECASE))
        except (regex.error, ValueError, OverflowError) as error:
            raise BadPattern(_("This is no regular expression: %(error)s.") % {"error": error}) from error
        except RecursionError as error:
            raise BadPattern(_("This regular expression is nested too deeply.")) from error

    def check(self) -> None:
        """Raises BadPattern, BadTemplate."""
        if self.pattern.flags & regex.REVERSE:
            raise BadPattern(_("Searching backwards is not possible here."))
        try:
            if any(match.start() == match.end() for text in PLAIN_TEXTS for match in self.matches(text)):
                raise BadPattern(_("This also finds the empty text, which is everywhere. Make it find one character at least."))
        except TooSlow as error:
            raise BadPattern(_("This pattern takes too long. Make it simpler.")) from error
        self.check_template()

    def check_template(self) -> None:
        """On a match that has the pattern's groups, all of them empty."""
        if not self.regular:
            return
        names = {number: name for name, number in self.pattern.groupindex.items()}
        groups = (f"(?P<{names[number]}>)" if number in names else "()" for number in range(1, self.pattern.groups + 1))
        try:
            regex.compile("".join(groups)).match("").expand(self.replace)
        except IndexError as error:
            raise BadTemplate(_("It names a group that the regular expression does not have.")) from error
        except (regex.error, ValueError, OverflowError) as error:
            words = _("This cannot be put in: %(error)s. A backslash is written as two.")
            raise BadTemplate(words % {"error": error}) from error

    def matches(self, text: str) -> Iterator[Any]:
        """Raises TooSlow."""
        try:
            yield from self.pattern.finditer(text, timeout=SECONDS)
        except TimeoutError as error:
            raise TooSlow from error

    def pieces(self, text: str) -> list[Piece]:
        """The text in pieces; without those that are gone it is the new one. It ends early where the new one is too long. Raises
        TooSlow."""
        pieces: list[Piece] = []
        at = length = 0
        for match in self.matches(text):
            new = match.expand(self.replace) if self.regular else self.replace
            pieces += [("same", text[at : match.start()]), ("gone", match[0]), ("new", new)]
            at = match.end()
            length += len(new)
            if length > LONGEST_TEXT:
                break
        return [(kind, piece) for kind, piece in [*pieces, ("same", text[at:])] if piece]

    def changed(self, was: Facts) -> Facts:
        """What a segment is meant to become. Raises TooSlow."""
        content, answer = map(new_text, self.differences(was))
        return was | {
            "content": content,
            "answer": answer if was["answer"] else was["answer"],
            "keywords": self.keywords(was, content),
        }

    def differences(self, was: Facts) -> tuple[list[Piece], list[Piece]]:
        """Of its content and its answer. Raises TooSlow."""
        content, answer = was["content"], was["answer"] or ""
        return (
            self.pieces(content) if self.in_content else [("same", content)],
            self.pieces(answer) if self.in_answer else [("same", answer)],
        )

    def keywords(self, was: Facts, content: str) -> list[str]:
        """All three are always sent, or the API would extract other keywords. Where there are none it does so on the economy
        index, as for any new segment: better than our new words alone, by which nothing else of the text would be found."""
        kept: list[str] = was["keywords"]
        return list(dict.fromkeys([*kept, *new_words(was["content"], content)])) if kept and self.economy else kept

    def obstacle(self, was: Facts, becomes: Facts) -> tuple[str, dict[str, Any]]:
        """Why a change cannot be made, as the code of a sentence and its parameters; without a code where it can."""
        texts = [becomes["content"], *([becomes["answer"]] if was["answer"] else [])]
        if not was["enabled"]:
            return "is_disabled", {}
        if not all(text.strip() for text in texts):
            return "no_text_left", {}
        if max(map(len, texts)) > LONGEST_TEXT:
            return "too_long", {"most": LONGEST_TEXT}
        return "", {}


def check_before_preparing(find: str) -> None:
    """Raises BadPattern for what could take all time or memory."""
    bare = ESCAPED.sub(".", find)
    copies = prod(max(1, int(count)) for count in COUNTS.findall(bare)) << len(REPEATED.findall(bare))
    refusals = {
        _("It has more than %(number)s groups. Make it simpler.") % {"number": MOST_GROUPS}: bare.count("(") > MOST_GROUPS,
        _("Its numbers of repetitions are too large. Make them smaller."): copies * len(find) > MOST_STEPS,
        _("It calls a part of itself, which is not possible here."): CALL.search(bare),
        _("It asks for what is only similar, which is not possible here. A brace is written as \\{."): FUZZY.search(bare),
        _("Comments and free spacing are not possible here."): COMMENT.search(bare),
    }
    for reason, applies in refusals.items():
        if applies:
            raise BadPattern(reason)


def new_text(pieces: list[Piece]) -> str:
    return "".join(text for kind, text in pieces if kind != "gone")
