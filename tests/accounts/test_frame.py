"""The frame of every page, and the pages of errors."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from tests.factories import make_user
from wsgsite.context import NAVIGATION, portal


def top_bar(path, user):
    request = RequestFactory().get(path)
    request.user = user
    return portal(request)["frame"]["navigation"]


@pytest.mark.parametrize("role", [None, *Role])
def test_every_role_has_its_top_bar_without_a_query(role, db, django_assert_num_queries):
    user = AnonymousUser() if role is None else User(role=role)
    with django_assert_num_queries(0):
        html = top_bar("/", user)
    for label, name, *_ in NAVIGATION[role]:
        assert f'href="{reverse(name)}"' in html
        assert label in html


def test_the_deepest_item_that_leads_to_the_page_is_current():
    html = top_bar(reverse("review:panels") + "7/", User(role=Role.OFFICE))
    assert html.count("aria-current") == 1
    assert f'href="{reverse("review:panels")}" aria-current="true"' in html


def test_home_is_current_only_at_home():
    assert "aria-current" not in top_bar("/accounts/login/", AnonymousUser())


def test_an_unknown_page_says_so(client, db):
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    assert "您访问的页面不存在，或者您的账号无权查看。" in response.content.decode()


def test_an_address_that_only_takes_forms_says_so_when_opened(client, db):
    """Where a login leads back to after the session ran out on a decision."""
    client.force_login(make_user(Role.OFFICE))
    response = client.get(reverse("review:decide", args=[1, "qualify"]))
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "登录前的操作没有执行" in response.content.decode()


def test_a_form_without_its_token_is_refused_in_chinese(db):
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"))
    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()


@pytest.mark.parametrize("template", ["400.html", "500.html"])
def test_pages_of_faults_need_no_context(template):
    assert '<html lang="zh-CN">' in render_to_string(template)
