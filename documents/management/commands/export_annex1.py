from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.models import RecommendingUnit
from applications.models import Application
from applications.rounds import Round
from documents import annex1


class Command(BaseCommand):
    help = "Write 附件1 of a round, or of one recommending unit in it, as an Excel file."

    def add_arguments(self, parser):
        parser.add_argument("--round", type=int, required=True, metavar="ID")
        parser.add_argument("--recommending-unit", metavar="CODE", help="default: the whole round")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")

    def handle(self, *args, out, recommending_unit, **options):
        """Write the file; raises CommandError when round, unit or folder does not exist."""
        round_ = Round.objects.filter(pk=options["round"]).first()
        if round_ is None:
            raise CommandError(f"There is no round {options['round']}.")
        applications, unit = Application.objects.filter(round=round_), None
        if recommending_unit is not None:
            unit = RecommendingUnit.objects.filter(code=recommending_unit).first()
            if unit is None:
                raise CommandError(f"There is no recommending unit {recommending_unit!r}.")
            applications = applications.filter(recommending_unit=unit)
        made = annex1.workbook(round_, applications, unit)
        try:
            out.write_bytes(made)
        except OSError as error:
            raise CommandError(f"Cannot write {out}: {error.strerror}.") from error
        self.stdout.write(f"{out}")
