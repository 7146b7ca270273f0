"""A program (`program_bounds.py`) that draws an OFD file as a PDF with text that can be searched.

It answers {} and the file's bytes with what `document.rendition_of` saw of it, and the PDF; or with
{"refused": a key of `evidence.REFUSALS`} and what fills its sentence.
"""

from applications.files import pictures
from applications.files.ofd.document import rendition_of
from applications.files.program_bounds import Refused, serve

CPU_SECONDS = 30


def look(question, data):
    """Return what was seen of an OFD file, and the PDF; raises Refused."""
    try:
        return rendition_of(data)
    except Refused:
        raise
    except (MemoryError, RecursionError):
        raise Refused("ofd_bomb") from None
    except Exception:  # whatever a decoder says about hostile bytes, it cannot be read
        raise Refused("broken_ofd") from None


if __name__ == "__main__":
    pictures.bound()
    serve(look, cpu_seconds=CPU_SECONDS)
