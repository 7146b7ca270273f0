"""An OFD page comes out as its producer drew it: seen in the pixels and the text of the PDF."""

import io
import struct
from itertools import pairwise

import pypdfium2
import pytest
from PIL import Image

from applications.files.ofd.document import rendition_of
from applications.files.program_bounds import Refused
from tests.applications.files.ofd.samples import (
    font,
    image,
    layer,
    members_of,
    ofd,
    packed,
    path,
    picture,
    square,
    text,
    xml,
)

WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (255, 0, 0)
FONT = ("f", "宋体", None)
BLOCKS = ("f", "Blocks", font())
SCALE = 4  # pixels a millimetre


class Seen:
    """The pages of a PDF as a reader shows them."""

    def __init__(self, data):
        self.seen, self.data = rendition_of(data)
        self.pdf = pypdfium2.PdfDocument(self.data)

    def at(self, x, y, page=0):
        """Return the colour at a place in millimetres from the upper left corner."""
        if not hasattr(self, "pictures"):
            self.pictures = {}
        if page not in self.pictures:
            drawn = self.pdf[page].render(scale=SCALE * 25.4 / 72)
            self.pictures[page] = drawn.to_pil().convert("RGB")
        return self.pictures[page].getpixel((int(x * SCALE), int(y * SCALE)))

    def text(self, page=0):
        """Return the text without the blanks that a reader guesses where characters are apart."""
        return "".join(self.pdf[page].get_textpage().get_text_range().split())

    def lefts(self, page=0):
        """Return where each character begins, in millimetres."""
        words = self.pdf[page].get_textpage()
        drawn = [n for n, c in enumerate(words.get_text_range()) if not c.isspace()]
        return [round(words.get_charbox(n)[0] * 25.4 / 72, 1) for n in drawn]


