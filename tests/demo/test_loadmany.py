"""`manage.py loadmany` fills a database for the bench, and never in production."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from applications.form.completeness import problems
from applications.models import Application, Award, Evidence, Round
from applications.search import SearchText, renew
from applications.stages import ENDED, Stage
from applications.trust.verify_chains import verify
from demo.management.commands import loadmany

pytestmark = pytest.mark.django_db


def test_it_makes_the_asked_number_in_every_stage(capsys):
    call_command("loadmany", applications=100, drafts=7)

    submitter = User.objects.get(email="submitter@bench.invalid")
    drafts = Application.objects.filter(applying_unit=submitter.applying_unit)
    assert Application.objects.count() == 107
    assert drafts.count() == 7
    of_ended_rounds = {Stage.LAPSED, Stage.CLOSED}
    stages = set(Application.objects.values_list("stage", flat=True))
    assert stages == set(Stage) - of_ended_rounds
    assert Evidence.objects.count() == 107 * 9
    assert {len(problems(draft)) for draft in drafts} == {0}
    assert "100 份申报和 7 份草稿" in capsys.readouterr().out


def test_it_refuses_in_production(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="正式环境"):
        call_command("loadmany", applications=1)

    assert not Application.objects.exists()


def test_it_fills_a_database_only_once():
    call_command("loadmany", applications=3, drafts=0, verbosity=0)

    with pytest.raises(CommandError, match="空数据库"):
        call_command("loadmany", applications=3, drafts=0)


def test_copies_are_applications_of_their_own(monkeypatch):
    monkeypatch.setattr(loadmany, "CHUNK", 30)
    call_command("loadmany", applications=300, drafts=2, rounds=2, verbosity=0)

    past, last = Round.objects.order_by("opens_at")
    assert past.applications.count() == 150
    assert last.applications.count() == 152
    assert past.results_published_at
    assert set(past.applications.values_list("stage", flat=True)) <= set(ENDED)
    rows = Application.objects.count()
    for name in ("number", "lead_id_index"):
        assert Application.objects.values(name).distinct().count() == rows
    assert Evidence.objects.values("sha256").distinct().count() == rows * 9
    awards = Award.objects.select_related("evidence")
    assert all(award.evidence.application_id == award.application_id for award in awards)
    # Every chain, snapshot and opinion of a copy is as if the portal had written it.
    assert verify().findings == []
    found_by = dict(SearchText.objects.values_list("pk", "terms"))
    renew(*found_by)
    assert dict(SearchText.objects.values_list("pk", "terms")) == found_by
