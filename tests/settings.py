"""The portal's settings for the tests: the local environment, in a throwaway folder.

Nothing here reads what a developer's .env or shell says about databases, buckets or mail: tests
must never reach those. TEST_DATABASE_URL chooses PostgreSQL; otherwise SQLite in a file, because
an in-memory database has no locks to test.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# In memory where there is room for it: nothing of the tests has to outlive the machine's power.
_memory, _room = Path("/dev/shm"), 2 * 1024**3  # noqa: S108
_has_room = _memory.is_dir() and shutil.disk_usage(_memory).free > _room
# pytest-xdist's workers get a folder each inside the one that the first process removes.
if "WSGSITE_TEST_FOLDER" not in os.environ:
    os.environ["WSGSITE_TEST_FOLDER"] = tempfile.mkdtemp(
        prefix="wsgsite-test-", dir=_memory if _has_room else None
    )
    atexit.register(shutil.rmtree, os.environ["WSGSITE_TEST_FOLDER"], ignore_errors=True)
_folder = Path(os.environ["WSGSITE_TEST_FOLDER"], os.environ.get("PYTEST_XDIST_WORKER", "alone"))
(_folder / "static").mkdir(parents=True, exist_ok=True)

os.environ.update(
    ENVIRONMENT="local",
    DEBUG="false",
    VAR_DIR=str(_folder),
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{_folder}/portal.sqlite3",
    EMAIL_URL="memorymail://",
    S3_BUCKET="",
    ENCRYPTION_KEYS="",
    SENTRY_DSN="",
    METRICS_ALLOWED="",
    METRICS_TOKEN="",
    CLAMD_URL="",
    LIBREOFFICE="off",  # the tests of conversion turn it on
    OCR="off",  # the tests of reading turn it on
)

from wsgsite.settings import *  # noqa: E402, F403
from wsgsite.settings import DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"] == "wsgsite.sqlite":
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}

# Hashing a password is slow by design; the tests log in thousands of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The live server of browser tests: WhiteNoise serves what is in static/, nothing is collected.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
