"""Sealing, unsealing, keys in text."""

import base64

import pytest

from datasets_ui.crypto import NONCE_BYTES, CannotOpen, decode_key, encode_key, new_key, seal, unseal

PLACE = "v1|workspace|key|https://api.example.com:443"
SECRET = b"dataset-CANARY0123456789"


def test_what_was_sealed_is_opened() -> None:
    key = new_key()
    assert unseal([key], seal(key, SECRET, PLACE), PLACE) == SECRET


def test_an_empty_secret_is_opened() -> None:
    key = new_key()
    assert unseal([key], seal(key, b"", PLACE), PLACE) == b""


def test_the_secret_is_not_in_what_is_kept() -> None:
    sealed = seal(new_key(), SECRET, PLACE)
    assert SECRET not in sealed
    assert len(sealed) == NONCE_BYTES + len(SECRET) + 16


def test_the_same_secret_is_never_sealed_alike() -> None:
    key = new_key()
    assert len({seal(key, SECRET, PLACE)[:NONCE_BYTES] for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "place",
    [
        "",
        "v1|another workspace|key|https://api.example.com:443",
        "v1|workspace|another key|https://api.example.com:443",
        "v1|workspace|key|https://evil.example.com:443",
        "v1|workspace|key|http://api.example.com:443",
        "v1|workspace|key|https://api.example.com:8443",
    ],
)
def test_what_was_moved_cannot_be_opened(place: str) -> None:
    key = new_key()
    with pytest.raises(CannotOpen):
        unseal([key], seal(key, SECRET, PLACE), place)


def test_another_key_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        unseal([new_key(), new_key()], seal(new_key(), SECRET, PLACE), PLACE)


def test_no_key_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        unseal([], seal(new_key(), SECRET, PLACE), PLACE)


@pytest.mark.parametrize("position", range(2))
def test_every_key_of_the_list_opens(position: int) -> None:
    keys = [new_key(), new_key()]
    assert unseal(keys, seal(keys[position], SECRET, PLACE), PLACE) == SECRET


def test_a_changed_byte_anywhere_is_noticed() -> None:
    key = new_key()
    sealed = seal(key, SECRET, PLACE)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(CannotOpen):
            unseal([key], bytes(changed), PLACE)


@pytest.mark.parametrize("length", [0, 1, NONCE_BYTES - 1, NONCE_BYTES, NONCE_BYTES + 15])
def test_what_was_cut_off_cannot_be_opened(length: int) -> None:
    key = new_key()
    with pytest.raises(CannotOpen):
        unseal([key], seal(key, SECRET, PLACE)[:length], PLACE)


def test_the_error_says_where_but_not_what() -> None:
    key = new_key()
    with pytest.raises(CannotOpen) as caught:
        unseal([key], seal(new_key(), SECRET, PLACE), PLACE)
    assert caught.value.args == (PLACE,)


def test_keys_are_new_each_time_and_of_256_bits() -> None:
    assert (new_key() != new_key(), len(new_key())) == (True, 32)


def test_a_key_survives_its_text() -> None:
    key = new_key()
    assert decode_key(f" {encode_key(key)}\n") == key


def test_a_key_of_the_standard_alphabet_is_taken() -> None:
    key = b"\xfb\xef\xff" * 10 + b"ab"
    assert decode_key(base64.b64encode(key).decode()) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        "!" * 44,
        "é" * 44,
        base64.urlsafe_b64encode(b"k" * 16).decode(),
        base64.urlsafe_b64encode(b"k" * 33).decode(),
        "*" + base64.urlsafe_b64encode(b"k" * 32).decode(),
        base64.urlsafe_b64encode(b"k" * 32).decode() + ",",
    ],
)
def test_a_wrong_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        decode_key(text)
    assert not text or text not in str(caught.value)
