"""Who may call a view: a signed-in member of the workspace with the role; for everybody else the workspace does not exist."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from datasets_ui.accounts import gave_second_factor, recently_authenticated
from datasets_ui.dify.client import DifyClient
from datasets_ui.htmx import HtmxRequest
from datasets_ui.models import Actor, Membership, Role, User, Workspace
from datasets_ui.services.connections import PAGE_SECONDS, connect

# What each role may do, on top of the one before it; said where roles are given.
ROLES = {
    Role.VIEWER: "Reads datasets, documents and segments, and tests retrieval.",
    Role.EDITOR: "Also changes them: uploads, edits, deletes.",
    Role.ADMIN: "Also manages API keys, members and invitations, and sees the activity.",
    Role.OWNER: "Also makes other owners and deletes the workspace.",
}


class WorkspaceRequest(HtmxRequest):
    """A request of a member; `dify` is the client of the workspace's API, `until` when its calls have to end (time.monotonic())."""

    user: User
    workspace: Workspace
    role: Role
    actor: Actor
    dify: DifyClient
    until: float


class ConfirmItsYou(Exception):
    """The sign-in is too old for what is asked for."""


class SecondFactorNeeded(Exception):
    """The workspace lets its admins in with a second factor only, and the account has none."""


class SecondFactorNotGiven(Exception):
    """The account has one, but this sign-in was never asked for it."""


View = Callable[..., HttpResponseBase]


def workspace_view(
    role: Role = Role.VIEWER, *, connected: bool = True, fresh: bool = False, seconds: float = PAGE_SECONDS
) -> Callable[[View], View]:
    """Let members with `role` or more in; a foreign workspace is 404, too low a role 403.

    Sets request.workspace, .role, .actor, .until, by which all calls have to end, `seconds` from now, and, where `connected`, .dify
    for the dataset that is asked for (raises NotConnected, KeysLocked). `fresh` asks for the password or second factor again when that was more
    than 15 minutes ago.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: WorkspaceRequest, slug: str, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                # after signing in, back to the page that was open: the address of a fragment is no page
                return redirect_to_login(request.htmx.current_url_abs_path or request.get_full_path())
            admit(request, slug, role)
            request.until = time.monotonic() + seconds
            if fresh and not recently_authenticated(request):
                raise ConfirmItsYou
            if connected:
                request.dify = connected_in_time(request, kwargs.get("dataset_id"))
            return view(request, **kwargs)

        guarded.needed_role = role  # type: ignore[attr-defined]
        return guarded

    return decorate


def connected_in_time(request: WorkspaceRequest, dataset_id: UUID | None = None) -> DifyClient:
    """A client of the API for a dataset, or for the workspace. Raises NotConnected, KeysLocked."""
    return connect(request.workspace, request.actor, dataset_id).ending_at(request.until)


def admit(request: WorkspaceRequest, slug: str, role: Role) -> None:
    """Raises Http404 for strangers, PermissionDenied for too low a role, SecondFactorNeeded, SecondFactorNotGiven."""
    membership = Membership.objects.filter(user=request.user, workspace__slug=slug).select_related("workspace").first()
    if membership is None:
        raise Http404("No workspace of this name is yours.")
    request.workspace, request.role = membership.workspace, Role(membership.role)
    request.actor = actor_of(request)
    if not request.role.covers(role):
        raise PermissionDenied(f"This needs the role {role.label.lower()}; yours is {request.role.label.lower()}.")
    guarded = request.workspace.require_second_factor and request.role.covers(Role.ADMIN)
    if guarded and not is_mfa_enabled(request.user):
        raise SecondFactorNeeded
    if guarded and not gave_second_factor(request):
        raise SecondFactorNotGiven


def role_in(user: User, slug: str) -> Role | None:
    """Somebody's role in a workspace; None for strangers."""
    role = Membership.objects.filter(user=user, workspace__slug=slug).values_list("role", flat=True).first()
    return Role(role) if role else None


def actor_of(request: HttpRequest) -> Actor:
    return Actor(request.user.get_username(), address_of(request))


def address_of(request: HttpRequest) -> str:
    """The client's address as our own socket, or gunicorn's trusted proxy, gives it."""
    return str(request.META.get("REMOTE_ADDR", ""))
