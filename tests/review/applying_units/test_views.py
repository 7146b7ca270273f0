"""The office's pages of applying units."""

import pytest
from django.urls import reverse

from accounts.audit import AuditEntry
from accounts.models import UnitCorrection
from tests.factories import make_applying_unit

pytestmark = pytest.mark.django_db
NAME, REASON = "虚构重型机械有限公司", "与营业执照核对，注册时写错"


@pytest.fixture
def unit(people):
    return people.applicant.applying_unit


@pytest.fixture
def office(client, people):
    client.force_login(people.office)
    return client


def test_a_unit_is_found_by_name_or_code(office, unit):
    for words in (unit.name, unit.uscc, f"\u202a{unit.uscc}\u202c"):
        page = office.get(reverse("review:units"), {"q": words}).content.decode()
        assert reverse("review:unit", args=[unit.pk]) in page
    page = office.get(reverse("review:units"), {"q": "没有这个单位"}).content.decode()
    assert "没有符合条件的单位" in page


def test_it_is_corrected_there_and_the_log_says_so_without_words(office, unit):
    address = reverse("review:unit", args=[unit.pk])
    data = {"name": NAME, "host_kind": "ENTERPRISE", "reason": REASON}
    assert office.post(address, data).status_code == 302
    page = office.get(address).content.decode()
    assert f"更正为“{NAME}”" in page
    assert REASON in page
    line = AuditEntry.objects.get(subject=f"更正申报单位 {unit.pk}")
    assert line.data["fields"] == ["name"]
    assert office.post(address, data).status_code == 409
    assert UnitCorrection.objects.count() == 1


def test_a_correction_needs_its_reason(office, unit):
    address = reverse("review:unit", args=[unit.pk])
    response = office.post(address, {"name": NAME, "host_kind": "ENTERPRISE", "reason": ""})
    assert response.status_code == 422
    assert not UnitCorrection.objects.exists()
    assert NAME in response.content.decode()


@pytest.mark.parametrize("number", [1, 30])
def test_the_list_takes_four_queries(office, number, django_assert_num_queries):
    for _ in range(number):
        make_applying_unit()
    with django_assert_num_queries(4):  # session, user, count, page
        office.get(reverse("review:units"))


def test_only_the_office_corrects(client, people, unit):
    for user in (people.admin, people.applicant, people.recommender, people.bureau):
        client.force_login(user)
        assert client.get(reverse("review:unit", args=[unit.pk])).status_code == 404
