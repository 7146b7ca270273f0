"""What keeps an uploaded page out of a PDF for the archive."""

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import ImageCms

from documents.dossier import archive_checks
from documents.dossier.archive_checks import COLOUR, DRAWING, FONT, PACKING, UNKNOWN, hindrances


def page_of(pdf, commands=b"0 0 9 9 re f", **resources):
    """Add a page that draws these commands with these resources."""
    page = pdf.add_blank_page(page_size=(595, 842))
    page.Contents = pikepdf.Stream(pdf, commands)
    page.Resources = Dictionary(**resources)
    return page


def picture(pdf, colours=Name.DeviceRGB, packing=None, **keys):
    """Return a picture of one point."""
    made = pikepdf.Stream(pdf, b"\0\0\0", Type=Name.XObject, Subtype=Name.Image)
    made.Width = made.Height = 1
    made.BitsPerComponent, made.ColorSpace = 8, colours
    if packing:
        made.Filter = packing
    for key, value in keys.items():
        made[f"/{key}"] = value
    return made


def test_a_scan_passes():
    with pikepdf.new() as pdf:
        page_of(pdf, b"q 1 0 0 1 0 0 cm /I Do Q", XObject=Dictionary(I=picture(pdf)))
        assert hindrances(pdf) == []


@pytest.mark.parametrize(
    "commands",
    [b"0 0 0 1 k 0 0 9 9 re f", b"0 0 0 1 K", b"BI /CS /CMYK ID x EI", b"1 0 0 0 k/A Do"],
)
def test_colours_of_a_press_are_found_among_the_commands(commands):
    with pikepdf.new() as pdf:
        page_of(pdf, commands)
        assert hindrances(pdf) == [COLOUR]


@pytest.mark.parametrize(
    "space",
    [
        Name.DeviceCMYK,
        Array([Name.Indexed, Name.DeviceCMYK, 0, b"\0\0\0\0"]),
        Array([Name.Separation, Name.Spot, Name.DeviceCMYK, Dictionary()]),
        Array([Name.Pattern, Name.DeviceCMYK]),
    ],
    ids=["plain", "indexed", "spot", "pattern"],
)
def test_and_in_pictures_and_colour_spaces(space):
    with pikepdf.new() as pdf:
        page_of(pdf, XObject=Dictionary(I=picture(pdf, space)))
        page_of(pdf, ColorSpace=Dictionary(C=space))
        assert hindrances(pdf) == [COLOUR]


def test_what_is_drawn_within_a_drawing_is_found():
    with pikepdf.new() as pdf:
        inner = pikepdf.Stream(pdf, b"0 0 0 1 k", Type=Name.XObject, Subtype=Name.Form)
        outer = pikepdf.Stream(pdf, b"/F Do", Type=Name.XObject, Subtype=Name.Form)
        outer.Resources = Dictionary(XObject=Dictionary(F=inner))
        page_of(pdf, b"/F Do", XObject=Dictionary(F=outer))
        assert hindrances(pdf) == [COLOUR]


@pytest.mark.parametrize("packing", [Name.LZWDecode, Name.JPXDecode])
def test_packings_are_found(packing):
    with pikepdf.new() as pdf:
        page_of(pdf, XObject=Dictionary(I=picture(pdf, packing=packing)))
        assert hindrances(pdf) == [PACKING]


@pytest.mark.parametrize(
    "state",
    [Dictionary(TR=Name.Identity), Dictionary(TR2=Name.Identity), Dictionary(BM=Name.Strange)],
    ids=["transfer", "transfer 2", "blending"],
)
def test_settings_are_found(state):
    with pikepdf.new() as pdf:
        page_of(pdf, ExtGState=Dictionary(G=state))
        assert hindrances(pdf) == [DRAWING]


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        (b"BI /W 1 /H 1 /BPC 8 /CS /G /I true ID a EI", DRAWING),
        (b"BI /W 1 /H 1 /BPC 8 /CS /G /F /LZW ID a EI", PACKING),
        (b"BI /W 1 /H 1 /BPC 8 /C#53 /#43MYK ID abcd EI", COLOUR),
        (b"/Device#43MYK cs 0 0 0 1 sc", COLOUR),
        (b"1 2 strange", DRAWING),
        (b"BX 1 2 strange EX", DRAWING),
        (b"/Strange ri", DRAWING),
        (b"BT (a) Tj ET", FONT),
        (b"0 0 m " * 400_000, UNKNOWN),
    ],
)
def test_among_the_commands_names_are_read_as_a_viewer_reads_them(commands, reason):
    with pikepdf.new() as pdf:
        page_of(pdf, commands)
        assert hindrances(pdf) == [reason]


@pytest.mark.parametrize(
    "commands",
    [
        b"q BI /W 1 /H 1 /BPC 8 /CS /G /F /AHx ID 00> EI Q /Perceptual ri",
        b"/Artifact <</K (0 0 0 1 k /LZW)>> BDC 0 0 9 9 re f EMC",
    ],
)
def test_what_may_stand_among_the_commands_passes(commands):
    with pikepdf.new() as pdf:
        page_of(pdf, commands)
        assert hindrances(pdf) == []


