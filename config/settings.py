"""All settings of a Parley site, read from the environment.

Every variable is explained in .env.sample. A wrong value is reported by `manage.py check`
(config/checks.py) with a hint, not by a traceback at the first request.
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from csp.constants import NONE, SELF

from config import local
from config.environment import Environment, language, log_level, time_zone

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
if (BASE_DIR / ".env").is_file():
    env.read_env(str(BASE_DIR / ".env"))
env.ENVIRON = {name: value for name, value in env.ENVIRON.items() if value}  # set to nothing: not set

# --- where we are -----------------------------------------------------------------------------------
_services = local.discover()
STATE_DIR = local.state.default_folder()
# The local demo: embedded database, demo accounts, mailbox page. Never with a database of your own.
PARLEY_LOCAL = env.bool("PARLEY_LOCAL", default="database_url" in _services) and "DATABASE_URL" not in env.ENVIRON
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or local.secret_key()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_NAME = env.str("SITE_NAME", default="Parley")
SITE_URL = env.str("SITE_URL", default=_services.get("base_url", "http://localhost:8000")).rstrip("/")
HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS",
    default=[SITE_URL.split("//", 1)[-1].split("/")[0].rsplit(":", 1)[0], "localhost", "127.0.0.1", "[::1]"],
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# --- applications -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.ParleyConfig",
    "moderation",
    "discussions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "pgtrigger",
]
if find_spec("django_linear_migrations"):  # a development tool: keeps migrations in one line
    INSTALLED_APPS.append("django_linear_migrations")

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "moderation.perspective.front.Front",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.DatabaseDown",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "config.middleware.TooLarge",
    "config.middleware.NotAllowed",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
APPEND_SLASH = True
FORCE_SCRIPT_NAME = ""  # the site stands at the root; what a request claims of it would reach pages kept for others
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    }
]

# --- data -------------------------------------------------------------------------------------------
# The unreachable default lets commands that need no database (score, model, check) run without one.
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=_services.get("database_url", "postgres://parley@127.0.0.1:1/parley"))
}
DATABASES["default"]["ENGINE"] = "config.database"
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Without a connection of its own to keep (PgBouncer pools transactions) a cursor would not outlive its statement.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = DATABASES["default"]["CONN_MAX_AGE"] == 0
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
if env.bool("DATABASE_PREPARED_STATEMENTS", default=True):
    # Planning costs PostgreSQL more than answering on a page of thirty small questions (docs/operations.md).
    DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 5}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", default=_services.get("redis_url", "redis://127.0.0.1:1"))
SESSION_ENGINE = "django.contrib.sessions.backends.db"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Celery -----------------------------------------------------------------------------------------
CELERY_BROKER_URL, CELERY_RESULT_BACKEND, LIMITS_REDIS_URL = (
    urlsplit(REDIS_URL)._replace(path=f"/{database}").geturl() for database in range(3)
)
# Nothing that must survive lives in a cache: log-in limits are shared by all web processes, and Redis may die.
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "config.cache.SharedCache", "LOCATION": LIMITS_REDIS_URL}}
CELERY_RESULT_EXPIRES = 30
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "score"
CELERY_TASK_ROUTES = {
    "moderation.ask": {"queue": "ask"},
    "moderation.*": {"queue": "score"},
    "discussions.refresh_best": {"queue": "score"},  # a mail server that hangs must not hold it up
    "discussions.*": {"queue": "mail"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60.0
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_500_000  # KiB
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10.0
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# What Celery does from 6.0 on, and warns of until it is said. It ends nothing: messages here are acknowledged early.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "health_check_interval": 5,
}
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 1.0
CELERY_REDIS_SOCKET_TIMEOUT = 3.0
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "moderation.score_pending", "schedule": env.float("PARLEY_SWEEP_SECONDS", default=5.0)},
    "reconcile": {"task": "moderation.reconcile", "schedule": 30.0},
    "mail": {"task": "discussions.send_mail", "schedule": 10.0},
    "best": {"task": "discussions.refresh_best", "schedule": 5.0},
    "forget": {"task": "discussions.forget", "schedule": 3600.0},
    "forget_corrections": {"task": "moderation.forget_corrections", "schedule": 3600.0},
}
for _entry in CELERY_BEAT_SCHEDULE.values():  # a worker that was away for a night must not do each of them again
    _entry["options"] = {"expires": max(30.0, 2 * _entry["schedule"])}
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "beat-schedule")

# --- the pipeline (docs/architecture.md) --------------------------------------------------------------
SCORING_LEASE_SECONDS = env.float("PARLEY_LEASE_SECONDS", default=60.0)
SCORING_BATCH = env.int("PARLEY_SCORING_BATCH", default=64)
SCORING_MAX_ATTEMPTS = 5
SCORING_STALE_SECONDS = env.float("PARLEY_STALE_SECONDS", default=60.0)
ASK_TIMEOUT_SECONDS = env.float("PARLEY_ASK_TIMEOUT_SECONDS", default=0.7)
# Callers of one web process that may wait for scores at once. Fewer than its threads (24), so that one is always free
# to refuse whoever comes too many: callers in the web server's own queue are counted by nobody.
ASK_ROOM = env.int("PARLEY_ASK_ROOM", default=20)

# --- the scoring endpoint for other systems (docs/perspective.md) ---------------------------------------
PERSPECTIVE_DROP_UNSERVABLE = env.bool("PERSPECTIVE_DROP_UNSERVABLE", default=False)
PERSPECTIVE_SUGGESTION_DAYS = env.int("PERSPECTIVE_SUGGESTION_DAYS", default=365)  # 0: for ever
PERSPECTIVE_LANGUAGES = env.list("PERSPECTIVE_LANGUAGES", default=[])  # accepted though the checkpoint lacks them

# --- taking part --------------------------------------------------------------------------------------
COMMENT_MAX_CHARS = env.int("COMMENT_MAX_CHARS", default=8000)
READERS_BARRED_BY = "moderation.sanctions.bars"  # the discussion itself knows no sanctions,
COMMENTS_LIFTED_BY = "moderation.roles.may_lift"  # and not who answers for which sections
EDIT_WINDOW_SECONDS = env.int("EDIT_WINDOW_SECONDS", default=900)
NEWCOMER_LINKS = env.int("NEWCOMER_LINKS", default=3)
POSTS_PER_MINUTE = env.int("POSTS_PER_MINUTE", default=60)
CLOSE_AFTER_DAYS = env.int("CLOSE_AFTER_DAYS", default=0)
GUEST_EMAIL_DAYS = env.int("GUEST_EMAIL_DAYS", default=180)
SENT_MAIL_DAYS = env.int("SENT_MAIL_DAYS", default=30)
UNCONFIRMED_DAYS = env.int("UNCONFIRMED_DAYS", default=3)
SIGNAL_DAYS = env.int("SIGNAL_DAYS", default=30)
LIKENESS_DAYS = env.int("LIKENESS_DAYS", default=30)
RESERVED_NAMES = env.list(
    "RESERVED_NAMES", default=["admin", "administrator", "moderator", "editor", "staff", SITE_NAME]
)

# --- accounts -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "discussions.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "moderation.permissions.RolePermissions",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "discussions.accounts.AccountAdapter"
ACCOUNT_USER_DISPLAY = "discussions.accounts.public_name"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "discussions.forms.SignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # only in the very browser that signed up
# Mails to one address about signing up; templates/account/verification_sent.html says so.
ACCOUNT_RATE_LIMITS = {"confirm_email": "3/10m/key,10/d/key"}
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = UNCONFIRMED_DAYS or 3
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
STAFF_NEED_SECOND_FACTOR = env.bool("STAFF_NEED_SECOND_FACTOR", default=not PARLEY_LOCAL)

# --- mail: saved in the database first, sent by the mail worker -----------------------------------------
EMAIL_BACKEND = "discussions.mail.OutboxBackend"
EMAIL_URL = env.str("EMAIL_URL", default="")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{SITE_NAME} <noreply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- language and time --------------------------------------------------------------------------------
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية")]
LANGUAGE_CODE = env("LANGUAGE_CODE", cast=partial(language, known=dict(LANGUAGES)), default="en")
LOCALE_PATHS = [BASE_DIR / "discussions" / "locale", BASE_DIR / "moderation" / "locale"]
TIME_ZONE = env("TIME_ZONE", cast=time_zone, default="UTC")
USE_TZ = True
USE_I18N = True

# --- static files ---------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static.Storage"},
}

# --- browser security -------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "discussions.views.errors.csrf_failure"
if HTTPS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

# --- logs and metrics ---------------------------------------------------------------------------------------
PROMETHEUS_EXPORT_MIGRATIONS = False
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
LOG_LEVEL = env("LOG_LEVEL", cast=log_level, default="INFO")
_shared_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer()
            if env.bool("LOG_JSON", default=not PARLEY_LOCAL)
            else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            "foreign_pre_chain": _shared_processors,
        }
    },
    "filters": {"no_probes": {"()": "config.logs.NoProbes"}, "database_away": {"()": "config.logs.DatabaseAway"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["no_probes", "database_away"]}
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.request": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "django.request": {"level": "CRITICAL"},  # django_structlog tells of the same request, once
        "django_structlog": {"level": "ERROR"},
        "django.server": {"level": "WARNING"},
    },
}
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # addresses are kept as keyed hashes, for SIGNAL_DAYS; a log knows no end
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_shared_processors,
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
