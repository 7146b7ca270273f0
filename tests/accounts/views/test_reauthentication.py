"""What weighs most is asked for once more (accounts/views/reauthentication.py)."""

import datetime
import html
import re
import time

import pytest
import time_machine
from django.contrib.auth import user_logged_in
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.views.reauthentication import recently_authenticated
from applications.models import Application
from applications.stages import Stage
from tests.factories import (
    PASSWORD,
    make_application,
    make_people,
    make_round,
    make_user,
    pdf_file,
)

pytestmark = pytest.mark.django_db
OPINION = "同意 <入选> “武汉”&\n第二行"


@pytest.fixture
def just_authenticated():
    """These tests are about logins that are not recent, in a session that has not run out."""

    def mark(request, **kwargs):
        request.session["seen"] = 2**40

    user_logged_in.connect(mark)
    yield
    user_logged_in.disconnect(mark)


@pytest.fixture
def approving(client):
    """The bureau's approval of an application, sent by somebody who logged in long ago."""
    people = make_people(make_round())
    application = make_application(Stage.APPROVING, people)
    client.force_login(people.bureau)
    url = reverse("review:decide", args=[application.pk, "approve"])
    typed = {
        "revision": application.revision,
        "text": OPINION,
        "signatory": "签署某",
        "signed_on": timezone.localdate().isoformat(),
    }
    return client, url, typed, application


def hidden(response):
    """What the page of the question carries along."""
    found = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', response.content.decode()
    )
    return {name: html.unescape(value) for name, value in found}


def stage_of(application):
    return Application.objects.values_list("stage", flat=True).get(pk=application.pk)


def test_an_old_login_is_asked_and_what_was_typed_carries_on(approving):
    client, url, typed, application = approving

    question = client.post(url, typed)

    assert question.status_code == 401
    assert "请再次确认身份" in question.content.decode()
    assert stage_of(application) == Stage.APPROVING

    done = client.post(url, hidden(question) | {"reauthentication-password": PASSWORD})

    assert done.status_code == 302
    assert stage_of(application) == Stage.COUNTERSIGNING
    assert application.opinions.get(transition="approve").text == OPINION


def test_a_wrong_password_is_asked_again_and_nothing_is_lost(approving):
    client, url, typed, application = approving
    question = client.post(url, typed)

    again = client.post(url, hidden(question) | {"reauthentication-password": "wrong-password"})

    assert again.status_code == 422
    assert "当前密码不正确，请重新输入。" in again.content.decode()
    assert hidden(again)["text"] == hidden(question)["text"]
    assert stage_of(application) == Stage.APPROVING


def test_the_answer_counts_for_ten_minutes(approving):
    client, url, typed, _ = approving
    question = client.post(url, {**typed, "text": ""})
    answered = client.post(url, hidden(question) | {"reauthentication-password": PASSWORD})
    assert answered.status_code == 422  # of the view itself: the opinion is missing

    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=9)):
        assert client.post(url, {**typed, "text": ""}).status_code == 422
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=11)):
        assert client.post(url, typed).status_code == 401


def test_a_login_counts_as_an_answer(approving):
    client, url, typed, _ = approving
    client.logout()
    bureau = User.objects.get(role=Role.BUREAU)
    client.post(reverse("account_login"), {"login": bureau.email, "password": PASSWORD})

    assert client.post(url, typed).status_code == 302


def test_a_script_is_told_to_open_the_page(approving):
    client, url, typed, _ = approving
    response = client.post(url, typed, headers={"X-Requested-With": "fetch"})
    assert (response.status_code, response.content) == (401, b"")


def test_a_file_is_named_and_has_to_be_chosen_again(approving):
    client, url, typed, _ = approving
    page = client.post(url, {**typed, "attachment": pdf_file("批复.pdf")}).content.decode()
    assert "所选文件（批复.pdf）不能保留，确认后请重新选择。" in page


def test_a_page_that_sends_a_file_asks_before_it_is_opened(rf):
    @recently_authenticated(on_opening=True)
    def view(request):
        return HttpResponse("opened")

    user = make_user(Role.OFFICE)

    def send(request, ago):
        request.user = user
        request.session = {
            "account_authentication_methods": [
                {"method": "password", "at": time.time() - 60 * ago}
            ],
            "account_authentication_methods_user": str(user.pk),
        }
        return view(request).status_code

    assert send(rf.get("/"), ago=9) == 200
    assert send(rf.get("/"), ago=11) == 401
    assert send(rf.post("/", {"file": pdf_file()}), ago=29) == 200
    assert send(rf.post("/", {"file": pdf_file()}), ago=31) == 401


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("recommender", "list_report"),
        ("office", "publicity_new"),
        ("office", "end_round"),
        ("office", "publish_results"),
        ("office", "correct_results"),
    ],
)
def test_reporting_and_publishing_ask(client, role, name):
    round_ = make_round()
    people = make_people(round_)
    client.force_login(people.of(role))
    assert client.post(reverse(f"review:{name}", args=[round_.pk])).status_code == 401


def test_deciding_on_many_asks(client):
    people = make_people(make_round())
    application = make_application(Stage.APPROVING, people)
    client.force_login(people.bureau)
    url = reverse("review:bulk", args=["approve"])
    assert client.post(url, {"pk": [application.pk]}).status_code == 401


def test_a_file_beside_a_decision_gives_no_more_time(approving):
    client, url, typed, application = approving
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - 20 * 60}
    ]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    assert client.post(url, {**typed, "x": pdf_file()}).status_code == 401
    application.refresh_from_db()
    assert application.stage == Stage.APPROVING


def test_who_has_no_password_yet_is_asked_before_setting_one(client):
    user = make_user(Role.BUREAU)
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    new = "Ganz-anders-5512"
    data = {"password1": new, "password2": new}
    assert client.post(reverse("account_set_password"), data).status_code == 401
    user.refresh_from_db()
    assert not user.has_usable_password()


@pytest.mark.parametrize("name", ["staff_new", "staff_edit", "staff_active", "staff_invite"])
def test_administering_accounts_asks(client, name):
    client.force_login(make_user(Role.ADMIN))
    other = make_user(Role.BUREAU)
    url = reverse(f"accounts:{name}", args=[] if name == "staff_new" else [other.pk])
    typed = {"role": "BUREAU", "name": "某", "email": "other@example.invalid"}
    assert client.post(url, typed).status_code == 401
    assert not User.objects.filter(email="other@example.invalid").exists()
