from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from applications.trust.verify_chains import Finding
from operations import trail


class Command(BaseCommand):
    help = (
        "Verify the audit trail: chains, stages, submissions, opinions and the log, also against "
        "the exports of chain heads kept in the database. Exit code 1 when anything is wrong."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--heads",
            type=Path,
            metavar="FILE",
            help="an export (JSON) kept elsewhere: every head in it must still be in its place",
        )

    def handle(self, *args, heads, **options):
        """Print what was checked and what is wrong; raises CommandError when anything is."""
        try:
            found = trail.run(heads)
        except OSError as error:
            raise CommandError(f"Cannot read {heads}: {error.strerror}.") from error
        except ValueError as error:
            raise CommandError(f"{heads} is not an export of chain heads.") from error
        counts = "、".join(f"{label} {number}" for label, number in found.counts.items())
        self.stdout.write(f"已校验：{counts or '没有记录'}；用时 {found.seconds} 秒。")
        for each in found.findings:
            self.stdout.write(str(Finding(**each)))
        if found.findings:
            raise CommandError(f"发现 {len(found.findings)} 个问题。")
        self.stdout.write("没有发现问题。")
