"""`manage.py read_files`: have the worker read what was uploaded before reading was on.

Once after an upgrade, or after OCR was off for a while; running it again reads nothing twice.
"""

from django.core.management.base import BaseCommand, CommandError

from applications.recognition.reader import is_on, register_all, retry_failed


class Command(BaseCommand):
    help = "Queue every stored file that was never read for the worker to read"

    def add_arguments(self, parser):
        parser.add_argument(
            "--failed", action="store_true", help="read again what could not be read before"
        )

    def handle(self, *, failed, **options):
        if not is_on():
            raise CommandError(
                "Nothing is read: OCR is off, or the packages of requirements-ocr.lock are missing."
            )
        number = register_all() + (retry_failed() if failed else 0)
        self.stdout.write(f"{number} files wait to be read.")
