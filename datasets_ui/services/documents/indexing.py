"""How far documents are with their indexing: at most one call a second for each batch, however many people look.

One list call tells the stage of all that is new in a dataset; only what is being split or indexed is asked for by its batch, which
alone tells the segments done. So a hundred files that wait cost one call a second, not a hundred.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from datasets_ui.dify.documents import FINISHED, Document, IndexingStatus
from datasets_ui.dify.errors import NotFound
from datasets_ui.dify.paging import LARGEST_PAGE
from datasets_ui.models import Upload
from datasets_ui.services.cached import shared
from datasets_ui.services.scope import DatasetScope

STATUSES = TypeAdapter(list[IndexingStatus])
DOCUMENTS = TypeAdapter(list[Document])

# Where a bar stands when a stage begins, in percent; within "indexing" the segments tell.
STAGES = {"waiting": 2, "parsing": 10, "cleaning": 25, "splitting": 35, "indexing": 45, "completed": 100}
COUNTED = frozenset({"splitting", "indexing"})


@dataclass(frozen=True)
class Progress:
    """What a row shows of a document that is being indexed; `done` and `total` are segments."""

    stage: str
    percent: int
    done: int = 0
    total: int = 0

    @property
    def finished(self) -> bool:
        return self.stage in FINISHED


def at_stage(stage: str, done: int = 0, total: int = 0) -> Progress:
    percent = STAGES.get(stage, 0)
    if stage == "indexing" and total:
        # on the economy index no segment counts as done until the end, so the stage alone must move the bar
        percent += round((99 - percent) * min(done / total, 1))
    return Progress(stage, percent, done, total)


def newest_documents(scope: DatasetScope) -> dict[UUID, Document]:
    """The newest hundred documents of a dataset, at most a second old: what is being indexed is nearly always among them."""

    def fetch() -> str:
        return DOCUMENTS.dump_json(scope.dify.documents.page(scope.dataset_id, limit=LARGEST_PAGE).data).decode()

    documents = DOCUMENTS.validate_json(shared(f"newest:{scope.workspace.id}:{scope.dataset_id}", fetch))
    return {document.id: document for document in documents}


def progress_of(scope: DatasetScope, documents: Iterable[Document]) -> dict[UUID, Progress]:
    """The progress of each document that is not finished. One that is gone is missing from the answer."""
    moving = [document for document in documents if not document.finished]
    found = {document.id: at_stage(document.indexing_status) for document in moving}
    counted = [document.id for document in moving if document.indexing_status in COUNTED]
    for upload in uploads_of(scope, counted) if counted else []:
        try:
            status = batch_status(scope, upload)
        except NotFound:  # overwritten from elsewhere: its batch is another one now, which only the API knows
            continue
        if status:
            found[upload.document_id] = at_stage(status.indexing_status, status.completed_segments, status.total_segments)
    return found


def uploads_of(scope: DatasetScope, document_ids: Iterable[UUID]) -> Iterable[Upload]:
    return Upload.objects.filter(workspace=scope.workspace, dataset_id=scope.dataset_id, document_id__in=document_ids)


def batch_status(scope: DatasetScope, upload: Upload) -> IndexingStatus | None:
    def fetch() -> str:
        return STATUSES.dump_json(scope.dify.documents.indexing_status(upload.dataset_id, upload.batch)).decode()

    statuses = STATUSES.validate_json(shared(f"batch:{scope.workspace.id}:{upload.batch}", fetch))
    return next((status for status in statuses if status.id == upload.document_id), None)
