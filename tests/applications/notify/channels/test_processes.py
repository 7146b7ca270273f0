"""Who holds Apprise: the program that sends, and no process of the portal."""

import subprocess
import sys

from django.conf import settings

PORTAL = """
import os, sys
os.environ["ENVIRONMENT"] = "local"
os.environ["DJANGO_SETTINGS_MODULE"] = "wsgsite.settings"
import django
django.setup()
import wsgsite.urls
import applications.notify.tasks
print(*(name for name in ("apprise", "icalendar") if name in sys.modules))
"""


def test_neither_web_process_nor_worker_imports_apprise(tmp_path):
    """50 MB and a third of a second, for what most of them never do; nor icalendar."""
    done = subprocess.run(
        [sys.executable, "-c", PORTAL],
        cwd=settings.BASE_DIR,
        env={"VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
