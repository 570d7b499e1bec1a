"""Retrieval: the query and how to search."""

from django import forms
from django.utils.translation import gettext_lazy as _

from datasets_ui.dify.retrieval import LONGEST_QUERY

METHODS = [
    ("hybrid_search", _("Hybrid")),
    ("semantic_search", _("Semantic")),
    ("full_text_search", _("Full text")),
    ("keyword_search", _("Keyword")),
]


class RetrievalForm(forms.Form):
    q = forms.CharField(
        label=_("Query"),
        max_length=LONGEST_QUERY,
        error_messages={"max_length": _("Dify takes at most %(limit_value)d characters; this has %(show_value)d.")},
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "data-key": "/",
                "autofocus": True,
                "autocomplete": "off",
                "aria-label": _("Query"),
                "placeholder": _("Ask as your users would…"),
            }
        ),
    )
    top_k = forms.IntegerField(label=_("Results"), min_value=1, max_value=50, initial=10, required=False)
    search_method = forms.ChoiceField(label=_("Method"), choices=METHODS, required=False)

    def __init__(self, *args: object, economy: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # all of Django's arguments pass through
        if economy:  # without an embedding model the API answers every other method with an error
            self.fields["search_method"] = forms.ChoiceField(label=_("Method"), choices=METHODS[-1:], required=False)
