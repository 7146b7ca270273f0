"""Messages on their way to channels: by the worker, once, tried again, until a channel is dead."""

import datetime

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from accounts.roles import Role
from applications.models import AllowedHost, Channel, Delivery
from applications.notify.channels import sending
from applications.notify.channels.models import DEAD_AFTER, FAILURES, Service
from applications.notify.inbox import Message
from applications.notify.notifications import (
    ANNOUNCEMENTS,
    LETTERS,
    MARK,
    announcement,
    kinds_for,
)
from applications.notify.retries import PAUSES, TRIES
from applications.notify.tasks import send_by_channels, tell_all
from applications.notify.workers import CHANNEL, VIRUS_CHECK, queue_of
from applications.stages import Stage
from tests.applications.notify.channels.conftest import make_applicant
from tests.applications.notify.test_mailing import message_for
from tests.applications.workflow.test_concurrency import at_once
from tests.factories import make_people, make_round, make_user, walk_application

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 9, 1, 4, tzinfo=datetime.UTC)


def message(user, key="event:1", **fields):
    fields = {"kind": "PROGRESS", "subject": "进展", "text": "现为：公示。", "url": "/", **fields}
    return Message(recipient=user, key=key, **fields)


def test_what_is_told_goes_to_the_channel_too(webhook, allow, channel_of, mailoutbox):
    people = make_people(make_round())
    allow(Service.WEBHOOK)
    channel_of(people.applicant)
    application = walk_application(Stage.RECOMMENDING, people)
    [asked] = webhook.asked
    number = f"受理编号 {application.number}"
    link = f"http://127.0.0.1:8000/applications/{application.pk}/receipt/"
    assert asked.json == {"message": f"{MARK}申报已提交，{number}。请登录查看：{link}"}
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.last_error, delivery.next_attempt_at) == (1, "", None)
    assert delivery.sent_at
    assert len(mailoutbox) == 2  # mails go as ever


def test_on_the_whole_way_no_channel_is_told_who_or_where_it_stands(webhook, allow, channel_of):
    people = make_people(make_round())
    allow(Service.WEBHOOK)
    channel_of(None)
    for role in Role:
        if role != Role.ADMIN:
            channel_of(people.of(role))
    application = walk_application(Stage.AWARDED, people)
    told = "\n".join(request.json["message"] for request in webhook.asked)
    assert len(webhook.asked) > 8
    assert application.number in told
    secret = [application.lead_name, application.unit_name, people.expert.name, people.office.name]
    secret += [people.recommender.unit_name, people.panel.name, application.studio_title]
    secret += [stage.label for stage in Stage] + [stage.public_label for stage in Stage]
    secret += [f"={stage}" for stage in Stage]
    assert [words for words in secret if words in told] == []


def test_every_kind_of_letter_has_its_announcement_that_says_nothing():
    kinds = {letter.kind for letters in LETTERS.values() for letter in letters}
    assert kinds - {Message.Kind.CHANNEL} == set(ANNOUNCEMENTS)
    for kind, words in ANNOUNCEMENTS.items():
        user = make_user(Role.OFFICE)
        text = announcement(message(user, kind=kind, subject="张某", text="李某", url="/a/?b=c"))
        assert text == f"{MARK}{words}。请登录查看：http://127.0.0.1:8000/a/"
        assert not any(stage.label in words or stage.public_label in words for stage in Stage)
        assert len(text.encode()) < 400


def test_each_role_chooses_among_what_it_is_told():
    assert kinds_for(Role.EXPERT) == ["ARRIVED", "PANEL", "REMINDER"]
    assert kinds_for(Role.BUREAU) == ["ARRIVED"]
    assert kinds_for(Role.ADMIN) == []
    assert "SUBMITTED" in kinds_for(Role.APPLICANT)