class TestText:
    def test_it_can_be_searched_and_copied(self):
        assert Seen(ofd(text("技能大师", steps="g 3 10"), fonts=[FONT])).text() == "技能大师"

    def test_each_character_stands_where_its_step_says(self):
        words = text("甲乙甲乙", steps="g 2 20 15")
        assert Seen(ofd(words, fonts=[BLOCKS])).lefts() == [10, 30, 50, 65]

    def test_the_last_step_serves_for_all_that_follow(self):
        assert Seen(ofd(text("甲乙甲", steps="20"), fonts=[BLOCKS])).lefts() == [10, 30, 50]

    def test_without_steps_the_font_says_how_far(self):
        assert Seen(ofd(text("甲乙甲"), fonts=[BLOCKS])).lefts() == [10, 20, 30]

    def test_a_line_can_run_down(self):
        words = text("甲乙", inside=' DeltaX="0" DeltaY="20"')
        seen = Seen(ofd(words, fonts=[BLOCKS]))
        assert (seen.at(15, 15), seen.at(15, 38), seen.at(15, 32)) == (BLACK, BLACK, WHITE)

    def test_line_breaks_and_indents_of_the_file_are_no_text(self):
        words = text("\n\t\t甲乙\n\t", steps="20")
        assert Seen(ofd(words, fonts=[BLOCKS])).text() == "甲乙"

    def test_the_fonts_in_the_file_draw_it(self):
        seen = Seen(ofd(text("甲乙", steps="20"), fonts=[BLOCKS]))
        assert seen.at(15, 11) == BLACK  # 甲 is a full block
        assert (seen.at(35, 11), seen.at(35, 17)) == (WHITE, BLACK)  # 乙 half as high
        assert "font" not in seen.seen["missing"]

    def test_what_the_font_in_the_file_has_not_is_drawn_by_the_portals(self):
        seen = Seen(ofd(text("甲丙", steps="20"), fonts=[BLOCKS]))
        assert seen.text() == "甲丙"
        assert seen.seen["missing"] == {}

    def test_a_broken_font_is_counted_and_its_text_is_drawn(self):
        seen = Seen(ofd(text("甲"), fonts=[("f", "宋体", b"\0\1\0\0 no font")]))
        assert seen.text() == "甲"
        assert seen.seen["missing"] == {"font": 1}

    def test_a_character_that_no_font_has_is_counted(self):
        assert Seen(ofd(text("甲\u0e24"), fonts=[BLOCKS])).seen["missing"] == {"character": 1}

    def test_glyphs_by_their_numbers_keep_their_characters(self):
        numbers = '<ofd:CGTransform CodePosition="1"><ofd:Glyphs>1</ofd:Glyphs></ofd:CGTransform>'
        seen = Seen(ofd(text("乙丙", steps="20", before=numbers), fonts=[BLOCKS]))
        assert seen.text() == "乙丙"
        assert (seen.at(15, 11), seen.at(35, 11)) == (WHITE, BLACK)  # glyph 1 is the full block

    def test_one_glyph_for_two_characters_is_two_when_copied(self):
        numbers = (
            '<ofd:CGTransform CodePosition="0" CodeCount="2" GlyphCount="1">'
            "<ofd:Glyphs>1</ofd:Glyphs></ofd:CGTransform>"
        )
        seen = Seen(ofd(text("fi乙", steps="20", before=numbers), fonts=[BLOCKS]))
        assert seen.text() == "fi乙"
        assert (seen.at(15, 11), seen.at(35, 17)) == (BLACK, BLACK)

    def test_glyph_numbers_of_a_font_that_is_not_there_draw_no_others(self):
        """Numbers mean nothing in another font: the characters themselves are drawn."""
        numbers = (
            '<ofd:CGTransform CodePosition="0" CodeCount="2" GlyphCount="1">'
            "<ofd:Glyphs>191</ofd:Glyphs></ofd:CGTransform>"
        )
        seen = Seen(ofd(text("fi乙", steps="20", before=numbers), fonts=[FONT]))
        assert seen.text() == "fi乙"

    def test_it_is_turned_and_scaled_by_its_matrix(self):
        words = text("甲", (50, 50), more=' CTM="0 1 -1 0 0 0"')
        seen = Seen(ofd(words, fonts=[BLOCKS]))
        # A quarter clockwise about the corner of its box, (50, 40): the block lies left of it.
        assert (seen.at(45, 45), seen.at(55, 45)) == (BLACK, WHITE)

    def test_characters_lie_on_their_side(self):
        seen = Seen(ofd(text("乙", (40, 40), more=' CharDirection="90"'), fonts=[BLOCKS]))
        # From (40, 40) it runs down, its upper side to the right.
        assert (seen.at(42, 45), seen.at(48, 45), seen.at(45, 35)) == (BLACK, WHITE, WHITE)

    def test_wide_glyphs_of_ours_do_not_cover_the_next(self):
        narrow = Seen(ofd(text("WWWW", steps="g 3 5"), fonts=[FONT]))
        assert narrow.text() == "WWWW"
        boxes = [narrow.pdf[0].get_textpage().get_charbox(n) for n in range(4)]
        assert all(one[2] <= other[0] + 0.5 for one, other in pairwise(boxes))

    def test_invisible_text_is_not_drawn(self):
        seen = Seen(ofd(text("甲", more=' Visible="false"'), fonts=[BLOCKS]))
        assert seen.at(15, 15) == WHITE


