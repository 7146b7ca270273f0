"""The box in the top bar leads to applications and pages by name, number and reading."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.stages import Stage
from tests.factories import make_application, make_people, make_round
from wsgsite.jump import pages_of

pytestmark = pytest.mark.django_db
JUMP = "/jump/"


@pytest.fixture
def people():
    return make_people(make_round())


def leads(client, user, text):
    """Return where the box leads: an address, or the titles and labels that it lists."""
    client.force_login(user)
    response = client.get(JUMP, {"q": text})
    if response.status_code == 302:
        return response.url
    found = response.context["applications"]
    return [
        *(each.studio_title for each in found),
        *(label for label, _ in response.context["pages"]),
    ]


def test_a_number_leads_to_its_application(client, people):
    application = make_application(Stage.QUALIFYING, people)
    own = reverse("review:detail", args=[application.pk])
    assert leads(client, people.office, application.number) == own
    assert leads(client, people.office, f" {application.number.lower()}") == own
    address = reverse("applications:overview", args=[application.pk])
    assert leads(client, people.applicant, application.number) == address
    assert leads(client, people.finance, application.number) == []
    assert leads(client, people.of(Role.ADMIN), application.number) == []


def test_what_alone_is_found_is_opened_and_more_is_listed(client, people):
    first, _ = (make_application(Stage.QUALIFYING, people) for _ in range(2))
    title = first.studio_title
    assert leads(client, people.office, title) == [title, title]
    assert leads(client, people.office, "tongji") == reverse("review:dashboard")
    assert leads(client, people.office, "ＴＯＮＧ　ＪＩ") == reverse("review:dashboard")
    assert leads(client, people.office, "专家") == ["专家组", "专家库"]
    assert leads(client, people.applicant, "专家") == []
    assert "统计" in leads(client, people.office, "")


@pytest.mark.parametrize("role", Role)
def test_every_page_that_it_names_is_the_roles_own(client, people, role):
    client.force_login(people.of(role))
    for label, url in pages_of(role):
        assert client.get(url).status_code == 200, label


def test_costs_the_same_for_few_and_many(client, people, django_assert_num_queries):
    make_application(Stage.QUALIFYING, people)
    client.force_login(people.office)
    for extra in (1, 3):
        for _ in range(extra):
            make_application(Stage.QUALIFYING, people)
        with django_assert_num_queries(7):
            client.get(JUMP, {"q": "技能大师工作室"})


def test_tells_an_applicant_no_result_before_its_publication(client, people):
    """Not even by the colour of the tag, which a stage's name in the page gives it."""
    for stage in (Stage.AWARDED, Stage.NOT_SELECTED):
        make_application(stage, people)
    client.force_login(people.applicant)
    page = client.get(reverse("jump"), {"q": "工作室"}).text
    assert page.count(f'data-stage="{Stage.APPROVING}"') == 2
    assert Stage.AWARDED not in page
    assert Stage.NOT_SELECTED not in page
