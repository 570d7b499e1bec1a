"""Creating, changing and deleting datasets, and what is remembered of one between pages."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from datasets_ui.dify.datasets import Dataset, IndexingTechnique, Permission
from datasets_ui.dify.errors import ServerFailed, Unreachable
from datasets_ui.models import Act, Sentence, Target, Upload, Workspace
from datasets_ui.services.cached import forget_dataset
from datasets_ui.services.caches import dataset_place, page_cache
from datasets_ui.services.locks import locked, of_dataset
from datasets_ui.services.scope import ApiScope, DatasetScope

REMEMBERED_SECONDS = 30
LAST_SEEN_SECONDS = 24 * 3600

Note = tuple[float, str]  # when a dataset was seen, and what it was


class DatasetChanged(Exception):
    """Somebody else changed a field between the opening of its form and the save; `current` is as it is now."""

    def __init__(self, current: Dataset, fields: list[str]) -> None:
        super().__init__(current.name)
        self.current = current
        self.fields = fields


class UsedByApps(Exception):
    """More applications use the dataset than whoever deletes it was told of; `current` is as it is now."""

    def __init__(self, current: Dataset) -> None:
        super().__init__(current.name)
        self.current = current


@dataclass(frozen=True)
class NewDataset:
    """A dataset to be made."""

    name: str
    description: str
    indexing_technique: IndexingTechnique
    permission: Permission


def remembered_dataset(scope: DatasetScope, *, changed: bool = False) -> Dataset:
    """The dataset as seen within the last 30 s: every page below it needs its name and counts, and the call is a slow one.

    Where it is known to have `changed` it is asked for anew. While the API cannot be reached, as it was last seen: a form must be able
    to show again what was typed into it.
    """
    key = dataset_place(scope.workspace.id, scope.dataset_id)
    noted: Note | None = None if changed else page_cache.get(key)
    if noted and time.time() - noted[0] < REMEMBERED_SECONDS:
        return Dataset.model_validate_json(noted[1])
    try:
        dataset = scope.dify.datasets.get(scope.dataset_id)
    except (Unreachable, ServerFailed):
        forget_dataset(scope.workspace, scope.dataset_id)
        last: Note | None = page_cache.get(f"{key}:last")
        if last:
            return Dataset.model_validate_json(last[1])
        raise
    remember(scope.workspace, [dataset])
    return dataset


def remember(workspace: Workspace, datasets: list[Dataset]) -> None:
    """Note them all at once, and only what is other than what was noted a moment ago: a page that is looked at writes nothing."""
    now = time.time()
    wanted: dict[str, tuple[float, str]] = {}
    for dataset in datasets:
        key, row = dataset_place(workspace.id, dataset.id), dataset.model_dump_json()
        wanted |= {key: (REMEMBERED_SECONDS / 2, row), f"{key}:last": (LAST_SEEN_SECONDS / 2, row)}
    noted: dict[str, Note] = page_cache.get_many(list(wanted))
    anew = {key: (now, row) for key, (seconds, row) in wanted.items() if not is_noted(noted.get(key), row, now - seconds)}
    if anew:
        page_cache.set_many(anew, LAST_SEEN_SECONDS)


def is_noted(note: Note | None, row: str, since: float) -> bool:
    return note is not None and note[0] > since and note[1] == row


def create_dataset(scope: ApiScope, new: NewDataset) -> Dataset:
    """Raises DifyError."""
    technique = Sentence.known(f"index_{new.indexing_technique}", new.indexing_technique)
    with scope.writing(Act.DATASET_CREATE, Target("", new.name), after=technique) as writing:
        return writing.dify.datasets.create(
            name=new.name,
            description=new.description,
            indexing_technique=new.indexing_technique,
            permission=new.permission,
        )


def update_dataset(scope: DatasetScope, opened_as: dict[str, str], changes: dict[str, str]) -> Dataset:
    """Change name, description or permission; only what is in `changes` is sent, and nothing where one of these fields is no
    longer what it was when the form was opened. Raises DatasetChanged, DifyError."""
    with locked(of_dataset(scope.workspace, scope.dataset_id)):
        dataset = scope.dify.datasets.get(scope.dataset_id)
        changed_meanwhile = [field for field in changes if (getattr(dataset, field) or "") != opened_as.get(field, "")]
        if changed_meanwhile:
            raise DatasetChanged(dataset, changed_meanwhile)
        target = Target(dataset.id, dataset.name)
        before, after = described({field: getattr(dataset, field) for field in changes}), described(changes)
        with scope.writing(Act.DATASET_UPDATE, target, before=before, after=after) as writing:
            return writing.dify.datasets.update(dataset.id, **changes)


def described(fields: Mapping[str, str | None]) -> Sentence:
    """Some of the fields of a dataset, for the record."""
    return Sentence.joined("facts", (fact(name, value or "") for name, value in fields.items()))


def fact(name: str, value: str) -> Sentence:
    if name == "permission":
        return Sentence.of("permitted", permission=Sentence.known(f"permission_{value}", value))
    return Sentence.of({"name": "named", "description": "described"}[name], text=value)


def delete_dataset(scope: DatasetScope, apps: int) -> Dataset:
    """Delete a dataset that at most `apps` applications use, because no Dify refuses to take it away from them. Newer ones delete
    the API keys that are bound to it alone. Raises UsedByApps, DifyError."""
    dataset = scope.dify.datasets.get(scope.dataset_id)
    if dataset.app_count > apps:
        raise UsedByApps(dataset)
    before = Sentence.of("documents_and_apps", documents=dataset.documents, apps=dataset.app_count)
    with scope.writing(Act.DATASET_DELETE, Target(dataset.id, dataset.name), before=before) as writing:
        writing.dify.datasets.delete(dataset.id)
    Upload.objects.filter(workspace=scope.workspace, dataset_id=dataset.id).delete()
    scope.workspace.segment_states.filter(dataset_id=dataset.id).delete()
    scope.workspace.served_datasets.filter(dataset_id=dataset.id).delete()
    return dataset
