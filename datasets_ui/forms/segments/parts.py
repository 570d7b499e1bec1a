"""Cutting a segment in two, and joining neighbours."""

import re
from collections.abc import Sequence
from typing import Any, Self
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.dify.segments import Segment
from datasets_ui.forms.segments.editing import SegmentForm
from datasets_ui.services.segments.parts import Merge, Split
from datasets_ui.text.line_ends import unix_lines

SENTENCES = re.compile(r"\n+|(?<=[.!?])[^\S\n]+|(?<=[。！？])")
WORDS = re.compile(r"\s+")
MOST_PLACES = 500
SEPARATORS = {"line": (_("A new line"), "\n"), "paragraph": (_("An empty line"), "\n\n"), "space": (_("A space"), " ")}


class SplitForm(SegmentForm):
    """The segment as it was typed, and the place of the cut: so many characters (code points) come before it."""

    at = forms.IntegerField(required=False, min_value=0)

    def __init__(self, *args: object, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="split_%s", **kwargs)
        for field in self.fields.values():
            field.widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("at") is not None and "content" in self.cleaned_data and not all(self.parts or ()):
            words = gettext("There is no text before the cut. Choose a place between two words.")
            if self.parts and self.parts[0]:
                words = gettext("There is no text after the cut. Choose a place between two words.")
            self.add_error(None, words)
        return self.cleaned_data

    @property
    def parts(self) -> tuple[str, str] | None:
        """Both texts, without the white space at the cut; None until a place is chosen."""
        at, content = self.cleaned_data.get("at"), self.cleaned_data.get("content", "")
        return None if at is None else (content[:at].rstrip(), content[at:].lstrip())

    def split(self) -> Split:
        """What was confirmed."""
        data = self.cleaned_data
        return Split(data["opened_as"], self.parts or ("", ""), data["keywords"], data.get("answer"), data.get("summary"))

    @property
    def places(self) -> list[tuple[int, str]]:
        """Where one may cut: after each sentence, or of a single one after each word; the offset, and what stands before it."""
        content = self.cleaned_data.get("content", "")
        first, last = len(content) - len(content.lstrip()), len(content.rstrip())
        for breaks in (SENTENCES, WORDS):
            ends = [found.end() for found in breaks.finditer(content) if first < found.end() < last][:MOST_PLACES]
            if ends:
                return [(end, content[start:end].strip()) for start, end in zip([0, *ends], ends, strict=False)]
        return []


class MergeForm(SegmentForm):
    """The joined text, which may be corrected."""

    separator = forms.ChoiceField(
        label=_("Between the texts"),
        choices=[(name, label) for name, (label, _) in SEPARATORS.items()],
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: object, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="merge_%s", **kwargs)
        for name in [name for name in self.fields if name.startswith("base_")]:
            del self.fields[name]

    def merge(self, ids: Sequence[UUID]) -> Merge:
        """What was confirmed, of these segments."""
        return Merge(ids, self.cleaned_data["opened_as"], self.text())

    @classmethod
    def of(cls, segments: Sequence[Segment], opened_as: str) -> Self:
        """What is shown first."""
        words = dict.fromkeys(word for segment in segments for word in segment.keywords or [])
        initial = {name: joined(segments, "line", name) for name in ("content", "answer")}
        initial |= {"separator": "line", "opened_as": opened_as, "keywords": ", ".join(words)}
        return cls(initial=initial, with_answer=any(segment.answer is not None for segment in segments))

    def joined_anew(self, segments: Sequence[Segment]) -> Self:
        """With the separator that is chosen now; a text that somebody corrected stays as it is."""
        data = dict(self.data.items())
        for name in ("content", "answer"):
            joins = {unix_lines(joined(segments, separator, name)) for separator in SEPARATORS}
            if unix_lines(data.get(name, "")) in joins:
                data[name] = joined(segments, self.cleaned_data.get("separator", "line"), name)
        return type(self)(data, with_answer="answer" in data)


def joined(segments: Sequence[Segment], separator: str, field: str = "content") -> str:
    texts = (getattr(segment, field) for segment in segments)
    return SEPARATORS[separator][1].join(text.strip() for text in texts if text and text.strip())
