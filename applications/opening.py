"""A program of its own: opens uploaded files, one after another, and tells what they are.

`python opening.py` reads files from standard input, each after its length (8 bytes, big-endian),
and answers each with two blocks, each after its length: a line of JSON, and the bytes to be kept
in place of the file (none when the file is kept as it is). The JSON is {"type": MIME type,
"pages": number} or {"refused": a key of `evidence.REFUSALS`} with what fills its sentence.

It limits its own memory and time, and knows neither Django nor the portal's secrets: a file that
hangs or bursts a decoder ends this process, which whoever asked replaces (`reader.py`).
"""

import io
import json
import re
import resource
import sys
import zipfile
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

MEMORY = 1536 * 1024**2
CPU_SECONDS = 12
# An A4 page scanned at 600 dpi has 35 million pixels; more than twice that is an image bomb.
PIXEL_LIMIT = 80_000_000
PAGE_LIMIT = 500
# A tagged text of 500 pages has some 50 000.
OBJECT_LIMIT = 200_000
# All that a document holds, unpacked: 25 times of what may be uploaded.
UNPACKED_LIMIT = 512 * 1024**2
# Of one picture in a document: A0 at 600 dots an inch in black and white has 560 million.
PICTURE_LIMIT = 600_000_000
CHUNK = 1024**2
# Where a PDF's end mark stands, with room for what mail programs append.
TAIL = 4096
DEPTH = 100
# A phone's JPEG with a second picture in it (MPO) is shown everywhere as the JPEG that it is.
IMAGE_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png"}

# Actions that reach beyond the document, and annotations that play or hold something.
ACTIONS = {
    "/JavaScript", "/Launch", "/GoToR", "/GoToE", "/ImportData", "/SubmitForm", "/Rendition",
    "/Movie", "/Sound", "/GoTo3DView", "/RichMediaExecute",
}  # fmt: skip
ANNOTATIONS = {"/FileAttachment", "/RichMedia", "/3D", "/Screen", "/Movie", "/Sound"}
KEYS = {"/JS", "/JavaScript", "/AA", "/XFA", "/EF", "/EmbeddedFiles", "/RichMediaContent"}
FILTERS_OF_PICTURES = {
    Name.DCTDecode, Name.JPXDecode, Name.CCITTFaxDecode, Name.JBIG2Decode,
}  # fmt: skip
FLATE = {Name.FlateDecode, Name.Fl}
# Names that are written out alike by qpdf, however the file spells them (/J#61vaScript).
SUSPECT = re.compile(
    b"|".join(
        re.escape(name.encode()) + rb"(?![A-Za-z0-9])"
        for name in sorted(ACTIONS | ANNOTATIONS | KEYS | {"/EmbeddedFile", "/URI"})
    )
)


class Refused(Exception):
    """A file that is not taken; its text is a key of `evidence.REFUSALS`, which `values` fill."""

    def __init__(self, why, **values):
        super().__init__(why)
        self.values = values


def look(data):
    """Return (what the file is, the bytes to keep in its place or b""); raises Refused."""
    look_at = look_at_pdf if data.lstrip()[:5] == b"%PDF-" else look_at_image
    found = look_at(data)
    if is_archive(data):
        raise Refused("archive")
    return found


