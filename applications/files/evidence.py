"""Uploaded files: checked by what they contain, never by what they are called.

Every change of an application's files is one function here, which locks the application. A file
that is removed or replaced is kept for the record.
"""

import hashlib
import logging
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import Count, Max, Q, Sum
from django.utils import timezone

from accounts.characters import unpiled
from applications.files import conversion, file_kinds, libreoffice, program_pool
from applications.files.limits import (
    APPLICATION_LIMIT,
    DOCUMENT_KINDS,
    FILE_LIMIT,
    KINDS,
    MEGABYTE,
    PAGE_LIMIT,
    PIXEL_LIMIT,
    SHOWN_LIMIT,
)
from applications.files.rendition import SHOWN_TYPES, note_of
from applications.files.virus_scan import scan_once_committed
from applications.files.virus_state import first_state
from applications.models import Application, Evidence
from applications.rounds import PROOFS, EvidenceCategory
from applications.workflow.events import (
    REMOVE_FILE,
    RENAME_FILE,
    REPLACE_FILE,
    SORT_FILES,
    UNSORT_FILES,
    kind_of,
    names,
    record,
)

log = logging.getLogger(__name__)

# Characters and bytes: file systems take 255 bytes, of which a browser's copy may add some.
NAME_LIMIT, NAME_BYTES = 120, 240
# Windows' names of devices, which no file can have, whatever its ending.
RESERVED = {"CON", "PRN", "AUX", "NUL"}
RESERVED |= {f"{port}{number}" for port in ("COM", "LPT") for number in "123456789"}
# Of what is taken; a phone's browser offers its photos for "image/*" alone.
ACCEPT = ",".join([*(ending for kind in file_kinds.TAKEN for ending in kind.endings), "image/*"])
# Controls, formats (direction marks among them), private use, surrogates, line separators.
UNNAMEABLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
# What the browser says before it sends a file in vain, in the same words as here.
EMPTY = "文件是空的，请重新选择。"
TOO_LARGE = (
    f"文件为 {{size}} MB，超过单个文件 {FILE_LIMIT // MEGABYTE} MB 的上限，请压缩或拆分后上传。"
)
SHOWN_TOO_LARGE = f"文件展开后超过 {SHOWN_LIMIT // MEGABYTE} MB，打开会很慢，请压缩或拆分后上传。"
# Stands behind what the file is, and before the way to one that is taken (`file_kinds`).
WRONG_TYPE = f"只接受 {KINDS}文件"
WRONG_DOCUMENT = f"只接受 {DOCUMENT_KINDS}文件"
# The code of a refusal that says nothing of the file: it may be taken later.
LATER = "later"
NOT_KEPT = "文件没有保存成功，请稍后重新上传。"
FULL = "{what}合计超过 {most} MB 的上限，请先移除或压缩其他文件。"
TOO_MANY = "{what}最多 {most} 份，现有 {now} 份，请先移除或合并部分文件后再上传。"
TOO_LONG = (
    "{what}合计最多 {most} 页，现有 {now} 页，上传这份后将为 {after} 页，"
    "请先移除部分文件或压减页数后再上传。"
)
AS_PDF = "请在 OFD 阅读器中“打印为 PDF”后上传。"
ANEW = "请用“打印为 PDF”重新生成后上传。"
CHANGED_MEANWHILE = "材料或奖项刚刚有改动，请刷新后再操作。"
UNREADABLE = f"文件过于复杂，无法在规定时间内检查，{ANEW}"
OPENING = program_pool.Program("applications.files.check_program", wall_seconds=20)
OPENED_BY = {
    file_kinds.OFD: program_pool.Program(
        "applications.files.ofd.rendition_program", wall_seconds=30
    ),
}
# What `check_program.py` refuses.
REFUSALS = {
    "broken_image": "图片已损坏，无法打开，请重新生成后上传。",
    "pixels": f"图片超过 {PIXEL_LIMIT // 10_000} 万像素，无法处理，请缩小后上传。",
    "picture_mode": "图片的颜色格式不能正确显示，请用看图软件另存为普通的 JPG 图片后上传。",
    "tiff_pages": f"TIFF 图片超过 {PAGE_LIMIT} 页的上限，请拆分后上传。",
    "encrypted": "PDF 文件已加密，请取消密码后上传。",
    "broken_pdf": "PDF 文件已损坏，无法打开，请重新生成后上传。",
    "cut_off": "PDF 文件不完整，后面的内容已丢失，请重新生成后上传。",
    "no_pages": "PDF 文件没有页面，请重新生成后上传。",
    "pages": f"PDF 文件有 {{count}} 页，超过 {PAGE_LIMIT} 页的上限，请拆分后上传。",
    "objects": f"PDF 文件过于复杂，{ANEW}",
    "bomb": f"PDF 文件展开后过大，{ANEW}",
    "drawn": f"PDF 文件各页要绘制的内容合计超过 {{limit}} MB，打开会很慢，{ANEW}",
    "attached": f"PDF 文件内含附件（平台生成的多数 PDF 带有数据附件），{ANEW}",
    "active": f"PDF 文件含有脚本、音视频、批注附件或表单动作，{ANEW}",
    "signed_links": "PDF 文件带有电子签章，又含有不是网址、邮箱或电话的链接，"
    "请向出具单位索取不含此类链接的文件后上传。",
    "signed_damaged": "PDF 文件带有电子签章，但结构已损坏，请不要用其他软件另存，"
    "从出具单位的系统重新下载后上传。",
    "broken_document": "文档已损坏，无法打开，请在 Word、Excel 或 WPS 中重新保存后上传。",
    "active_document": "文档含有宏、控件、嵌入的文件或来自网络的模板，打开时可能运行程序，"
    "请在 Word、Excel 或 WPS 中“另存为”PDF 后上传。",
    "document_bomb": "文档展开后过大，请在 Word、Excel 或 WPS 中“另存为”PDF 后上传。",
    "broken_ofd": "OFD 文件已损坏或不完整，无法打开，请从出具单位的系统重新下载后上传。",
    "ofd_encrypted": "OFD 文件已加密，请取消密码后上传。",
    "ofd_no_pages": "OFD 文件没有页面，请重新生成后上传。",
    "ofd_pages": f"OFD 文件有 {{count}} 页，超过 {PAGE_LIMIT} 页的上限，请拆分后上传。",
    "ofd_objects": f"OFD 文件过于复杂，{AS_PDF}",
    "ofd_bomb": f"OFD 文件展开后过大，{AS_PDF}",
    "ofd_active": f"OFD 文件的结构不符合标准，{AS_PDF}",
    "archive": "文件中夹带了压缩包，请去掉后上传。",
}


