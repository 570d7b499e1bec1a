"""The address and key of an API: typed at the first run, and for each API key of a workspace."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import SecretStr

from datasets_ui.dify.errors import BoundKey, DifyError, NotFound
from datasets_ui.dify.network import AddressPolicy, origin_of
from datasets_ui.forms.limits import longest
from datasets_ui.forms.team.new_accounts import NewAccountForm
from datasets_ui.models import ApiKey, Workspace
from datasets_ui.models.api_keys import REMIND_DAYS
from datasets_ui.services.keys.api_keys import Details, ServedAlready, served_ids
from datasets_ui.words import refusal_of

UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MOST_SERVED = 50
BOUND = _(
    "The key is bound to some datasets in Dify. Name those that it may see; the admin of the Dify workspace knows their ids."
)
BOUND_TO_OTHERS = _(
    "The key is bound to other datasets than these. Name those that it may see; the admin of the Dify workspace knows their ids."
)
KEYS_FAULT = frozenset({"unauthorized", "forbidden", "foreign_dataset", "bound_key"})
# what an error means while an API is being connected: what to do about it here, and nobody is sent elsewhere
REASONS = {
    "unauthorized": _(
        "Dify does not take this key. Copy a dataset key from Dify's Knowledge page, API access; the key of an application does not work."
    ),
    "forbidden": _("Dify knows this key, but does not let it list datasets. Ask the admin of the Dify workspace."),
    "not_found": _("A server answers at this address, but Dify's API is not there. It usually ends in /v1."),
    "not_json": _("A web page answers at this address, but Dify's API is not there. It usually ends in /v1."),
    "bad_answer": _("What answers at this address is not Dify's API. It usually ends in /v1."),
    "unexpected_shape": _("What answers at this address is not Dify's dataset API, or a version that is not supported."),
    "redirected": _("This address leads on to another one. Enter that one, if you trust it: %(detail)s"),
    "host_not_found": _("There is no host of this name. Check its spelling."),
    "connection_refused": _("Nothing answers at this host and port. Check the address, and that Dify is running."),
    "tls_failed": _(
        "A secure connection could not be made, so nothing was sent. Perhaps the server speaks http there, not https."
    ),
    "timed_out": _("Nothing answered in time at this address. Check it, and that Dify can be reached from this server."),
    "connection_lost": _("The connection broke off. Check the address, and whether it wants https."),
}
CERTIFICATE = re.compile(r"certificate verify failed: (?P<reason>[^(]+)")


def reason_of(error: DifyError) -> str:
    """Why an API could not be connected, for whoever typed its address and key."""
    refusal = refusal_of(error)
    words = REASONS.get(error.code)
    if words is None:
        return f"{refusal.sentence} {refusal.detail[:200]}".strip()
    certificate = CERTIFICATE.search(refusal.detail) if error.code == "tls_failed" else None
    if certificate:
        return gettext("The server's certificate is not valid, so nothing was sent: %(reason)s.") % {
            "reason": certificate["reason"].strip()
        }
    return str(words) % {"detail": refusal.detail[:200]}


class ConnectionForm(forms.Form):
    base_url = forms.CharField(
        label=_("Base URL of the API"),
        max_length=longest(ApiKey, "base_url"),
        help_text=_("Such as https://api.dify.ai/v1"),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    key = forms.CharField(
        label=_("API key"),
        max_length=200,
        help_text=_(
            "A dataset key, from Dify's Knowledge page under API access. It is stored encrypted and never shown again."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def clean_base_url(self) -> str:
        base_url = str(self.cleaned_data["base_url"]).rstrip("/")
        try:
            AddressPolicy(settings.API_ALLOWED_HOSTS).check(origin_of(base_url))
        except DifyError as error:
            refusal = refusal_of(error)
            raise forms.ValidationError(f"{refusal.detail} {refusal.sentence}") from error
        return base_url

    def clean_key(self) -> SecretStr:
        key = str(self.cleaned_data["key"]).strip()
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise forms.ValidationError(gettext("An API key has letters, digits and dashes only. Copy it again."))
        return SecretStr(key)

    def explain(self, error: DifyError) -> None:
        """Put the API's refusal beside the field it speaks of."""
        self.add_error("key" if error.code in KEYS_FAULT else "base_url", reason_of(error))


