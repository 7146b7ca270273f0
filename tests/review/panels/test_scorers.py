"""Who scores an application and who concludes it: every place says what a naive model says.

The worlds are random and wider than what the pages let come about: an alternate who is recused, a
member who steps in, an expert of two panels, an alternate of a panel that has changed.
"""

import datetime
import itertools
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import Exists
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.roles import Role
from applications.models import Application, Event
from applications.notify.notifications import SCORERS, accounts_of
from applications.stages import Stage
from review.panels.models import (
    Attendance,
    Declaration,
    Panel,
    PanelAssignment,
    Recusal,
    Replacement,
)
from review.panels.scorers import concluded_by, panels_of, scorers, undeclared
from review.queue.filters import in_score_state
from review.scoring import rankings
from review.scoring.models import ScoreSheet
from tests.factories import make_applying_unit, make_round, make_user

pytestmark = pytest.mark.django_db
EXPERTS, PANELS = range(4), range(2)
_numbers = itertools.count(1)


@dataclass(eq=False)
class PanelModel:
    """A panel: experts by index, the leader among them, who left after it had concluded, who has
    signed in ({expert: whether the pledge is given})."""

    members: frozenset
    leader: int
    left: frozenset
    attendances: dict


@dataclass(eq=False)
class ApplicationModel:
    """An application of a panel: {recused: alternate or None}, {expert: is the sheet in}, and who
    has declared to have no interest in it."""

    panel: PanelModel
    is_concluded: bool
    recusals: dict
    sheets: dict
    declared: frozenset

    def scores(self, expert):
        if expert in self.recusals:
            return False
        return expert in self.panel.members or expert in self.recusals.values()

    def concluder(self):
        for expert in (self.panel.leader, *sorted(self.panel.members)):
            if expert not in self.recusals:
                return expert
        return None

    def is_open_to(self, expert):
        return self.panel.attendances.get(expert, False) and expert in self.declared

    def is_listed(self, expert):
        """Whether a ranked list has a seat for the expert."""
        if not self.is_concluded:
            return self.scores(expert)
        was_member = expert in self.panel.left and expert not in self.recusals
        return (self.scores(expert) or was_member) and self.sheets.get(expert, False)


experts = st.sampled_from(EXPERTS)


@st.composite
def panels(draw):
    members = draw(st.frozensets(experts, min_size=1))
    return PanelModel(
        members,
        draw(st.sampled_from(sorted(members))),
        draw(st.frozensets(experts)) - members,
        draw(st.dictionaries(experts, st.booleans())),
    )


@st.composite
def worlds(draw):
    """Draw two panels and up to three applications that they score."""
    of_round = [draw(panels()) for _ in PANELS]
    application = st.builds(
        ApplicationModel,
        st.sampled_from(of_round),
        st.booleans(),
        st.dictionaries(experts, st.none() | experts, max_size=3).map(
            lambda recusals: {
                recused: None if alternate == recused else alternate
                for recused, alternate in recusals.items()
            }
        ),
        st.dictionaries(experts, st.booleans()),
        st.frozensets(experts),
    )
    return of_round, draw(st.lists(application, min_size=1, max_size=3))


@pytest.fixture
def round_():
    """A round without criteria: only who scores matters here, not what."""
    round_ = make_round()
    round_.criteria.all().delete()
    return round_


@pytest.fixture
def unit():
    return make_applying_unit()


@pytest.fixture
def accounts():
    """The experts, by index in order of their keys."""
    return [make_user(Role.EXPERT) for _ in EXPERTS]


def save_panel(model, round_, accounts, concluded_at):
    """Save a panel with who left it and who has signed in."""
    panel = Panel.objects.create(
        round=round_, name=f"专家组{next(_numbers)}", leader=accounts[model.leader]
    )
    panel.experts.set(accounts[index] for index in model.members)
    now = timezone.now()
    Replacement.objects.bulk_create(
        Replacement(
            panel=panel,
            absent=accounts[index],
            alternate=panel.leader,
            reason="缺席",
            recorded_by=panel.leader,
            recorded_at=concluded_at + datetime.timedelta(hours=1),
        )
        for index in model.left
    )
    Attendance.objects.bulk_create(
        Attendance(
            panel=panel,
            expert=accounts[index],
            declared_at=now,
            pledged_at=now if is_pledged else None,
            pledge="承诺" if is_pledged else "",
        )
        for index, is_pledged in model.attendances.items()
    )
    return panel


