"""The mail of a return or a reminder has the deadline with it as a calendar."""

import datetime

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from icalendar import Calendar

from applications.models import Message
from applications.notify.notifications import about_missing_scores
from applications.notify.tasks import post
from applications.stages import Stage
from tests.factories import make_people, make_round, take, walk_application

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


def calendar_of(mail):
    [(name, body, kind)] = mail.attachments
    assert (name, kind) == ("deadline.ics", "text/calendar")
    [event] = Calendar.from_ical(body).walk("VEVENT")
    return event


def secrets_of(application, people):
    return [application.lead_name, application.unit_name, people.recommender.unit_name]


def test_a_return_has_its_deadline_with_it(people, mailoutbox):
    application = walk_application(Stage.RECOMMENDING, people)
    mailoutbox.clear()
    application = take(application, "return", people)
    [mail] = [each for each in mailoutbox if each.to == [people.applicant.email]]
    event = calendar_of(mail)
    assert event["dtstart"].dt == application.return_deadline.replace(microsecond=0)
    assert application.number in event["summary"]
    assert event["sequence"] == 0
    written = event.to_ical().decode()
    assert not any(secret in written for secret in secrets_of(application, people))


def test_an_extension_is_the_same_entry_with_another_time(people, mailoutbox):
    application = take(walk_application(Stage.RECOMMENDING, people), "return", people)
    first = calendar_of(mailoutbox[-1])
    later = application.return_deadline + datetime.timedelta(days=3)
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=5)):
        take(application, "extend", people, deadline=later)
    second = calendar_of(mailoutbox[-1])
    assert second["uid"] == first["uid"]
    assert second["dtstart"].dt > first["dtstart"].dt
    assert second["dtstamp"].dt > first["dtstamp"].dt


def test_other_mails_have_none(people, mailoutbox):
    walk_application(Stage.RECOMMENDED, people)
    assert mailoutbox
    assert not any(mail.attachments for mail in mailoutbox)
    assert not Message.objects.exclude(deadline=None).exists()


def test_reminders_have_theirs(people, mailoutbox):
    application = walk_application(Stage.RECOMMENDING, people)
    mailoutbox.clear()
    with time_machine.travel(application.round.report_deadline - datetime.timedelta(hours=30)):
        call_command("notify")
    [mail] = mailoutbox
    event = calendar_of(mail)
    assert event["summary"] == "推荐单位上报截止"
    assert event["dtstart"].dt == application.round.report_deadline.replace(microsecond=0)


def test_an_expert_who_is_pressed_has_the_rounds(people, mailoutbox):
    walk_application(Stage.PANEL, people)
    round_ = people.panel.round
    round_.review_deadline = round_.report_deadline + datetime.timedelta(days=20)
    round_.save()
    mailoutbox.clear()
    post(about_missing_scores(people.panel, people.expert, 1, people.office, "press:1"))
    assert calendar_of(mailoutbox[0])["summary"] == "专家评分截止"
