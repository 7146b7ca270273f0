"""`manage.py notify`: reminders of deadlines, another try for what failed, lapsed registrations.

Run it every ten minutes. Running it more often, or twice at once, sends nothing twice.
"""

from django.core.management.base import BaseCommand

from accounts.registration import remove_lapsed
from applications.files.virus_scan import check_pending
from applications.notify import notifications
from applications.notify.inbox import Message
from applications.notify.mailing import deliver
from applications.notify.reminders import remind
from applications.recognition.reader import forget_unused, still_unread


class Command(BaseCommand):
    help = (
        "Remind of deadlines 7, 3 and 1 days before; mail and check again what failed; "
        "remove registrations that nobody confirmed"
    )

    def handle(self, **options):
        lapsed = remove_lapsed()
        reminders = remind()
        missed = notifications.untold()
        Message.objects.tell(missed)
        sent, failed = deliver(Message.objects.all())
        checked, waiting = check_pending()
        unread, forgotten = still_unread(), forget_unused()
        self.stdout.write(
            f"{reminders} reminders; {len(missed)} messages made up for; "
            f"{sent} mails sent, {failed} failed; "
            f"{checked} files checked for viruses, {waiting} waiting; "
            f"{unread} files still to be read, texts of {forgotten} forgotten; "
            f"{lapsed} registrations removed that nobody confirmed"
        )
