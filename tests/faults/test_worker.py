"""A worker that is killed: another one takes over what it was doing, and nothing is done twice."""

import contextlib
import datetime
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pikepdf
import pytest
import time_machine
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from django_tasks import task_backends
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult

from applications.models import Application, Message
from applications.notify import workers
from applications.notify.tasks import tell
from applications.notify.workers import TRIES, Worker, renew, resume_orphans
from applications.stages import Stage
from applications.workflow.recommendation_list import report_list, send_back_list
from documents import annex2, tasks
from documents.dossier.material import Material
from documents.models import Package
from tests.factories import make_application, make_people, make_round, prepare
from tests.faults.processes import environment, wait_until, worker

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def queued(monkeypatch):
    """Tasks wait for a worker, as in production, instead of being done at once."""
    real = DatabaseBackend("default", settings.TASKS["default"])
    for name in ("enqueue", "get_result", "validate_task"):
        monkeypatch.setattr(task_backends["default"], name, getattr(real, name))


@pytest.fixture
def package(queued):
    """A dossier that waits for a worker."""
    shutil.rmtree(default_storage.path("packages"), ignore_errors=True)  # other tests' files
    people = make_people(make_round())
    application = make_application(Stage.RECOMMENDING, people)
    prepared = annex2.prepared(Application.objects.all()).get(pk=application.pk)
    material = Material(people.office, prepared)
    with transaction.atomic():
        DBTaskResult.objects.all().delete()
        return tasks.request(material, Package.Kind.DOSSIER, people.office)


def now(package):
    package.refresh_from_db()
    return package


def made():
    folder = Path(default_storage.path("packages"))
    return [each for each in folder.rglob("*") if each.is_file()]


def cut_connections():
    """End everybody else's connections to the PostgreSQL of the tests."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextlib.contextmanager
def database_gone():
    """The database as good as gone for everybody else: PostgreSQL cut off, SQLite locked."""
    if connection.vendor == "postgresql":
        cut_connections()
        yield
    else:
        with transaction.atomic():
            yield


def is_being_built(package):
    return lambda: now(package).state == Package.State.BUILDING


def assert_delivered_once(package):
    wait_until(lambda: now(package).is_ready, what="the dossier")
    wait_until(
        lambda: DBTaskResult.objects.get().status == "SUCCESSFUL", what="the end of the task"
    )
    assert [each.name for each in made()] == [Path(package.file.name).name]
    with pikepdf.open(package.file.path) as pdf:
        assert len(pdf.pages) == package.pages


def test_a_dossier_whose_worker_was_killed_is_finished_by_another(package):
    with worker() as first:
        wait_until(is_being_built(package), what="the beginning of the dossier")
        first.kill()
    assert now(package).state == Package.State.BUILDING
    with worker():
        assert_delivered_once(package)
    task = DBTaskResult.objects.get()
    assert len(set(task.worker_ids)) == 2


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_dossier_whose_worker_was_told_twice_to_stop_is_finished_by_another(package, signum):
    """The second time it stops at once, as if it was killed; it has not failed."""
    with worker() as first:
        wait_until(is_being_built(package), what="the beginning of the dossier")
        for word in ("gracefully", "at once"):
            first.popen.send_signal(signum)
            wait_until(lambda word=word: word in first.log.read_text(), what=f"stopping {word}")
        first.popen.wait(10)
    task = DBTaskResult.objects.get()
    assert (task.status, task.exception_class_path) == ("RUNNING", "")
    assert now(package).state == Package.State.BUILDING
    with worker():
        assert_delivered_once(package)
    task.refresh_from_db()
    assert len(set(task.worker_ids)) == 2


def test_a_worker_that_was_told_to_stop_does_not_wait_for_the_database(package):
    """What it was doing can't be recorded then; another one does it."""
    with worker(FAULT_SQLITE_TIMEOUT="1") as first:
        wait_until(is_being_built(package), what="the beginning of the dossier")
        first.popen.terminate()
        wait_until(lambda: "gracefully" in first.log.read_text(), what="its stopping")
        with database_gone():
            assert first.popen.wait(20) == 1
    with worker():
        assert_delivered_once(package)


def test_a_task_that_failed_by_itself_stays_failed(queued):
    DBTaskResult.objects.all().delete()
    tell.enqueue(0)
    with worker() as first:
        wait_until(lambda: DBTaskResult.objects.failed().exists(), what="the failure")
        first.kill()
    with time_machine.travel(timezone.now() + workers.LEASE):
        assert resume_orphans() == 0
    task = DBTaskResult.objects.get()
    assert (task.status, len(task.worker_ids)) == ("FAILED", 1)


def test_a_worker_that_only_seemed_dead_delivers_nothing_beside_the_other(package):
    with worker() as first:
        wait_until(is_being_built(package), what="the beginning of the dossier")
        first.kill(signal.SIGSTOP)
        with worker():
            assert_delivered_once(package)
            built_by = now(package).builder
            first.kill(signal.SIGCONT)
            # Its lease is renewed again: it is back, and finds that the dossier is not its own.
            wait_until(lambda: Worker.objects.at_work().count() == 2, what="its return")
            wait_until(lambda: "took over" in first.log.read_text(), what="its giving up")
            assert_delivered_once(package)
            assert now(package).builder == built_by


