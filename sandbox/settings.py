"""Django settings of the sandbox: one SQLite file, no accounts, no templates. Filled in by __main__.py through the environment."""

import os
from pathlib import Path

SECRET_KEY = "the sandbox signs nothing"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["sandbox"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "sandbox.urls"
APPEND_SLASH = False
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = None
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"django": {"level": "CRITICAL"}},  # a 404 that was asked for is no news
}

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ.get("SANDBOX_DATA", ".")) / "sandbox.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 5,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

SANDBOX_KEY = os.environ.get("SANDBOX_KEY", "")
SANDBOX_PACE = float(os.environ.get("SANDBOX_PACE", "0.3"))
SANDBOX_QUEUE = float(os.environ.get("SANDBOX_QUEUE", "0.3"))
SANDBOX_ORIGIN = ""  # set by the worker, which knows the port
SANDBOX_LATENCY = float(os.environ.get("SANDBOX_LATENCY", "0"))
SANDBOX_FAIL = float(os.environ.get("SANDBOX_FAIL", "0"))
