"""The measure of `seeing.py`: it passes a true copy, however it was made, and no other."""

import io

import pytest
from PIL import Image, ImageDraw, ImageOps

from documents.dossier import marks
from tests.documents.kinds import drawing
from tests.documents.seeing import A4, differences, on_sheet

SHEET = tuple(round(side) for side in A4)


def marked(image):
    """The picture under a real watermark."""
    source, out = io.BytesIO(), io.BytesIO()
    image.save(source, "PNG")
    source.seek(0)
    marks.mark_picture(source, "专家某　2026-11-24 16:33　仅供评审使用", out)
    return Image.open(out).convert("RGB")


def without(box, colour="white"):
    image = drawing()
    image.paste(colour, box)
    return image


@pytest.mark.parametrize(
    "copy",
    [
        drawing,
        lambda: marked(drawing()),
        lambda: drawing().resize((600, 840)),
        lambda: drawing().resize((160, 224), Image.Resampling.LANCZOS),
    ],
)
def test_a_true_copy_passes(copy):
    assert differences(drawing(), copy()) == []


@pytest.mark.parametrize(
    ("copy", "says"),
    [
        (lambda: Image.new("RGB", (300, 420), "white"), "lost"),
        (lambda: without((160, 160, 261, 241)), "lost"),  # the black block
        (lambda: without((40, 350, 91, 391)), "shifted"),  # the yellow one is no ink
        (lambda: without((40, 50, 141, 131), (0, 153, 51)), "shifted"),  # red became green
        (lambda: without((200, 350, 240, 390), "black"), "added"),
        (lambda: ImageOps.invert(drawing()), "lost"),
        (lambda: ImageOps.mirror(drawing()), "shifted"),
        (lambda: drawing().transpose(Image.Transpose.ROTATE_180), "lost"),
        (lambda: marked(without((160, 160, 261, 241))), "lost"),
    ],
)
def test_another_picture_does_not(copy, says):
    assert any(says in each for each in differences(drawing(), copy()))


def test_a_line_of_text_that_is_gone_is_told():
    text = Image.new("RGB", (297, 420), "white")
    ImageDraw.Draw(text).text((30, 40), "Certificate 8", fill="black", font_size=12)
    assert differences(text, Image.new("RGB", (297, 420), "white")) == ["100% of the ink is lost"]


def test_boxes_that_are_left_out_do_not_count():
    assert differences(drawing(), without((160, 160, 261, 241)), [(0.5, 0.36, 0.9, 0.6)]) == []


def test_a_page_is_found_on_its_sheet():
    sheet = Image.new("RGB", SHEET, "white")
    sheet.paste(drawing().resize((200, 280)), (190, 250))
    ImageDraw.Draw(sheet).text((480, 20), "1 / 9", fill="black")
    found = on_sheet(sheet, drawing(), (200, 280), is_picture=False)
    assert found.size == pytest.approx((200, 280), abs=2)
    assert differences(drawing(), found) == []
    # A page of A4 is the whole sheet; of a blank sheet nothing is shown.
    assert on_sheet(sheet, drawing(), A4, is_picture=False) is sheet
    blank = Image.new("RGB", SHEET, "white")
    assert on_sheet(blank, drawing(), (200, 280), is_picture=False) is None
