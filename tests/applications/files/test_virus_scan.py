"""Virus checks: asked of a real clamd, and closed while it gives no verdict."""

import datetime
import io
import socket
import tempfile
import threading
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.roles import Role
from applications.files import clamd as protocol
from applications.files import evidence as evidence_files
from applications.files.virus_scan import PAUSES, check, scan
from applications.files.virus_state import Scan
from applications.form.copying import copy
from applications.form.drafts import start
from applications.models import Application, Evidence
from applications.stages import Stage
from applications.workflow.perform import perform, refusal
from applications.workflow.recommendation_list import report_list
from review.publicity.objections.models import Objection
from review.recommending.list_models import RecommendationList
from review.recommending.models import Verification
from review.shared.attachments import Attachment
from tests.applications.files.test_evidence import document, picture
from tests.clamd import NAME, VIRUS, Clamd, executable
from tests.documents.dossier.test_archive import build
from tests.factories import (
    data_for,
    image_file,
    make_application,
    make_draft,
    make_people,
    make_round,
    make_user,
    pdf_file,
    prepare,
    stamp,
    stamp_list,
)
from tests.review.publicity.objections.test_objections import raise_
from tests.review.publicity.test_publicity import make_notice

pytestmark = pytest.mark.django_db
WAITS = "文件正在进行病毒检查，通过后才能打开"
INFECTED = "文件检出病毒，已隔离"


@pytest.fixture(scope="module")
def daemon():
    """One clamd for a module's tests."""
    executable()
    # A socket's path has room for about a hundred characters: not below pytest's own folders.
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder:
        clamd = Clamd(Path(folder))
        clamd.start()
        yield clamd
        clamd.stop()


@pytest.fixture
def clamd(daemon, settings):
    """The portal checks its uploads with this clamd."""
    if daemon.process is None:
        daemon.start()
    settings.CLAMD_URL = daemon.url
    return daemon


@pytest.fixture
def queue(settings):
    """Tasks wait in the database, as in production; returns those that wait."""
    backend = {"BACKEND": "django_tasks_db.DatabaseBackend"}
    settings.TASKS = {"default": settings.TASKS["default"] | backend}
    return DBTaskResult.objects.filter(task_path=scan.module_path).order_by("enqueued_at")


@pytest.fixture
def people():
    return make_people(make_round())


def infected(name="照片.jpg"):
    return SimpleUploadedFile(name, picture("JPEG") + VIRUS)


def add(draft, file):
    return evidence_files.add(draft, "OTHER", file, draft.edited_by)


def fresh(application):
    return Application.objects.get(pk=application.pk)


def checked(file):
    scan.call(file._meta.label, file.pk, 0)
    file.refresh_from_db()
    return file


class TestProtocol:
    def test_finds_what_the_signature_says_and_nothing_else(self, clamd):
        assert protocol.infection(clamd.url, io.BytesIO(document())) == ""
        for data in (VIRUS, b"%PDF-1.4\n%" + VIRUS, picture("PNG") + VIRUS):
            assert protocol.infection(clamd.url, io.BytesIO(data)).startswith(NAME)

    def test_a_stream_that_is_too_long_has_no_verdict(self):
        with tempfile.TemporaryDirectory(prefix="clamd-") as folder:
            narrow = Clamd(Path(folder), stream_limit="1M")
            narrow.start()
            try:
                with pytest.raises(protocol.Unavailable, match="StreamMaxLength"):
                    protocol.infection(narrow.url, io.BytesIO(b"0" * 5_000_000))
            finally:
                narrow.stop()

    @pytest.mark.parametrize("url", ["unix:///nowhere.sock", "tcp://127.0.0.1:1"])
    def test_nobody_there_is_no_verdict(self, url):
        with pytest.raises(protocol.Unavailable):
            protocol.infection(url, io.BytesIO(b""))


