"""Segments: content, answer and keywords."""

from typing import Any

from django import forms

from datasets_ui.dify.segments import LONGEST_TEXT


class TextField(forms.CharField):
    """A text of several lines. Browsers send line ends as CRLF: saved like that, an untouched segment would count as changed, and
    counted like that, a long one as too long."""

    def to_python(self, value: Any) -> Any:
        return unix_lines(super().to_python(value) or "")


class SegmentForm(forms.Form):
    content = TextField(strip=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 5}))
    answer = TextField(strip=False, required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3}))
    summary = TextField(
        strip=False,
        required=False,
        max_length=LONGEST_TEXT,
        help_text="Where the dataset has summaries, Dify finds the segment by it too.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    keywords = forms.CharField(
        required=False,
        max_length=2_000,
        help_text="Separated by commas.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    add_words = forms.BooleanField(
        label="Add new words of the text to the keywords",
        help_text="This dataset is searched by keywords alone.",
        initial=True,
        required=False,
    )
    # the text as it was opened: to show what will change, and in a conflict what everybody changed
    base = TextField(required=False, strip=False, widget=forms.HiddenInput)
    opened_as = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(
        self, *args: object, with_answer: bool = False, with_summary: bool = False, economy: bool = False, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not with_answer:
            del self.fields["answer"]
        if not with_summary:
            del self.fields["summary"]
        if not economy:
            del self.fields["add_words"]

    def clean_content(self) -> str:
        content: str = self.cleaned_data["content"]
        if not content.strip():
            raise forms.ValidationError("A segment needs text: Dify would keep the old text without a word.")
        return content

    def clean_keywords(self) -> list[str]:
        return words_of(self.cleaned_data["keywords"])


class PreviewForm(forms.Form):
    """The text as it was opened, and as it is typed: what a save would change."""

    base = TextField(required=False, strip=False, max_length=LONGEST_TEXT)
    content = TextField(required=False, strip=False, max_length=LONGEST_TEXT)


class KeywordChangeForm(forms.Form):
    """Keywords to add to many segments, and to take from them."""

    add = forms.CharField(required=False, max_length=500, help_text="Separated by commas.")
    remove = forms.CharField(required=False, max_length=500, help_text="Separated by commas.")

    def clean_add(self) -> list[str]:
        return words_of(self.cleaned_data["add"])

    def clean_remove(self) -> list[str]:
        return words_of(self.cleaned_data["remove"])

    def clean(self) -> dict[str, object]:
        cleaned: dict[str, object] = super().clean() or {}
        if not self.errors and not cleaned.get("add") and not cleaned.get("remove"):
            self.add_error("add", "Type a keyword to add, or one to take away.")
        return cleaned


def words_of(text: str) -> list[str]:
    """The words between commas, each once."""
    words = (word.strip() for word in text.replace("\uff0c", ",").split(","))
    return list(dict.fromkeys(word for word in words if word))


def unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n")
