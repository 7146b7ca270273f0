"""附件2 is laid out beside the portal's own processes."""

import os
import subprocess
import sys
import threading

import pytest
from django.conf import settings

from applications.files import program_pool
from documents.form_printing import PRINTING, print_form

STYLE = "documents/annex2.css"
ALONE = """
import sys
import django
django.setup()
from documents import views
from documents.form_printing import print_form
made = print_form("<p>大师</p>", "documents/annex2.css", "ab" * 32)
assert made.startswith(b"%PDF-")
assert "weasyprint" not in sys.modules
"""


def test_a_process_that_prints_does_not_load_what_lays_pages_out():
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
        "ENVIRONMENT": "local",
        "DATABASE_URL": "sqlite://:memory:",
    }
    command = [sys.executable, "-c", ALONE]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True)


def test_one_form_at_a_time_and_the_others_wait():
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(print_form("<p>大师</p>", STYLE, "ab" * 32)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(PRINTING._idle) == 1


def test_who_waits_for_too_long_is_told_so(monkeypatch):
    monkeypatch.setattr(PRINTING, "patience_seconds", 0.05)
    with PRINTING.turns, pytest.raises(program_pool.Busy):
        print_form("<p>大师</p>", STYLE, "ab" * 32)
