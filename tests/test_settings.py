"""Settings from the environment: a wrong one stops the start with its remedy."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datasets_ui.crypto import encode_key
from tests.support.manage import KEK, PRODUCTION, last_line, show, start

OIDC = {
    "DATASETS_OIDC_ISSUER": "https://id.example.com",
    "DATASETS_OIDC_CLIENT_ID": "dashboard",
    "DATASETS_OIDC_CLIENT_SECRET": "a secret",
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"DATASETS_KEK": "short"}, "DATASETS_KEK is wrong: "),
        ({"DATASETS_KEK": f"{KEK},"}, "DATASETS_KEK is wrong: "),
        ({"DATASETS_OIDC_ISSUER": "https://id.example.com"}, "DATASETS_OIDC_ISSUER, DATASETS_OIDC_CLIENT_ID and"),
        (OIDC | {"DATASETS_OIDC_CLIENT_SECRET": ""}, "DATASETS_OIDC_ISSUER, DATASETS_OIDC_CLIENT_ID and"),
        (OIDC | {"DATASETS_OIDC_ISSUER": "http://id.example.com"}, "DATASETS_OIDC_ISSUER must begin with https://"),
        ({"DATASETS_MODE": "prod"}, "DATASETS_MODE is 'prod'. Set it to embedded or production."),
    ],
)
def test_production_refuses_to_start(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    done = start(tmp_path, **PRODUCTION | changes)
    assert done.returncode == 1
    assert last_line(done).startswith(said)
    assert KEK not in done.stderr.replace(f"{KEK},", "")


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


def test_services_are_taken_from_the_environment(tmp_path: Path) -> None:
    services = {"DATABASE_URL": "postgres://a@127.0.0.1/b", "CACHE_URL": "redis://127.0.0.1:6379/9"}
    shown = show(tmp_path, "settings.DATABASES['default']['ENGINE'], settings.CACHES['default']['LOCATION']", **services)
    assert shown == "django.db.backends.postgresql redis://127.0.0.1:6379/9"


@pytest.mark.parametrize(
    ("env", "shown"),
    [({}, ""), (OIDC, "Single sign-on"), (OIDC | {"DATASETS_OIDC_NAME": "Acme"}, "Acme")],
)
def test_single_sign_on_is_set_up_by_three_settings(tmp_path: Path, env: dict[str, str], shown: str) -> None:
    apps = "[app['client_id'] for app in settings.SOCIALACCOUNT_PROVIDERS['openid_connect']['APPS']]"
    clients = ["dashboard"] if env else []
    assert show(tmp_path, f"repr(settings.OIDC_NAME), {apps}", **env) == f"{shown!r} {clients}"


def test_what_guards_accounts_is_on(tmp_path: Path) -> None:
    wanted = (
        "settings.PASSWORD_HASHERS[0].rpartition('.')[2], settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN, "
        "settings.ACCOUNT_REAUTHENTICATION_TIMEOUT, settings.SESSION_IDLE_LIMIT, settings.SESSION_COOKIE_AGE, "
        "settings.CACHES['default']['BACKEND'].rpartition('.')[2]"
    )
    assert show(tmp_path, wanted, **PRODUCTION) == "Argon2PasswordHasher False 900 28800 604800 DatabaseCache"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"DATASETS_TASKS": "celery"}, "DATASETS_TASKS is 'celery'. Set it to database or rq."),
        ({"DATASETS_TASKS": "rq"}, "DATASETS_TASKS is rq, which needs Redis. Set CACHE_URL"),
    ],
)
def test_a_queue_that_cannot_be_is_refused(tmp_path: Path, env: dict[str, str], said: str) -> None:
    done = start(tmp_path, **env)
    assert (done.returncode, said in last_line(done)) == (1, True)


def test_jobs_queue_where_it_is_told(tmp_path: Path) -> None:
    rq = {"DATASETS_TASKS": "rq", "CACHE_URL": "redis://127.0.0.1:6379/9"}
    backend = "settings.TASKS['default']['BACKEND']"
    assert [show(tmp_path, backend, **env) for env in ({}, rq)] == [
        "django_tasks_db.DatabaseBackend",
        "django_tasks_rq.RQBackend",
    ]
