"""The disk is full while a file is uploaded: a sentence, nothing half stored, all typed kept.

Where the system lets us, the files lie on a small file system of their own (tmpfs), which says
ENOSPC; elsewhere no file may grow beyond a limit (EFBIG). The processes are real.
"""

import io
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from applications.models import Evidence
from applications.stages import Stage
from review.publicity.models import PublicNotice
from review.publicity.objections.models import Objection
from review.shared.attachments import Attachment
from tests.factories import make_application, make_people, make_round
from tests.faults.processes import Web

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

MEGABYTE = 1024 * 1024
# Room for this much, and files of more than that.
ROOM = 6 * MEGABYTE


def named(name, size):
    """A picture of about this size; each call's bytes differ, and none of them is left out."""
    side = max(10, int((size / 3) ** 0.5))
    stream = io.BytesIO()
    noise = Image.frombytes("RGB", (side, side), os.urandom(3 * side * side))
    noise.save(stream, "PNG", compress_level=0)
    stream.seek(0)
    stream.name = name
    return stream


def small_disk(folder):
    """The command line before one that has it run with a small disk at `folder`; None without.

    The disk is there for this process alone and vanishes with it.
    """
    script = f'mount -t tmpfs -o size={ROOM} tmpfs "{folder}" && exec "$@"'
    as_root = [] if os.geteuid() == 0 else ["--map-root-user", "--user"]
    command = ["unshare", "--mount", *as_root, "sh", "-c", script, "sh"]
    works = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    return command if works else None


def no_large_files():
    """Stands in where nobody may mount: a process may not write beyond a limit."""
    script = (
        "import os, resource, sys;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({ROOM}, {ROOM}));"
        "os.execvp(sys.argv[1], sys.argv[1:])"
    )
    return [sys.executable, "-c", script]


@pytest.fixture(params=["disk", "limit"])
def web(request, tmp_path):
    """The web server on a folder that takes `ROOM`, or (also where nobody may mount) such files."""
    files = tmp_path / "evidence"
    files.mkdir()
    prefix = small_disk(files) if request.param == "disk" else None
    environ = {"VAR_DIR": str(tmp_path)}
    if prefix is None:
        environ["FAULT_MEMORY"] = f"{4 * ROOM}"
    with Web(prefix=prefix or no_large_files(), **environ) as server:
        server.files = Path(f"/proc/{server.popen.pid}/root{files}")
        yield server


def stored(web):
    return sorted(each for each in web.files.rglob("*") if each.is_file())


def test_an_upload_that_does_not_fit(web):
    people = make_people(make_round())
    draft = make_application(Stage.DRAFT, people)
    address = reverse("applications:evidence_upload", args=[draft.pk, "OTHER"])

    def send(*files, **headers):
        return web.ask("POST", address, people.applicant, {"files": files}, True, headers)

    answer = send(named("大.png", 2 * ROOM), named("小.png", 1000), Accept="application/json")
    assert answer.status == 200
    assert "文件没有保存成功，请稍后重新上传。" in answer.text.encode().decode("unicode_escape")
    row = Evidence.objects.get(category="OTHER")
    assert row.original_name == "小.png"
    assert [each.name for each in stored(web)] == [Path(row.file.name).name]
    assert web.ask("GET", row.get_absolute_url(), people.applicant).status == 200


def test_an_objection_whose_file_does_not_fit_keeps_its_words(web):
    people = make_people(make_round())
    application = make_application(Stage.PUBLICITY, people)
    today = timezone.localdate()
    notice = PublicNotice.objects.create(
        round=people.panel.round,
        starts_on=today,
        ends_on=today + timedelta(days=7),
        contact="83919079",
        published_by=people.office,
    )
    notice.applications.add(application)
    typed = {
        "application": application.pk,
        "named": "named",
        "raised_by": "反映某",
        "contact": "027-83919079",
        "text": "写了很久的一段话，有时间也有依据。",
        "files": [named("大.png", 2 * ROOM)],
    }
    before = stored(web)
    answer = web.ask("POST", reverse("object_to", args=[notice.pk]), None, typed, True)
    assert answer.status == 422, answer.text
    assert "文件没有保存成功，请稍后重新上传。" in answer.text
    assert "写了很久的一段话，有时间也有依据。" in answer.text
    assert not Objection.objects.exists()
    assert not Attachment.objects.filter(kind="OBJECTION").exists()
    assert stored(web) == before


def test_a_full_disk_under_what_arrives_is_told(tmp_path):
    """Large files are written to the temporary folder as they arrive, before any form is read."""
    folder = tmp_path / "arriving"
    folder.mkdir()
    people = make_people(make_round())
    draft = make_application(Stage.DRAFT, people)
    address = reverse("applications:evidence_upload", args=[draft.pk, "OTHER"])
    typed = {"files": [named("大.png", 2 * ROOM)]}
    prefix = small_disk(folder) or no_large_files()
    with Web(prefix=prefix, TMPDIR=str(folder)) as web:
        answer = web.ask("POST", address, people.applicant, typed, True)
        assert answer.status == 503
        assert "服务器的存储空间已满" in answer.text
        assert answer.headers["X-Request-ID"] in answer.text
        assert web.ask("GET", "/healthz").status == 200
    assert not Evidence.objects.filter(category="OTHER").exists()
