"""Which segments of a document are shown: it is all in the URL, and what makes no sense there counts as nothing."""

from django import forms

from datasets_ui.services.lint import FINDINGS
from datasets_ui.services.overview import Filter

LONGEST_SEARCH = 200
STATES = {"enabled": True, "disabled": False}


class SegmentFilterForm(forms.Form):
    q = forms.CharField(required=False)
    state = forms.ChoiceField(required=False, choices=[(state, state) for state in STATES])
    edited = forms.BooleanField(required=False)
    never_hit = forms.BooleanField(required=False)
    least = forms.IntegerField(required=False, min_value=0)
    most = forms.IntegerField(required=False, min_value=0)
    finding = forms.ChoiceField(required=False, choices=list(FINDINGS.items()))

    def wanted(self) -> Filter:
        self.is_valid()
        valid = self.cleaned_data
        return Filter(
            q=valid.get("q", "")[:LONGEST_SEARCH], enabled=STATES.get(valid.get("state", "")), edited=valid.get("edited", False),
            never_hit=valid.get("never_hit", False), least=valid.get("least"), most=valid.get("most"),
            finding=valid.get("finding", ""),
        )  # fmt: skip


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
