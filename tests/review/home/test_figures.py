"""The figures of the dashboards: right, as much as each role may see, at the same few queries."""

import datetime
from collections import Counter

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.perform import perform
from review.home import figures
from review.panels.recusals import recuse
from tests.factories import (
    data_for,
    make_application,
    make_people,
    make_recommending_unit,
    make_round,
    make_user,
    score,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


def cells(figure):
    return {head: row for head, _, row in figure.rows}


def test_the_funnel_counts_what_came_as_far_as_each_step(people):
    for stage in (
        Stage.DRAFT,
        Stage.RETURNED,
        Stage.RECOMMENDED,
        Stage.DISQUALIFIED,
        Stage.NOT_SELECTED,  # by the panel
        Stage.PUBLICITY,
        Stage.AWARDED,
    ):
        make_application(stage, people)
    reached = [row[0] for _, _, row in figures.funnel(people.office, people.panel.round).rows]
    assert reached == [6, 5, 4, 3, 2, 2, 1]


def test_figures_agree_with_a_count_by_hand(people):
    call_command("loadmany", applications=60, drafts=5, verbosity=0)
    office, round_ = make_user(Role.OFFICE), Round.objects.latest("pk")
    rows = list(Application.objects.filter(round=round_).exclude(stage__in=["DRAFT", "DISCARDED"]))
    stages = Counter(Stage(each.stage).label for each in rows)
    under_way = {head: row[1] for head, row in cells(figures.waiting(office, round_)).items()}
    ended = {head: row[0] for head, row in cells(figures.by_outcome(office, round_)).items()}
    assert under_way | ended == stages
    assert not under_way.keys() & ended.keys()
    units = Counter(each.recommending_unit.name for each in rows)
    by_unit = cells(figures.by_recommending_unit(office, round_))
    assert {head: row[0] for head, row in by_unit.items()} == units
    trades = figures.by_occupation(office, round_)
    assert sum(row[0] for _, _, row in trades.rows) == len(rows)
    assert trades.has_rest == trades.rows[-1][0].startswith("其他")


def test_what_waits_says_for_whom_and_how_long(people):
    old = make_application(Stage.QUALIFYING, people)
    make_application(Stage.QUALIFYING, people)
    long_ago = timezone.now() - datetime.timedelta(days=20)
    Application.objects.filter(pk=old.pk).update(stage_entered_at=long_ago)
    waiting = figures.waiting(people.office, people.panel.round)
    assert cells(waiting) == {"资格审查": ("评审办公室", 2, 1, 20)}
    assert "共 2 项在办" in waiting.note


def test_a_number_leads_to_the_list_that_counts_the_same(people, client):
    make_application(Stage.RECOMMENDING, people)
    for _ in range(2):
        make_application(Stage.RETURNED, people)
    make_application(Stage.AWARDED, people)
    # Of those returned only one is late: no list counts just that.
    yesterday = timezone.now() - datetime.timedelta(days=1)
    late = Application.objects.filter(stage=Stage.RETURNED).first()
    Application.objects.filter(pk=late.pk).update(return_deadline=yesterday)
    Round.objects.update(closes_at=yesterday, report_deadline=yesterday)
    round_ = Round.objects.get()
    client.force_login(people.office)
    found = figures.figures_for(people.office, round_)
    checked = 0
    for figure in found:
        for _, url, row in figure.rows:
            if url:
                listed = client.get(url).context["page_obj"].paginator.count
                assert listed == row[figure.linked - 1], (figure.key, row)
                checked += 1
    assert checked >= 5
    overdue = next(figure for figure in found if figure.key == "overdue")
    assert {head: (bool(url), row[1]) for head, url, row in overdue.rows} == {
        "退回修改": (False, 1),
        "推荐单位审核": (True, 1),
    }


def test_a_round_is_compared_with_the_one_before_on_the_same_day_before_its_deadline(
    people, time_machine
):
    now, day = timezone.now(), datetime.timedelta(days=1)
    this = people.panel.round
    before = make_round(year=2025, opens_at=now - 400 * day, closes_at=now - 340 * day)
    Round.objects.filter(pk=before.pk).update(report_deadline=now - 330 * day)
    Round.objects.filter(pk=this.pk).update(closes_at=now + 20 * day)
    earlier = make_people(before)
    make_application(Stage.RECOMMENDING, people)
    for ago in (361, 359):  # 20 days before the end of that round was 360 days ago
        time_machine.move_to(now - ago * day)
        make_application(Stage.QUALIFYING, earlier)
    time_machine.move_to(now)
    found = figures.compared(people.office, Round.objects.get(pk=this.pk))
    rows = cells(found)
    assert rows["提交"] == (1, 1, "持平", 2)
    assert rows["上报"] == (0, 1, "-1", 2)
    assert rows["入选"] == (0, 0, "持平", 0)
    assert "还有 20 天" in found.note
    assert not figures.compared(people.office, before).rows


def test_the_page_opens_on_the_newest_round_that_has_applications(people, client):
    make_application(Stage.QUALIFYING, people)
    newer = make_round(year=2027, opens_at=timezone.now())
    client.force_login(people.office)
    address = reverse("review:dashboard")
    assert client.get(address).context["round"] == people.panel.round
    assert client.get(f"{address}?round={newer.pk}").context["round"] == newer


def test_a_recommending_unit_counts_its_own_alone(people):
    make_application(Stage.RECOMMENDING, people)
    make_application(Stage.RECOMMENDING, make_people(people.panel.round))
    found = figures.figures_for(people.recommender, people.panel.round)
    assert cells(found[0]) == {"推荐单位审核": ("推荐单位", 1, 0, 0)}
    assert {each.key for each in found}.isdisjoint({"units", "experts"})


def test_what_is_late_says_whose_turn_it_is(people):
    make_application(Stage.RECOMMENDING, people)
    assert figures.overdue(people.office, people.panel.round).rows == []
    yesterday = timezone.now() - datetime.timedelta(days=1)
    Round.objects.update(closes_at=yesterday, report_deadline=yesterday)
    late = figures.overdue(people.office, Round.objects.get())
    label = f"推荐单位上报截止时间 {timezone.localtime(yesterday):%Y-%m-%d}"
    assert cells(late) == {"推荐单位审核": ("推荐单位", 1, label)}


def test_experts_are_compared_only_once_their_panel_has_concluded():
    people = make_people(make_round(), experts=3)
    make_application(Stage.PANEL, people)
    assert figures.by_expert(people.panel.round).rows == []
    make_application(Stage.INSPECTING, people)
    mean, leniency, spread, between, number = cells(figures.by_expert(people.panel.round))["组长"]
    assert (mean, leniency, spread, between, number) == (90, "+0.00", "0.00", "90.0 至 90.0", 1)


def test_nor_are_they_after_an_undoing_that_leads_to_before_the_panel():
    people = make_people(make_round(), experts=3)
    application = make_application(Stage.PANEL, people)
    score(application, people.panel)
    perform(application, "revert", make_user(Role.OFFICE), **data_for("revert"))
    assert figures.by_expert(people.panel.round).rows == []


def test_an_experts_own_figures_leave_out_what_they_are_recused_from(people):
    application = make_application(Stage.PANEL, people)
    score(application, people.panel)
    recuse(application, people.expert, "亲属关系", people.office)
    found = figures.figures_for(people.expert, people.panel.round)
    assert {row for _, _, row in (*found[0].rows, *found[1].rows)} == {(0,)}
    assert found[2].rows == []


def test_an_expert_sees_nothing_but_their_own(people):
    make_application(Stage.INSPECTING, people)
    found = figures.figures_for(people.expert, people.panel.round)
    assert cells(found[0])["已提交"] == (1,)
    assert cells(found[1])["90 分及以上"] == (1,)
    assert {row[0] for _, _, row in found[2].rows} == {90.0}


def figure(rows, columns=("阶段", "申报"), **options):
    return figures.Figure("stages", "各阶段申报数", columns, rows, **options)


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (
            figure([("资格审查", "", (3,)), ("专家评审", "", (12,)), ("公示", "", (5,))]),
            "共 3 行。申报最高 专家评审 12 项，最低 资格审查 3 项。",
        ),
        (
            figure([("甲", "", (1,)), ("乙", "", (2,)), ("丙", "", (1,))]),
            "共 3 行。申报最高 乙 2 项，最低 甲等 2 行均为 1 项。",
        ),
        (figure([("甲", "", (4,)), ("乙", "", (4,))]), "共 2 行。申报均为 4 项。"),
        (
            figure(
                [("甲", "", (7, 0)), ("乙", "", (9, 6))], ("单位", "提交", "上报"), drawn=(1, 2)
            ),
            "共 2 行。提交最高 乙 9 项，最低 甲 7 项；上报最高 乙 6 项，最低 甲 0 项。",
        ),
        (
            figure([("甲", "", (80.5,)), ("乙", "", (61.0,))], ("评分项", "得分率（%）"), unit="%"),
            "共 2 行。得分率（%）最高 甲 80.5%，最低 乙 61.0%。",
        ),
    ],
)
def test_a_chart_is_described_by_its_rows_and_their_ends(shown, words):
    assert shown.chart_description == f"条形图：各阶段申报数，{words}全部数据见下面的表格。"


