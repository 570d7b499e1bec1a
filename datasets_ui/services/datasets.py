"""Creating, changing and deleting datasets, and what is remembered of one between pages."""

from uuid import UUID

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset, IndexingTechnique, Permission
from datasets_ui.dify.errors import ServerFailed, Unreachable
from datasets_ui.models import Act, Actor, Target, Upload, Workspace
from datasets_ui.services.audit import audited
from datasets_ui.services.caches import page_cache
from datasets_ui.services.locks import locked, of_dataset

REMEMBERED_SECONDS = 30
LAST_SEEN_SECONDS = 24 * 3600


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


def cache_key(workspace: Workspace, dataset_id: UUID) -> str:
    return f"dataset:{workspace.id}:{dataset_id}"


def remembered(dify: DifyClient, workspace: Workspace, dataset_id: UUID) -> Dataset:
    """The dataset as seen within the last 30 s: every page below it needs its name and counts, and the call is a slow one.

    While the API cannot be reached, as it was last seen: a form must be able to show again what was typed into it.
    """
    key = cache_key(workspace, dataset_id)
    if known := page_cache.get(key):
        return Dataset.model_validate_json(known)
    try:
        dataset = dify.datasets.get(dataset_id)
    except (Unreachable, ServerFailed):
        if last := page_cache.get(f"{key}:last"):
            return Dataset.model_validate_json(last)
        raise
    remember(workspace, [dataset])
    return dataset


def remember(workspace: Workspace, datasets: list[Dataset]) -> None:
    rows = {cache_key(workspace, dataset.id): dataset.model_dump_json() for dataset in datasets}
    page_cache.set_many(rows, REMEMBERED_SECONDS)
    page_cache.set_many({f"{key}:last": row for key, row in rows.items()}, LAST_SEEN_SECONDS)


def forget(workspace: Workspace, dataset_id: UUID) -> None:
    """After a change of the dataset or of its documents."""
    page_cache.delete(cache_key(workspace, dataset_id))


def create_dataset(
    *, dify: DifyClient, workspace: Workspace, name: str, description: str, indexing_technique: IndexingTechnique,
    permission: Permission, by: Actor,
) -> Dataset:  # fmt: skip
    with audited(by=by, workspace=workspace, act=Act.DATASET_CREATE, target=Target("", name), after=indexing_technique):
        return dify.datasets.create(
            name=name, description=description, indexing_technique=indexing_technique, permission=permission
        )


def update_dataset(
    *, dify: DifyClient, workspace: Workspace, dataset_id: UUID, opened_as: dict[str, str], changes: dict[str, str], by: Actor
) -> Dataset:
    """Change name, description or permission; only what is in `changes` is sent, and nothing where one of these fields is no
    longer what it was when the form was opened. Raises DatasetChanged, DifyError."""
    with locked(of_dataset(workspace, dataset_id)):
        dataset = dify.datasets.get(dataset_id)
        changed_meanwhile = [field for field in changes if (getattr(dataset, field) or "") != opened_as.get(field, "")]
        if changed_meanwhile:
            raise DatasetChanged(dataset, changed_meanwhile)
        target = Target(dataset.id, dataset.name)
        before = "; ".join(f"{field}: {getattr(dataset, field)}" for field in changes)
        after = "; ".join(f"{field}: {value}" for field, value in changes.items())
        with audited(by=by, workspace=workspace, act=Act.DATASET_UPDATE, target=target, before=before, after=after):
            changed = dify.datasets.update(dataset.id, **changes)
    forget(workspace, dataset.id)
    return changed


def delete_dataset(*, dify: DifyClient, workspace: Workspace, dataset_id: UUID, apps: int, by: Actor) -> Dataset:
    """Delete a dataset that at most `apps` applications use, because no Dify refuses to take it away from them. Newer ones delete
    the API keys that are bound to it alone. Raises UsedByApps, DifyError."""
    dataset = dify.datasets.get(dataset_id)
    if dataset.app_count > apps:
        raise UsedByApps(dataset)
    before = f"{dataset.documents} documents; used by {dataset.app_count} applications"
    target = Target(dataset.id, dataset.name)
    with audited(by=by, workspace=workspace, act=Act.DATASET_DELETE, target=target, before=before):
        dify.datasets.delete(dataset.id)
    forget(workspace, dataset.id)
    Upload.objects.filter(workspace=workspace, dataset_id=dataset.id).delete()
    workspace.segment_states.filter(dataset_id=dataset.id).delete()
    workspace.served_datasets.filter(dataset_id=dataset.id).delete()
    return dataset
