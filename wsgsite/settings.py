"""Settings: one file, read from the environment. `.env.example` documents every variable.

ENVIRONMENT=production (the default) refuses to start without its secrets.
ENVIRONMENT=local is for the demo and the tests: fixed keys, plain http, mail into files.
"""

import datetime
import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from wsgsite import reporting
from wsgsite.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

ENVIRONMENT = env.str("ENVIRONMENT", default="production")
if ENVIRONMENT not in {"production", "local"}:
    raise ImproperlyConfigured("ENVIRONMENT must be 'production' or 'local'.")
PRODUCTION = ENVIRONMENT == "production"
TESTING = "pytest" in sys.modules


def secret(name, hint, local):
    """Read a variable that production must set; `local` stands in outside production.

    Raises ImproperlyConfigured, with the hint, when production lacks it.
    """
    value = env.str(name, default="" if PRODUCTION else local)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. {hint} (For a demo on this machine set ENVIRONMENT=local.)"
        )
    return value


DEBUG = env.bool("DEBUG", default=False)
# What was signed or encrypted with an earlier SECRET_KEY stays readable while that stands here.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SECRET_KEY = secret(
    "SECRET_KEY",
    "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
    local="local-only-" + "not-a-secret-" * 4,
)
# 32 bytes as 64 hex digits: the first half encrypts (SM4), the second keys the index (HMAC-SM3).
# Several with their numbers while keys are being changed: the first encrypts, all decrypt.
ENCRYPTION_KEYS = env.str("ENCRYPTION_KEYS", default="")
ENCRYPTION_KEY = ""
if not ENCRYPTION_KEYS:
    ENCRYPTION_KEY = secret(
        "ENCRYPTION_KEY",
        "Make one with: python -c 'import secrets; print(secrets.token_hex(32))' and keep it safe: "
        "without it no stored ID or bank number can be read.",
        local="6c6f63616c2d6f6e6c79" * 3 + "0000",
    )
ALLOWED_HOSTS = [
    host.strip()
    for host in secret(
        "ALLOWED_HOSTS",
        "Give the portal's host names, separated by commas.",
        local="127.0.0.1,localhost,[::1],testserver",
    ).split(",")
]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The notice's contact line.
OFFICE_CONTACT = "市人力资源和社会保障局职业能力建设处　83919079、83919075　whzkc@163.com"
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(VAR_DIR / "backups")))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "wsgsite.apps.StaticFilesConfig",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_tasks",
    "accounts",
    "applications",
    "review",
    "documents",
    "operations",
    # After `applications`, which has a db_worker of its own.
    "django_tasks_db",
]
if not PRODUCTION:
    # Its passwords are public, and it writes stages directly.
    INSTALLED_APPS += ["demo"]

MIDDLEWARE = [
    # First, so that every answer has its headers: files, redirects and pages of faults, too.
    "wsgsite.middleware.HeadersMiddleware",
    "wsgsite.middleware.PolicyMiddleware",
    "wsgsite.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "wsgsite.middleware.DoorMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.StoredByNobodyMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LoginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.IdleMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "wsgsite.middleware.MethodPageMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "wsgsite.urls"
WSGI_APPLICATION = "wsgsite.wsgi.application"

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
                "wsgsite.context.portal",
            ],
        },
    },
]

