"""The address and key of an API, and the first run."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from pydantic import SecretStr

from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.network import AddressPolicy, origin_of
from datasets_ui.models import User


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
        field = "key" if error.code in {"unauthorized", "forbidden", "foreign_dataset"} else "base_url"
        self.add_error(field, f"{error.sentence} {error.detail[:200]}".strip())


class ChangeConnectionForm(ConnectionForm):
    """The key may stay empty: then only the address changes, and the stored key is dropped."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].required = False
        self.fields["key"].label = "New API key"


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
