"""Whose task is next: what is short first, and those who asked in turns. What waits, by kind."""

import datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from accounts.roles import Role
from applications.files.thumbnails import examine
from applications.files.virus_scan import scan
from applications.notify import workers
from applications.notify.tasks import tell
from applications.notify.workers import (
    LEISURELY,
    QueuedTask,
    Turn,
    oldest_waiting,
    queue_of,
    renew,
    resume_orphans,
    waiting,
)
from applications.recognition.reader import read_some
from documents.tasks import build, build_export
from tests.factories import make_applying_unit, make_recommending_unit, make_user

pytestmark = pytest.mark.django_db


def queued(task, queue="default", number=1, **fields):
    """Put so many tasks into a queue, as `enqueue` does in production."""
    for _ in range(number):
        DBTaskResult.objects.create(
            args_kwargs={"args": [], "kwargs": {}},
            task_path=task.module_path,
            priority=task.priority,
            queue_name=queue,
            backend_name="default",
            **{"run_after": get_date_max(), **fields},
        )


def taken():
    """Take the next task as a worker does; return (its kind, whose it was)."""
    with transaction.atomic():
        task = QueuedTask.objects.ready().get_locked()
        task.claim("worker")
    return task.task_path.rsplit(".", 1)[1], task.queue_name


def test_one_units_fifty_dossiers_do_not_hold_up_another_one():
    queued(build, "recommending-1", 50)
    assert taken() == ("build", "recommending-1")
    queued(build, "recommending-2")
    assert taken() == ("build", "recommending-2")
    assert taken() == ("build", "recommending-1")


def test_two_that_ask_for_much_take_turns():
    queued(build, "recommending-1", 3)
    queued(build, "recommending-2", 3)
    whose = [taken()[1] for _ in range(6)]
    assert whose == ["recommending-1", "recommending-2"] * 3


def test_what_is_short_goes_before_what_is_long():
    for task in (read_some, build, build_export, examine, scan, tell):
        queued(task)
    kinds = [taken()[0] for _ in range(6)]
    assert kinds == ["tell", "scan", "examine", "build_export", "build", "read_some"]


def test_a_letter_goes_first_whoever_has_just_had_a_turn():
    queued(build, "recommending-1")
    taken()
    queued(tell, "recommending-1")
    queued(build, "recommending-2")
    assert taken() == ("tell", "recommending-1")


def test_letters_take_nobody_s_turn_for_a_dossier():
    queued(build, "recommending-1", 2)
    queued(build, "recommending-2", 1)
    assert taken() == ("build", "recommending-1")
    queued(tell, "recommending-2")
    assert taken() == ("tell", "recommending-2")
    assert taken() == ("build", "recommending-2")


def test_turns_are_taken_among_the_first_that_are_due(monkeypatch):
    monkeypatch.setattr(workers, "LOOKED_AT", 2)
    queued(tell, "round-1", 3)
    queued(tell, "recommending-1")
    assert [taken()[1] for _ in range(4)] == ["round-1"] * 2 + ["recommending-1", "round-1"]


def test_in_one_queue_the_order_of_asking_stands():
    queued(tell, "account-1", 3)
    in_order = list(DBTaskResult.objects.order_by("enqueued_at").values_list("pk", flat=True))
    found = []
    while task := QueuedTask.objects.ready().get_locked():
        task.claim("worker")
        found.append(task.pk)
    assert found == in_order


@pytest.mark.parametrize("number", [1, 30])
def test_taking_a_task_costs_the_same_however_many_wait(number, django_assert_num_queries):
    for queue in range(number):
        queued(build, f"recommending-{queue}", 2)
    with django_assert_num_queries(5):  # with the savepoint around it
        taken()


def test_a_unit_has_one_queue_whoever_of_it_asks():
    unit, other = make_applying_unit(), make_recommending_unit()
    first, second = (make_user(Role.APPLICANT, applying_unit=unit) for _ in range(2))
    recommender = make_user(Role.RECOMMENDER, recommending_unit=other)
    office = make_user(Role.OFFICE)
    assert queue_of(None) == "default"  # whoever objects to a public notice has no account
    assert queue_of(first) == queue_of(second) == f"applying-{unit.pk}"
    assert queue_of(recommender) == f"recommending-{other.pk}"
    assert queue_of(office) == f"account-{office.pk}"


def test_turns_of_the_day_before_are_forgotten():
    renew("worker")
    ago = timezone.now() - datetime.timedelta(days=2)
    Turn.objects.create(queue="applying-1", priority=0, at=ago)
    Turn.objects.create(queue="applying-2", priority=0, at=timezone.now())
    resume_orphans()
    assert Turn.objects.get().queue == "applying-2"


@pytest.mark.parametrize("number", [1, 30])
def test_what_waits_is_told_by_kind_in_one_query(number):
    queued(build, "recommending-1", number)
    queued(tell, number=2)
    queued(read_some)
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    queued(scan, run_after=tomorrow)  # not due
    queued(tell, status="SUCCESSFUL")
    ago = timezone.now() - datetime.timedelta(minutes=5)
    letters = DBTaskResult.objects.filter(task_path=tell.module_path)
    letters.filter(pk=letters.ready().first().pk).update(enqueued_at=ago)
    # What takes long may wait for long, and nothing is broken.
    builds = DBTaskResult.objects.filter(task_path=build.module_path)
    builds.update(enqueued_at=ago - datetime.timedelta(hours=1))
    with CaptureQueriesContext(connection) as queries:
        kinds = {each.kind: each for each in waiting()}
    assert len(queries) == 1
    numbers = {kind.rsplit(".", 1)[1]: each.number for kind, each in kinds.items()}
    assert numbers == {"build": number, "tell": 2, "read_some": 1}
    assert kinds[tell.module_path].since == ago
    assert kinds[read_some.module_path].priority == LEISURELY
    assert 300 <= oldest_waiting(kinds.values()).total_seconds() < 330


def test_what_was_put_off_waits_from_the_time_it_was_put_off_to():
    due = timezone.now() - datetime.timedelta(minutes=1)
    queued(scan, run_after=due)
    DBTaskResult.objects.update(enqueued_at=due - datetime.timedelta(hours=1))
    (kind,) = waiting()
    assert kind.since == due
