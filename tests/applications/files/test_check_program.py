"""What an upload is, and what it would cost to open."""

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Stream, String

from applications.files import check_program
from applications.files.program_bounds import Refused


def saved(pdf):
    out = io.BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()


def sharing(pages, size):
    """Return a PDF whose pages share one content of so many bytes."""
    pdf = pikepdf.new()
    content = pdf.make_indirect(Stream(pdf, b"%" * size))
    for _ in range(pages):
        pdf.add_blank_page()
        pdf.pages[-1].Contents = content
    return pdf


def drawing(pdf, size, **inside):
    return pdf.make_indirect(
        Stream(
            pdf,
            b"%" * size,
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, 1, 1]),
            Resources=Dictionary(XObject=Dictionary(**inside)),
        )
    )


class TestCost:
    @pytest.fixture(autouse=True)
    def small(self, monkeypatch):
        monkeypatch.setattr(check_program, "DRAWN_LIMIT", 10_000)

    def test_what_pages_share_counts_for_each(self):
        assert check_program.look({}, saved(sharing(9, 1000)))[0]["pages"] == 9
        with pytest.raises(Refused, match="drawn"):
            check_program.look({}, saved(sharing(11, 1000)))

    def test_a_drawing_counts_wherever_it_is_drawn(self):
        pdf = sharing(1, 10)
        inner = drawing(pdf, 1000)
        middle = drawing(pdf, 0, **{f"D{number}": inner for number in range(4)})
        outer = drawing(pdf, 0, **{f"D{number}": middle for number in range(4)})
        pdf.pages[0].Resources = Dictionary(XObject=Dictionary(Outer=outer))
        with pytest.raises(Refused, match="drawn"):
            check_program.look({}, saved(pdf))

    def test_resources_that_the_page_tree_gives_count_too(self):
        pdf = sharing(2, 10)
        shared = Dictionary(XObject=Dictionary(Big=drawing(pdf, 6000)))
        for page in pdf.pages:
            del page.obj["/Resources"]
        pdf.Root.Pages.Resources = shared
        with pytest.raises(Refused, match="drawn"):
            check_program.look({}, saved(pdf))

    def test_a_drawing_that_draws_itself_is_counted_once(self):
        pdf = sharing(1, 10)
        loop = drawing(pdf, 1000)
        loop.Resources.XObject.Again = loop
        pdf.pages[0].Resources = Dictionary(XObject=Dictionary(Loop=loop))
        assert check_program.look({}, saved(pdf))[0]["pages"] == 1


def signed(*links):
    """Return a PDF that says of itself that it is signed, with links to these addresses."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    value = Dictionary(Type=Name.Sig, ByteRange=Array([0, 1, 2, 3]), Contents=String("x"))
    field = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        FT=Name.Sig,
        V=pdf.make_indirect(value),
        Rect=Array([0, 0, 9, 9]),
    )
    annotations = [field]
    for address in links:
        action = Dictionary(S=Name.URI, URI=String(address))
        annotations.append(
            Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)
        )
    pdf.pages[0].Annots = Array([pdf.make_indirect(each) for each in annotations])
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.pages[0].Annots[0]]), SigFlags=3)
    return saved(pdf)


class TestSignedFiles:
    @pytest.mark.parametrize(
        "tail", [b"", b"\n%" + b"0" * 6000, b"\0" * 6000, b"<!-- mark -->" * 500]
    )
    def test_one_is_kept_byte_for_byte(self, tail):
        found, kept = check_program.look({}, signed("https://www.example.org") + tail)
        assert found == {"type": "application/pdf", "pages": 1, "signed": True}
        assert kept == b""

    @pytest.mark.parametrize("address", ["mailto:a@example.org", "TEL:123", " http://example.org"])
    def test_links_that_only_lead_somewhere_are_harmless(self, address):
        assert check_program.look({}, signed(address))[0]["signed"]

    @pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "", "x.html"])
    def test_others_are_refused(self, address):
        with pytest.raises(Refused, match="signed_links"):
            check_program.look({}, signed(address))

    def test_a_damaged_one_is_refused(self):
        with pytest.raises(Refused, match="signed_damaged"):
            check_program.look({}, b"\n" + signed())

    def test_an_unsigned_one_is_written_anew_without_links_and_tail(self):
        data = saved(sharing(1, 10)) + b"\0" * 6000
        found, kept = check_program.look({}, data)
        assert not found["signed"]
        assert kept.endswith(b"%%EOF\n")


class TestTail:
    def test_a_file_cut_off_in_a_later_version_of_its_own_is_cut_off(self):
        data = saved(sharing(1, 10))
        later = b"\n9 0 obj\n<</Length 9000>>\nstream\n" + b"x" * 6000
        with pytest.raises(Refused, match="cut_off"):
            check_program.look({}, data + later)

    def test_what_mail_programs_append_is_no_tail(self):
        data = saved(sharing(1, 10)) + b"\r\n" * 20
        assert check_program.look({}, data) == (
            {"type": "application/pdf", "pages": 1, "signed": False},
            b"",
        )
