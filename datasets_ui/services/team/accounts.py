"""Accounts: the few acts that are ours, and a record of what allauth and Django do."""

import time
from contextlib import suppress
from typing import Any

from allauth.account import signals as account
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import signals as auth
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy
from sesame.utils import get_query_string, get_user

from datasets_ui.models import Act, Actor, AuditEvent, Invitation, Sentence, Target, User
from datasets_ui.services.audit import record
from datasets_ui.services.scope import Scope
from datasets_ui.services.team.addresses import confirm, is_confirmed
from datasets_ui.services.team.invitations import NotInvited, revoke

FAILED = AuditEvent.Outcome.FAILED
SIGNED_IN, SEEN = "signed_in_at", "seen_at"
SEEN_EVERY = 300
PASSWORD = "password"  # noqa: S105 the name of a method
PASSWORD_RESET = "password_reset"  # noqa: S105 the same
SINGLE_SIGN_ON = "single_sign_on"
SECOND_FACTOR = "mfa"
TAKEN_OVER = gettext_lazy(
    "There was an account with your address already, and nobody had confirmed that the address is theirs. It is yours now: what opened "
    "it before (password, second factors, single sign-on, sign-ins) has ended. See which workspaces your account belongs to, and leave "
    "those that you do not know."
)


# --- how long a sign-in lasts ---


@receiver(auth.user_logged_in)
def begin_sign_in(request: HttpRequest, **_: Any) -> None:
    request.session[SIGNED_IN] = request.session[SEEN] = time.time()


def is_over(session: SessionBase) -> bool:
    """Whether it was idle for too long, or began too long ago."""
    now = time.time()
    idle, age = now - session.get(SEEN, 0), now - session.get(SIGNED_IN, 0)
    return bool(idle > settings.SESSION_IDLE_LIMIT or age > settings.SESSION_COOKIE_AGE)


def note_seen(session: SessionBase) -> None:
    """Every five minutes at most: reading pages must not write each time."""
    if time.time() - session[SEEN] >= SEEN_EVERY:
        session[SEEN] = time.time()
        UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now())


@receiver(account.authentication_step_completed)
def change_key(request: HttpRequest, reauthenticated: bool = False, **_: Any) -> None:
    """A session that may do more from now on has a new key; a sign-in gets its own from Django."""
    if reauthenticated:
        before = request.session.session_key
        request.session.cycle_key()
        UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


# --- acts ---


def person(request: HttpRequest, user: User) -> Actor:
    return Actor(user.email, request.META.get("REMOTE_ADDR", ""))


def opened_by(method: str) -> Sentence:
    """What opens an account, for the record; a method that has no sentence by its name."""
    return Sentence.known(f"means_{method}", method)


def target(user: User) -> Target:
    return Target(str(user.pk), user.email)


def other_sign_ins(request: HttpRequest, user: User) -> QuerySet[UserSession]:
    others: QuerySet[UserSession] = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    return others


def end_sign_ins(*, user: User, sign_ins: QuerySet[UserSession], by: Actor) -> None:
    """Whoever holds one of these sessions is out with the next request."""
    for sign_in in sign_ins:
        sign_in.end()
        record(by=by, workspace=None, act=Act.ACCOUNT_SIGN_IN_END, target=target(user), before=sign_in.ip)


def set_active(*, user: User, active: bool, by: Actor) -> None:
    """A disabled account is out with the next request, and cannot come in again."""
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        end_sign_ins(user=user, sign_ins=UserSession.objects.filter(user=user), by=by)
    record(by=by, workspace=None, act=Act.ACCOUNT_ENABLE if active else Act.ACCOUNT_DISABLE, target=target(user))


def reset_second_factor(*, user: User, by: Actor) -> int:
    """For somebody who lost theirs: how many were removed. Whoever is signed in as them has to sign in again."""
    removed: int = Authenticator.objects.filter(user=user).delete()[0]
    end_sign_ins(user=user, sign_ins=UserSession.objects.filter(user=user), by=by)
    record(by=by, workspace=None, act=Act.ACCOUNT_FACTOR_RESET, target=target(user), before=str(removed))
    return removed


def new_sign_in_link(*, user: User, by: Actor) -> str:
    """The query of a link that signs somebody in once; a second factor is asked for all the same."""
    record(by=by, workspace=None, act=Act.ACCOUNT_LINK, target=target(user))
    return str(get_query_string(user))


def take_sign_in_link(token: str) -> User | None:
    """Whose link it is, once: of many who come with it at the same moment one gets in."""
    user = get_user(token, update_last_login=False)
    if user is None:
        return None
    now = timezone.now()
    taken = User.objects.filter(pk=user.pk, last_login=user.last_login).update(last_login=now)
    user.last_login = now
    return user if taken else None


def confirm_address(*, user: User, by: Actor) -> None:
    """The operator vouches for the one who holds the account; what opens it stays."""
    with transaction.atomic():
        confirm(user)
        record(by=by, workspace=None, act=Act.ACCOUNT_CONFIRM, target=target(user))


