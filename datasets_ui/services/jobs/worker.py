"""How a job is worked off: by turns of some seconds, so that no job holds up the others, several items of it at once.

A turn holds the job, and each thread of it one item, for as long as a lease says that a heartbeat makes longer. Of a worker that
is killed the leases run out; then sweep() puts the job into the queue again, and the next turn takes the items back.
"""

import threading
import time
import uuid
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from datasets_ui.models import Job, JobItem, Sentence
from datasets_ui.services.clock import ahead
from datasets_ui.services.jobs.control import ItemState, State, wake
from datasets_ui.services.jobs.items import DATABASE_AWAY, process_item, put_back, settle
from datasets_ui.services.jobs.registry import KINDS

log = structlog.get_logger()

# set once this process is asked to end: no turn begins another item
ending = threading.Event()


class Turn:
    """What the threads of one turn share."""

    def __init__(self, job_id: UUID) -> None:
        self.job_id = job_id
        self.token = uuid.uuid4().hex
        self.until = time.monotonic() + settings.JOB_TURN_SECONDS
        self.in_background = Job.objects.filter(pk=job_id, lane=Job.Lane.BACKGROUND).exists()

    @property
    def gives_way(self) -> bool:
        """Whether people wait for a worker, before whom the background does not come."""
        return self.in_background and people_wait()

    @property
    def over(self) -> bool:
        return ending.is_set() or time.monotonic() >= self.until


def work_on(job_id: UUID) -> None:
    """One turn at a job, unless somebody else has it, it waits, gives way, or is over."""
    turn = Turn(job_id)
    if turn.gives_way:
        put_off(job_id)
        return
    if not begin(turn):
        return
    take_back(job_id)
    threads = [threading.Thread(target=process_items, args=(turn,), daemon=True) for _ in range(settings.JOB_THREADS)]
    for thread in threads:
        thread.start()
    watch(threads, turn)
    end(turn)


def people_wait() -> bool:
    """Whether a job of people could be worked on, and nobody is at it."""
    due = Q(not_before=None) | Q(not_before__lte=Now())
    waiting = Job.objects.filter(due, lane=Job.Lane.PEOPLE, state__in=(State.QUEUED, State.RUNNING), taken_by="")
    return waiting.exists()


def put_off(job_id: UUID) -> None:
    """For a while; then sweep() queues it again."""
    waiting = Job.objects.filter(pk=job_id, state__in=Job.MOVING, taken_by="")
    waiting.update(not_before=ahead(settings.JOB_DELAY_SECONDS), lease_until=None)


def begin(turn: Turn) -> bool:
    """Whether the job is this turn's now."""
    free = Q(taken_by="") | Q(lease_until__lt=Now())
    due = Q(not_before=None) | Q(not_before__lte=Now())
    mine = Job.objects.filter(free, due, pk=turn.job_id, state__in=Job.MOVING)
    if not mine.update(taken_by=turn.token, lease_until=ahead(settings.JOB_LEASE_SECONDS)):
        return False
    Job.objects.filter(pk=turn.job_id, state=State.QUEUED).update(state=State.RUNNING)
    return True


def process_items(turn: Turn) -> None:
    """A thread: one item after the other. While the database is away, what it has is left to its lease."""
    try:
        while not turn.over and not turn.gives_way and (item := take_item(turn.job_id, turn.token)):
            process_item(item)
    except DATABASE_AWAY as error:
        log.warning("turn_broken_off", error=type(error).__name__)
    finally:
        connection.close()


def take_item(job_id: UUID, token: str) -> JobItem | None:
    """The next item, which is this turn's until its lease ends. Of many who ask at once, each gets another one."""
    with transaction.atomic():
        due = Q(not_before=None) | Q(not_before__lte=Now())
        may = Q(job__not_before=None) | Q(job__not_before__lte=Now())
        waiting = JobItem.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            due, may, job_id=job_id, state=ItemState.WAITING, job__state=State.RUNNING, job__taken_by=token
        )
        pk = waiting.order_by("position").values_list("pk", flat=True).first()
        if pk is None:
            return None
        JobItem.objects.filter(pk=pk).update(
            state=ItemState.TAKEN, attempts=F("attempts") + 1, taken_by=token, lease_until=ahead(settings.JOB_LEASE_SECONDS)
        )
    return JobItem.objects.select_related("job__workspace", "job__user").get(pk=pk)


