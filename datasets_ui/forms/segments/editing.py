"""Segments: content, answer and keywords."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.dify.segments import LONGEST_TEXT
from datasets_ui.services.segments.editing import SegmentEdit
from datasets_ui.services.segments.texts import SegmentText
from datasets_ui.text.keywords import split_keywords
from datasets_ui.text.line_ends import unix_lines


class TextField(forms.CharField):
    """A text of several lines, as it is stored: so long at most, unless a form says otherwise, and with nothing cut off its ends.
    Browsers send line ends as CRLF: saved like that, an untouched segment would count as changed, and counted like that, a long
    one as too long."""

    def __init__(self, *, max_length: int | None = LONGEST_TEXT, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, strip=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        return unix_lines(super().to_python(value) or "")


class SegmentForm(forms.Form):
    content = TextField(label=_("Content"), widget=forms.Textarea(attrs={"rows": 5, "autofocus": True}))
    answer = TextField(label=_("Answer"), required=False, widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("Answer")}))
    summary = TextField(
        label=_("Summary"),
        required=False,
        help_text=_("Where the dataset has summaries, Dify finds the segment by it too."),
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("Summary")}),
    )
    keywords = forms.CharField(
        label=_("Keywords"),
        required=False,
        max_length=2_000,
        help_text=_("Separated by commas."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    add_words = forms.BooleanField(
        label=_("Add new words of the text to the keywords"),
        help_text=_("This dataset is searched by keywords alone."),
        initial=True,
        required=False,
    )
    # what it was when it was opened, however long: to show what will change, and to make one of two edits
    base_content = TextField(required=False, max_length=None, widget=forms.HiddenInput)
    base_answer = TextField(required=False, max_length=None, widget=forms.HiddenInput)
    base_summary = TextField(required=False, max_length=None, widget=forms.HiddenInput)
    base_keywords = forms.CharField(required=False, widget=forms.HiddenInput)
    opened_as = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(
        self, *args: object, with_answer: bool = False, with_summary: bool = False, economy: bool = False, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # all of Django's arguments pass through
        for name in [*([] if with_answer else ["answer"]), *([] if with_summary else ["summary"])]:
            del self.fields[name], self.fields[f"base_{name}"]
        if not economy:
            del self.fields["add_words"]

    def clean_content(self) -> str:
        content: str = self.cleaned_data["content"]
        if not content.strip():
            raise forms.ValidationError(gettext("A segment needs text: Dify would keep the old text without a word."))
        return content

    def clean_keywords(self) -> list[str]:
        return split_keywords(self.cleaned_data["keywords"])

    def text(self) -> SegmentText:
        """What was typed."""
        data = self.cleaned_data
        return SegmentText(data["content"], data.get("answer"), data["keywords"], data.get("summary"))

    def base(self) -> SegmentText | None:
        """What it was when it was opened; None where it does not say so of each of its texts."""
        if any(name.startswith("base_") and name not in self.data for name in self.fields):
            return None
        data = self.cleaned_data
        keywords = split_keywords(data["base_keywords"])
        return SegmentText(data["base_content"], data.get("base_answer"), keywords, data.get("base_summary"))

    def edit(self) -> SegmentEdit:
        """What was typed over the segment that was opened."""
        return SegmentEdit(self.cleaned_data["opened_as"], self.text(), add_words=self.cleaned_data.get("add_words", False))


def fields_of(text: SegmentText, prefix: str = "") -> dict[str, str]:
    """A text as fields hold it."""
    fields = {"content": text.content, "answer": text.answer or "", "summary": text.summary or ""}
    fields["keywords"] = ", ".join(text.keywords)
    return {f"{prefix}{name}": value for name, value in fields.items()}


class PreviewForm(forms.Form):
    """The text as it was opened, and as it is typed: what a save would change."""

    base_content = TextField(required=False)
    content = TextField(required=False)


class KeywordChangeForm(forms.Form):
    """Keywords to add to many segments, and to take from them."""

    add = forms.CharField(label=_("Add"), required=False, max_length=500, help_text=_("Separated by commas."))
    remove = forms.CharField(label=_("Remove"), required=False, max_length=500, help_text=_("Separated by commas."))

    def clean_add(self) -> list[str]:
        return split_keywords(self.cleaned_data["add"])

    def clean_remove(self) -> list[str]:
        return split_keywords(self.cleaned_data["remove"])

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or {}
        if not self.errors and not cleaned.get("add") and not cleaned.get("remove"):
            self.add_error("add", gettext("Type a keyword to add, or one to take away."))
        return cleaned
