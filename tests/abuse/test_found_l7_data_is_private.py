"""L7: every file in the data folder of the embedded mode can be read by its owner alone, so that a copy of it can be, too."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.abuse.support import Dashboard, Visitor, manage

COMMON_MASK = 0o022


@pytest.fixture(autouse=True)
def common_mask() -> Iterator[None]:
    """What a machine gives new files: readable by all."""
    before = os.umask(COMMON_MASK)
    yield
    os.umask(before)


def readable(folder: Path) -> dict[str, str]:
    """The files that others can read or write, with their modes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert "dashboard.sqlite3" in [path.name for path in files]
    return {path.name: oct(path.stat().st_mode) for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077}


def test_the_database_of_a_running_dashboard_is(tmp_path: Path) -> None:
    """L7: with the files that SQLite puts beside it."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    assert manage(data, "migrate", "--verbosity", "0").returncode == 0
    with Dashboard(data) as dashboard, Visitor(dashboard.origin) as visitor:
        assert visitor.get("/setup/").status_code == 200
        assert {"dashboard.sqlite3-wal", "dashboard.sqlite3-shm"} <= {path.name for path in data.iterdir()}
        assert readable(data) == {}


def test_the_database_of_an_older_version_becomes_so(tmp_path: Path) -> None:
    """L7: what was made readable before is not any more after a start."""
    for name in ("dashboard.sqlite3", "dashboard.sqlite3-wal", "dashboard.sqlite3-shm"):
        (tmp_path / name).touch(mode=0o644)
    assert manage(tmp_path, "check").returncode == 0
    assert readable(tmp_path) == {}