def take_back(job_id: UUID) -> None:
    """Hand items out again whose workers are gone; but not for ever, and not where doing one twice would do harm."""
    for item in JobItem.objects.filter(job_id=job_id, state=ItemState.TAKEN, lease_until__lt=Now()).select_related("job"):
        log.warning("worker_lost", job=str(job_id), item=item.position, attempts=item.attempts)
        if not KINDS[item.job.kind].looks_first:
            settle(item, ItemState.UNKNOWN, error="worker_lost", why=Sentence.of("worker_lost"))
        elif item.attempts >= settings.JOB_ATTEMPTS:
            settle(item, ItemState.UNKNOWN, error="worker_lost", why=Sentence.of("workers_lost"))
        else:
            put_back(item, counted=True)


def watch(threads: list[threading.Thread], turn: Turn) -> None:
    """Keep the leases alive until the threads have ended. A process that has to end waits some seconds for what is under way, and
    then leaves it to its lease: handed out at once, it could be done twice."""
    beaten = time.monotonic()
    patience: float | None = None
    while alive := [thread for thread in threads if thread.is_alive()]:
        alive[0].join(0.2)
        now = time.monotonic()
        if ending.is_set():
            patience = patience or now + settings.JOB_GRACE_SECONDS
            if now >= patience:
                return
        if now - beaten >= settings.JOB_HEARTBEAT_SECONDS:
            beat(turn)
            beaten = now


def beat(turn: Turn) -> None:
    """Make the leases longer. What was taken away meanwhile stays away."""
    lease = ahead(settings.JOB_LEASE_SECONDS)
    Job.objects.filter(pk=turn.job_id, taken_by=turn.token).update(lease_until=lease)
    JobItem.objects.filter(job_id=turn.job_id, state=ItemState.TAKEN, taken_by=turn.token).update(lease_until=lease)


def end(turn: Turn) -> None:
    """Give the job back: done, stopped, to be gone on with at once, or when the first of what is left may be tried."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=turn.job_id, taken_by=turn.token).first()
        if job is None:  # deleted, or taken away
            return
        job.taken_by, job.lease_until = "", None
        taken, waiting = (job.items.filter(state=state) for state in (ItemState.TAKEN, ItemState.WAITING))
        if job.state == State.STOPPING and not taken.exists():
            job.state, job.finished_at = State.STOPPED, timezone.now()
        elif job.state == State.RUNNING and not taken.exists() and not waiting.exists():
            job.state, job.why, job.finished_at = State.DONE, Sentence(), timezone.now()
        job.save(update_fields=["taken_by", "lease_until", "state", "why", "finished_at"])
        if job.moving:
            schedule(job)


def schedule(job: Job) -> None:
    """Queue it where there is something to do now; else sweep() does so at the right moment."""
    due = job.items.filter(Q(not_before=None) | Q(not_before__lte=Now()), state=ItemState.WAITING)
    if job.state == State.RUNNING and not job.waits_until and due.exists():
        wake(job)
        return
    first_due = job.items.filter(state=ItemState.WAITING).aggregate(first=Min("not_before"))["first"]
    first_lost = job.items.filter(state=ItemState.TAKEN).aggregate(first=Min("lease_until"))["first"]
    moments = [first_lost] if job.state == State.STOPPING else [first_due, first_lost]
    if known := [moment for moment in moments if moment]:
        job.not_before = max(min(known), job.not_before or min(known))
        job.save(update_fields=["not_before"])


def sweep() -> None:
    """Queue the jobs that nobody works on: their worker is gone, the queue lost them, or the time that they wait for has come."""
    idle = Q(lease_until=None) | Q(lease_until__lt=Now())
    due = Q(not_before=None) | Q(not_before__lte=Now())
    for pk in Job.objects.filter(idle, due, state__in=Job.MOVING).values_list("pk", flat=True):
        with transaction.atomic():
            job = Job.objects.select_for_update(skip_locked=True).filter(idle, due, pk=pk, state__in=Job.MOVING).first()
            if job:  # of several workers that sweep, the first
                wake(job)