def is_archive(data):
    """Whether the file can be unpacked as a ZIP as well."""
    file = io.BytesIO(data)
    if not zipfile.is_zipfile(file):
        return False
    try:
        return bool(zipfile.ZipFile(file).infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False  # four bytes of a picture that look like an archive's end


# --- Pictures ------------------------------------------------------------------------------------


def look_at_image(data):
    """Decode a picture to its end."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
            content_type = IMAGE_TYPES[image.format]
            if image.width * image.height > PIXEL_LIMIT:
                raise Refused("pixels")
            if image.format == "PNG" and getattr(image, "n_frames", 1) > 1:
                raise Refused("animated")
            # A JPEG is read to its end at an eighth of its size, which needs little memory.
            image.draft("RGB", (image.width // 8, image.height // 8))
            image.load()
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("pixels") from None
    except Exception:  # whatever a decoder says about hostile bytes, it cannot be read
        raise Refused("broken_image") from None
    return {"type": content_type, "pages": 1}, b""


# --- PDF -----------------------------------------------------------------------------------------


def look_at_pdf(data):
    """Look through a PDF; links to addresses are taken out, what else acts is refused."""
    try:
        pdf = pikepdf.open(io.BytesIO(data))
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    except Exception:  # whatever a parser says about hostile bytes, it cannot be read
        raise Refused("broken_pdf") from None
    with pdf:
        try:
            pages = len(pdf.pages)
            is_repaired = bool(pdf.get_warnings())
        except Exception:
            raise Refused("broken_pdf") from None
        if is_repaired and b"%%EOF" not in data[-TAIL:]:
            raise Refused("cut_off")
        if pages == 0:
            raise Refused("no_pages")
        if pages > PAGE_LIMIT:
            raise Refused("pages", count=pages)
        try:
            kept = disarmed(pdf, is_repaired or has_company(data))
        except Refused:
            raise
        except MemoryError:
            raise Refused("bomb") from None
        except Exception:
            raise Refused("broken_pdf") from None
    return {"type": "application/pdf", "pages": pages}, kept


def has_company(data):
    """Whether anything stands before the document or, beyond what mail programs append, behind."""
    return data[:5] != b"%PDF-" or len(data) - data.rfind(b"%%EOF") > TAIL


def disarmed(pdf, is_unclean):
    """Return the document to keep, b"" for the file as it is; raises Refused."""
    if len(pdf.objects) > OBJECT_LIMIT:
        raise Refused("objects")
    check_unpacked(pdf)
    out = io.BytesIO()
    # As it was written, but for objects packed together, so that every name can be read.
    plain = {
        "object_stream_mode": pikepdf.ObjectStreamMode.disable,
        "stream_decode_level": pikepdf.StreamDecodeLevel.none,
        "compress_streams": False,
    }
    pdf.save(out, **plain)
    written, links = out.getvalue(), 0
    # Among a picture's bytes such a name may stand by chance: then the objects are looked at.
    if SUSPECT.search(written):
        for each in pdf.objects:
            links += take_links(each, 0)
    is_signed = b"/ByteRange" in written
    if links and is_signed:
        raise Refused("signed_links")
    if is_signed and is_unclean:
        # What would have to be written anew, and so cannot keep a signature.
        raise Refused("signed_unclean")
    if not links and not is_unclean:
        return b""
    out = io.BytesIO()
    # The same bytes each time, so that the same file is known again.
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


def take_links(value, depth):
    """Take links to addresses out of an object; return how many. Raises Refused for what acts."""
    if depth > DEPTH:
        raise Refused("objects")
    if isinstance(value, Stream | Dictionary):
        check_active(value)
        inside = [(key, value[key]) for key in list(value.keys())]
    elif isinstance(value, Array):
        inside = [(place, value[place]) for place in reversed(range(len(value)))]
    else:
        return 0
    links = 0
    for key, each in inside:
        if is_link(each):
            del value[key]
            links += 1
        elif isinstance(each, Stream | Dictionary | Array) and not each.is_indirect:
            links += take_links(each, depth + 1)
    return links


def is_link(value):
    return isinstance(value, Dictionary) and value.get("/S") == Name.URI


def check_active(dictionary):
    """Raise Refused when a dictionary runs, plays, sends or holds something."""
    if (
        KEYS.intersection(dictionary.keys())
        or name_of(dictionary.get("/S")) in ACTIONS
        or name_of(dictionary.get("/Subtype")) in ANNOTATIONS
        or name_of(dictionary.get("/Type")) == "/EmbeddedFile"
    ):
        raise Refused("active")


def name_of(value):
    return str(value) if isinstance(value, Name) else None


def check_unpacked(pdf):
    """Unpack every stream, piece by piece, without keeping it; raises Refused beyond the limit."""
    left = UNPACKED_LIMIT
    for each in pdf.objects:
        if not isinstance(each, Stream):
            continue
        width, height = each.get("/Width"), each.get("/Height")
        if isinstance(width, int) and isinstance(height, int) and width * height > PICTURE_LIMIT:
            raise Refused("bomb")
        left -= unpacked(each, left)
        if left < 0:
            raise Refused("bomb")


def unpacked(stream, most):
    """Return how many bytes a stream has, unpacked as far as a picture's own packing."""
    filters = stream.get("/Filter")
    filters = [] if filters is None else filters if isinstance(filters, Array) else [filters]
    data = stream.read_raw_bytes()
    size = len(data)
    for place, each in enumerate(filters, start=1):
        if each in FILTERS_OF_PICTURES:
            break
        if each not in FLATE:
            return unpacked_otherwise(stream, size)
        is_last = place == len(filters)
        size, data = inflated(data, most, keep=not is_last)
    return size


def unpacked_otherwise(stream, size):
    """The same for packings of old, within this process's memory."""
    try:
        return max(size, len(stream.read_bytes()))
    except pikepdf.PdfError:  # a picture's own packing is among them, or the data are broken
        return size


def inflated(data, most, keep):
    """Return the size of unpacked data and, to `keep`, the data; raises Refused beyond `most`."""
    unpack, parts, size = zlib.decompressobj(), [], 0
    try:
        while data:
            part = unpack.decompress(data, CHUNK)
            size += len(part)
            if size > most:
                raise Refused("bomb")
            if keep:
                parts.append(part)
            data = unpack.unconsumed_tail
    except zlib.error:
        pass  # a viewer shows as much of it
    return size, b"".join(parts)


# --- One file after another ----------------------------------------------------------------------


def limit():
    """Bound what this process may use."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    Image.MAX_IMAGE_PIXELS = PIXEL_LIMIT


def allow_another():
    """Give the next file its share of time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def main():
    """Answer until there is nothing to read any more."""
    limit()
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    while length := asked.read(8):
        data = asked.read(int.from_bytes(length, "big"))
        allow_another()
        try:
            found, kept = look(data)
        except Refused as refused:
            found, kept = {"refused": str(refused), **refused.values}, b""
        for block in (json.dumps(found).encode(), kept):
            told.write(len(block).to_bytes(8, "big"))
            told.write(block)
        told.flush()


if __name__ == "__main__":
    main()
