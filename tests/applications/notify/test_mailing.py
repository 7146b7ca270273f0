"""Mails that fail: read in the portal all the same, tried again, given up in the end."""

import datetime
import socket

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from applications.notify.inbox import Message
from applications.notify.mailing import deliver
from applications.notify.retries import PAUSES, TRIES
from applications.stages import Stage
from tests.applications.workflow.test_concurrency import at_once
from tests.factories import make_people, make_round, make_user, walk_application

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 9, 1, 4, tzinfo=datetime.UTC)
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def refusing_server(settings):
    """A real SMTP address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
        yield settings


def message_for(user, key="event:1", **fields):
    fields = {"kind": "PROGRESS", "subject": "进展", "text": "现为：公示。", "url": "/", **fields}
    message = Message(recipient=user, key=key, **fields)
    Message.objects.tell([message])
    return Message.objects.get(recipient=user, key=key)


def test_with_the_mail_server_down_the_message_is_read_in_the_portal(client, refusing_server):
    people = make_people(make_round())
    application = walk_application(Stage.RECOMMENDING, people)
    message = Message.objects.get(recipient=people.applicant)
    assert (message.mailed_at, message.attempts) == (None, 1)
    assert "refused" in message.last_error
    client.force_login(people.applicant)
    page = client.get(reverse("applications:messages")).content.decode()
    assert application.number in page
    assert "1 条未读消息" in page


def test_a_failed_mail_is_tried_again_later_and_sent_once(
    refusing_server, mailoutbox, time_machine
):
    time_machine.move_to(NOON, tick=False)
    message = message_for(make_user(Role.OFFICE))
    assert deliver(Message.objects.all()) == (0, 1)
    refusing_server.EMAIL_BACKEND = LOCMEM
    call_command("notify")
    assert mailoutbox == []  # not yet
    time_machine.move_to(NOON + PAUSES[0], tick=False)
    call_command("notify")
    call_command("notify")
    assert [letter.to for letter in mailoutbox] == [[message.recipient.email]]
    message.refresh_from_db()
    assert (message.mailed_at, message.attempts) == (NOON + PAUSES[0], 2)
    assert (message.next_attempt_at, message.last_error) == (None, "")


def test_a_mail_is_given_up_after_six_tries(refusing_server, time_machine):
    now = NOON
    time_machine.move_to(now, tick=False)
    message = message_for(make_user(Role.OFFICE))
    for number in range(1, TRIES + 2):
        call_command("notify")
        message.refresh_from_db()
        assert message.attempts == min(number, TRIES)
        if number <= len(PAUSES):
            assert message.next_attempt_at == now + PAUSES[number - 1]
            now = message.next_attempt_at
            time_machine.move_to(now, tick=False)
    assert TRIES == 6
    assert message.is_given_up


def test_one_address_that_is_no_address_does_not_hold_up_the_others(mailoutbox):
    message_for(make_user(Role.OFFICE), subject="坏\n头")
    good = message_for(make_user(Role.OFFICE))
    Message.objects.exclude(pk=good.pk).update(next_attempt_at=good.created_at)
    assert deliver(Message.objects.all()) == (1, 1)
    assert [letter.to for letter in mailoutbox] == [[good.recipient.email]]


def test_two_at_once_take_different_messages():
    for number in range(3):
        message_for(make_user(Role.OFFICE), key=f"event:{number}")
    first, second = Message.objects.claim(limit=2), Message.objects.claim(limit=2)
    assert (len(first), len(second)) == (2, 1)
    assert Message.objects.claim() == []


def test_a_removed_account_gets_no_more_mail(mailoutbox):
    message = message_for(make_user(Role.OFFICE))
    User.objects.filter(pk=message.recipient_id).update(is_active=False)
    assert deliver(Message.objects.all()) == (0, 0)
    assert mailoutbox == []


@pytest.mark.parametrize("number", [1, 30])
def test_a_batch_is_read_and_claimed_with_the_same_queries(number, django_assert_num_queries):
    for count in range(number):
        message_for(make_user(Role.OFFICE), key=f"event:{count}")
    with django_assert_num_queries(4):  # savepoint, select, update, release
        assert len(Message.objects.claim()) == number


def test_the_number_of_unread_messages_is_exact():
    user, other = make_user(Role.OFFICE), make_user(Role.OFFICE)
    messages = [message_for(user, key=f"event:{number}") for number in range(3)]
    message_for(user, key="event:0")  # again
    message_for(other)

    def unread():
        return list(User.objects.order_by("pk").values_list("unread_messages", flat=True))

    assert unread() == [3, 1]
    Message.objects.filter(pk=messages[0].pk).mark_read(user)
    Message.objects.filter(pk=messages[0].pk).mark_read(user)
    assert unread() == [2, 1]
    Message.objects.mark_read(user)
    assert unread() == [0, 1]
    assert Message.objects.filter(recipient=user, read_at__lte=timezone.now()).count() == 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_mail_each_message_once(mailoutbox):
    for number in range(20):
        message_for(make_user(Role.OFFICE), key=f"event:{number}")

    def run():
        call_command("notify")

    at_once(run, run)
    assert len(mailoutbox) == 20
    assert len({letter.to[0] for letter in mailoutbox}) == 20


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_number_of_unread_messages_is_exact_when_several_write_at_once():
    user = make_user(Role.OFFICE)
    for number in range(20):
        first = message_for(user, key=f"event:{number}")
        at_once(
            lambda number=number: message_for(user, key=f"list:{number}"),
            lambda number=number: message_for(user, key=f"list:{number}"),
            lambda first=first: Message.objects.filter(pk=first.pk).mark_read(user),
            lambda number=number: message_for(user, key=f"result:{number}"),
        )
    unread = Message.objects.filter(recipient=user, read_at=None).count()
    assert unread == User.objects.get(pk=user.pk).unread_messages == 40
