"""Planning site visits: who learns what, and that a plan is no record."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.notify.inbox import Message
from applications.notify.notifications import untold
from applications.stages import Stage
from applications.workflow.perform import perform, refusal
from review.inspection.models import InspectionPlan
from review.panels.models import Recusal
from tests.factories import make_application, make_people, prepare
from tests.tabs import read_all_tabs

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def application(people):
    return make_application(Stage.INSPECTING, people)


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def address(*applications):
    chosen = "&".join(f"application={each.pk}" for each in applications)
    return f"{reverse('review:inspection_plan')}?{chosen}"


def tomorrow():
    return f"{timezone.localtime() + DAY:%Y-%m-%d}T09:30"


def plan(client, people, *applications, **changes):
    """Send the plan of one trip to these applications."""
    data = {
        "inspectors": [people.office.pk, people.expert.pk],
        "contact": "评审办公室，83919079",
        "preparation": "请备好培训记录。",
    }
    for each in applications:
        data |= {f"{each.pk}-visit_at": tomorrow(), f"{each.pk}-place": "虚构路1号"}
    return client.post(address(*applications), {**data, **changes})


def told(user):
    return Message.objects.filter(recipient=user, subject__contains="实地考察").order_by("pk")


def test_the_place_is_filled_in_from_the_application(office, application):
    content = office.get(address(application)).content.decode()
    assert application.studio_location in content


def test_both_units_learn_when_where_and_what_to_prepare_but_not_who(office, people, application):
    assert plan(office, people, application).status_code == 302
    for user in (people.applicant, people.recommender):
        message = told(user).get()
        for words in ("09:30", "虚构路1号", "请备好培训记录。", "83919079"):
            assert words in message.text
        assert people.expert.name not in message.text + message.subject
    assert not untold()


def test_what_the_units_know_already_is_not_told_again(office, people, application):
    plan(office, people, application)
    plan(office, people, application, inspectors=[people.office.pk, people.panel.experts.last().pk])
    assert told(people.applicant).count() == 1
    plan(office, people, application, **{f"{application.pk}-place": "虚构路2号"})
    assert "更改了" in told(people.applicant).last().text
    assert InspectionPlan.objects.get().place == "虚构路2号"


def test_a_plan_is_no_record(office, people, application):
    plan(office, people, application)
    application.refresh_from_db()
    assert refusal(application, "pass_inspection", people.office) == "请先填写实地考察记录。"


def test_a_planned_visit_is_cancelled_before_the_step_is_undone(office, people, application):
    plan(office, people, application)
    application.refresh_from_db()
    assert "请先取消考察安排" in refusal(application, "revert", people.office)
    office.post(address(application), {"action": "cancel"})
    application = type(application).objects.get()
    perform(application, "agree_to_undo", people.expert, reason="评分有误")
    application = type(application).objects.get()
    assert refusal(application, "revert", people.office) is None


def test_one_trip_plans_several_studios(office, people, application):
    other = make_application(Stage.INSPECTING, make_people(people.panel.round))
    plan(office, people, application, other)
    assert InspectionPlan.objects.count() == 2
    assert told(people.applicant).count() == 1


def test_a_cancelled_visit_is_told(office, people, application):
    plan(office, people, application)
    office.post(address(application), {"action": "cancel"})
    assert not InspectionPlan.objects.exists()
    assert "已取消" in told(people.applicant).last().text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"inspectors": []}, "请选择。"),
        ({"preparation": ""}, "请填写。"),
        ({"inspectors": "one"}, "考察人员须两人以上。"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    office, people, application, changes, sentence
):
    if changes.get("inspectors") == "one":
        changes = {"inspectors": [people.office.pk]}
    response = plan(office, people, application, contact="找某某", **changes)
    content = response.content.decode()
    assert response.status_code == 422
    assert sentence in content
    assert "找某某" in content
    assert not InspectionPlan.objects.exists()


def test_nobody_is_visited_in_the_past(office, people, application):
    for slip, sentence in {
        "2020-01-01T09:30": "考察时间须晚于现在。",
        "9999-12-31T09:30": "考察时间不能晚于 ",
    }.items():
        typed = {f"{application.pk}-visit_at": slip}
        assert sentence in plan(office, people, application, **typed).content.decode()


def test_an_expert_who_is_recused_does_not_go(office, people, application):
    Recusal.objects.create(
        application=application,
        expert=people.expert,
        reason="同单位",
        recorded_by=people.office,
    )
    response = plan(office, people, application)
    assert response.status_code == 422
    assert "须回避" in response.content.decode()


def test_what_is_in_another_stage_is_not_planned(office, people):
    panel = make_application(Stage.PANEL, people)
    assert office.get(address(panel)).status_code == 404
    assert office.get(reverse("review:inspection_plan")).status_code == 302


def test_the_offices_home_shows_coming_visits_until_their_record_is_concluded(
    office, people, application
):
    plan(office, people, application)
    page = reverse("review:inspection", args=[application.pk])
    content = office.get(reverse("home")).content.decode()
    assert page in content
    assert "明天" in content
    prepare(application, "pass_inspection", people)
    assert page not in office.get(reverse("home")).content.decode()


@pytest.mark.parametrize("role", [Role.RECOMMENDER, Role.EXPERT])
def test_others_do_not_learn_who_goes(log_in, office, people, application, role):
    plan(office, people, application)
    content = read_all_tabs(log_in(role), application)
    assert "安排实地考察" in content
    if role == Role.RECOMMENDER:
        assert people.expert.name not in content


@pytest.mark.parametrize("more", [0, 29])
def test_the_list_costs_the_same_with_1_and_30_rows(
    office, people, application, django_assert_num_queries, more
):
    for number in range(1 + more):
        if number:
            application.pk, application.number = None, f"JNDS-{number}"
            application.save()
        planned = InspectionPlan.objects.create(
            application=application,
            visit_at=timezone.now() + number * DAY,
            place="虚构路",
            contact="某",
            preparation="某",
            planned_by=people.office,
        )
        planned.inspectors.set([people.office])
    with django_assert_num_queries(5):
        response = office.get(reverse("review:inspections"))
    assert response.status_code == 200
