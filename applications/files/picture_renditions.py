"""What is shown of pictures that browsers or papers cannot show: a JPEG, or a PDF of many pages.

For the program that looks at uploads (`check_program.py`), and the one that develops photos. A
picture stands upright, on white, in sRGB, at most `LONG_SIDE` pixels long, and tells nothing
besides: neither where it was taken nor by which phone.
"""

import io
import math
import zlib
from contextlib import contextmanager

import pikepdf
from pikepdf import Dictionary, Name, Stream
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from applications.files import pictures
from applications.files.limits import PAGE_LIMIT, PIXEL_LIMIT, SHOWN_PIXELS
from applications.files.program_bounds import Refused

# MIME types by Pillow's names of formats. MPO is a phone's JPEG with a second picture in it, and is
# shown everywhere as the JPEG that it is.
TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "GIF": "image/gif",
}
SHOWN_FORMATS = {"JPEG", "MPO", "PNG"}
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
LONG_SIDE = 4000
QUALITY = 90
# So many rows are made small, and laid on white, at a time.
BAND = 256
# Dots an inch that a scanner may say; else a page is as long as A4. A fax has oblong dots.
DPI = range(50, 2401)
OBLONG = 1.1
POINTS, A4_LONG, MOST_POINTS = 72, 841.89, 14_400
# A page of a TIFF that is a small copy of another.
SMALL_COPY = 1
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@contextmanager
def opened(data):
    """Open a picture of any kind without decoding it; raises Refused, and what Pillow raises."""
    try:
        image = _opened(data)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("pixels") from error
    with image:
        check(image)
        yield image


def _opened(data):
    file = io.BytesIO(data)
    try:
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:
        if data[4:8] != b"ftyp":
            raise
    import pillow_heif  # 20 MB, for photos of phones alone

    # What stands in the file beside the picture is not looked at.
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    return Image.open(file, formats=["HEIF"])


def check(image):
    """Raise Refused for a picture, or a page, that is too large or of colours nobody can show."""
    if image.width * image.height > PIXEL_LIMIT:
        raise Refused("pixels")
    if image.mode not in pictures.MODES:
        raise Refused("picture_mode")


def is_shown_as_it_is(image):
    """Whether every viewer shows an opened picture just as it is."""
    is_still = image.format == "MPO" or getattr(image, "n_frames", 1) == 1
    is_small = image.width * image.height <= SHOWN_PIXELS
    return image.format in SHOWN_FORMATS and is_still and is_small


def count_of(image):
    """Return how many pictures an opened one shows: pages, or those of a moving one.

    A phone's HEIC or MPO shows its main picture.
    """
    if image.format == "TIFF":
        places = _pages_of(image)
        image.seek(places[0])
        return len(places)
    return 1 if image.format in {"MPO", "HEIF"} else getattr(image, "n_frames", 1)


def rendition_of(image):
    """Return (MIME type, pages, bytes, notes) of what is shown of an opened picture.

    `notes` are [key of `rendition.NOTES`, what fills it]. Raises Refused, and what Pillow raises.
    """
    notes = []
    if image.format == "TIFF":
        places = _pages_of(image)
        if len(places) > 1:
            return "application/pdf", len(places), _pdf(image, places), notes
        image.seek(places[0])
    elif image.format != "MPO" and (count := getattr(image, "n_frames", 1)) > 1:
        is_still = image.format == "HEIF"
        notes.append(["main_picture", {"count": count}] if is_still else ["first_frame", {}])
    if max(image.size) > LONG_SIDE:
        notes.append(["scaled", {}])
    out = io.BytesIO()
    picture_of(image).save(out, "JPEG", quality=QUALITY)
    return "image/jpeg", 1, out.getvalue(), notes


def picture_of(image):
    """Return an opened picture as it is shown, with nothing told besides."""
    if image.format in {"JPEG", "MPO"}:
        image.draft(image.mode, (LONG_SIDE, LONG_SIDE))  # read at part of its size
    picture = _decoded(image)
    # Pillow has turned a TIFF by now, and pillow-heif a HEIC; they do not say so any more.
    turned = image.getexif().get(ExifTags.Base.Orientation)
    across, down = _dots_an_inch(image)
    if max(across, down) > OBLONG * min(across, down):
        height = round(picture.height * across / down)
        picture = picture.resize((picture.width, max(1, height)))
        picture.thumbnail((LONG_SIDE, LONG_SIDE))
    if turned in TURNS:
        picture = picture.transpose(TURNS[turned])
    picture.info = {}
    return picture


