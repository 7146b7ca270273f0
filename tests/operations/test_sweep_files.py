"""`manage.py sweep_files`: what is removed is shown by tests/faults/test_kill.py."""

import datetime

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.audit import AuditEntry
from documents.models import KeptForm
from tests.factories import make_application

pytestmark = pytest.mark.django_db


def test_a_row_whose_file_is_missing_is_named(capsys):
    file = make_application().evidence.first()
    file.file.storage.delete(file.file.name)
    with pytest.raises(CommandError, match="从备份中找回"):
        call_command("sweep_files")
    assert f"缺少：{file.file.name}" in capsys.readouterr().err


def test_what_is_made_anew_when_it_is_asked_for_is_not_missed(capsys):
    application = make_application()
    KeptForm.objects.create(application=application, readers="full", key="1", file="forms/gone")
    call_command("sweep_files")
    assert "forms/gone" not in capsys.readouterr().err


def test_a_removal_is_in_the_log(capsys):
    name = default_storage.save("sweep/left.pdf", ContentFile(b"%PDF-"))
    later = timezone.now() + datetime.timedelta(days=1, minutes=1)
    with time_machine.travel(later):
        call_command("sweep_files", remove=True)
    assert f"已删除：{name}" in capsys.readouterr().out
    assert not default_storage.exists(name)
    entry = AuditEntry.objects.get(subject="sweep_files")
    assert entry.data["files"] >= 1
