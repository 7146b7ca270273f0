"""`manage.py restore FOLDER`: a backup, into an empty database and an empty storage."""

from django.core.management.base import BaseCommand, CommandError

from operations import backups


class Command(BaseCommand):
    help = "将备份恢复到空的数据库和存储；加 --check 时只检查"
    # There are no tables to check against yet.
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("folder", help="manage.py backup 生成的备份文件夹")
        parser.add_argument("--check", action="store_true", help="只核对全部摘要，不改动任何内容")

    def handle(self, folder, **options):
        try:
            manifest = (backups.check if options["check"] else backups.restore)(folder)
        except backups.BackupError as error:
            raise CommandError(f"{error}") from error
        done = "与备份时一致" if options["check"] else "已恢复，并与备份核对一致"
        self.stdout.write(
            f"{folder}（备份于 {manifest['made_at']}）{done}："
            f"{len(manifest['database']['tables'])} 张表，{len(manifest['files'])} 个文件。"
        )
        for each in manifest["missing"]:
            self.stdout.write(f"备份时已缺少：{each['name']}")
        if not options["check"] and (waiting := backups.unapplied()):
            self.stdout.write(
                f"备份来自较早的版本，请执行 manage.py migrate（待执行：{'、'.join(waiting)}）。"
            )
