"""个人信息保护说明: for everybody, from every page."""

import pytest
from django.conf import settings
from django.urls import reverse

from tests.factories import make_round

pytestmark = pytest.mark.django_db


def test_it_is_public_and_says_how_long_and_whom_to_ask(client):
    make_round(retention_years=7)
    page = client.get(reverse("privacy")).text
    assert "保存 7 年" in page
    assert settings.OFFICE_CONTACT in page


def test_it_says_whom_lists_of_earlier_years_name_and_how_long(client):
    make_round(retention_years=7)
    page = client.get(reverse("privacy")).text
    assert "领办人姓名（含未入选的）" in page
    assert "往年名单自导入之日起保存 7 年，期满后清除未入选领办人的姓名" in page


def test_without_a_round_it_says_the_usual_years(client):
    assert "保存 5 年" in client.get(reverse("privacy")).text


def test_the_footer_and_the_registration_lead_to_it(client):
    link = f'href="{reverse("privacy")}"'
    assert client.get(reverse("home")).text.count(link) == 1
    assert client.get(reverse("account_signup")).text.count(link) == 2
