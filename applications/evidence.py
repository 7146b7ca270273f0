"""Uploaded files: checked by what they contain, never by what they are called."""

import hashlib
import io
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

import pikepdf
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone
from PIL import Image, ImageFile

from applications.models import Application, Evidence
from applications.rounds import EvidenceCategory

MEGABYTE = 1024 * 1024
FILE_LIMIT = 20 * MEGABYTE
APPLICATION_LIMIT = 300 * MEGABYTE
# An A4 page scanned at 600 dpi has 35 million pixels; more than twice that is an image bomb.
PIXEL_LIMIT = 80_000_000
PAGE_LIMIT = 500
NAME_LIMIT = 120
ACCEPT = ".pdf,.jpg,.jpeg,.png"
EXTENSIONS = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
# A phone's JPEG with a second picture in it (MPO) is shown everywhere as the JPEG that it is.
IMAGE_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png"}
SUFFIXES = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
}
# Controls, formats (direction marks among them), private use, surrogates, line separators.
UNNAMEABLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
# Where a PDF's end mark stands, with room for what mail programs append.
TAIL = 4096


@dataclass(frozen=True)
class Checked:
    """What a check found out about a file: MIME type, bytes, SHA-256 (hex), pages."""

    content_type: str
    size: int
    sha256: str
    pages: int


def clean_name(name):
    """Return an uploaded file's name without folders, control or direction characters.

    A long name keeps its ending.
    """
    name = PurePosixPath(name.replace("\\", "/")).name
    name = "".join(c for c in name if unicodedata.category(c) not in UNNAMEABLE)
    name = unicodedata.normalize("NFC", name).strip(" .") or "未命名"
    suffix = PurePosixPath(name).suffix[:10]
    return name if len(name) <= NAME_LIMIT else name[: NAME_LIMIT - len(suffix)] + suffix


def _name_for(name, content_type):
    """Return a clean name that ends as the content does, so that a saved copy opens."""
    name = clean_name(name)
    if PurePosixPath(name).suffix.lower() in SUFFIXES[content_type]:
        return name
    return name + EXTENSIONS[content_type]


def check(upload):
    """Check an uploaded file by its content and return what was found, as `Checked`.

    A PDF that only restricts printing or copying opens without a password and is accepted.
    Raises ValidationError with a sentence that says what is wrong and what to do.
    """
    if upload.size == 0:
        raise ValidationError("文件是空的，请重新选择。")
    if upload.size > FILE_LIMIT:
        raise ValidationError(
            f"文件为 {upload.size / MEGABYTE:.1f} MB，超过单个文件 20 MB 的上限，"
            "请压缩或拆分后上传。"
        )
    upload.seek(0)
    head = upload.read(1024)
    if head.lstrip()[:5] == b"%PDF-":
        content_type, pages = "application/pdf", _check_pdf(upload)
    elif head[:3] == b"\xff\xd8\xff" or head[:8] == b"\x89PNG\r\n\x1a\n":
        content_type, pages = _check_image(upload), 1
    else:
        raise ValidationError("只接受 PDF、JPG 或 PNG 文件，请转换格式后上传。")
    digest = hashlib.sha256()
    upload.seek(0)
    while chunk := upload.read(MEGABYTE):
        digest.update(chunk)
    upload.seek(0)
    return Checked(content_type, upload.size, digest.hexdigest(), pages)


def _check_pdf(upload):
    upload.seek(0)
    try:
        with pikepdf.open(upload) as pdf:
            pages = len(pdf.pages)
            is_repaired = bool(pdf.get_warnings())
    except pikepdf.PasswordError as error:
        raise ValidationError("PDF 文件已加密，请取消密码后上传。") from error
    except Exception as error:  # whatever a parser says about hostile bytes, it cannot be read
        raise ValidationError("PDF 文件已损坏，无法打开，请重新生成后上传。") from error
    if is_repaired and not _has_end(upload):
        raise ValidationError("PDF 文件不完整，后面的内容已丢失，请重新生成后上传。")
    if pages == 0:
        raise ValidationError("PDF 文件没有页面，请重新生成后上传。")
    if pages > PAGE_LIMIT:
        raise ValidationError(f"PDF 文件有 {pages} 页，超过 {PAGE_LIMIT} 页的上限，请拆分后上传。")
    return pages


