"""What people do with background jobs: begin, stop, go on, try again what failed, roll back. worker.py does them.

Whoever presses a button answers for what the job does from then on. Only the id of a job goes through the queue.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Generic
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext

from datasets_ui.models import Act, Job, JobItem, Sentence, Target, User
from datasets_ui.services.clock import ahead
from datasets_ui.services.jobs.kinds import Data, ItemType, Kind
from datasets_ui.services.jobs.registry import KINDS
from datasets_ui.services.scope import DatasetScope, Scope

State, ItemState = Job.State, JobItem.State
AT_A_TIME = 500
RATE_OVER = timedelta(minutes=1)
RATE_FROM = 1  # seconds: what begins quickly would be said to go on so

# A job can be worked on: tasks.py puts it into the queue.
job_ready = Signal()


class NotNow(Exception):
    """The job is in no state for that, as its text says."""


@dataclass(frozen=True)
class NewItem(Generic[ItemType]):
    """One change to come: what it is done to, by its name or as a sentence, and what its kind has to know."""

    target: str | Sentence
    item: ItemType


@dataclass(frozen=True)
class NewJob(Generic[ItemType]):
    """A job to begin; its items are done in this order, several at once. No secret may be in `parameters`: they are kept as they
    are. It is over the dataset of its scope, where `dataset_id` names no other."""

    kind: type[Kind[ItemType]]
    title: Sentence
    items: Iterable[NewItem[ItemType]]
    parameters: Data = field(default_factory=dict)
    dataset_id: UUID | None = None
    lane: Job.Lane = Job.Lane.PEOPLE


def target_of(job: Job) -> Target:
    return Target(job.id, job.title)


def begin_job(scope: Scope, new: NewJob[ItemType]) -> Job:
    """Begin a job in the name of whoever acts."""
    with transaction.atomic():
        job = Job.objects.create(
            workspace=scope.workspace,
            kind=new.kind.name,
            title=new.title,
            lane=new.lane,
            made_by=scope.by.name,
            user=scope.user,
            dataset_id=new.dataset_id or (scope.dataset_id if isinstance(scope, DatasetScope) else None),
            parameters=new.parameters,
        )
        number = add_items(job, ((item.target, item.item.to_store()) for item in new.items))
        if new.lane == Job.Lane.PEOPLE:  # what the background only reads is no act
            scope.record(Act.JOB_CREATE, target_of(job), after=Sentence.of("items", number=number))
        wake(job)
    return job


def add_items(job: Job, items: Iterable[tuple[str | Sentence, Data]]) -> int:
    """Add items by their target and data; returns how many. Only some of them are in memory at a time."""
    rows = (JobItem(job=job, position=position, target=target, data=data) for position, (target, data) in enumerate(items))
    number = 0
    while some := JobItem.objects.bulk_create(islice(rows, AT_A_TIME)):
        number += len(some)
    return number


def wake(job: Job) -> None:
    """Have a job worked on. Where nobody begins within the lease, the sweeper asks again."""
    Job.objects.filter(pk=job.pk).update(taken_by="", lease_until=ahead(settings.JOB_LEASE_SECONDS))
    # robust: while the queue is away nobody gets an error page, because the sweeper finds the job
    transaction.on_commit(lambda: job_ready.send(sender=Job, job_id=job.id), robust=True)


def locked(job: Job, *states: Job.State) -> Job:
    """The row, for a change, in one of the states. Raises NotNow. To be called in a transaction."""
    job = Job.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=job.pk)
    if job.state not in states:
        words = gettext("“%(job)s” is %(state)s by now.")
        raise NotNow(words % {"job": job.title, "state": job.get_state_display().lower()})
    if Job.objects.filter(undoes=job).exists():
        raise NotNow(gettext("“%(job)s” was rolled back.") % {"job": job.title})
    return job


def stop_job(scope: Scope, job: Job) -> None:
    """What is under way is finished, nothing else is begun. Raises NotNow."""
    with transaction.atomic():
        job = locked(job, State.QUEUED, State.RUNNING, State.PAUSED)
        under_way = job.items.filter(state=ItemState.TAKEN).exists()
        job.state, job.why = State.STOPPING if under_way else State.STOPPED, Sentence.of("stopped", name=scope.by.name)
        job.finished_at = None if under_way else timezone.now()
        job.save(update_fields=["state", "why", "finished_at"])
        scope.record(Act.JOB_STOP, target_of(job))


def resume_job(scope: Scope, job: Job) -> None:
    """Go on with what is left. Raises NotNow."""
    with transaction.atomic():
        job = locked(job, State.PAUSED, State.STOPPED)
        scope.record(Act.JOB_RESUME, target_of(job), before=job.why)
        go_on(job, scope.user)


def retry_failed(scope: Scope, job: Job) -> None:
    """Try again what has failed; also what is unknown, where the kind looks before it writes. Raises NotNow."""
    states = [ItemState.FAILED, *([ItemState.UNKNOWN] if KINDS[job.kind].looks_first else [])]
    with transaction.atomic():
        job = locked(job, State.DONE)
        again = job.items.filter(state__in=states).update(
            state=ItemState.WAITING, attempts=0, not_before=None, error="", why=Sentence(), finished_at=None
        )
        scope.record(Act.JOB_RETRY, target_of(job), after=Sentence.of("items", number=again))
        go_on(job, scope.user)


def go_on(job: Job, user: User | None) -> None:
    """In the name of whoever pressed the button."""
    job.state, job.why, job.user = State.QUEUED, Sentence(), user
    job.not_before, job.setbacks, job.finished_at = None, 0, None
    job.save(update_fields=["state", "why", "user", "not_before", "setbacks", "finished_at"])
    wake(job)


def may_roll_back(job: Job) -> bool:
    return KINDS[job.kind].can_undo and job.undoes_id is None


def to_roll_back(job: Job) -> QuerySet[JobItem]:
    """What was done, and what may have been, where the kind looks first."""
    perhaps = Q(state=ItemState.UNKNOWN) & ~Q(result={}) if KINDS[job.kind].looks_first else Q(pk=None)
    return job.items.filter(Q(state=ItemState.DONE) | perhaps)


def roll_back(scope: Scope, job: Job) -> Job:
    """Begin a job that takes back what this one has done, the last change first. Raises NotNow."""
    if not may_roll_back(job):
        raise NotNow(gettext("“%(job)s” cannot be rolled back.") % {"job": job.title})
    with transaction.atomic():
        job = locked(job, State.DONE, State.STOPPED)
        undoing = Job.objects.create(
            workspace=job.workspace,
            kind=job.kind,
            title=Sentence.of("roll_back", job=job.title),
            made_by=scope.by.name,
            user=scope.user,
            dataset_id=job.dataset_id,
            parameters=job.parameters,
            undoes=job,
        )
        done = to_roll_back(job).order_by("-position").iterator(AT_A_TIME)
        number = add_items(undoing, ((item.target, {"data": item.data, "result": item.result}) for item in done))
        scope.record(Act.JOB_ROLL_BACK, target_of(job), after=Sentence.of("items", number=number))
        wake(undoing)
    return undoing


@dataclass(frozen=True)
class Standing:
    """How far a job is: its items by state, and at which rate they were finished lately."""

    by_state: dict[str, int]
    per_minute: int

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def left(self) -> int:
        return self.by_state.get(ItemState.WAITING, 0) + self.by_state.get(ItemState.TAKEN, 0)

    @property
    def finished(self) -> int:
        return self.total - self.left

    @property
    def done(self) -> int:
        return self.by_state.get(ItemState.DONE, 0)

    @property
    def skipped(self) -> int:
        return self.by_state.get(ItemState.SKIPPED, 0)

    @property
    def failed(self) -> int:
        """What did not end well, or may not have."""
        return self.by_state.get(ItemState.FAILED, 0) + self.by_state.get(ItemState.UNKNOWN, 0)

    @property
    def percent(self) -> int:
        """100 only where nothing is left."""
        return self.finished * 100 // self.total if self.total else 100

    @property
    def seconds_left(self) -> int | None:
        return self.left * 60 // self.per_minute if self.per_minute else None


def standing(job: Job) -> Standing:
    by_state = dict(job.items.order_by().values_list("state").annotate(Count("pk")))
    return Standing(by_state, rate(job) if job.moving else 0)


def rate(job: Job) -> int:
    """Items a minute, from those that were finished within the last one; 0 where too little is known."""
    lately = job.items.filter(finished_at__gte=ahead(-RATE_OVER.total_seconds()))
    seen = lately.aggregate(number=Count("pk"), first=Min("finished_at"), last=Max("finished_at"))
    seconds = (seen["last"] - seen["first"]).total_seconds() if seen["number"] > 1 else 0.0
    return round((seen["number"] - 1) * 60 / seconds) if seconds >= RATE_FROM else 0
