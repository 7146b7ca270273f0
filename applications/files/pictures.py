"""Pictures as people see them: upright, on white, in colours that any viewer can show.

Every mode that Pillow opens is shown right or refused (Pillow 13: `convert` clips 16-bit grey to
white, `thumbnail` and `reduce` raise on it).
"""

import re

from PIL import Image, ImageFile, ImageMath, ImageOps

from applications.files.limits import PIXEL_LIMIT, SHOWN_PIXELS
from applications.files.program_bounds import Refused

FORMATS = ("JPEG", "PNG")
ORIENTATION = 0x0112
# 16 bits of grey, as PNG has them.
DEEP_GREY = {"I;16", "I;16B", "I;16L", "I;16N"}
_APP1, _APP2, _APP14, _APP15, _COMMENT = 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_SCAN, _END = 0xDA, 0xD9
_BEGINS = b"\xff\xd8\xff"
# Inside the picture's data 0xFF is followed by 0, by a restart mark, or by another 0xFF.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
MODES = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr"} | DEEP_GREY


def bound():
    """Set what Pillow may open in this process."""
    Image.MAX_IMAGE_PIXELS = PIXEL_LIMIT
    # WeasyPrint, once loaded in a process, makes Pillow accept images that are cut off.
    ImageFile.LOAD_TRUNCATED_IMAGES = False


def opened(file):
    """Open a picture without decoding it; raises Refused when it is too large or of no known kind.

    Whatever else Pillow says about hostile bytes is raised as it is.
    """
    try:
        image = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("pixels") from error
    for is_wrong, why in (
        (image.width * image.height > SHOWN_PIXELS, "pixels"),
        (image.mode not in MODES, "picture_mode"),
    ):
        if is_wrong:
            image.close()
            raise Refused(why)
    if image.format == "PNG":
        _scale_transparent_colour(image)
    return image


def shown(image, most):
    """Return an opened image as it is shown: upright, on white, RGB, at most `most` pixels.

    `most` is (width, height).
    """
    image.draft(image.mode, most)  # a JPEG is read at part of its size
    image = flattened(image)
    image.thumbnail(most, reducing_gap=2)
    # The orientation goes with the picture.
    return ImageOps.exif_transpose(image)


def flattened(image):
    """Return an image as RGB on white, not turned; what it says of itself stays in `info`."""
    image.load()
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in DEEP_GREY:
        image = _grey(image)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        ground = Image.new("RGB", image.size, "white")
        image = image.convert("RGBA")
        ground.paste(image, mask=image.getchannel("A"))
        ground.info = image.info
        return ground
    return image.convert("RGB")


def _grey(image):
    """Return 16-bit grey as 8-bit grey, its one transparent shade white."""
    grey = image.point(lambda value: value / 256).convert("L")
    grey.info = {name: value for name, value in image.info.items() if name != "transparency"}
    if isinstance(shade := image.info.get("transparency"), int):
        is_shade = ImageMath.lambda_eval(
            lambda given: given["convert"]((given["deep"] == shade) * 255, "L"),
            deep=image.convert("I"),
        )
        grey.paste(255, mask=is_shade)
    return grey


def _scale_transparent_colour(image):
    """Give the transparent colour of a PNG the depth of its pixels, as Pillow does only for some.

    Pillow 13 makes 8 bits of every sample, and leaves the colour as the file has it.
    """
    colour = image.info.get("transparency")
    packing = image.tile[0][3] if image.tile else ""
    if isinstance(colour, int) and packing in {"L;2", "L;4"}:
        image.info["transparency"] = colour * (85 if packing == "L;2" else 17)
    elif isinstance(colour, tuple) and packing == "RGB;16B":
        image.info["transparency"] = tuple(part >> 8 for part in colour)


def jpeg_alone(data, exif=b""):
    """Return the first picture of a JPEG as it is, telling nothing but its colours and `exif`.

    `exif` is a segment. What is no JPEG is returned as it is; one that is cut off stays so.
    """
    start = data.find(_BEGINS)
    if start < 0:
        return data
    parts, at = [_BEGINS[:2], exif], start + 2
    while match := _NEXT_MARKER.search(data, at):
        at = match.start()
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
            match = _NEXT_MARKER.search(data, at)
            at = match.start() if match else len(data)
            parts.append(data[end:at])
    return b"".join([*parts, b"\xff\xd9"])
