from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from applications.trust.verify_chains import Finding
from operations import trail


class Command(BaseCommand):
    help = (
        "校验审计记录：记录链、阶段、提交版本、意见和操作日志，并与数据库中保存的链头导出比对。"
        "发现问题时返回码为 1。"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--heads",
            type=Path,
            metavar="FILE",
            help="另处保存的链头导出（JSON），其中每个链头都应仍在原处",
        )

    def handle(self, *args, heads, **options):
        """Print what was checked and what is wrong; raises CommandError when anything is."""
        try:
            found = trail.run(heads)
        except OSError as error:
            raise CommandError(
                f"无法读取 {heads}（{error.strerror}），请检查路径和权限。"
            ) from error
        except ValueError as error:
            raise CommandError(
                f"{heads} 不是链头导出文件，请选用 manage.py export_chain_heads 生成的 JSON 文件。"
            ) from error
        counts = "、".join(f"{label} {number}" for label, number in found.counts.items())
        self.stdout.write(f"已校验：{counts or '没有记录'}；用时 {found.seconds} 秒。")
        for each in found.findings:
            self.stdout.write(str(Finding(**each)))
        if found.findings:
            raise CommandError(
                f"发现 {len(found.findings)} 个问题；请保留现状，按部署手册第 8 节处理。"
            )
        self.stdout.write("没有发现问题。")
