"""Everything that changes documents, and the question before one would be overwritten."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import IO
from uuid import UUID

from datasets_ui.dify.documents import Created, Document, NewDocument
from datasets_ui.dify.errors import DifyError
from datasets_ui.dify.http import UPLOAD_DEADLINE
from datasets_ui.dify.paging import LARGEST_PAGE, iterate
from datasets_ui.models import Act, Sentence, Target, Upload
from datasets_ui.services.history import take_snapshot
from datasets_ui.services.locks import Lease, locked, of_name
from datasets_ui.services.scope import DatasetScope, Writing

# longer than a look at the documents of a name, and the snapshot of one, may take; then again, longer than an upload
NAME_SECONDS = UPLOAD_DEADLINE + 120


class OnDuplicate(Enum):
    """What to do when a document of the same name exists: the API would overwrite it without a word."""

    ASK = "ask"
    REPLACE = "replace"
    KEEP_BOTH = "keep_both"

    @property
    def said(self) -> Sentence:
        """What was chosen, for the record."""
        return Sentence({OnDuplicate.REPLACE: "in_place_of_one", OnDuplicate.KEEP_BOTH: "beside_one"}.get(self, ""))


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


@dataclass(frozen=True)
class NewFile:
    """A file to make a document from."""

    name: str
    file: IO[bytes]
    content_type: str


@dataclass(frozen=True)
class NewText:
    """A text to make a document from."""

    name: str
    text: str


def documents_named(scope: DatasetScope, name: str) -> list[Document]:
    """The documents of exactly this name."""
    # `%` and `_` are wild cards in the API's search: more is found, never less, and the names are compared here
    rows = iterate(lambda number: scope.dify.documents.page(scope.dataset_id, number, limit=LARGEST_PAGE, keyword=name))
    return [document for document in rows if document.name == name]


def free_name(scope: DatasetScope, name: str) -> str:
    """`name`, or the first of "name (2).ext", "name (3).ext" … that no document has."""
    path = PurePosixPath(name)
    rows = iterate(lambda number: scope.dify.documents.page(scope.dataset_id, number, limit=LARGEST_PAGE, keyword=path.stem))
    taken = {document.name for document in rows}
    number = 1
    while name in taken:
        number += 1
        name = f"{path.stem} ({number}){path.suffix}"
    return name


@contextmanager
def decided_name(scope: DatasetScope, name: str, on_duplicate: OnDuplicate) -> Iterator[str]:
    """The name to create a document under, which is nobody else's until it is done; what it will replace is kept first. Raises
    DuplicateName, CannotReplace, DifyError."""
    keep = on_duplicate is OnDuplicate.KEEP_BOTH

    def lock(name: str) -> Lease:
        return held.enter_context(locked(of_name(scope.workspace, scope.dataset_id, name), seconds=NAME_SECONDS))

    with ExitStack() as held:
        lease = lock(name)
        free = free_name(scope, name) if keep else name
        while free != name:
            lease = lock(free)
            if not documents_named(scope, free):  # since the look a file of just this name may have come
                break
            free = free_name(scope, name)
        if not keep:
            make_room(scope, name, on_duplicate)
        lease.renew()
        yield free


def make_room(scope: DatasetScope, name: str, on_duplicate: OnDuplicate) -> None:
    """Ask before a document of this name would be replaced, or keep what it is. Raises DuplicateName, CannotReplace, DifyError."""
    existing = documents_named(scope, name)
    if existing and on_duplicate is OnDuplicate.ASK:
        raise DuplicateName(existing)
    for document in existing:
        if not document.enabled or document.archived:
            raise CannotReplace(document)
    for document in existing:
        take_snapshot(scope.document(document.id), document.name)


def upload_document(scope: DatasetScope, upload: NewFile, new: NewDocument, on_duplicate: OnDuplicate) -> Document:
    """Make a document from a file. Raises DuplicateName, CannotReplace, DifyError."""
    with decided_name(scope, upload.name, on_duplicate) as name:
        target = Target(scope.dataset_id, name)
        with scope.writing(Act.DOCUMENT_UPLOAD, target, after=on_duplicate.said) as writing:
            created = writing.dify.documents.create_by_file(
                scope.dataset_id, name=name, file=upload.file, content_type=upload.content_type, new=new
            )
    return keep_batch(scope, created)


def create_document_by_text(scope: DatasetScope, text: NewText, new: NewDocument, on_duplicate: OnDuplicate) -> Document:
    """Make a document from pasted text. Raises DuplicateName, CannotReplace, DifyError."""
    with decided_name(scope, text.name, on_duplicate) as name:
        target = Target(scope.dataset_id, name)
        with scope.writing(Act.DOCUMENT_CREATE, target, after=on_duplicate.said) as writing:
            created = writing.dify.documents.create_by_text(scope.dataset_id, name=name, text=text.text, new=new)
    return keep_batch(scope, created)


def keep_batch(scope: DatasetScope, created: Created) -> Document:
    """The API tells it at creation only, and progress can be asked for by it alone."""
    Upload.objects.update_or_create(
        workspace=scope.workspace,
        document_id=created.document.id,
        defaults={"dataset_id": scope.dataset_id, "batch": created.batch},
    )
    return created.document


def delete_documents(scope: DatasetScope, documents: Iterable[Document]) -> dict[UUID, DifyError]:
    """Delete each; returns the errors by document."""

    def delete(document: Document, writing: Writing) -> None:
        writing.dify.documents.delete(scope.dataset_id, document.id)
        scope.workspace.segment_states.filter(document_id=document.id).delete()

    return change_each(scope, Act.DOCUMENT_DELETE, documents, delete)


def change_each(
    scope: DatasetScope, act: Act, documents: Iterable[Document], change: Callable[[Document, Writing], None]
) -> dict[UUID, DifyError]:
    """Change each document for itself, so that one that cannot be changed does not keep the others from it."""
    failed: dict[UUID, DifyError] = {}
    for document in documents:
        try:
            with scope.writing(act, Target(document.id, document.name)) as writing:
                change(document, writing)
        except DifyError as error:
            failed[document.id] = error
    return failed
