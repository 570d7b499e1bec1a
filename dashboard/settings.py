"""All settings, from the environment. README.md lists each one; a wrong value stops the start with its remedy."""

import logging
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv

from dashboard.logs import JSON, configure_structlog
from dashboard.secrets import keep_private, kept_secret, new_kek, new_secret_key
from dashboard.stores import caches, queue, with_patience
from datasets_ui.crypto import decode_key
from datasets_ui.dify.words import gettext_noop  # Django's own would ask for the settings

env = FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent

MODE = env.str("DATASETS_MODE", "embedded")
if MODE not in {"embedded", "production"}:
    raise ImproperlyConfigured(f"DATASETS_MODE is {MODE!r}. Set it to embedded or production.")
PRODUCTION = MODE == "production"
DATA_DIR = Path(env.str("DATASETS_DATA_DIR", str(BASE_DIR / "data"))).resolve()
DEBUG = False


def secret(name: str, new: str) -> str:
    """A secret of the operator; in the embedded mode one is made at the first start and kept with mode 0600."""
    given: str = env.str(name, "")
    if given:
        return given
    if PRODUCTION:
        raise ImproperlyConfigured(f"{name} is not set. Set it, or {name}_FILE; README.md says how to make one.")
    return kept_secret(DATA_DIR / name.lower(), new)


SECRET_KEY = secret("DATASETS_SECRET_KEY", new_secret_key())
try:
    KEY_ENCRYPTING_KEYS = [decode_key(key) for key in secret("DATASETS_KEK", new_kek()).split(",")]
except ValueError as error:
    raise ImproperlyConfigured(f"DATASETS_KEK is wrong: {error}. README.md says how to make one.") from error

# --- where it is reached ---
ALLOWED_HOSTS: list[str] = env.list("DATASETS_HOSTS", [] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "DATASETS_HOSTS must name the hosts of the dashboard, such as dashboard.example.com; * is refused."
    )
HTTPS = env.bool("DATASETS_HTTPS", PRODUCTION)
TRUST_PROXY = env.bool("DATASETS_TRUST_PROXY", False)
PROXY_COMPRESSES = env.bool("DATASETS_PROXY_COMPRESSES", False)
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if PRODUCTION else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_FAILURE_VIEW = "datasets_ui.views.errors.csrf_failure"
CSRF_COOKIE_HTTPONLY = True  # htmx gets the token from the page, scripts never need the cookie
SESSION_COOKIE_AGE = 7 * 24 * 3600  # a sign-in ends then, used or not
SESSION_ENGINE = "datasets_ui.models.sessions"
SESSION_IDLE_LIMIT = 8 * 3600

# --- the dataset API ---
# Hosts (or host:port) that may be called although they are not public or speak http; each entry allows itself only.
API_ALLOWED_HOSTS: frozenset[str] = frozenset(env.list("DATASETS_ALLOWED_HOSTS", []))
LOCK_SECONDS = 150.0  # of a change in Dify: longer than its calls may take together
# Threads of a process that may wait for APIs, and for clients to send their forms: gunicorn's 16 without some for all else.
WAITS_AT_ONCE = max(2, min(env.int("DATASETS_CALLS_AT_ONCE", 12), 12))
ACTIVITY_DAYS = env.int("DATASETS_ACTIVITY_DAYS", 365)
UPLOAD_LIMIT = env.int("DATASETS_UPLOAD_LIMIT_MB", 15) * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
SPOOL_LIMIT = 10 * UPLOAD_LIMIT  # bytes on our disk for one upload, one original, or one Excel file
SPOOL_ROOM = 40 * UPLOAD_LIMIT  # the same for all that a process has under way
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# --- background jobs ---
CACHE_URL = env.str("CACHE_URL", "")
TASKS_BY = env.str("DATASETS_TASKS", "database")
if TASKS_BY not in {"database", "rq"}:
    raise ImproperlyConfigured(f"DATASETS_TASKS is {TASKS_BY!r}. Set it to database or rq.")
if TASKS_BY == "rq" and not CACHE_URL:
    raise ImproperlyConfigured("DATASETS_TASKS is rq, which needs Redis. Set CACHE_URL, such as redis://host:6379/0.")
QUEUES = {"database": "django_tasks_db.DatabaseBackend", "rq": "django_tasks_rq.RQBackend"}
TASKS = {"default": {"BACKEND": QUEUES[TASKS_BY]}}
# the longest that a turn may take: its seconds, and an upload that was begun in the last of them
RQ_QUEUES = {"default": {"URL": queue(CACHE_URL), "DEFAULT_TIMEOUT": 900}}
JOB_THREADS = 4  # items of a job at once
JOB_TURN_SECONDS = 10.0
JOB_LEASE_SECONDS = 60.0
JOB_HEARTBEAT_SECONDS = 15.0
JOB_SWEEP_SECONDS = 5.0
JOB_GRACE_SECONDS = 8.0  # for what is under way when the worker is asked to end
JOB_ATTEMPTS = 5  # at an item, with 3, 9, 27 and 81 seconds between them
JOB_BACKOFF_SECONDS = 3.0
JOB_DELAY_SECONDS = 5.0  # of a whole job, doubled with each in a row, where Dify names no time

