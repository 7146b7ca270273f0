"""转交: an application on its way to another recommending unit, as both units and others see it."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.models import ApplyingUnit
from applications.stages import Stage
from tests.factories import make_application, make_user
from tests.tabs import tab_of

pytestmark = pytest.mark.django_db
QUEUE = "/review/"


@pytest.fixture
def application(people):
    return make_application(Stage.REDIRECTING, people)


@pytest.fixture
def receiver(application):
    return make_user(Role.RECOMMENDER, "接收人", recommending_unit=application.recommending_unit)


def content_of(response):
    return response.content.decode()


def decide(client, application, name, **typed):
    address = reverse("review:decide", args=[application.pk, name])
    return client.post(address, {"revision": application.revision, **typed})


def titles(response):
    return [row["title"] for row in response.context["rows"]]


def test_it_waits_for_the_receiving_unit_alone(log_in, people, application, receiver):
    sender = log_in(Role.RECOMMENDER)
    assert not titles(sender.get(QUEUE))
    assert not titles(sender.get(QUEUE, {"stage": Stage.REDIRECTING}))
    sent = sender.get(QUEUE, {"stage": "sent"})
    assert titles(sent) == [application.studio_title]
    assert "转出，待对方接收" in [row["label"] for row in sent.context["rows"]]
    assert titles(sender.get(QUEUE, {"stage": "all"})) == [application.studio_title]
    client = log_in(receiver)
    for query in ({}, {"stage": Stage.REDIRECTING}):
        response = client.get(QUEUE, query)
        assert [row["label"] for row in response.context["rows"]] == ["转入，待本单位接收"]
    assert not titles(client.get(QUEUE, {"stage": "sent"}))


def test_the_number_at_home_is_that_of_its_list(log_in, application, receiver):
    for user, waiting in ((Role.RECOMMENDER, 0), (receiver, 1)):
        client = log_in(user)
        counts = {label: (number, url) for number, label, url in client.get("/").context["counts"]}
        number, url = counts["转交中"]
        assert number == waiting
        assert len(titles(client.get(url))) == waiting


def test_both_pages_say_whose_turn_it_is(log_in, people, application, receiver):
    address = reverse("review:detail", args=[application.pk])
    sender = content_of(log_in(Role.RECOMMENDER).get(address))
    assert "等待对方接收或退回" in sender
    assert 'type="submit">接收转交' not in sender
    here = content_of(log_in(receiver).get(address))
    assert f"由{application.redirected_from}转交{application.recommending_unit}" in here
    assert "请接收，或退回并说明理由" in here
    assert "理由：意见：redirect" in here
    assert "该申报单位今后也由本单位推荐" in here


def test_the_sender_cannot_answer(log_in, application):
    refused = decide(log_in(Role.RECOMMENDER), application, "accept_redirect")
    assert refused.status_code == 409
    assert "等待对方接收或退回" in content_of(refused)


def test_the_receiver_accepts_the_whole_unit(log_in, people, application, receiver):
    client = log_in(receiver)
    assert decide(client, application, "accept_redirect", whole_unit="on").status_code == 302
    application.refresh_from_db()
    assert application.stage == Stage.RECOMMENDING
    unit = ApplyingUnit.objects.get(pk=application.applying_unit_id)
    assert unit.recommending_unit == receiver.recommending_unit
    assert titles(client.get(QUEUE)) == [application.studio_title]
    assert not titles(log_in(Role.RECOMMENDER).get(QUEUE, {"stage": "all"}))


def test_the_receiver_sends_back_with_a_reason(log_in, people, application, receiver):
    client = log_in(receiver)
    assert decide(client, application, "refuse_redirect").status_code == 422
    decide(client, application, "refuse_redirect", reason="注册地不在本区。")
    sender = log_in(Role.RECOMMENDER)
    assert titles(sender.get(QUEUE)) == [application.studio_title]
    assert "注册地不在本区。" in content_of(sender.get(tab_of(application, "history")))


def test_its_form_offers_the_other_units_in_use(log_in, people):
    application = make_application(Stage.RECOMMENDING, people)
    address = reverse("review:detail", args=[application.pk])
    form = log_in(Role.RECOMMENDER).get(address, {"decide": "redirect"}).context["decision"]
    units = form.fields["to_unit"].queryset
    assert people.recommender.recommending_unit not in units
    assert all(unit.is_active for unit in units)


def test_the_applicant_reads_of_one_review_and_of_the_unit_that_has_it(client, people, application):
    client.force_login(people.applicant)
    address = reverse("applications:overview", args=[application.pk])
    content = content_of(client.get(address))
    assert "推荐单位审核" in content
    assert "转交" not in content
    # Until the other unit has accepted, the first one still has it.
    assert str(application.redirected_from) in content
    assert str(application.recommending_unit) not in content
