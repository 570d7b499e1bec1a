"""A new account: made by the first run, and by an invitation."""

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from datasets_ui.forms.limits import longest
from datasets_ui.models import User


class NewAccountForm(forms.Form):
    """The address and password of somebody who has no account yet."""

    email = forms.EmailField(label=_("Your e-mail address"), max_length=longest(User, "email"))
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        help_text=_("At least 10 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, User(email=str(self.cleaned_data.get("email", ""))))
        return password
