"""Addresses: which accounts have shown that their e-mail address is theirs. An invitation without an address lets its holder type any."""

from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db.models import Exists, Max, OuterRef

from datasets_ui.models import Act, AuditEvent, User

CONFIRMED = Exists(EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True))


def confirm(user: User) -> None:
    """From now on the address counts as the holder's: a link in a mail, an issuer, or the operator has vouched for it."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def is_confirmed(user: User) -> bool:
    return User.objects.filter(CONFIRMED, pk=user.pk).exists()


def confirmed_since(emails: Iterable[str]) -> dict[str, datetime | None]:
    """For each of the addresses of accounts that was once not confirmed: since when it is; None where it is not."""
    wanted = set(emails)
    later = AuditEvent.objects.filter(act=Act.ACCOUNT_CONFIRM, object_name__in=wanted).order_by()
    since: dict[str, datetime | None] = dict(later.values_list("object_name").annotate(Max("at")))
    return since | dict.fromkeys(User.objects.filter(~CONFIRMED, email__in=wanted).values_list("email", flat=True))
