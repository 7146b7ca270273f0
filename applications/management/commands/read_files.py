"""`manage.py read_files`: have the worker read what was uploaded before reading was on.

Once after an upgrade, or after OCR was off for a while; running it again reads nothing twice.
"""

from django.core.management.base import BaseCommand, CommandError

from applications.recognition.reader import is_on, register_all


class Command(BaseCommand):
    help = "Queue every stored file that was never read for the worker to read"

    def handle(self, **options):
        if not is_on():
            raise CommandError(
                "Nothing is read: OCR is off, or the packages of requirements-ocr.lock are missing."
            )
        self.stdout.write(f"{register_all()} files wait to be read.")