# --- Database: SQLite in one file by default, PostgreSQL by DATABASE_URL -------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/portal.sqlite3")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "wsgsite.sqlite"
    DATABASES["default"]["OPTIONS"] = {
        # A transaction takes the write lock at its start, so two decisions cannot both begin.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # A server that does not answer holds up nobody longer than this (seconds; `tcp_user_timeout`:
    # milliseconds): neither a new connection nor one on which a question was on its way when its
    # machine went. A slow statement is not ended: a machine that is there answers for it.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        # The same the other way round: what a machine that has gone had locked is free again.
        "options": "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 "
        "-c tcp_keepalives_count=3",
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache: how often was tried what may be tried so often, shared by all processes ------
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache"
        if TESTING
        else "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "attempts",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# --- Accounts ------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.AccountBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {
        "NAME": "accounts.passwords.LengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.passwords.CommonWordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "accounts.forms.RegistrationForm",
    "login": "accounts.forms.LoginForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "【武汉市技能大师工作室申报】"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
# As long as a registration holds its credit code (accounts/registration.py).
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
# A mail to the owner whenever a password changes.
ACCOUNT_EMAIL_NOTIFICATIONS = True
# How often from one address, behind which a whole office may sit: forty people in one minute, with
# two mistakes each. What refuses says "1 分钟" (wsgsite/errors.py). Wrong passwords are counted by
# accounts/lockout.py alone; codes by account, five in so many minutes.
CODE_MINUTES = 5
AN_OFFICE = "120/m/ip"
ENTRANCE_LIMITS = {
    "login": AN_OFFICE,
    "login_failed": f"5/{CODE_MINUTES}m/key",
    "signup": AN_OFFICE,
    "reset_password": f"{AN_OFFICE},5/m/key",
    "reset_password_from_key": AN_OFFICE,
}
ACCOUNT_RATE_LIMITS = False if TESTING else ENTRANCE_LIMITS
MFA_RATE_LIMITS = {"webauthn_login": AN_OFFICE}
ACCOUNT_PREVENT_ENUMERATION = True
# Days for which an invitation's link sets the first password; a forgotten one's has hours.
INVITATION_DAYS = 7
PASSWORD_RESET_HOURS = 24
PASSWORD_RESET_TIMEOUT = INVITATION_DAYS * 24 * 3600
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.passwords.TokenGenerator"  # noqa: S105

# Second factors. Required: of every role but the applicant's.
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=PRODUCTION)
MFA_ADAPTER = "accounts.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "武汉市技能大师工作室申报"
# A clock that is half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
MFA_FORMS = {
    "authenticate": "accounts.factors.CodeForm",
    "activate_totp": "accounts.factors.ActivateForm",
    "add_webauthn": "accounts.factors.AddPasskeyForm",
}

SESSION_ENGINE = "accounts.sessions"
# Sessions: how long one may be idle, and how long a login, or a password given again, is enough
# for what weighs most. The session ends with the browser.
STAFF_IDLE_MINUTES = env.int("STAFF_IDLE_MINUTES", default=30)
APPLICANT_IDLE_MINUTES = env.int("APPLICANT_IDLE_MINUTES", default=240)
REAUTHENTICATION_MINUTES = env.int("REAUTHENTICATION_MINUTES", default=10)

# Single sign-on, off without an issuer. Its provider is trusted for the second factor only when
# told so.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="").rstrip("/")
OIDC_NAME = env.str("OIDC_NAME", default="统一身份认证")
OIDC_TRUSTED_FOR_MFA = env.bool("OIDC_TRUSTED_FOR_MFA", default=False)
SOCIALACCOUNT_ADAPTER = "accounts.views.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": []}}
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [
        {
            "provider_id": "sso",
            "name": OIDC_NAME,
            "client_id": env.str("OIDC_CLIENT_ID"),
            "secret": env.str("OIDC_CLIENT_SECRET"),
            "settings": {"server_url": OIDC_ISSUER},
        }
    ]

# Locks an account, or an address, after too many failed logins (accounts/lockout.py).
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = datetime.timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_HANDLER = "accounts.lockout.LockoutHandler"
AXES_USERNAME_CALLABLE = "accounts.lockout.account_key"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.address"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out"
# Whoever keeps trying does not keep the owner out for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
# Kept out of what axes stores and logs.
AXES_SENSITIVE_PARAMETERS = [
    "username",
    "ip_address",
    "login",
    "email",
    "oldpassword",
    "reauthentication-password",
]
AXES_VERBOSE = False
# In which header the proxy tells when a request reached it; none is believed by default.
ARRIVAL_HEADER = env.str("ARRIVAL_HEADER", default="")
# Whose address limits how often somebody may try: that many proxies add theirs to X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1 if PRODUCTION else 0)

# --- Language and time: times come from the server, in Shanghai ---------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# --- Files ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_DIRS += [
    (f"vendor/{package}", folder)
    for package, built in (("bootstrap", "dist"), ("echarts", "dist"), ("idb", "build"))
    if (folder := BASE_DIR / "node_modules" / package / built).is_dir()
]

# Evidence is private: no URL leads to it but the permission-checked view, which makes links to a
# bucket that are good for minutes.
S3_OPTIONS = {
    "default_acl": env.str("S3_ACL", default="private") or None,
    "querystring_auth": True,
    "querystring_expire": 300,
    "file_overwrite": False,
}


def evidence_storage():
    """Return where uploaded and made files are kept, as an entry of STORAGES."""
    if not env.str("S3_BUCKET", default=""):
        return {
            "BACKEND": "applications.files.storage.FolderStorage",
            "OPTIONS": {"location": VAR_DIR / "evidence", "base_url": None},
        }
    return {
        "BACKEND": "applications.files.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": env.str("S3_BUCKET"),
            "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
            "public_url": env.str("S3_PUBLIC_URL", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "access_key": env.str("S3_ACCESS_KEY", default="") or None,
            "secret_key": env.str("S3_SECRET_KEY", default="") or None,
            "addressing_style": env.str("S3_ADDRESSING_STYLE", default="auto"),
            **S3_OPTIONS,
        },
    }


