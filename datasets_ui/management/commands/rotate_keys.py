"""Encrypt everything anew, after a new key was put first into DATASETS_KEK."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datasets_ui.models import Actor, Workspace
from datasets_ui.services.keys.connections import KeysLocked
from datasets_ui.services.keys.rotation import rotate_factor, rotate_workspace
from datasets_ui.services.scope import Scope

OPERATOR = Actor("operator")
LOCKED = _(
    "%(what)s cannot be decrypted with DATASETS_KEK. Nothing of it was changed. Put the key that it was encrypted with back into the "
    "list, behind the new one, and run this again."
)


class Command(BaseCommand):
    help = gettext(
        "Wrap the data keys of all workspaces, and people's second factors, with the first key of DATASETS_KEK. Safe to interrupt "
        "and to run again; afterwards the other keys of the list are not needed any more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--data-keys", action="store_true", help=gettext("also make new data keys and encrypt the API keys anew")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        locked, done = [], 0
        for workspace in Workspace.objects.order_by("slug"):
            try:
                done += rotate_workspace(Scope(workspace=workspace, by=OPERATOR), data_key_too=options["data_keys"])
            except KeysLocked:
                locked.append(gettext("The workspace %(slug)s") % {"slug": workspace.slug})
        for factor_id, email in Authenticator.objects.order_by("pk").values_list("pk", "user__email"):
            try:
                done += rotate_factor(factor_id=factor_id, by=OPERATOR)
            except KeysLocked:
                locked.append(gettext("A second factor of %(email)s") % {"email": email})
        self.stdout.write(gettext("%(number)s encrypted anew; everything else was so already.") % {"number": done})
        if locked:
            raise CommandError("\n".join(LOCKED % {"what": what} for what in locked))
