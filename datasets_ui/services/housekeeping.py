"""What happens beside the work, in a thread of each server and worker process: bookkeeping is written, what is too old goes."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from redis.exceptions import RedisError

from datasets_ui.models import AuditEvent, Invitation, Job, KeyUse, Lock, SegmentStates
from datasets_ui.services.keys.usage import write_counts
from datasets_ui.services.replacements.jobs import Find

log = structlog.get_logger()

WRITE_SECONDS = 5.0
TIDY_SECONDS = 3600.0
HEARTBEAT = "heartbeat"
WORKER_HEARTBEAT = "worker-heartbeat"
HEARTBEAT_SECONDS = 60
LOCKS_KEPT = timedelta(days=1)
USES_KEPT = timedelta(days=7)
JOBS_KEPT = timedelta(days=90)
DRY_RUNS_KEPT = timedelta(days=7)
QUEUE_KEPT = timedelta(days=1)


def tidy() -> None:
    """Remove what is older than it is kept: activity, counts of calls, invitations, jobs, dry runs that nobody began, sign-ins."""
    now = timezone.now()
    AuditEvent.objects.filter(at__lt=now - timedelta(days=settings.ACTIVITY_DAYS)).purge()
    SegmentStates.objects.filter(at__lt=now - timedelta(days=settings.ACTIVITY_DAYS)).delete()
    KeyUse.objects.filter(at__lt=now - USES_KEPT).delete()
    Invitation.objects.filter(expires_at__lt=now).delete()
    Lock.objects.filter(until__lt=now - LOCKS_KEPT).delete()  # those of killed processes
    Job.objects.filter(finished_at__lt=now - JOBS_KEPT).delete()
    dry_runs = Job.objects.filter(kind=Find.name, finished_at__lt=now - DRY_RUNS_KEPT)
    dry_runs.exclude(parameters__has_key="begun").delete()
    DBTaskResult.objects.filter(enqueued_at__lt=now - QUEUE_KEPT).delete()  # those of killed workers would stay for ever
    call_command("clearsessions")


def nothing() -> None:
    """No chore of its own."""


def keep_house(heartbeat: str = HEARTBEAT, chore: Callable[[], None] = nothing) -> None:
    """One round. A database or cache that is away is no reason to stop; the next round tries again."""
    try:
        write_counts()
        cache.set(heartbeat, time.time(), HEARTBEAT_SECONDS)
        chore()
        if cache.add("tidied", 1, TIDY_SECONDS):  # one process an hour
            tidy()
    except (DatabaseError, RedisError) as error:
        log.warning("housekeeping_failed", error=type(error).__name__)


def run(stop: threading.Event, seconds: float, heartbeat: str, chore: Callable[[], None]) -> None:
    """Between two rounds no connection is held: it would be one of the pool's eight."""
    last = False
    while not last:
        last = stop.wait(seconds)
        keep_house(heartbeat, chore)
        connection.close()


def start(
    *, seconds: float = WRITE_SECONDS, heartbeat: str = HEARTBEAT, chore: Callable[[], None] = nothing
) -> tuple[threading.Thread, threading.Event]:
    """Begin in this process; set the event, and join, to end with a last round."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop, seconds, heartbeat, chore), name="housekeeping", daemon=True)
    thread.start()
    return thread, stop
