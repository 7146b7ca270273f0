"""专家库: who is in it, how busy they are, what the office may put right."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.stages import Stage
from tests.factories import make_application, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def listed(client, **asked):
    return list(client.get(reverse("review:experts"), asked).context["page_obj"])


def test_shows_the_panels_and_applications_of_the_present_round(office, people):
    make_application(Stage.PANEL, people)
    make_application(Stage.QUALIFYING, people)
    [row] = listed(office, q="组长")
    assert (row.number_of_panels, row.number_of_applications) == (1, 1)
    idle = make_user(Role.EXPERT, "闲人")
    [row] = listed(office, q="闲人")
    assert (row, row.number_of_panels, row.number_of_applications) == (idle, 0, 0)


def test_is_filtered(office):
    welder = make_user(Role.EXPERT, "焊某", occupation="焊工", employer="虚构大学", title="教授")
    gone = make_user(Role.EXPERT, "离某", occupation="焊工", is_active=False)
    make_user(Role.OFFICE, "焊工办公室")
    assert listed(office, occupation="焊工") == [gone, welder]
    assert listed(office, occupation="焊工", state="active") == [welder]
    assert listed(office, employer="大学") == [welder]
    assert listed(office, q="教授") == [welder]
    assert listed(office, q="查无此人") == []


@pytest.mark.parametrize("made", [1, 30])
def test_costs_the_same_with_1_and_30_rows(office, people, django_assert_num_queries, made):
    for _ in range(made):
        people.panel.experts.add(make_user(Role.EXPERT))
    with django_assert_num_queries(6):
        office.get(reverse("review:experts"))


def test_the_office_edits_employer_title_and_occupation_alone(office, people):
    url = reverse("review:expert", args=[people.expert.pk])
    assert people.panel.name in office.get(url).content.decode()
    typed = {"employer": "虚构大学", "title": "教授", "occupation": "焊工", "name": "他人"}
    assert (
        office.post(url, {**typed, "email": "x@example.invalid", "role": "ADMIN"}).status_code
        == 302
    )
    people.expert.refresh_from_db()
    assert (people.expert.employer, people.expert.occupation) == ("虚构大学", "焊工")
    assert (people.expert.name, people.expert.role) == ("组长", Role.EXPERT)
    response = office.post(url, {**typed, "employer": "长" * 101})
    assert response.status_code == 422


def test_other_accounts_are_not_there(office, people):
    assert office.get(reverse("review:expert", args=[people.recommender.pk])).status_code == 404
