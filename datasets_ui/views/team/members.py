"""Members and invitations of a workspace."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datasets_ui.access import ROLES, NotAllowed, WorkspaceRequest, workspace_view
from datasets_ui.forms.team.workspaces import InviteForm, RoleForm, roles_up_to
from datasets_ui.htmx import render_page
from datasets_ui.models import Membership, Role
from datasets_ui.services.team.addresses import confirmed_since
from datasets_ui.services.team.invitations import NotInvited, invite, mail_invitation, mailed_token, revoke
from datasets_ui.services.team.members import AboveYou, LastOwner, change_role, leave, remove_member

ABOVE = _("You cannot give or take a role above your own.")
LAST_OWNER = _("This is the workspace's last owner. Make somebody else an owner first, or delete the workspace.")


def member_of(request: WorkspaceRequest, member_id: int) -> Membership:
    return get_object_or_404(request.workspace.memberships.select_related("user", "workspace"), pk=member_id)


def members_page(request: WorkspaceRequest, form: InviteForm | None = None, **more: Any) -> HttpResponse:
    members = request.workspace.memberships.select_related("user").order_by("user__email")
    context = {
        "members": members,
        "unconfirmed": {
            email for email, since in confirmed_since(member.user.email for member in members).items() if not since
        },
        "invitations": request.workspace.invitations.filter(expires_at__gt=timezone.now()).select_related("inviter"),
        "form": form or InviteForm(acting=request.role),
        "choices": roles_up_to(request.role),
        "roles": [(role.label, meaning) for role, meaning in ROLES.items()],
    }
    return render(request, "members/list.html", context | more, status=422 if form and form.errors else 200)


@require_safe
@workspace_view(connected=False)
def members(request: WorkspaceRequest) -> HttpResponse:
    return members_page(request)


@require_POST
@workspace_view(Role.ADMIN, connected=False)
def create_invitation(request: WorkspaceRequest) -> HttpResponse:
    """Show the link, once: only its hash is kept."""
    form = InviteForm(request.POST, acting=request.role)
    if not form.is_valid():
        return members_page(request, form)
    invitation, token = invite(request.scope, form.role_chosen, form.cleaned_data["email"], acting=request.role)
    mailed = link_to(request, mailed_token(token))
    sent = settings.MAIL_IS_SET_UP and bool(invitation.email) and mail_invitation(invitation, mailed)
    return members_page(request, link=link_to(request, token), invited=invitation, sent=sent)


def link_to(request: WorkspaceRequest, token: str) -> str:
    return request.build_absolute_uri(reverse("invitation", query={"token": token}))


@require_POST
@workspace_view(Role.ADMIN, connected=False)
def revoke_invitation(request: WorkspaceRequest, invitation_id: UUID) -> HttpResponse:
    invitation = get_object_or_404(request.workspace.invitations.select_related("workspace"), pk=invitation_id)
    try:
        revoke(request.scope, invitation)
    except NotInvited:
        messages.error(request, gettext("This invitation was used or taken back a moment ago. See who is there."))
    else:
        messages.success(request, gettext("The invitation was taken back; its link lets nobody in any more."))
    return redirect("members", request.workspace.slug)


@require_POST
@workspace_view(Role.ADMIN, connected=False)
def change_member_role(request: WorkspaceRequest, member_id: int) -> HttpResponse:
    member = member_of(request, member_id)
    form = RoleForm(request.POST, acting=request.role)
    if not form.is_valid():
        raise NotAllowed(ABOVE)
    try:
        change_role(request.scope, member, form.role_chosen)
    except AboveYou as error:
        raise NotAllowed(ABOVE) from error
    except LastOwner:
        messages.error(request, LAST_OWNER)
    else:
        words = gettext("%(person)s is now %(role)s.")
        messages.success(request, words % {"person": member.user, "role": form.role_chosen.label.lower()})
    return redirect("members", request.workspace.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(Role.ADMIN, connected=False)
def remove_member_view(request: WorkspaceRequest, member_id: int) -> HttpResponse:
    """Ask; then remove, which counts from the member's next request."""
    member = member_of(request, member_id)
    if request.method != "POST":
        return render_page(request, "members/remove.html", "members/_remove.html", {"member": member})
    try:
        remove_member(request.scope, member)
    except AboveYou as error:
        raise NotAllowed(ABOVE) from error
    except LastOwner:
        messages.error(request, LAST_OWNER)
    else:
        messages.success(request, gettext("%(person)s is out.") % {"person": member.user})
    return redirect("members", request.workspace.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_view(connected=False)
def leave_workspace(request: WorkspaceRequest) -> HttpResponse:
    if request.method != "POST":
        return render_page(request, "members/leave.html", "members/_leave.html")
    try:
        leave(request.scope, request.workspace.memberships.get(user=request.user))
    except LastOwner:
        messages.error(request, LAST_OWNER)
        return redirect("members", request.workspace.slug)
    messages.success(request, gettext("You left “%(workspace)s”.") % {"workspace": request.workspace.name})
    return redirect("home")
