"""Where uploaded files lie on this machine, when they do not lie in a bucket (`bucket.py`)."""

import os
from contextlib import suppress

from django.core.files.storage import FileSystemStorage


class StorageDown(OSError):
    """A request to the bucket failed, as if a disk failed."""


class FolderStorage(FileSystemStorage):
    """A folder in which a file is there whole or not at all, once it is said to be saved."""

    def _save(self, name, content):
        # The name is free: `save` has made sure of it.
        try:
            name = super()._save(name, content)
            self._reach_the_disk(name)
        except BaseException:
            # A disk that ran full leaves a part behind.
            with suppress(OSError):
                self.delete(name)
            raise
        return name

    def _reach_the_disk(self, name):
        """Write the file through to the disk; its row is written only after that."""
        path = self.path(name)
        for place in (path, os.path.dirname(path)):
            descriptor = os.open(place, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