def test_a_decision_and_a_new_deadline_are_counted_at_once(people):
    application = make_application(Stage.QUALIFYING, people)
    round_ = Round.objects.get(pk=application.round_id)
    waiting = cells(figures.figures_for(people.office, round_)[0])
    assert list(waiting) == ["资格审查"]
    perform(application, "disqualify", people.office, **data_for("disqualify"))
    assert cells(figures.figures_for(people.office, round_)[0]) == {}
    late = make_application(Stage.RECOMMENDING, people)
    assert cells(figures.figures_for(people.office, round_)[1]) == {}
    round_.report_deadline = timezone.now()
    assert list(cells(figures.figures_for(people.office, round_)[1])) == [late.get_stage_display()]


def test_what_was_counted_for_one_unit_is_not_shown_to_another(people):
    make_application(Stage.RECOMMENDING, people)
    round_ = people.panel.round
    other = make_user(Role.RECOMMENDER, recommending_unit=make_recommending_unit())
    assert cells(figures.figures_for(people.recommender, round_)[0])
    assert cells(figures.figures_for(other, round_)[0]) == {}


@pytest.mark.parametrize(
    ("role", "queries"),
    [
        (Role.RECOMMENDER, 14),
        (Role.OFFICE, 17),
        (Role.BUREAU, 17),
        (Role.FINANCE, 10),
        (Role.EXPERT, 9),
    ],
)
@pytest.mark.parametrize("more", [0, 29])
def test_the_page_costs_the_same_for_1_and_30(
    role, queries, more, people, client, django_assert_num_queries
):
    application = make_application(Stage.APPROVING, people)
    for _ in range(more):
        application.pk = None
        application.number = f"JNDS-{Application.objects.count()}"
        application._state.adding = True
        application.save()
    client.force_login(people.of(role))
    with django_assert_num_queries(queries):
        response = client.get(reverse("review:dashboard"))
    assert response.status_code == 200
    with django_assert_num_queries(9 if role == Role.EXPERT else 5):
        assert client.get(reverse("review:dashboard")).status_code == 200