def test_only_chosen_kinds_go_there(webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    channel.kinds = ["REMINDER"]
    channel.save()
    tell_all([message(user), message(user, "reminder:1", kind="REMINDER")])
    assert [delivery.key for delivery in Delivery.objects.all()] == ["reminder:1"]


def test_the_offices_channel_is_told_once_for_all_its_accounts(webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    channel_of(None)
    users = [make_user(Role.OFFICE) for _ in range(3)]
    tell_all([message(user) for user in [*users, make_user(Role.EXPERT)]])
    tell_all([message(make_user(Role.EXPERT), "event:2")])
    assert len(webhook.asked) == 1


def test_telling_twice_tells_once(webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel_of(user)
    for _ in range(3):
        tell_all([message(user)])
    call_command("notify")
    assert len(webhook.asked) == 1


def test_a_channel_is_told_nothing_that_is_older(webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    tell_all([message(user)])
    channel = channel_of(user)
    tell_all([message(user)])  # the worker was killed, and does it again
    channel.pause()
    tell_all([message(user, "event:2")])
    channel.resume()
    tell_all([message(user, "event:2")])
    assert webhook.asked == []


def test_what_failed_is_tried_again_as_mails_are(webhook, allow, channel_of, time_machine):
    time_machine.move_to(NOON, tick=False)
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    webhook.status = 500
    tell_all([message(user)])
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.next_attempt_at) == (1, NOON + PAUSES[0])
    assert delivery.last_error == "对方返回错误 500。"
    call_command("notify")
    assert len(webhook.asked) == 1  # not yet
    time_machine.move_to(NOON + PAUSES[0], tick=False)
    webhook.status = 200
    call_command("notify")
    call_command("notify")
    assert len(webhook.asked) == 2
    delivery.refresh_from_db()
    assert (delivery.sent_at, delivery.next_attempt_at) == (NOON + PAUSES[0], None)
    channel.refresh_from_db()
    assert (channel.failures, channel.failing_since) == (0, None)


def test_it_is_given_up_after_as_many_tries_as_a_mail(webhook, allow, channel_of, time_machine):
    now = NOON
    time_machine.move_to(now, tick=False)
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel_of(user)
    webhook.status = 500
    tell_all([message(user)])
    for pause in PAUSES:
        Channel.objects.update(failures=0)
        now += pause
        time_machine.move_to(now, tick=False)
        call_command("notify")
    call_command("notify")
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.is_given_up) == (TRIES, True)
    assert len(webhook.asked) == TRIES


def test_after_a_failure_the_rest_waits(webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel_of(user)
    webhook.status = 500
    tell_all([message(user, f"event:{number}") for number in range(10)])
    assert len(webhook.asked) == 1


def test_a_dead_channel_is_paused_and_its_owner_told_in_the_inbox(
    webhook, allow, channel_of, time_machine, mailoutbox
):
    time_machine.move_to(NOON, tick=False)
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    webhook.status = 500
    for number in range(FAILURES + 3):
        tell_all([message(user, f"event:{number}")])
    channel.refresh_from_db()
    assert channel.paused_at is None, "an outage of a minute kills no channel"
    time_machine.move_to(NOON + DEAD_AFTER, tick=False)
    tell_all([message(user, "event:last")])
    channel.refresh_from_db()
    assert channel.is_dead
    assert not channel.deliveries.waiting().exists()
    told = user.messages.get(kind="CHANNEL")
    assert told.subject == "消息渠道已暂停：工作群"
    assert "对方返回错误 500" in told.text
    assert mailoutbox[-1].to == [user.email]
    asked = len(webhook.asked)
    tell_all([message(user, "event:after")])
    assert len(webhook.asked) == asked


def test_the_whole_office_is_told_that_its_channel_is_dead(webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    users = [make_user(Role.OFFICE) for _ in range(2)]
    channel = channel_of(None)
    long_ago = timezone.now() - DEAD_AFTER
    Channel.objects.update(failures=FAILURES - 1, failing_since=long_ago)
    webhook.status = 500
    tell_all([message(users[0])])
    channel.refresh_from_db()
    assert channel.is_dead
    assert {told.recipient for told in Message.objects.filter(kind="CHANNEL")} == set(users)


def almost_dead(channel):
    Channel.objects.filter(pk=channel.pk).update(
        failures=FAILURES - 1, failing_since=timezone.now() - DEAD_AFTER
    )


@pytest.mark.parametrize("fault", ["busy", "no name server", "nothing listens", "time is over"])
def test_what_fails_on_our_side_counts_against_no_channel(
    webhook, allow, channel_of, monkeypatch, fault
):
    port = {"no name server": 443, "nothing listens": 9}.get(fault, webhook.port)
    host = "nowhere.invalid" if fault == "no name server" else "127.0.0.1"
    allow(Service.WECOM, host=host, port=port)
    user = make_applicant()
    scheme = "https" if port == 443 else "http"
    channel = channel_of(user, Service.WECOM, url=f"{scheme}://{host}:{port}/hook?key=k")
    almost_dead(channel)
    if fault == "busy":
        monkeypatch.setattr(sending.SENDING, "patience_seconds", 0.01)
        for _ in range(2):
            assert sending.TURNS.acquire()
    elif fault == "time is over":
        monkeypatch.setattr(sending.SENDING, "wall_seconds", 1)
        webhook.delay = 3
    try:
        tell_all([message(user)])
    finally:
        if fault == "busy":
            sending.TURNS.release(2)
    channel.refresh_from_db()
    assert (channel.failures, channel.paused_at) == (FAILURES - 1, None)
    assert Delivery.objects.get().last_error
    assert Delivery.objects.waiting().exists()


@pytest.mark.parametrize("service", [Service.WECOM, Service.WEBHOOK])
def test_what_the_other_side_answers_counts(webhook, allow, channel_of, service):
    allow(service)
    user = make_applicant()
    channel = channel_of(user, service)
    webhook.status = 500
    tell_all([message(user)])
    channel.refresh_from_db()
    assert channel.failures == 1


@pytest.mark.parametrize("paused_by", ["its failures", "its owner"])
def test_a_test_that_works_resumes_a_dead_channel_and_none_that_its_owner_paused(
    webhook, allow, channel_of, paused_by
):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    almost_dead(channel)
    if paused_by == "its owner":
        channel.pause()
    else:
        webhook.status = 500
        tell_all([message(user)])
    channel.refresh_from_db()
    assert channel.is_dead == (paused_by == "its failures")
    webhook.status = 200
    Delivery.objects.create(channel=channel, key="test:1")
    send_by_channels(Delivery.objects.all())
    channel.refresh_from_db()
    assert channel.is_dead is False
    assert (channel.paused_at is None) == (paused_by == "its failures")


def test_what_was_planned_while_a_channel_was_being_paused_is_not_sent(webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    channel.pause()
    Delivery.objects.create(channel=channel, message=message_for(user), key="event:1")
    send_by_channels(Delivery.objects.all())
    assert webhook.asked == []
    assert Delivery.objects.get().is_given_up


def test_a_channel_may_be_removed_while_it_is_told(allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    message_for(user)
    Channel.objects.filter(pk=channel.pk).delete()
    assert sending.deliver_due(channel.pk) is False
    assert channel.note_failure() is False
    channel.note_success()
    assert not Channel.objects.exists()


@pytest.mark.parametrize("closed", ["account", "service", "pause"])
def test_what_is_closed_is_told_nothing_more(webhook, allow, channel_of, closed):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel = channel_of(user)
    webhook.status = 500
    tell_all([message(user)])
    Delivery.objects.update(next_attempt_at=timezone.now())
    if closed == "account":
        User.objects.filter(pk=user.pk).update(is_active=False)
    elif closed == "service":
        AllowedHost.objects.all().delete()
    else:
        channel.pause()
    tell_all([message(user, "event:2")])
    call_command("notify")
    assert len(webhook.asked) == 1


def test_each_owner_waits_in_a_queue_of_its_own(settings, allow, channel_of):
    """A server that answers late holds up nobody else's, nor what comes before by its priority."""
    backend = "django_tasks_db.DatabaseBackend"
    settings.TASKS = {"default": {**settings.TASKS["default"], "BACKEND": backend}}
    allow(Service.WEBHOOK)
    users = [make_applicant(), make_user(Role.EXPERT)]
    for user in users:
        channel_of(user)
    channel_of(None)
    tell_all([message(user) for user in [*users, make_user(Role.OFFICE)]])
    waiting = DBTaskResult.objects.filter(task_path__endswith="send_by_channel")
    assert {task.queue_name for task in waiting} == {"default", *map(queue_of, users)}
    assert {task.priority for task in waiting} == {CHANNEL}
    assert 0 > CHANNEL > VIRUS_CHECK, "right behind letters"


@pytest.mark.parametrize("number", [1, 30])
def test_planning_takes_the_same_queries(channel_of, allow, number, django_assert_num_queries):
    allow(Service.WEBHOOK)
    users = [make_applicant() for _ in range(number)]
    for user in users:
        channel_of(user)
    told = [message(user) for user in users]
    # savepoint and release, messages, count of the unread (2), channels, messages, deliveries
    with django_assert_num_queries(8):
        Message.objects.tell(told)
    assert Delivery.objects.count() == number


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_tell_a_channel_once(webhook, allow, channel_of):
    allow(Service.WEBHOOK)
    user = make_applicant()
    channel_of(user)
    for number in range(10):
        message_for(user, key=f"event:{number}")
    at_once(lambda: call_command("notify"), lambda: call_command("notify"))
    assert len(webhook.asked) == 10
