"""Settings from the environment: a wrong one stops the start with its remedy."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datasets_ui.crypto import encode_key, new_key

ROOT = Path(__file__).resolve().parent.parent
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
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATASETS_", "DATABASE_", "CACHE_", "DJANGO_"))
    }
    command = [sys.executable, "manage.py", *(words or ("check",))]
    env = {"DATASETS_DATA_DIR": str(folder)} | env
    return subprocess.run(command, cwd=ROOT, env=clean | env, capture_output=True, text=True, check=False)


def show(folder: Path, expression: str, **env: str) -> str:
    """What an expression over `settings` gives."""
    code = f"from django.conf import settings; print({expression})"
    words = ("shell", "--verbosity", "0", "--no-imports", "-c", code)
    return start(folder, *words, **env).stdout.strip()


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip().splitlines()[-1].partition(": ")[2]


def test_production_starts_without_a_warning(tmp_path: Path) -> None:
    done = start(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n")


def test_production_writes_no_secret(tmp_path: Path) -> None:
    start(tmp_path, **PRODUCTION)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"DATASETS_SECRET_KEY": ""}, "DATASETS_SECRET_KEY is not set. Set it, or DATASETS_SECRET_KEY_FILE;"),
        ({"DATASETS_KEK": ""}, "DATASETS_KEK is not set. Set it, or DATASETS_KEK_FILE;"),
        ({"DATASETS_KEK": "short"}, "DATASETS_KEK is wrong: "),
        ({"DATASETS_KEK": f"{KEK},"}, "DATASETS_KEK is wrong: "),
        ({"DATASETS_HOSTS": ""}, "DATASETS_HOSTS must name the hosts of the dashboard"),
        ({"DATASETS_HOSTS": "*"}, "DATASETS_HOSTS must name the hosts of the dashboard"),
        ({"DATASETS_HOSTS": "a.example.com,*"}, "DATASETS_HOSTS must name the hosts of the dashboard"),
        ({"DATASETS_MODE": "prod"}, "DATASETS_MODE is 'prod'. Set it to embedded or production."),
    ],
)
def test_production_refuses_to_start(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    done = start(tmp_path, **PRODUCTION | changes)
    assert done.returncode == 1
    assert last_line(done).startswith(said)
    assert KEK not in done.stderr.replace(f"{KEK},", "")


def test_embedded_secrets_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    start(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"datasets_secret_key": 0o600, "datasets_kek": 0o600}


def test_embedded_secrets_are_found_again(tmp_path: Path) -> None:
    assert show(tmp_path, "settings.SECRET_KEY") == show(tmp_path, "settings.SECRET_KEY") != ""


def test_two_starts_at_once_have_the_same_secrets(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: show(tmp_path, "settings.SECRET_KEY"), range(2))
    assert first == second != ""


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "kek").write_text(f"{encode_key(b'k' * 32)},{KEK}\n")
    (tmp_path / "secret").write_text(PRODUCTION["DATASETS_SECRET_KEY"])
    files = {"DATASETS_KEK_FILE": str(tmp_path / "kek"), "DATASETS_SECRET_KEY_FILE": str(tmp_path / "secret")}
    others = {name: PRODUCTION[name] for name in ("DATASETS_MODE", "DATASETS_HOSTS")}
    shown = show(
        tmp_path, "settings.SECRET_KEY, settings.KEY_ENCRYPTING_KEYS[0], len(settings.KEY_ENCRYPTING_KEYS)", **files | others
    )
    assert shown == f"{PRODUCTION['DATASETS_SECRET_KEY']} {b'k' * 32!r} 2"


@pytest.mark.parametrize(
    ("env", "shown"),
    [({}, "True __Host-session __Host-csrf 31536000"), ({"DATASETS_HTTPS": "false"}, "False session csrf 0")],
)
def test_production_is_behind_https(tmp_path: Path, env: dict[str, str], shown: str) -> None:
    wanted = (
        "settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SECURE_HSTS_SECONDS"
    )
    assert show(tmp_path, wanted, **PRODUCTION | env) == shown


@pytest.mark.parametrize(
    ("env", "shown"), [({}, "None"), ({"DATASETS_TRUST_PROXY": "1"}, "('HTTP_X_FORWARDED_PROTO', 'https')")]
)
def test_a_proxy_is_believed_only_when_told(tmp_path: Path, env: dict[str, str], shown: str) -> None:
    assert show(tmp_path, "settings.SECURE_PROXY_SSL_HEADER", **PRODUCTION | env) == shown


def test_debug_cannot_be_switched_on(tmp_path: Path) -> None:
    assert show(tmp_path, "settings.DEBUG", DEBUG="1", DJANGO_DEBUG="1", DATASETS_DEBUG="1") == "False"


def test_services_are_taken_from_the_environment(tmp_path: Path) -> None:
    services = {"DATABASE_URL": "postgres://a@127.0.0.1/b", "CACHE_URL": "redis://127.0.0.1:6379/9"}
    shown = show(tmp_path, "settings.DATABASES['default']['ENGINE'], settings.CACHES['default']['LOCATION']", **services)
    assert shown == "django.db.backends.postgresql redis://127.0.0.1:6379/9"