def take_over(*, request: HttpRequest, user: User, means: str, spared: SocialAccount | None = None, by: Actor) -> None:
    """Who has shown that the address is theirs comes to an account of which nobody knew that: whoever made it may be somebody else.

    What opened it before ends, other than a password that was set just now (`means` says by what they came) and
    the `spared` connection to the issuer; invitations that it made end too. Its memberships and its work stay, because most
    often it is the same person. They are told, and the activity says so.
    """
    with transaction.atomic():
        if is_confirmed(User.objects.select_for_update().get(pk=user.pk)):
            return
        confirm(user)
        factors = Authenticator.objects.filter(user=user)
        others = SocialAccount.objects.filter(user=user).exclude(pk=spared.pk if spared else None)
        ended = {"second_factors": factors.delete()[0], SINGLE_SIGN_ON: others.delete()[0]}
        if means != PASSWORD_RESET and user.has_usable_password():
            user.set_unusable_password()
            user.save(update_fields=["password"])
            ended[PASSWORD] = 1
        for invitation in Invitation.objects.filter(inviter=user).select_related("workspace"):
            with suppress(NotInvited):  # used at the same moment
                revoke(Scope(workspace=invitation.workspace, by=by, user=user), invitation)
        end_sign_ins(user=user, sign_ins=other_sign_ins(request, user), by=by)
        before = Sentence.joined("several", [opened_by(what) for what, number in ended.items() if number])
        record(
            by=by, workspace=None, act=Act.ACCOUNT_CONFIRM, target=target(user), before=before, after=Sentence.of(f"by_{means}")
        )
    messages.warning(request, TAKEN_OVER)


def note_codes_viewed(*, user: User, by: Actor) -> None:
    record(by=by, workspace=None, act=Act.ACCOUNT_CODES_VIEW, target=target(user))


# --- what allauth and Django do, recorded ---


@receiver(account.user_logged_in)
def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    methods = [opened_by(step.get("type", step["method"])) for step in get_authentication_records(request, user)]
    after = Sentence.joined("several", methods)
    record(by=person(request, user), workspace=None, act=Act.ACCOUNT_SIGN_IN, target=target(user), after=after)


@receiver(auth.user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        record(by=person(request, user), workspace=None, act=Act.ACCOUNT_SIGN_OUT, target=target(user))


def refused(by: Actor, method: str) -> None:
    whom = Target("", by.name)
    record(
        by=by, workspace=None, act=Act.ACCOUNT_SIGN_IN, target=whom, after=opened_by(method), outcome=FAILED, error="refused"
    )


@receiver(auth.user_login_failed)
def wrong_password(request: HttpRequest | None, credentials: dict[str, Any], **_: Any) -> None:
    """A sign-in link that does not work names nobody."""
    if request is not None and (email := credentials.get("email")):
        refused(Actor(str(email)[:254], request.META.get("REMOTE_ADDR", "")), PASSWORD)


@receiver(mfa.authentication_failed)
def wrong_code(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    refused(person(request, user), authenticator.type)


@receiver([account.password_set, account.password_changed, account.password_reset])
def password_set(request: HttpRequest, user: User, **_: Any) -> None:
    """Whoever knew the old one is out: Django's hash in the session sees to that, and the list of sign-ins must not show them."""
    end_other_sessions(request, user)
    record(by=person(request, user), workspace=None, act=Act.ACCOUNT_PASSWORD, target=target(user))


@receiver(account.password_reset)
def password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    """Who reads the mail owns the address."""
    take_over(request=request, user=user, means=PASSWORD_RESET, by=person(request, user))


@receiver(mfa.authenticator_added)
def factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """With the first one, sign-ins that were never asked for it end; this one has just given it."""
    codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    act = Act.ACCOUNT_CODES_CREATE if codes else Act.ACCOUNT_FACTOR_ADD
    record(by=person(request, user), workspace=None, act=act, target=target(user), after=opened_by(authenticator.type))
    if not codes and not other_factors(authenticator):
        end_sign_ins(user=user, sign_ins=other_sign_ins(request, user), by=person(request, user))
        record_authentication(request, user, SECOND_FACTOR, id=authenticator.pk, type=authenticator.type, reauthenticated=True)


def other_factors(authenticator: Authenticator) -> bool:
    others = Authenticator.objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
    return bool(others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


@receiver(mfa.authenticator_reset)
def codes_made_anew(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    factor_added(request=request, user=user, authenticator=authenticator)


@receiver(mfa.authenticator_removed)
def factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    record(
        by=person(request, user),
        workspace=None,
        act=Act.ACCOUNT_FACTOR_REMOVE,
        target=target(user),
        before=opened_by(authenticator.type),
    )


@receiver(social.social_account_added)
def connected(request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    user = sociallogin.user
    by = person(request, user)
    record(by=by, workspace=None, act=Act.ACCOUNT_CONNECT, target=target(user), after=sociallogin.account.get_provider().name)


@receiver(social.social_account_removed)
def disconnected(request: HttpRequest, socialaccount: Any, **_: Any) -> None:
    user, name = socialaccount.user, socialaccount.get_provider().name
    record(by=person(request, user), workspace=None, act=Act.ACCOUNT_DISCONNECT, target=target(user), before=name)
