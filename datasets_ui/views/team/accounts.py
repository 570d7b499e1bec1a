"""Pages about one's own account: allauth's, with what they lack."""

from typing import Any

from allauth.account import views as account
from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from requests import RequestException

from datasets_ui.access import address_of
from datasets_ui.accounts import ask_again, recently_authenticated
from datasets_ui.models import Act, Actor, AuditEvent, User
from datasets_ui.services.team.accounts import end_sign_ins, note_codes_viewed, other_sign_ins
from datasets_ui.services.team.addresses import is_confirmed
from datasets_ui.views.errors import Problem, error_page


class AccountRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


def by(request: AccountRequest) -> Actor:
    return Actor(request.user.email, address_of(request))


@require_safe
@login_required
def overview(request: AccountRequest) -> HttpResponse:
    """Who one is here, and how safe the account is."""
    user = request.user
    passwords = AuditEvent.objects.filter(act=Act.ACCOUNT_PASSWORD, object_id=str(user.pk))
    context = {
        "confirmed": is_confirmed(user),
        "factors": Authenticator.objects.filter(user=user).order_by("created_at"),
        "password_set": passwords.values_list("at", flat=True).first(),
        "sign_ins": len(UserSession.objects.purge_and_list(user)),
        "memberships": user.memberships.select_related("workspace").order_by("workspace__name"),
    }
    return render(request, "account/overview.html", context)


@require_safe
@login_required
def sign_ins(request: AccountRequest) -> HttpResponse:
    """Where one is signed in, the latest first."""
    found = sorted(UserSession.objects.purge_and_list(request.user), key=lambda one: one.last_seen_at, reverse=True)
    return render(request, "usersessions/usersession_list.html", {"sign_ins": found})


@require_POST
@login_required
def end_sign_in(request: AccountRequest, pk: int) -> HttpResponse:
    mine = other_sign_ins(request, request.user)
    get_object_or_404(mine, pk=pk)
    end_sign_ins(user=request.user, sign_ins=mine.filter(pk=pk), by=by(request))
    messages.success(request, _("The sign-in was ended."))
    return redirect("usersessions_list")


@require_POST
@login_required
def end_other_sign_ins(request: AccountRequest) -> HttpResponse:
    end_sign_ins(user=request.user, sign_ins=other_sign_ins(request, request.user), by=by(request))
    messages.success(request, _("You are signed in here only."))
    return redirect("usersessions_list")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reauthenticate(request: AccountRequest) -> HttpResponse:
    """Ask again who they are; who has neither password nor second factor can only sign in again."""
    if not get_adapter().get_reauthentication_methods(request.user):
        return render(request, "account/sign_in_again.html", status=403)
    return answer(account.reauthenticate(request))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def set_password(request: AccountRequest) -> HttpResponse:
    """The first password, which asks for no old one: so for a fresh sign-in."""
    if not request.user.has_usable_password() and not recently_authenticated(request):
        return ask_again(request.path)
    return answer(account.password_set(request))


@require_safe
@login_required
def view_recovery_codes(request: AccountRequest) -> HttpResponse:
    return viewed(request, recovery_codes.view_recovery_codes(request))


@require_safe
@login_required
def download_recovery_codes(request: AccountRequest) -> HttpResponse:
    return viewed(request, recovery_codes.download_recovery_codes(request))


def viewed(request: AccountRequest, response: Any) -> HttpResponse:
    """Allauth's page of the codes, with its audit row; it is an exception, and so not recorded, where it must ask again first."""
    note_codes_viewed(user=request.user, by=by(request))
    return answer(response)


@require_http_methods(["GET", "HEAD", "POST"])
def single_sign_on(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the issuer, by a page of ours: a form may not lead to another site, says our Content-Security-Policy."""
    try:
        response = answer(openid_connect.login(request, provider_id))
    except RequestException:
        words = _("%(issuer)s does not answer. Try again in a moment, or sign in with a password.")
        sentence = words % {"issuer": _(settings.OIDC_NAME)}
        return error_page(request, Problem(502, "issuer_unreachable", _("Single sign-on cannot be reached"), sentence))
    if request.method == "POST" and response.has_header("Location"):
        context = {"redirect_to": response.headers["Location"], "provider": _(settings.OIDC_NAME)}
        return render(request, "socialaccount/login_redirect.html", context)
    return response


@login_required
def connections(request: HttpRequest) -> HttpResponse:
    """Which accounts of the issuer sign one in here."""
    if not settings.OIDC_NAME:
        raise Http404("Single sign-on is not set up.")
    return answer(social.connections(request))


def not_offered(request: HttpRequest, **more: object) -> HttpResponse:  # noqa: ARG001 a view's signature
    """Pages of allauth that do not belong to closed sign-up: further addresses, confirming them, codes by mail."""
    raise Http404("This is not offered here.")


def answer(response: Any) -> HttpResponse:
    """What a view of allauth gave, which has no types."""
    assert isinstance(response, HttpResponse)  # noqa: S101 for the types
    return response
