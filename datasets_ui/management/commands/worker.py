"""Works off background jobs: as many of these as there is work for, on any machine."""

import gc
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import django_rq
import structlog
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils.crypto import get_random_string
from django.utils.translation import gettext
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_rq import Job
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested

from datasets_ui.services import housekeeping
from datasets_ui.services.jobs.items import DATABASE_AWAY
from datasets_ui.services.jobs.worker import ending, sweep

log = structlog.get_logger()

LOOK_SECONDS = 0.5
PAUSE_SECONDS = 2.0


class Command(BaseCommand):
    help = gettext(
        "Work off background jobs. SIGTERM or SIGINT ends it within 10 seconds; what it had not finished, another one does."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        gc.collect()
        gc.freeze()  # all is loaded: it is no garbage, and need not be looked through again and again
        thread, stop = housekeeping.start(
            seconds=settings.JOB_SWEEP_SECONDS, heartbeat=housekeeping.WORKER_HEARTBEAT, chore=sweep
        )
        try:
            while not ending.is_set():
                self.work()
                ending.wait(PAUSE_SECONDS)
        finally:
            stop.set()
            thread.join(timeout=1)

    def work(self) -> None:
        """Until this process is asked to end, or the database or Redis goes away, which is no reason to end."""
        try:
            WORKERS[settings.TASKS_BY]()
        except (*DATABASE_AWAY, RedisError, StopRequested) as error:
            log.warning("worker_interrupted", error=type(error).__name__)


def work_from_database() -> None:
    worker = Worker(
        queue_names=["default"],
        excluded_queue_names=[],
        backend_name="default",
        interval=LOOK_SECONDS,
        startup_delay=False,
        batch=False,
        max_tasks=None,
        worker_id=get_random_string(32),
    )

    def end(number: int, frame: FrameType | None) -> None:
        """Its own handler takes a second signal for impatience; a terminal and the demo each send one."""
        ending.set()
        if worker.running:
            worker.shutdown(number, frame)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    worker.run()


class RqWorker(SimpleWorker):
    """Does the work in this very process: in a child it would not hear of the signal, and its threads are what makes it quick."""

    def execute_job(self, job: Any, queue: Any) -> None:
        close_old_connections()
        super().execute_job(job, queue)
        close_old_connections()

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        ending.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # untyped in Django

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """It ends as quickly as it can already."""


def work_from_redis() -> None:
    # its annotation knows the forking worker only
    worker = django_rq.get_worker("default", worker_class=RqWorker, job_class=Job)  # type: ignore[arg-type]  # our own classes, of theirs
    worker.work(logging_level="WARNING")


WORKERS: dict[str, Callable[[], None]] = {"database": work_from_database, "rq": work_from_redis}
