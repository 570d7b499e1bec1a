"""The address and key of an API: typed at the first run, and for each API key of a workspace."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from pydantic import SecretStr

from datasets_ui.dify.errors import BoundKey, DifyError, NotFound
from datasets_ui.dify.network import AddressPolicy, origin_of
from datasets_ui.models import ApiKey, User, Workspace
from datasets_ui.models.api_keys import REMIND_DAYS
from datasets_ui.services.api_keys import Details, ServedAlready, served_ids

UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MOST_SERVED = 50
KEYS_FAULT = frozenset({"unauthorized", "forbidden", "foreign_dataset", "bound_key"})


class ConnectionForm(forms.Form):
    base_url = forms.CharField(
        label="Base URL of the API",
        max_length=300,
        help_text="Such as https://api.dify.ai/v1",
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    key = forms.CharField(
        label="API key",
        max_length=200,
        help_text="A dataset key, from Dify's Knowledge page under API access. It is stored encrypted and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def clean_base_url(self) -> str:
        base_url = str(self.cleaned_data["base_url"]).rstrip("/")
        try:
            AddressPolicy(settings.API_ALLOWED_HOSTS).check(origin_of(base_url))
        except DifyError as error:
            raise forms.ValidationError(f"{error.detail} {error.sentence}") from error
        return base_url

    def clean_key(self) -> SecretStr:
        key = str(self.cleaned_data["key"]).strip()
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise forms.ValidationError("An API key has letters, digits and dashes only. Copy it again.")
        return SecretStr(key)

    def explain(self, error: DifyError) -> None:
        """Put the API's refusal beside the field it speaks of."""
        field = "key" if error.code in KEYS_FAULT else "base_url"
        self.add_error(field, f"{error.sentence} {error.detail[:200]}".strip())


class DetailsForm(forms.Form):
    """What people write about a key, and which datasets it serves."""

    name = forms.CharField(label="Name", max_length=60, help_text="Such as Production, or the team that uses it.")
    note = forms.CharField(label="Note", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    expires_on = forms.DateField(
        label="Expires on",
        required=False,
        help_text=f"If you give keys an end: admins are reminded {REMIND_DAYS} days before.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    dataset_ids = forms.CharField(
        label="Serves these datasets",
        required=False,
        max_length=5000,
        help_text="Their ids, one a line, from the address of their page in Dify. Leave it empty for a key that may list its datasets. "
        "A key that is bound to some datasets may not list them: name them here.",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None, *, workspace: Workspace, key: ApiKey | None = None) -> None:
        initial = (
            {"name": key.name, "note": key.note, "expires_on": key.expires_on, "dataset_ids": "\n".join(served_ids(key))}
            if key
            else {"name": "" if workspace.api_keys.exists() else "Default"}
        )
        super().__init__(data, initial=initial)
        self.workspace, self.stored = workspace, key

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        holder = self.workspace.api_keys.filter(name=name).first()
        if holder and holder != self.stored:
            raise forms.ValidationError("Another API key of this workspace has this name. Choose a different one.")
        return name

    def clean_dataset_ids(self) -> list[UUID]:
        words = [word for word in re.split(r"[\s,;]+", str(self.cleaned_data["dataset_ids"])) if word]
        wrong = [word for word in words if not UUID_TEXT.fullmatch(word)]
        if wrong:
            raise forms.ValidationError(f"“{wrong[0][:60]}” is not a dataset's id, which looks like 3f2b…-…-…-…-….")
        if len(words) > MOST_SERVED:
            raise forms.ValidationError(f"At most {MOST_SERVED} datasets for one key.")
        return list(dict.fromkeys(UUID(word) for word in words))

    def details(self) -> Details:
        return Details(self.cleaned_data["name"], self.cleaned_data["note"], self.cleaned_data["expires_on"])

    def explain_served(self, taken: ServedAlready) -> None:
        self.add_error("dataset_ids", f"{taken.dataset_id} is served by “{taken.key.name}” already. Remove it there first.")


class NewKeyForm(ConnectionForm, DetailsForm):
    field_order = ("name", "base_url", "key", "dataset_ids", "expires_on", "note")

    def explain(self, error: DifyError) -> None:
        if isinstance(error, BoundKey):
            seen = self.cleaned_data["dataset_ids"]
            wrong = "The key is bound to other datasets than these." if seen else "The key is bound to some datasets in Dify."
            self.add_error(
                "dataset_ids", f"{wrong} Name those that it may see; the admin of the Dify workspace knows their ids."
            )
        elif isinstance(error, NotFound):
            self.add_error("dataset_ids", f"The key does not see one of these datasets. {error.detail[:200]}".strip())
        else:
            super().explain(error)


class ReplaceKeyForm(ConnectionForm):
    """The key may stay empty: then only the address changes, and the stored key is dropped."""

    def __init__(self, data: Any = None, *, stored: ApiKey) -> None:
        super().__init__(data, initial={"base_url": stored.base_url})
        self.fields["key"].required = False
        self.fields["key"].label = "New API key"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned["key"].get_secret_value() and "base_url" not in self.changed_data:
            self.add_error("key", "Enter the new key, or another address. Nothing was changed.")
        return cleaned


class SetupForm(ConnectionForm):
    email = forms.EmailField(label="Your e-mail address", max_length=254)
    password = forms.CharField(
        label="Password",
        max_length=256,
        help_text="At least 10 characters.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    workspace_name = forms.CharField(label="Name of the workspace", max_length=60, initial="My workspace")

    field_order = ("email", "password", "workspace_name", "base_url", "key")

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, User(email=str(self.cleaned_data.get("email", ""))))
        return password
