"""Secrets of the embedded mode: made at the first start, kept in the data folder, readable by the owner only, like its database."""

import os
from contextlib import suppress
from pathlib import Path

from django.core.management.utils import get_random_secret_key

from datasets_ui.crypto import encode_key, new_key


def new_secret_key() -> str:
    return get_random_secret_key()


def new_kek() -> str:
    return encode_key(new_key())


def kept_secret(path: Path, new: str) -> str:
    """What the file holds; where there is none yet, it is made with `new`. Of two processes that race, one makes it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(new)
        os.link(fresh, path)  # fails where another process was first, and never shows half a secret
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
    return path.read_text().strip()


def keep_private(name: str) -> None:
    """Nobody but its owner reads an SQLite file, nor what SQLite puts beside it, which gets the mode of the file at its making."""
    database = Path(name)
    if name == ":memory:":
        return
    for path in (database, database.with_name(f"{database.name}-wal"), database.with_name(f"{database.name}-shm")):
        with suppress(FileNotFoundError, PermissionError):  # not there yet, or another's, who decides
            path.chmod(0o600)
    with suppress(OSError):  # there already; what else is wrong SQLite says when it is opened
        os.close(os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
