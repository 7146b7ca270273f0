"""What acts in a document of Word or Excel: macros, controls, packed files, remote templates.

For the program that looks at uploads (`check_program.py`). A document is kept byte for byte and
opened by officials in their own Word: whatever would run there is refused. Formulas, drawings and
the tables behind charts are objects as well, and stay; what is packed in them is looked at alike.
"""

import io
import re
import zipfile

from applications.files.hostile_xml import parsed
from applications.files.program_bounds import Refused

CHUNK = 1024**2
# A document within a document that is larger is nobody's chart.
INNER_LIMIT = 32 * CHUNK
DEPTH = 3
OLE2, ZIP, RTF = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"{\\rt"
# Streams of an OLE2 file: macros, a file of any kind in a package, controls.
STREAMS = tuple(name.encode("utf-16-le") for name in ("_VBA_PROJECT", "\x01Ole10Native", "\x03OCX"))
# A sheet of macros, or a module of them, in the list of an old workbook's sheets.
MACRO_SHEET = re.compile(rb"\x85\0[\x08-\x50]\0.{4}[\0-\2][\1\6]", re.DOTALL)
# Objects of an RTF document, and a template from elsewhere.
RTF_ACTS = re.compile(rb"\\obj(?:data|autlink|link|ocx|html)|\\template\s+(?:\w{3,}:|\\\\|//)")
# What parts of a newer document call themselves, and how others lead to them.
ACTIVE_TYPES = re.compile("macroenabled|vbaproject|macrosheet|activex", re.IGNORECASE)
ACTIVE_PARTS = ("vbaproject.bin", "/macrosheets/", "/activex/")
ACTIVE_LINKS = {"vbaProject", "xlMacrosheet", "xlIntlMacrosheet", "control", "activeXControlBinary"}
# Links that Word follows by itself; to a folder of the author's machine they lead nowhere.
FOLLOWED = {"attachedTemplate", "oleObject", "package", "frame", "subDocument", "aFChunk"}
HARMLESS = re.compile(r"(?:file:/*)?[A-Za-z]:[\\/]|[^:\\/]*$")


def check(data, limit):
    """Unpack a document to its end, piece by piece; raises Refused for what acts in it.

    `limit` is how many bytes it may have, unpacked. Raises what hostile bytes do to a ZIP or XML.
    """
    if data.startswith(OLE2):
        _check_old(data)
    elif data.startswith(RTF):
        if RTF_ACTS.search(data):
            raise Refused("active_document")
    else:
        _check_new(data, limit, 0)


def _check_old(data):
    if any(name in data for name in STREAMS) or MACRO_SHEET.search(data):
        raise Refused("active_document")


def _check_new(data, left, depth):
    """Check a document that is a ZIP; return how many bytes may still be unpacked."""
    if depth > DEPTH:
        raise Refused("active_document")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            name = "/" + member.filename.replace("\\", "/").lower()
            if any(part in name for part in ACTIVE_PARTS):
                raise Refused("active_document")
            is_told = name == "/[content_types].xml" or name.endswith(".rels")
            inner, left = _unpacked(archive, member, left, is_told=is_told)
            if is_told:
                _check_told(inner)
            elif inner.startswith(ZIP):
                left = _check_new(inner, left, depth + 1)
            elif inner:
                check(inner, left)
            elif "/embeddings/" in name and member.file_size:
                raise Refused("active_document")  # a file of any kind
    return left


def _unpacked(archive, member, left, *, is_told):
    """Return (a member's bytes, or none of what need not be looked into; what is left)."""
    kept = []
    with archive.open(member) as unpacked:
        part = unpacked.read(CHUNK)
        is_kept = is_told or part.startswith((OLE2, ZIP, RTF))
        while part:
            left -= len(part)
            if is_kept:
                kept.append(part)
            if left < 0 or len(kept) * CHUNK > INNER_LIMIT:
                raise Refused("document_bomb")
            part = unpacked.read(CHUNK)
    return b"".join(kept), left


def _check_told(content):
    """Check the list of types of a document's parts, or where one of them leads."""
    for element in parsed(content).iter("{*}Override", "{*}Default", "{*}Relationship"):
        leads_to = element.get("Type", "").rpartition("/")[2]
        if ACTIVE_TYPES.search(element.get("ContentType", "")) or leads_to in ACTIVE_LINKS:
            raise Refused("active_document")
        is_outside = element.get("TargetMode") == "External"
        if is_outside and leads_to in FOLLOWED and not HARMLESS.match(element.get("Target", "")):
            raise Refused("active_document")
