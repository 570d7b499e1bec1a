"""`manage.py` as a process of its own, with settings from nowhere but the test."""

import os
import subprocess
import sys
from pathlib import Path

from datasets_ui.crypto import encode_key, new_key

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "s" * 60
KEK = encode_key(new_key())
PRODUCTION = {
    "DATASETS_MODE": "production",
    "DATASETS_SECRET_KEY": SECRET + "0123456789abcdefghij",
    "DATASETS_KEK": KEK,
    "DATASETS_HOSTS": "dashboard.example.com",
}


def start(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` with these settings and no others."""
    return run(folder, "manage.py", *(words or ("check",)), **env)


def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Python with these settings of ours and no others."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATASETS_", "DATABASE_", "CACHE_", "DJANGO_"))
    }
    env = {"DATASETS_DATA_DIR": str(folder)} | env
    return subprocess.run([sys.executable, *words], cwd=ROOT, env=clean | env, capture_output=True, text=True, check=False)


def show(folder: Path, expression: str, **env: str) -> str:
    """What an expression over `settings` gives, without the applications, which take a second to load."""
    code = f"from dashboard import settings; print({expression})"
    done = run(folder, "-c", code, **env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip().splitlines()[-1].partition(": ")[2]
