"""The worker's reading: once for each content, in order, and nothing is lost when it fails."""

import datetime
import io
import os
import signal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from applications.files import evidence as evidence_files
from applications.files import program_pool
from applications.models import FileText, PageText
from applications.notify.workers import oldest_waiting, waiting
from applications.recognition import reader
from applications.recognition.page import PageState
from applications.recognition.texts import pages_of, progress_of
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from tests.applications.files.test_evidence import upload
from tests.applications.recognition.papers import drawn, png, scan
from tests.factories import make_application

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
LINES = ("荣誉证书", "周某乙同志荣获二〇一九年度技术创新一等奖", "湖北省总工会")


@pytest.fixture
def reading(settings):
    """Reading is on, and its process ends with the test."""
    settings.OCR = True
    yield
    reader.READING.end()


def add(data, category=EvidenceCategory.HONOUR, draft=None, name="证书"):
    draft = draft or make_application()
    return evidence_files.add(draft, category, upload(data, name), draft.edited_by)


def file_text(file):
    return FileText.objects.get(sha256=file.sha256)


@pytest.mark.recognition
class TestReading:
    def test_an_upload_is_read_page_by_page(self, reading, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            file = add(scan(drawn(*LINES, seal=(300, 300)), drawn()))

        first, second = pages_of([file])[file.pk]
        assert [line.text for line in first.lines] == list(LINES)
        assert first.seals
        assert first.is_colour
        assert second.state == PageState.BLANK
        assert file_text(file).state == FileText.State.DONE
        assert progress_of([file]).is_finished

    def test_what_is_read_is_nowhere_in_plain_text(
        self, reading, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            add(png(drawn(*LINES)))

        with connection.cursor() as cursor:
            cursor.execute("SELECT content FROM applications_pagetext")
            ((raw,),) = cursor.fetchall()
        assert raw.startswith("sm4:")

    def test_a_stamped_form_has_its_ink_on_record(
        self, reading, django_capture_on_commit_callbacks
    ):
        draft = make_application(Stage.RECOMMENDING)
        form = draft.evidence.get(category=EvidenceCategory.STAMPED)
        with django_capture_on_commit_callbacks(execute=True):
            reader.read_once_committed(form)

        assert file_text(form).with_ink
        assert all(page.ink for page in pages_of([form])[form.pk])

    def test_a_killed_reader_is_started_again_and_loses_nothing(
        self, reading, django_capture_on_commit_callbacks, monkeypatch
    ):
        start = reader.READING._start
        started = []

        def start_and_kill_the_first():
            process = start()
            if not started:
                os.kill(process.pid, signal.SIGKILL)
            started.append(process)
            return process

        monkeypatch.setattr(reader.READING, "_start", start_and_kill_the_first)
        with django_capture_on_commit_callbacks(execute=True):
            file = add(scan(drawn(*LINES), drawn(*LINES)))

        assert [page.state for page in pages_of([file])[file.pk]] == [PageState.READ] * 2

    def test_too_little_memory_for_any_page_fails_none(
        self, settings, reading, django_capture_on_commit_callbacks
    ):
        settings.OCR_MEMORY = 5
        with django_capture_on_commit_callbacks(execute=True):
            file = add(png(drawn(*LINES)))

        assert file_text(file).state == FileText.State.WAITING


class TestFailing:
    """With a reader that fails on purpose (`failing_program.py`)."""

    @pytest.fixture
    def failing(self, settings, monkeypatch):
        settings.OCR = True
        programs = []

        def use(word):
            module = "tests.applications.recognition.failing_program"
            programs.append(program_pool.Program(module, 2, lambda: [word]))
            monkeypatch.setattr(reader, "READING", programs[0])

        yield use
        for program in programs:
            program.end()

    def test_a_page_that_ends_or_hangs_the_reader_is_skipped_and_said(
        self, failing, django_capture_on_commit_callbacks
    ):
        failing("sometimes")
        with django_capture_on_commit_callbacks(execute=True):
            file = add(scan(*[drawn()] * 4))

        states = [page.state for page in pages_of([file])[file.pk]]
        assert states == [PageState.BLANK, PageState.FAILED, PageState.FAILED, PageState.BLANK]
        assert progress_of([file]).sentence == "有 2 页未能识别，请人工核对。"

    def test_a_reader_that_reads_nothing_leaves_the_file_to_the_next_try(
        self, failing, django_capture_on_commit_callbacks
    ):
        failing("never")
        with django_capture_on_commit_callbacks(execute=True):
            file = add(scan(drawn(), drawn()))

        assert file_text(file).state == FileText.State.WAITING
        assert not PageText.objects.exists()

    def test_what_failed_is_read_again_when_asked(
        self, failing, django_capture_on_commit_callbacks, monkeypatch
    ):
        failing("sometimes")
        with django_capture_on_commit_callbacks(execute=True):
            file = add(scan(drawn(), drawn()))
        assert file_text(file).pages_failed == 1
        monkeypatch.setattr(reader, "ask_for_turn", lambda: None)

        call_command("read_files", "--failed", stdout=io.StringIO())

        text = file_text(file)
        assert (text.state, text.pages_done, text.pages_failed) == ("WAITING", 1, 0)

    def test_ink_that_is_asked_about_meanwhile_is_not_forgotten(self, settings):
        settings.OCR = True
        text = register(add(png(drawn("甲"))), state=FileText.State.READING)
        FileText.objects.update(with_ink=True, state=FileText.State.WAITING)

        reader._save(text, {1: True}, FileText.State.DONE)

        assert FileText.objects.get().state == FileText.State.WAITING


class TestWithoutReading:
    def test_nothing_is_registered_while_it_is_off(
        self, settings, django_capture_on_commit_callbacks
    ):
        settings.OCR = False
        with django_capture_on_commit_callbacks(execute=True):
            file = add(png(drawn(*LINES)))

        assert not FileText.objects.exists()
        assert progress_of([file]).sentence == ""

    def test_nothing_is_registered_without_the_packages(
        self, settings, monkeypatch, django_capture_on_commit_callbacks
    ):
        settings.OCR = True
        monkeypatch.setattr(reader, "PACKAGES", ("a_package_that_is_not_there",))
        reader.has_packages.cache_clear()
        try:
            with django_capture_on_commit_callbacks(execute=True):
                add(png(drawn(*LINES)))
        finally:
            monkeypatch.undo()
            reader.has_packages.cache_clear()

        assert not FileText.objects.exists()


def register(file, **fields):
    """A file that waits to be read, without the task that would read it at once."""
    return FileText.objects.create(sha256=file.sha256, pages=file.pages, **fields)


class TestOrder:
    def test_what_somebody_waits_for_comes_first(self, settings):
        settings.OCR = True
        rest = register(add(png(drawn("甲"))), rank=2)
        award = register(add(png(drawn("乙"))), rank=1)
        form = register(add(png(drawn("丙"))), rank=0)

        taken = [reader._take_next() for _ in range(4)]

        assert taken == [form, award, rest, None]

    def test_a_file_whose_worker_is_gone_is_taken_up(self, settings):
        settings.OCR = True
        text = register(add(png(drawn("甲"))), state=FileText.State.READING)
        assert reader._take_next() is None

        FileText.objects.update(moved_at=text.moved_at - reader.STALLED * 2)

        assert reader._take_next() == text

    def test_a_removed_file_is_not_read(self, settings):
        settings.OCR = True
        file = add(png(drawn("甲")))
        text = register(file)
        evidence_files.remove(file, file.application.edited_by)

        reader.read(text)

        assert not FileText.objects.exists()

    def test_the_same_content_is_registered_once(self, settings):
        settings.OCR = False
        one = add(png(drawn("甲")))
        register(one, state=FileText.State.DONE)
        settings.OCR = True

        other = add(png(drawn("甲")), EvidenceCategory.OTHER, one.application)
        reader._register(other)

        assert file_text(other).state == FileText.State.DONE
        assert FileText.objects.count() == 1


class TestQueue:
    @pytest.fixture
    def queue(self, settings):
        """The queue of the portal itself: tasks wait in the database."""
        backend = {"BACKEND": "django_tasks_db.DatabaseBackend"}
        settings.TASKS = {"default": settings.TASKS["default"] | backend}
        settings.OCR = True
        return DBTaskResult.objects.filter(task_path=reader.read_some.module_path)

    def test_a_hundred_uploads_ask_for_one_turn(self, queue):
        for number in range(3):
            reader._register(add(png(drawn(f"{number}"))))

        assert queue.count() == 1

    def test_what_waits_to_be_read_makes_nobody_think_that_the_worker_hangs(self, queue):
        reader._register(add(png(drawn("甲"))))
        queue.update(enqueued_at=timezone.now() - datetime.timedelta(hours=3))
        DBTaskResult.objects.exclude(pk__in=queue.values("pk")).delete()

        assert oldest_waiting(waiting()) == datetime.timedelta()


class TestReadFiles:
    def test_what_was_uploaded_before_is_read_once(self, settings, monkeypatch):
        file = add(png(drawn("甲")))
        settings.OCR = True
        # The task reads at once in tests: here it is only queued.
        monkeypatch.setattr(reader, "_take_next", lambda: None)

        call_command("read_files", stdout=(first := io.StringIO()))
        call_command("read_files", stdout=(second := io.StringIO()))

        contents = file.application.evidence.values("sha256").distinct().count()
        assert first.getvalue() == f"已排入 {contents} 个文件等待识别。\n"
        assert second.getvalue() == "已排入 0 个文件等待识别。\n"
        assert file_text(file).state == FileText.State.WAITING

    def test_what_was_never_registered_is_found_by_notify(self, settings, monkeypatch):
        file = add(png(drawn("甲")))
        settings.OCR = True
        monkeypatch.setattr(reader, "_take_next", lambda: None)

        assert reader.still_unread() > 0
        assert file_text(file).state == FileText.State.WAITING

    def test_it_says_that_nothing_is_read(self):
        with pytest.raises(CommandError, match="识别未启用"):
            call_command("read_files")


class TestForgetting:
    def test_texts_go_with_the_last_file_of_their_content(self):
        one = add(png(drawn("甲")))
        other = add(png(drawn("甲")))
        register(one)

        evidence_files.remove(one, one.application.edited_by)
        assert reader.forget_unused() == 0

        evidence_files.remove(other, other.application.edited_by)
        assert reader.forget_unused() == 1
        assert not FileText.objects.exists()

    def test_what_was_submitted_keeps_its_text_as_long_as_the_file(self):
        application = make_application(Stage.RETURNED)
        submitted = application.evidence.filter(category=EvidenceCategory.HONOUR).first()
        since = add(png(drawn("甲")), draft=application)
        register(submitted)
        register(since)
        for file in (submitted, since):
            evidence_files.remove(file, application.edited_by)

        assert reader.forget_unused() == 1
        assert file_text(submitted)

        type(submitted).objects.filter(pk=submitted.pk).update(erased_at=timezone.now())
        assert reader.forget_unused() == 1
