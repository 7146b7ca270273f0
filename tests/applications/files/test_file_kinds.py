"""What people bring: known by its bytes whatever its name, and told with a way out of its own."""

import io
import os
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from applications.files import evidence, file_kinds
from applications.files.file_kinds import (
    AVIF,
    BMP,
    GIF,
    HEIC,
    JPEG,
    KINDS,
    PDF,
    PNG,
    REACH,
    TEXT,
    TIFF,
    WEBP,
    kind_of,
    sample_of,
)
from review.inspection.photos import NOT_A_PHOTO, developed


def packed(*names, fill=0):
    """The bytes of a ZIP of members with these names, `fill` random bytes in each."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, os.urandom(fill))
    return out.getvalue()


def docx(fill=0):
    return packed("[Content_Types].xml", "_rels/.rels", "word/document.xml", fill=fill)


def old_office(*streams, before=0):
    """The head of an OLE2 file and the names of its streams, as its directory spells them."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504 + before)
    return head + b"".join(name.encode("utf-16-le") + bytes(64) for name in streams)


def media(brand, *compatible):
    """The first box of an ISO media file, with the begin of the next."""
    size = 16 + 4 * len(compatible)
    return size.to_bytes(4, "big") + b"ftyp" + brand + bytes(4) + b"".join(compatible) + bytes(40)


def picture(kind, **options):
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, kind, **options)
    return out.getvalue()


OPEN_DOCUMENT = b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.text"
SHORTCUT = b"L\0\0\0\x01\x14\x02\0" + bytes(60)
WMV = b"0&\xb2u\x8ef\xcf\x11" + bytes(30)

BROUGHT = {
    "JPEG 2000": (lambda: picture("JPEG2000"), "JPEG 2000 图片", "另存为 JPG"),
    "Photoshop": (lambda: b"8BPS\0\1" + bytes(40), "Photoshop 图片", "导出为 JPG"),
    "SVG": (lambda: b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "SVG 图形", "打印为 PDF"),
    "Word": (docx, "Word 文档", "在 Word 或 WPS"),
    "Excel": (
        lambda: packed("[Content_Types].xml", "xl/workbook.xml"), "Excel 表格", "在 Excel 或 WPS",
    ),
    "PowerPoint": (
        lambda: packed("ppt/presentation.xml"), "PPT 演示文稿", "在 PowerPoint 或 WPS",
    ),
    "OpenDocument": (lambda: OPEN_DOCUMENT, "OpenDocument 文档", "WPS"),
    "XPS": (lambda: packed("FixedDocSeq.fdseq"), "XPS 文档", "打印为 PDF"),
    "Pages": (lambda: packed("Index/Document.iwa"), "苹果 Pages", "导出为”PDF"),
    "old Word": (lambda: old_office("Root Entry", "WordDocument"), "旧版 Word", "在 Word 或 WPS"),
    "old Excel": (lambda: old_office("Workbook"), "旧版 Excel", "在 Excel 或 WPS"),
    "old PowerPoint": (
        lambda: old_office("PowerPoint Document"), "旧版 PPT", "在 PowerPoint 或 WPS",
    ),
    "encrypted Word": (
        lambda: old_office("EncryptionInfo", "EncryptedPackage"), "加密的 Office 文档", "取消密码",
    ),
    "old Office, its names out of reach": (
        lambda: old_office("WordDocument", before=3 * REACH) + bytes(2 * REACH),
        "旧版 Office 或 WPS 文档", "PDF",
    ),
    "RTF": (lambda: rb"{\rtf1\ansi}", "RTF 文档", "在 Word 或 WPS"),
    "CAJ": (lambda: b"CAJ\0" + bytes(40), "CAJ 文献", "CAJViewer"),
    "a drawing": (lambda: b"AC1032" + bytes(40), "CAD 图纸", "输出为 PDF"),
    "a page": (lambda: b"\xef\xbb\xbf <!DOCTYPE html><title>x", "网页文件", "浏览器"),
    "a saved page": (lambda: b"MIME-Version: 1.0\r\n", "网页存档或邮件", "打印为 PDF"),
    "ZIP": (lambda: packed("证书/一.pdf", "证书/二.jpg"), "ZIP 压缩包", "解压"),
    "a ZIP of Word documents": (
        lambda: packed("甲.docx", "word/乙.docx"), "ZIP 压缩包", "解压",
    ),
    "an empty ZIP": (packed, "ZIP 压缩包", "解压"),
    "RAR": (lambda: b"Rar!\x1a\x07\x01\0" + bytes(40), "RAR 压缩包", "解压"),
    "7z": (lambda: b"7z\xbc\xaf\x27\x1c" + bytes(40), "7z 压缩包", "解压"),
    "tar": (lambda: bytes(257) + b"ustar" + bytes(250), "压缩包", "解压"),
    "gzip": (lambda: b"\x1f\x8b\x08" + bytes(40), "压缩包", "解压"),
    "a recording": (lambda: media(b"M4A ", b"isom"), "录音", "整理成文字"),
    "MP3": (lambda: b"ID3\x03" + bytes(40), "录音", "整理成文字"),
    "MP4": (lambda: media(b"isom", b"mp41"), "视频", "截取"),
    "an iPhone's film": (lambda: media(b"qt  "), "视频", "截取"),
    "AVI": (lambda: b"RIFF\0\0\0\0AVI LIST", "视频", "截取"),
    "WMV": (lambda: WMV, "视频", "截取"),
    "a shortcut": (lambda: SHORTCUT, "快捷方式", "所指的文件"),
    "a program": (lambda: b"MZ\x90\0" + bytes(60), "程序", "重新选择"),
    "text": (lambda: "获奖情况说明".encode(), "纯文本文件", "另存为”PDF"),
    "text of Windows": (lambda: "获奖情况说明".encode("gb18030"), "纯文本文件", "另存为”PDF"),
    "text of Notepad": (lambda: "获奖".encode("utf-16"), "纯文本文件", "另存为”PDF"),
    "PDF behind a mark": (
        lambda: b"\xef\xbb\xbf%PDF-1.7\n", "PDF 文件，但前面夹带了其他内容", "打印为 PDF",
    ),
    "nothing known": (lambda: b"\x01\x02\x03\x04" * 99, "无法识别这个文件的格式", "打印为 PDF"),
}  # fmt: skip


