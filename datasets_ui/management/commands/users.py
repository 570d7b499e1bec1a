"""What the operator does for people: list, disable and enable them, and let in who is locked out."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.translation import gettext

from datasets_ui.models import Actor, User
from datasets_ui.services.team.accounts import confirm_address, new_sign_in_link, reset_second_factor, set_active
from datasets_ui.services.team.addresses import is_confirmed

OPERATOR = Actor("operator")


class Command(BaseCommand):
    help = gettext(
        "List people, disable or enable one, print a one-time sign-in path, confirm an address, or remove somebody's second factors."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help=gettext("everybody, with what protects the account"))
        for act, words in {
            "disable": gettext("end their sign-ins and let them in no more"),
            "enable": gettext("let them in again"),
            "confirm": gettext("vouch that the address belongs to whoever holds the account"),
            "link": gettext("print a path that signs them in once, within an hour"),
            "reset-second-factor": gettext("for somebody who lost phone and recovery codes"),
        }.items():
            acts.add_parser(act, help=words).add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "list":
            return self.list()
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            words = gettext("Nobody has the address %(email)s. `manage.py users list` shows who is there.")
            raise CommandError(words % {"email": options["email"]})
        acts: dict[str, Callable[[User], str]] = {
            "disable": self.disable,
            "enable": self.enable,
            "confirm": self.confirm,
            "link": self.link,
            "reset-second-factor": self.reset,
        }
        self.stdout.write(acts[options["act"]](user))
        return None

    def list(self) -> None:
        for user in User.objects.order_by("email"):
            types = Authenticator.objects.filter(user=user).order_by("type").values_list("type", flat=True).distinct()
            facts = [gettext("password") if user.has_usable_password() else gettext("no password"), *types]
            if not is_confirmed(user):
                facts.append(gettext("address not confirmed"))
            state = gettext("active") if user.is_active else gettext("disabled")
            self.stdout.write(f"{user.email}  {state}  {', '.join(facts)}")

    def disable(self, user: User) -> str:
        set_active(user=user, active=False, by=OPERATOR)
        return gettext("%(email)s is disabled and signed out everywhere.") % {"email": user.email}

    def enable(self, user: User) -> str:
        set_active(user=user, active=True, by=OPERATOR)
        return gettext("%(email)s may sign in again.") % {"email": user.email}

    def confirm(self, user: User) -> str:
        if is_confirmed(user):
            raise CommandError(gettext("The address %(email)s is confirmed already.") % {"email": user.email})
        confirm_address(user=user, by=OPERATOR)
        words = gettext("The address %(email)s is confirmed. What opens the account stays as it is.")
        return words % {"email": user.email}

    def link(self, user: User) -> str:
        if not user.is_active:
            raise CommandError(gettext("%(email)s is disabled. Enable the account first.") % {"email": user.email})
        return reverse("sign-in-link") + new_sign_in_link(user=user, by=OPERATOR)

    def reset(self, user: User) -> str:
        removed = reset_second_factor(user=user, by=OPERATOR)
        words = gettext("%(number)s removed. %(email)s signs in without a second factor and should set one up again.")
        return words % {"number": removed, "email": user.email}
