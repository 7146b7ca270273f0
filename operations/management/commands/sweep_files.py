"""`manage.py sweep_files`: stored files that no row names, and rows whose file is missing.

A process that is killed between a file and its row leaves the file behind; never a row without.
"""

import datetime
from contextlib import closing

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from accounts.audit import AuditEntry, log_entry
from operations.backups import named_files

# What is younger may still be on its way to its row.
SPARED = datetime.timedelta(days=1)


class Command(BaseCommand):
    help = "列出数据库没有登记的文件（加 --remove 时删除），以及登记了却缺少的文件"

    def add_arguments(self, parser):
        parser.add_argument("--remove", action="store_true", help="删除所列文件")

    def handle(self, *, remove, **options):
        missing = 0
        with closing(named_files(connection.chunked_cursor)) as named:
            unknown = sorted(name for name in _stored() if not _is_named(named, name))
            orphans = [name for name in unknown if _is_old(name)]
            for name in orphans:
                if remove:
                    default_storage.delete(name)
                self.stdout.write(f"{'已删除' if remove else '没有登记'}：{name}")
            # What is transient may have been replaced since its name was read.
            lost = "SELECT name FROM named WHERE NOT (is_stored OR is_transient) ORDER BY 1"
            for (name,) in named.execute(lost):
                if not default_storage.exists(name):
                    missing += 1
                    self.stderr.write(f"缺少：{name}")
            (number,) = named.execute("SELECT count(*) FROM named").fetchone()
        if orphans and remove:
            subject = "sweep_files"
            log_entry(AuditEntry.Kind.ERASE, subject=subject, files=len(orphans))
        self.stdout.write(
            f"已登记 {number} 个文件，其中缺少 {missing} 个；"
            f"没有登记的 {len(orphans)} 个{'，已删除' if remove else ''}"
        )
        if missing:
            raise CommandError("有文件缺少，请从备份中找回。")


def _is_named(named, name):
    """Whether a row names a stored file; that it is stored is noted."""
    found = named.execute("UPDATE named SET is_stored = 1 WHERE name = ?", [name])
    return found.rowcount > 0


def _stored(folder=""):
    """Yield the name of every stored file."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever stored
        return
    prefix = f"{folder}/" if folder else ""
    for each in files:
        yield f"{prefix}{each}"
    for each in folders:
        yield from _stored(f"{prefix}{each}")


def _is_old(name):
    return default_storage.get_modified_time(name) < timezone.now() - SPARED
