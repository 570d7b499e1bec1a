"""How allauth works here: closed sign-up, sealed second factors, and when somebody has to show again who they are."""

import time
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.models import Invitation, User
from datasets_ui.services.keys.connections import seal_factor, unseal_factor
from datasets_ui.services.team.accounts import SECOND_FACTOR, SINGLE_SIGN_ON, person, take_over
from datasets_ui.services.team.addresses import is_confirmed
from datasets_ui.services.team.invitations import INVITATION_SESSION_KEY, fits, live_invitation

CONFIRM_BY = {
    "reauthenticate": _("Use your password"),
    "mfa_reauthenticate": _("Use your authenticator app or a recovery code"),
    "mfa_reauthenticate:webauthn": _("Use your passkey"),
}


def sign_in(request: HttpRequest, user: User, *, method: str, redirect_url: str | None = None) -> HttpResponse:
    """Sign in somebody who has shown by `method` who they are. A second factor is asked for all the same."""
    if request.user.is_authenticated:  # allauth asks nobody for a second factor who is in already
        AccountAdapter(request).logout(request)
    record_authentication(request, user, method)
    answer: HttpResponse = perform_login(request, user, redirect_url=redirect_url)
    return answer


def recently_authenticated(request: HttpRequest) -> bool:
    """Whether they have shown who they are within 15 minutes: by signing in, or when asked again."""
    oldest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(record["at"] > oldest for record in get_authentication_records(request, request.user))


def gave_second_factor(request: HttpRequest) -> bool:
    """Whether this sign-in was asked for a second factor or began with a passkey; that the account has one says nothing of it."""
    return any(record["method"] == SECOND_FACTOR for record in get_authentication_records(request, request.user))


def ask_for_factor(request: HttpRequest, next_path: str) -> HttpResponse:
    """To the page that asks for the second factor, the passkey where there is one, and from there back."""
    ways = AccountAdapter(request).get_reauthentication_methods(request.user)
    url = [way["url"] for way in ways if way["id"].startswith("mfa_")][-1]
    return redirect(f"{url}?{urlencode({'next': next_path})}")


def ask_again(next_path: str) -> HttpResponse:
    """To the page that asks who they are, and from there back. What was posted is not kept: it may be a secret."""
    return redirect(reverse("account_reauthenticate", query={"next": next_path}))


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The invitation by which they came, if it still lets somebody in."""
    return live_invitation(request.session.get(INVITATION_SESSION_KEY, ""))


class PasswordChanged(Exception):
    """The password was set by somebody else since the page was asked for."""


def named(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email", "")).lower()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Sign-up is closed: people are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 allauth's signature
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """What wrong passwords are counted by: the account and the address they come from, so that a stranger does not lock the
        right one out. allauth takes the host instead, whose port is the client's choice."""
        return f"{ratelimit.get_ip(request)} {named(credentials)}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """The account alone is counted too, with a far higher limit: for guesses that come from everywhere."""
        super().pre_authenticate(request, **credentials)
        usage = ratelimit.consume(request, app="allauth.account", action="account_failed", key=named(credentials))
        if usage is None:
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage.usage.extend(usage.usage)  # taken back with the others when the password is right

    def set_password(self, user: User, password: str) -> None:
        """Of many who come with one link at the same moment one sets it; nothing else of the account is written. Raises
        PasswordChanged."""
        before = user.password
        user.set_password(password)
        if not User.objects.filter(pk=user.pk, password=before).update(password=user.password):
            raise PasswordChanged

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Whoever came with an invitation goes on to it."""
        return reverse("invitation") if invitation_of(request) else str(super().get_login_redirect_url(request))

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, str]]:
        """By what they can confirm that it is them, in our words."""
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        return [method | {"description": str(CONFIRM_BY[method["id"]])} for method in methods]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:  # noqa: ARG002 allauth's signature
        """A fresh sign-in counts, which allauth would not see. Who has nothing to be asked for is not waved through. Second
        factors are changed by who has given one."""
        request = context.request
        if app == "allauth.mfa" and is_mfa_enabled(request.user) and not gave_second_factor(request):
            raise ImmediateHttpResponse(
                ask_for_factor(request, request.path)
            )  # or a password would do to put another in its place
        if recently_authenticated(request):
            return False
        if not self.get_reauthentication_methods(request.user):
            raise ImmediateHttpResponse(ask_again(request.path))
        return True


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets of second factors are stored encrypted. Reading them raises KeysLocked without the operator's key."""

    def encrypt(self, text: str) -> str:
        return seal_factor(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal_factor(encrypted_text)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 allauth's signature
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)s") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": settings.MFA_TOTP_ISSUER}


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Single sign-on lets in who is known here by an address that the issuer has verified."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The issuer vouches for the address of an account: whoever made it without such a proof is put out. The owner sees the
        account first, not a workspace, which may be a stranger's."""
        user = sociallogin.user
        signs_in = sociallogin.state.get("process") == AuthProcess.LOGIN
        if not (signs_in and sociallogin.is_existing and user.is_active and user.email in verified_by(sociallogin)):
            return
        if not is_confirmed(user):
            by = person(request, user)
            take_over(request=request, user=user, means=SINGLE_SIGN_ON, spared=sociallogin.account, by=by)
            sociallogin.state["next"] = reverse("invitation" if invitation_of(request) else "account")

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whoever is not known needs an invitation, and the verified address that it is for."""
        invitation = invitation_of(request)
        return invitation is not None and any(fits(invitation, email) for email in verified_by(sociallogin))


def verified_by(sociallogin: SocialLogin) -> list[str]:
    """The addresses that the issuer says are theirs."""
    return [address.email.lower() for address in sociallogin.email_addresses if address.verified]
