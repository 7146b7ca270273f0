"""A program (`program_bounds.py`) that lists what an uploaded ZIP holds, and takes files out of it.

It answers {"do": "list"} and the ZIP's bytes with {"members": [{"place": in the ZIP, "name": with
its folders, "size": bytes, "kind": the name of its `Kind`, or "", "problem": a key of
`archives.PROBLEMS`, or ""}]}; {"do": "take", "place": one of these} with {} and the member's bytes.
Or with {"refused": a key of `archives.REFUSALS`}. A member is unpacked as far as a file may be
large, and no further.
"""

import io
import unicodedata
import zipfile
import zlib

from applications.files import file_kinds
from applications.files.limits import APPLICATION_LIMIT, FILE_LIMIT
from applications.files.program_bounds import Refused, serve

CPU_SECONDS = 20
MOST_MEMBERS = 200
IS_ENCRYPTED, IS_UTF8 = 0x1, 0x800
# An extra field with the name in UTF-8, beside one of the system's own (Info-ZIP).
UNICODE_NAME = 0x7075
# What systems put in of their own.
OWN_FOLDERS, OWN_FILES = ("__MACOSX/",), {".DS_Store", "Thumbs.db", "desktop.ini"}


def look(question, data):
    """Return what the question asks for; raises Refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if question["do"] == "take":
                return {}, unpacked(archive, members[question["place"]])
            return {"members": listed(archive, members)}, b""
    except Refused:
        raise
    except Exception as error:  # whatever hostile bytes do to it
        raise Refused("broken") from error


def listed(archive, members):
    """Return the files of a ZIP, without folders and what systems put in of their own."""
    files = [
        (place, member, name)
        for place, member in enumerate(members)
        if not member.is_dir() and not is_of_the_system(name := name_of(member))
    ]
    if not files:
        raise Refused("empty")
    if len(files) > MOST_MEMBERS:
        raise Refused("members")
    left, told = APPLICATION_LIMIT, []
    for place, member, name in files:
        row = {"place": place, "name": name, "size": member.file_size, "kind": "", "problem": ""}
        told.append(row)
        if member.file_size > FILE_LIMIT:
            row["problem"] = "large"
        elif member.flag_bits & IS_ENCRYPTED:
            row["problem"] = "encrypted"
        elif member.file_size > left:
            row["problem"] = "much"
        else:
            left -= member.file_size
            try:
                content = unpacked(archive, member)
            except Refused as refused:
                row["problem"] = str(refused)
                continue
            kind = file_kinds.kind_of(file_kinds.ends_of(content))
            row["kind"] = kind.name if kind else ""
            if not content:
                row["problem"] = "empty"
    return told


def unpacked(archive, member):
    """Return the bytes of a member; raises Refused."""
    if member.flag_bits & IS_ENCRYPTED:
        raise Refused("encrypted")
    try:
        with archive.open(member) as packed:
            content = packed.read(FILE_LIMIT + 1)
    except NotImplementedError:
        raise Refused("packing") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        raise Refused("damaged") from None
    if len(content) > FILE_LIMIT:
        raise Refused("large")
    return content


def name_of(member):
    """Return a member's name as it was written, with its folders.

    Without the mark that says UTF-8, programs of Windows write GBK, others UTF-8 all the same.
    """
    if member.flag_bits & IS_UTF8:
        return unicodedata.normalize("NFC", member.filename)
    raw = member.filename.encode("cp437", errors="replace")
    if told := _unicode_name(member.extra):
        return unicodedata.normalize("NFC", told)
    for encoding in ("utf-8", "gb18030"):
        try:
            return unicodedata.normalize("NFC", raw.decode(encoding)).replace("\\", "/")
        except UnicodeDecodeError:
            continue
    return member.filename


def _unicode_name(extra):
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        if kind == UNICODE_NAME:
            return extra[9 : 4 + size].decode("utf-8", errors="replace")
        extra = extra[4 + size :]
    return ""


def is_of_the_system(name):
    """Whether a file was put in by the system that made the ZIP, and not by a person."""
    last = name.rsplit("/", 1)[-1]
    return name.startswith(OWN_FOLDERS) or last in OWN_FILES or last.startswith("._")


if __name__ == "__main__":
    serve(look, cpu_seconds=CPU_SECONDS)
