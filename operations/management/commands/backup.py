"""`manage.py backup --to FOLDER`: the database and every file, while the portal runs."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from operations import backups

# Ended with when the backup is kept, but is not all that it should be.
INCOMPLETE = 3


class Command(BaseCommand):
    help = "Back up the database and every file that it names, with a manifest of digests"

    def add_arguments(self, parser):
        parser.add_argument(
            "--to",
            default=settings.BACKUP_DIR,
            help="folder that gets the backup, as a folder of its own (default: %(default)s)",
        )
        parser.add_argument(
            "--keep",
            type=int,
            help="afterwards, if nothing was amiss, remove backups older than the last so many "
            "with which nothing was",
        )

    def handle(self, **options):
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("--keep must be 1 or more.")
        try:
            folder, manifest = backups.back_up(options["to"])
        except backups.BackupError as error:
            raise CommandError(f"{error}") from error
        rows = sum(table["rows"] for table in manifest["database"]["tables"].values())
        size = sum(file["size"] for file in manifest["files"].values())
        self.stdout.write(
            f"{folder}: {rows} rows in {len(manifest['database']['tables'])} tables, "
            f"{len(manifest['files'])} files of {size / backups.MEGABYTE:.1f} MB\n"
            "The keys (SECRET_KEY, ENCRYPTION_KEY) are not in it: keep them elsewhere."
        )
        lost = backups.lost_files(manifest)
        if options["keep"] and not (lost or manifest["damaged"]):
            for name in backups.prune(options["to"], options["keep"]):
                self.stdout.write(f"removed {name}")
        if lost or manifest["damaged"]:
            lines = [
                *(f"missing from the storage: {name}" for name in lost),
                *(f"not what was uploaded: {name}" for name in manifest["damaged"]),
            ]
            raise CommandError(
                "The backup is kept, but the portal's files are not in order:\n" + "\n".join(lines),
                returncode=INCOMPLETE,
            )