class TestPaths:
    def test_a_box_and_a_matrix_place_it(self):
        mark = square(20, 30, 10, more=' CTM="0.5 0 0 0.5 0 0"')
        seen = Seen(ofd(mark))
        assert (seen.at(22, 32), seen.at(28, 38), seen.at(18, 28)) == (BLACK, WHITE, WHITE)

    def test_what_is_beyond_its_box_is_cut_off(self):
        mark = path(
            "M 0 0 L 80 0 L 80 80 L 0 80 C",
            box=(10, 10, 20, 20),
            more=' Fill="true" Stroke="false"',
            inside='<ofd:FillColor Value="0 0 0"/>',
        )
        seen = Seen(ofd(mark))
        assert (seen.at(25, 25), seen.at(50, 50)) == (BLACK, WHITE)

    def test_a_line_whose_box_has_no_height_is_drawn(self):
        seen = Seen(ofd(path("M 0 0 L 50 0", box=(10, 20, 50, 0), more=' LineWidth="2"')))
        assert seen.at(30, 20) == BLACK

    def test_curves_of_every_kind(self):
        filled = ' Fill="true" Stroke="false"'
        ink = '<ofd:FillColor Value="0 0 0"/>'
        circle = "M 0 10 A 10 10 0 1 1 20 10 A 10 10 0 1 1 0 10 C"
        seen = Seen(
            ofd(
                path(circle, box=(10, 10, 20, 20), more=filled, inside=ink)
                + path("M 0 20 Q 10 -20 20 20 C", box=(40, 10, 20, 20), more=filled, inside=ink)
                + path("M 0 20 B 0 -6 20 -6 20 20 C", box=(70, 10, 20, 20), more=filled, inside=ink)
            )
        )
        assert seen.at(20, 20) == seen.at(50, 22) == seen.at(80, 15) == BLACK
        assert seen.at(11, 11) == seen.at(41, 12) == seen.at(71, 11) == WHITE

    @pytest.mark.parametrize(("rule", "colour"), [("NonZero", BLACK), ("Even-Odd", WHITE)])
    def test_what_is_inside_by_each_rule(self, rule, colour):
        rings = "M 0 0 L 40 0 L 40 40 L 0 40 C M 10 10 L 30 10 L 30 30 L 10 30 C"
        mark = path(
            rings,
            box=(10, 10, 40, 40),
            more=f' Fill="true" Stroke="false" Rule="{rule}"',
            inside='<ofd:FillColor Value="0 0 0"/>',
        )
        assert Seen(ofd(mark)).at(30, 30) == colour

    def test_fill_without_a_colour_fills_nothing(self):
        mark = path("M 0 0 L 20 0 L 20 20 C", more=' Fill="true" Stroke="false"')
        assert Seen(ofd(mark)).at(15, 5) == WHITE

    def test_dashes(self):
        line = path("M 0 10 L 90 10", more=' LineWidth="4" DashPattern="20 20"')
        seen = Seen(ofd(line))
        assert (seen.at(10, 10), seen.at(30, 10), seen.at(50, 10)) == (BLACK, WHITE, BLACK)

    def test_drawing_parameters_follow_each_other(self):
        resources = (
            '<ofd:DrawParams><ofd:DrawParam ID="d1" LineWidth="6">'
            '<ofd:StrokeColor Value="255 0 0"/></ofd:DrawParam>'
            '<ofd:DrawParam ID="d2" Relative="d1"/></ofd:DrawParams>'
        )
        line = path("M 0 10 L 90 10", more=' DrawParam="d2"')
        seen = Seen(ofd(line, resources=resources))
        assert (seen.at(50, 12), seen.at(50, 14)) == (RED, WHITE)

    def test_clips_cut_what_is_drawn(self):
        clips = (
            '<ofd:Clips><ofd:Clip><ofd:Area CTM="2 0 0 2 0 0"><ofd:Path Boundary="5 5 10 10">'
            "<ofd:AbbreviatedData>M 0 0 L 5 0 L 5 5 L 0 5 C</ofd:AbbreviatedData>"
            "</ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>"
        )
        seen = Seen(ofd(square(0, 0, 60, inside=clips + '<ofd:FillColor Value="0 0 0"/>')))
        assert (seen.at(15, 15), seen.at(25, 25), seen.at(5, 5)) == (BLACK, WHITE, WHITE)


