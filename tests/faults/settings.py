"""Settings of the real processes that the tests of faults start: production's, on this machine."""

import os

from wsgsite.settings import *  # noqa: F403
from wsgsite.settings import DATABASES, STORAGES

# Nothing is collected: pages name the files as they lie in static/.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
if DATABASES["default"]["ENGINE"] == "wsgsite.sqlite":
    # A locked database is given up sooner than the twenty seconds of real life.
    DATABASES["default"]["OPTIONS"]["timeout"] = int(os.environ.get("FAULT_SQLITE_TIMEOUT", "20"))
# Files so large arrive in memory, so that a limit on files on the disk meets them later.
FILE_UPLOAD_MAX_MEMORY_SIZE = int(os.environ.get("FAULT_MEMORY", "1048576"))
EMAIL_BACKEND = os.environ.get("FAULT_MAIL", "django.core.mail.backends.filebased.EmailBackend")