def save_application(model, panel, unit, accounts, concluded_at):
    """Save an application with its panel, recusals, sheets and declarations."""
    application = Application.objects.create(
        round=panel.round,
        applying_unit=unit,
        recommending_unit=unit.recommending_unit,
        host_kind=unit.host_kind,
        number=f"T{next(_numbers)}",
        stage=Stage.INSPECTING if model.is_concluded else Stage.PANEL,
    )
    PanelAssignment.objects.create(application=application, panel=panel)
    Recusal.objects.bulk_create(
        Recusal(
            application=application,
            expert=accounts[recused],
            alternate=None if alternate is None else accounts[alternate],
            reason="亲属关系",
            recorded_by=panel.leader,
        )
        for recused, alternate in model.recusals.items()
    )
    ScoreSheet.objects.bulk_create(
        ScoreSheet(
            application=application,
            expert=accounts[index],
            total=Decimal(80),
            submitted_at=timezone.now() if is_in else None,
        )
        for index, is_in in model.sheets.items()
    )
    Declaration.objects.bulk_create(
        Declaration(attendance=attendance, application=application)
        for attendance in panel.attendances.filter(
            expert__in=[accounts[index] for index in model.declared]
        )
    )
    if model.is_concluded:
        event = Event(
            application=application,
            at=concluded_at,
            user=panel.leader,
            role=Role.EXPERT,
            action="conclude_for",
        )
        event.follow(None)
        event.save()
    return application


def check_application(model, application, accounts):
    """Compare what is said of one application with the model."""
    due = {accounts[index].pk for index in EXPERTS if model.scores(index)}
    concluder = model.concluder()
    leading = None if concluder is None else accounts[concluder].pk
    submitted = {accounts[index].pk for index, is_in in model.sheets.items() if is_in}
    with_rows = Application.objects.select_related("panel_assignment__panel").prefetch_related(
        "recusals", "panel_assignment__panel__experts"
    )
    for rows in (with_rows, Application.objects):
        assignment = rows.get(pk=application.pk).panel_assignment
        assert assignment.scorers() == due
        assert assignment.leading == leading
    told = accounts_of(SCORERS, Application.objects.get(pk=application.pk))
    assert {user.pk for user in told} == (due - submitted or {leading} - {None})
    assignment = PanelAssignment.objects.select_related("panel__round").get(application=application)
    entry = rankings.of_application(application, assignment.panel)
    assert {seat.expert.pk for seat in entry.seats} == {
        accounts[index].pk for index in EXPERTS if model.is_listed(index)
    }
    assignment.recompute()
    assert assignment.mean == (80 if due & submitted else None)


def check_expert(index, models, of_round, accounts):
    """Compare which applications and panels an expert has, by every query, with the models.

    `models` and `of_round` map the keys of applications and of panels to theirs.
    """
    expert = accounts[index]
    applications = Application.objects.filter(pk__in=models)

    def keys(condition):
        return {pk for pk, model in models.items() if condition(model)}

    def of(rows):
        return sorted(rows.values_list("pk", flat=True))

    scored = keys(lambda model: model.scores(index))
    concluded = keys(lambda model: model.concluder() == index)
    visible = scored & keys(lambda model: model.is_open_to(index))
    under_review = keys(lambda model: not model.is_concluded)
    all_in = keys(
        lambda model: all(model.sheets.get(each) for each in EXPERTS if model.scores(each))
    )
    assert of(applications.scored_by(expert)) == sorted(scored)
    assert of(applications.filter(Exists(scorers().filter(pk=expert.pk)))) == sorted(scored)
    assert of(applications.filter(concluded_by(expert))) == sorted(concluded)
    assert of(Application.objects.visible_to(expert)) == sorted(visible)
    assert of(undeclared(expert)) == sorted(scored & under_review - visible)
    to_conclude = applications.filter(in_score_state(expert, "conclude"))
    assert of(to_conclude) == sorted(concluded & under_review & all_in)
    as_alternate = [model.panel for model in models.values() if index in model.recusals.values()]
    assert of(panels_of(expert).distinct()) == sorted(
        pk for pk, panel in of_round.items() if index in panel.members or panel in as_alternate
    )


# The leader is recused: of the two who are left the first by account concludes.
ACTING = PanelModel(frozenset({0, 1, 2}), 2, frozenset(), {})


@example(
    world=([ACTING], [ApplicationModel(ACTING, False, {2: None}, {0: True, 1: True}, frozenset())])
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds())
def test_every_place_gives_the_same_answer_as_the_model(world, round_, unit, accounts):
    panel_models, application_models = world
    concluded_at = timezone.now() - datetime.timedelta(days=1)
    with transaction.atomic():
        saved = {model: save_panel(model, round_, accounts, concluded_at) for model in panel_models}
        models = {}
        for model in application_models:
            application = save_application(model, saved[model.panel], unit, accounts, concluded_at)
            models[application.pk] = model
            check_application(model, application, accounts)
        of_round = {panel.pk: model for model, panel in saved.items()}
        for index in EXPERTS:
            check_expert(index, models, of_round, accounts)
        transaction.set_rollback(True)
