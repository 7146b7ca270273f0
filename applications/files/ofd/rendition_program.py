"""A program (`program_bounds.py`) that draws an OFD file as a PDF with text that can be searched.

It answers {} and the file's bytes as `check_program.py` answers for a file of which something else
is shown: type, pages, signed, rendition, notes, and the PDF; with "signatures", what each says
(`signed_values.unread`). Or with {"refused": ...}.
"""

from applications.files import pictures
from applications.files.limits import SHOWN_LIMIT
from applications.files.ofd.document import rendition_of
from applications.files.program_bounds import Refused, serve

CPU_SECONDS = 15
GRAVEST_FIRST = (
    "xml", "picture", "seal", "character", "object", "pattern", "font", "media", "attachments",
)  # fmt: skip


def look(question, data):
    """Return what an OFD file is, and the PDF that is shown of it; raises Refused."""
    try:
        seen, pdf = rendition_of(data)
    except Refused:
        raise
    except (MemoryError, RecursionError):
        raise Refused("ofd_bomb") from None
    except Exception:  # whatever a decoder says about hostile bytes, it cannot be read
        raise Refused("broken_ofd") from None
    if len(pdf) > SHOWN_LIMIT:
        raise Refused("ofd_bomb")
    return {
        "type": "application/ofd", "pages": seen["pages"], "signed": bool(seen["signatures"]),
        "signatures": seen["signatures"], "rendition": "application/pdf",
        "notes": [(kind, {"count": count}) for kind, count in told(seen)],
    }, pdf  # fmt: skip


def told(seen):
    """Return [(kind, how many)] of what is in the file and not in the PDF, the gravest first."""
    counts = {**seen["missing"], "attachments": seen["attachments"]}
    return [(kind, counts[kind]) for kind in GRAVEST_FIRST if counts.get(kind)]


if __name__ == "__main__":
    pictures.bound()
    serve(look, cpu_seconds=CPU_SECONDS)
