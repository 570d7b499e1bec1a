"""Everything that changes documents, and the question before one would be overwritten."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from pathlib import PurePosixPath
from typing import IO
from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.documents import Created, Document, NewDocument
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.http import UPLOAD_DEADLINE
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.models import Act, Actor, Target, Upload, Workspace
from datasets_ui.services.audit import audited
from datasets_ui.services.datasets import forget
from datasets_ui.services.locks import locked, of_name
from datasets_ui.services.revisions import take_snapshot

# longer than a look at the documents of a name, and the snapshot of one, may take; then again, longer than an upload
NAME_SECONDS = UPLOAD_DEADLINE + 120


class OnDuplicate(Enum):
    """What to do when a document of the same name exists: the API would overwrite it without a word."""

    ASK = "ask"
    REPLACE = "replace"
    KEEP_BOTH = "keep_both"

    @property
    def said(self) -> str:
        """What was chosen, for the record."""
        chosen = {OnDuplicate.REPLACE: "in place of one of this name", OnDuplicate.KEEP_BOTH: "beside one of this name"}
        return chosen.get(self, "")


class DuplicateName(Exception):
    """Documents of this name exist, and nobody has said what to do."""

    def __init__(self, existing: list[Document]) -> None:
        super().__init__(existing[0].name)
        self.existing = existing


class CannotReplace(Exception):
    """A disabled or archived document is not overwritten by the API: a second one of its name would appear."""

    def __init__(self, document: Document) -> None:
        super().__init__(document.name)
        self.document = document


def named(dify: DifyClient, dataset_id: UUID, name: str) -> list[Document]:
    """The documents of exactly this name."""
    # `%` and `_` are wild cards in the API's search: more is found, never less, and the names are compared here
    rows = iterate(lambda number: dify.documents.page(dataset_id, number, limit=LARGEST_PAGE, keyword=name))
    return [document for document in rows if document.name == name]


def free_name(dify: DifyClient, dataset_id: UUID, name: str) -> str:
    """`name`, or the first of "name (2).ext", "name (3).ext" … that no document has."""
    path = PurePosixPath(name)
    rows = iterate(lambda number: dify.documents.page(dataset_id, number, limit=LARGEST_PAGE, keyword=path.stem))
    taken = {document.name for document in rows}
    number = 1
    while name in taken:
        number += 1
        name = f"{path.stem} ({number}){path.suffix}"
    return name


@contextmanager
def decided_name(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, name: str, on_duplicate: OnDuplicate, by: Actor
) -> Iterator[str]:
    """The name to create a document under, which is nobody else's until it is done; what it will replace is kept first. Raises
    DuplicateName, CannotReplace, DifyError."""
    keep = on_duplicate is OnDuplicate.KEEP_BOTH
    with ExitStack() as held:
        lease = held.enter_context(locked(of_name(workspace, dataset_id, name), seconds=NAME_SECONDS))
        free = free_name(dify, dataset_id, name) if keep else name
        while free != name:
            lease = held.enter_context(locked(of_name(workspace, dataset_id, free), seconds=NAME_SECONDS))
            if not named(dify, dataset_id, free):  # since the look a file of just this name may have come
                break
            free = free_name(dify, dataset_id, name)
        if not keep:
            make_room(dify=dify, workspace=workspace, dataset_id=dataset_id, name=name, on_duplicate=on_duplicate, by=by)
        lease.renew()
        yield free


def make_room(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, name: str, on_duplicate: OnDuplicate, by: Actor
) -> None:
    """Ask before a document of this name would be replaced, or keep what it is. Raises DuplicateName, CannotReplace, DifyError."""
    existing = named(dify, dataset_id, name)
    if existing and on_duplicate is OnDuplicate.ASK:
        raise DuplicateName(existing)
    for document in existing:
        if not document.enabled or document.archived:
            raise CannotReplace(document)
    for document in existing:
        take_snapshot(dify=dify, workspace=workspace, dataset_id=dataset_id, document=document, by=by)


def upload_document(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, name: str, file: IO[bytes], content_type: str, new: NewDocument,
    on_duplicate: OnDuplicate, by: Actor,
) -> Document:  # fmt: skip
    """Make a document from a file. Raises DuplicateName, CannotReplace, DifyError."""
    with (
        decided_name(
            dify=dify, workspace=workspace, dataset_id=dataset_id, name=name, on_duplicate=on_duplicate, by=by
        ) as decided,
        audited(
            by=by, workspace=workspace, act=Act.DOCUMENT_UPLOAD, target=Target(dataset_id, decided), after=on_duplicate.said
        ),
    ):  # fmt: skip
        created = dify.documents.create_by_file(dataset_id, name=decided, file=file, content_type=content_type, new=new)
    return noted(workspace, dataset_id, created)


def create_document_by_text(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, name: str, text: str, new: NewDocument,
    on_duplicate: OnDuplicate, by: Actor,
) -> Document:  # fmt: skip
    """Make a document from pasted text. Raises DuplicateName, CannotReplace, DifyError."""
    with (
        decided_name(
            dify=dify, workspace=workspace, dataset_id=dataset_id, name=name, on_duplicate=on_duplicate, by=by
        ) as decided,
        audited(
            by=by, workspace=workspace, act=Act.DOCUMENT_CREATE, target=Target(dataset_id, decided), after=on_duplicate.said
        ),
    ):  # fmt: skip
        created = dify.documents.create_by_text(dataset_id, name=decided, text=text, new=new)
    return noted(workspace, dataset_id, created)


def noted(workspace: Workspace, dataset_id: UUID, created: Created) -> Document:
    """Keep the batch: the API tells it at creation only, and progress can be asked for by it alone."""
    Upload.objects.update_or_create(
        workspace=workspace,
        document_id=created.document.id,
        defaults={"dataset_id": dataset_id, "batch": created.batch},
    )
    forget(workspace, dataset_id)
    return created.document


def delete_documents(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, documents: Iterable[Document], by: Actor
) -> dict[UUID, DifyError]:
    """Delete each; returns the errors by document."""

    def delete(document: Document) -> None:
        dify.documents.delete(dataset_id, document.id)
        workspace.segment_states.filter(document_id=document.id).delete()

    return for_each(
        documents, change=delete, act=Act.DOCUMENT_DELETE, by=by, workspace=workspace, dataset_id=dataset_id
    )  # fmt: skip


def for_each(
    documents: Iterable[Document], *, change: Callable[[Document], None], act: Act, by: Actor, workspace: Workspace,
    dataset_id: UUID,
) -> dict[UUID, DifyError]:  # fmt: skip
    """Change each document for itself, so that one that cannot be changed does not keep the others from it."""
    failed: dict[UUID, DifyError] = {}
    for document in documents:
        try:
            with audited(by=by, workspace=workspace, act=act, target=Target(document.id, document.name)):
                change(document)
        except DifyError as error:
            failed[document.id] = error
    forget(workspace, dataset_id)
    return failed
