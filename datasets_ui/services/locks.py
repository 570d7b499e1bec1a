"""One at a time: whoever changes something in Dify holds a lock on it from the look to the last write, pages and jobs alike.

The API compares nothing before it overwrites, so between a look and a write nobody else may write. A lock is a row with a lease:
no transaction and no connection is held while Dify is waited for, and of a process that is killed the lease runs out.
"""

import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from datasets_ui.dify.errors import DifyError
from datasets_ui.models import Lock, Workspace
from datasets_ui.services.clock import ahead
from datasets_ui.services.database import release_connection

PATIENCE_SECONDS = 3.0
LOOK_SECONDS = 0.1


class BeingChanged(DifyError):
    """Somebody else is changing it, and went on for longer than one waits; nothing was sent to Dify."""

    code = "being_changed"


@dataclass(frozen=True)
class Lease:
    """Locks that are held together."""

    names: tuple[str, ...]
    token: str
    seconds: float

    def renew(self) -> None:
        """Have the whole time again, for the next step. Raises BeingChanged where it ran out and somebody else has one of them."""
        mine = Lock.objects.filter(name__in=self.names, token=self.token)
        if mine.update(until=ahead(self.seconds)) != len(self.names):
            raise BeingChanged


@contextmanager
def locked(*names: str, seconds: float | None = None) -> Iterator[Lease]:
    """Hold these while something is looked at and changed; `seconds` must be longer than all calls up to the next renewal may
    take. Waits a little for whoever has one of them. Not to be nested over the same name. Raises BeingChanged."""
    # in one order for everybody, so that two who need the same ones never wait for each other
    wanted = tuple(sorted(set(names)))
    lease = Lease(wanted, uuid.uuid4().hex, seconds or settings.LOCK_SECONDS)
    patience = time.monotonic() + PATIENCE_SECONDS
    try:
        for name in wanted:
            while not take(name, lease):
                if time.monotonic() >= patience:
                    raise BeingChanged
                release_connection()  # others need the connection meanwhile
                time.sleep(LOOK_SECONDS)
        yield lease
    finally:
        Lock.objects.filter(name__in=wanted, token=lease.token).delete()


def take(name: str, lease: Lease) -> bool:
    """Whether it is this lease's now: it was free, or its time was over."""
    until = ahead(lease.seconds)
    if Lock.objects.filter(name=name, until__lt=Now()).update(token=lease.token, until=until):
        return True
    Lock.objects.bulk_create([Lock(name=name, token=lease.token, until=until)], ignore_conflicts=True)
    return Lock.objects.filter(name=name, token=lease.token).exists()


# A workspace's locks are its own: with an id that somebody else happens to know, nothing of another workspace can be held up.


def of_segment(workspace: Workspace, segment_id: UUID) -> str:
    """Over a segment with its child chunks."""
    return f"segment:{workspace.id}:{segment_id}"


def of_document(workspace: Workspace, document_id: UUID) -> str:
    """Over whether a document is enabled and archived."""
    return f"document:{workspace.id}:{document_id}"


def of_name(workspace: Workspace, dataset_id: UUID, name: str) -> str:
    """Over which document of a dataset has this name."""
    return f"name:{workspace.id}:{hashlib.sha256(f'{dataset_id}/{name}'.encode()).hexdigest()[:40]}"


def of_dataset(workspace: Workspace, dataset_id: UUID) -> str:
    """Over a dataset's own settings."""
    return f"dataset:{workspace.id}:{dataset_id}"
