"""Secrets of the embedded mode."""

import stat
from pathlib import Path

from dashboard.secrets import kept_secret, new_kek, new_secret_key
from datasets_ui.crypto import decode_key


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert [kept_secret(path, "first"), kept_secret(path, "second")] == ["first", "first"]


def test_its_owner_alone_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "secret"
    kept_secret(path, "x")
    assert [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)] == [0o600, 0o700]


def test_nothing_is_left_beside_it(tmp_path: Path) -> None:
    kept_secret(tmp_path / "secret", "x")
    kept_secret(tmp_path / "secret", "y")
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_white_space_of_an_editor_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" mine\n")
    assert kept_secret(tmp_path / "secret", "x") == "mine"


def test_new_ones_differ_and_fit() -> None:
    assert (new_secret_key() == new_secret_key(), new_kek() == new_kek(), len(decode_key(new_kek()))) == (False, False, 32)
