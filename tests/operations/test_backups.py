"""A backup holds everything, is trusted only whole, and is restored only into an empty place."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.audit import AuditEntry
from applications.models import Evidence
from applications.stages import Stage
from documents.models import Package
from operations import backups
from tests import factories as make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def storage(settings, tmp_path):
    """A storage of the test's own: only what the test puts there."""
    folder = tmp_path / "evidence"
    local = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": local, "OPTIONS": {"location": folder, "base_url": None}},
    }
    return folder


@pytest.fixture
def people(storage):
    return make.make_people(make.make_round())


@pytest.fixture
def empty(tmp_path):
    """The environment of another, empty place of the same kind."""
    folder = tmp_path / "elsewhere"
    place = {"ENVIRONMENT": "local", "VAR_DIR": str(folder), "S3_BUCKET": ""}
    if connection.vendor == "sqlite":
        yield place | {"DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3"}
        return
    name = f"restored_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    server = urlsplit(os.environ["TEST_DATABASE_URL"])
    yield place | {"DATABASE_URL": server._replace(path=f"/{name}").geturl()}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def manage(place, *arguments):
    """Run a command in another place, as the portal's operator would."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **place},
        capture_output=True,
        text=True,
        check=False,
    )


def dump(database):
    """Every statement that would make a database again, row by row, by its own tools."""
    if connection.vendor == "sqlite":
        with sqlite3.connect(database) as opened:
            lines = list(opened.iterdump())
        opened.close()
        return lines
    command = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", f"--dbname={database}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # PostgreSQL words a check, and what an index is limited to, another way once it has read its
    # own wording.
    return sorted(
        re.sub(r"^(CREATE .*INDEX .*) WHERE .*", r"\1", line)
        for line in text.splitlines()
        if not line.startswith("\\") and "CHECK (" not in line
    )


def own_database():
    if connection.vendor == "sqlite":
        return connection.settings_dict["NAME"]
    server = urlsplit(os.environ["TEST_DATABASE_URL"])
    return server._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def files_in(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def made(target):
    """Make a backup in `target`; return its folder."""
    folder, _ = backups.back_up(target)
    return folder


def test_what_is_restored_equals_what_was_backed_up(people, storage, empty, tmp_path):
    make.make_application(Stage.INSPECTING, people)
    call_command("backup", to=tmp_path / "backups", verbosity=0)
    (folder,) = (tmp_path / "backups").iterdir()
    assert AuditEntry.objects.get(kind="EXPORT").subject == f"备份 {folder.name}"

    refused = manage(empty | {"VAR_DIR": f"{storage.parent}"}, "restore", str(folder))
    assert "存放文件的位置不是空的" in refused.stderr
    restored = manage(empty, "restore", str(folder))
    assert restored.returncode == 0, restored.stderr
    assert "核对一致" in restored.stdout

    place = empty["DATABASE_URL"].removeprefix("sqlite:///")
    assert dump(place) == dump(own_database())
    there = files_in(Path(empty["VAR_DIR"], "evidence"))
    assert len(there) > 5
    assert there == files_in(storage)

    again = manage(empty, "restore", str(folder))
    assert again.returncode != 0
    assert "数据库不是空的" in again.stderr
    assert dump(place) == dump(own_database())


def test_the_manifest_says_what_is_in_it(people, tmp_path):
    application = make.make_application(Stage.DRAFT, people)
    folder = made(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest == backups.check(folder)
    database = manifest["database"]
    assert database["vendor"] == connection.vendor
    assert "documents.0001_initial" in database["migrations"]
    assert database["tables"]["applications_application"]["rows"] == 1
    assert set(manifest["files"]) == {row.file.name for row in application.evidence.all()}
    for row in application.evidence.all():
        assert manifest["files"][row.file.name] == {"size": row.size, "sha256": row.sha256}
    assert manifest["version"]
    assert folder.stat().st_mode & 0o077 == 0, "others can read it"


def test_a_damaged_backup_is_refused_and_names_the_file(people, tmp_path):
    application = make.make_application(Stage.DRAFT, people)
    folder = made(tmp_path)
    name = application.evidence.first().file.name
    database = backups.DUMPS[connection.vendor]
    for damaged in (f"files/{name}", database, "manifest.json"):
        path = folder / damaged
        before = path.read_bytes()
        middle = len(before) // 2
        path.write_bytes(before[:middle] + bytes([before[middle] ^ 1]) + before[middle + 1 :])
        with pytest.raises(CommandError, match=rf"{damaged} 已损坏"):
            call_command("restore", str(folder))
        path.write_bytes(before)
        path.rename(path.with_suffix(".away"))
        with pytest.raises(CommandError, match=path.name):
            call_command("restore", str(folder), check=True)
        path.with_suffix(".away").rename(path)
    (folder / "files" / "more.pdf").write_bytes(b"%PDF-")
    with pytest.raises(CommandError, match=r"files/more.pdf 不在清单中"):
        call_command("restore", str(folder), check=True)
    (folder / "files" / "more.pdf").unlink()
    call_command("restore", str(folder), check=True, verbosity=0)
    # What was interrupted is no backup either.
    (folder / "manifest.json.sha256").unlink()
    with pytest.raises(CommandError, match="不是完整的备份"):
        call_command("restore", str(folder), check=True)


def test_every_file_that_a_row_names_is_in_it_while_people_upload(people, tmp_path):
    application = make.make_application(Stage.DRAFT, people)
    before = application.evidence.count()
    stop = threading.Event()

    def upload():
        try:
            while not stop.wait(0.02):
                with make.unexamined():
                    make.evidence_files.add(application, "OTHER", make.pdf_file(), people.applicant)
        finally:
            connection.close()

    someone = threading.Thread(target=upload)
    someone.start()
    try:
        while application.evidence.count() < before + 5:
            time.sleep(0.01)
        _, manifest = backups.back_up(tmp_path)
    finally:
        stop.set()
        someone.join()
    rows = manifest["database"]["tables"]["applications_evidence"]["rows"]
    assert before + 5 <= rows <= application.evidence.count()
    assert len(manifest["files"]) == rows
    assert manifest["missing"] == manifest["damaged"] == []


def test_a_file_lost_or_changed_in_the_storage_is_said_loudly(people, storage, tmp_path):
    application = make.make_application(Stage.DRAFT, people)
    lost, changed = application.evidence.order_by("pk")[:2]
    default_storage.delete(lost.file.name)
    (storage / changed.file.name).write_bytes(b"%PDF-1.7 other")
    with pytest.raises(CommandError) as refused:
        call_command("backup", to=tmp_path / "backups", verbosity=0)
    assert refused.value.returncode == 3
    assert f"存储中缺少：{lost.file.name}" in f"{refused.value}"
    assert f"与上传时不一致：{changed.file.name}" in f"{refused.value}"
    (kept,) = (tmp_path / "backups").iterdir()
    assert len(backups.check(kept)["files"]) == Evidence.objects.count() - 1


def test_a_package_removed_meanwhile_is_no_loss(people, tmp_path):
    application = make.make_application(Stage.DRAFT, people)
    gone = Package.objects.create(
        application=application,
        kind="DOSSIER",
        requested_by=people.applicant,
        file="packages/x.pdf",
    )
    call_command("backup", to=tmp_path, verbosity=0)
    (folder,) = tmp_path.glob("portal-*")
    assert backups.check(folder)["missing"] == [{"name": gone.file.name, "is_transient": True}]


def test_only_the_last_complete_backups_are_kept(people, tmp_path):
    for day in ("01", "02", "03"):
        made(tmp_path).rename(tmp_path / f"portal-202601{day}-010000")
    unfinished = tmp_path / "portal-20260102-020000.unfinished"
    unfinished.mkdir()
    assert backups.prune(tmp_path, 2) == ["portal-20260101-010000"]
    assert sorted(path.name for path in tmp_path.glob("portal-*")) == [
        "portal-20260102-010000",
        "portal-20260102-020000.unfinished",
        "portal-20260103-010000",
    ]
    with pytest.raises(CommandError, match="1 或更大"):
        call_command("backup", to=tmp_path, keep=0)


def test_backups_made_while_the_storage_failed_push_out_no_whole_one(people, tmp_path):
    whole = made(tmp_path)
    for day in ("01", "02"):
        broken = tmp_path / f"portal-209901{day}-010000"
        shutil.copytree(whole, broken)
        manifest = json.loads((broken / backups.MANIFEST).read_text())
        manifest["missing"].append({"name": "a.pdf", "is_transient": False})
        (broken / backups.MANIFEST).write_text(json.dumps(manifest))
    assert backups.prune(tmp_path, 1) == []
    assert whole.exists()


def test_a_backup_that_fails_leaves_nothing_behind(people, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "_copy_files", full)
    with pytest.raises(OSError, match="No space"):
        backups.back_up(tmp_path)
    assert list(tmp_path.iterdir()) == []
