"""The way from a workspace to its API: the only place where an API key is decrypted."""

import threading
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from pydantic import SecretStr

from datasets_ui.crypto import CannotOpen, new_key, seal, unseal
from datasets_ui.dify.capabilities import Capabilities
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.datasets import Dataset
from datasets_ui.dify.http import Transport
from datasets_ui.dify.network import AddressPolicy, origin_of
from datasets_ui.dify.paging import Page
from datasets_ui.models import Actor, ApiKey, Target, Workspace
from datasets_ui.services.audit import record


class NotConnected(Exception):
    """The workspace has no API key: none was given, or it was dropped when the address changed."""


class KeysLocked(Exception):
    """The stored key cannot be decrypted: the operator's key list does not hold the key it was encrypted with."""


@lru_cache(maxsize=1)
def transport() -> Transport:
    """The connection pool of this process."""
    return Transport(AddressPolicy(settings.API_ALLOWED_HOSTS))


@lru_cache(maxsize=1024)
def gate(workspace_id: UUID) -> threading.Semaphore:  # noqa: ARG001 the cache keeps one for each
    """How many calls of a workspace may be under way in this process."""
    return threading.BoundedSemaphore(settings.API_CALLS_AT_ONCE)


@lru_cache(maxsize=1024)
def capabilities(workspace_id: UUID, base_url: str) -> Capabilities:  # noqa: ARG001 the cache keeps one for each
    """What the server of a connection was found to lack."""
    return Capabilities()


def key_place(key: ApiKey) -> str:
    """Where a key belongs: moved to another workspace, row or origin it cannot be decrypted."""
    return f"v1|{key.workspace_id}|{key.id}|{origin_of(key.base_url)}"


def data_key_place(workspace_id: UUID) -> str:
    return f"v1|{workspace_id}|data key"


def new_data_key(workspace_id: UUID) -> bytes:
    """A data key for a workspace, wrapped by the first key of the operator's list."""
    return seal(settings.KEY_ENCRYPTING_KEYS[0], new_key(), data_key_place(workspace_id))


def data_key(workspace: Workspace) -> bytes:
    """Raises KeysLocked."""
    try:
        return unseal(settings.KEY_ENCRYPTING_KEYS, bytes(workspace.data_key), data_key_place(workspace.id))
    except CannotOpen as error:
        raise KeysLocked from error


def connect(workspace: Workspace) -> DifyClient:
    """The client of a workspace's API. Raises NotConnected, KeysLocked, AddressRefused."""
    key = workspace.api_keys.first()
    if key is None or not key.ciphertext:
        raise NotConnected
    try:
        plain = unseal([data_key(workspace)], bytes(key.ciphertext), key_place(key))
    except CannotOpen as error:
        raise KeysLocked from error
    learnt = capabilities(workspace.id, key.base_url)
    return DifyClient(key.base_url, SecretStr(plain.decode()), transport(), gate(workspace.id), learnt)


def try_out(base_url: str, key: SecretStr) -> Page[Dataset]:
    """Ask the API for its datasets with a key that is not stored yet. Raises DifyError with the reason it does not work."""
    transport().policy.check(origin_of(base_url))
    return DifyClient(base_url, key, transport()).datasets.page(limit=1)


def store_key(*, workspace: Workspace, base_url: str, key: SecretStr, by: Actor) -> ApiKey:
    """Try the key, then store it encrypted in place of the workspace's earlier one. Raises KeysLocked, and DifyError when it
    does not work."""
    try_out(base_url, key)
    return store_tried_key(workspace=workspace, base_url=base_url, key=key, by=by)


def store_tried_key(*, workspace: Workspace, base_url: str, key: SecretStr, by: Actor) -> ApiKey:
    """The same for a key that was tried just now. Raises KeysLocked."""
    stored = workspace.api_keys.first() or ApiKey(workspace=workspace)
    before = f"{stored.base_url} {stored}" if stored.base_url else ""
    plain = key.get_secret_value()
    stored.base_url = base_url
    stored.prefix, stored.last_four = plain[:8] if plain.startswith("dataset-") else "", plain[-4:]
    stored.ciphertext = seal(data_key(workspace), plain.encode(), key_place(stored))
    stored.save()
    record(
        by=by, workspace=workspace, act="api_key.store", target=Target(stored.id, base_url), before=before, after=str(stored)
    )
    return stored


def change_base_url(*, workspace: Workspace, base_url: str, by: Actor) -> ApiKey:
    """Point the workspace to another address. The stored key is dropped: it must never reach an origin it was not given for."""
    key = workspace.api_keys.first() or ApiKey(workspace=workspace)
    before = key.base_url
    key.base_url = base_url
    key.ciphertext, key.prefix, key.last_four = b"", "", ""
    key.save()
    record(by=by, workspace=workspace, act="api_key.drop", target=Target(key.id, base_url), before=before, after=base_url)
    return key