class AlreadyThere(ValidationError):
    """The same bytes are in the category already: `file`."""

    def __init__(self, file):
        super().__init__(f"这份文件已经上传过了，名为“{file.original_name}”。")
        self.file = file


@dataclass(frozen=True)
class Room:
    """So many files with so many pages and bytes: what files may take together, or what they do."""

    files: int
    pages: int
    size: int

    @property
    def megabytes(self):
        return self.size // MEGABYTE

    @classmethod
    def of(cls, rows):
        """Return what these `Evidence` rows take."""
        return cls(len(rows), sum(row.pages for row in rows), sum(row.size for row in rows))

    def with_one(self, row):
        """Return what is taken once `row` is there as well."""
        return Room(self.files + 1, self.pages + row.pages, self.size + row.size)

    def excess(self, before, after):
        """Return the first of "files", "pages", "size" that grows beyond this room, or "".

        What was beyond it before may stay, and be replaced by less.
        """
        for name in ("files", "pages", "size"):
            now = getattr(after, name)
            if now > getattr(before, name) and now > getattr(self, name):
                return name
        return ""


# A room of its own, so that full evidence never keeps the stamped form out; the longest form that
# can be printed has 250 pages (docs/security.md), and each may be a picture.
STAMPED_ROOM = Room(files=300, pages=300, size=100 * MEGABYTE)


