"""Settings of the bare project: the portal's database, and otherwise what `startproject` makes.

Its middleware, context processors and login are Django's own.
"""

from pathlib import Path

from wsgsite.settings import *  # noqa: F403

if DATABASES["default"]["ENGINE"] == "wsgsite.sqlite":  # noqa: F405
    # As `startproject` has it: a connection a request.
    DATABASES["default"] |= {  # noqa: F405
        "ENGINE": "django.db.backends.sqlite3",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
    }

ROOT_URLCONF = "scripts.bench.bare_urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django_tasks_db",
    "accounts",
    "applications",
]
MIDDLEWARE = [
    "scripts.bench.middleware.count_queries",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "rows"
