"""Reminders 7, 3 and 1 days before a deadline, each sent once."""

import datetime
from collections import Counter

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from applications.models import Application
from applications.notify.inbox import Message
from applications.notify.reminders import remind
from applications.rounds import EvidenceCategory, Round
from applications.stages import Stage
from tests.factories import (
    make_draft,
    make_people,
    make_round,
    make_user,
    stamp,
    take,
    walk_application,
)

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
START = datetime.datetime(2026, 9, 1, 1, tzinfo=datetime.UTC)
CLOSES = START + 20 * DAY
REPORTS = CLOSES + 10 * DAY


@pytest.fixture
def clock(time_machine):
    """A function that sets the server's clock; it starts at START."""

    def move_to(moment):
        time_machine.move_to(moment, tick=False)

    move_to(START)
    return move_to


@pytest.fixture
def people(clock):
    return make_people(make_round(closes_at=CLOSES, report_deadline=REPORTS))


def reminders(user):
    return list(Message.objects.filter(recipient=user, kind=Message.Kind.REMINDER).order_by("pk"))


def sent_over(clock, first, last, user):
    """Run the command every six hours; return on which days before CLOSES something came."""
    days, moment = [], first
    while moment <= last:
        clock(moment)
        before = len(reminders(user))
        call_command("notify")
        days += [(CLOSES - moment) / DAY] * (len(reminders(user)) - before)
        moment += datetime.timedelta(hours=6)
    return days


def test_a_draft_is_reminded_of_7_3_and_1_days_before(people, clock, mailoutbox):
    make_draft(people.panel.round, people.applicant)
    assert sent_over(clock, START, CLOSES + DAY, people.applicant) == [7, 3, 1]
    assert len(mailoutbox) == 3


def test_a_correction_is_reminded_of_its_own_deadline(people, clock):
    application = walk_application(Stage.RECOMMENDING, people)
    clock(START + 5 * DAY)
    returned = take(application, "return", people, deadline=START + 9 * DAY)
    clock(returned.return_deadline - 3 * DAY)
    assert remind() == 1
    told = reminders(people.applicant)[0]
    assert told.subject.startswith(f"{application.number}：修改期限2026年9月10日 09:00")
    clock(returned.return_deadline - 1 * DAY)
    assert remind() == 1
    clock(returned.return_deadline)
    assert remind() == 0


def test_the_reminder_says_what_is_missing_and_where(people, clock):
    draft = make_draft(people.panel.round, people.applicant, lead_name="", lead_post="")
    draft.evidence.filter(category=EvidenceCategory.LICENCE).delete()
    clock(CLOSES - 3 * DAY)
    call_command("notify")
    told = reminders(people.applicant)[0]
    # Two fields, the licence, the stamped form.
    for line in ("还差 4 项", "领办人（技能大师）：2 项", "佐证材料：1 项", "2026年9月21日 09:00"):
        assert line in told.text
    assert told.url == reverse("applications:overview", args=[draft.pk])


def test_a_complete_draft_is_told_to_submit(people, clock):
    stamp(make_draft(people.panel.round, people.applicant), people.applicant)
    clock(CLOSES - DAY)
    remind()
    assert "内容已填写完整，请检查后提交。" in reminders(people.applicant)[0].text


def test_nobody_is_reminded_of_what_is_done_or_given_up(people, clock):
    walk_application(Stage.DISCARDED, people)
    walk_application(Stage.NOT_RECOMMENDED, people)
    clock(CLOSES - DAY)
    assert remind() == 0


def test_a_draft_begun_late_waits_for_the_next_day_of_reminding(people, clock):
    clock(CLOSES - 2 * DAY)
    make_draft(people.panel.round, people.applicant)
    Application.objects.update(stage_entered_at=CLOSES - 2 * DAY)
    assert remind() == 0
    clock(CLOSES - DAY)
    assert remind() == 1


def test_after_an_outage_only_the_nearest_reminder_is_sent(people, clock):
    make_draft(people.panel.round, people.applicant)
    clock(CLOSES - 2 * DAY)
    assert (remind(), remind()) == (1, 0)
    assert "还有不到 2 天" in reminders(people.applicant)[0].text


def test_a_deadline_put_off_is_reminded_of_again(people, clock):
    make_draft(people.panel.round, people.applicant)
    clock(CLOSES - 3 * DAY)
    assert remind() == 1
    Round.objects.update(closes_at=CLOSES + 5 * DAY)
    clock(CLOSES + 2 * DAY)
    assert remind() == 1


def test_every_account_of_the_unit_is_reminded(people, clock):
    unit = people.applicant.applying_unit
    colleague = make_user(Role.APPLICANT, applying_unit=unit)
    removed = make_user(Role.APPLICANT, applying_unit=unit, is_active=False)
    make_draft(people.panel.round, people.applicant)
    clock(CLOSES - DAY)
    assert remind() == 2
    assert [len(reminders(user)) for user in (people.applicant, colleague, removed)] == [1, 1, 0]


def test_a_recommending_unit_is_reminded_of_its_report(people, clock):
    for _ in range(2):
        walk_application(Stage.RECOMMENDING, people)
    walk_application(Stage.RECOMMENDED, people)
    clock(REPORTS - 3 * DAY)
    assert (remind(), remind()) == (1, 0)
    told = reminders(people.recommender)[0]
    assert "待审核：2 项" in told.text
    assert "待上报：1 项" in told.text
    assert told.subject == "推荐上报将于2026年10月1日 09:00截止，尚有申报未上报"


@pytest.mark.parametrize("number", [1, 30])
def test_a_batch_takes_the_same_queries(people, clock, number, django_assert_num_queries):
    for _ in range(number):
        unit_people = make_people(people.panel.round)
        make_draft(people.panel.round, unit_people.applicant)
    clock(CLOSES - DAY)
    # Candidates, accounts, told already; 5 of content; 5 of saving; what is not reported yet.
    with django_assert_num_queries(15):
        assert remind() == number
    told = Counter(User.objects.values_list("unread_messages", flat=True))
    assert told[1] == number
    assert remind() == 0
