"""Data that migrations carry over."""

import datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from applications.stages import Stage
from tests.factories import make_application, make_people, make_round

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, AFTER = [("review", "0005_verification")], [("review", "0006_checks_to_ledger")]


@pytest.fixture
def migrate():
    """A function that migrates to a state and returns its apps; all is migrated at the end."""

    def migrate(targets):
        MigrationExecutor(connection).migrate(targets)
        return MigrationExecutor(connection).loader.project_state(targets).apps

    yield migrate
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_what_was_ticked_becomes_rows_of_the_ledger_and_nothing_else(migrate):
    people = make_people(make_round())
    ticked, half = (make_application(Stage.RECOMMENDING, people) for _ in range(2))
    day, now = datetime.date(2026, 3, 2), timezone.now()
    old = migrate(BEFORE).get_model("review", "RecommendationCheck")
    common = {"checked_by_id": people.recommender.pk, "checked_at": now}
    old.objects.create(
        application_id=ticked.pk,
        police_clear=True,
        veto_clear=True,
        publicity_clear=True,
        publicity_from=day,
        publicity_to=day + datetime.timedelta(days=6),
        publicity_place="厂区公告栏",
        note="材料齐全",
        **common,
    )
    # Ticked without its dates: such a 公示 cannot be told from none.
    old.objects.create(application_id=half.pk, police_clear=True, publicity_clear=True, **common)
    row = migrate(AFTER).get_model("review", "Verification")
    rows = {(each.application_id, each.kind): each for each in row.objects.all()}
    assert set(rows) == {
        (ticked.pk, "POLICE"),
        (ticked.pk, "VETO"),
        (ticked.pk, "PUBLICITY"),
        (half.pk, "POLICE"),
    }
    for each in rows.values():
        assert (each.result, each.checked_by_id, each.checked_at) == (
            "PASSED",
            people.recommender.pk,
            now,
        )
    police, publicity = rows[ticked.pk, "POLICE"], rows[ticked.pk, "PUBLICITY"]
    assert police.note == "由原“推荐核验”转入。材料齐全"
    assert police.lead_id_index == ticked.lead_id_index
    assert (publicity.publicity_from, publicity.place) == (day, "厂区公告栏")
