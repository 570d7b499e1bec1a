"""Workspaces, members and invitations: what may be typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.forms.limits import longest
from datasets_ui.forms.team.new_accounts import NewAccountForm
from datasets_ui.models import Invitation, Role, Workspace


class NewWorkspaceForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the workspace"),
        max_length=longest(Workspace, "name"),
        help_text=_("You will be its owner. It starts without datasets: next you give it an API key."),
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


class WorkspaceForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=longest(Workspace, "name"),
        help_text=_("The address of its pages stays, so links go on working."),
    )
    require_second_factor = forms.BooleanField(
        label=_("Admins and owners need a second factor"),
        required=False,
        help_text=_("Those who have none are asked to set one up before they are let in again."),
    )


class DeleteWorkspaceForm(forms.Form):
    confirmation = forms.CharField(
        label=_("Type the name of the workspace"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, data: Any = None, *, workspace: Workspace) -> None:
        super().__init__(data)
        self.workspace = workspace

    def clean_confirmation(self) -> str:
        typed = str(self.cleaned_data["confirmation"])
        if typed.strip() != self.workspace.name.strip():
            raise forms.ValidationError(
                gettext("This is not its name. Type %(name)s to delete it.") % {"name": self.workspace.name}
            )
        return typed


def roles_up_to(highest: Role) -> list[tuple[str, str]]:
    return [(role.value, str(role.label)) for role in Role if highest.covers(role)]


class RoleForm(forms.Form):
    """Offers no role above the one who chooses."""

    role = forms.ChoiceField()

    def __init__(self, data: Any = None, *, acting: Role, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["role"] = forms.ChoiceField(label=_("Role"), choices=roles_up_to(acting))

    @property
    def role_chosen(self) -> Role:
        return Role(self.cleaned_data["role"])


class InviteForm(RoleForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        required=False,
        max_length=longest(Invitation, "email"),
        help_text=_("Then the link works for this address only. Without one it works for the first who opens it."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    field_order = ("email", "role")


class JoinForm(NewAccountForm):
    """An account for somebody who was invited."""

    def __init__(self, data: Any = None, *, invitation: Invitation) -> None:
        super().__init__(data, initial={"email": invitation.email})
        self.fields["email"].disabled = bool(invitation.email)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()
