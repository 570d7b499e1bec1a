"""Which segments of a document are shown: it is all in the URL, and what makes no sense there counts as nothing."""

from django import forms

from datasets_ui.forms.limits import LONGEST_SEARCH
from datasets_ui.services.segments.overview import Filter
from datasets_ui.text.lint import FINDINGS

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
            q=valid.get("q", "")[:LONGEST_SEARCH],
            enabled=STATES.get(valid.get("state", "")),
            edited=valid.get("edited", False),
            never_hit=valid.get("never_hit", False),
            least=valid.get("least"),
            most=valid.get("most"),
            finding=valid.get("finding", ""),
        )
