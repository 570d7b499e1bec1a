"""How one item of a job is done, and what becomes of the item and of its job when that goes wrong."""

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from datasets_ui.dify.errors import (
    AddressRefused,
    DifyError,
    HostNotFound,
    Refused,
    ServerFailed,
    TlsFailed,
    TooManyCalls,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from datasets_ui.dify.http import QUOTAS
from datasets_ui.models import Act, Actor, Job, JobItem, Role, Sentence
from datasets_ui.services.audit import record
from datasets_ui.services.clock import ahead
from datasets_ui.services.jobs.control import ItemState, State, target_of
from datasets_ui.services.jobs.kinds import PASSING_CODES, SYSTEM, Context, Data, Failed, LostItem, NotYet, Skipped
from datasets_ui.services.jobs.registry import KINDS
from datasets_ui.services.keys.connections import KeysLocked, NotConnected, connect
from datasets_ui.services.locks import BeingChanged
from datasets_ui.services.scope import ApiScope

log = structlog.get_logger()

# what an item has is left to its lease
DATABASE_AWAY = (DatabaseError, InterfaceError)
# nothing goes on until a person has done something about it
PAUSING = (Unauthorized, AddressRefused, TlsFailed)
# nothing was done, and the other items would fare no better: the whole job waits, and no attempt is counted
DELAYING = (TooManyRequests, Refused, HostNotFound, TooManyCalls)
# this item may succeed a little later
PASSING = (Unreachable, ServerFailed)
LOCK_WAIT = 2.0
LONGEST_WAIT = 24 * 3600.0
LONGEST_OWN_WAIT = 300.0
QUOTA_WAIT = 60.0


def process_item(item: JobItem) -> None:
    """Do one item that was taken, unless who answers for the job may not do so any more."""
    if lost := role_lost(item.job):
        (pause if item.job.lane == Job.Lane.BACKGROUND else halt)(item.job, lost)
        put_back(item, counted=False)
        return
    try:
        item.result |= carry_out(item) or {}
    except LostItem:
        log.warning("item_lost", job=str(item.job_id), item=item.position)
    except Skipped as reason:
        settle(item, ItemState.SKIPPED, why=reason.why)
    except NotYet:
        put_back(item, counted=False, seconds=settings.JOB_DELAY_SECONDS)
    except Failed as reason:
        settle(item, ItemState.FAILED, error="failed", why=reason.why)
    except (NotConnected, KeysLocked) as reason:
        pause(item.job, reason.why if isinstance(reason, NotConnected) else Sentence.of("keys_locked"))
        put_back(item, counted=False)
    except DifyError as error:
        handle(item, error)
    except DATABASE_AWAY:
        raise
    except Exception:
        log.exception("item_broken", job=str(item.job_id), item=item.position)
        settle(item, ItemState.FAILED, error="broken", why=Sentence.of("broken"))
    else:
        settle(item, ItemState.DONE, why=Sentence.stored(item.result.get("said")))


def carry_out(item: JobItem) -> Data | None:
    """Through the API, with a client made for this one item: a key that was replaced or disabled counts with the next."""
    job, by = item.job, actor_of(item.job)

    def keep(data: Data) -> None:
        item.result |= data
        lease = ahead(settings.JOB_LEASE_SECONDS)
        if not still_ours(item).update(result=item.result, lease_until=lease):
            raise LostItem

    dify = connect(job.workspace, by, job.dataset_id).impatient()
    scope = ApiScope(workspace=job.workspace, by=by, user=job.user, dify=dify)
    context = Context(
        job_id=job.id,
        position=item.position,
        scope=scope.dataset(job.dataset_id) if job.dataset_id else scope,
        parameters=job.parameters,
        noted=dict(item.result),
        keep=keep,
    )
    kind = KINDS[job.kind]
    if job.undoes_id is None:
        return kind.run(kind.item.stored(item.data), context)
    return kind.undo(kind.item.stored(item.data["data"]), item.data["result"], context)


def actor_of(job: Job) -> Actor:
    return Actor(job.user.email if job.user else job.made_by)


def role_lost(job: Job) -> Sentence:
    """Why the job may not go on; it says nothing where it may, as the system's always may."""
    if job.lane == Job.Lane.BACKGROUND and job.made_by == SYSTEM.name:
        return Sentence()
    found = job.workspace.memberships.filter(user=job.user_id, user__is_active=True).values_list("role", flat=True).first()
    name = actor_of(job).name
    if found is None:
        return Sentence.of("no_member", name=name)
    return Sentence() if Role(found).covers(KINDS[job.kind].role) else Sentence.of("role_lost", name=name)


# --- what becomes of the item ---


def still_ours(item: JobItem) -> QuerySet[JobItem]:
    return JobItem.objects.filter(pk=item.pk, state=ItemState.TAKEN, taken_by=item.taken_by)


def settle(item: JobItem, state: JobItem.State, *, error: str = "", why: Sentence | None = None) -> None:
    """The end of an item; nothing where it was handed to somebody else."""
    still_ours(item).update(
        state=state,
        error=error[:60],
        why=why or Sentence(),
        result=item.result,
        finished_at=Now(),
        taken_by="",
        lease_until=None,
    )
    if item.job.setbacks and state == ItemState.DONE:
        Job.objects.filter(pk=item.job_id).update(setbacks=0)


def put_back(item: JobItem, *, counted: bool, seconds: float = 0) -> None:
    """Leave an item to be taken again, after some seconds; an attempt that says nothing about it is not counted."""
    still_ours(item).update(
        state=ItemState.WAITING,
        attempts=F("attempts") - (0 if counted else 1),
        taken_by="",
        lease_until=None,
        not_before=ahead(seconds) if seconds else None,
    )


def handle(item: JobItem, error: DifyError) -> None:
    if isinstance(error, PAUSING):
        pause(item.job, Sentence.of_error(error))
        put_back(item, counted=False)
    elif isinstance(error, DELAYING):
        delay(item.job, error)
        put_back(item, counted=False)
    elif isinstance(error, BeingChanged):  # by somebody on a page, or by a worker that was killed over it
        put_back(item, counted=False, seconds=LOCK_WAIT)
    elif error.outcome_unknown and not KINDS[item.job.kind].looks_first:
        settle(item, ItemState.UNKNOWN, error=error.code, why=Sentence.of_error(error))
    elif not (error.outcome_unknown or isinstance(error, PASSING) or error.code in PASSING_CODES):
        settle(item, ItemState.FAILED, error=error.code, why=Sentence.of_error(error))
    elif item.attempts < settings.JOB_ATTEMPTS:
        put_back(item, counted=True, seconds=settings.JOB_BACKOFF_SECONDS**item.attempts)
    else:  # what was noted may have been followed by a write
        state = ItemState.UNKNOWN if error.outcome_unknown or item.result else ItemState.FAILED
        settle(item, state, error=error.code, why=Sentence.of_error(error))


# --- what becomes of the job ---


def delay(job: Job, error: DifyError) -> None:
    """Wait as long as Dify asks, or longer with each time in a row; all jobs of the workspace do, for its limit counts them all."""
    own = min(settings.JOB_DELAY_SECONDS * 2**job.setbacks, LONGEST_OWN_WAIT)
    asked = error.retry_after or max(own, QUOTA_WAIT if error.code in QUOTAS else 0)
    until = ahead(min(asked, LONGEST_WAIT))
    told = Sentence.of_error(error).without("detail")  # the words of one call are not those of all jobs
    live = Job.objects.filter(workspace=job.workspace_id, state__in=(State.QUEUED, State.RUNNING))
    live.filter(Q(not_before=None) | Q(not_before__lt=until)).update(not_before=until, why=told)
    # several threads meet the same refusal: it counts once
    Job.objects.filter(pk=job.pk, setbacks=job.setbacks).update(setbacks=F("setbacks") + 1)


def pause(job: Job, why: Sentence) -> None:
    """Until a person goes on with it; of several threads that find the same, the first."""
    change_state(job, State.PAUSED, Act.JOB_PAUSE, why)


def halt(job: Job, why: Sentence) -> None:
    change_state(job, State.STOPPING, Act.JOB_STOP, why)


def change_state(job: Job, state: Job.State, act: Act, why: Sentence) -> None:
    with transaction.atomic():
        if Job.objects.filter(pk=job.pk, state=State.RUNNING).update(state=state, why=why):
            record(by=actor_of(job), workspace=job.workspace, act=act, target=target_of(job), after=why)
