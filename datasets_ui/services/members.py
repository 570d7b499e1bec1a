"""Who belongs to a workspace, and with which role. Nobody gives or takes more than he has, and an owner always remains."""

from django.db import transaction

from datasets_ui.models import Act, Actor, Membership, Role, Target, User, Workspace
from datasets_ui.services.audit import record


class LastOwner(Exception):
    """A workspace without an owner could never be managed again."""


class AboveYou(Exception):
    """The role, or the member, is above the one who acts."""


def target_of(member: Membership) -> Target:
    return Target(str(member.user_id), member.user.email)


def check_reach(acting: Role, *roles: str) -> None:
    """Raises AboveYou where one of the roles is above the acting one."""
    if not all(acting.covers(Role(role)) for role in roles):
        raise AboveYou


def check_owner_remains(member: Membership) -> None:
    """Raises LastOwner. The workspace is locked, or two owners could leave at the same time."""
    owners = Membership.objects.filter(workspace=member.workspace, role=Role.OWNER)
    if [owner.pk for owner in owners] == [member.pk]:
        raise LastOwner


def change_role(*, member: Membership, role: Role, acting: User, by: Actor) -> None:
    """Raises AboveYou, LastOwner."""
    with transaction.atomic():
        member = locked(member)
        check_reach(role_now(acting, member), role, member.role, Role.ADMIN)
        if role != Role.OWNER:
            check_owner_remains(member)
        before, member.role = member.role, role
        member.save(update_fields=["role"])
        record(
            by=by, workspace=member.workspace, act=Act.MEMBER_UPDATE, target=target_of(member), before=before, after=role.value
        )


def remove_member(*, member: Membership, acting: User, by: Actor) -> None:
    """The member is out at the next request. Raises AboveYou, LastOwner."""
    with transaction.atomic():
        member = locked(member)
        check_reach(role_now(acting, member), member.role, Role.ADMIN)
        end_membership(member, act=Act.MEMBER_REMOVE, by=by)


def leave(*, member: Membership, by: Actor) -> None:
    """Raises LastOwner."""
    with transaction.atomic():
        end_membership(locked(member), act=Act.MEMBER_LEAVE, by=by)


def locked(member: Membership) -> Membership:
    """The member, while nobody else changes members of the workspace: two who lock their own rows first would block each other."""
    Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
    return Membership.objects.select_related("workspace", "user").get(pk=member.pk)


def role_now(acting: User, member: Membership) -> Role:
    """Of the one who acts, who may have been lowered since the page was asked for. The workspace is locked. Raises AboveYou."""
    found = Membership.objects.filter(workspace=member.workspace, user=acting).first()
    if found is None:
        raise AboveYou
    return Role(found.role)


def end_membership(member: Membership, *, act: Act, by: Actor) -> None:
    check_owner_remains(member)
    record(by=by, workspace=member.workspace, act=act, target=target_of(member), before=member.role)
    member.delete()