# --- applications ---
INSTALLED_APPS = [
    "datasets_ui",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "heroicons",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_structlog",
    "django_tasks",
    "django_tasks_db",
    *(["django_rq"] if TASKS_BY == "rq" else []),
]
MIDDLEWARE = [
    "datasets_ui.middleware.database_free",
    # first, so that redirects to https, static files and errors carry the headers too
    "datasets_ui.middleware.security_headers",
    "datasets_ui.middleware.content_security_policy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *(["datasets_ui.middleware.client_address"] if TRUST_PROXY else []),
    "django.middleware.security.SecurityMiddleware",
    "datasets_ui.middleware.health",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    *([] if PROXY_COMPRESSES else ["django.middleware.gzip.GZipMiddleware"]),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "datasets_ui.middleware.session_limits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "datasets_ui.middleware.htmx_answers",
    "datasets_ui.middleware.whole_forms",
    "datasets_ui.middleware.error_pages",
]
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
TAGS = ("ui", "changes", "scripts", "numbers", "shell", "states", "remembered")  # the last one over those of Django
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "datasets_ui.context.document_context",
            ],
            "builtins": [
                "django.templatetags.static",
                "django.templatetags.i18n",
                *(f"datasets_ui.templatetags.{name}" for name in TAGS),
            ],
        },
    }
]

# --- data ---
DATABASES = {"default": with_patience(env.dj_db_url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'dashboard.sqlite3'}"))}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    keep_private(DATABASES["default"]["NAME"])
CACHES = caches(CACHE_URL)
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- accounts ---
AUTH_USER_MODEL = "datasets_ui.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend", "sesame.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "datasets_ui.accounts.AccountAdapter"
OUR_FORMS = "datasets_ui.forms.team.accounts"
ACCOUNT_FORMS = {"login": f"{OUR_FORMS}.SignInForm", "reset_password": f"{OUR_FORMS}.SendLinkForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_RATE_LIMITS = {"account_failed": "100/5m/key"}  # wrong passwords, from wherever; allauth's own are for an address
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
MFA_ADAPTER = "datasets_ui.accounts.MfaAdapter"
MFA_FORMS = {"add_webauthn": f"{OUR_FORMS}.AddPasskeyForm", "activate_totp": f"{OUR_FORMS}.SetUpAppForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Dataset Dashboard"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # browsers allow http on localhost only
MFA_ALLOW_UNVERIFIED_EMAIL = True  # they end when the owner of the address comes: services/team/accounts.py, take_over
SESAME_ONE_TIME = True
SESAME_MAX_AGE = 3600
SESAME_TOKEN_NAME = "token"  # noqa: S105 the name of a query parameter

# --- single sign-on ---
OIDC_ISSUER = env.str("DATASETS_OIDC_ISSUER", "")
OIDC_CLIENT_ID = env.str("DATASETS_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.str("DATASETS_OIDC_CLIENT_SECRET", "")
OIDC_NAME = env.str("DATASETS_OIDC_NAME", gettext_noop("Single sign-on")) if OIDC_ISSUER else ""
if len({bool(OIDC_ISSUER), bool(OIDC_CLIENT_ID), bool(OIDC_CLIENT_SECRET)}) > 1:
    raise ImproperlyConfigured(
        "DATASETS_OIDC_ISSUER, DATASETS_OIDC_CLIENT_ID and DATASETS_OIDC_CLIENT_SECRET belong together. Set all three, or none."
    )
if PRODUCTION and OIDC_ISSUER and not OIDC_ISSUER.startswith("https://"):
    raise ImproperlyConfigured("DATASETS_OIDC_ISSUER must begin with https://, because what the issuer says is believed.")
SOCIALACCOUNT_ADAPTER = "datasets_ui.accounts.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True  # by the addresses that the operator's issuer has verified
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}

MAIL_IS_SET_UP = bool(env.str("EMAIL_URL", ""))
mail = env.dj_email_url("EMAIL_URL", "dummy://")
vars().update(mail | {"EMAIL_TIMEOUT": mail["EMAIL_TIMEOUT"] or 10})  # nobody waits longer for a mail server

# --- language, static files ---
LANGUAGE_CODE = "en"  # what the source is written in
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "datasets_ui.formats"
TIME_ZONE = env.str("DATASETS_TIME_ZONE", "UTC")
USE_THOUSAND_SEPARATOR = True
STATIC_URL = "static/"
STATIC_ROOT = env.path("DATASETS_STATIC_ROOT", BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.static_files.StaticFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- what a page may do ---
CONTENT_SECURITY_POLICY = {
    # of frames the one: the original of a document, beside its segments
    "DIRECTIVES": {f"{kind}-src": [SELF] for kind in ("script", "style", "font", "connect", "frame")}
    | {"default-src": [NONE], "img-src": [SELF, "data:"], "object-src": [NONE]}
    | {"form-action": [SELF], "base-uri": [NONE], "frame-ancestors": [NONE]}
}

# --- logs: one JSON line an event ---
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": JSON},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("DATASETS_LOG_LEVEL", "WARNING")},
    # httpx and httpcore log addresses and headers of requests at the lower levels
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore")}
    | {"django.request": {"level": "ERROR"}},  # a typing error of somebody is no event
}
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO
configure_structlog()