@dataclass(frozen=True)
class Checked:
    """What a check found out about a file: MIME type, bytes, SHA-256 (hex), pages, signature.

    `content` is what is to be stored: the file itself, or a PDF without its links. `rendition` is
    what is shown instead of it, with its MIME type and its note; None and "" when it is shown.
    `signatures` is what those of an OFD say; a PDF's are read by the worker.
    """

    content_type: str
    size: int
    sha256: str
    pages: int
    is_signed: bool
    content: File
    rendition: File | None = None
    rendition_type: str = ""
    rendition_note: str = ""
    signatures: list | None = None


def clean_name(name):
    """Return an uploaded file's name without folders, control or direction characters.

    A long name keeps its ending, and every system can save a file under it.
    """
    name = PurePosixPath(name.replace("\\", "/")).name
    name = "".join(c for c in name if unicodedata.category(c) not in UNNAMEABLE)
    name = unicodedata.normalize("NFC", name)
    name = unpiled(name).strip(" .") or "未命名"
    if PurePosixPath(name).stem.partition(".")[0].strip().upper() in RESERVED:
        name = f"文件 {name}"
    suffix = PurePosixPath(name).suffix[:10]
    stem = name.removesuffix(suffix)[: NAME_LIMIT - len(suffix)]
    room = NAME_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix


def name_for(name, content_type):
    """Return a clean name that ends as the content does, and once, so that a saved copy opens.

    荣誉证书.jfif and 荣誉证书.png.jpg are kept as 荣誉证书.jpg when they are JPEG.
    """
    name = clean_name(name)
    right = PurePosixPath(name).suffix
    if right.lower() not in file_kinds.SUFFIXES[content_type]:
        right = file_kinds.EXTENSIONS[content_type]
    while (ending := PurePosixPath(name).suffix).lower() in file_kinds.ENDINGS:
        name = name.removesuffix(ending).rstrip(" .")
    return name + right


def check_kind(upload, taken=file_kinds.TAKEN, rule=WRONG_TYPE):
    """Refuse a file whose bytes are none of the kinds that are taken.

    Returns its `Kind`; raises ValidationError with a sentence that names what was brought, and a
    way out.
    """
    if upload.size == 0:
        raise ValidationError(EMPTY)
    upload.seek(0)
    kind = file_kinds.kind_of(file_kinds.sample_of(upload))
    if kind not in taken:
        ending = PurePosixPath(clean_name(upload.name)).suffix
        pictures_only = all(each.is_picture for each in taken)
        raise ValidationError(file_kinds.refusal(kind, ending, rule, pictures_only))
    return kind


def taken_as(category):
    """Return (kinds, sentence, endings) of what is taken into a category of evidence.

    Documents of Word and Excel are, where LibreOffice makes pages of them; not as a stamped form,
    which is a scan.
    """
    if category == EvidenceCategory.STAMPED or not libreoffice.is_on():
        return file_kinds.TAKEN, WRONG_TYPE, ACCEPT
    endings = dict.fromkeys(ending for kind in file_kinds.DOCUMENTS for ending in kind.endings)
    kinds = (*file_kinds.TAKEN, *file_kinds.DOCUMENTS)
    return kinds, WRONG_DOCUMENT, ",".join([ACCEPT, *endings])


