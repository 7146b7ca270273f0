"""List, and with --erase erase, the personal data whose retention period is over."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from review.rounds.retention import ERASED, erase, schedule


class Command(BaseCommand):
    help = (
        "List how long the personal data of each round is kept. With --erase, erase that of the "
        "rounds whose period is over; the record of the decision stays. Run again after an "
        "interruption."
    )

    def add_arguments(self, parser):
        parser.add_argument("--erase", action="store_true", help="erase, and do not only list")

    def handle(self, *args, **options):
        dues = schedule()
        for due in dues:
            self.stdout.write(f"{due.round}: {_state(due)}")
        waiting = [due for due in dues if due.is_due and due.left]
        if not options["erase"]:
            if waiting:
                self.stdout.write(f"--erase would erase: {ERASED}。")
            return
        # Rounds that are due are gone through even when nothing is left: lists and contacts.
        for due in filter(lambda due: due.is_due, dues):
            number = erase(due, self._report)
            self.stdout.write(f"{due.round}: erased {number} applications.")
        if waiting:
            self.stdout.write(f"Erased: {ERASED}。")

    def _report(self, application, files):
        self.stdout.write(f"  {application.number or application.pk}: {files} files removed")


def _state(due):
    if due.at is None:
        return "running; kept"
    date = timezone.localtime(due.at).date()
    kept = f"{due.round.retention_years} years, until {date}"
    if not due.left:
        return f"{kept}; nothing left to erase"
    return f"{kept}; {due.left} applications {'to erase' if due.is_due else 'kept'}"