def told(data, name):
    """The sentence that an upload of these bytes under this name gets."""
    with pytest.raises(ValidationError) as refused:
        evidence.check(SimpleUploadedFile(name, data))
    return refused.value.messages[0]


@pytest.mark.parametrize("name", BROUGHT)
def test_the_sentence_says_what_it_is_and_one_way_out(name):
    data, what, way = BROUGHT[name]
    before, after = told(data(), "材料").split("。只接受 PDF、OFD 或图片文件，请")
    assert what in before
    assert way in after
    assert after.endswith("。")


def test_every_kind_has_a_sentence_in_order():
    for kind in (*KINDS, TEXT):
        if kind not in file_kinds.TAKEN:
            sentence = file_kinds.refusal(kind, "", evidence.WRONG_TYPE)
            assert sentence.startswith("这是")
            assert sentence.endswith("上传。")


def test_a_name_that_says_otherwise_is_named_too():
    assert told(picture("JPEG2000"), "照片.JPG") == (
        "名称以 .JPG 结尾，实际是 JPEG 2000 图片。只接受 PDF、OFD 或图片文件，"
        "请用看图软件打开，另存为 JPG 或 PNG 后上传。"
    )
    assert told(docx(), "申报报告.pdf").startswith("名称以 .pdf 结尾，实际是 Word 文档。")
    assert told(docx(), "申报报告.docx").startswith("这是 Word 文档。")
    # No ending at all, or none that anybody knows.
    assert told(docx(), "申报报告.2026年").startswith("这是 Word 文档。")
    assert told(docx(), "a.<b>").startswith("这是 Word 文档。")


def test_what_nobody_can_tell_may_have_been_encrypted_by_the_units_own_software():
    sentence = told(b"\x01\x02E-SafeNet" + bytes(99), "证书.pdf")
    assert sentence == (
        "名称以 .pdf 结尾，内容无法识别，可能已损坏，或被单位的加密软件加密。"
        "只接受 PDF、OFD 或图片文件，请用原来的软件打开确认，解密或重新生成后上传。"
    )


