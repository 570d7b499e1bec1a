"""Who belongs to a workspace, and with which role. Nobody gives or takes more than he has, and an owner always remains."""

from django.db import transaction

from datasets_ui.models import Act, Membership, Role, Sentence, Target, Workspace
from datasets_ui.services.scope import Scope


class LastOwner(Exception):
    """A workspace without an owner could never be managed again."""


class AboveYou(Exception):
    """The role, or the member, is above the one who acts."""


def target_of(member: Membership) -> Target:
    return Target(str(member.user_id), member.user.email)


def said(role: str) -> Sentence:
    """A role, for the record."""
    return Sentence.of(f"role_{role}")


def check_reach(acting: Role, *roles: str) -> None:
    """Raises AboveYou where one of the roles is above the acting one."""
    if not all(acting.covers(Role(role)) for role in roles):
        raise AboveYou


def check_owner_remains(member: Membership) -> None:
    """Raises LastOwner. The workspace is locked, or two owners could leave at the same time."""
    owners = Membership.objects.filter(workspace=member.workspace, role=Role.OWNER)
    if [owner.pk for owner in owners] == [member.pk]:
        raise LastOwner


def change_role(scope: Scope, member: Membership, role: Role) -> None:
    """Raises AboveYou, LastOwner."""
    with transaction.atomic():
        member = locked(scope, member)
        check_reach(role_now(scope), role, member.role, Role.ADMIN)
        if role != Role.OWNER:
            check_owner_remains(member)
        before, member.role = member.role, role
        member.save(update_fields=["role"])
        scope.record(Act.MEMBER_UPDATE, target_of(member), before=said(before), after=said(role))


def remove_member(scope: Scope, member: Membership) -> None:
    """The member is out at the next request. Raises AboveYou, LastOwner."""
    with transaction.atomic():
        member = locked(scope, member)
        check_reach(role_now(scope), member.role, Role.ADMIN)
        end_membership(scope, member, Act.MEMBER_REMOVE)


def leave(scope: Scope, member: Membership) -> None:
    """Raises LastOwner."""
    with transaction.atomic():
        end_membership(scope, locked(scope, member), Act.MEMBER_LEAVE)


def locked(scope: Scope, member: Membership) -> Membership:
    """The member, while nobody else changes members of the workspace: two who lock their own rows first would block each other."""
    Workspace.objects.select_for_update(no_key=True).get(pk=scope.workspace.pk)
    # of this workspace, because the role of the one who acts is looked up in it
    return Membership.objects.select_related("workspace", "user").get(pk=member.pk, workspace=scope.workspace)


def role_now(scope: Scope) -> Role:
    """Of the one who acts, who may have been lowered since the page was asked for. The workspace is locked. Raises AboveYou."""
    found = Membership.objects.filter(workspace=scope.workspace, user=scope.user).first()
    if found is None:
        raise AboveYou
    return Role(found.role)


def end_membership(scope: Scope, member: Membership, act: Act) -> None:
    check_owner_remains(member)
    scope.record(act, target_of(member), before=said(member.role))
    member.delete()
