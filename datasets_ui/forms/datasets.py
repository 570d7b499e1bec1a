"""Datasets: what may be typed."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.dify.datasets import Dataset
from datasets_ui.services.datasets import DatasetChanged

PERMISSIONS = [("only_me", _("Only the key's owner")), ("all_team_members", _("All members of the Dify workspace"))]
TECHNIQUES = [
    ("economy", _("Economy: keyword search, no model needed")),
    ("high_quality", _("High quality: embeddings; needs a model set up in Dify, cannot be undone")),
]
SEEN_BY = _("Who sees it in Dify")


class DatasetForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=40, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})
    )
    description = forms.CharField(
        label=_("Description"), max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    permission = forms.ChoiceField(label=SEEN_BY, choices=PERMISSIONS, initial="only_me")


class NewDatasetForm(DatasetForm):
    indexing_technique = forms.ChoiceField(label=_("Index"), choices=TECHNIQUES, initial="economy", widget=forms.RadioSelect)

    field_order = ("name", "description", "indexing_technique", "permission")


class EditDatasetForm(DatasetForm):
    """Carries along what each field was when it was opened, and keeps a permission it does not offer (some members only)."""

    def __init__(self, data: QueryDict | None, *, dataset: Dataset) -> None:
        fields = ("name", "description", "permission")
        super().__init__(data, initial={field: getattr(dataset, field) or "" for field in fields})
        self.fields["name"].widget.attrs.pop("autofocus")
        if dataset.permission not in dict(PERMISSIONS):
            choices = [(dataset.permission or "", _("As set in Dify")), *PERMISSIONS]
            self.fields["permission"] = forms.ChoiceField(label=SEEN_BY, choices=choices, required=False)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def opened_as(self) -> dict[str, str]:
        return {field: self.data.get(self[field].html_initial_name, self.initial[field]) for field in self.fields}

    def changes(self) -> dict[str, str]:
        """What the user changed, and nothing that somebody else did meanwhile."""
        opened_as = self.opened_as()
        return {field: value for field, value in self.cleaned_data.items() if value != opened_as[field]}

    def ask_again(self, meanwhile: DatasetChanged) -> None:
        """Say what is stored now; saving once more means: over it."""
        data = dict(self.data.items())
        for field in meanwhile.fields:
            stored = getattr(meanwhile.current, field) or ""
            data[self[field].html_initial_name] = stored
            words = gettext("Somebody changed this meanwhile; it is now “%(stored)s”. Save again to put yours in its place.")
            self.add_error(field, words % {"stored": stored})
        self.data = data


class DeleteDatasetForm(forms.Form):
    """`apps`: how many applications use the dataset, as the user was told, and lets it go from all the same."""

    apps = forms.IntegerField(min_value=0, required=False)

    def known_apps(self) -> int:
        return self.cleaned_data["apps"] or 0 if self.is_valid() else 0