class DetailsForm(forms.Form):
    """What people write about a key, and which datasets it serves."""

    name = forms.CharField(
        label=_("Name"), max_length=longest(ApiKey, "name"), help_text=_("Such as Production, or the team that uses it.")
    )
    note = forms.CharField(
        label=_("Note"), max_length=longest(ApiKey, "note"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    expires_on = forms.DateField(
        label=_("Expires on"),
        required=False,
        help_text=format_lazy(_("If you give keys an end: admins are reminded {days} days before."), days=REMIND_DAYS),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    dataset_ids = forms.CharField(
        label=_("Serves these datasets"),
        required=False,
        max_length=5000,
        help_text=_(
            "Their ids, one a line, from the address of their page in Dify. Leave it empty for a key that may list its datasets. "
            "A key that is bound to some datasets may not list them: name them here."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None, *, workspace: Workspace, key: ApiKey | None = None) -> None:
        initial = (
            {"name": key.name, "note": key.note, "expires_on": key.expires_on, "dataset_ids": "\n".join(served_ids(key))}
            if key
            else {"name": "" if workspace.api_keys.exists() else gettext("Default")}
        )
        super().__init__(data, initial=initial)
        self.workspace, self.stored = workspace, key

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        holder = self.workspace.api_keys.filter(name=name).first()
        if holder and holder != self.stored:
            raise forms.ValidationError(gettext("Another API key of this workspace has this name. Choose a different one."))
        return name

    def clean_dataset_ids(self) -> list[UUID]:
        words = [word for word in re.split(r"[\s,;]+", str(self.cleaned_data["dataset_ids"])) if word]
        wrong = [word for word in words if not UUID_TEXT.fullmatch(word)]
        if wrong:
            said = gettext("“%(word)s” is not a dataset's id, which looks like 3f2b…-…-…-…-….")
            raise forms.ValidationError(said % {"word": wrong[0][:60]})
        if len(words) > MOST_SERVED:
            raise forms.ValidationError(gettext("At most %(number)s datasets for one key.") % {"number": MOST_SERVED})
        return list(dict.fromkeys(UUID(word) for word in words))

    def details(self) -> Details:
        return Details(self.cleaned_data["name"], self.cleaned_data["note"], self.cleaned_data["expires_on"])

    def explain_served(self, taken: ServedAlready) -> None:
        words = gettext("%(dataset_id)s is served by “%(key)s” already. Remove it there first.")
        self.add_error("dataset_ids", words % {"dataset_id": taken.dataset_id, "key": taken.key.name})


class NewKeyForm(ConnectionForm, DetailsForm):
    field_order = ("name", "base_url", "key", "dataset_ids", "expires_on", "note")

    def explain(self, error: DifyError) -> None:
        if isinstance(error, BoundKey):
            seen = self.cleaned_data["dataset_ids"]
            self.add_error("dataset_ids", BOUND_TO_OTHERS if seen else BOUND)
        elif isinstance(error, NotFound) and self.cleaned_data["dataset_ids"]:
            words = gettext("The key does not see one of these datasets.")
            self.add_error("dataset_ids", f"{words} {refusal_of(error).detail[:200]}".strip())
        else:
            super().explain(error)


class ReplaceKeyForm(ConnectionForm):
    """The key may stay empty: then only the address changes, and the stored key is dropped."""

    def __init__(self, data: Any = None, *, stored: ApiKey) -> None:
        super().__init__(data, initial={"base_url": stored.base_url})
        self.fields["key"].required = False
        self.fields["key"].label = gettext("New API key")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned["key"].get_secret_value() and "base_url" not in self.changed_data:
            self.add_error("key", gettext("Enter the new key, or another address. Nothing was changed."))
        return cleaned


class SetupForm(NewAccountForm, ConnectionForm):
    workspace_name = forms.CharField(
        label=_("Name of the workspace"), max_length=longest(Workspace, "name"), initial=_("My workspace")
    )

    field_order = ("email", "password", "workspace_name", "base_url", "key")
