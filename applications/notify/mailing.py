"""Messages as e-mail: sent by the worker and by `manage.py notify`, tried again when they fail."""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils import timezone

from applications.notify.calendar.calendar_file import calendar_file
from applications.notify.calendar.deadlines import read_deadline
from applications.notify.inbox import Message
from applications.notify.notifications import MARK

log = logging.getLogger(__name__)


def deliver(messages):
    """Mail those of a queryset of messages that are due; return how many went and how many not.

    Each is recorded as soon as it is sent, so that a worker that is stopped repeats one at most.
    """
    sent = failed = 0
    while claimed := messages.claim():
        connection = get_connection()
        try:
            connection.open()
        except OSError as error:
            for message in claimed:
                _record_failure(message, error)
            failed += len(claimed)
            continue
        try:
            for message in claimed:
                try:
                    _letter(message, connection).send()
                except (OSError, ValueError) as error:  # SMTPException is an OSError
                    _record_failure(message, error)
                    failed += 1
                else:
                    _row(message).update(
                        mailed_at=timezone.now(), next_attempt_at=None, last_error=""
                    )
                    sent += 1
        finally:
            connection.close()
    return sent, failed


def _letter(message, connection):
    context = {
        "message": message,
        "site_url": settings.SITE_URL,
        "office_contact": settings.OFFICE_CONTACT,
    }
    letter = EmailMessage(
        f"{MARK}{message.subject}",
        render_to_string("applications/email/message.txt", context).strip(),
        to=[message.recipient.email],
        connection=connection,
        headers={
            "Auto-Submitted": "auto-generated",
            # The same at every try: should one go out twice, mail programs show it once.
            "Message-ID": f"<message-{message.pk}@{urlsplit(settings.SITE_URL).hostname}>",
        },
    )
    if message.deadline:
        # Of two for the same work the later one counts: it has the later time (RFC 5546, 2.1.5).
        entry = (read_deadline(message.deadline), 0, message.created_at)
        letter.attach("deadline.ics", calendar_file([entry]).decode(), "text/calendar")
    return letter


def _record_failure(message, error):
    log.warning("message %s was not mailed at try %s: %s", message.pk, message.attempts, error)
    _row(message).update(last_error=f"{type(error).__name__}: {error}"[:300])


def _row(message):
    return Message.objects.filter(pk=message.pk)
