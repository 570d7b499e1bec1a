"""Child chunks: their text."""

from collections.abc import Mapping
from typing import Any

from django import forms

from datasets_ui.dify.segments import LONGEST_TEXT
from datasets_ui.forms.segments import unix_lines


class ChildChunkForm(forms.Form):
    content = forms.CharField(
        label="Text of the child chunk",
        strip=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2, "autofocus": True}),
    )
    opened_as = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, place: object = "new", **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"child_{place}_%s", **kwargs)

    def clean_content(self) -> str:
        content = unix_lines(self.cleaned_data["content"])
        if not content.strip():
            raise forms.ValidationError("A child chunk needs text.")
        return content