def _has_end(upload):
    upload.seek(max(0, upload.size - TAIL))
    return b"%%EOF" in upload.read()


def _check_image(upload):
    upload.seek(0)
    data = io.BytesIO(upload.read())
    # WeasyPrint, once loaded in this process, makes Pillow accept images that are cut off.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(data, formats=["JPEG", "PNG"]) as image:
            content_type = IMAGE_TYPES[image.format]
            pixels = image.width * image.height
            if pixels <= PIXEL_LIMIT:
                # A JPEG is read to its end at an eighth of its size, which needs little memory.
                image.draft("RGB", (image.width // 8, image.height // 8))
                image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        pixels = PIXEL_LIMIT + 1
    except Exception as error:  # whatever a decoder says about hostile bytes, it cannot be read
        raise ValidationError("图片已损坏，无法打开，请重新生成后上传。") from error
    if pixels > PIXEL_LIMIT:
        raise ValidationError(f"图片超过 {PIXEL_LIMIT // 10_000} 万像素，无法处理，请缩小后上传。")
    return content_type


def add(application, category, upload, user):
    """Check `upload` and store it as evidence of `application`; return the `Evidence`.

    The application is locked while its total is counted, so parallel uploads cannot pass the
    limit together. A file that is refused, or that the database does not take, is not kept.
    Raises ValidationError with a sentence when the file is refused.
    """
    found = check(upload)
    evidence = Evidence(
        application=application,
        category=category,
        original_name=_name_for(upload.name, found.content_type),
        content_type=found.content_type,
        size=found.size,
        sha256=found.sha256,
        pages=found.pages,
        uploaded_by=user,
    )
    # Stored before the row is locked: a slow disk or bucket holds up nobody else.
    evidence.file.save(f"file{EXTENSIONS[found.content_type]}", File(upload), save=False)
    try:
        with transaction.atomic():
            _insert(evidence, user)
    except BaseException:
        evidence.file.storage.delete(evidence.file.name)
        raise
    return evidence


def _insert(evidence, user):
    locked = Application.objects.select_for_update().get(pk=evidence.application_id)
    if not locked.is_editable:
        raise ValidationError("申报已提交，不能再上传材料。")
    present = locked.evidence.filter(removed_at=None)
    if present.filter(category=evidence.category, sha256=evidence.sha256).exists():
        raise ValidationError("这份文件已经上传过了。")
    total = present.aggregate(total=Sum("size"))["total"] or 0
    if total + evidence.size > APPLICATION_LIMIT:
        raise ValidationError("本次申报的材料合计超过 300 MB 的上限，请先移除或压缩其他文件。")
    if evidence.category == EvidenceCategory.STAMPED:
        _bind(evidence, locked, present, user)
    last = present.filter(category=evidence.category).aggregate(last=Max("position"))["last"]
    evidence.position = 0 if last is None else last + 1
    evidence.save()
    locked.edited_at, locked.edited_by = timezone.now(), user
    locked.save(update_fields=["edited_at", "edited_by"])


def _bind(scan, application, present, user):
    """Bind a scan of the stamped form to the latest print; scans of an earlier one are removed."""
    scan.print = application.prints.last()
    if scan.print is None:
        raise ValidationError("请先在本页打印申报表，签字盖章后再上传扫描件。")
    present.filter(category=scan.category).exclude(print=scan.print).update(
        removed_at=timezone.now(), removed_by=user
    )


def remove(evidence, user):
    """Take a file out of its application. The file itself is kept for the record.

    Raises ValidationError when the application is no longer being filled in.
    """
    with transaction.atomic():
        locked = Application.objects.select_for_update().get(pk=evidence.application_id)
        if not locked.is_editable:
            raise ValidationError("申报已提交，不能再移除材料。")
        now = timezone.now()
        Evidence.objects.filter(pk=evidence.pk, removed_at=None).update(
            removed_at=now, removed_by=user
        )
        locked.awards.filter(evidence=evidence).update(evidence=None)
        locked.edited_at, locked.edited_by = now, user
        locked.save(update_fields=["edited_at", "edited_by"])
