"""Who may call a view: a signed-in member of the workspace with the role; for everybody else the workspace does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from datasets_ui.dify.client import DifyClient
from datasets_ui.htmx import HtmxRequest
from datasets_ui.models import Actor, Membership, Role, User, Workspace
from datasets_ui.services.connections import connect


class WorkspaceRequest(HtmxRequest):
    """A request of a member; `dify` is the client of the workspace's API."""

    user: User
    workspace: Workspace
    role: Role
    actor: Actor
    dify: DifyClient


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up is closed: people are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 allauth's signature
        return False


View = Callable[..., HttpResponse]


def workspace_view(role: Role = Role.VIEWER, *, connected: bool = True) -> Callable[[View], View]:
    """Let members with `role` or more in; a foreign workspace is 404, too low a role 403.

    Sets request.workspace, .role, .actor and, where `connected`, .dify (raises NotConnected, KeysLocked).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: WorkspaceRequest, slug: str, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                # after signing in, back to the page that was open: the address of a fragment is no page
                return redirect_to_login(request.htmx.current_url_abs_path or request.get_full_path())
            membership = Membership.objects.filter(user=request.user, workspace__slug=slug).select_related("workspace").first()
            if membership is None:
                raise Http404("No workspace of this name is yours.")
            request.workspace, request.role = membership.workspace, Role(membership.role)
            if not request.role.covers(role):
                raise PermissionDenied(f"This needs the role {role.label.lower()}; yours is {request.role.label.lower()}.")
            request.actor = Actor(request.user.email, address_of(request))
            if connected:
                request.dify = connect(request.workspace)
            return view(request, **kwargs)

        guarded.needed_role = role  # type: ignore[attr-defined]
        return guarded

    return decorate


def address_of(request: HttpRequest) -> str:
    """The client's address as our own socket, or gunicorn's trusted proxy, gives it."""
    return str(request.META.get("REMOTE_ADDR", ""))
