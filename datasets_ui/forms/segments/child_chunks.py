"""Child chunks: their text."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.forms.segments.editing import TextField
from datasets_ui.services.segments.texts import SegmentText


class ChildChunkForm(forms.Form):
    content = TextField(
        label=_("Text of the child chunk"),
        widget=forms.Textarea(attrs={"rows": 2, "autofocus": True}),
    )
    base_content = TextField(required=False, max_length=None, widget=forms.HiddenInput)
    opened_as = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, *, place: object = "new", **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"child_{place}_%s", **kwargs)

    def clean_content(self) -> str:
        content: str = self.cleaned_data["content"]
        if not content.strip():
            raise forms.ValidationError(gettext("A child chunk needs text."))
        return content

    def edit(self) -> dict[str, str]:
        """What was typed, and over what."""
        return {name: self.cleaned_data[name] for name in ("opened_as", "content")}

    def text(self) -> SegmentText:
        """What was typed."""
        return SegmentText(self.cleaned_data["content"])

    def base(self) -> SegmentText | None:
        """What it was when it was opened, where the form says so."""
        return SegmentText(self.cleaned_data["base_content"]) if "base_content" in self.data else None
