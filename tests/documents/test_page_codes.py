"""The code on every page of 附件2: where it leads, which page it names, how well it is read."""

import pypdfium2
import pytest
import segno
from django.urls import reverse

from applications.permissions import Privacy
from applications.stages import Stage
from documents import annex2, page_codes
from tests import factories as make
from tests.documents.test_annex2 import find

zxingcpp = pytest.importorskip("zxingcpp")
pytestmark = pytest.mark.django_db


def pictures(made, dpi):
    """Return the pages of a PDF as grey pictures."""
    pdf = pypdfium2.PdfDocument(made)
    drawn = []
    for page in pdf:
        drawn.append(page.render(scale=dpi / 72).to_pil().convert("L"))
        page.close()
    pdf.close()
    return drawn


@pytest.fixture
def printed():
    """A submitted form, and its fingerprint."""
    people = make.make_people(make.make_round())
    application = make.make_application(Stage.RECOMMENDING, people)
    made = annex2.render(find(application), Privacy.FULL)
    return made, application.submissions.get().fingerprint


def test_every_page_names_the_form_and_itself(printed):
    made, fingerprint = printed
    found = [zxingcpp.read_barcodes(picture) for picture in pictures(made, 200)]

    assert len(found) == 4
    for number, codes in enumerate(found, start=1):
        assert [code.text for code in codes] == [page_codes.address_of(fingerprint, number)]
        assert codes[0].ec_level == "M"


def test_the_code_opens_the_verification_page(printed, client, settings):
    settings.SITE_URL = "https://portal.example.org"
    _, fingerprint = printed
    address = page_codes.address_of(fingerprint, 3)

    assert address == f"https://portal.example.org/verify/{fingerprint.upper()}/?p=3"
    page = client.get(address.removeprefix(settings.SITE_URL)).content.decode()
    assert "现行版本" in page
    assert "第 3 页" in page


def test_the_address_of_earlier_prints_still_opens_it(printed, client):
    _, fingerprint = printed
    page = client.get(reverse("applications:verify", args=[fingerprint])).content.decode()
    assert "现行版本" in page
    assert "所扫的页" not in page


@pytest.mark.parametrize("page", ["", "0", "x", "<b>", "12345", "３", "-1"])
def test_what_is_no_page_is_not_repeated(printed, client, page):
    _, fingerprint = printed
    answer = client.get(reverse("applications:verify", args=[fingerprint]), {"p": page})
    assert answer.status_code == 200
    assert "所扫的页" not in answer.content.decode()


def test_the_code_is_large_enough_for_a_coarse_scan(printed):
    """15 mm, read at 100 dots an inch in black and white, as office scanners send faxes."""
    made, _ = printed
    for picture in pictures(made, 100):
        (code,) = zxingcpp.read_barcodes(picture.point(lambda value: 255 * (value > 140)))
        corners = code.position
        assert abs(corners.top_right.x - corners.top_left.x) >= 15 / 25.4 * 100 - 3


def test_the_code_is_in_no_text_that_a_reader_copies(printed):
    made, _ = printed
    pdf = pypdfium2.PdfDocument(made)
    assert "verify" not in pdf[0].get_textpage().get_text_range()


def test_a_deployment_with_a_long_address_keeps_its_squares_large(settings):
    settings.SITE_URL = "https://jineng-dashi.rsj.wuhan.gov.cn.example"
    parts = page_codes._of_page(page_codes.parts_of("ab" * 32), 12)
    code = segno.make(
        [(part, None, None) for part in parts],
        error="m",
        micro=False,
    )
    assert code.symbol_size(border=0) == (41, 41)
