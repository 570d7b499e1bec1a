"""How API keys fare: counted in memory for each call, written to the database every few seconds.

No page waits for its own bookkeeping, and reading a page writes nothing; what a killed process had counted is lost.
"""

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from datasets_ui.dify.errors import (
    AddressRefused,
    BadAnswer,
    DifyError,
    HeldBack,
    ServerFailed,
    TooManyCalls,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from datasets_ui.models import Act, Actor, ApiKey, AuditEvent, KeyUse, Sentence, Target
from datasets_ui.services.audit import record

QUARTER = timedelta(minutes=15)
# the connection's fault; "not found" and the like are the fault of what was asked
FAULTS = (Unreachable, BadAnswer, ServerFailed, TooManyRequests, Unauthorized)
OURS = (TooManyCalls, AddressRefused, HeldBack)  # nothing was sent


@dataclass
class Tally:
    calls: int = 0
    errors: int = 0
    seconds: float = 0.0


@dataclass
class Latest:
    used_at: datetime | None = None
    used_by: str = ""
    error: Sentence = field(default_factory=Sentence)
    error_at: datetime | None = None


class Counts:
    """What this process has counted since it was last written."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tallies: defaultdict[tuple[UUID, datetime], Tally] = defaultdict(Tally)
        self.latest: defaultdict[UUID, Latest] = defaultdict(Latest)

    def add(self, key_id: UUID, by: str, seconds: float, failure: DifyError | None) -> None:
        now = timezone.now()
        with self.lock:
            tally, latest = self.tallies[key_id, quarter(now)], self.latest[key_id]
            tally.calls += 1
            tally.seconds += seconds
            latest.used_at, latest.used_by = now, by
            if isinstance(failure, FAULTS):
                tally.errors += 1
                latest.error, latest.error_at = Sentence.of_error(failure), now

    def take(self) -> tuple[dict[tuple[UUID, datetime], Tally], dict[UUID, Latest]]:
        with self.lock:
            taken = dict(self.tallies), dict(self.latest)
            self.tallies.clear()
            self.latest.clear()
        return taken


counts = Counts()


def quarter(moment: datetime) -> datetime:
    """The begin of the quarter of an hour that a moment falls in."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return moment - since % QUARTER


def observe(key: ApiKey, by: Actor, seconds: float, failure: DifyError | None) -> None:
    """Note a call made with a key; a key that the API refuses is marked at once, one that works again is unmarked."""
    if isinstance(failure, OURS):
        return
    counts.add(key.id, by.name, seconds, failure)
    if isinstance(failure, Unauthorized):
        mark_refused(key, by)
    elif failure is None and key.refused_at:
        ApiKey.objects.filter(pk=key.id).update(refused_at=None)


def mark_refused(key: ApiKey, by: Actor) -> None:
    """Not where the key was replaced while the call was under way."""
    now = timezone.now()
    key.workspace.keys_need_care = True  # the page that is being made says so already
    if ApiKey.objects.filter(pk=key.id, stored_at=key.stored_at, refused_at=None).update(refused_at=now):
        record(
            by=by,
            workspace=key.workspace,
            act=Act.API_KEY_REFUSED,
            target=Target(key.id, key.name),
            outcome=AuditEvent.Outcome.FAILED,
            error=Unauthorized.code,
        )


def write_counts() -> None:
    """Add what this process has counted to the database."""
    tallies, latest = counts.take()
    known = set(ApiKey.objects.filter(pk__in=latest).values_list("pk", flat=True))
    for (key_id, at), tally in tallies.items():
        if key_id in known:
            add_use(key_id, at, tally)
    for key_id, seen in latest.items():
        changes: dict[str, object] = {"last_used_at": seen.used_at, "last_used_by": seen.used_by}
        if seen.error_at:
            changes |= {"last_error": seen.error, "last_error_at": seen.error_at}
        ApiKey.objects.filter(pk=key_id).update(**changes)


def add_use(key_id: UUID, at: datetime, tally: Tally) -> None:
    """Several processes add to one row."""
    with transaction.atomic():
        use, _ = KeyUse.objects.get_or_create(api_key_id=key_id, at=at)
        KeyUse.objects.filter(pk=use.pk).update(
            calls=F("calls") + tally.calls,
            errors=F("errors") + tally.errors,
            milliseconds=F("milliseconds") + round(tally.seconds * 1000),
        )
