"""A phone's photos lose what they say of the place, and keep the picture bit by bit."""

import io

import pillow_heif
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageOps, PngImagePlugin

from review.inspection.photos import developed

PLACE = b"Wuhan-Secret-Yard"


def phone_photo(progressive=False, second=False, taken="2026:11:24 09:31:05"):
    """A JPEG as phones write it: EXIF with a place, a comment, XMP, and a second picture."""
    image = Image.effect_noise((160, 120), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = PLACE.decode()
    exif.get_ifd(0x8769)[0x9003] = taken
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (30.0, 35.0, 12.0)
    out = io.BytesIO()
    image.save(
        out,
        "MPO" if second else "JPEG",
        exif=exif.tobytes(),
        comment=PLACE,
        xmp=b"<x>" + PLACE + b"</x>",
        progressive=progressive,
        **({"save_all": True, "append_images": [image.rotate(180)]} if second else {}),
    )
    return out.getvalue()


def uploaded(data, name="照片.jpg"):
    return SimpleUploadedFile(name, data, "image/jpeg")


def pixels(data):
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_nothing_is_told_of_the_place_and_the_picture_is_the_same(progressive, second):
    data = phone_photo(progressive, second)
    assert PLACE in data
    photograph = developed(uploaded(data))
    clean = photograph.file.read()
    assert PLACE not in clean
    with Image.open(io.BytesIO(clean)) as image:
        exif = image.getexif()
        assert exif[0x0112] == 6  # which side is up
        assert 0x8825 not in exif  # the place
        assert image.format == "JPEG"
        assert getattr(image, "n_frames", 1) == 1
    assert pixels(clean) == pixels(data)
    assert f"{photograph.taken_at:%Y-%m-%d %H:%M}" == "2026-11-24 09:31"


def test_a_png_tells_nothing_either():
    image = Image.effect_noise((80, 60), 60).convert("RGB")
    told = PngImagePlugin.PngInfo()
    told.add_text("Location", PLACE.decode())
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=told)
    clean = developed(uploaded(out.getvalue(), "截图.png")).file.read()
    assert PLACE not in clean
    assert pixels(clean) == image.tobytes()


@pytest.mark.parametrize("date", ["", "0000:00:00 00:00:00", "昨天"])
def test_a_camera_without_a_clock_is_no_reason_to_refuse(date):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = date
    out = io.BytesIO()
    Image.new("RGB", (80, 60), "navy").save(out, "JPEG", exif=exif)
    assert developed(uploaded(out.getvalue())).taken_at is None


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff" + b"\0" * 50, b"GIF89a....", phone_photo()[:900]]
)
def test_what_is_no_photo_is_refused_with_a_sentence(data):
    with pytest.raises(ValidationError) as refused:
        developed(uploaded(data))
    assert refused.value.message.endswith("。")


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "PNG", "WEBP"])
def test_several_pages_or_a_moving_picture_are_not_one_photo(kind):
    """Of several nobody sees which would be kept: the first page alone, without a word."""
    frames, out = [Image.new("RGB", (80, 60), colour) for colour in ("red", "blue")], io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    with pytest.raises(ValidationError, match="只能是一幅图"):
        developed(uploaded(out.getvalue()))


@pytest.mark.parametrize("taken", ["0001:01:01 00:00:00", "0000:00:00 00:00:00", "soon"])
def test_a_clock_that_was_never_set_tells_no_time(taken):
    assert developed(uploaded(phone_photo(taken=taken))).taken_at is None


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "WEBP", "TIFF"])
def test_what_browsers_do_not_show_becomes_a_jpeg_upright_and_silent(kind):
    pillow_heif.register_heif_opener()
    image = Image.new("RGB", (160, 120), "white")
    image.paste((220, 30, 30), (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = PLACE.decode()
    exif.get_ifd(0x8769)[0x9003] = "2026:11:24 09:31:05"
    out = io.BytesIO()
    image.save(out, kind, exif=exif.tobytes())
    assert PLACE in out.getvalue()
    photograph = developed(uploaded(out.getvalue(), "IMG_0001.HEIC"))
    data = photograph.file.read()
    assert data.startswith(b"\xff\xd8\xff")
    assert PLACE not in data + photograph.thumbnail
    assert f"{photograph.taken_at:%Y-%m-%d %H:%M:%S}" == "2026-11-24 09:31:05"
    seen = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert seen.size == (120, 160)
    red, green, _ = seen.getpixel((110, 10))
    assert red > 180
    assert green < 80
