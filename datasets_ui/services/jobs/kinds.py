"""What a kind of job is: how one item is done, and undone. Writers of kinds read this module; registry.py lists them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from datasets_ui.models import Actor, Role, Sentence
from datasets_ui.services.scope import ApiScope, DatasetScope, DocumentScope

Data = dict[str, Any]
SYSTEM = Actor("system")  # no address of an account: passes that nobody has asked for
# refusals that are over in a moment
PASSING_CODES = frozenset({"segment_indexing", "document_indexing", "dataset_indexing_in_progress"})


class Item(BaseModel):
    """What a kind has to know of one change; kept as JSON, never a secret.

    Items that an earlier release has queued are done by this one: a new field has a default, and where the meaning of one changes,
    `version` goes up and `upgraded` turns the older form into the newer.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    version: ClassVar[int] = 1

    @classmethod
    def stored(cls, data: Data) -> Self:
        """From what was kept; what has no version was kept before there were versions, in the form of the first."""
        version = data.get("version", 1)
        return cls.model_validate(data if version == cls.version else cls.upgraded(data, version))

    @classmethod
    def upgraded(cls, data: Data, version: int) -> Data:  # noqa: ARG003 for those that have more than one
        return data

    def to_store(self) -> Data:
        return {"version": self.version} | self.model_dump(mode="json")


class DocumentItem(Item):
    """A change of one document."""

    document_id: UUID


class SegmentItem(DocumentItem):
    """A change of one segment."""

    segment_id: UUID


ItemType = TypeVar("ItemType", bound=Item)


@dataclass(frozen=True)
class Context:
    """What is around an item: the job with its parameters, where among its items this one is, and where and in whose name it is done.

    `noted` is what an earlier attempt at this item noted, such as one that was killed; empty at the first.
    """

    job_id: UUID
    position: int
    scope: ApiScope
    parameters: Data
    noted: Data
    keep: Callable[[Data], None]

    @property
    def dataset(self) -> DatasetScope:
        """Of a job over one dataset. Raises Failed."""
        if not isinstance(self.scope, DatasetScope):
            raise Failed("no_dataset")
        return self.scope

    def document(self, item: DocumentItem) -> DocumentScope:
        return self.dataset.document(item.document_id)

    def done_already(self, code: str) -> None:
        """What the item asks for is so: by an earlier attempt, whose answer was lost, or else the item is skipped for this reason.
        Raises Skipped."""
        if not self.noted:
            raise Skipped(code)

    def note(self, data: Data) -> None:
        """Keep what undoing will need. Call it before the write: a worker that is killed in between has kept it. Raises LostItem
        where the item is somebody else's by now, so that nothing is written twice."""
        self.keep(data)


class Kind(ABC, Generic[ItemType]):
    """A kind of job; one object for all jobs of its name.

    `looks_first`: run() and undo() look before they write, so that an item whose outcome is not known is simply done again. A kind
    that cannot do so sets it to False, and such items end as "unknown".
    """

    name: ClassVar[str]
    role: ClassVar[Role] = Role.EDITOR
    looks_first: ClassVar[bool] = True
    can_undo: ClassVar[bool] = False
    item: type[ItemType]

    @abstractmethod
    def run(self, item: ItemType, context: Context) -> Data | None:
        """Do one item, through one service function or client call that writes. What is returned is added to what was noted; a
        kept sentence under `said` is shown, such as what Dify did not store of it. Raises DifyError (the job decides what to do), Skipped, Failed."""

    def undo(self, item: ItemType, result: Data, context: Context) -> Data | None:
        """Take one item back; `result` is what run() noted and returned. Raises the same."""
        raise NotImplementedError


class Ended(Exception):
    """An item ends, for the reason that a code of the sentences says."""

    def __init__(self, code: str, **parameters: Any) -> None:
        super().__init__(code)
        self.why = Sentence.of(code, **parameters)


class Skipped(Ended):
    """There was nothing to do for the item."""


class Failed(Ended):
    """The item cannot be done; another attempt would not help."""


class NotYet(Exception):
    """Dify is not ready for the item; it is tried again in a while, and that counts as no attempt."""


class LostItem(Exception):
    """The lease ran out and the item was handed to somebody else."""