def check(upload, taken=file_kinds.TAKEN, rule=WRONG_TYPE):
    """Check an uploaded file by its content and return what was found, as `Checked`.

    `taken` are the kinds that are taken, which `rule` tells.

    The file is opened by a process of its own (`check_program.py`), never by this one. A PDF that
    only restricts printing or copying opens without a password and is accepted; one with links to
    addresses is kept without them.
    Raises ValidationError with a sentence that says what is wrong and what to do.
    """
    # Before its size: who makes a video smaller has still brought a video.
    kind = check_kind(upload, taken, rule)
    if upload.size > FILE_LIMIT:
        raise ValidationError(TOO_LARGE.format(size=f"{upload.size / MEGABYTE:.1f}"))
    upload.seek(0)
    data = upload.read()
    upload.seek(0)
    try:
        verdict, made = OPENED_BY.get(kind, OPENING).ask({}, data)
    except program_pool.Busy as error:
        raise ValidationError(program_pool.BUSY, code=LATER) from error
    except program_pool.Unanswered as error:
        raise ValidationError(UNREADABLE) from error
    if refused := verdict.get("refused"):
        raise ValidationError(REFUSALS[refused].format(**verdict))
    of_file = verdict["type"], upload.size, hashlib.sha256(data).hexdigest(), verdict["pages"]
    if shown := verdict.get("rendition"):
        if len(made) > SHOWN_LIMIT:
            raise ValidationError(SHOWN_TOO_LARGE)
        note = note_of(verdict["notes"])
        told = verdict.get("signatures")
        return Checked(*of_file, verdict["signed"], upload, ContentFile(made), shown, note, told)
    if not made:
        note = "" if verdict["type"] in SHOWN_TYPES else conversion.CONVERTING
        return Checked(*of_file, verdict["signed"], upload, rendition_note=note)
    digest = hashlib.sha256(made).hexdigest()
    return Checked(
        verdict["type"], len(made), digest, verdict["pages"], verdict["signed"], ContentFile(made)
    )


def local_path(file):
    """Return the path of a stored file, or None when it lies in a bucket."""
    try:
        return file.path
    except NotImplementedError:  # what a storage without paths says
        return None


def keep(field_file, name, upload):
    """Write the bytes of an upload to where files are kept; the row is the caller's to save.

    Raises ValidationError with a sentence when they cannot be kept, as on a full disk: a form then
    shows again all that was typed.
    """
    try:
        field_file.save(name, File(upload), save=False)
    except Exception as error:  # whatever a disk or a bucket says, the file is not kept
        log.exception("an uploaded file was not stored")
        raise ValidationError(NOT_KEPT, code=LATER) from error


def store_checked(row, checked, name):
    """Fill in a new row (`Evidence`, `Attachment`) and store its bytes; the row is not saved.

    `name` is that of the upload. Raises ValidationError when the bytes cannot be kept.
    """
    row.original_name = name_for(name, checked.content_type)
    row.content_type, row.size, row.sha256 = checked.content_type, checked.size, checked.sha256
    row.pages, row.scan = checked.pages, first_state()
    row.rendition_type, row.rendition_note = checked.rendition_type, checked.rendition_note
    keep(row.file, f"file{file_kinds.EXTENSIONS[checked.content_type]}", checked.content)
    if checked.rendition:
        ending = file_kinds.EXTENSIONS[checked.rendition_type]
        try:
            keep(row.rendition, f"rendition{ending}", checked.rendition)
        except ValidationError:
            row.delete_stored()
            raise


def add(application, category, upload, user, printed=None):
    """Check `upload` and store it as evidence of `application`; return the `Evidence`.

    The application is locked while its total is counted, so parallel uploads cannot pass the
    limit together. A file that is refused, or that the database does not take, is not kept.
    `printed` is the key of the print that a stamped form is a scan of, as far as it is known.
    Raises ValidationError with a sentence when the file is refused.
    """
    new = Evidence(application=application, category=category, print_id=printed)
    return _store(new, upload, user)


def add_proof(application, upload, user):
    """Check and store `upload` as what proves an award; return the `Evidence`.

    A paper that proves several awards is kept once: the second time its row is returned.
    Raises ValidationError with a sentence when the file is refused.
    """
    try:
        return add(application, EvidenceCategory.HONOUR, upload, user)
    except AlreadyThere as error:
        return error.file


def replace(old, upload, user):
    """Put `upload` in the place of a file; return the new `Evidence`.

    It takes the old file's category, position and awards; an award's page that the new file does
    not have is asked for again. The old file is kept as an earlier version.
    Raises ValidationError with a sentence when the new file is refused.
    """
    new = Evidence(
        application=old.application, category=old.category, replaces=old, print_id=old.print_id
    )
    return _store(new, upload, user)


