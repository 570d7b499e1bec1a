"""Everything that changes the API keys of a workspace. A key is tried before it is stored, and never shown again."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from pydantic import SecretStr

from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.errors import BadAnswer, BoundKey, DifyError, Forbidden, NotFound, Unauthorized
from datasets_ui.models import Act, ApiKey, AuditEvent, Sentence, ServedDataset, Target, Workspace
from datasets_ui.services.audit import record
from datasets_ui.services.keys.connections import PAGE_SECONDS, client_of, new_client, seal_key
from datasets_ui.services.scope import Scope


@dataclass(frozen=True)
class Details:
    """What people write about a key."""

    name: str
    note: str = ""
    expires_on: date | None = None

    @property
    def said(self) -> list[Sentence]:
        """For the record."""
        day = self.expires_on
        expiry = Sentence.of("expires", day=f"{day:%Y-%m-%d}") if day else Sentence()
        return [Sentence.of("named", text=self.name), Sentence.of("noted", text=self.note), expiry]


@dataclass(frozen=True)
class Found:
    """What a trial of a key showed: the server's version, the number of datasets (None where it may not list them), and those
    of the asked-for datasets that it may see."""

    version: str
    datasets: int | None
    seen: list[Dataset]

    @property
    def said(self) -> Sentence:
        """For the record."""
        of = "" if self.version else "unknown_"
        if self.datasets is None:
            names = ", ".join(dataset.name for dataset in self.seen)
            return Sentence.of(f"{of}sees_alone", version=self.version, datasets=names)
        return Sentence.of(f"{of}sees", version=self.version, number=self.datasets)


@dataclass(frozen=True)
class Tried:
    """An address and the secret for it, and what was found when it was examined just now."""

    base_url: str
    secret: SecretStr
    found: Found


@dataclass(frozen=True)
class NewKey:
    """A key to store, and the datasets that it is to serve."""

    details: Details
    tried: Tried
    dataset_ids: Iterable[UUID] = ()


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


def find_api(base_url: str, secret: SecretStr, workspace: Workspace | None = None, dataset_ids: Iterable[UUID] = ()) -> Tried:
    """Examine a key at an address, or below it at /v1 where no API is at the address itself: Dify's console is easily taken for its
    API. Raises DifyError with what was found at the address, or at /v1 where the API is there and refuses the key."""
    ids = list(dataset_ids)
    try:
        return Tried(base_url, secret, examine(new_client(base_url, secret, workspace), ids))
    except (NotFound, BadAnswer):
        below = f"{base_url}/v1"
        if base_url.endswith("/v1") or urlsplit(base_url).query:
            raise
        try:
            return Tried(below, secret, examine(new_client(below, secret, workspace), ids))
        except (Unauthorized, Forbidden):
            raise
        except DifyError:
            pass  # nothing is there either
        raise


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


def add_key(scope: Scope, new: NewKey) -> ApiKey:
    """Store a key, encrypted. The first one that may list becomes the default. Raises KeysLocked, ServedAlready."""
    workspace, details, tried = scope.workspace, new.details, new.tried
    key = ApiKey(workspace=workspace, name=details.name, note=details.note, expires_on=details.expires_on)
    put_into(key, tried)
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(
            pk=workspace.pk
        )  # of two first ones at once one becomes the default
        key.is_default = tried.found.datasets is not None and not workspace.api_keys.filter(is_default=True).exists()
        key.save()
        serve(key, new.dataset_ids)
        scope.record(Act.API_KEY_CREATE, target_of(key), after=stored(key, tried.found))
    return key


def put_into(key: ApiKey, tried: Tried) -> None:
    """Put an address and its secret into the row of a key. Raises KeysLocked. The caller saves the row."""
    key.base_url = tried.base_url
    keep_found(key, tried.found)
    seal_key(key, tried.secret)


def update_key(scope: Scope, key: ApiKey, details: Details, dataset_ids: Iterable[UUID]) -> None:
    """Change what is written about a key, and which datasets it serves. Raises ServedAlready."""
    with transaction.atomic():
        before = [*Details(key.name, key.note, key.expires_on).said, served(key)]
        key.name, key.note, key.expires_on = details.name, details.note, details.expires_on
        key.save(update_fields=["name", "note", "expires_on"])
        serve(key, dataset_ids)
        after = [*details.said, served(key)]
        said = {"before": Sentence.joined("facts", before), "after": Sentence.joined("facts", after)}
        scope.record(Act.API_KEY_UPDATE, target_of(key), **said)


def served_datasets(workspace: Workspace) -> QuerySet[ServedDataset]:
    return workspace.served_datasets.select_related("api_key").order_by("api_key__name", "id")


def served_ids(key: ApiKey) -> list[str]:
    return sorted(str(dataset_id) for dataset_id in key.served.values_list("dataset_id", flat=True))


def served(key: ApiKey) -> Sentence:
    """For the record."""
    ids = ", ".join(served_ids(key))
    return Sentence.of("serves", datasets=ids) if ids else Sentence.of("serves_others")


def stored(key: ApiKey, found: Found) -> Sentence:
    """What of a key that was stored may be shown, and what its trial showed, for the record."""
    return Sentence.joined("facts", [f"{key.base_url} {key}", found.said])


def rotate_key(scope: Scope, key: ApiKey, tried: Tried) -> None:
    """Put a new secret in the place of the old one, which is gone with the same act. Raises KeysLocked."""
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().select_related("workspace").get(pk=key.pk)
        before = f"{key.base_url} {key}"
        key.stored_at = timezone.now()
        put_into(key, tried)
        key.save()
        scope.record(Act.API_KEY_ROTATE, target_of(key), before=before, after=stored(key, tried.found))


def change_base_url(scope: Scope, key: ApiKey, base_url: str) -> None:
    """Point a key to another address. Its secret is dropped: it must never reach an origin it was not given for."""
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().select_related("workspace").get(pk=key.pk)
        before, key.base_url, key.stored_at = key.base_url, base_url, timezone.now()
        key.ciphertext, key.prefix, key.last_four = b"", "", ""
        key.save()
        scope.record(Act.API_KEY_DROP, target_of(key), before=before, after=base_url)


def try_key(scope: Scope, key: ApiKey) -> Found:
    """Try a stored key anew. Raises DifyError, KeysLocked."""
    try:
        dify = client_of(key, scope.by).ending_at(time.monotonic() + PAGE_SECONDS)
        found = examine(dify, key.served.values_list("dataset_id", flat=True))
    except DifyError as error:
        record(
            by=scope.by,
            workspace=scope.workspace,
            act=Act.API_KEY_TEST,
            target=target_of(key),
            outcome=AuditEvent.Outcome.FAILED,
            error=error.code,
        )
        raise
    ApiKey.objects.filter(pk=key.pk, stored_at=key.stored_at).update(  # not where it was replaced meanwhile
        server_version=found.version[:30], datasets_found=found.datasets, refused_at=None
    )
    scope.record(Act.API_KEY_TEST, target_of(key), after=found.said)
    return found


def make_default(scope: Scope, key: ApiKey) -> None:
    """Let a key serve every dataset that no other key serves."""
    with transaction.atomic():
        keys = scope.workspace.api_keys
        before = keys.select_for_update().filter(is_default=True).first()
        keys.filter(is_default=True).update(is_default=False)
        ApiKey.objects.filter(pk=key.pk).update(is_default=True)
        scope.record(Act.API_KEY_DEFAULT, target_of(key), before=before.name if before else "")


def set_key_enabled(scope: Scope, key: ApiKey, *, enabled: bool) -> None:
    act = Act.API_KEY_ENABLE if enabled else Act.API_KEY_DISABLE
    with transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(disabled_at=None if enabled else timezone.now())
        scope.record(act, target_of(key))


def delete_key(scope: Scope, key: ApiKey) -> None:
    """Destroy a key: its ciphertext is overwritten before the row goes, so that no free page of the database holds it."""
    with transaction.atomic():
        scope.record(Act.API_KEY_DELETE, target_of(key), before=f"{key.base_url} {key}")
        ApiKey.objects.filter(pk=key.pk).update(ciphertext=bytes(len(key.ciphertext)))
        key.delete()
