"""An OFD is taken as evidence: kept byte for byte, shown as a PDF, its seals and gaps told."""

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from applications.files import evidence as evidence_files
from applications.files.ofd.rendition_program import GRAVEST_FIRST
from applications.files.rendition import note_of
from applications.files.thumbnails import examine
from applications.models import Evidence
from applications.rounds import EvidenceCategory
from tests.applications.files.ofd.samples import (
    image,
    members_of,
    ofd,
    packed,
    picture,
    root,
    signed,
    square,
    text,
)
from tests.factories import make_application

pytestmark = pytest.mark.django_db
FONT = ("f", "宋体", None)


def licence(**parts):
    """Return a licence of one page with a seal."""
    page = text("营业执照", steps="g 3 10") + square(10, 60, 20, "0 120 0")
    members = members_of(page, fonts=[FONT], **parts)
    return packed(signed(members, [(0, "60 60 30 30", "")], picture=picture()))


def added(data, name="执照.ofd"):
    draft = make_application()
    file = SimpleUploadedFile(name, data)
    return evidence_files.add(draft, EvidenceCategory.OTHER, file, draft.edited_by)


def refused(data):
    with pytest.raises(ValidationError) as error:
        evidence_files.check(SimpleUploadedFile("执照.ofd", data))
    return error.value.messages[0]


class TestTaken:
    def test_the_original_is_kept_and_a_pdf_is_shown(self):
        data = licence()
        row = added(data, "执照.zip")
        assert (row.content_type, row.original_name) == ("application/ofd", "执照.ofd")
        with row.file.open() as stored:
            assert stored.read() == data
        assert (row.shown_type, row.pages) == ("application/pdf", 1)
        with row.shown_file.open() as shown, pikepdf.open(shown) as pdf:
            assert len(pdf.pages) == 1
        assert row.rendition_note == "显示件由平台转换，以原件为准。"

    def test_its_seal_is_told_at_once(self):
        row = added(licence())
        assert row.is_signed
        assert row.signature_sentences == [
            "电子签名：“武汉市某某局专用章”（武汉市某某局 张三），2024-05-06 15:08。"
            "国密签名，未验证。"
        ]

    def test_a_changed_one_says_so(self):
        members = signed(members_of(text("甲"), fonts=[FONT]), picture=picture())
        members["Doc_0/Pages/Page_0/Content.xml"] += "\n"
        row = added(packed(members))
        assert "现内容与签名不符" in row.signature_sentences[0]
        assert row.is_doubtfully_signed

    def test_the_worker_draws_its_thumbnail(self):
        row = added(licence())
        examine.call(row.pk)
        row.refresh_from_db()
        with row.thumbnail.open() as stored, Image.open(stored) as drawn:
            seen = drawn.convert("RGB")
        side = seen.width / 100
        assert seen.getpixel((int(20 * side), int(70 * side))) == (0, 120, 0)
        assert seen.getpixel((int(75 * side), int(75 * side))) == (255, 0, 0)
        assert row.signatures[0]["state"] == "national"

    def test_what_could_not_be_shown_is_said(self):
        page = text("甲") + image("no", (0, 0, 9, 9)) + '<ofd:VideoObject Boundary="0 0 1 1"/>'
        row = added(ofd(page, fonts=[FONT]))
        assert row.rendition_note == (
            "显示件由平台转换，以原件为准；1 张图片未能显示；1 个音视频未显示。"
        )

    def test_everything_that_may_be_missing_has_room_in_the_note(self):
        note = note_of([(kind, {"count": 300_000}) for kind in GRAVEST_FIRST])
        assert len(note) <= Evidence._meta.get_field("rendition_note").max_length


class TestRefused:
    @pytest.mark.parametrize(
        ("make", "sentence"),
        [
            (lambda: packed({"OFD.xml": "no XML"}), "OFD 文件已损坏或不完整"),
            (lambda: licence()[:-200], "OFD 文件已损坏或不完整"),
            (lambda: ofd(), "OFD 文件没有页面"),
            (
                lambda: packed({**members_of(""), "OFD.xml": root("<ofd:Encryptions/>")}),
                "OFD 文件已加密",
            ),
        ],
    )
    def test_with_a_sentence(self, make, sentence):
        assert refused(make()).startswith(sentence)
        assert refused(make()).endswith("后上传。")

    def test_what_draws_without_end(self):
        unit = '<ofd:CompositeObject ResourceID="u" Boundary="0 0 9 9"/>'
        resources = (
            '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="u"><ofd:Content>'
            f"{unit * 9}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
        )
        sentence = refused(ofd(unit, resources=resources))
        assert sentence == "OFD 文件过于复杂，请在 OFD 阅读器中“打印为 PDF”后上传。"

    def test_what_unpacks_to_far_more_than_it_is(self):
        bomb = members_of(image("i", (0, 0, 9, 9)), media=[("i", "png", bytes(300 * 1024**2))])
        assert "OFD 文件展开后过大" in refused(packed(bomb))
