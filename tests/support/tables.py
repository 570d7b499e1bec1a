"""The tables of a dashboard that nobody has set up yet: migrated once in a test run, by the first worker that needs them."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.abuse.support import manage


def empty_tables(factory: pytest.TempPathFactory) -> Path:
    """The file of the database, to be copied."""
    own = factory.getbasetemp()
    run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made = run / "tables" / "dashboard.sqlite3"
    with (run / "tables.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            begun = run / "tables-begun"
            begun.mkdir(exist_ok=True)
            # with the table of the cache, whichever cache the tests use
            done = manage(begun, "migrate", "--verbosity", "0", CACHE_URL="", DJANGO_SETTINGS_MODULE="dashboard.settings")
            assert done.returncode == 0, done.stderr
            begun.rename(made.parent)
    return made
