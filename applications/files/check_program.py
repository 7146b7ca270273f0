"""A program of its own (`program_bounds.py`): looks at an uploaded file and tells what it is.

It answers {} and the file's bytes with {"type": MIME type, "pages": number, "signed": whether it
bears an electronic signature} and the bytes to be kept in its place (none when the file is kept as
it is). Where something else is shown than the file, its MIME type ("rendition") and "notes" (of
[key of `rendition.NOTES`, what fills it]) stand in it too, and the bytes are those of what is
shown. Or it answers with {"refused": a key of `evidence.REFUSALS` and what fills its sentence}.
"""

import io
import re
import zipfile
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from applications.files import file_kinds, picture_renditions, pictures
from applications.files.limits import PAGE_LIMIT
from applications.files.program_bounds import Refused, serve

CPU_SECONDS = 12
# A tagged text of 500 pages has some 50 000.
OBJECT_LIMIT = 200_000
# All that a document holds, unpacked: 25 times of what may be uploaded.
UNPACKED_LIMIT = 512 * 1024**2
# What its pages draw, unpacked, each page with all that it draws: what several pages share counts
# for each. A viewer takes about a second for ten of these megabytes.
DRAWN_LIMIT = 256 * 1024**2
# Of one picture in a document: A0 at 600 dots an inch in black and white has 560 million.
PICTURE_LIMIT = 600_000_000
CHUNK = 1024**2
# Where a PDF's end mark stands, with room for what mail programs append.
TAIL = 4096
DEPTH = 100
# Bytes of a ZIP's end without its comment; its last are zeros.
ARCHIVE_END = 22

# Actions that reach beyond the document, and annotations that play or hold something.
ACTIONS = {
    "/JavaScript", "/Launch", "/GoToR", "/GoToE", "/ImportData", "/SubmitForm", "/Rendition",
    "/Movie", "/Sound", "/GoTo3DView", "/RichMediaExecute",
}  # fmt: skip
ANNOTATIONS = {"/FileAttachment", "/RichMedia", "/3D", "/Screen", "/Movie", "/Sound"}
KEYS = {"/JS", "/JavaScript", "/AA", "/XFA", "/RichMediaContent"}
# Files within the document: most papers of the portal itself have one.
HOLDING = {"/EF", "/EmbeddedFiles"}
FILTERS_OF_PICTURES = {
    Name.DCTDecode, Name.JPXDecode, Name.CCITTFaxDecode, Name.JBIG2Decode,
}  # fmt: skip
FLATE = {Name.FlateDecode, Name.Fl}
# Links that only lead to a page, a mailbox or a telephone.
HARMLESS = re.compile(rb"\s*(https?|mailto|tel):", re.IGNORECASE)
OBJECT = re.compile(rb"\d\s+\d+\s+obj\b|\bxref\b|\bendstream\b")
# Names that are written out alike by qpdf, however the file spells them (/J#61vaScript).
SUSPECT = re.compile(
    b"|".join(
        re.escape(name.encode()) + rb"(?![A-Za-z0-9])"
        for name in sorted(ACTIONS | ANNOTATIONS | KEYS | {"/EmbeddedFile", "/URI"})
    )
)


def look(question, data):
    """Return (what the file is, the bytes to show or to keep in its place or b"").

    Raises Refused.
    """
    kind = file_kinds.kind_of(file_kinds.ends_of(data))
    if kind in file_kinds.DOCUMENTS:
        return look_at_document(data, kind), b""
    look_at = look_at_pdf if kind == file_kinds.PDF else look_at_image
    verdict = look_at(data)
    if is_archive(data):
        raise Refused("archive")
    return verdict


def is_archive(data, *, at_end=False):
    """Whether the file can be unpacked as a ZIP as well, one that ends with it if `at_end`."""
    file = io.BytesIO(data)
    if not zipfile.is_zipfile(file):
        return False
    try:
        archive = zipfile.ZipFile(file)
        end = data.rfind(b"PK\x05\x06") + ARCHIVE_END + len(archive.comment)
        return bool(archive.infolist()) and not (at_end and end < len(data.rstrip(b"\0")))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False  # four bytes of a picture that look like an archive's end


# --- Documents of Word and Excel ------------------------------------------------------------------


