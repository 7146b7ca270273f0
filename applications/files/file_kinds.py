"""The kinds of file that people bring: known by their bytes, each with a way to one that is taken.

Nothing is unpacked or decoded: a few patterns are looked for in the first and last bytes of a file
(`sample_of`), and of a ZIP only the names of its members are read.
"""

import codecs
import io
import re
import zipfile
from dataclasses import dataclass

# So much of a file's beginning and of its end is looked at, in bytes.
REACH = 64 * 1024
# A few kinds are known by their text, which begins within so many bytes.
TEXT_REACH = 1024


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    `way` is what to do with it, after 请. `endings` are those that its names have. A file is of
    this kind when `begins` (a regular expression) matches its first bytes, one of the byte strings
    `holds` stands in its sample, and one of a ZIP's members has a name that starts as `members`
    say; what is empty is not asked.
    """

    name: str
    way: str
    endings: tuple[str, ...]
    begins: bytes
    holds: tuple[bytes, ...] = ()
    members: tuple[str, ...] = ()
    is_picture: bool = False


def _stream(name):
    """Return how a stream of an OLE2 file is named in it."""
    return name.encode("utf-16-le")


_AS_PDF = "在 Word 或 WPS 中打开，“另存为”或“输出为”PDF 后上传"
_AS_JPG = "用看图软件打开，另存为 JPG 或 PNG 后上传"
_PRINT = "打开后“打印为 PDF”再上传"
_UNPACK = "解压后将其中的文件逐个上传"

_ZIP = rb"PK(?:\x03\x04|\x05\x06)"
_OLE2 = rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = rb"(?:\xef\xbb\xbf)?\s*<"
_MEDIA = rb".{4}ftyp"
_BRANDS = _MEDIA + rb"(?:.{4}){0,16}?"

# --- What is taken -------------------------------------------------------------------------------
PDF = Kind("PDF 文件", "", (".pdf",), rb"\s{0,1019}%PDF-")
JPEG = Kind(
    "JPG 图片", "", (".jpg", ".jpeg", ".jfif", ".jpe", ".jif"), rb"\xff\xd8\xff", is_picture=True
)
PNG = Kind("PNG 图片", "", (".png",), rb"\x89PNG\r\n\x1a\n", is_picture=True)
# An AVIF may name the brands of a HEIC besides its own.
AVIF = Kind("AVIF 图片", "", (".avif",), _BRANDS + rb"avi[fs]", is_picture=True)
HEIC = Kind(
    "HEIC 照片", "", (".heic", ".heif", ".hif"),
    _BRANDS + rb"(?:hei[cxms]|hev[cxms]|mif1|msf1)", is_picture=True,
)  # fmt: skip
WEBP = Kind("WebP 图片", "", (".webp",), rb"RIFF.{4}WEBP", is_picture=True)
TIFF = Kind("TIFF 图片", "", (".tif", ".tiff"), rb"II[*+]\0|MM\0[*+]", is_picture=True)
BMP = Kind("BMP 图片", "", (".bmp", ".dib"), rb"BM.{4}\0{4}", is_picture=True)
GIF = Kind("GIF 图片", "", (".gif",), rb"GIF8[79]a", is_picture=True)
OFD = Kind("OFD 版式文件", "", (".ofd",), _ZIP, members=("OFD.xml", "Doc_0/Document"))
PICTURES = (JPEG, PNG, AVIF, HEIC, WEBP, TIFF, BMP, GIF)
TAKEN = (PDF, OFD, *PICTURES)
# What LibreOffice makes pages of, where it is installed.
WORD = Kind(
    "Word 文档", _AS_PDF, (".docx", ".dotx", ".wps"), _ZIP,
    members=("word/document",),
)  # fmt: skip
EXCEL = Kind(
    "Excel 表格", _AS_PDF.replace("Word", "Excel"), (".xlsx", ".et"), _ZIP,
    members=("xl/workbook",),
)  # fmt: skip
OLD_WORD = Kind(
    "旧版 Word 或 WPS 文字文档", _AS_PDF, (".doc", ".dot", ".wps", ".wpt"), _OLE2,
    holds=(_stream("WordDocument"),),
)  # fmt: skip
OLD_EXCEL = Kind(
    "旧版 Excel 或 WPS 表格", _AS_PDF.replace("Word", "Excel"), (".xls", ".xlt", ".et"), _OLE2,
    holds=(_stream("Workbook"), _stream("Book\0")),
)  # fmt: skip
RTF = Kind("RTF 文档", _AS_PDF, (".rtf", ".doc"), rb"\{\\rtf")
DOCUMENT_TYPES = {
    WORD: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    OLD_WORD: "application/msword",
    OLD_EXCEL: "application/vnd.ms-excel",
    RTF: "application/rtf",
}
DOCUMENTS = tuple(DOCUMENT_TYPES)
# Opened into a list to choose from.
ZIP = Kind("ZIP 压缩包", _UNPACK, (".zip",), _ZIP)
# The endings that names of a content keep; the first is given to all others.
SUFFIXES = {
    "application/pdf": (".pdf",),
    "application/ofd": (".ofd",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/avif": (".avif",),
    "image/heic": (".heic", ".heif", ".hif"),
    "image/webp": (".webp",),
    "image/tiff": (".tif", ".tiff"),
    "image/bmp": (".bmp",),
    "image/gif": (".gif",),
    DOCUMENT_TYPES[WORD]: (".docx",),
    DOCUMENT_TYPES[EXCEL]: (".xlsx",),
    DOCUMENT_TYPES[OLD_WORD]: (".doc", ".wps"),
    DOCUMENT_TYPES[OLD_EXCEL]: (".xls", ".et"),
    DOCUMENT_TYPES[RTF]: (".rtf",),
}
EXTENSIONS = {content_type: endings[0] for content_type, endings in SUFFIXES.items()}

# The particular before the general: the first that fits is the kind.
KINDS = (
    *TAKEN,
    # --- Pictures ---
    Kind(
        "JPEG 2000 图片", _AS_JPG, (".jp2", ".j2k", ".jpx"),
        rb"\0{3}\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", is_picture=True,
    ),
    Kind(
        "JPEG XL 图片", _AS_JPG, (".jxl",), rb"\0{3}\x0cJXL \r\n\x87\n|\xff\x0a", is_picture=True
    ),
    Kind(
        "Photoshop 图片", "在 Photoshop 中导出为 JPG 后上传", (".psd",), rb"8BPS", is_picture=True
    ),
    Kind(
        "SVG 图形", "用浏览器打开，“打印为 PDF”后上传", (".svg",),
        _MARKUP + rb"(?:svg|\?xml|!--|!DOCTYPE\s+svg)", holds=(b"<svg",),
    ),
    # --- Documents ---
    WORD,
    EXCEL,
    Kind(
        "PPT 演示文稿", _AS_PDF.replace("Word", "PowerPoint"), (".pptx", ".ppsx", ".dps"), _ZIP,
        members=("ppt/presentation",),
    ),
    Kind("XPS 文档", _PRINT, (".xps", ".oxps"), _ZIP, members=("FixedDoc",)),
    Kind(
        "OpenDocument 文档", "在 WPS 或 LibreOffice 中“另存为”PDF 后上传", (".odt", ".ods", ".odp"),
        _ZIP, holds=(b"mimetypeapplication/vnd.oasis.opendocument",),
    ),
    Kind(
        "苹果 Pages、Numbers 或 Keynote 文稿", "在原软件中“导出为”PDF 后上传",
        (".pages", ".numbers", ".key"), _ZIP, members=("Index/Document.iwa", "Index.zip"),
    ),
    Kind(
        "加密的 Office 文档", "取消密码，再“另存为”PDF 后上传",
        (".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx"),
        _OLE2, holds=(_stream("EncryptedPackage"),),
    ),
    OLD_WORD,
    OLD_EXCEL,
    Kind(
        "旧版 PPT 或 WPS 演示文稿", _AS_PDF.replace("Word", "PowerPoint"),
        (".ppt", ".pps", ".dps"), _OLE2, holds=(_stream("PowerPoint Document"),),
    ),
    # Where the list of its streams lies in the midst of a large file.
    Kind(
        "旧版 Office 或 WPS 文档", "在原软件中“另存为”或“输出为”PDF 后上传",
        (".doc", ".xls", ".ppt", ".wps", ".et", ".dps", ".vsd", ".msg"), _OLE2,
    ),
    RTF,
    Kind("CAJ 文献", "在 CAJViewer 中“打印为 PDF”后上传", (".caj", ".kdh"), rb"CAJ\0|KDH |TEB "),
    Kind("CAD 图纸", "在绘图软件中输出为 PDF 后上传", (".dwg",), rb"AC10\d\d"),
    Kind(
        "网页文件", "用浏览器打开，“打印为 PDF”后上传", (".html", ".htm", ".xls", ".doc"),
        rb"(?i:" + _MARKUP + rb"(?:!doctype\s+html|html|head|body|script|meta|title|table)\b)",
    ),
    Kind(
        "网页存档或邮件", _PRINT, (".mht", ".mhtml", ".eml", ".doc"),
        rb"(?i:MIME-Version:|From:|Received:|Return-Path:|Content-Type:)",
    ),
    # --- Packed, moving, sounding, running ---
    ZIP,
    Kind("RAR 压缩包", _UNPACK, (".rar",), rb"Rar!\x1a\x07"),
    Kind("7z 压缩包", _UNPACK, (".7z",), rb"7z\xbc\xaf\x27\x1c"),
    Kind(
        "压缩包", _UNPACK, (".gz", ".tgz", ".tar", ".bz2", ".xz"),
        rb"\x1f\x8b\x08|BZh\d1AY|\xfd7zXZ\0|.{257}ustar",
    ),
    Kind(
        "录音", "将内容整理成文字，存为 PDF 后上传",
        (".mp3", ".m4a", ".wav", ".amr", ".aac", ".flac", ".ogg"),
        _MEDIA + rb"M4[AB]|ID3[\x02-\x04]|\xff[\xf1\xf3\xf9\xfa\xfb]|RIFF.{4}WAVE|#!AMR|fLaC|OggS",
    ),
    Kind(
        "视频", "截取关键画面存为 JPG 后上传",
        (".mp4", ".mov", ".m4v", ".3gp", ".avi", ".mkv", ".webm", ".wmv", ".flv", ".mpg"),
        _MEDIA + rb"|.{4}(?:moov|mdat|wide)|RIFF.{4}AVI |\x1aE\xdf\xa3|FLV\x01|\0\0\x01[\xb3\xba]"
        rb"|0&\xb2u\x8ef\xcf\x11",
    ),
    Kind(
        "快捷方式，不是材料本身", "找到它所指的文件上传", (".lnk", ".url"),
        rb"L\0\0\0\x01\x14\x02\0|\[InternetShortcut\]",
    ),
    Kind("程序", "重新选择材料上传", (".exe", ".dll", ".scr", ".msi"), rb"MZ|\x7fELF"),
    # A mark or a mail program's lines before the document.
    Kind(
        "PDF 文件，但前面夹带了其他内容", "用“打印为 PDF”重新生成后上传", (".pdf",),
        rb".{0,1024}?%PDF-",
    ),
)  # fmt: skip
# Names of the kinds that hold other files.
PACKED = {kind.name for kind in KINDS if kind.way == _UNPACK}
TEXT = Kind("纯文本文件", "在 Word 或 WPS 中打开，“另存为”PDF 后上传", (".txt", ".csv", ".md"), b"")

ENDINGS = frozenset(ending for kind in (*KINDS, TEXT) for ending in kind.endings)
_TAKEN_ENDINGS = {ending for kind in TAKEN for ending in kind.endings}
# A member of a ZIP, before its data (30 bytes and its name) or in the list at the end (46).
_MEMBER = re.compile(rb"PK(?:\x03\x04.{22}(..).{2}|\x01\x02.{24}(..).{16})", re.DOTALL)


def begins_of(kinds):
    """Return how files of these kinds begin, as a regular expression that JavaScript shares."""
    return "|".join(dict.fromkeys(kind.begins.decode("ascii") for kind in kinds))


def sample_of(file):
    """Return the first and the last bytes of an open file, REACH each; all of one that is smaller.

    static/js/sending.js cuts the same out of a file that is not sent whole.
    """
    head = file.read(REACH)
    file.seek(max(REACH, file.size - REACH))
    tail = file.read(REACH)
    file.seek(0)
    return head + tail


def ends_of(data):
    """Return the same of bytes in memory."""
    return data[:REACH] + data[max(REACH, len(data) - REACH) :]


def kind_of(sample):
    """Return the `Kind` of the file whose sample this is, or None when nobody can tell."""
    members = None
    for kind in KINDS:
        if not re.match(kind.begins, sample, re.DOTALL):
            continue
        if kind.holds and not any(mark in sample for mark in kind.holds):
            continue
        if kind.members:
            members = _members(sample) if members is None else members
            if not any(name.startswith(kind.members) for name in members):
                continue
        return kind
    return TEXT if _is_text(sample[:TEXT_REACH]) else None


def refusal(kind, ending, rule, pictures_only=False):
    """Return the sentence that refuses a file: what it is, what is taken (`rule`), and the way out.

    `ending` is that of its name, which may say something else than its bytes. Where pictures alone
    are taken, what is none has no way but another file.
    """
    named = f"名称以 {ending} 结尾，" if ending.lower() in ENDINGS else ""
    if kind is None and ending.lower() in _TAKEN_ENDINGS:
        told = "内容无法识别，可能已损坏，或被单位的加密软件加密"
        way = "用原来的软件打开确认，解密或重新生成后上传"
    elif kind is None:
        named, told, way = "", "无法识别这个文件的格式", _PRINT
    else:
        named = named if named and ending.lower() not in kind.endings else ""
        told = f"{'实际是' if named else '这是'}{spaced(kind.name)}"
        way = kind.way
    if pictures_only and not (kind and kind.is_picture):
        way = "重新选择照片"
    return f"{named}{told}。{rule}，请{way}。"


def spaced(name):
    """Return a name as it stands behind a Chinese word."""
    return f" {name}" if name[0].isascii() else name


def _members(sample):
    """Return the names of a ZIP's members, as far as its sample tells them."""
    try:
        with zipfile.ZipFile(io.BytesIO(sample)) as archive:
            return archive.namelist()
    except Exception:  # noqa: S110  # hostile bytes, or a list that begins before the sample's end
        pass
    names = []
    for match in _MEMBER.finditer(sample):
        length = int.from_bytes(match[1] or match[2], "little")
        names.append(sample[match.end() : match.end() + length].decode("cp437"))
    return names


def _is_text(start):
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    if not start or re.search(rb"[\0-\x08\x0e-\x1f\x7f]", start):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(start)
        except UnicodeDecodeError:
            continue
        return True
    return False
