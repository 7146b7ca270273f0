from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from applications.rounds import Round
from operations import chain_heads
from operations.trail import ChainExport


class Command(BaseCommand):
    help = "导出一个批次各条记录链的链头：JSON 文件，同时生成供盖章的 PDF"

    def add_arguments(self, parser):
        parser.add_argument("--round", type=int, required=True, metavar="ID", help="批次编号")
        parser.add_argument(
            "--out", type=Path, required=True, metavar="FILE.json", help="写入的文件"
        )

    def handle(self, *args, out, **options):
        """Write both files; raises CommandError when round or folder does not exist."""
        round_ = Round.objects.filter(pk=options["round"]).first()
        if round_ is None:
            raise CommandError(f"没有编号为 {options['round']} 的评选批次，编号见批次页面的网址。")
        export = ChainExport.make(round_)
        try:
            out.write_bytes(export.file)
            out.with_suffix(".pdf").write_bytes(chain_heads.render(export))
        except OSError as error:
            raise CommandError(
                f"无法写入 {out}（{error.strerror}），请检查文件夹是否存在、是否有写权限。"
            ) from error
        self.stdout.write(f"{out}\n{out.with_suffix('.pdf')}\nSM3 {export.digest}")
