"""Everything that changes the API keys of a workspace. A key is tried before it is stored, and never shown again."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import BoundKey, DifyError
from datasets_ui.models import Act, Actor, ApiKey, AuditEvent, ServedDataset, Target, Workspace
from datasets_ui.services.audit import record
from datasets_ui.services.connections import PAGE_SECONDS, client_of, seal_key


@dataclass(frozen=True)
class Details:
    """What people write about a key."""

    name: str
    note: str = ""
    expires_on: date | None = None

    def __str__(self) -> str:
        expiry = f"; expires {self.expires_on:%Y-%m-%d}" if self.expires_on else ""
        return f"name: {self.name}; note: {self.note}{expiry}"


@dataclass(frozen=True)
class Found:
    """What a trial of a key showed: the server's version, the number of datasets (None where it may not list them), and those
    of the asked-for datasets that it may see."""

    version: str
    datasets: int | None
    seen: list[Dataset]

    def __str__(self) -> str:
        names = ", ".join(dataset.name for dataset in self.seen)
        number = (
            f"sees {names} alone" if self.datasets is None else f"{self.datasets} dataset{'' if self.datasets == 1 else 's'}"
        )
        return f"Dify {self.version or 'of unknown version'}, {number}"


class ServedAlready(Exception):
    """Another key serves this dataset."""

    def __init__(self, dataset_id: UUID, key: ApiKey) -> None:
        super().__init__(f"{dataset_id} is served by {key.name}")
        self.dataset_id, self.key = dataset_id, key


def examine(dify: DifyClient, dataset_ids: Iterable[UUID] = ()) -> Found:
    """Ask the API what a key may do. Raises DifyError with the reason when it does not work, or may not see one of the datasets.

    A key that is bound to datasets may not list them, so it is tried with those that it serves. Raises BoundKey when none was named.
    """
    seen = [dify.datasets.get(dataset_id) for dataset_id in dataset_ids]
    try:
        total = dify.datasets.page(limit=1).total
    except BoundKey:
        if not seen:
            raise
        total = None
    return Found(dify.capabilities.version, total, seen)


def target_of(key: ApiKey) -> Target:
    return Target(key.id, key.name)


def keep_found(key: ApiKey, found: Found) -> None:
    key.server_version, key.datasets_found, key.refused_at = found.version[:30], found.datasets, None


def serve(key: ApiKey, dataset_ids: Iterable[UUID]) -> None:
    """Let a key serve these datasets, and no others. Raises ServedAlready."""
    wanted = set(dataset_ids)
    taken = ServedDataset.objects.filter(workspace=key.workspace, dataset_id__in=wanted).exclude(api_key=key).first()
    if taken:
        raise ServedAlready(taken.dataset_id, taken.api_key)
    key.served.exclude(dataset_id__in=wanted).delete()
    known = set(key.served.values_list("dataset_id", flat=True))
    key.served.bulk_create(
        ServedDataset(workspace=key.workspace, api_key=key, dataset_id=dataset_id) for dataset_id in wanted - known
    )


def add_key(
    *, workspace: Workspace, details: Details, base_url: str, secret: SecretStr, found: Found, dataset_ids: Iterable[UUID] = (),
    by: Actor,
) -> ApiKey:  # fmt: skip
    """Store a key that was examined just now, encrypted. The first one that may list becomes the default. Raises KeysLocked,
    ServedAlready."""
    key = ApiKey(workspace=workspace, name=details.name, note=details.note, expires_on=details.expires_on, base_url=base_url)
    keep_found(key, found)
    seal_key(key, secret)
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(
            pk=workspace.pk
        )  # of two first ones at once one becomes the default
        key.is_default = found.datasets is not None and not workspace.api_keys.filter(is_default=True).exists()
        key.save()
        serve(key, dataset_ids)
        record(by=by, workspace=workspace, act=Act.API_KEY_CREATE, target=target_of(key), after=f"{base_url} {key}; {found}")
    return key


def update_key(*, key: ApiKey, details: Details, dataset_ids: Iterable[UUID], by: Actor) -> None:
    """Change what is written about a key, and which datasets it serves. Raises ServedAlready."""
    with transaction.atomic():
        before = f"{Details(key.name, key.note, key.expires_on)}; serves {served(key)}"
        key.name, key.note, key.expires_on = details.name, details.note, details.expires_on
        key.save(update_fields=["name", "note", "expires_on"])
        serve(key, dataset_ids)
        after = f"{details}; serves {served(key)}"
        record(by=by, workspace=key.workspace, act=Act.API_KEY_UPDATE, target=target_of(key), before=before, after=after)


def served_datasets(workspace: Workspace) -> QuerySet[ServedDataset]:
    return workspace.served_datasets.select_related("api_key").order_by("api_key__name", "id")


def served_ids(key: ApiKey) -> list[str]:
    return sorted(str(dataset_id) for dataset_id in key.served.values_list("dataset_id", flat=True))


def served(key: ApiKey) -> str:
    return ", ".join(served_ids(key)) or "what no other key serves"


def rotate_key(*, key: ApiKey, base_url: str, secret: SecretStr, found: Found, by: Actor) -> None:
    """Put a new secret, examined just now, in the place of the old one, which is gone with the same act. Raises KeysLocked."""
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().select_related("workspace").get(pk=key.pk)
        before = f"{key.base_url} {key}"
        key.base_url, key.stored_at = base_url, timezone.now()
        keep_found(key, found)
        seal_key(key, secret)
        key.save()
        after = f"{base_url} {key}; {found}"
        record(by=by, workspace=key.workspace, act=Act.API_KEY_ROTATE, target=target_of(key), before=before, after=after)


def change_base_url(*, key: ApiKey, base_url: str, by: Actor) -> None:
    """Point a key to another address. Its secret is dropped: it must never reach an origin it was not given for."""
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().select_related("workspace").get(pk=key.pk)
        before, key.base_url, key.stored_at = key.base_url, base_url, timezone.now()
        key.ciphertext, key.prefix, key.last_four = b"", "", ""
        key.save()
        record(by=by, workspace=key.workspace, act=Act.API_KEY_DROP, target=target_of(key), before=before, after=base_url)


def try_key(*, key: ApiKey, by: Actor) -> Found:
    """Try a stored key anew. Raises DifyError, KeysLocked."""
    try:
        found = examine(
            client_of(key, by).ending_at(time.monotonic() + PAGE_SECONDS), key.served.values_list("dataset_id", flat=True)
        )
    except DifyError as error:
        failed = AuditEvent.Outcome.FAILED
        record(by=by, workspace=key.workspace, act=Act.API_KEY_TEST, target=target_of(key), outcome=failed, error=error.code)
        raise
    ApiKey.objects.filter(pk=key.pk, stored_at=key.stored_at).update(  # not where it was replaced meanwhile
        server_version=found.version[:30], datasets_found=found.datasets, refused_at=None
    )
    record(by=by, workspace=key.workspace, act=Act.API_KEY_TEST, target=target_of(key), after=str(found))
    return found


def make_default(*, key: ApiKey, by: Actor) -> None:
    """Let a key serve every dataset that no other key serves."""
    with transaction.atomic():
        before = key.workspace.api_keys.select_for_update().filter(is_default=True).first()
        key.workspace.api_keys.filter(is_default=True).update(is_default=False)
        ApiKey.objects.filter(pk=key.pk).update(is_default=True)
        before_name = before.name if before else ""
        record(by=by, workspace=key.workspace, act=Act.API_KEY_DEFAULT, target=target_of(key), before=before_name)


def set_key_enabled(*, key: ApiKey, enabled: bool, by: Actor) -> None:
    act = Act.API_KEY_ENABLE if enabled else Act.API_KEY_DISABLE
    with transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(disabled_at=None if enabled else timezone.now())
        record(by=by, workspace=key.workspace, act=act, target=target_of(key))


def delete_key(*, key: ApiKey, by: Actor) -> None:
    """Destroy a key: its ciphertext is overwritten before the row goes, so that no free page of the database holds it."""
    with transaction.atomic():
        record(by=by, workspace=key.workspace, act=Act.API_KEY_DELETE, target=target_of(key), before=f"{key.base_url} {key}")
        ApiKey.objects.filter(pk=key.pk).update(ciphertext=bytes(len(key.ciphertext)))
        key.delete()
