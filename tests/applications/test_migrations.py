"""Events and lines of the log that were written before there were chains join them; rounds that
were made before there were drafts and bounds are public and within these."""

import datetime

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult

from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role
from applications.files import thumbnails, virus_scan
from applications.models import Application, Event
from applications.notify import tasks as notify_tasks
from applications.search import Holds, SearchText
from applications.stages import Stage
from applications.trust.verify_chains import verify
from documents import tasks as document_tasks
from review.publicity.objections import tasks as objection_tasks
from tests.factories import make_application, make_people, make_round, make_user, take

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

BEFORE = [("applications", "0008_publicity"), ("accounts", "0006_audit")]
BEFORE_DRAFTS = [("applications", "0014_signed")]


@pytest.fixture
def migrate():
    """A function that migrates to some state; all is migrated at the end."""

    def migrate(targets):
        MigrationExecutor(connection).migrate(targets)
        return MigrationExecutor(connection).loader.project_state(targets).apps

    yield migrate
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def test_what_was_written_before_joins_the_chains_in_order_of_time(migrate):
    people = make_people(make_round())
    application = make_application(Stage.RETURNED, people)
    take(application, "submit", people)
    make_application(Stage.PANEL, people)
    for user in (people.office, None, make_user(Role.BUREAU), None):
        log_entry(AuditEntry.Kind.LOGIN, user=user, subject="0.1")
    order = list(application.events.order_by("sequence").values_list("pk", flat=True))

    apps = migrate(BEFORE)
    old = apps.get_model("applications", "Event")
    assert "sequence" not in {field.name for field in old._meta.get_fields()}
    old.objects.filter(action="submit").update(data={})
    # The triggers are off again: so it was.
    first = old.objects.filter(application_id=application.pk).order_by("at").first()
    old.objects.filter(pk=first.pk).update(note="以前的说明")

    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    assert verify().findings == []
    assert list(application.events.order_by("sequence").values_list("pk", flat=True)) == order
    assert application.events.filter(action="submit").last().data["version"] == 2
    assert {each.sequence for each in AuditEntry.objects.filter(user=None)} == {1, 2}
    with pytest.raises(IntegrityError):
        Event.objects.update(note="")


def test_rounds_made_before_there_were_drafts_are_public_in_order_and_within_bounds(migrate):
    old = migrate(BEFORE_DRAFTS).get_model("applications", "Round")

    def at(year, month=1, day=1):
        return datetime.datetime(year, month, day, tzinfo=datetime.UTC)

    fine = {"title": "好", "year": 2024, "opens_at": at(2024, 4, 7), "closes_at": at(2024, 6, 30)}
    fine |= {"report_deadline": at(2024, 6, 30), "review_deadline": at(2024, 8, 31)}
    old.objects.create(**fine)
    slips = {"title": "错", "year": 0, "publicity_days": 32767, "trim_from": 0}
    slips |= {"minimum_score": -5, "quota": 0, "quorum_of": 200, "quorum_out_of": 300}
    old.objects.create(**{**fine, **slips, "review_deadline": at(2024, 5, 1)})
    old.objects.create(**{**fine, "title": "远", "review_deadline": at(9999, 12, 30)})
    soon = timezone.now() + datetime.timedelta(days=3)
    dates = {"opens_at": soon, "closes_at": soon.replace(year=soon.year + 1)}
    old.objects.create(
        **{**fine, **dates, "title": "将", "report_deadline": at(2090), "review_deadline": None}
    )

    new = migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    rounds = {each.title: each for each in new.get_model("applications", "Round").objects.all()}
    for name, value in fine.items():
        assert getattr(rounds["好"], name) == value, name
    assert rounds["好"].published_at == at(2024, 4, 7)
    assert rounds["将"].published_at < soon
    assert rounds["远"].review_deadline == at(2100, 12, 31)
    mended = rounds["错"]
    assert mended.review_deadline == mended.report_deadline
    assert (mended.year, mended.publicity_days, mended.trim_from) == (2024, 60, 3)
    assert (mended.minimum_score, mended.quota) == (0, 1)
    assert (mended.quorum_of, mended.quorum_out_of) == (99, 99)


def test_work_that_waits_in_the_queue_is_found_where_its_functions_stand_now(migrate):
    moved = {
        "applications.tasks.tell": notify_tasks.tell,
        "applications.examining.examine": thumbnails.examine,
        "applications.scanning.scan": virus_scan.scan,
        "review.tasks.tell_objection": objection_tasks.tell_objection,
        "documents.tasks.build": document_tasks.build,
    }
    migrate([("applications", "0019_messages_of_work")])
    waiting = {
        path: DBTaskResult.objects.create(
            task_path=path,
            args_kwargs={"args": [1], "kwargs": {}},
            backend_name="default",
            run_after=timezone.now(),
            exception_class_path="",
            traceback="",
        )
        for path in moved
    }
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    for path, task in moved.items():
        waiting[path].refresh_from_db()
        assert import_string(waiting[path].task_path) is task, path


def test_applications_made_before_there_was_a_search_are_found(migrate):
    application = make_application(Stage.QUALIFYING, make_people(make_round()))
    kept = SearchText.objects.get(application=application).terms
    migrate([("applications", "0020_tasks_by_their_rooms")])

    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    assert SearchText.objects.get(application=application).terms == kept
    assert list(Application.objects.filter(Holds("湖北省技术能手"))) == [application]
