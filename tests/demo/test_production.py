"""The demo is no part of production: neither its commands nor its folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
# A process that has no package `demo`, as the image has none.
WITHOUT_DEMO = (
    "import sys; sys.modules['demo'] = None; "
    "from django.core.management import execute_from_command_line as run; run(sys.argv)"
)


def in_production(*arguments, **variables):
    """Run a command of the portal in production; return the ended process."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
        "SECRET_KEY": "s" * 60,
        "ENCRYPTION_KEY": "0" * 64,
        "ALLOWED_HOSTS": "portal.example.org",
        **variables,
    }
    command = [sys.executable, "-c", WITHOUT_DEMO, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_demo_is_here_outside_production():
    assert apps.is_installed("demo")


def test_production_has_no_command_of_the_demo(tmp_path):
    listed = in_production("help", "--commands", VAR_DIR=str(tmp_path))

    commands = set(listed.stdout.split())
    assert {"migrate", "notify", "backup"} <= commands
    assert not {"loaddemo", "loadmany"} & commands


def test_the_image_collects_its_static_files_without_the_demo(tmp_path):
    image = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert "demo" not in re.findall(r"^COPY (\S+)", image, re.MULTILINE)
    run = re.search(r"^RUN ((?:\w+=\S+ )+)\\\n +python manage.py (.*) \\$", image, re.MULTILINE)
    values = dict(pair.split("=") for pair in run[1].split())
    values |= {"VAR_DIR": str(tmp_path), "STATIC_ROOT": str(tmp_path / "static")}

    done = in_production(*run[2].split(), "--dry-run", **values)

    assert (done.returncode, done.stderr) == (0, "")