class TestEvidence:
    def test_waits_is_checked_and_opens(self, clamd, client, people, queue):
        draft = make_draft(people.panel.round, people.applicant)
        file = add(draft, pdf_file("证书.pdf"))
        client.force_login(people.applicant)
        answer = client.get(file.get_absolute_url())
        assert answer.status_code == 409
        assert WAITS in answer.content.decode()
        page = client.get(reverse("applications:section", args=[draft.pk, "evidence"]))
        assert WAITS in page.content.decode()
        assert checked(file).scan == Scan.CLEAN
        assert client.get(file.get_absolute_url()).getvalue().startswith(b"%PDF-")

    def test_is_queued_once_stored_and_looked_at_once_clean(
        self, clamd, people, queue, django_capture_on_commit_callbacks
    ):
        draft = make_draft(people.panel.round, people.applicant)
        with django_capture_on_commit_callbacks(execute=True):
            file = add(draft, pdf_file())
        assert [each.args_kwargs["args"] for each in queue] == [
            ["applications.Evidence", file.pk, 0]
        ]
        assert DBTaskResult.objects.filter(task_path__contains="thumbnails").count() == 0
        with django_capture_on_commit_callbacks(execute=True):
            checked(file)
        assert DBTaskResult.objects.filter(task_path__contains="thumbnails").count() == 1

    def test_two_workers_have_it_looked_at_once(
        self, clamd, people, queue, django_capture_on_commit_callbacks
    ):
        file = add(make_draft(people.panel.round, people.applicant), pdf_file())
        with django_capture_on_commit_callbacks(execute=True):
            check(Evidence.objects.get(pk=file.pk))
            check(file)  # as another worker has read it before
        assert DBTaskResult.objects.filter(task_path__contains="thumbnails").count() == 1

    def test_an_infected_file_is_quarantined_for_good(self, clamd, client, people, queue):
        draft = make_draft(people.panel.round, people.applicant)
        file = checked(add(draft, infected()))
        assert (file.scan, file.infection) == (Scan.QUARANTINED, f"{NAME}.UNOFFICIAL")
        client.force_login(people.applicant)
        answer = client.get(file.get_absolute_url())
        assert answer.status_code == 409
        assert INFECTED in answer.content.decode()
        # Neither its thumbnail, nor the archive, has any of it.
        small = client.get(reverse("applications:evidence_thumbnail", args=[file.pk]))
        assert small.status_code == 302
        assert small.url.endswith("file.svg")
        archive, notes = build(people.applicant, draft)
        assert notes == [
            f"“{name}”未通过病毒检查，未能加入。"
            for name in [*self.others(draft, file), file.original_name]
        ]
        assert not any(VIRUS in archive.read(name) for name in archive.namelist())
        # It stays so, whatever clamd says later.
        assert checked(file).scan == Scan.QUARANTINED

    def others(self, draft, file):
        rows = draft.current_evidence()
        return [each.original_name for each in rows if each.withheld and each.pk != file.pk]

    def test_nothing_is_submitted_while_a_file_waits_or_is_infected(self, clamd, people, queue):
        draft = make_draft(people.panel.round, people.applicant)
        stamp(draft, people.applicant)
        count = draft.evidence.count()
        draft = fresh(draft)
        sentence = refusal(draft, "submit", people.applicant)
        assert sentence == f"有 {count} 份文件正在进行病毒检查，通过后才能提交，请稍后再试。"
        for file in draft.evidence.all():
            checked(file)
        bad = checked(add(draft, infected("坏.jpg")))
        assert refusal(fresh(draft), "submit", people.applicant) == (
            "“坏.jpg”检出病毒，已隔离，请移除或替换后再提交。"
        )
        evidence_files.remove(bad, people.applicant)
        perform(fresh(draft), "submit", people.applicant, **data_for("submit"))
        assert fresh(draft).stage == Stage.RECOMMENDING

    def test_is_not_copied_into_another_draft(self, clamd, people, queue, settings):
        settings.CLAMD_URL = ""
        earlier = make_application(Stage.NOT_RECOMMENDED, people)
        settings.CLAMD_URL = clamd.url
        earlier.evidence.filter(category="HONOUR").update(scan=Scan.QUARANTINED)
        target = start(make_round(), people.applicant)
        found = copy(earlier, target, people.applicant)
        assert "未通过病毒检查" in [left.why for left in found.left]
        assert not target.evidence.filter(category="HONOUR").exists()

    def test_while_clamd_is_away_it_waits_and_is_asked_again(self, clamd, people, queue):
        draft = make_draft(people.panel.round, people.applicant)
        file = add(draft, pdf_file())
        clamd.stop()
        assert checked(file).scan == Scan.PENDING
        (again,) = queue
        waits = again.run_after - timezone.now()
        assert datetime.timedelta(0) < waits <= PAUSES[0]
        # Longer each time, and then `notify` goes on.
        scan.call("applications.Evidence", file.pk, 1)
        assert queue.all()[1].run_after - timezone.now() > PAUSES[0]
        scan.call("applications.Evidence", file.pk, len(PAUSES))
        assert queue.all().count() == 2
        call_command("notify", stdout=io.StringIO())
        file.refresh_from_db()
        assert file.scan == Scan.PENDING
        clamd.start()
        with time_machine.travel(timezone.now() + PAUSES[0]):
            scan.call(*again.args_kwargs["args"])
        file.refresh_from_db()
        assert file.scan == Scan.CLEAN

    def test_clamd_that_ends_half_way_leaves_it_waiting(self, people, queue, settings):
        """The connection is taken and closed again before there is a verdict."""
        with tempfile.TemporaryDirectory(prefix="clamd-") as folder:
            path = f"{folder}/half.sock"
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(path)
                listening.listen()

                def hang_up():
                    connection, _ = listening.accept()
                    connection.recv(100)
                    connection.close()

                thread = threading.Thread(target=hang_up)
                thread.start()
                settings.CLAMD_URL = f"unix://{path}"
                draft = make_draft(people.panel.round, people.applicant)
                file = checked(add(draft, pdf_file(pages=300)))
                thread.join()
        assert file.scan == Scan.PENDING

    def test_notify_makes_up_for_what_was_never_queued(self, clamd, people, queue):
        draft = make_draft(people.panel.round, people.applicant)
        out = io.StringIO()
        call_command("notify", stdout=out)
        assert f"病毒检查完成 {draft.evidence.count()} 个文件、等待 0 个" in out.getvalue()
        assert set(draft.evidence.values_list("scan", flat=True)) == {Scan.CLEAN}