class TestColours:
    @pytest.mark.parametrize(
        ("value", "space", "colour"),
        [
            ("255 0 0", "", RED),
            ("#FF #0 #0", "", RED),
            ("0", "", BLACK),
            ("0 255 255 0", ' ColorSpace="cmyk"', (237, 28, 36)),
        ],
    )
    def test_by_their_values(self, value, space, colour):
        resources = '<ofd:ColorSpaces><ofd:ColorSpace ID="cmyk" Type="CMYK"/></ofd:ColorSpaces>'
        fill = f'<ofd:FillColor Value="{value}"{space}/>'
        found = Seen(ofd(square(10, 10, 30, inside=fill), resources=resources)).at(20, 20)
        assert all(abs(one - other) < 40 for one, other in zip(found, colour, strict=True))

    def test_by_their_place_in_a_palette(self):
        resources = (
            '<ofd:ColorSpaces><ofd:ColorSpace ID="c" Type="RGB"><ofd:Palette><ofd:CV>0 0 0</ofd:CV>'
            "<ofd:CV>255 0 0</ofd:CV></ofd:Palette></ofd:ColorSpace></ofd:ColorSpaces>"
        )
        fill = '<ofd:FillColor ColorSpace="c" Index="1"/>'
        assert Seen(ofd(square(10, 10, 30, inside=fill), resources=resources)).at(20, 20) == RED

    def test_half_covered(self):
        fill = '<ofd:FillColor Value="0 0 0" Alpha="128"/>'
        found = Seen(ofd(square(10, 10, 30, inside=fill))).at(20, 20)
        assert 110 < found[0] < 145

    def test_running_from_one_to_another(self):
        fill = (
            '<ofd:FillColor><ofd:AxialShd StartPoint="0 0" EndPoint="80 0">'
            '<ofd:Segment Position="0"><ofd:Color Value="0 0 0"/></ofd:Segment>'
            '<ofd:Segment Position="1"><ofd:Color Value="255 255 255"/></ofd:Segment>'
            "</ofd:AxialShd></ofd:FillColor>"
        )
        seen = Seen(ofd(square(0, 0, 80, inside=fill)))
        assert seen.at(5, 40)[0] < 40 < 100 < seen.at(40, 40)[0] < 160 < seen.at(75, 40)[0]

    def test_a_pattern_is_counted(self):
        fill = "<ofd:FillColor><ofd:Pattern/></ofd:FillColor>"
        assert Seen(ofd(square(0, 0, 9, inside=fill))).seen["missing"] == {"pattern": 1}


def jbig2(width, height):
    """Return a black picture as a JBIG2 file: its one region packed as in a fax (T.6)."""
    out = io.BytesIO()
    Image.new("1", (width, height), 0).save(out, "TIFF", compression="group4", strip_size=1 << 20)
    with Image.open(io.BytesIO(out.getvalue())) as tiff:
        (start,), (length,) = tiff.tag_v2[273], tiff.tag_v2[279]
        is_inverted = tiff.tag_v2[262] == 1
    packed_bits = out.getvalue()[start : start + length]
    region = struct.pack(">IIIIB", width, height, 0, 0, 0) + b"\1" + packed_bits
    page = struct.pack(">IIIIBH", width, height, 0, 0, 0, 0)
    segments = b"".join(
        struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data
        for number, (kind, data) in enumerate([(48, page), (38, region), (49, b""), (51, b"")])
    )
    return b"\x97JB2\r\n\x1a\n\x01" + struct.pack(">I", 1) + segments, is_inverted


class TestPictures:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF"])
    def test_of_every_kind(self, kind):
        seen = Seen(ofd(image("i", (10, 10, 30, 20)), media=[("i", "x", picture(kind))]))
        red = seen.at(25, 25)
        assert red[0] > 240 > 20 > red[1]
        assert (seen.at(45, 20), seen.at(25, 35)) == (WHITE, WHITE)

    def test_its_upper_side_is_up(self):
        out = io.BytesIO()
        two = Image.new("RGB", (10, 10), "white")
        two.paste((255, 0, 0), (0, 0, 10, 5))
        two.save(out, "PNG")
        seen = Seen(ofd(image("i", (10, 10, 40, 40)), media=[("i", "png", out.getvalue())]))
        assert (seen.at(30, 20), seen.at(30, 40)) == (RED, WHITE)

    def test_what_is_transparent_shows_what_lies_under_it(self):
        clear = picture(colour=(255, 0, 0, 0), mode="RGBA")
        page = square(0, 0, 90) + image("i", (10, 10, 30, 30))
        assert Seen(ofd(page, media=[("i", "png", clear)])).at(20, 20) == BLACK

    def test_black_and_white_as_jbig2(self):
        data, is_inverted = jbig2(64, 64)
        seen = Seen(ofd(image("i", (10, 10, 30, 30)), media=[("i", "jb2", data)]))
        assert seen.seen["missing"] == {}
        assert seen.at(25, 25) == (WHITE if is_inverted else BLACK)

    def test_one_that_is_not_there_or_broken_is_counted(self):
        page = image("no", (10, 10, 30, 30)) + image("i", (50, 10, 30, 30))
        assert Seen(ofd(page, media=[("i", "png", b"no picture")])).seen["missing"] == {
            "picture": 2
        }


