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
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.accounts import gave_second_factor, recently_authenticated
from datasets_ui.htmx import HtmxRequest
from datasets_ui.models import Actor, Membership, Role, User, Workspace
from datasets_ui.models.api_keys import reminded_from
from datasets_ui.models.queries import find_memberships
from datasets_ui.services.keys.connections import PAGE_SECONDS, connect
from datasets_ui.services.scope import ApiScope, DatasetScope, DocumentScope, Scope, SegmentScope

# the ids of an address, from the outermost to the innermost
LEVELS = ("dataset_id", "document_id", "segment_id")
# What each role may do, on top of the one before it; said where roles are given.
ROLES = {
    Role.VIEWER: _("Reads datasets, documents and segments, and tests retrieval."),
    Role.EDITOR: _("Also changes them: uploads, edits, deletes."),
    Role.ADMIN: _("Also manages API keys, members and invitations, and sees the activity."),
    Role.OWNER: _("Also makes other owners and deletes the workspace."),
}


class WorkspaceRequest(HtmxRequest):
    """A request of a member; `until` is when its calls have to end (time.monotonic())."""

    user: User
    workspace: Workspace
    role: Role
    scope: Scope
    until: float


class ApiRequest(WorkspaceRequest):
    """The same, with the client of the workspace's API."""

    scope: ApiScope


class DatasetRequest(ApiRequest):
    """At an address below a dataset."""

    scope: DatasetScope


class DocumentRequest(DatasetRequest):
    """At an address below a document."""

    scope: DocumentScope


class SegmentRequest(DocumentRequest):
    """At an address below a segment."""

    scope: SegmentScope


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

    Sets request.workspace, .role, .until, by which all calls have to end, `seconds` from now, and .scope: where `connected`, with
    the client of the API (raises NotConnected, KeysLocked) and narrowed as far down as the address goes, whose ids the view is not
    told again. `fresh` asks for the password or second factor again when that was more than 15 minutes ago.
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
            ids = [kwargs.pop(name) for name in LEVELS if name in kwargs]
            if connected:
                request.scope = narrowed(connected_in_time(request, *ids[:1]), *ids)
            return view(request, **kwargs)

        guarded.needed_role = role  # type: ignore[attr-defined]  # tests of the walls read it
        return guarded

    return decorate


def connected_in_time(request: WorkspaceRequest, dataset_id: UUID | None = None) -> ApiScope:
    """With a client of the API that serves a dataset, or the workspace. Raises NotConnected, KeysLocked."""
    dify = connect(request.workspace, request.scope.by, dataset_id).ending_at(request.until)
    return request.scope.connected(dify)


def narrowed(
    scope: ApiScope, dataset_id: UUID | None = None, document_id: UUID | None = None, segment_id: UUID | None = None
) -> ApiScope:
    """As far down as there are ids."""
    if dataset_id is None:
        return scope
    dataset = scope.dataset(dataset_id)
    if document_id is None:
        return dataset
    document = dataset.document(document_id)
    return document if segment_id is None else document.segment(segment_id)


class NotAllowed(PermissionDenied):
    """With a sentence of ours, for whoever it is that may not."""


def admit(request: WorkspaceRequest, slug: str, role: Role) -> None:
    """Raises Http404 for strangers, NotAllowed for too low a role, SecondFactorNeeded, SecondFactorNotGiven."""
    membership = membership_of(request, slug)
    if membership is None:
        raise Http404("No workspace of this name is yours.")
    request.workspace, request.role = membership.workspace, Role(membership.role)
    request.scope = Scope(workspace=request.workspace, by=actor_of(request), user=request.user)
    if not request.role.covers(role):
        raise NotAllowed(too_low(role, request.role))
    guarded = request.workspace.require_second_factor and request.role.covers(Role.ADMIN)
    if guarded and not is_mfa_enabled(request.user):
        raise SecondFactorNeeded
    if guarded and not gave_second_factor(request):
        raise SecondFactorNotGiven


def membership_of(request: WorkspaceRequest, slug: str) -> Membership | None:
    """Whose request it is in the workspace. What a page shows beside it comes along, but not for a request that may change it."""
    found = find_memberships(request.user.pk, slug, reminded_from())
    membership = next((each for each in found if each.workspace.slug == slug), None)
    if membership and request.method in {"GET", "HEAD"}:
        membership.workspace.jobs_under_way = membership.jobs_under_way  # type: ignore[attr-defined]  # of the query
        membership.workspace.keys_need_care = membership.keys_need_care  # type: ignore[attr-defined]  # the same
        membership.workspace.api_fares = membership.api_fares  # type: ignore[attr-defined]  # the same
        request.user.seen_memberships = found
    return membership


def too_low(needed: Role, own: Role) -> str:
    """Why somebody is not let in."""
    words = gettext("This needs the role %(needed)s; yours is %(own)s.")
    return words % {"needed": needed.label.lower(), "own": own.label.lower()}


def role_in(user: User, slug: str) -> Role | None:
    """Somebody's role in a workspace; None for strangers."""
    role = Membership.objects.filter(user=user, workspace__slug=slug).values_list("role", flat=True).first()
    return Role(role) if role else None


def actor_of(request: HttpRequest) -> Actor:
    return Actor(request.user.get_username(), address_of(request))


def address_of(request: HttpRequest) -> str:
    """The client's address as our own socket, or gunicorn's trusted proxy, gives it."""
    return str(request.META.get("REMOTE_ADDR", ""))