def _store(evidence, upload, user):
    kinds, rule, _ = taken_as(evidence.category)
    checked = check(upload, kinds, rule)
    evidence.is_signed, evidence.signatures = checked.is_signed, checked.signatures
    evidence.uploaded_by = user
    # Stored before the row is locked: a slow disk or bucket holds up nobody else.
    store_checked(evidence, checked, upload.name)
    try:
        with _changing(evidence, user, "上传") as application:
            _insert(evidence, application, user)
            if evidence.scan:
                scan_once_committed(evidence)  # looked at once it is clean
            else:
                conversion.look_once_committed(evidence)
    except BaseException:
        evidence.delete_stored()
        raise
    return evidence


@contextmanager
def _changing(evidence, user, what):
    """Lock the application of a file that is about to change, and yield it.

    Raises ValidationError once the application is submitted, or when the file (or the one that it
    replaces) is no longer there.
    """
    with _changing_all(evidence.application, user, what) as locked:
        there = evidence.pk or evidence.replaces_id
        if there and not locked.evidence.filter(pk=there, removed_at=None).exists():
            raise ValidationError("这份材料已经被移除或替换，请刷新后再操作。")
        yield locked


@contextmanager
def _changing_all(application, user, what):
    """Lock an application whose files are about to change, and yield it.

    Raises ValidationError once it is submitted.
    """
    with transaction.atomic():
        locked = Application.objects.select_for_update().get(pk=application.pk)
        if not locked.is_editable:
            raise ValidationError(f"申报已提交或已放弃，不能再{what}材料。")
        yield locked
        locked.edit(user)


def _insert(evidence, application, user):
    old = evidence.replaces
    present = application.evidence.filter(removed_at=None)
    same = present.filter(category=evidence.category, sha256=evidence.sha256).first()
    if same:
        raise AlreadyThere(same)
    if evidence.category == EvidenceCategory.STAMPED:
        # First, for the scans of an earlier print make room.
        _bind(evidence, application, present, user)
    _find_room(evidence, application)
    if old:
        evidence.position = old.position
        _take_out(old, user)
    else:
        last = present.filter(category=evidence.category).aggregate(last=Max("position"))["last"]
        evidence.position = 0 if last is None else last + 1
    evidence.save()
    if old:
        application.awards.filter(evidence=old).update(evidence=evidence)
        if evidence.is_shown:
            clear_pages_beyond(application, evidence, evidence.pages)
        note = f"{old.get_category_display()}：{old.original_name} → {evidence.original_name}"
        record(application, user, REPLACE_FILE, note)


def clear_pages_beyond(application, evidence, pages):
    """Have the page of an award asked for again that a file of so many pages does not have."""
    application.awards.filter(evidence=evidence, evidence_page__gt=pages).update(evidence_page=None)


def _find_room(evidence, application):
    """Refuse a file for which there is no room; one that is replaced gives up its own."""
    present = application.evidence.filter(removed_at=None).exclude(pk=evidence.replaces_id)
    of_stamp = Q(category=EvidenceCategory.STAMPED)
    sharing = of_stamp if evidence.category == EvidenceCategory.STAMPED else ~of_stamp
    others = Room(
        **present.filter(sharing).aggregate(
            files=Count("pk"), pages=Sum("pages", default=0), size=Sum("size", default=0)
        )
    )
    before = others.with_one(evidence.replaces) if evidence.replaces else others
    after, most = others.with_one(evidence), room(application.round, evidence.category)
    if excess := most.excess(before, after):
        sentence = room_sentences(most, evidence.category)[excess]
        raise ValidationError(
            sentence.format(now=getattr(before, excess), after=getattr(after, excess)), code=LATER
        )


def _bind(scan, application, present, user):
    """Bind a scan of the stamped form to the latest print; scans of an earlier one are removed."""
    latest = application.prints.last()
    if latest is None:
        raise ValidationError("请先在本页打印申报表，签字盖章后再上传扫描件。")
    # Compared as text: nobody has to make a number of what a page sent.
    if scan.print_id is not None and str(scan.print_id) != str(latest.pk):
        raise ValidationError("已有新的打印稿，请刷新本页，打印新稿签字盖章后再上传。")
    scan.print = latest
    present.filter(category=scan.category).exclude(print=scan.print).update(
        removed_at=timezone.now(), removed_by=user
    )


