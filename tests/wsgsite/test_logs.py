"""Log lines: JSON with the request's number, without personal data or secret paths."""

import json
import logging
import logging.config
from io import StringIO

import pytest
from django.http import HttpResponse
from django.urls import reverse

from accounts.roles import Role
from tests.factories import id_number, make_user
from wsgsite.logs import logging_settings, masked
from wsgsite.middleware import RequestMiddleware


@pytest.fixture
def lines():
    """Log as production does; what was logged is read as JSON from the function returned."""
    before = logging.getLogger().handlers[:]
    stream = StringIO()
    asked = logging_settings(production=True)
    asked["handlers"]["console"]["stream"] = stream
    logging.config.dictConfig(asked)
    yield lambda: [json.loads(each) for each in stream.getvalue().splitlines()]
    logging.config.dictConfig(logging_settings(production=False))
    logging.getLogger().handlers[:] = before


@pytest.mark.parametrize(
    "secret",
    [
        id_number(),
        id_number()[:17] + "X",
        id_number()[:17] + "x",
        "6222020000001234567",
        "6222 0200 0000 1234 567",
        "6222-0200-0000-1234",
        "13800000000",
        "+8613800000000",
        "138 0000 0000",
        "somebody@example.invalid",
        "some.body+tag@mail.example.cn",
    ],
)
def test_what_looks_like_personal_data_is_masked(secret):
    for text in (secret, f"号码{secret}有误", f"Key (email)=({secret}) exists", f"'{secret}',"):
        assert secret not in masked(text)
        assert masked(text) != text


@pytest.mark.parametrize(
    "text",
    ["JNDS2026-0001", "2026-11-24 12:00:00", "83919079", "027-83919079", "id 123456789", "0.1234"],
)
def test_what_is_needed_is_not(text):
    assert masked(text) == text


def test_an_exception_quotes_nobody(lines):
    try:
        raise ValueError(f"duplicate: {id_number()} somebody@example.invalid")
    except ValueError:
        logging.getLogger("applications").exception("failed for %s", "13800000000")
    [line] = lines()
    text = json.dumps(line, ensure_ascii=False)
    assert id_number() not in text
    assert "example.invalid" not in text
    assert "13800000000" not in text
    assert "ValueError: duplicate: [id number] [e-mail]" in line["exc_info"]
    assert line["level"] == "ERROR"
    assert line["logger"] == "applications"
    assert line["time"].startswith("20")


@pytest.mark.django_db
def test_a_request_leaves_one_line(lines, client):
    user = make_user(Role.OFFICE)
    client.force_login(user)
    response = client.get(reverse("review:queue"), {"q": "somebody@example.invalid"})
    [line] = [each for each in lines() if each["logger"] == "wsgsite.requests"]
    assert line["request_id"] == response["X-Request-ID"]
    assert (line["method"], line["status"], line["user"]) == ("GET", 200, user.pk)
    assert (line["route"], line["view"]) == ("/review/", "review:queue")
    assert 0 < line["duration"] < 60
    text = json.dumps(line, ensure_ascii=False)
    for private in ("q=", user.email, user.name):
        assert private not in text


@pytest.mark.django_db
def test_secret_paths_are_not_logged(lines, client):
    for path in (
        "/objections/SECRETTOKEN123/",
        "/calendar/SECRETTOKEN.ics",
        "/accounts/password/reset/key/1-SECRETKEY/",
    ):
        client.get(path)
    client.get("/objections/SECRETTOKEN456")  # no such page as it stands
    text = json.dumps(lines(), ensure_ascii=False)
    assert "SECRET" not in text
    assert "/objections/<str:token>/" in text


@pytest.mark.django_db
def test_the_key_of_what_a_page_is_about_is_logged(lines, client):
    client.force_login(make_user(Role.OFFICE))
    response = client.get(reverse("review:detail", args=[987654]))
    assert response.status_code == 404
    mine = [each for each in lines() if each.get("request_id") == response["X-Request-ID"]]
    assert [each["logger"] for each in mine] == ["wsgsite.requests", "django.request"]
    assert mine[0]["keys"] == {"pk": 987654}
    assert mine[1]["message"] == "Not Found: /review/<int:pk>/"


def test_lines_of_one_request_bear_its_number(lines, rf):
    def view(request):
        logging.getLogger("review").warning("something")
        return HttpResponse()

    number = RequestMiddleware(view)(rf.get("/"))["X-Request-ID"]
    logging.getLogger("review").warning("outside")
    told = {each["message"]: each.get("request_id") for each in lines()}
    assert told["something"] == number
    assert told["outside"] is None


def test_without_production_lines_are_text_and_masked(capfd):
    handler = logging.config.dictConfig(logging_settings(production=False))
    assert handler is None
    logging.getLogger("review").warning("mail to somebody@example.invalid")
    assert capfd.readouterr().err == "WARNING review mail to [e-mail]\n"
