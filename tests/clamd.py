"""A real clamd for the tests, with a database of one signature of their own.

Debian's `clamav-daemon`; nothing of the system's configuration or its daemons is used.
"""

import os
import shutil
import subprocess
import time

import pytest

# What the signature below finds, in any file; no harm is in it.
VIRUS = b"WSGSITE-TEST-VIRUS-SIGNATURE"
NAME = "Portal.Test.Virus"
STARTS_WITHIN = 20


class Clamd:
    """The daemon, which can be stopped and started; `url` is where it listens."""

    def __init__(self, folder, stream_limit="21M"):
        self.folder, self.process = folder, None
        self.socket = folder / "clamd.sock"
        self.url = f"unix://{self.socket}"
        database = folder / "database"
        database.mkdir()
        (database / "test.ndb").write_text(f"{NAME}:0:*:{VIRUS.hex()}\n")
        (folder / "clamd.conf").write_text(
            f"Foreground yes\nLocalSocket {self.socket}\nDatabaseDirectory {database}\n"
            f"TemporaryDirectory {folder}\nStreamMaxLength {stream_limit}\nSelfCheck 0\nUser root\n"
        )

    def start(self):
        """Start it and wait until it listens."""
        with (self.folder / "clamd.log").open("ab") as log:
            self.process = subprocess.Popen(
                [executable(), "-c", str(self.folder / "clamd.conf")], stdout=log, stderr=log
            )
        until = time.monotonic() + STARTS_WITHIN
        while not self.socket.exists():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "clamd.log").read_text())
            time.sleep(0.02)

    def stop(self):
        """End it; its socket is gone as well."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None
            self.socket.unlink(missing_ok=True)


def executable():
    """Return where clamd is; a test without it is skipped, and fails in CI."""
    found = shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("clamd is not installed (Debian: clamav-daemon)")
    return found
