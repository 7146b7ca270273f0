"""Events and lines of the log that were written before there were chains join them."""

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor

from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role
from applications.auditing import verify
from applications.models import Event
from applications.stages import Stage
from tests.factories import make_application, make_people, make_round, make_user, take

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

BEFORE = [("applications", "0008_publicity"), ("accounts", "0006_audit")]


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
