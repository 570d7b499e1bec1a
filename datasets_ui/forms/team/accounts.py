"""What people type about their own account, where allauth's form does not say it our way."""

from allauth.account.forms import LoginForm, ResetPasswordForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth has no types
    """Who comes to sign in begins to type at once."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)  # the label says it


class SendLinkForm(ResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    """The same words for the same thing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs.pop("placeholder", None)


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A passkey signs in by itself, unless the person wants a mere second factor."""

    name = forms.CharField(label=_("Name"), required=False, max_length=60, help_text=_("Such as the device it is kept on."))
    passwordless = forms.BooleanField(
        label=_("It may sign me in without a password"),
        required=False,
        initial=True,
        help_text=_("Otherwise it is asked for after the password."),
    )


class SetUpAppForm(ActivateTOTPForm):  # type: ignore[misc]  # allauth has no types
    """A code works once: the one that sets the app up does not sign in as well."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        TOTP(Authenticator(user=self.user, type=Authenticator.Type.TOTP))._mark_code_used(code)
        return code
