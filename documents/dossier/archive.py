"""The archive: a ZIP of the originals, named in the order of the notice (section 三)."""

import re
import unicodedata
import zipfile
from pathlib import PurePosixPath

from django.utils import timezone

from applications.files.evidence import UNNAMEABLE
from documents.dossier.material import (
    ANNEX1_TITLE,
    ANNEX2_TITLE,
    REPORT_TITLE,
    STAMPED_TITLE,
    TALENT_TITLE,
)

CONTENTS = "00 目录.txt"
# Windows takes none of these in a name; a name with its folder must stay short there, too.
_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')
NAME_LENGTH, FOLDER_LENGTH = 60, 40
MEGABYTE = 1024 * 1024


def safe(name, length=NAME_LENGTH):
    """Return a name that every system can unpack; a long one keeps its ending."""
    name = "".join(" " if unicodedata.category(c) in UNNAMEABLE else c for c in name)
    name = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", name))
    name = " ".join(name.split()).strip(" .") or "未命名"
    suffix = PurePosixPath(name).suffix[:10]
    if len(name) <= length:
        return name
    return name[: length - len(suffix)].rstrip(" .") + suffix


def originals(material):
    """Yield (name in the archive, evidence) in the notice's order; no name occurs twice."""
    groups = [(f"02 {STAMPED_TITLE}", material.stamped)]
    groups += [(f"05-{group.number:02} {group.label}", group.files) for group in material.groups]
    for folder, rows in groups:
        for number, row in enumerate(rows, start=1):
            yield f"{safe(folder, FOLDER_LENGTH)}/{number:02} {safe(row.original_name)}", row


def write(material, path, folder, progress):
    """Write the archive to `path`; return what its package says of it (`Package`).

    Nothing is held in memory but a piece of one file; `progress(n)` is called after n steps.
    """
    now = timezone.localtime().timetuple()[:6]
    names, notes = [], []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:

        def add(name, pieces):
            with archive.open(zipfile.ZipInfo(name, now), "w") as out:
                for piece in pieces:
                    out.write(piece)
            names.append(name)

        add(f"01 {safe(ANNEX1_TITLE)}.pdf", [material.annex1_pdf()])
        add(f"02 {safe(ANNEX2_TITLE)}.pdf", [material.annex2_pdf()])
        add(f"03 {REPORT_TITLE}.pdf", [material.report_pdf()])
        add(f"04 {TALENT_TITLE}.pdf", [material.talent_pdf()])
        progress(1)
        for name, row in originals(material):
            if row.withheld:
                notes.append(f"“{row.original_name}”未通过病毒检查，未能加入。")
                progress(1)
                continue
            try:
                with row.file.open("rb") as stored:
                    add(name, stored.chunks(MEGABYTE))
            except FileNotFoundError:
                notes.append(f"“{row.original_name}”已不在存储中，未能加入。")
            progress(1)
        lines = [*sorted(names), *notes]
        add(CONTENTS, ["\r\n".join(lines).encode("utf-8-sig")])
    return {"notes": notes}
