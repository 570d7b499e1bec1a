"""Invitations by link: each lets one person in, once, within 72 hours, with a role that its inviter has."""

import secrets
from datetime import timedelta

from django.core.mail import send_mail
from django.core.signing import Signer
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from datasets_ui.models import Act, Actor, Invitation, Membership, Role, Sentence, Target, User, Workspace
from datasets_ui.services.audit import record
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.addresses import confirm
from datasets_ui.services.team.members import AboveYou, check_reach, said

LASTS = timedelta(hours=72)
INVITATION_SESSION_KEY = "invitation"
# what only the mail has, so that who comes with it is known to read the mail: the inviter sees the link without it
MAILED = Signer(salt="datasets_ui.invitation.mailed")


class NotInvited(Exception):
    """The invitation was used, taken back or is too old, its inviter lost the role, or it is for another address."""


class AddressTaken(Exception):
    """Somebody with this e-mail address has an account already, and has to sign in."""


def invite(scope: Scope, role: Role, email: str = "", *, acting: Role) -> tuple[Invitation, str]:
    """The invitation, and the token of its link, which is not kept; `acting` is the role of the one who invites. Raises AboveYou,
    also where no account answers for it."""
    if scope.user is None:
        raise AboveYou
    check_reach(acting, role)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            workspace=scope.workspace,
            role=role,
            email=email.lower(),
            inviter=scope.user,
            token_hash=Invitation.hash_of(token),
            expires_at=timezone.now() + LASTS,
        )
        scope.record(Act.INVITATION_CREATE, target_of(invitation), after=said(role))
    return invitation, token


def target_of(invitation: Invitation) -> Target:
    return Target(invitation.id, invitation.email or Sentence.of("anybody"))


def mailed_token(token: str) -> str:
    """For the link in the mail."""
    return MAILED.sign(token)


def read_token(given: str) -> tuple[str, bool]:
    """The token of a link, and whether the link comes from the mail."""
    token = given.partition(":")[0]
    return token, constant_time_compare(given, mailed_token(token))


def mail_invitation(invitation: Invitation, link: str) -> bool:
    """Whether it could be sent."""
    workspace = invitation.workspace.name
    text = _(
        "%(inviter)s invites you to the workspace “%(workspace)s” of Dataset Dashboard.\n\n"
        "Accept within 72 hours:\n%(link)s\n\nThe link works once, and for your address only."
    )
    text %= {"inviter": invitation.inviter.email, "workspace": workspace, "link": link}
    subject = _("Invitation to %(workspace)s") % {"workspace": workspace}
    try:
        return bool(send_mail(subject, text, None, [invitation.email]))
    except OSError:  # also what smtplib raises
        return False


def revoke(scope: Scope, invitation: Invitation) -> None:
    """Raises NotInvited where it is gone already, such as used a moment ago."""
    with transaction.atomic():
        if not Invitation.objects.filter(pk=invitation.pk).delete()[0]:
            raise NotInvited
        scope.record(Act.INVITATION_REVOKE, target_of(invitation), before=said(invitation.role))


def invitation_of(token: str) -> QuerySet[Invitation]:
    return Invitation.objects.filter(token_hash=Invitation.hash_of(read_token(token)[0]))


def live_invitation(token: str) -> Invitation | None:
    """The invitation of a link, if it still lets somebody in: its inviter must still have the role that it gives."""
    found = invitation_of(token).filter(expires_at__gt=timezone.now(), inviter__is_active=True)
    invitation = found.select_related("workspace", "inviter").first()
    if invitation is None:
        return None
    inviter = Membership.objects.filter(workspace=invitation.workspace, user=invitation.inviter).first()
    return invitation if inviter and Role(inviter.role).covers(Role(invitation.role)) else None


def fits(invitation: Invitation, email: str) -> bool:
    return not invitation.email or invitation.email == email.lower()


def accept(*, token: str, user: User, by: Actor) -> Workspace:
    """Use an invitation up. A member who has a higher role already keeps it. Raises NotInvited."""
    with transaction.atomic():
        # nobody else uses the invitation, and nobody lowers its inviter, until this is done
        Workspace.objects.select_for_update(no_key=True).filter(pk__in=invitation_of(token).values("workspace")).first()
        invitation = live_invitation(token)
        if invitation is None or not fits(invitation, user.email):
            raise NotInvited
        if not Invitation.objects.filter(pk=invitation.pk).delete()[0]:
            raise NotInvited  # taken back at the same moment
        member, is_new = Membership.objects.get_or_create(
            workspace=invitation.workspace, user=user, defaults={"role": invitation.role}
        )
        before = Sentence() if is_new else said(member.role)
        if not Role(member.role).covers(Role(invitation.role)):
            member.role = invitation.role
            member.save(update_fields=["role"])
        after = Sentence.of("invited_by", role=said(member.role), inviter=invitation.inviter.email)
        scope = Scope(workspace=invitation.workspace, by=by, user=user)
        scope.record(Act.MEMBER_JOIN, Target(str(user.pk), user.email), before=before, after=after)
    return invitation.workspace


def accept_as_new_user(*, token: str, email: str, password: str, address: str) -> tuple[User, Workspace]:
    """Make an account and use the invitation up, both or neither. Raises NotInvited, AddressTaken."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password)
            if read_token(token)[1]:
                confirm(user)
            by = Actor(user.email, address)
            record(by=by, workspace=None, act=Act.ACCOUNT_CREATE, target=Target(str(user.pk), user.email))
            return user, accept(token=token, user=user, by=by)
    except IntegrityError as error:  # somebody with this address came first
        raise AddressTaken from error