class TestAttachments:
    def test_one_that_waits_exists_for_whoever_uploaded_it_alone(self, clamd, client, people):
        application = make_application(Stage.DRAFT, people)
        file = Attachment.store(
            pdf_file(), Attachment.Kind.VERIFICATION, people.recommender, application=application
        )
        unit = people.recommender.recommending_unit
        Attachment.objects.filter(pk=file.pk).update(application=None, recommending_unit=unit)
        colleague = make_user(Role.RECOMMENDER, recommending_unit=unit)
        for user, status in ((people.recommender, 409), (colleague, 404), (people.office, 404)):
            client.force_login(user)
            assert client.get(file.get_absolute_url()).status_code == status
        checked(file)
        client.force_login(colleague)
        assert client.get(file.get_absolute_url()).getvalue()

    def test_a_list_is_not_reported_with_a_scan_that_waits(self, clamd, people, settings):
        settings.CLAMD_URL = ""
        application = make_application(Stage.RECOMMENDED, people)
        prepare(application, "report", people)
        listed = RecommendationList.objects.get()
        settings.CLAMD_URL = clamd.url
        stamp_list(listed, people.recommender)
        listed = RecommendationList.objects.get()
        assert "正在进行病毒检查" in refusal(fresh(application), "report", people.recommender)
        checked(listed.stamped_scan)
        report_list(RecommendationList.objects.get(), people.recommender)
        application.refresh_from_db()
        assert application.stage == Stage.QUALIFYING

    def test_nothing_is_recommended_on_a_paper_that_waits(self, clamd, people, settings):
        settings.CLAMD_URL = ""
        application = make_application(Stage.RECOMMENDING, people)
        prepare(application, "recommend", people)
        assert refusal(application, "recommend", people.recommender) is None
        settings.CLAMD_URL = clamd.url
        row = application.verifications.filter(kind="POLICE").get()
        paper = Attachment.store(
            image_file(), Attachment.Kind.VERIFICATION, people.recommender, application=application
        )
        again = Verification.of(
            application, people.recommender, "POLICE", issuer=row.issuer, result="PASSED",
            document_date=row.document_date, attachment=paper,
        )  # fmt: skip
        again.save()
        assert "正在进行病毒检查" in refusal(fresh(application), "recommend", people.recommender)


def test_without_clamd_files_are_as_ever_and_nothing_more_is_asked(
    people, client, settings, django_assert_num_queries
):
    assert settings.CLAMD_URL == ""
    draft = make_draft(people.panel.round, people.applicant)
    file = draft.evidence.first()
    assert file.scan == ""
    assert Evidence.objects.exclude(scan="").count() == 0
    client.force_login(people.applicant)
    with django_assert_num_queries(3):  # session, user, file
        assert client.get(file.get_absolute_url()).getvalue()


@pytest.mark.usefixtures("clamd")
def test_whoever_objects_without_an_account_may_attach_files(
    client, people, django_capture_on_commit_callbacks
):
    """Nobody has uploaded what comes with a public objection."""
    notice = make_notice(people, make_application(Stage.PUBLICITY, people))
    with django_capture_on_commit_callbacks(execute=True):
        answer = raise_(client, notice, files=[pdf_file()])
    assert answer.status_code == 302
    assert Objection.objects.get().files.get().scan == Scan.CLEAN
