"""What changed from one text to another, word by word, in a time that is bounded whatever the texts are: a pure function."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import accumulate, groupby, takewhile
from operator import itemgetter

from datasets_ui.dify.segments import LONGEST_TEXT

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# spaces are what is most often the same: in a longer text they belong to the word before them
WITH_SPACES = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
LINES = re.compile(r"[^\n]*\n|[^\n]+")
MOST_STEPS = 300_000  # of difflib, at each of a few tries: less than a tenth of a second
MOST_PIECES = 1_000  # more than that nobody reads

Change = tuple[str, str]
Landmark = tuple[re.Pattern[str], int]

LANDMARKS: list[Landmark] = [(LINES, 1), (WITH_SPACES, 4), (WITH_SPACES, 1)]  # a line, a few words, a word


class TooManySteps(Exception):
    """The texts are too long or too different to be compared like that."""


class Matcher(SequenceMatcher[str]):
    """difflib's, which looks for the longest match, then before and behind it, again and again: as often as there are changes. This
    one ends, by TooManySteps."""

    def __init__(self, old: Sequence[str], new: Sequence[str], most: int) -> None:
        super().__init__(None, old, new, autojunk=False)
        self.left = most
        # each piece is held against all that are equal to it
        self.steps = [0, *accumulate(1 + len(self.b2j.get(piece, ())) for piece in old)]  # type: ignore[attr-defined]  # a documented attribute that the stubs lack

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        self.left -= self.steps[-1 if ahi is None else ahi] - self.steps[alo]
        if self.left < 0:
            raise TooManySteps
        return super().find_longest_match(alo, ahi, blo, bhi)


def word_changes(before: str, after: str) -> list[Change]:
    """The pieces in order: "same", "gone" or "new", and the text. Without those that are new they are the text before, without those
    that are gone the text after. Of very many changes the last are one."""
    pieces: list[Change] = []
    gone = new = ""  # since the last piece that stays
    for kind, texts in groupby(differences(before, after), key=itemgetter(0)):
        text = "".join(text for _, text in texts)
        if kind == "same" and len(pieces) < MOST_PIECES:
            pieces += [*changed(gone, new), (kind, text)]
            gone = new = ""
        else:
            gone += text if kind != "new" else ""
            new += text if kind != "gone" else ""
    return [*pieces, *changed(gone, new)]


def changed(gone: str, new: str) -> list[Change]:
    return [(kind, text) for kind, text in (("gone", gone), ("new", new)) if text]


def differences(before: str, after: str) -> Iterator[Change]:
    if max(len(before), len(after)) > LONGEST_TEXT:
        yield from changed(before, after)
        return
    try:
        yield from compared(WORDS.findall(before), WORDS.findall(after), MOST_STEPS)
    except TooManySteps:
        yield from by_landmarks(before, after, MOST_STEPS, LANDMARKS)


def by_landmarks(before: str, after: str, most: int, landmarks: Sequence[Landmark]) -> Iterator[Change]:
    """Between what is in both texts once; where there is nothing of the kind, as a whole."""
    if not landmarks:
        yield from changed(before, after)
        return
    (cut, number), *finer = landmarks
    share = most / (len(before) + len(after))
    for gone, new, same in stretches(cut.findall(before), cut.findall(after), number):
        try:  # with as many steps as the stretch is long
            yield from compared(WITH_SPACES.findall(gone), WITH_SPACES.findall(new), int(share * (len(gone) + len(new))))
        except TooManySteps:
            yield from by_landmarks(gone, new, int(share * (len(gone) + len(new))), finer)
        if same:
            yield "same", same


def compared(old: list[str], new: list[str], most: int) -> list[Change]:
    """Raises TooManySteps."""
    if not old or not new:
        return changed("".join(old), "".join(new))
    found: list[Change] = []
    for kind, i, j, k, m in Matcher(old, new, most).get_opcodes():
        found += [("same", "".join(old[i:j]))] if kind == "equal" else changed("".join(old[i:j]), "".join(new[k:m]))
    return found


def stretches(old: list[str], new: list[str], number: int) -> Iterator[tuple[str, str, str]]:
    """Both texts in stretches, each with what stays at its end: the first or last pieces, or a landmark, which is a piece that with
    the following ones, `number` together, is in both of them once. Of landmarks that changed places as many stay as can ("patience
    diff")."""
    head, tail = ends_alike(old, new)
    runs = [["".join(pieces[at : at + number]) for at in range(head, len(pieces) - tail)] for pieces in (old, new)]
    counts = [Counter(run) for run in runs]
    places = {run: place for place, run in enumerate(runs[1], head) if counts[0][run] == counts[1][run] == 1}
    pairs = [(place, places[run]) for place, run in enumerate(runs[0], head) if run in places]
    at, there = head, head
    yield "", "", "".join(old[:head])
    for i, j in rising(pairs):
        yield "".join(old[at:i]), "".join(new[there:j]), old[i]
        at, there = i + 1, j + 1
    yield "".join(old[at : len(old) - tail]), "".join(new[there : len(new) - tail]), "".join(old[len(old) - tail :])


def ends_alike(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many of the first pieces are the same in both, and how many of the last."""
    head = equals(old, new)
    return head, equals(reversed(old[head:]), reversed(new[head:]))


def equals(old: Iterable[str], new: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs, not all of them neighbours, whose second numbers rise as the first ones do."""
    ends: list[int] = []  # by length, the lowest number that a run may end with
    last: list[int] = []  # and where that is in `pairs`
    before: list[int] = []  # of each pair the one before it in its run
    for place, (_, number) in enumerate(pairs):
        length = bisect_left(ends, number)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1], last[length : length + 1] = [number], [place]
    run: list[tuple[int, int]] = []
    place = last[-1] if last else -1
    while place >= 0:
        run.append(pairs[place])
        place = before[place]
    return run[::-1]
