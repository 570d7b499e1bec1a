"""What the operator does for people: list, disable and enable them, and let in who is locked out."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from datasets_ui.models import Actor, User
from datasets_ui.services.accounts import confirm_address, new_sign_in_link, reset_second_factor, set_active
from datasets_ui.services.addresses import is_confirmed

OPERATOR = Actor("operator")


class Command(BaseCommand):
    help = "List people, disable or enable one, print a one-time sign-in path, confirm an address, or remove somebody's second factors."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="everybody, with what protects the account")
        for act, words in {
            "disable": "end their sign-ins and let them in no more",
            "enable": "let them in again",
            "confirm": "vouch that the address belongs to whoever holds the account",
            "link": "print a path that signs them in once, within an hour",
            "reset-second-factor": "for somebody who lost phone and recovery codes",
        }.items():
            acts.add_parser(act, help=words).add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "list":
            return self.list()
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']}. `manage.py users list` shows who is there.")
        self.stdout.write({
            "disable": self.disable, "enable": self.enable, "confirm": self.confirm, "link": self.link,
            "reset-second-factor": self.reset,
        }[options["act"]](user))  # fmt: skip
        return None

    def list(self) -> None:
        for user in User.objects.order_by("email"):
            types = Authenticator.objects.filter(user=user).order_by("type").values_list("type", flat=True).distinct()
            facts = ["password" if user.has_usable_password() else "no password", *types]
            if not is_confirmed(user):
                facts.append("address not confirmed")
            self.stdout.write(f"{user.email}  {'active' if user.is_active else 'disabled'}  {', '.join(facts)}")

    def disable(self, user: User) -> str:
        set_active(user=user, active=False, by=OPERATOR)
        return f"{user.email} is disabled and signed out everywhere."

    def enable(self, user: User) -> str:
        set_active(user=user, active=True, by=OPERATOR)
        return f"{user.email} may sign in again."

    def confirm(self, user: User) -> str:
        if is_confirmed(user):
            raise CommandError(f"The address {user.email} is confirmed already.")
        confirm_address(user=user, by=OPERATOR)
        return f"The address {user.email} is confirmed. What opens the account stays as it is."

    def link(self, user: User) -> str:
        if not user.is_active:
            raise CommandError(f"{user.email} is disabled. Enable the account first.")
        return reverse("sign-in-link") + new_sign_in_link(user=user, by=OPERATOR)

    def reset(self, user: User) -> str:
        removed = reset_second_factor(user=user, by=OPERATOR)
        return f"{removed} removed. {user.email} signs in without a second factor and should set one up again."
