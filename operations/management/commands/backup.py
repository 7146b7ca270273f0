"""`manage.py backup --to FOLDER`: the database and every file, while the portal runs."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from operations import backups

# Ended with when the backup is kept, but is not all that it should be.
INCOMPLETE = 3


class Command(BaseCommand):
    help = "备份数据库及其登记的全部文件，并附摘要清单"

    def add_arguments(self, parser):
        parser.add_argument(
            "--to",
            default=settings.BACKUP_DIR,
            help="备份放入的文件夹，每次备份自成一个子文件夹（默认 %(default)s）",
        )
        parser.add_argument(
            "--keep",
            type=int,
            help="本次备份完整时，只保留最近若干份完整的备份，删除更早的",
        )

    def handle(self, **options):
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("--keep 应为 1 或更大的整数。")
        try:
            folder, manifest = backups.back_up(options["to"])
        except backups.BackupError as error:
            raise CommandError(f"{error}") from error
        rows = sum(table["rows"] for table in manifest["database"]["tables"].values())
        size = sum(file["size"] for file in manifest["files"].values())
        self.stdout.write(
            f"{folder}：{len(manifest['database']['tables'])} 张表共 {rows} 行，"
            f"{len(manifest['files'])} 个文件共 {size / backups.MEGABYTE:.1f} MB\n"
            "备份不含密钥（SECRET_KEY、ENCRYPTION_KEY），请另行妥善保管。"
        )
        lost = backups.lost_files(manifest)
        if options["keep"] and not (lost or manifest["damaged"]):
            for name in backups.prune(options["to"], options["keep"]):
                self.stdout.write(f"已删除旧备份 {name}")
        if lost or manifest["damaged"]:
            lines = [
                *(f"存储中缺少：{name}" for name in lost),
                *(f"与上传时不一致：{name}" for name in manifest["damaged"]),
            ]
            raise CommandError(
                "备份已保留，但平台的文件不完整，请从以前的备份中找回下列文件：\n"
                + "\n".join(lines),
                returncode=INCOMPLETE,
            )
