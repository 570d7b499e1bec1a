"""What may be wrong with the text of a segment: alone, and beside the others of its document."""

import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import regex
from django.utils.formats import localize
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

SHORT, LONG = 30, 2000  # characters
# in the order in which they are shown
FINDINGS = {
    "empty": _("Empty"),
    "short": format_lazy(_("Under {number} characters"), number=SHORT),
    "long": format_lazy(_("Over {number} characters"), number=lazy(localize, str)(LONG)),
    "same": _("Exact duplicates"),
    "alike": _("Near duplicates"),
    "broken": _("Broken-off sentences"),
    "joined": _("Spaces between words lost"),
    "markup": _("Left-over markup"),
}
# the same as marks of one segment
MARKS_OF_ONE = {
    "empty": _("empty"),
    "short": _("short"),
    "long": _("long"),
    "same": _("duplicate"),
    "alike": _("near duplicate"),
    "broken": _("broken off"),
    "joined": _("no spaces"),
    "markup": _("markup"),
}
ADVICE = {
    "joined": _(
        "Dify 1.11.2 to about 1.15 take all spaces out of a paragraph that is too long for a segment. Correct the text here, or add "
        "the file again with shorter paragraphs."
    ),
}
WORDS = re.compile(r"\w+")
# more on one letter than any script has: Unicode puts them in order, which takes the square of their number
MARKS = regex.compile(r"(\p{M}{30})\p{M}++")
# none of them may run over the beginning of the next: a text of beginnings only would take seconds
MARKUP = re.compile(
    r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>"  # HTML
    r"|&(?:[a-z]{2,8}|#\d{2,5});"  # what HTML writes for characters
    r"|\[/?(?:b|i|u|url|img|quote|code)\b[^\[\]]*\]"  # forums
    r"|!\[[^\[\]]*\]\([^()]*\)"  # pictures in Markdown
    r"|\ufffd",  # a letter that somebody could not read
    re.IGNORECASE,
)
# how a last line ends that is a sentence, a heading, a list's head, a table or code
ENDINGS = (
    ".",
    "!",
    "?",
    "…",
    ":",
    ";",
    "|",
    ">",
    "}",
    ")",
    "]",
    '"',
    "'",
    "”",
    "’",
    "»",
    "`",
    "。",
    "！",
    "？",
    "；",
    "：",
    "」",
)
WORDS_OF_A_HEADING = 6

# Of the scripts that are written with spaces: in others there are none to lose.
RUNS = regex.compile(
    r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Armenian}\p{Georgian}\p{Hangul}\p{Arabic}\p{Hebrew}\p{Devanagari}\p{M}'’]++"
)
LONGEST_WORD = 40  # a run without spaces that is longer is no single word, in no language
FEWEST_LETTERS = 80
FEWEST_KINDS = 12  # of letters: any language has more, genes and hashes have fewer
PROSE = 0.85  # of a text in runs: tables, code and addresses have many other signs
CAPITALS = 0.1  # of the letters: nouns in German are fewer, names in code are more

# Near duplicates: texts of which most runs of three words are the same. Each text is stood for by its smallest hashes (a "bottom-k
# sketch"), of which two alike texts share most; only texts that share one of the very smallest are compared at all.
RUN, SKETCH, COMPARED, ALIKE = 3, 24, 4, 0.8
FEWEST_WORDS = 8


class Print(NamedTuple):
    """What is kept of a text to compare it with others: a hash of its words, and its sketch."""

    whole: int
    sketch: tuple[int, ...]


def findings_of(text: str) -> list[str]:
    """What is wrong with a text by itself."""
    bare = text.strip()
    if not bare:
        return ["empty"]
    wrong = {
        "short": len(bare) < SHORT,
        "long": len(bare) > LONG,
        "broken": is_broken_off(bare),
        "joined": has_lost_its_spaces(bare),
        "markup": bool(MARKUP.search(bare)),
    }
    return [name for name, is_wrong in wrong.items() if is_wrong]


def is_broken_off(bare: str) -> bool:
    """Whether it begins or ends in the middle of a sentence. Headings, tables and code end as they like."""
    last = bare.rsplit("\n", 1)[-1].strip()
    if bare[0].islower() and len(WORDS.findall(bare)) >= WORDS_OF_A_HEADING:
        return True
    return len(WORDS.findall(last)) >= WORDS_OF_A_HEADING and not last.endswith(ENDINGS)


def has_lost_its_spaces(bare: str) -> bool:
    """Whether it is prose without a single space, as far as the first address in it."""
    prose = bare.partition("://")[0]
    if len(prose) < FEWEST_LETTERS or any(sign.isspace() and sign != "\n" for sign in prose):
        return False
    runs = RUNS.findall(prose)
    letters = "".join(runs)
    return (
        max(map(len, runs), default=0) > LONGEST_WORD
        and len(letters) >= max(FEWEST_LETTERS, PROSE * len(prose))
        and len(set(letters.lower())) >= FEWEST_KINDS
        and sum(map(str.isupper, letters)) <= CAPITALS * len(letters)
    )


def print_of(text: str) -> Print:
    """Case, spaces and punctuation do not count."""
    words = WORDS.findall(unicodedata.normalize("NFKC", MARKS.sub(r"\1", text)).lower())
    whole = zlib.crc32(" ".join(words).encode())
    if len(words) < FEWEST_WORDS:
        return Print(whole, ())
    runs = {zlib.crc32(" ".join(words[at : at + RUN]).encode()) for at in range(len(words) - RUN + 1)}
    return Print(whole, tuple(sorted(runs)[:SKETCH]))


def duplicates(prints: Sequence[Print]) -> tuple[set[int], set[int]]:
    """By their place: the texts that are there more than once, and those that are nearly the same as another."""
    same = repeated((one.whole, place) for place, one in enumerate(prints))
    near: set[int] = set()
    by_hash: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(prints):
        for mark in one.sketch[:COMPARED]:
            for other in by_hash[mark]:
                if prints[other].whole != one.whole and likeness(prints[other].sketch, one.sketch) >= ALIKE:
                    near |= {place, other}
            if len(by_hash[mark]) < SKETCH:  # a phrase that is in all of them: the first few stand for it
                by_hash[mark].append(place)
    return same, near


def repeated(pairs: Iterable[tuple[int, int]]) -> set[int]:
    places: dict[int, list[int]] = defaultdict(list)
    for mark, place in pairs:
        places[mark].append(place)
    return {place for found in places.values() if len(found) > 1 for place in found}


def likeness(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    """The share of runs that two texts have in common, estimated from the smallest of both together."""
    smallest = set(sorted({*a, *b})[:SKETCH])
    return len(smallest & set(a) & set(b)) / len(smallest)
