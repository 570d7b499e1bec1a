"""The way from a workspace to its API: the only place where an API key is decrypted."""

import time
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from functools import lru_cache, partial
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from pydantic import SecretStr

from datasets_ui.crypto import CannotOpen, encode_key, new_key, seal, unseal
from datasets_ui.dify.capabilities import Capabilities
from datasets_ui.dify.client import DifyClient
from datasets_ui.dify.network import AddressPolicy, Transport, origin_of
from datasets_ui.dify.rate_limit import WINDOW, RateLimit
from datasets_ui.models import Actor, ApiKey, Sentence, Workspace
from datasets_ui.models.queries import find_default_key, find_serving_key
from datasets_ui.services.caches import dataset_place, page_cache
from datasets_ui.services.gates import Gates, Share
from datasets_ui.services.keys.usage import observe

PAGE_SECONDS = 30.0  # in all, for the calls that somebody waits for who opened a page
LONG_SECONDS = 300.0  # the same, where a file is sent or fetched, or many things are done
FORMS_AT_ONCE = 3  # that arrive slowly: these and the calls leave a thread of gunicorn's 16 for all else
gates = Gates(settings.WAITS_AT_ONCE)
form_gates = Gates(FORMS_AT_ONCE)
SECOND_FACTOR = "v1|second factor"


class NotConnected(Exception):
    """No API key can be used, for the reason that a code of the sentences says: none was given, it was dropped when the address
    changed, or it is disabled."""

    def __init__(self, code: str, **parameters: str) -> None:
        super().__init__(code)
        self.why = Sentence.of(code, **parameters)

    def __str__(self) -> str:
        return str(self.why)


class KeysLocked(Exception):
    """The stored key cannot be decrypted: the operator's key list does not hold the key it was encrypted with."""


@lru_cache(maxsize=1)
def transport() -> Transport:
    """The connection pool of this process."""
    return Transport(AddressPolicy(settings.API_ALLOWED_HOSTS))


def gate(workspace: Workspace | None, by: Actor | None = None) -> Share:
    """The part of a workspace, or of those who set up the dashboard, and of a person in the calls that may be under way."""
    return gates.share(("workspace", workspace and workspace.pk), *([("person", by.name)] if by else []))


@lru_cache(maxsize=1024)
def capabilities(workspace_id: UUID, base_url: str) -> Capabilities:  # noqa: ARG001 the cache keeps one for each
    """What the server of a connection was found to lack."""
    return Capabilities()


def rate_limit_place(workspace_id: UUID, base_url: str) -> str:
    return f"rate_limit:{workspace_id}:{sha256(base_url.encode()).hexdigest()[:16]}"


class SharedRateLimit(RateLimit):
    """What other processes met counts as well, as long as the cache is there. The limit is the Dify workspace's, which a key does not
    tell: so it holds for every key that one of our workspaces has for an address.

    The cache is asked here, and not before each call: it may be the database, of which no connection is held during a call.
    """

    def __init__(self, workspace_id: UUID, base_url: str) -> None:
        super().__init__()
        self.place = rate_limit_place(workspace_id, base_url)
        self.until = page_cache.get(self.place, 0.0)

    def reached(self) -> None:
        super().reached()
        page_cache.set(self.place, self.until, WINDOW)


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


def opens_with_first(sealed: bytes, place: str) -> bool:
    """Whether the first key of the operator's list opens it, so that the others are not needed for it any more."""
    try:
        unseal(settings.KEY_ENCRYPTING_KEYS[:1], sealed, place)
    except CannotOpen:
        return False
    return True


def wrap_anew(workspace: Workspace) -> bool:
    """Wrap the data key with the first key of the operator's list; whether that was needed. The caller saves the row. Raises
    KeysLocked."""
    place = data_key_place(workspace.id)
    if opens_with_first(bytes(workspace.data_key), place):
        return False
    workspace.data_key = seal(settings.KEY_ENCRYPTING_KEYS[0], data_key(workspace), place)
    return True


