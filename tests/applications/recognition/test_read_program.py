"""What the reading program takes for text: what is drawn, and all that is in pictures."""

import io

import pikepdf
import pytest

from applications.recognition import reader
from applications.recognition.reader import read_page
from tests.applications.recognition.papers import drawn, scan

pytestmark = pytest.mark.recognition
HIDDEN = b"BT /F1 20 Tf 3 Tr 60 500 Td (hidden words of another reading) Tj ET"
SHOWN = b"BT /F1 20 Tf 60 40 Td (a line at the foot of the page) Tj ET"


@pytest.fixture(autouse=True)
def reading():
    yield
    reader.READING.end()


def with_text(content, strips=1):
    """A scanned page, cut into strips, with text beside them."""
    page = drawn("荣誉证书", "周某乙同志荣获技术创新一等奖", "湖北省总工会")
    height = page.height // strips
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=page.size)
    whole = pdf.pages[0]
    commands, pictures = [], {}
    for number in range(strips):
        strip = page.crop((0, number * height, page.width, (number + 1) * height))
        image = pikepdf.Stream(pdf, strip.tobytes())
        image.Type, image.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        image.Width, image.Height = strip.size
        image.BitsPerComponent, image.ColorSpace = 8, pikepdf.Name.DeviceRGB
        pictures[f"/I{number}"] = image
        y = page.height - (number + 1) * height
        commands.append(f"q {page.width} 0 0 {height} 0 {y} cm /I{number} Do Q".encode())
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    whole.Resources = pikepdf.Dictionary(
        Font=pikepdf.Dictionary(F1=font), XObject=pikepdf.Dictionary(pictures)
    )
    whole.Contents = pdf.make_stream(b"\n".join([*commands, content]))
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def lines(data):
    return [
        line.text for line in read_page(data, "application/pdf", str(hash(data)), 1, False).lines
    ]


@pytest.mark.parametrize("strips", [1, 9])
def test_a_hidden_text_is_no_text_of_the_page(strips):
    text = lines(with_text(HIDDEN, strips))
    assert "湖北省总工会" in text
    assert not any("hidden" in line for line in text)


def test_a_foot_of_text_hides_no_page_cut_into_strips():
    text = lines(with_text(SHOWN, 9))
    assert "荣誉证书" in text
    assert any("foot" in line for line in text)


def test_a_scan_without_text_is_read():
    assert lines(scan(drawn("湖北省总工会"))) == ["湖北省总工会"]
