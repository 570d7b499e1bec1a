"""The page that an invitation's link leads to: accept as the one who is signed in, or with a new account."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from datasets_ui.access import ROLES, actor_of, address_of
from datasets_ui.accounts import sign_in
from datasets_ui.forms.team.workspaces import JoinForm
from datasets_ui.models import Invitation, Role, User, Workspace
from datasets_ui.services.team.invitations import (
    INVITATION_SESSION_KEY,
    AddressTaken,
    NotInvited,
    accept,
    accept_as_new_user,
    fits,
    live_invitation,
)
from datasets_ui.views.errors import Problem, error_page

USED_UP = Problem(
    410,
    "not_invited",
    _("This invitation does not work"),
    _("An invitation works once and for 72 hours, and can be taken back. Ask the one who invited you for another."),
)


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """The token moves from the link into the session, so that it stays in no address, and survives a sign-in."""
    if "token" in request.GET:
        request.session[INVITATION_SESSION_KEY] = request.GET["token"]
        return redirect("invitation")
    found = live_invitation(request.session.get(INVITATION_SESSION_KEY, ""))
    if found is None:
        return error_page(request, USED_UP)
    if request.user.is_authenticated:
        return join(request, found)
    return join_as_new_user(request, found)


def context_of(invitation: Invitation) -> dict[str, object]:
    return {"invitation": invitation, "meaning": ROLES[Role(invitation.role)]}


def join(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    user = cast(User, request.user)
    if not fits(invitation, user.email):
        return render(request, "invitations/other_address.html", context_of(invitation), status=403)
    if request.method != "POST":
        return render(request, "invitations/accept.html", context_of(invitation))
    try:
        workspace = accept(token=request.session[INVITATION_SESSION_KEY], user=user, by=actor_of(request))
    except NotInvited:
        return error_page(request, USED_UP)
    return welcome(request, workspace)


def join_as_new_user(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = JoinForm(request.POST or None, invitation=invitation)
    if request.method == "POST" and form.is_valid():
        token = request.session[INVITATION_SESSION_KEY]
        try:
            user, workspace = accept_as_new_user(token=token, address=address_of(request), **form.cleaned_data)
        except AddressTaken:
            form.add_error("email", gettext("There is an account with this address. Sign in with it, then accept."))
        except NotInvited:
            return error_page(request, USED_UP)
        else:
            response = sign_in(request, user, method="invitation", redirect_url=reverse("datasets", args=[workspace.slug]))
            welcome(request, workspace)
            return response
    return render(request, "invitations/join.html", context_of(invitation) | {"form": form}, status=422 if form.errors else 200)


def welcome(request: HttpRequest, workspace: Workspace) -> HttpResponse:
    request.session.pop(INVITATION_SESSION_KEY, None)
    messages.success(request, gettext("Welcome to “%(workspace)s”.") % {"workspace": workspace.name})
    return redirect("datasets", workspace.slug)
