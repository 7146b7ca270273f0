from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import RecommendingUnit
from applications.models import Application
from applications.rounds import Round
from documents import annex1


class Command(BaseCommand):
    help = "将一个批次（或其中一个推荐单位）的附件1写成 Excel 文件"

    def add_arguments(self, parser):
        parser.add_argument("--round", type=int, required=True, metavar="ID", help="批次编号")
        parser.add_argument(
            "--recommending-unit", metavar="CODE", help="推荐单位代码，默认整个批次"
        )
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="写入的文件")

    def handle(self, *args, out, recommending_unit, **options):
        """Write the file; raises CommandError when round, unit or folder does not exist."""
        round_ = Round.objects.filter(pk=options["round"]).first()
        if round_ is None:
            raise CommandError(f"没有编号为 {options['round']} 的评选批次，编号见批次页面的网址。")
        applications, unit = Application.objects.filter(round=round_), None
        if recommending_unit is not None:
            unit = RecommendingUnit.objects.filter(code=recommending_unit).first()
            if unit is None:
                raise CommandError(
                    f"没有代码为“{recommending_unit}”的推荐单位，代码见推荐单位名单。"
                )
            applications = applications.filter(recommending_unit=unit)
        try:
            annex1.Annex1(round_, applications, unit).write(out, timezone.now())
        except OSError as error:
            raise CommandError(
                f"无法写入 {out}（{error.strerror}），请检查文件夹是否存在、是否有写权限。"
            ) from error
        self.stdout.write(f"{out}")
