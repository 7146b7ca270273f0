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
        rounds = schedule()
        for each in rounds:
            self.stdout.write(f"{each.round}: {_state(each)}")
        waiting = [each for each in rounds if each.is_due and each.left]
        if not options["erase"]:
            if waiting:
                self.stdout.write(f"--erase would erase: {ERASED}。")
            return
        # Rounds that are due are gone through even when nothing is left: lists and contacts.
        for each in filter(lambda due: due.is_due, rounds):
            number = erase(each, self._told)
            self.stdout.write(f"{each.round}: erased {number} applications.")
        if waiting:
            self.stdout.write(f"Erased: {ERASED}。")

    def _told(self, application, files):
        self.stdout.write(f"  {application.number or application.pk}: {files} files removed")


def _state(due):
    if due.at is None:
        return "running; kept"
    date = timezone.localtime(due.at).date()
    kept = f"{due.round.retention_years} years, until {date}"
    if not due.left:
        return f"{kept}; nothing left to erase"
    return f"{kept}; {due.left} applications {'to erase' if due.is_due else 'kept'}"
