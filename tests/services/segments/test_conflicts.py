"""What two people made of one segment."""

from dataclasses import replace

import pytest

from datasets_ui.services.segments.conflicts import Conflict
from datasets_ui.services.segments.texts import SegmentText

BASE = SegmentText("The lamp gives light. Ask for one.", "Twelve in all.", ["lamp", "light"], "On lamps.")


def test_each_text_may_be_of_another_person() -> None:
    mine = replace(BASE, content="The lamp gives plenty of light. Ask for one.", keywords=["lamp", "light", "plenty"])
    theirs = replace(BASE, answer="Thirteen in all.", keywords=["lamp"], summary="On lamps, all of them.")
    assert Conflict(mine, theirs, BASE).both == SegmentText(
        "The lamp gives plenty of light. Ask for one.", "Thirteen in all.", ["lamp", "plenty"], "On lamps, all of them."
    )


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (replace(BASE, content="Mine.", answer="New."), replace(BASE, content="Theirs.")),
        (replace(BASE, answer="Mine.", content="New."), replace(BASE, answer="Theirs.")),
        (replace(BASE, summary="Mine.", content="New."), replace(BASE, summary="Theirs.")),
    ],
    ids=["content", "answer", "summary"],
)
def test_half_of_an_edit_is_none(mine: SegmentText, theirs: SegmentText) -> None:
    assert Conflict(mine, theirs, BASE).both is None


def test_line_ends_as_they_are_stored_are_no_edit() -> None:
    base = SegmentText("One.\nTwo.\nThree.")
    stored = SegmentText("One.\r\nTwo.\r\n3.")
    both = Conflict(SegmentText("1.\nTwo.\nThree."), stored, base).both
    assert both is not None
    assert both.content == "1.\nTwo.\n3."


def test_without_what_both_began_with_nothing_is_merged() -> None:
    conflict = Conflict(replace(BASE, content="Mine."), replace(BASE, summary="Theirs."))
    assert (conflict.both, conflict.theirs, conflict.yours) == (None, None, None)
