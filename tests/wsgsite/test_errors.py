"""Pages of faults: each says what happened, what to do, its number, the way back, whom to ask."""

import re

import pytest
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.exceptions import TemplateDoesNotExist
from django.test import Client, RequestFactory
from django.urls import path, reverse

from accounts.roles import Role
from tests.factories import make_user
from wsgsite import errors, urls
from wsgsite.middleware import DoorMiddleware, RequestMiddleware

FAULTS = {
    "bad": (RequestDataTooBig("large"), 413, "发送的内容过大"),
    "fields": (TooManyFieldsSent("many"), 400, "一次发送的栏目或文件过多"),
    "files": (TooManyFilesSent("many"), 400, "一次发送的栏目或文件过多"),
    "denied": (PermissionDenied("no"), 403, "您的账号无权执行此操作"),
    "integrity": (IntegrityError("twice"), 409, "没有重复执行"),
    "away": (OperationalError("could not connect"), 503, "系统暂时不能使用"),
    "closed": (InterfaceError("connection already closed"), 503, "系统暂时不能使用"),
    "full": (OSError(28, "No space left on device"), 503, "存储空间已满"),
    "other": (ZeroDivisionError("secret detail"), 500, "系统暂时出现故障"),
}


def failing(request, name):
    raise FAULTS[name][0]


failing.login_required = False
urlpatterns = [*urls.urlpatterns, path("failing/<str:name>/", failing)]
handler400, handler403, handler404 = urls.handler400, urls.handler403, urls.handler404
handler429, handler500 = urls.handler429, urls.handler500


@pytest.fixture
def client(settings):
    settings.ROOT_URLCONF = "tests.wsgsite.test_errors"
    return Client(raise_request_exception=False)


def assert_complete(response):
    page = response.content.decode()
    number = response["X-Request-ID"]
    assert re.fullmatch("r[0-9a-f]{12}", number)
    assert f'请求编号：<span class="fault__number">{number}</span>' in page
    assert f'href="{reverse("home")}"' in page
    assert "83919079" in page
    assert "no-store" in response["Cache-Control"]
    assert '<html lang="zh-CN">' in page
    return page


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_page_without_a_database(client, name):
    """No database is open to this test: a page that asked it would fail."""
    response = client.get(f"/failing/{name}/")
    _, status, sentence = FAULTS[name]
    assert response.status_code == status
    page = assert_complete(response)
    assert sentence in page
    assert "secret detail" not in page


def test_what_passes_says_when_to_come_again(client):
    assert client.get("/failing/away/")["Retry-After"] == "30"


@pytest.mark.django_db
def test_unknown_refused_and_wrong_requests_have_theirs(client):
    assert "页面不存在" in assert_complete(client.get("/nowhere/"))
    client.force_login(make_user(Role.OFFICE))
    wrong = client.get(reverse("review:decide", args=[1, "qualify"]))
    assert "这个网址不能直接打开" in assert_complete(wrong)
    strict = Client(enforce_csrf_checks=True)
    assert "页面已过期" in assert_complete(strict.post(reverse("account_login")))


@pytest.mark.django_db
def test_who_asks_too_often_gets_a_page(client):
    url = reverse("applications:verify", args=["0" * 16])
    answers = [client.get(url) for _ in range(31)]
    assert answers[-1].status_code == 429
    assert "操作过于频繁" in assert_complete(answers[-1])


def test_a_body_that_is_too_large_is_not_even_read(client, settings):
    class Unread:
        def read(self, *size):
            raise AssertionError("it was read")

    request = RequestFactory().post("/")
    request.META["CONTENT_LENGTH"] = f"{settings.BODY_LIMIT + 1}"
    request._stream = Unread()
    answer = DoorMiddleware(lambda request: HttpResponse())(request)
    assert answer.status_code == 413
    assert "发送的内容过大" in answer.content.decode()


@pytest.mark.django_db
def test_a_form_that_is_too_large_is_told(client):
    data = {"login": "x" * (5 * 1024 * 1024 + 1)}
    body = "&".join(f"{name}={value}" for name, value in data.items())
    response = client.post(
        reverse("account_login"), body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 413
    assert_complete(response)


def test_the_last_page_needs_not_even_a_template(rf, monkeypatch):
    def broken(*args, **kwargs):
        raise TemplateDoesNotExist("500.html")

    monkeypatch.setattr(errors, "render_to_string", broken)
    request = rf.get("/")
    request.request_id = "abc"
    response = errors.page(request, 500)
    assert response.status_code == 500
    assert "请求编号：abc" in response.content.decode()


class TestNumbers:
    @pytest.mark.parametrize(
        ("given", "proxies", "is_taken"),
        [
            ("0123abcd-ef", 1, True),
            ("0123abcd-ef", 0, False),
            ("short", 1, False),
            ("x" * 65, 1, False),
            ("has space 123", 1, False),
            ("<script>alert(1)</script>", 1, False),
            ("", 1, False),
        ],
    )
    def test_one_from_a_trusted_proxy_is_taken_if_well_formed(
        self, rf, settings, given, proxies, is_taken
    ):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
        request = rf.get("/", headers={"X-Request-ID": given})
        number = RequestMiddleware(lambda request: HttpResponse())(request)["X-Request-ID"]
        assert (number == given) == is_taken
        assert number

    def test_no_two_are_the_same(self, rf):
        answer = RequestMiddleware(lambda request: HttpResponse())
        assert len({answer(rf.get("/"))["X-Request-ID"] for _ in range(100)}) == 100