def origins(address):
    """Return the origin of an address as the sources of a policy; none for no address."""
    parts = urlsplit(address)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


def bucket_origin(options):
    """Return where a bucket's signed links lead, as sources of a policy; none for a folder."""
    if "bucket_name" not in options:
        return []
    endpoint = options.get("public_url") or options["endpoint_url"]
    if not endpoint:
        return ["https://*.amazonaws.com"]
    # The bucket is named in the path, or before the host.
    return [*origins(endpoint), *(each.replace("://", "://*.") for each in origins(endpoint))]


EVIDENCE_STORAGE = evidence_storage()
STORAGES = {
    "default": EVIDENCE_STORAGE,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "wsgsite.static_files.HashedModulesStorage"
    },
}
# Where clamd (ClamAV) listens: every upload waits for its verdict. Without it nothing is checked.
CLAMD_URL = env.str("CLAMD_URL", default="")
if CLAMD_URL and not CLAMD_URL.startswith(("tcp://", "unix:///")):
    raise ImproperlyConfigured("CLAMD_URL must be tcp://host:3310 or unix:///path/of/the/socket.")
# Whether the worker reads what is uploaded (OCR), and how much memory a page may take (MB). Without
# the packages of the group "ocr" nothing is read either.
OCR = env.str("OCR", default="on").lower() not in {"off", "false", "0", "no"}
OCR_MEMORY = env.int("OCR_MEMORY", default=700)
# Whether Word and Excel files are taken as evidence, where LibreOffice is there to convert them.
LIBREOFFICE = env.str("LIBREOFFICE", default="on").lower() not in {"off", "false", "0", "no"}
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# Two tables of sixty awards, some rows of them deleted, with a dozen fields in each row.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
DATA_UPLOAD_MAX_NUMBER_FILES = 60
# All files of one application at once, and what stands around them; more is not even read.
BODY_LIMIT = 320 * 1024 * 1024

# --- Forms, mail, background work ----------------------------------------------------------
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://" if PRODUCTION else "filemail://")
EMAIL_CONFIG.pop("EMAIL_FILE_PATH", None)
vars().update(EMAIL_CONFIG)
# A mail server that does not answer holds up the worker no longer than this.
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portal@example.invalid")

TASKS = {
    "default": {
        "BACKEND": "django_tasks.backends.immediate.ImmediateBackend"
        if TESTING
        else "django_tasks_db.DatabaseBackend",
        # Any: each of those who ask has one of its own (applications/notify/workers.py).
        "QUEUES": [],
    }
}

# So many seconds after a worker was last heard of, what it was doing is queued again.
WORKER_LEASE = env.int("WORKER_LEASE", default=60)

# --- Transport security --------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# What a page may load and do: only what the portal itself serves, and nothing inline. A bucket
# answers with the private files themselves, to which signed links lead.
_BUCKET = bucket_origin(EVIDENCE_STORAGE["OPTIONS"])
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        # data: Bootstrap's arrows and ticks; blob: a photo that was taken and not sent yet.
        "img-src": [SELF, "data:", "blob:", *_BUCKET],
        "connect-src": [SELF],
        "frame-src": [SELF, *_BUCKET],
        "manifest-src": [SELF],
        # A login by single sign-on is a form that leads to the provider.
        "form-action": [SELF, *origins(OIDC_ISSUER)],
        # 'self' where a page is marked with `xframe_options_sameorigin`.
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "base-uri": [NONE],
    }
}
# No page needs any of these; a phone's camera answers a file field, which asks for no permission.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "autoplay",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "serial",
        "usb",
        "xr-spatial-tracking",
    )
)

# An error report names what was sent, and what a function held, without its value.
DEFAULT_EXCEPTION_REPORTER_FILTER = "wsgsite.errors.Discreet"
CSRF_FAILURE_VIEW = "wsgsite.errors.csrf_failure"

# --- Watching it: logs, figures, errors -----------------------------------------------------
LOGGING = logging_settings(PRODUCTION)
# Who may read /metrics: addresses or networks, or whoever brings the token. Nobody by default.
METRICS_ALLOWED = env.list("METRICS_ALLOWED", default=[])
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# Where web processes count together; prometheus-client reads the variable itself.
METRICS_FOLDER = env.str("PROMETHEUS_MULTIPROC_DIR", default="")
if dsn := env.str("SENTRY_DSN", default=""):
    reporting.start(dsn, env.str("SENTRY_ENVIRONMENT", default=ENVIRONMENT))
