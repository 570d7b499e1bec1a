"""What stands beside every page of a workspace: where one may go, and what asks for attention."""

from collections.abc import Iterable

from django import template
from django.utils.translation import gettext_lazy as _

from datasets_ui.models import ApiKey, Job, Membership, User, Workspace
from datasets_ui.models.api_keys import reminded_from
from datasets_ui.models.queries import keys_needing_care

register = template.Library()

FARES = {"ok": _("API answers"), "fail": _("API does not answer"), "off": _("API not asked yet")}


@register.filter
def memberships(user: User) -> Iterable[Membership]:
    """The workspaces of a person, for the switcher."""
    if user.seen_memberships is not None:
        return user.seen_memberships
    return user.memberships.select_related("workspace").order_by("workspace__name")


@register.filter
def needing_care(workspace: Workspace) -> Iterable[ApiKey]:
    """The keys that admins have to see to: refused by the API, or at their end."""
    return [] if workspace.keys_need_care is False else keys_needing_care(reminded_from()).filter(workspace=workspace)


@register.filter
def keys_need_care(workspace: Workspace) -> bool:
    """Without a query where the request knows: a page about an error is to come though the database is away."""
    return bool(needing_care(workspace)) if workspace.keys_need_care is None else workspace.keys_need_care


@register.filter
def jobs_under_way(workspace: Workspace) -> int:
    if workspace.jobs_under_way is not None:
        return workspace.jobs_under_way
    return workspace.jobs.filter(state__in=Job.MOVING).count()


@register.filter
def api_state(workspace: Workspace) -> str:
    """How the default API of the workspace answered last, in words."""
    return str(FARES.get(workspace.api_fares, ""))
