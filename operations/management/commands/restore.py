"""`manage.py restore FOLDER`: a backup, into an empty database and an empty storage."""

from django.core.management.base import BaseCommand, CommandError

from operations import backups


class Command(BaseCommand):
    help = "Restore a backup into an empty database and storage; --check only checks it"
    # There are no tables to check against yet.
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("folder", help="a folder that `manage.py backup` made")
        parser.add_argument(
            "--check", action="store_true", help="check every digest, change nothing"
        )

    def handle(self, folder, **options):
        try:
            manifest = (backups.check if options["check"] else backups.restore)(folder)
        except backups.BackupError as error:
            raise CommandError(f"{error}") from error
        done = "is as it was made" if options["check"] else "is restored, and equal to the backup"
        self.stdout.write(
            f"{folder} of {manifest['made_at']} {done}: {len(manifest['database']['tables'])} "
            f"tables, {len(manifest['files'])} files."
        )
        for each in manifest["missing"]:
            self.stdout.write(f"was missing already: {each['name']}")
        if not options["check"] and (waiting := backups.unapplied()):
            self.stdout.write(
                f"It is of an earlier release; run manage.py migrate for {', '.join(waiting)}."
            )
