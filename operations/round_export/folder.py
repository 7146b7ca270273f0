"""The folder of a round in a ZIP on disk: each file written once, its digest in the manifest.

Unpacked, it is one folder, whose name is given; names of files are those within it.

Nothing is held in memory but a piece of one file, and a line of the manifest for each.
"""

import hashlib
import json
import zipfile
from contextlib import contextmanager

from django.utils import timezone

MANIFEST, SEAL = "MANIFEST.json", "MANIFEST.sha256"
SCHEMA = 1
# These are packed already.
PACKED = (".pdf", ".jpg", ".jpeg", ".png", ".zip", ".xlsx", ".docx", ".heic", ".webp")


class Folder:
    """A folder in the making, on disk at `path`; `close` writes its manifest.

    `missing` are the files that should be in it and are not, {path, reason}; `digest` is the
    manifest's SHA-256, once it is closed.
    """

    def __init__(self, path, title):
        self.title = title
        self.now = timezone.localtime()
        self.archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.files = []
        self.names = set()
        self.missing = []
        self.digest = None

    def __contains__(self, name):
        return name in self.names

    @contextmanager
    def entry(self, name):
        """Yield what takes the bytes of a new file by `write`."""
        info = zipfile.ZipInfo(f"{self.title}/{name}", self.now.timetuple()[:6])
        is_packed = name.lower().endswith(PACKED)
        info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        # How large it will be is not known: more than 4 GB has to be thought of beforehand.
        with self.archive.open(info, "w", force_zip64=True) as out:
            entry = Entry(out)
            yield entry
        self.names.add(name)
        digest = entry.digest.hexdigest()
        self.files.append({"path": name, "size": entry.size, "sha256": digest})

    def add(self, name, pieces):
        """Write a file of pieces (bytes); return its SHA-256."""
        with self.entry(name) as out:
            for piece in pieces:
                out.write(piece)
        return self.files[-1]["sha256"]

    def miss(self, name, reason):
        """Note what should be in the folder and is not."""
        self.missing.append({"path": name, "reason": reason})

    def close(self, **about):
        """Write the manifest, and its digest; `about` is what it says of the whole."""
        manifest = {"schema": SCHEMA, **about, "files": self.files, "missing": self.missing}
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        self.archive.writestr(f"{self.title}/{MANIFEST}", text)
        self.digest = hashlib.sha256(text).hexdigest()
        self.archive.writestr(f"{self.title}/{SEAL}", f"{self.digest}  {MANIFEST}\n")
        self.archive.close()


class Entry:
    """One file on its way into the folder: its bytes are counted and digested as they pass."""

    def __init__(self, out):
        self.out, self.size, self.digest = out, 0, hashlib.sha256()

    def write(self, data):
        """Take bytes."""
        self.size += len(data)
        self.digest.update(data)
        self.out.write(data)