class TestPages:
    def test_templates_lie_behind_and_in_front(self):
        page = (
            '<ofd:Template TemplateID="t1" ZOrder="Foreground"/>'
            '<ofd:Template TemplateID="t0" ZOrder="Background"/>'
            f"<ofd:Content>{layer(square(30, 0, 40, '0 255 0'))}</ofd:Content>"
        )
        behind, front = square(0, 0, 50, "255 0 0"), square(60, 0, 30, "0 0 255")
        seen = Seen(ofd(page, templates=[behind, front]))
        assert seen.at(10, 10) == RED
        assert seen.at(40, 10) == (0, 255, 0)
        assert seen.at(65, 10) == (0, 0, 255)

    def test_annotations_lie_on_top(self):
        annotation = (
            '<ofd:Annot ID="1" Type="Stamp"><ofd:Appearance Boundary="20 20 30 30">'
            f"{square(0, 0, 30, '255 0 0')}</ofd:Appearance></ofd:Annot>"
            '<ofd:Annot ID="2" Type="Stamp" Visible="false"><ofd:Appearance Boundary="60 20 30 30">'
            f"{square(0, 0, 30, '255 0 0')}</ofd:Appearance></ofd:Annot>"
        )
        seen = Seen(ofd(square(0, 0, 90, "0 0 0"), annotations=[(0, annotation)]))
        assert (seen.at(30, 30), seen.at(70, 30)) == (RED, BLACK)

    def test_composite_units_are_drawn_wherever_they_stand(self):
        resources = (
            '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="u" Width="9" Height="9">'
            f"<ofd:Content>{square(0, 0, 10)}</ofd:Content></ofd:CompositeGraphicUnit>"
            "</ofd:CompositeGraphicUnits>"
        )
        uses = "".join(
            f'<ofd:CompositeObject ResourceID="u" Boundary="{x} 10 20 20" CTM="2 0 0 2 0 0"/>'
            for x in (10, 60)
        )
        seen = Seen(ofd(uses, resources=resources))
        assert seen.at(28, 28) == seen.at(78, 28) == BLACK
        assert seen.at(45, 20) == WHITE

    def test_a_page_has_the_size_that_it_says(self):
        area = "<ofd:Area><ofd:PhysicalBox>10 20 210 140</ofd:PhysicalBox></ofd:Area>"
        page = f"{area}<ofd:Content>{layer(square(10, 20, 10))}</ofd:Content>"
        seen = Seen(ofd(page))
        width, height = seen.pdf[0].get_size()
        assert (round(width * 25.4 / 72), round(height * 25.4 / 72)) == (210, 140)
        assert (seen.at(5, 5), seen.at(15, 15)) == (BLACK, WHITE)

    def test_several_documents_follow_each_other(self):
        first, second = (
            members_of(text("甲"), fonts=[BLOCKS]),
            members_of(text("乙"), fonts=[BLOCKS]),
        )
        second = {name.replace("Doc_0", "Doc_1"): each for name, each in second.items()}
        bodies = "".join(
            f"<ofd:DocBody><ofd:DocRoot>Doc_{n}/Document.xml</ofd:DocRoot></ofd:DocBody>"
            for n in (0, 1)
        )
        seen = Seen(packed({**second, **first, "OFD.xml": xml("OFD", bodies)}))
        assert [seen.text(page) for page in range(2)] == ["甲", "乙"]

    def test_locations_with_strokes_the_other_way_and_other_case(self):
        members = members_of(text("甲"), fonts=[BLOCKS])
        page = members.pop("Doc_0/Pages/Page_0/Content.xml")
        members["doc_0\\pages\\page_0\\content.XML"] = page
        assert Seen(packed(members)).text() == "甲"

    def test_names_whose_prefix_stands_for_nothing(self):
        members = members_of(text("甲"), fonts=[BLOCKS])
        name = "Doc_0/Pages/Page_0/Content.xml"
        members[name] = members[name].replace(' xmlns:ofd="http://www.ofdspec.org/2016"', "")
        assert Seen(packed(members)).text() == "甲"

    def test_the_same_file_gives_the_same_bytes(self):
        data = ofd(text("技能大师", steps="g 3 10"), fonts=[FONT])
        assert rendition_of(data)[1] == rendition_of(data)[1]

    def test_media_and_attachments_are_counted(self):
        listing = xml("Attachments", '<ofd:Attachment ID="1"/><ofd:Attachment Visible="false"/>')
        members = members_of(
            '<ofd:VideoObject Boundary="0 0 1 1"/>',
            more="<ofd:Attachments>Attachments.xml</ofd:Attachments>",
        )
        seen = Seen(packed({**members, "Doc_0/Attachments.xml": listing})).seen
        assert (seen["missing"], seen["attachments"]) == ({"media": 1}, 1)


