"""Is everything in order? For operators, and for monitoring: the exit status says it too."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.checks import WARNING, run_checks
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from datasets_ui.models import ApiKey, Membership, Role, Workspace
from datasets_ui.models.api_keys import reminded_from
from datasets_ui.services.housekeeping import HEARTBEAT, WORKER_HEARTBEAT
from datasets_ui.services.keys.rotation import unreadable

Complaints = Iterator[str]


def settings_are_sane() -> Complaints:
    for message in run_checks(include_deployment_checks=settings.PRODUCTION):
        if message.level >= WARNING:
            yield f"{message.msg} {message.hint or ''}".strip()


def migrations_are_done() -> Complaints:
    executor = MigrationExecutor(connection)
    for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield gettext("The migration %(migration)s was not carried out. Run: manage.py migrate") % {"migration": migration}


def keys_decrypt() -> Complaints:
    for what in unreadable():
        words = gettext("DATASETS_KEK does not open %(what)s. Put the key that it was encrypted with back into the list.")
        yield words % {"what": what}


def keys_work() -> Complaints:
    for key in ApiKey.objects.filter(refused_at__isnull=False, disabled_at=None).select_related("workspace"):
        words = gettext("Dify refuses the API key “%(key)s” of “%(workspace)s” since %(moment)s UTC.")
        yield words % {"key": key.name, "workspace": key.workspace.name, "moment": f"{key.refused_at:%Y-%m-%d %H:%M}"}
    for key in ApiKey.objects.filter(expires_on__lte=reminded_from(), disabled_at=None).select_related("workspace"):
        words = gettext("The API key “%(key)s” of “%(workspace)s” expires on %(day)s.")
        yield words % {"key": key.name, "workspace": key.workspace.name, "day": key.expires_on}


def workspaces_have_owners() -> Complaints:
    owned = Membership.objects.filter(role=Role.OWNER, user__is_active=True).values("workspace")
    for workspace in Workspace.objects.exclude(pk__in=owned):
        yield gettext("The workspace “%(workspace)s” has no owner who may sign in.") % {"workspace": workspace.name}


def server_is_alive() -> Complaints:
    beat = cache.get(HEARTBEAT)
    if beat is None:
        yield gettext(
            "No server process has been seen within the last minute. Is gunicorn running with dashboard/gunicorn.conf.py?"
        )
    elif time.time() - beat < 0:
        yield gettext("The last sign of life of a server process lies in the future. Are the clocks of the machines right?")


def worker_is_alive() -> Complaints:
    if cache.get(WORKER_HEARTBEAT) is None:
        yield gettext("No worker has been seen within the last minute. Background jobs wait until one runs: manage.py worker")


CHECKS: dict[str | Promise, Callable[[], Complaints]] = {
    _("Settings"): settings_are_sane,
    _("Migrations"): migrations_are_done,
    _("Every stored secret decrypts"): keys_decrypt,
    _("API keys"): keys_work,
    _("Workspaces"): workspaces_have_owners,
    _("Server"): server_is_alive,
    _("Worker"): worker_is_alive,
}


class Command(BaseCommand):
    help = gettext(
        "Check settings, migrations, stored keys, workspaces, the server and the worker. Exit status 1 when something is wrong."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for name, check in CHECKS.items():
            complaints = self.complaints(check)
            wrong += len(complaints)
            state = gettext("WRONG") if complaints else gettext("ok")
            self.stdout.write(f"{state:<5}  {name}")
            for complaint in complaints:
                self.stdout.write(f"       {complaint}")
        if wrong:
            raise CommandError(gettext("%(number)s to see to.") % {"number": wrong})

    def complaints(self, check: Callable[[], Complaints]) -> list[str]:
        """A database or cache that cannot be reached is one too."""
        try:
            return list(check())
        except (DatabaseError, RedisError) as error:
            words = gettext("This could not be checked: %(error)s. Is the database, or the cache, there?")
            return [words % {"error": type(error).__name__}]