def _decoded(image):
    """Decode a picture to its end; return it as it is shown, but not turned."""
    image.load()
    picture = _on_white(image)
    picture.thumbnail((LONG_SIDE, LONG_SIDE), reducing_gap=2)
    return picture


def _on_white(image):
    """Return a decoded picture as RGB on white in sRGB; a large one is made small on the way.

    In bands: beside a large picture there is no room for a second one.
    """
    factor = max(1, max(image.size) // LONG_SIDE)
    is_opaque = image.mode in {"RGB", "L", "CMYK"} and "transparency" not in image.info
    colours = _to_srgb(image)
    if factor == 1 and image.mode == "RGB" and is_opaque:
        picture = image
    else:
        size = math.ceil(image.width / factor), math.ceil(image.height / factor)
        picture = Image.new("RGB", size)
        step = BAND * factor
        for top in range(0, image.height, step):
            band = image.crop((0, top, image.width, min(image.height, top + step)))
            band = (band if is_opaque else pictures.flattened(band)).reduce(factor)
            if band.mode == "CMYK" and colours:
                band = ImageCms.applyTransform(band, colours)
            picture.paste(band.convert("RGB"), (0, top // factor))
    if colours and image.mode != "CMYK":
        ImageCms.applyTransform(picture, colours, inPlace=True)
    return picture


def _to_srgb(image):
    """Return how a picture's colours become sRGB, by the profile that it brings, or None."""
    profile = image.info.get("icc_profile")
    mode = "CMYK" if image.mode == "CMYK" else "RGB"
    if not profile or image.mode not in {"RGB", "RGBA", "P", "PA", "CMYK"}:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != mode:
            return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError):  # a profile that says nothing: as without one
        return None


def _dots_an_inch(image):
    """Return the dots an inch of a TIFF, across and down; (1, 1) when it does not say so."""
    dpi = image.info.get("dpi", ()) if image.format == "TIFF" else ()
    is_said = len(dpi) == 2 and all(each == each and int(each) in DPI for each in dpi)
    return tuple(map(float, dpi)) if is_said else (1, 1)


# --- Pages of a TIFF -----------------------------------------------------------------------------


def _pages_of(image):
    """Return the places of a TIFF's pages, without small copies; raises Refused."""
    places, place = [], 0
    while True:
        try:
            image.seek(place)
        except EOFError:
            break
        check(image)
        if not image.tag_v2.get(ExifTags.Base.NewSubfileType, 0) & SMALL_COPY:
            places.append(place)
        place += 1
        if place > PAGE_LIMIT:
            raise Refused("tiff_pages")
    return places or [0]


def _pdf(image, places):
    """Return the pages of a TIFF as a PDF, each as large as its dots say."""
    with pikepdf.new() as pdf:
        for place in places:
            image.seek(place)
            across, down = _dots_an_inch(image)
            width, height = POINTS * image.width / across, POINTS * image.height / down
            if across == 1 or max(width, height) > MOST_POINTS:
                scale = A4_LONG / max(image.size)
                width, height = image.width * scale, image.height * scale
            data, size, colours, bits, packing = _drawing(image)
            picture = Stream(
                pdf, data, Type=Name.XObject, Subtype=Name.Image, Width=size[0], Height=size[1],
                ColorSpace=colours, BitsPerComponent=bits, Filter=packing,
            )  # fmt: skip
            pdf.add_blank_page(page_size=(round(width, 2), round(height, 2)))
            page = pdf.pages[-1]
            page.obj.Resources = Dictionary(XObject=Dictionary(Picture=picture))
            drawn = f"{width:.2f} 0 0 {height:.2f} 0 0 cm /Picture Do".encode()
            page.obj.Contents = Stream(pdf, drawn)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
        return out.getvalue()


def _drawing(image):
    """Return (data, size, colour space, bits, packing) of a page as a PDF holds it."""
    if image.mode == "1":
        image.load()
        return zlib.compress(image.tobytes()), image.size, Name.DeviceGray, 1, Name.FlateDecode
    is_grey = image.mode == "L" or image.mode in pictures.DEEP_GREY
    picture, out = _decoded(image), io.BytesIO()
    picture = picture.convert("L") if is_grey else picture
    picture.save(out, "JPEG", quality=QUALITY)
    colours = Name.DeviceGray if is_grey else Name.DeviceRGB
    return out.getvalue(), picture.size, colours, 8, Name.DCTDecode