def test_pieces_of_a_page_are_read_as_one():
    with pikepdf.new() as pdf:
        page = page_of(pdf)
        page.Contents = Array(
            [pdf.make_stream(b"/DeviceRGB cs 0 0"), pdf.make_stream(b"1 sc 0 0 9 9 re f")]
        )
        assert hindrances(pdf) == []


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"Intent": Name.Strange}, DRAWING),
        ({"OPI": Dictionary()}, DRAWING),
        ({"Interpolate": True}, DRAWING),
    ],
)
def test_what_a_picture_says_of_itself_is_read(keys, reason):
    with pikepdf.new() as pdf:
        page_of(pdf, XObject=Dictionary(I=picture(pdf, **keys)))
        assert hindrances(pdf) == [reason]


@pytest.mark.parametrize("key", ["Mask", "SMask"])
def test_a_mask_is_a_picture_too(key):
    with pikepdf.new() as pdf:
        mask = pdf.make_stream(b"x", Filter=Name.JPXDecode)
        page_of(pdf, XObject=Dictionary(I=picture(pdf, **{key: mask})))
        assert hindrances(pdf) == [PACKING]


def test_the_colours_of_a_page_as_a_whole_are_found():
    with pikepdf.new() as pdf:
        page_of(pdf).Group = Dictionary(S=Name.Transparency, CS=Name.DeviceCMYK)
        assert hindrances(pdf) == [COLOUR]


def test_the_settings_of_a_pattern_are_found():
    with pikepdf.new() as pdf:
        shading = Dictionary(ShadingType=2, ColorSpace=Name.DeviceRGB)
        state = Dictionary(TR=Name.Identity)
        pattern = Dictionary(PatternType=2, Shading=shading, ExtGState=state)
        page_of(pdf, Pattern=Dictionary(P=pattern))
        assert hindrances(pdf) == [DRAWING]


def test_a_drawing_in_another_file_is_found():
    with pikepdf.new() as pdf:
        drawing = pikepdf.Stream(pdf, b"", Type=Name.XObject, Subtype=Name.Form)
        drawing.Ref = Dictionary(F=pikepdf.String("a.pdf"))
        page_of(pdf, XObject=Dictionary(F=drawing))
        assert hindrances(pdf) == [DRAWING]


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        (lambda data: data, []),
        (lambda _: b"garbage", [UNKNOWN]),
        (lambda data: data[:200], [UNKNOWN]),
        (lambda data: data[:16] + b"GRAY" + data[20:], [UNKNOWN]),
        (lambda data: data[:16] + b"CMYK" + data[20:], [COLOUR]),
    ],
    ids=["whole", "none", "cut off", "of one colour", "of a press"],
)
def test_a_profile_is_looked_at(change, reasons):
    whole = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with pikepdf.new() as pdf:
        profile = pdf.make_stream(change(whole), N=3)
        page_of(pdf, XObject=Dictionary(I=picture(pdf, Array([Name.ICCBased, profile]))))
        assert hindrances(pdf) == reasons


@pytest.mark.parametrize(
    "space", [Array([Name.DeviceN, Array([Name.A]), Name.DeviceRGB, Dictionary()]), Name.Strange]
)
def test_colours_that_nobody_can_judge_are_not_vouched_for(space):
    with pikepdf.new() as pdf:
        page_of(pdf, ColorSpace=Dictionary(C=space))
        assert hindrances(pdf) == [UNKNOWN]


def test_a_font_is_never_vouched_for():
    with pikepdf.new() as pdf:
        page_of(pdf, Font=Dictionary(F=Dictionary(Type=Name.Font)))
        assert hindrances(pdf) == [FONT]


def test_what_cannot_be_judged_is_not_vouched_for():
    with pikepdf.new() as pdf:
        page = page_of(pdf)
        page.Contents = pikepdf.Stream(pdf, b"x\x9cnot deflated", Filter=Name.FlateDecode)
        page_of(pdf, Shading=Dictionary(S=pikepdf.Array([])))
        assert hindrances(pdf) == [UNKNOWN]


def test_drawings_in_a_circle_end():
    """A mask that draws itself, and a drawing that draws itself, each looked at once."""
    with pikepdf.new() as pdf:
        drawing = pdf.make_indirect(
            pikepdf.Stream(pdf, b"/F Do", Type=Name.XObject, Subtype=Name.Form)
        )
        state = pdf.make_indirect(Dictionary(SMask=Dictionary(G=drawing)))
        drawing.Resources = Dictionary(XObject=Dictionary(F=drawing), ExtGState=Dictionary(G=state))
        page_of(pdf, b"/G gs", ExtGState=Dictionary(G=state))
        assert hindrances(pdf) == []


def test_no_picture_is_smoothed_or_has_another_in_its_place():
    with pikepdf.new() as pdf:
        page = page_of(
            pdf,
            XObject=Dictionary(
                I=pdf.make_indirect(picture(pdf, Interpolate=True, Alternates=Array([])))
            ),
        )
        archive_checks.smooth_nothing(pdf)
        assert not {"/Interpolate", "/Alternates"} & set(page.Resources.XObject.I.keys())
