"""Workspaces, members and invitations: what may be typed."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from datasets_ui.models import Invitation, Role, User, Workspace


class NewWorkspaceForm(forms.Form):
    name = forms.CharField(
        label="Name of the workspace",
        max_length=60,
        help_text="You will be its owner. It starts without datasets: next you give it an API key.",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


class WorkspaceForm(forms.Form):
    name = forms.CharField(label="Name", max_length=60, help_text="The address of its pages stays, so links go on working.")
    require_second_factor = forms.BooleanField(
        label="Admins and owners need a second factor",
        required=False,
        help_text="Those who have none are asked to set one up before they are let in again.",
    )


class DeleteWorkspaceForm(forms.Form):
    confirmation = forms.CharField(
        label="Type the name of the workspace", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, data: Any = None, *, workspace: Workspace) -> None:
        super().__init__(data)
        self.workspace = workspace

    def clean_confirmation(self) -> str:
        typed = str(self.cleaned_data["confirmation"])
        if typed.strip() != self.workspace.name.strip():
            raise forms.ValidationError(f"This is not its name. Type {self.workspace.name} to delete it.")
        return typed


def roles_up_to(highest: Role) -> list[tuple[str, str]]:
    return [(role.value, str(role.label)) for role in Role if highest.covers(role)]


class RoleForm(forms.Form):
    """Offers no role above the one who chooses."""

    role = forms.ChoiceField()

    def __init__(self, data: Any = None, *, acting: Role, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["role"] = forms.ChoiceField(label="Role", choices=roles_up_to(acting))

    @property
    def role_chosen(self) -> Role:
        return Role(self.cleaned_data["role"])


class InviteForm(RoleForm):
    email = forms.EmailField(
        label="E-mail address",
        required=False,
        max_length=254,
        help_text="Then the link works for this address only. Without one it works for the first who opens it.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    field_order = ("email", "role")


class JoinForm(forms.Form):
    """An account for somebody who was invited."""

    email = forms.EmailField(label="Your e-mail address", max_length=254)
    password = forms.CharField(
        label="Password",
        max_length=256,
        help_text="At least 10 characters.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any = None, *, invitation: Invitation) -> None:
        super().__init__(data, initial={"email": invitation.email})
        self.fields["email"].disabled = bool(invitation.email)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, User(email=str(self.cleaned_data.get("email", ""))))
        return password
