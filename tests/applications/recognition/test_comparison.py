"""What was compared is kept until something of it changes, and for seconds while pages are read."""

import pytest
from django.utils import timezone

from applications.models import Application
from applications.recognition import comparison
from applications.recognition.comparison import compared, remembered
from applications.recognition.records import FileText
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from tests.applications.recognition.reading import page_of, read
from tests.factories import make_application

pytestmark = pytest.mark.django_db


@pytest.fixture
def times():
    """How often was compared, as a list that grows."""
    return []


@pytest.fixture
def asked(times):
    """Open an application anew and have it compared; return how often that was done so far."""

    def rule(_application, _pages):
        times.append(1)
        return []

    def ask(application):
        compared(Application.objects.get(pk=application.pk), rule)
        return len(times)

    return ask


@pytest.fixture
def application():
    made = make_application(Stage.QUALIFYING)
    read(made.evidence.filter(category=EvidenceCategory.LICENCE).get(), page_of("营业执照"))
    return made


@pytest.mark.parametrize("change", [{"original_name": "另一个名称.pdf"}, {"pages": 7}])
def test_it_is_done_again_when_a_file_is_called_or_counted_otherwise(application, asked, change):
    assert asked(application) == 1
    assert asked(application) == 1
    application.evidence.filter(category=EvidenceCategory.LICENCE).update(**change)
    assert asked(application) == 2


def test_while_pages_are_being_read_it_is_done_now_and_then(application, asked, monkeypatch):
    monkeypatch.setattr(comparison, "READING_SECONDS", 10**9)
    FileText.objects.update(state=FileText.State.READING)
    assert asked(application) == 1
    FileText.objects.update(moved_at=timezone.now(), pages_done=2)
    assert asked(application) == 1
    FileText.objects.update(state=FileText.State.DONE, moved_at=timezone.now())
    assert asked(application) == 2
    FileText.objects.update(state=FileText.State.READING)
    monkeypatch.setattr(comparison, "READING_SECONDS", 1e-9)
    assert asked(application) == 3
    assert asked(application) == 4


def test_what_is_remembered_is_made_once_for_so_long(times):
    def made(seconds):
        remembered(("of a test", id(times)), lambda: times.append(1), seconds)
        return len(times)

    assert [made(60), made(60), made(-1), made(60)] == [1, 1, 2, 2]
