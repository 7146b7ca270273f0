"""Lists that were published before there were editions get their first one."""

import datetime

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from accounts.chains import missing_triggers
from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage
from applications.trust.verify_chains import Result, verify
from review.results.models import ResultEdition
from review.results.publication import check_editions
from tests.factories import make_application, make_people, make_round

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

BEFORE = [("applications", "0014_signed"), ("review", "0013_hostile")]
ONE, OTHER = datetime.date(2026, 9, 1), datetime.date(2026, 9, 3)


@pytest.fixture
def migrate():
    """A function that migrates to some state; all is migrated at the end."""

    def migrate(targets):
        MigrationExecutor(connection).migrate(targets)
        return MigrationExecutor(connection).loader.project_state(targets).apps

    yield migrate
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def document(apps, application, number, date):
    rows = apps.get_model("applications", "Application").objects.filter(pk=application.pk)
    rows.update(award_document_number=number, award_document_date=date)


def test_a_published_round_gets_the_document_of_most_of_its_awards(migrate):
    people = make_people(make_round())
    round_ = people.panel.round
    wang, ding, long = (
        make_application(Stage.AWARDED, make_people(round_), lead_name=name)
        for name in ("王某", "丁某", "龘某")
    )
    waiting = make_application(Stage.AWARDED, make_people(make_round()))
    at = timezone.now()
    Round.objects.filter(pk=round_.pk).update(results_published_at=at)
    subject = f"{round_.title} 公布结果"
    log_entry(AuditEntry.Kind.SETTINGS, user=people.office, subject=subject, round=round_.pk)

    apps = migrate(BEFORE)
    # As awards were: each with a document of its own.
    for each in (wang, ding):
        document(apps, each, "武人社发〔2026〕1号", ONE)
    document(apps, long, "武人社发〔2026〕1号", OTHER)
    document(apps, waiting, "武人社发〔2026〕2号", OTHER)

    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    edition = ResultEdition.objects.get()
    assert (edition.round_id, edition.sequence, edition.at) == (round_.pk, 1, at)
    assert edition.user == people.office
    assert (edition.document_number, edition.document_date) == ("武人社发〔2026〕1号", ONE)
    assert [row["lead_name"] for row in edition.rows] == ["丁某", "王某", "龘某"]
    result = Result()
    check_editions(result)
    assert result.findings == []
    assert missing_triggers(connection, ResultEdition) == []
    with pytest.raises(IntegrityError):
        ResultEdition.objects.update(document_number="")

    # What was typed otherwise is not lost, and the log is still whole.
    lines = AuditEntry.objects.filter(subject__endswith="审批时填写的发文文号和日期")
    said = {line.data["round"]: line.data["documents"] for line in lines}
    assert said == {
        round_.pk: [[long.number, "武人社发〔2026〕1号", "2026-09-03"]],
        waiting.round_id: [[waiting.number, "武人社发〔2026〕2号", "2026-09-03"]],
    }
    assert verify().findings == []


def test_a_round_without_awards_has_an_edition_without_rows(migrate):
    application = make_application(Stage.NOT_SELECTED, make_people(make_round()))
    Round.objects.update(results_published_at=timezone.now())
    migrate(BEFORE)
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    edition = ResultEdition.objects.get(round=application.round_id)
    assert (edition.rows, edition.document_number, edition.document_date) == ([], "", None)
    assert Application.objects.get().stage == Stage.NOT_SELECTED
