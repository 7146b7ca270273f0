"""What is shown of pictures of every kind that phones, scanners and offices make."""

import io
from pathlib import Path

import pikepdf
import pillow_heif
import pytest
from PIL import ExifTags, Image, ImageCms, ImageDraw, ImageFile

from applications.files import check_program, picture_renditions
from applications.files.program_bounds import Refused

CASES = Path(__file__).with_name("cases")
SIZE = (240, 160)
RED, WHITE, BLUE = (220, 30, 30), (255, 255, 255), (30, 60, 220)

pillow_heif.register_heif_opener()


def scene(mode="RGB", size=SIZE):
    """A white picture with a red block in its upper left corner, a blue one in its lower right."""
    image = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0] // 3, size[1] // 3), RED)
    draw.rectangle((size[0] * 2 // 3, size[1] * 2 // 3, *size), BLUE)
    return image.convert(mode)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def turned_by(orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "A phone"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[1] = "N"
    return exif


def stored_turned(image, orientation):
    """A picture as a sensor writes it that is shown upright by this orientation."""
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
            8: Image.Transpose.ROTATE_270, 5: Image.Transpose.TRANSPOSE}  # fmt: skip
    return image.transpose(back[orientation]) if orientation in back else image


def shown(data):
    """The picture that is shown of an upload, the verdict and the bytes."""
    verdict, made = check_program.look({}, data)
    assert verdict["rendition"] == "image/jpeg"
    image = Image.open(io.BytesIO(made))
    image.load()
    return image, verdict, made


def is_near(pixel, colour, by=24):
    return all(abs(one - other) <= by for one, other in zip(pixel, colour, strict=True))


def is_scene(image):
    wide, high = image.size
    return (
        is_near(image.getpixel((wide // 6, high // 6)), RED)
        and is_near(image.getpixel((wide - 10, high - 10)), BLUE)
        and is_near(image.getpixel((wide - 10, 10)), WHITE)
        and is_near(image.getpixel((10, high - 10)), WHITE)
    )


def bmp_of_runs():
    """A BMP of 8 bits packed by runs (RLE8), from below: 64 by 32, red over white."""
    pixels = b"\x40\x00\0\0" * 16 + b"\x40\x01\0\0" * 16 + b"\0\x01"
    palette = bytes([255, 255, 255, 0]) + bytes([30, 30, 220, 0])
    head = (40).to_bytes(4, "little") + (64).to_bytes(4, "little") + (32).to_bytes(4, "little")
    head += (1).to_bytes(2, "little") + (8).to_bytes(2, "little") + (1).to_bytes(4, "little")
    head += len(pixels).to_bytes(4, "little") + bytes(8) + (2).to_bytes(4, "little") + bytes(4)
    start = 14 + len(head) + len(palette)
    size = start + len(pixels)
    return (
        b"BM" + size.to_bytes(4, "little") + bytes(4) + start.to_bytes(4, "little")
        + head + palette + pixels
    )  # fmt: skip


TYPES = {
    "HEIF": "image/heic", "AVIF": "image/avif", "WEBP": "image/webp", "TIFF": "image/tiff",
    "BMP": "image/bmp", "GIF": "image/gif",
}  # fmt: skip


class TestKinds:
    @pytest.mark.parametrize("kind", TYPES)
    def test_shown_as_a_jpeg(self, kind):
        image, verdict, _ = shown(saved(scene(), kind))
        assert is_scene(image)
        assert image.size == SIZE
        assert verdict["type"] == TYPES[kind]
        assert verdict["pages"] == 1
        assert verdict["notes"] == []

    def test_a_photo_of_a_phone(self):
        image, verdict, _ = shown((CASES / "phone.heic").read_bytes())
        assert image.size == (2016, 1512)
        assert verdict["type"] == "image/heic"

    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "LA"])
    def test_tiff_of_every_colour(self, mode):
        picture = scene().quantize(8) if mode == "P" else scene(mode)
        image, *_ = shown(saved(picture, "TIFF"))
        assert image.size == SIZE
        if mode in {"P", "RGBA"}:
            assert is_scene(image)
        if mode == "CMYK":
            assert is_near(image.getpixel((20, 20)), RED)

    def test_grey_of_sixteen_bits(self):
        deep = Image.new("I;16", (8, 8), 0x8000)
        assert is_near(shown(saved(deep, "TIFF"))[0].getpixel((2, 2)), (128, 128, 128), 2)

    @pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
    def test_bmp_of_every_depth(self, mode):
        assert shown(saved(scene(mode), "BMP"))[0].size == SIZE

    def test_bmp_of_runs(self):
        image, *_ = shown(bmp_of_runs())
        assert is_near(image.getpixel((30, 4)), RED)
        assert is_near(image.getpixel((30, 28)), WHITE)

    def test_what_is_transparent_is_white(self):
        clear = Image.new("RGBA", SIZE, (0, 0, 0, 0))
        for kind in ("WEBP", "AVIF", "HEIF", "GIF", "TIFF"):
            assert is_near(shown(saved(clear, kind))[0].getpixel((9, 9)), WHITE, 3)

    def test_ten_bits_of_a_new_phone(self):
        pixel = b"\xff\xff\0\0\0\x80"
        deep = pillow_heif.from_bytes(mode="RGB;16", size=(64, 64), data=pixel * 64 * 64)
        out = io.BytesIO()
        deep.save(out)
        assert is_near(shown(out.getvalue())[0].getpixel((9, 9)), (255, 0, 127), 8)


class TestUpright:
    @pytest.mark.parametrize("kind", ["HEIF", "AVIF", "WEBP", "TIFF"])
    @pytest.mark.parametrize("orientation", [1, 3, 5, 6, 8])
    def test_turned_once_and_no_more(self, kind, orientation):
        stored = stored_turned(scene(), orientation)
        image, *_ = shown(saved(stored, kind, exif=turned_by(orientation).tobytes()))
        assert image.size == SIZE
        assert is_scene(image)
        assert not image.getexif()

    def test_nothing_of_the_phone_and_the_place_is_in_it(self):
        for kind in ("HEIF", "AVIF", "WEBP", "TIFF"):
            data = saved(scene(), kind, exif=turned_by(6).tobytes())
            assert b"A phone" in data
            _, _, made = shown(data)
            assert b"A phone" not in made
            assert b"Exif" not in made


class TestColours:
    def test_a_profile_becomes_srgb(self):
        """A profile whose red and blue stand in each other's place is told by what is shown."""
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        swapped = bytearray(srgb)
        at = {srgb[12 * n + 132 : 12 * n + 136]: 12 * n + 132 for n in range(srgb[131])}
        swapped[at[b"rXYZ"] : at[b"rXYZ"] + 4], swapped[at[b"bXYZ"] : at[b"bXYZ"] + 4] = (
            b"bXYZ",
            b"rXYZ",
        )
        for kind in ("HEIF", "AVIF", "WEBP", "TIFF"):
            image, *_ = shown(saved(scene(), kind, icc_profile=bytes(swapped)))
            red, _, blue = image.getpixel((20, 20))
            assert blue > red + 80, kind
            assert "icc_profile" not in image.info

    def test_a_profile_that_is_none_is_left_out(self):
        assert is_scene(shown(saved(scene(), "WEBP", icc_profile=b"nonsense" * 30))[0])


class TestSeveral:
    def test_the_first_of_a_moving_picture_and_it_is_said(self):
        others = [Image.new("RGB", SIZE, "black")]
        for kind in ("GIF", "WEBP", "PNG", "AVIF"):
            image, verdict, _ = shown(saved(scene(), kind, save_all=True, append_images=others))
            assert is_scene(image), kind
            assert verdict["notes"] == [["first_frame", {}]]

    def test_the_main_one_of_a_burst_and_it_is_said(self):
        burst = pillow_heif.from_pillow(Image.new("RGB", (90, 90), "black"))
        burst.add_from_pillow(scene())
        out = io.BytesIO()
        burst.save(out, primary_index=1)
        image, verdict, _ = shown(out.getvalue())
        assert is_scene(image)
        assert verdict["notes"] == [["main_picture", {"count": 2}]]


class TestPages:
    def pdf(self, data):
        verdict, made = check_program.look({}, data)
        assert verdict["rendition"] == "application/pdf"
        return verdict, pikepdf.open(io.BytesIO(made))

    def test_a_scan_in_black_and_white(self):
        verdict, pdf = self.pdf((CASES / "three-page-scan.tif").read_bytes())
        assert verdict["pages"] == len(pdf.pages) == 3
        picture = pdf.pages[0].obj.Resources.XObject.Picture
        assert (picture.Width, picture.Height) == (1240, 1754)
        assert picture.BitsPerComponent == 1
        # The file does not say how large its dots are: A4.
        assert [round(float(side)) for side in pdf.pages[0].mediabox[2:]] == [595, 842]

    def test_pages_of_several_sizes_and_colours(self):
        first = scene().resize((600, 400))
        others = [scene("L"), scene("1"), scene("CMYK"), scene("RGBA")]
        data = saved(first, "TIFF", save_all=True, append_images=others, dpi=(200, 200))
        _, pdf = self.pdf(data)
        widths = [float(page.mediabox[2]) for page in pdf.pages]
        assert widths == [216, *[pytest.approx(86.4)] * 4]

    def test_a_fax_has_oblong_dots(self):
        fax = Image.new("1", (1728, 1100), 1)
        data = saved(fax, "TIFF", save_all=True, append_images=[fax], dpi=(204, 98))
        _, pdf = self.pdf(data)
        wide, high = (float(side) for side in pdf.pages[0].mediabox[2:])
        assert wide / high == pytest.approx((1728 / 204) / (1100 / 98), abs=0.01)

    def test_no_more_than_a_file_may_have(self, monkeypatch):
        monkeypatch.setattr(picture_renditions, "PAGE_LIMIT", 2)
        pages = [Image.new("1", (9, 9))] * 2
        with pytest.raises(Refused, match="tiff_pages"):
            check_program.look({}, saved(pages[0], "TIFF", save_all=True, append_images=pages))

    def test_one_oblong_page_is_a_picture_of_square_dots(self):
        image, *_ = shown(saved(scene(size=(400, 200)), "TIFF", dpi=(200, 100)))
        assert image.size == (400, 400)


class TestLarge:
    def test_a_large_picture_is_shown_smaller_and_it_is_said(self):
        image, verdict, _ = shown(saved(scene(size=(4800, 3200)), "WEBP"))
        assert image.size == (4000, 2667)
        assert is_scene(image)
        assert verdict["notes"] == [["scaled", {}]]

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_the_largest_photos_of_phones_are_read_small(self, kind, monkeypatch):
        monkeypatch.setattr(picture_renditions, "SHOWN_PIXELS", 9_000_000)
        image, verdict, _ = shown(saved(scene(size=(9000, 3000)), kind))
        assert image.size == (4000, 1333)
        assert is_scene(image)
        assert verdict["type"] == f"image/{kind.lower()}"

    def test_beyond_that_it_is_refused_before_it_is_decoded(self, monkeypatch):
        monkeypatch.setattr(picture_renditions, "PIXEL_LIMIT", 1000)
        for kind in ("HEIF", "TIFF", "GIF", "PNG"):
            with pytest.raises(Refused, match="pixels"):
                check_program.look({}, saved(scene(), kind))


@pytest.mark.parametrize("kind", [*TYPES])
def test_half_a_file_is_refused(kind, monkeypatch):
    # As in the program: WeasyPrint, once loaded in a process, makes Pillow accept them.
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", False)
    data = saved(scene(size=(900, 700)), kind)
    with pytest.raises(Refused, match="broken_image"):
        check_program.look({}, data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "MPO"])
def test_what_everybody_shows_needs_none(kind):
    verdict, made = check_program.look({}, saved(scene(), kind))
    assert "rendition" not in verdict
    assert made == b""
