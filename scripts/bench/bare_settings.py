"""Settings of the bare project: the portal's database, session and login, and nothing else."""

from wsgsite.settings import ALLOWED_HOSTS, DATABASES, SECRET_KEY, TIME_ZONE  # noqa: F401

DEBUG = False
USE_TZ = True
ROOT_URLCONF = "scripts.bench.bare_urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "scripts.bench.apps.BenchConfig",
]
MIDDLEWARE = [
    "scripts.bench.middleware.count_queries",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
