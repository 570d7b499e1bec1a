"""What tests of accounts share: people, their authenticator apps, and clients that come in by the front door."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client
from django.urls import reverse

from datasets_ui.models import AuditEvent, User
from tests.support.stage import Answer

PASSWORD = "a long enough one"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sign_in(client: Client, email: str = "dora@example.com", password: str = PASSWORD, **more: str) -> Answer:
    return client.post(reverse("account_login"), {"login": email, "password": password} | more)


def signed_in_as(client: Client) -> str | None:
    """Whom the server takes the client for."""
    answer: Answer = client.get(reverse("account"))
    return str(answer.wsgi_request.user) if answer.status_code == 200 else None


def with_app(user: User) -> str:
    """Give somebody an authenticator app; its secret."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def in_by_app(client: Client, user: User) -> str:
    """Give somebody an authenticator app, and sign them in with password and code; its secret."""
    secret = with_app(user)
    sign_in(client, user.email)
    client.post(reverse("mfa_authenticate"), {"code": code(secret)})
    return secret


def factor_given(client: Client) -> None:
    """As if this sign-in had been asked for the second factor."""
    session = client.session
    session["account_authentication_methods"] = [
        *session["account_authentication_methods"],
        {"method": "mfa", "at": time.time()},
    ]
    session.save()


def codes_of(user: User) -> list[str]:
    """Give somebody recovery codes."""
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


def code(secret: str) -> str:
    """What an authenticator app shows now; never one that is over before it was typed."""
    left = 30 - time.time() % 30
    if left < 3:
        time.sleep(left)
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def wrong(secret: str) -> str:
    return f"{(int(code(secret)) + 1) % 1_000_000:06}"


def factors(user: User) -> list[str]:
    return list(Authenticator.objects.filter(user=user).order_by("id").values_list("type", flat=True))


def grown_old(client: Client) -> None:
    """As if they had shown who they are 16 minutes ago."""
    session = client.session
    session["account_authentication_methods"] = [
        record | {"at": time.time() - 960} for record in session.get("account_authentication_methods", [])
    ]
    session.save()


def rows() -> list[tuple[str, str, str]]:
    """What was recorded, oldest first: who, what, with which outcome."""
    return list(AuditEvent.objects.order_by("id").values_list("actor", "act", "outcome"))