def test_mails_whose_worker_was_killed_go_out_once(queued, tmp_path):
    people = make_people(make_round())
    application = make_application(Stage.RECOMMENDED, people)
    prepare(application, "report", people)
    DBTaskResult.objects.all().delete()
    Message.objects.all().delete()
    report_list(people.panel.round.recommendation_lists.get(), people.recommender)
    environ = {"FAULT_MAIL": "tests.faults.mail.DeadlyBackend", "VAR_DIR": str(tmp_path)}
    with worker(**environ) as first:
        wait_until(lambda: first.popen.poll() is not None, what="the worker's end")
    assert DBTaskResult.objects.running().count() == 1
    with worker(**environ):
        done = {"SUCCESSFUL"}
        wait_until(
            lambda: set(DBTaskResult.objects.values_list("status", flat=True)) == done,
            what="the end of all tasks",
        )
    # The mail that the first was about to send is tried again later, as after any failure.
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=6)):
        call_command("notify")
    told = Message.objects.order_by("recipient_id")
    assert [each.recipient for each in told] == [people.applicant, people.office]
    assert all(each.mailed_at for each in told)
    assert sorted(each.attempts for each in told) == [1, 2]


def test_a_task_that_kills_every_worker_is_given_up(queued):
    tasks.build.enqueue(1, "00000000-0000-0000-0000-000000000000")
    for number in range(1, TRIES + 1):
        DBTaskResult.objects.get().claim(f"worker-{number}")
        assert resume_orphans() == (number < TRIES)
    given_up = DBTaskResult.objects.get()
    assert given_up.status == "FAILED"
    assert "WorkerLost" in given_up.exception_class_path


def test_a_task_of_a_worker_that_is_alive_is_left_alone(queued):
    tasks.build.enqueue(1, "00000000-0000-0000-0000-000000000000")
    renew("worker")
    DBTaskResult.objects.get().claim("worker")
    assert resume_orphans() == 0
    with time_machine.travel(timezone.now() + workers.LEASE):
        assert resume_orphans() == 1


def test_of_two_that_find_an_orphan_one_queues_it_again(queued):
    for _ in range(5):
        DBTaskResult.objects.all().delete()
        tasks.build.enqueue(1, "00000000-0000-0000-0000-000000000000")
        DBTaskResult.objects.get().claim("worker")
        found, barrier = [], threading.Barrier(2)

        def look(found=found, barrier=barrier):
            barrier.wait()
            found.append(resume_orphans())
            connection.close()

        threads = [threading.Thread(target=look) for _ in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(found) == [0, 1]


def test_messages_about_a_list_are_made_up_for(queued):
    """Of the office about a reported list, and of its unit about one that came back."""
    people = make_people(make_round())
    reported = [make_application(Stage.RECOMMENDED, people) for _ in range(2)]
    for each in reported:
        prepare(each, "report", people)
    saved = people.panel.round.recommendation_lists.get()
    report_list(saved, people.recommender)
    assert not Message.objects.filter(key__startswith="list:").exists()

    def made_up_for(user, minutes):
        with time_machine.travel(timezone.now() + datetime.timedelta(minutes=minutes)):
            call_command("notify")
        return Message.objects.filter(recipient=user, key__startswith="list:")

    assert not made_up_for(people.office, 9), "the worker may still be about to tell it"
    for _ in range(2):
        message = made_up_for(people.office, 11).get()
    assert "上报了推荐一览表，共 2 项" in message.subject
    send_back_list(saved, people.office, "请补充。")
    for _ in range(2):
        message = made_up_for(people.recommender, 11).get()
    assert "推荐一览表已退回" in message.subject
    # The worker after all: nobody is told again.
    DBTaskResult.objects.exclude(task_path__contains="list").delete()
    command = [sys.executable, "manage.py", "db_worker", "--batch", "--queue-name", "*"]
    subprocess.run(
        command, env=environment(), cwd=settings.BASE_DIR, check=True, capture_output=True
    )
    assert not DBTaskResult.objects.ready().exists()
    assert Message.objects.filter(key__startswith="list:").count() == 2


def test_a_worker_outlasts_its_connection(queued):
    """The database goes away under it: it says so and works on."""
    with worker() as one:
        wait_until(lambda: Worker.objects.at_work().exists(), what="its lease")
        if connection.vendor == "postgresql":
            cut_connections()
        tasks.build.enqueue(1, "00000000-0000-0000-0000-000000000000")
        wait_until(lambda: DBTaskResult.objects.get().status == "SUCCESSFUL", what="the task")
        assert one.popen.poll() is None
        os.killpg(one.popen.pid, signal.SIGTERM)
        one.popen.wait(10)


def test_a_worker_lets_those_who_asked_take_turns(queued):
    DBTaskResult.objects.all().delete()
    for unit in (1, 2):
        for _ in range(3):
            tell.using(queue_name=f"applying-{unit}").enqueue(0)
    command = [sys.executable, "manage.py", "db_worker", "--batch", "--queue-name", "*"]
    subprocess.run(
        command, env=environment(), cwd=settings.BASE_DIR, check=True, capture_output=True
    )
    begun = DBTaskResult.objects.order_by("started_at").values_list("queue_name", flat=True)
    assert list(begun) == ["applying-1", "applying-2"] * 3
