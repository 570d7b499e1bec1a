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
from redis.exceptions import RedisError

from datasets_ui.models import ApiKey, Membership, Role, Workspace
from datasets_ui.models.api_keys import reminded_from
from datasets_ui.services.encryption import unreadable
from datasets_ui.services.housekeeping import HEARTBEAT, WORKER_HEARTBEAT

Complaints = Iterator[str]


def settings_are_sane() -> Complaints:
    for message in run_checks(include_deployment_checks=settings.PRODUCTION):
        if message.level >= WARNING:
            yield f"{message.msg} {message.hint or ''}".strip()


def migrations_are_done() -> Complaints:
    executor = MigrationExecutor(connection)
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield f"The migration {migration} was not carried out. Run: manage.py migrate"


def keys_decrypt() -> Complaints:
    for what in unreadable():
        yield f"DATASETS_KEK does not open {what}. Put the key that it was encrypted with back into the list."


def keys_work() -> Complaints:
    for key in ApiKey.objects.filter(refused_at__isnull=False, disabled_at=None).select_related("workspace"):
        yield f"Dify refuses the API key “{key.name}” of “{key.workspace.name}” since {key.refused_at:%Y-%m-%d %H:%M} UTC."
    for key in ApiKey.objects.filter(expires_on__lte=reminded_from(), disabled_at=None).select_related("workspace"):
        yield f"The API key “{key.name}” of “{key.workspace.name}” expires on {key.expires_on}."


def workspaces_have_owners() -> Complaints:
    owned = Membership.objects.filter(role=Role.OWNER, user__is_active=True).values("workspace")
    for workspace in Workspace.objects.exclude(pk__in=owned):
        yield f"The workspace “{workspace.name}” has no owner who may sign in."


def server_is_alive() -> Complaints:
    beat = cache.get(HEARTBEAT)
    if beat is None:
        yield "No server process has been seen within the last minute. Is gunicorn running with dashboard/gunicorn.conf.py?"
    elif time.time() - beat < 0:
        yield "The last sign of life of a server process lies in the future. Are the clocks of the machines right?"


def worker_is_alive() -> Complaints:
    if cache.get(WORKER_HEARTBEAT) is None:
        yield "No worker has been seen within the last minute. Background jobs wait until one runs: manage.py worker"


CHECKS: dict[str, Callable[[], Complaints]] = {
    "Settings": settings_are_sane,
    "Migrations": migrations_are_done,
    "Every stored secret decrypts": keys_decrypt,
    "API keys": keys_work,
    "Workspaces": workspaces_have_owners,
    "Server": server_is_alive,
    "Worker": worker_is_alive,
}


class Command(BaseCommand):
    help = (
        "Check settings, migrations, stored keys, workspaces, the server and the worker. Exit status 1 when something is wrong."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for name, check in CHECKS.items():
            complaints = self.complaints(check)
            wrong += len(complaints)
            self.stdout.write(f"{'ok   ' if not complaints else 'WRONG'}  {name}")
            for complaint in complaints:
                self.stdout.write(f"       {complaint}")
        if wrong:
            raise CommandError(f"{wrong} to see to.")

    def complaints(self, check: Callable[[], Complaints]) -> list[str]:
        """A database or cache that cannot be reached is one too."""
        try:
            return list(check())
        except (DatabaseError, RedisError) as error:
            return [f"This could not be checked: {type(error).__name__}. Is the database, or the cache, there?"]
