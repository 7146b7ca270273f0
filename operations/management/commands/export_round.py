from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from applications.rounds import Round
from operations.round_export import export
from operations.round_export.tables import Scope
from operations.round_export.tasks import ROLES, log_made


class Command(BaseCommand):
    help = (
        "导出一个批次的全部档案为一个 ZIP 文件：各种表格和文件、上传的原件、记录链和核对程序，"
        "不依赖本平台即可阅读和核对"
    )

    def add_arguments(self, parser):
        parser.add_argument("--round", type=int, required=True, metavar="ID", help="批次编号")
        parser.add_argument(
            "--out", type=Path, required=True, metavar="FILE.zip", help="写入的文件"
        )
        parser.add_argument(
            "--account",
            required=True,
            metavar="E-MAIL",
            help="评审办公室或市人社局的账号：档案收入该账号可以查看的内容，并以其名义留下记录",
        )

    def handle(self, *args, out, account, **options):
        """Write the file; raises CommandError when round, account or folder is not there."""
        round_ = Round.objects.published().filter(pk=options["round"]).first()
        if round_ is None:
            raise CommandError(
                f"没有编号为 {options['round']} 的已发布批次，编号见批次页面的网址。"
            )
        user = User.objects.filter(email=account, role__in=ROLES, is_active=True).first()
        if user is None:
            raise CommandError(f"{account} 不是评审办公室或市人社局的有效账号，请核对后重试。")
        if out.exists():
            raise CommandError(f"{out} 已存在，请换一个文件名。")
        scope = Scope(user, round_)
        unfinished = out.with_name(f"{out.name}.unfinished")
        total, done = export.steps_of(scope), 0

        def progress(steps):
            nonlocal done
            before, done = done, done + steps
            if done * 10 // total > before * 10 // total:
                self.stdout.write(f"已完成 {done} / {total}")

        try:
            unfinished.touch(mode=0o600)
            unfinished.chmod(0o600)
            made = export.write(scope, unfinished, progress)
            # Nobody has the file before this is on record.
            log_made(made, round_, user)
            unfinished.rename(out)
        except OSError as error:
            raise CommandError(
                f"无法写入 {out}（{error.strerror}），请检查文件夹是否存在、磁盘空间和写权限。"
            ) from error
        finally:
            unfinished.unlink(missing_ok=True)
        for each in made.missing:
            self.stdout.write(f"未收入：{each['path']}（{each['reason']}）")
        self.stdout.write(f"{out}\n清单（MANIFEST.json）的 SHA-256：{made.digest}")
        self.stdout.write("解压后运行 python3 recompute.py 即可核对。")
