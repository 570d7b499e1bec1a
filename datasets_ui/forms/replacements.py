"""Find and replace: what is looked for, how, and what is put in its place."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.text.find_and_replace import BadPattern, BadTemplate, Search

PLAIN, REGULAR = "plain", "regular"


class ReplaceForm(forms.Form):
    find = forms.CharField(
        label=_("Find"), strip=False, max_length=1_000, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})
    )
    replace = forms.CharField(
        label=_("Replace with"),
        strip=False,
        required=False,
        max_length=1_000,
        help_text=_("Left empty, what is found is taken out."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    how = forms.ChoiceField(
        label=_("Match"),
        choices=[(PLAIN, _("Plain text")), (REGULAR, _("Regular expression"))],
        initial=PLAIN,
        help_text=_("A regular expression gives its groups to the text that is put in: \\1, \\2, or \\g<name>."),
        widget=forms.RadioSelect,
    )
    match_case = forms.BooleanField(label=_("Match case"), required=False)
    whole_word = forms.BooleanField(label=_("Whole words only"), required=False)
    in_content = forms.BooleanField(label=_("Look in the content"), required=False, initial=True)
    in_answer = forms.BooleanField(label=_("Look in the answer, where there is one"), required=False, initial=True)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            if "find" in data:
                self.search().check()
        except BadPattern as error:
            self.add_error("find", str(error))
        except BadTemplate as error:
            self.add_error("replace", str(error))
        if not (data["in_content"] or data["in_answer"]):
            self.add_error("in_content", gettext("Choose at least one place to look in."))
        return data

    def search(self) -> Search:
        data = self.cleaned_data
        flags = {name: data[name] for name in ("match_case", "whole_word", "in_content", "in_answer")}
        return Search(data["find"], data.get("replace", ""), regular=data.get("how") == REGULAR, **flags)


def prefilled(query: dict[str, str]) -> dict[str, Any]:
    """What an address says of the fields; of those that are ticked or not, 1 or 0."""
    fields = ReplaceForm.base_fields
    named = {name: value for name, value in query.items() if name in fields}
    return {name: value == "1" if isinstance(fields[name], forms.BooleanField) else value for name, value in named.items()}


def filled_with(search: Search) -> dict[str, Any]:
    return asdict(search) | {"how": REGULAR if search.regular else PLAIN}