def _take_out(evidence, user):
    evidence.removed_at, evidence.removed_by = timezone.now(), user
    evidence.save(update_fields=["removed_at", "removed_by"])


def remove(evidence, user):
    """Take a file out of its application.

    Raises ValidationError when the application is no longer being filled in.
    """
    with _changing(evidence, user, "移除") as application:
        _take_out(evidence, user)
        application.awards.filter(evidence=evidence).update(evidence=None, evidence_page=None)
        note = f"{evidence.get_category_display()}：{evidence.original_name}"
        record(application, user, REMOVE_FILE, note)


def rename(evidence, name, user):
    """Give a file another name; its ending stays what its content is.

    Raises ValidationError for a name with nothing in it, or when nothing can change any more.
    """
    if not name.strip(" ."):
        raise ValidationError("请填写文件名。")
    # A stroke is no folder here.
    name = name.replace("/", "／").replace("\\", "＼")
    before, after = evidence.original_name, name_for(name, evidence.content_type)
    with _changing(evidence, user, "更名") as application:
        if after != before:
            evidence.original_name = after
            evidence.save(update_fields=["original_name"])
            record(application, user, RENAME_FILE, f"{before} → {after}")


def move(evidence, step, user):
    """Move a file `step` places down its category, or up when negative; at the end it stays.

    Raises ValidationError when nothing can change any more.
    """
    with _changing(evidence, user, "移动") as application:
        rows = list(
            application.evidence.filter(category=evidence.category, removed_at=None).order_by(
                "position", "pk"
            )
        )
        place = rows.index(evidence)
        rows.insert(max(0, place + step), rows.pop(place))
        for position, row in enumerate(rows):
            row.position = position
        Evidence.objects.bulk_update(rows, ["position"])


@dataclass(frozen=True)
class Sorting:
    """Where files go, {key of a file: category}, and what proves awards.

    `proofs` is {key of an award: (key of a file, its page or None)}.
    """

    categories: dict
    proofs: dict


def sort(application, sorting, user):
    """Move files to other categories, and let pages of them prove awards, all at once.

    Returns (how many files were moved, how many awards have a proof by it). What was before is kept
    with the `Event`, so that `unsort` can put it back. Files that share the digest of one in their
    new category stay where they are.
    Raises ValidationError when nothing can change any more, a file or an award is gone, or an award
    has got a proof meanwhile; the stamped form is no proof: it stays where it is, and nothing
    becomes one.
    """
    with _changing_all(application, user, "归类") as locked:
        files = {row.pk: row for row in locked.evidence.filter(removed_at=None)}
        awards = {row.pk: row for row in locked.awards.all()}
        named = {file for file, _ in sorting.proofs.values()}
        if not {*sorting.categories, *named} <= files.keys() or not sorting.proofs.keys() <= (
            awards.keys()
        ):
            raise ValidationError(CHANGED_MEANWHILE)
        stamped = {key for key, file in files.items() if file.category == EvidenceCategory.STAMPED}
        proven_meanwhile = [key for key in sorting.proofs if awards[key].evidence_id in files]
        if (
            proven_meanwhile
            or stamped & {*sorting.categories, *named}
            or not {*sorting.categories.values()} <= {*PROOFS}
        ):
            raise ValidationError(CHANGED_MEANWHILE)
        moved = _move_to(files, sorting.categories)
        proven = []
        for key, (file, page) in sorting.proofs.items():
            award, before = awards[key], _proof(awards[key])
            award.evidence_id, award.evidence_page = file, page
            if _proof(award) != before:
                award.save(update_fields=["evidence", "evidence_page"])
                proven.append([key, before, _proof(award)])
        if moved or proven:
            note = f"{len(moved)} 份材料归类，{len(proven)} 个奖项选用佐证"
            if [len(moved), len(proven)] == [1, 0]:
                [[key, (before, _), _]] = moved
                file, left = files[key], EvidenceCategory(before).label
                note = f"{file.original_name}：{left} → {file.get_category_display()}"
            record(locked, user, SORT_FILES, note, data={"files": moved, "awards": proven})
    return len(moved), len(proven)


