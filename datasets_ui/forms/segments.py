"""Segments: content, answer and keywords."""

from django import forms


class SegmentForm(forms.Form):
    content = forms.CharField(strip=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 5}))
    answer = forms.CharField(strip=False, required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 3}))
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
    base = forms.CharField(required=False, strip=False, max_length=100_000, widget=forms.HiddenInput)
    opened_as = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(self, *args: object, with_answer: bool = False, economy: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not with_answer:
            del self.fields["answer"]
        if not economy:
            del self.fields["add_words"]

    def clean_content(self) -> str:
        content = unix_lines(self.cleaned_data["content"])
        if not content.strip():
            raise forms.ValidationError("A segment needs text: Dify would keep the old text without a word.")
        return content

    def clean_base(self) -> str:
        return unix_lines(self.cleaned_data["base"])

    def clean_answer(self) -> str:
        return unix_lines(self.cleaned_data["answer"])

    def clean_keywords(self) -> list[str]:
        words = (word.strip() for word in self.cleaned_data["keywords"].replace("\uff0c", ",").split(","))
        return list(dict.fromkeys(word for word in words if word))


def unix_lines(text: str) -> str:
    """Browsers send line ends as CRLF; saved like that, an untouched segment would count as changed."""
    return text.replace("\r\n", "\n")