def encrypt_anew(workspace: Workspace, keys: Iterable[ApiKey]) -> None:
    """Give a workspace another data key, and its API keys ciphertexts under it. The caller saves all rows. Raises KeysLocked."""
    old, new = data_key(workspace), new_key()
    for key in keys:
        key.ciphertext = seal(new, unsealed(key, old), key_place(key)) if key.ciphertext else b""
    workspace.data_key = seal(settings.KEY_ENCRYPTING_KEYS[0], new, data_key_place(workspace.id))


def unsealed(key: ApiKey, under: bytes) -> bytes:
    """Raises KeysLocked."""
    try:
        return unseal([under], bytes(key.ciphertext), key_place(key))
    except CannotOpen as error:
        raise KeysLocked from error


def is_locked(key: ApiKey) -> bool:
    """Whether the stored key cannot be decrypted."""
    try:
        unsealed(key, data_key(key.workspace))
    except KeysLocked:
        return True
    return False


def factor_is_current(sealed: str) -> bool:
    return opens_with_first(urlsafe_b64decode(sealed), SECOND_FACTOR)


def seal_factor(secret: str) -> str:
    """Encrypt the secret of somebody's second factor, with the first key of the operator's list: it belongs to no workspace."""
    return encode_key(seal(settings.KEY_ENCRYPTING_KEYS[0], secret.encode(), SECOND_FACTOR))


def unseal_factor(sealed: str) -> str:
    """Raises KeysLocked."""
    try:
        return unseal(settings.KEY_ENCRYPTING_KEYS, urlsafe_b64decode(sealed), SECOND_FACTOR).decode()
    except CannotOpen as error:
        raise KeysLocked from error


def seal_key(key: ApiKey, secret: SecretStr) -> None:
    """Put a secret into the row of a key, encrypted for the row's address. Raises KeysLocked. The caller saves the row."""
    plain = secret.get_secret_value()
    key.prefix, key.last_four = plain[:8] if plain.startswith("dataset-") else "", plain[-4:]
    key.ciphertext = seal(data_key(key.workspace), plain.encode(), key_place(key))


def key_for(workspace: Workspace, dataset_id: UUID | None = None) -> ApiKey:
    """The key that serves a dataset, or else the default one. Raises NotConnected."""
    found = find_serving_key(workspace.id, dataset_id) if dataset_id else find_default_key(workspace.id)
    if not found:
        raise NotConnected("no_default_key")
    key = found[0]
    key.workspace = workspace
    if key.disabled_at:
        raise NotConnected("key_disabled", name=key.name)
    return key


def connect(workspace: Workspace, by: Actor, dataset_id: UUID | None = None) -> DifyClient:
    """The client of the API that serves a dataset, or the workspace; it only reads. Raises NotConnected, KeysLocked, AddressRefused."""
    key = key_for(workspace, dataset_id)
    if dataset_id:  # a page about it will ask for both
        page_cache.read_ahead(rate_limit_place(workspace.id, key.base_url), dataset_place(workspace.id, dataset_id))
    return client_of(key, by)


def client_of(key: ApiKey, by: Actor) -> DifyClient:
    """A client that calls with a stored key. Raises NotConnected where its secret was dropped, KeysLocked, AddressRefused."""
    if not key.ciphertext:
        raise NotConnected("secret_dropped", name=key.name)
    plain = unsealed(key, data_key(key.workspace))
    return DifyClient(
        key.base_url,
        SecretStr(plain.decode()),
        transport(),
        gate(key.workspace, by),
        capabilities(key.workspace_id, key.base_url),
        partial(observe, key, by),
        SharedRateLimit(key.workspace_id, key.base_url),
    ).reading()


def new_client(base_url: str, secret: SecretStr, workspace: Workspace | None = None) -> DifyClient:
    """A client for a key that is not stored yet, to be tried within half a minute. Raises AddressRefused."""
    transport().policy.check(origin_of(base_url))
    return DifyClient(base_url, secret, transport(), gate(workspace)).ending_at(time.monotonic() + PAGE_SECONDS)
