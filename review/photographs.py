"""Photos from a phone: what they say about the place is taken out, and a small copy is made.

A phone writes into every photo where it was taken, its own name and number, and often a second
picture. Nothing of it is kept but the time and which side is up.
"""

import io
import re
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import ExifTags, Image, ImageOps

from applications import evidence
from applications.file_kinds import JPEG, PNG

NOT_A_PHOTO = "考察照片只接受 JPG 或 PNG 图片"
THUMBNAIL = (640, 640)  # pixels
FIRST_YEAR = 1990

_APP1, _APP2, _APP14, _APP15, _COMMENT = 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_SCAN, _END = 0xDA, 0xD9
# Inside the picture's data 0xFF is followed by 0, by a restart mark, or by another 0xFF.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_TOLD = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}


@dataclass(frozen=True)
class Photograph:
    """A photo ready to be stored: the file, its small copy (JPEG bytes), when it was taken."""

    file: SimpleUploadedFile
    thumbnail: bytes
    taken_at: datetime | None


def developed(upload):
    """Check an uploaded photo and return it as `Photograph`, without what it says of the place.

    Raises ValidationError with a sentence when the file is refused (`evidence.check`).
    """
    evidence.check_kind(upload, (JPEG, PNG), NOT_A_PHOTO)
    found = evidence.check(upload)
    upload.seek(0)
    data = upload.read()
    try:
        orientation, taken = _told(data)
        small = _thumbnail(data)
        if found.content_type == "image/jpeg":
            data = _jpeg_alone(data, orientation, taken)
        else:
            data = _png_alone(data)
    except Exception as error:  # whatever a decoder says about hostile bytes, it cannot be read
        raise ValidationError("图片已损坏，无法打开，请重新拍摄或选择。") from error
    file = SimpleUploadedFile(upload.name, data, found.content_type)
    return Photograph(file, small, _moment(taken))


def _told(data):
    """Return which side is up (EXIF orientation) and when the photo was taken, as it says."""
    with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
        exif = image.getexif()
        taken = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        orientation = exif.get(ExifTags.Base.Orientation)
    orientation = orientation if orientation in range(1, 9) else None
    return orientation, taken if isinstance(taken, str) and _moment(taken) else ""


def _moment(taken):
    try:
        # The camera's own clock, wherever its owner set it.
        moment = datetime.strptime(taken.strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    # A clock that was never set; a database cannot keep what it says of the year 1.
    return timezone.make_aware(moment) if moment.year >= FIRST_YEAR else None


def _thumbnail(data):
    out = io.BytesIO()
    with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
        # A JPEG is read at a fraction of its size, which needs little memory.
        image.draft("RGB", THUMBNAIL)
        image.thumbnail(THUMBNAIL)
        small = ImageOps.exif_transpose(image).convert("RGBA")
    paper = Image.new("RGBA", small.size, "white")
    paper.alpha_composite(small)
    paper.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def _jpeg_alone(data, orientation, taken):
    """Return the first picture of a JPEG as it is, with nothing told besides but these two."""
    parts, at = [data[:2]], 2
    while True:
        at = _NEXT_MARKER.search(data, at).start()
        marker = data[at + 1]
        if marker == _END:
            break
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at:end]
        is_colour = marker == _APP14 or (
            marker == _APP2 and segment[4:].startswith(b"ICC_PROFILE\0")
        )
        if is_colour or not (_APP1 <= marker <= _APP15 or marker == _COMMENT):
            parts.append(segment)
        at = end
        if marker == _SCAN:
            at = _NEXT_MARKER.search(data, at).start()
            parts.append(data[end:at])
    return b"".join([parts[0], _exif(orientation, taken), *parts[1:], b"\xff\xd9"])


def _exif(orientation, taken):
    exif = Image.Exif()
    if orientation:
        exif[ExifTags.Base.Orientation] = orientation
    if taken:
        exif[ExifTags.Base.DateTime] = taken
    if not exif:
        return b""
    body = exif.tobytes()
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body


def _png_alone(data):
    """Return a PNG without what it tells besides the picture."""
    parts, at = [_PNG_HEAD], len(_PNG_HEAD)
    while data[at : at + 8]:
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] not in _PNG_TOLD:
            parts.append(data[at:end])
        at = end
    return b"".join(parts)