class TestBounds:
    def refused(self, data):
        with pytest.raises(Refused) as refusal:
            rendition_of(data)
        return str(refusal.value)

    def test_a_unit_that_draws_itself(self):
        resources = (
            '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="u"><ofd:Content>'
            '<ofd:CompositeObject ResourceID="u" Boundary="0 0 9 9"/></ofd:Content>'
            "</ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
        )
        use = '<ofd:CompositeObject ResourceID="u" Boundary="0 0 9 9"/>'
        assert self.refused(ofd(use, resources=resources)) == "ofd_objects"

    def test_units_that_multiply(self, monkeypatch):
        monkeypatch.setattr("applications.files.ofd.drawing.OBJECT_LIMIT", 1000)
        units = "".join(
            f'<ofd:CompositeGraphicUnit ID="u{n}"><ofd:Content>'
            + f'<ofd:CompositeObject ResourceID="u{n + 1}" Boundary="0 0 9 9"/>' * 10
            + "</ofd:Content></ofd:CompositeGraphicUnit>"
            for n in range(4)
        )
        use = '<ofd:CompositeObject ResourceID="u0" Boundary="0 0 9 9"/>'
        resources = f"<ofd:CompositeGraphicUnits>{units}</ofd:CompositeGraphicUnits>"
        assert self.refused(ofd(use, resources=resources)) == "ofd_objects"

    def test_entities(self):
        members = members_of(text("甲"), fonts=[BLOCKS])
        name = "Doc_0/Pages/Page_0/Content.xml"
        members[name] = members[name].replace(
            "<ofd:Page", '<!DOCTYPE p [<!ENTITY e "甲">]><ofd:Page', 1
        )
        assert self.refused(packed(members)) == "ofd_active"

    def test_more_than_may_be_unpacked(self, monkeypatch):
        monkeypatch.setattr("applications.files.ofd.container.UNPACKED_LIMIT", 10_000)
        data = ofd(image("i", (0, 0, 9, 9)), media=[("i", "png", bytes(20_000))])
        assert self.refused(data) == "ofd_bomb"

    def test_no_pages_and_too_many(self, monkeypatch):
        assert self.refused(ofd()) == "ofd_no_pages"
        monkeypatch.setattr("applications.files.ofd.document.PAGE_LIMIT", 2)
        assert self.refused(ofd("", "", "")) == "ofd_pages"

    @pytest.mark.parametrize("name", ["OFD.xml", "Doc_0/Document.xml"])
    def test_what_is_not_all_there(self, name):
        members = members_of(text("甲"))
        del members[name]
        assert self.refused(packed(members)) == "broken_ofd"
        assert self.refused(packed({**members, name: "no XML"})) == "broken_ofd"

    def test_a_page_that_is_cut_off_is_drawn_as_far_as_it_goes_and_said(self):
        members = members_of(text("甲") + text("乙", (10, 60)), fonts=[BLOCKS])
        name = "Doc_0/Pages/Page_0/Content.xml"
        members[name] = members[name][:-60]
        seen = Seen(packed(members))
        assert seen.text().startswith("甲")
        assert seen.seen["missing"]["xml"] == 1
