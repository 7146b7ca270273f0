"""A mail server that takes the worker down with it, the first time that it is spoken to."""

import os
import signal
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.filebased import EmailBackend


class DeadlyBackend(EmailBackend):
    """Kills its process (SIGKILL) at the first mail; afterwards mails into files."""

    def send_messages(self, messages):
        killed = Path(settings.VAR_DIR, "killed")
        if not killed.exists():
            killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().send_messages(messages)
