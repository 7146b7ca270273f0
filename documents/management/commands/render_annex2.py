from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.audit import AuditEntry, log_entry
from applications.models import Application
from applications.permissions import Privacy
from documents import annex2


class Command(BaseCommand):
    help = "Write 附件2 of an application, named by its 受理编号, as a PDF file."

    def add_arguments(self, parser):
        parser.add_argument("number", metavar="受理编号")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")
        parser.add_argument(
            "--full-numbers",
            action="store_true",
            help="print ID and bank numbers in full, as their owner sees them",
        )

    def handle(self, *args, number, out, full_numbers, **options):
        """Write the file; raises CommandError when application or folder does not exist."""
        application = annex2.prepared(Application.objects.filter(number=number)).first()
        if application is None:
            raise CommandError(f"There is no application with the number {number!r}.")
        if full_numbers:
            log_entry(AuditEntry.Kind.REVEAL, subject=number, command="render_annex2")
        made = annex2.render(application, Privacy.FULL if full_numbers else Privacy.MASKED)
        try:
            out.write_bytes(made)
        except OSError as error:
            raise CommandError(f"Cannot write {out}: {error.strerror}.") from error
        self.stdout.write(f"{out}")
