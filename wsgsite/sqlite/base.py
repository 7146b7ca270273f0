"""Django's SQLite, for connections that outlive a request: one whose file has gone is not used.

To connect anew takes SQLite half as long as a small page. But an open file goes on to be written
when it is moved aside or removed, and what is saved then would be lost.
"""

import os

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to one file; with CONN_HEALTH_CHECKS it is looked for at each request."""

    _file: tuple[int, int] | None = None

    def get_new_connection(self, conn_params):
        """Return a new connection; which file it opened is noted."""
        connection = super().get_new_connection(conn_params)
        self._file = self._found()
        return connection

    def is_usable(self):
        """Whether the file that was opened still lies where the settings say."""
        return self._found() == self._file

    def _found(self):
        try:
            found = os.stat(self.settings_dict["NAME"])
        except OSError:  # gone, or in memory
            return None
        return found.st_dev, found.st_ino
