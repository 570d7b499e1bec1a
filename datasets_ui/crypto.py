"""Envelope encryption: a data key for each workspace, wrapped by the operator's key list. The only importer of cryptography.

A secret is sealed with AES-256-GCM under the data key; its associated data say where it belongs, so that a row that was moved or
pointed elsewhere cannot be opened. The data key in turn is sealed under the first key of the operator's list; every key of the
list opens, which is what makes rotation possible.
"""

import base64
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32


class CannotOpen(Exception):
    """The ciphertext was made with another key, or for another place, or was changed."""


def new_key() -> bytes:
    return AESGCM.generate_key(bit_length=KEY_BYTES * 8)


def decode_key(text: str) -> bytes:
    """A key of the operator's list: 32 bytes in URL-safe base64. Raises ValueError."""
    key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key encrypting key has {KEY_BYTES} bytes in base64, this one has {len(key)}")
    return key


def encode_key(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """Encrypt for one place; returns nonce and ciphertext."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(keys: Sequence[bytes], sealed: bytes, place: str) -> bytes:
    """Decrypt with whichever of the keys fits. Raises CannotOpen."""
    for key in keys:
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            continue
    raise CannotOpen(place)
