from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from applications.rounds import Round
from operations import chain_heads
from operations.trail import ChainExport


class Command(BaseCommand):
    help = "Export the heads of a round's chains: a JSON file, and beside it the PDF to be stamped."

    def add_arguments(self, parser):
        parser.add_argument("--round", type=int, required=True, metavar="ID")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE.json")

    def handle(self, *args, out, **options):
        """Write both files; raises CommandError when round or folder does not exist."""
        round_ = Round.objects.filter(pk=options["round"]).first()
        if round_ is None:
            raise CommandError(f"There is no round {options['round']}.")
        export = ChainExport.make(round_)
        try:
            out.write_bytes(export.file)
            out.with_suffix(".pdf").write_bytes(chain_heads.render(export))
        except OSError as error:
            raise CommandError(f"Cannot write {out}: {error.strerror}.") from error
        self.stdout.write(f"{out}\n{out.with_suffix('.pdf')}\nSM3 {export.digest}")
