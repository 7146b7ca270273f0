"""A program (`applications/files/program_bounds.py`) that takes the place out of a photo.

A phone writes into every photo where it was taken, its own name and number, and often a second
picture. Nothing of it is kept but the time and which side is up. What browsers do not show, such as
a HEIC, becomes a JPEG. It answers {} and the bytes of a picture with {"taken": when, as the camera
wrote it, or "", "small": the length of a small copy (JPEG)} and the small copy's bytes, the photo's
behind them; or with {"refused": "several" (pages, or pictures of a moving one) | ...}.
"""

import io
from datetime import datetime

from PIL import ExifTags, Image

from applications.files import picture_renditions, pictures
from applications.files.program_bounds import Refused, serve

CPU_SECONDS = 12
THUMBNAIL = (640, 640)  # pixels
WRITTEN_AS = "%Y:%m:%d %H:%M:%S"
FIRST_YEAR = 1990

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_TOLD = {b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"}


def develop(question, data):
    """Return what a photo says of itself, its small copy, and the photo; raises Refused."""
    try:
        with picture_renditions.opened(data) as image:
            if picture_renditions.count_of(image) > 1:
                raise Refused("several")
            orientation, taken = _told(image)
            if not picture_renditions.is_shown_as_it_is(image):
                orientation, data = None, _as_jpeg(image)
        with pictures.opened(io.BytesIO(data)) as image:
            small = io.BytesIO()
            pictures.shown(image, THUMBNAIL).save(small, "JPEG", quality=80)
            is_png = image.format == "PNG"
        told = _exif(orientation, taken)
        alone = _png_alone(data) if is_png else pictures.jpeg_alone(data, told)
    except Refused:
        raise
    except Exception as error:  # whatever a decoder says about hostile bytes, it cannot be read
        raise Refused("broken_image") from error
    thumbnail = small.getvalue()
    return {"taken": taken, "small": len(thumbnail)}, thumbnail + alone


def _as_jpeg(image):
    out = io.BytesIO()
    picture_renditions.picture_of(image).save(out, "JPEG", quality=picture_renditions.QUALITY)
    return out.getvalue()


def _told(image):
    """Return which side is up (EXIF orientation) and when the photo was taken, as it says."""
    exif = image.getexif()
    taken = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    taken = taken.strip("\0 ") if isinstance(taken, str) else ""
    orientation = exif.get(ExifTags.Base.Orientation)
    return (
        orientation if orientation in range(1, 9) else None,
        taken if _is_moment(taken) else "",
    )


def _is_moment(taken):
    """Whether it is a time, and not that of a clock that was never set."""
    try:
        return datetime.strptime(taken, WRITTEN_AS).year >= FIRST_YEAR  # noqa: DTZ007
    except ValueError:
        return False


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


if __name__ == "__main__":
    pictures.bound()
    serve(develop, cpu_seconds=CPU_SECONDS)