def test_a_large_file_is_known_by_its_two_ends(monkeypatch):
    monkeypatch.setattr(evidence, "FILE_LIMIT", 4 * REACH)
    # The list of its members is at its end; of many, the list begins before what is looked at.
    assert "这是 Word 文档。" in told(docx(fill=3 * REACH), "a.docx")
    many = packed("OFD.xml", *(f"Doc_0/Pages/Page_{number}/Content.xml" for number in range(2000)))
    assert file_kinds.kind_of(file_kinds.sample_of(SimpleUploadedFile("a", many))) == file_kinds.OFD
    # A film over the limit is no film that should be made smaller.
    assert "这是视频。" in told(media(b"isom") + bytes(9 * REACH), "现场.mp4")


def test_a_file_cut_off_is_still_what_it_began_as():
    assert "这是 Word 文档。" in told(docx(fill=2000)[:6000], "a.docx")


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04" + b"\xff" * 999,
        b"PK\x05\x06" + b"\xff" * 18,
        docx()[:-22] + b"PK\x05\x06" + b"\xff" * 18,
        b"PK\x01\x02" * 20_000,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\0\0\0\x08ftyp",
        b"<!--" * 20_000,
        b"RIFF",
        b"\xff\xd8",
        b" " * 100_000,
    ],
)  # fmt: skip
def test_hostile_bytes_get_a_sentence_like_any_other(data):
    assert "只接受 PDF、OFD 或图片文件" in told(data, "a.pdf")


@pytest.mark.parametrize("size", [0, 1, REACH - 1, REACH, REACH + 1, 2 * REACH, 5 * REACH])
def test_a_sample_is_the_first_and_the_last_bytes(size):
    data = os.urandom(size)
    file = SimpleUploadedFile("a", data)
    assert sample_of(file) == (data if size <= 2 * REACH else data[:REACH] + data[-REACH:])
    assert file.read() == data


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b" \n%PDF-1.7", PDF),
        (b"\xff\xd8\xff\xe0", JPEG),
        (b"\x89PNG\r\n\x1a\n", PNG),
        # An iPhone's photo, one that is known by its second brand, and a Live Photo's.
        (media(b"heic", b"mif1", b"heic"), HEIC),
        (media(b"mif1", b"mif1", b"heic"), HEIC),
        (media(b"hevx"), HEIC),
        (picture("AVIF"), AVIF),
        (media(b"mif1", b"mif1", b"avif"), AVIF),
        (picture("WEBP"), WEBP),
        (picture("TIFF"), TIFF),
        (b"MM\0*" + bytes(40), TIFF),
        (picture("BMP"), BMP),
        (picture("GIF"), GIF),
    ],
)
def test_what_is_taken_is_known_before_it_is_opened(data, kind):
    assert kind_of(data) == kind


class TestPhotographs:
    """Photos of a visit: the same kinds, but a way to a PDF would lead nowhere."""

    def told(self, data, name):
        with pytest.raises(ValidationError) as refused:
            developed(SimpleUploadedFile(name, data))
        return refused.value.messages[0]

    def test_a_picture_of_another_kind_has_its_way(self):
        sentence = self.told(picture("JPEG2000"), "IMG_0001.jp2")
        assert sentence == (
            f"这是 JPEG 2000 图片。{NOT_A_PHOTO}，请用看图软件打开，另存为 JPG 或 PNG 后上传。"
        )

    @pytest.mark.parametrize(
        ("data", "name", "what"),
        [
            (b"%PDF-1.7", "场地.pdf", "这是 PDF 文件"),
            (docx(), "场地.jpg", "名称以 .jpg 结尾，实际是 Word 文档"),
            (media(b"qt  "), "场地.mov", "这是视频"),
        ],
    )
    def test_what_is_no_picture_is_chosen_anew(self, data, name, what):
        assert self.told(data, name) == f"{what}。{NOT_A_PHOTO}，请重新选择照片。"

    def test_an_empty_photo_is_empty(self):
        assert self.told(b"", "a.jpg") == evidence.EMPTY