def _move_to(files, categories):
    """Move files and return [[key, category and position before, category and position now]]."""
    moved = []
    for key, category in categories.items():
        file = files[key]
        there = [row for row in files.values() if row.category == category]
        if file.category == category or any(row.sha256 == file.sha256 for row in there):
            continue
        before = [str(file.category), file.position]
        file.category = category
        file.position = max((row.position for row in there), default=-1) + 1
        file.save(update_fields=["category", "position"])
        moved.append([key, before, [str(category), file.position]])
    return moved


def _proof(award):
    return [award.evidence_id, award.evidence_page]


def undoable_sorting(application):
    """Return the `Event` of the last sorting, as long as nothing of it has changed, or None.

    Prefetch `evidence` and `awards`.
    """
    kinds = names(SORT_FILES, UNSORT_FILES)
    last = application.events.filter(action__in=kinds).order_by("-sequence").first()
    if last is None or kind_of(last) != SORT_FILES:
        return None
    files = {row.pk: [str(row.category), row.position] for row in application.current_evidence()}
    awards = {row.pk: _proof(row) for row in application.awards.all()}
    stands = all(files.get(key) == now for key, _, now in last.data["files"]) and all(
        awards.get(key) == now for key, _, now in last.data["awards"]
    )
    return last if stands else None


def unsort(application, user):
    """Put back what the last sorting moved and proved.

    Raises ValidationError when something of it was changed since.
    """
    with _changing_all(application, user, "归类") as locked:
        event = undoable_sorting(locked)
        if event is None:
            raise ValidationError("归类之后材料或奖项已有改动，不能一次撤销，请逐项更改。")
        for key, (category, position), _ in event.data["files"]:
            locked.evidence.filter(pk=key).update(category=category, position=position)
        kept = {row.pk for row in locked.evidence.filter(removed_at=None)}
        for key, (file, page), _ in event.data["awards"]:
            proof = (file, page) if file in kept else (None, None)
            locked.awards.filter(pk=key).update(evidence=proof[0], evidence_page=proof[1])
        record(locked, user, UNSORT_FILES, event.note, data={"undone": event.pk})


def room(round, category):
    """Return the `Room` that one application's files of a category may take, with their like.

    All proofs share one; the round says how many files and pages. The stamped form has its own.
    """
    if category == EvidenceCategory.STAMPED:
        return STAMPED_ROOM
    return Room(round.most_files, round.most_pages, APPLICATION_LIMIT)


def room_sentences(most, category):
    """Return how a file beyond a room is refused, by what it exceeds.

    "{now}" and "{after}" stand for what is there, and what would be.
    """
    what = "盖章申报表" if category == EvidenceCategory.STAMPED else "佐证材料"
    kept = {"what": what, "now": "{now}", "after": "{after}"}
    return {
        "files": TOO_MANY.format(most=most.files, **kept),
        "pages": TOO_LONG.format(most=most.pages, **kept),
        "size": FULL.format(most=most.megabytes, **kept),
    }


def taken(application, category):
    """Return the `Room` that an application's files take which share one with a category."""
    is_stamped = category == EvidenceCategory.STAMPED
    present = application.current_evidence()
    return Room.of([r for r in present if (r.category == EvidenceCategory.STAMPED) == is_stamped])


def with_earlier(rows, every):
    """Give each file of `rows` its earlier versions, latest first, as `earlier`; return `rows`.

    `every` are all files of the application, removed ones included.
    """
    by_pk = {row.pk: row for row in every}
    for row in rows:
        row.earlier, version = [], row
        while version := by_pk.get(version.replaces_id):
            row.earlier.append(version)
    return rows
