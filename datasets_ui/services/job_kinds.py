"""What a kind of job is: how one item is done, and undone. Writers of kinds read this module; `KINDS` in jobs.py lists them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.models import Actor, Role, Workspace

Data = dict[str, Any]
# refusals that are over in a moment
PASSING_CODES = frozenset({"segment_indexing", "document_indexing", "dataset_indexing_in_progress"})


@dataclass(frozen=True)
class Context:
    """What is around an item: the job with its workspace, dataset and parameters, the client, and in whose name it is done.

    `noted` is what an earlier attempt at this item noted, such as one that was killed; empty at the first.
    """

    job_id: UUID
    workspace: Workspace
    of_dataset: UUID | None
    parameters: Data
    dify: DifyClient
    by: Actor
    noted: Data
    keep: Callable[[Data], None]

    @property
    def dataset_id(self) -> UUID:
        """Of a job over one dataset."""
        if self.of_dataset is None:
            raise Failed("The job names no dataset.")
        return self.of_dataset

    def note(self, data: Data) -> None:
        """Keep what undoing will need. Call it before the write: a worker that is killed in between has kept it. Raises LostItem
        where the item is somebody else's by now, so that nothing is written twice."""
        self.keep(data)


class Kind(ABC):
    """A kind of job; one object for all jobs of its name.

    `looks_first`: run() and undo() look before they write, so that an item whose outcome is not known is simply done again. A kind
    that cannot do so sets it to False, and such items end as "unknown".
    """

    name: ClassVar[str]
    role: ClassVar[Role] = Role.EDITOR
    looks_first: ClassVar[bool] = True
    can_undo: ClassVar[bool] = False

    @abstractmethod
    def run(self, data: Data, context: Context) -> Data | None:
        """Do one item, through one service function or client call that writes. What is returned is added to what was noted; a
        sentence under `said` is shown, such as what Dify did not store of it. Raises DifyError (the job decides what to do), Skipped, Failed."""

    def undo(self, data: Data, result: Data, context: Context) -> Data | None:
        """Take one item back; `result` is what run() noted and returned. Raises the same."""
        raise NotImplementedError


class Skipped(Exception):
    """There was nothing to do for the item, as its text says."""


class Failed(Exception):
    """The item cannot be done, as its text says; another attempt would not help."""


class NotYet(Exception):
    """Dify is not ready for the item; it is tried again in a while, and that counts as no attempt."""


class LostItem(Exception):
    """The lease ran out and the item was handed to somebody else."""
