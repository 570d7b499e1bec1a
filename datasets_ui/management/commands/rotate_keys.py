"""Encrypt everything anew, after a new key was put first into DATASETS_KEK."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets_ui.models import Actor, Workspace
from datasets_ui.services.connections import KeysLocked
from datasets_ui.services.encryption import rotate_factor, rotate_workspace

OPERATOR = Actor("operator")
LOCKED = (
    "{what} cannot be decrypted with DATASETS_KEK. Nothing of it was changed. Put the key that it was encrypted with back into the "
    "list, behind the new one, and run this again."
)


class Command(BaseCommand):
    help = (
        "Wrap the data keys of all workspaces, and people's second factors, with the first key of DATASETS_KEK. Safe to interrupt "
        "and to run again; afterwards the other keys of the list are not needed any more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data-keys", action="store_true", help="also make new data keys and encrypt the API keys anew")

    def handle(self, *args: Any, **options: Any) -> None:
        locked, done = [], 0
        for workspace_id, slug in Workspace.objects.order_by("slug").values_list("pk", "slug"):
            try:
                done += rotate_workspace(workspace_id=workspace_id, data_key_too=options["data_keys"], by=OPERATOR)
            except KeysLocked:
                locked.append(f"The workspace {slug}")
        for factor_id, email in Authenticator.objects.order_by("pk").values_list("pk", "user__email"):
            try:
                done += rotate_factor(factor_id=factor_id, by=OPERATOR)
            except KeysLocked:
                locked.append(f"A second factor of {email}")
        self.stdout.write(f"{done} encrypted anew; everything else was so already.")
        if locked:
            raise CommandError("\n".join(LOCKED.format(what=what) for what in locked))