def look_at_document(data, kind):
    """Return what a document is; how many pages it has, LibreOffice finds out in the worker.

    It is looked through for what acts (`active_documents.check`). Raises Refused.
    """
    from applications.files import active_documents  # loads lxml, for documents alone

    try:
        active_documents.check(data, UNPACKED_LIMIT)
    except Refused:
        raise
    except Exception:  # whatever hostile bytes do to it
        raise Refused("broken_document") from None
    # In the midst of an old document Office itself stores the theme of its colours as a ZIP.
    is_new = kind in {file_kinds.WORD, file_kinds.EXCEL}
    if not is_new and is_archive(data, at_end=kind != file_kinds.RTF):
        raise Refused("archive")
    return {"type": file_kinds.DOCUMENT_TYPES[kind], "pages": 1, "signed": False}


# --- Pictures ------------------------------------------------------------------------------------


def look_at_image(data):
    """Decode a picture to its end, and make what is shown of it where it is not shown itself."""
    try:
        with picture_renditions.opened(data) as image:
            verdict = {"type": picture_renditions.TYPES[image.format], "signed": False}
            if not picture_renditions.is_shown_as_it_is(image):
                shown, pages, made, notes = picture_renditions.rendition_of(image)
                return {**verdict, "pages": pages, "rendition": shown, "notes": notes}, made
            # A JPEG is read to its end at an eighth of its size, which needs little memory.
            image.draft("RGB", (image.width // 8, image.height // 8))
            image.load()
    except Refused:
        raise
    except MemoryError:
        raise Refused("pixels") from None
    except Exception:  # whatever a decoder says about hostile bytes, it cannot be read
        raise Refused("broken_image") from None
    return {**verdict, "pages": 1}, b""


# --- PDF -----------------------------------------------------------------------------------------


def look_at_pdf(data):
    """Look through a PDF; links to addresses are taken out, what else acts is refused.

    A signed one is kept byte for byte, harmless links and what stands behind its end included.
    """
    document = without_tail(data)
    try:
        pdf = pikepdf.open(io.BytesIO(document))
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
        if is_repaired and not has_end(document):
            raise Refused("cut_off")
        if pages == 0:
            raise Refused("no_pages")
        if pages > PAGE_LIMIT:
            raise Refused("pages", count=pages)
        try:
            is_signed, kept = disarmed(
                pdf,
                is_damaged=is_repaired or data[:5] != b"%PDF-",
                has_tail=len(data) - data.rfind(b"%%EOF") > TAIL,
            )
        except Refused:
            raise
        except MemoryError:
            raise Refused("bomb") from None
        except Exception:
            raise Refused("broken_pdf") from None
    return {"type": "application/pdf", "pages": pages, "signed": is_signed}, kept


def without_tail(data):
    """Return a PDF without what stands behind its end, beyond what mail programs append.

    What another program appends (zeros, marks of its own) hides the end from every parser, as if
    the file were cut off. Where objects follow an end mark, the file *is* cut off in a later
    version of its own, and is returned as it is.
    """
    end = data.rfind(b"%%EOF")
    if end < 0 or len(data) - end <= TAIL or OBJECT.search(data, end):
        return data
    return data[: end + len(b"%%EOF")] + b"\n"


def has_end(data):
    """Whether a PDF's end mark is where readers look for it; without one, the file is cut off."""
    return b"%%EOF" in data[-TAIL:]


def disarmed(pdf, *, is_damaged, has_tail):
    """Return whether the document is signed, and what to keep: b"" for the file as it is.

    Raises Refused.
    """
    if len(pdf.objects) > OBJECT_LIMIT:
        raise Refused("objects")
    check_drawn(pdf, check_unpacked(pdf))
    out = io.BytesIO()
    # As it was written, but for objects packed together, so that every name can be read.
    plain = {
        "object_stream_mode": pikepdf.ObjectStreamMode.disable,
        "stream_decode_level": pikepdf.StreamDecodeLevel.none,
        "compress_streams": False,
    }
    pdf.save(out, **plain)
    written, links = out.getvalue(), []
    # Among a picture's bytes such a name may stand by chance: then the objects are looked at.
    if SUSPECT.search(written):
        for item in pdf.objects:
            links += take_links(item, 0)
    if b"/ByteRange" in written:
        # What would have to be written anew cannot keep its signature.
        if not all(map(HARMLESS.match, links)):
            raise Refused("signed_links")
        if is_damaged:
            raise Refused("signed_damaged")
        return True, b""
    if not links and not is_damaged and not has_tail:
        return False, b""
    out = io.BytesIO()
    # The same bytes each time, so that the same file is known again.
    pdf.save(out, deterministic_id=True)
    return False, out.getvalue()


def take_links(value, depth):
    """Take links to addresses out of an object; return the addresses (bytes).

    Raises Refused for what acts.
    """
    if depth > DEPTH:
        raise Refused("objects")
    if isinstance(value, Stream | Dictionary):
        check_active(value)
        inside = [(key, value[key]) for key in list(value.keys())]
    elif isinstance(value, Array):
        inside = [(place, value[place]) for place in reversed(range(len(value)))]
    else:
        return []
    links = []
    for key, each in inside:
        if is_link(each):
            links.append(bytes(each.get("/URI", b"")))
            del value[key]
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
    ):
        raise Refused("active")
    if (
        HOLDING.intersection(dictionary.keys())
        or name_of(dictionary.get("/Type")) == "/EmbeddedFile"
    ):
        raise Refused("attached")


def name_of(value):
    return str(value) if isinstance(value, Name) else None


def check_unpacked(pdf):
    """Unpack every stream, piece by piece, without keeping it; raises Refused beyond the limit.

    Returns the bytes of each, by its number and generation.
    """
    left, sizes = UNPACKED_LIMIT, {}
    for item in pdf.objects:
        if not isinstance(item, Stream):
            continue
        width, height = item.get("/Width"), item.get("/Height")
        if isinstance(width, int) and isinstance(height, int) and width * height > PICTURE_LIMIT:
            raise Refused("bomb")
        sizes[item.objgen] = unpacked(item, left)
        left -= sizes[item.objgen]
        if left < 0:
            raise Refused("bomb")
    return sizes


def check_drawn(pdf, sizes):
    """Add up what the pages draw, unpacked, shared parts for each page; raises Refused."""
    drawings = {}  # what a drawing takes with all that is drawn in it, by number and generation
    total = 0
    for page in pdf.pages:
        contents = page.obj.get("/Contents")
        parts = contents if isinstance(contents, Array) else [contents]
        total += sum(sizes.get(part.objgen, 0) for part in parts if isinstance(part, Stream))
        total += drawn_in(inherited(page.obj, "/Resources"), sizes, drawings, 0)
        if total > DRAWN_LIMIT:
            raise Refused("drawn", limit=DRAWN_LIMIT // 1024**2)


def drawn_in(resources, sizes, drawings, depth):
    """Return how many bytes the drawings of a page or drawing have, with those in them."""
    names = resources.get("/XObject") if isinstance(resources, Dictionary) else None
    if not isinstance(names, Dictionary):
        return 0
    if depth > DEPTH:
        raise Refused("objects")
    total = 0
    for drawing in dict(names.items()).values():
        if not isinstance(drawing, Stream) or drawing.get("/Subtype") != Name.Form:
            continue
        if drawing.objgen not in drawings:
            drawings[drawing.objgen] = 0  # one that draws itself is drawn once
            inside = drawn_in(drawing.get("/Resources"), sizes, drawings, depth + 1)
            drawings[drawing.objgen] = sizes.get(drawing.objgen, 0) + inside
        total += drawings[drawing.objgen]
    return total


def inherited(node, key):
    """Return what a page, or a field of a form, or the branch that it is on, says by this key."""
    for _ in range(DEPTH):
        if key in node:
            return node[key]
        node = node.get("/Parent")
        if not isinstance(node, Dictionary):
            return None
    return None


def unpacked(stream, most):
    """Return how many bytes a stream has, unpacked as far as a picture's own packing."""
    filters = stream.get("/Filter")
    filters = [] if filters is None else filters if isinstance(filters, Array) else [filters]
    data = stream.read_raw_bytes()
    size = len(data)
    for place, name in enumerate(filters, start=1):
        if name in FILTERS_OF_PICTURES:
            break
        if name not in FLATE:
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


if __name__ == "__main__":
    pictures.bound()
    serve(look, cpu_seconds=CPU_SECONDS)
