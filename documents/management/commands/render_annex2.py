from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.audit import AuditEntry, log_entry
from applications.models import Application
from applications.permissions import Privacy
from documents import annex2


class Command(BaseCommand):
    help = "按受理编号将一份申报的附件2写成 PDF 文件"

    def add_arguments(self, parser):
        parser.add_argument("number", metavar="受理编号", help="申报表页脚所印的编号")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="写入的文件")
        parser.add_argument(
            "--full-numbers",
            action="store_true",
            help="身份证号和资金账号完整打印，与本单位所见相同（记入操作日志）",
        )

    def handle(self, *args, number, out, full_numbers, **options):
        """Write the file; raises CommandError when application or folder does not exist."""
        application = annex2.prepared(Application.objects.filter(number=number)).first()
        if application is None:
            raise CommandError(f"没有受理编号为“{number}”的申报，请核对后重试。")
        if full_numbers:
            log_entry(AuditEntry.Kind.REVEAL, subject=number, command="render_annex2")
        made = annex2.render(application, Privacy.FULL if full_numbers else Privacy.MASKED)
        try:
            out.write_bytes(made)
        except OSError as error:
            raise CommandError(
                f"无法写入 {out}（{error.strerror}），请检查文件夹是否存在、是否有写权限。"
            ) from error
        self.stdout.write(f"{out}")
