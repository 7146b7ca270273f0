"""压缩包: a ZIP is opened into a list, and what is chosen from it is taken like any other file.

The ZIP lies with the uploaded files until all of it is taken or it is given up, or an hour at most;
a later one of the same person for the same application takes its place.
"""

import datetime
import logging
import time

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from applications.files import evidence as evidence_files
from applications.files import file_kinds, program_pool
from applications.files.archive_program import MOST_MEMBERS
from applications.files.limits import APPLICATION_LIMIT, FILE_LIMIT, MEGABYTE
from applications.models import Archive
from applications.recognition.sorting import category_by_name
from applications.rounds import EvidenceCategory

log = logging.getLogger(__name__)

OPENING = program_pool.Program("applications.files.archive_program", wall_seconds=30)
KEPT = datetime.timedelta(hours=1)
# So long one request takes files; what is left stays ticked.
PATIENCE_SECONDS = 20
UNREADABLE = "压缩包无法打开，请解压后将其中的文件逐个上传。"
REFUSALS = {
    "broken": UNREADABLE,
    "empty": "压缩包里没有文件。",
    "members": f"压缩包里的文件超过 {MOST_MEMBERS} 个，请分成几个压缩包，或解压后上传。",
}
PROBLEMS = {
    "large": f"超过单个文件 {FILE_LIMIT // MEGABYTE} MB 的上限",
    "much": f"压缩包里的文件合计超过 {APPLICATION_LIMIT // MEGABYTE} MB",
    "encrypted": "已加密，请取消密码后重新压缩，或解压后上传",
    "packing": "压缩方法不能识别，请解压后上传",
    "damaged": "在压缩包里已损坏，请重新压缩",
    "empty": "是空文件",
    "broken": UNREADABLE,
}
UNKNOWN = "无法识别的文件"
GONE = "压缩包已经处理完，或者已经超过一小时，请查看已上传的材料，缺少的重新上传。"
CLAIMED = "勾选的文件正在上传或者已经上传，请稍候查看已上传的材料。"
# Folders of a member's name that are kept.
DEEPEST = 8


def opens(category):
    """Whether a ZIP uploaded into a category is opened: the stamped form is a scan, and alone."""
    return category != EvidenceCategory.STAMPED


def is_archive(upload):
    """Whether an upload is a ZIP that holds no document of its own."""
    upload.seek(0)
    return file_kinds.kind_of(file_kinds.sample_of(upload)) == file_kinds.ZIP


def keep(application, category, upload, user):
    """Open an uploaded ZIP, keep it for an hour and return its `Archive`.

    Raises ValidationError with a sentence when it cannot be opened, or nothing can be added any
    more.
    """
    if not application.is_editable:
        raise ValidationError("申报已提交或已放弃，不能再上传材料。")
    if upload.size > FILE_LIMIT:
        raise ValidationError(evidence_files.TOO_LARGE.format(size=f"{upload.size / MEGABYTE:.1f}"))
    upload.seek(0)
    told, _ = _ask({"do": "list"}, upload.read())
    upload.seek(0)
    earlier = list(Archive.objects.filter(application=application, uploaded_by=user))
    members = [{**row, "name": _clean(row["name"])} for row in told["members"]]
    for member in members:
        member["category"] = category_by_name(member["name"]) or category
    archive = Archive(
        application=application,
        category=category,
        name=evidence_files.clean_name(upload.name),
        members=members,
        uploaded_by=user,
    )
    evidence_files.keep(archive.file, "archive.zip", upload)
    archive.save()
    for each in earlier:
        remove(each)
    return archive


def _clean(name):
    """Return a member's name with its folders, as those of single uploads are kept."""
    parts = [part for part in name.replace("\\", "/").split("/") if part]
    return "/".join(map(evidence_files.clean_name, parts[-DEEPEST:] or [""]))


def _ask(question, data):
    """Return what the program answers; raises ValidationError with a sentence."""
    try:
        told, made = OPENING.ask(question, data)
    except program_pool.Busy as error:
        raise ValidationError(program_pool.BUSY, code=evidence_files.LATER) from error
    except program_pool.Unanswered as error:
        raise ValidationError(UNREADABLE) from error
    if refused := told.get("refused"):
        raise ValidationError(REFUSALS.get(refused) or f"{PROBLEMS[refused]}。")
    return told, made


def choice_of(archive):
    """Return what an archive holds, a dictionary a file: place, name, folder, size, kind, why not.

    `why` is a phrase for a file that is not taken, "" for one that would be checked like any other;
    `category` is where it is to go: what its folders or its name tell, or where the ZIP was brought
    to, until somebody chose; `is_ticked` is whether it is proposed, `told` why it was not taken the
    last time, or "".
    """
    kinds, rule, _ = evidence_files.taken_as(archive.category)
    taken = {kind.name for kind in kinds}
    rows = []
    for member in archive.members:
        folder, _, name = member["name"].rpartition("/")
        why = PROBLEMS.get(member["problem"], "")
        if not why and member["kind"] not in taken:
            is_packed = member["kind"] in file_kinds.PACKED
            why = "压缩包里的压缩包不打开，请解压后上传" if is_packed else rule
        rows.append({"is_ticked": True, "told": "", "category": archive.category, **member,
                     "name": name, "folder": folder, "kind": member["kind"] or UNKNOWN,
                     "why": why})  # fmt: skip
    return rows


def take(archive, places, user, categories=None):
    """Take files out of an archive, as if each was uploaded into its category.

    `categories` are those that were chosen, by place; they are kept for what stays, too.
    Returns (the `Evidence` rows, [(name, sentence)] of those that are refused, how many are still
    to be taken). Of those that are refused, what could be taken later stays in the archive with its
    sentence; so does what was not chosen, or for which there was no time. The archive is removed
    once nothing is left that could be taken.
    Raises ValidationError when it is gone, or another request takes the same files.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    kept, refused, again = [], [], []
    left = _claim(archive, places, categories or {})
    try:
        data = _bytes_of(archive)
        while left and time.monotonic() < until:
            member = left[0]
            name = member["name"].rpartition("/")[2]
            try:
                _, content = _ask({"do": "take", "place": member["place"]}, data)
                upload = SimpleUploadedFile(name, content)
                category = member.get("category", archive.category)
                kept.append(evidence_files.add(archive.application, category, upload, user))
            except ValidationError as error:
                refused.append((name, error.messages[0]))
                if error.code == evidence_files.LATER:
                    again.append({**member, "told": error.messages[0]})
            left.pop(0)
    finally:
        _put_back(archive, [*left, *again])
    return kept, refused, len(left) + len(again)


def _claim(archive, places, categories):
    """Take the members at these places out of an archive's list, and return them.

    The categories that were chosen, by place, are noted in all of it.
    """
    with transaction.atomic():
        row = Archive.objects.select_for_update().filter(pk=archive.pk).first()
        if row is None:
            raise ValidationError(GONE)
        for member in row.members:
            if member["place"] in categories:
                member["category"] = categories[member["place"]]
        wanted = {each["place"] for each in choice_of(row) if not each["why"]} & {*places}
        if not wanted:
            raise ValidationError(CLAIMED)
        claimed = [member for member in row.members if member["place"] in wanted]
        row.members = [
            {**member, "is_ticked": False}
            for member in row.members
            if member["place"] not in wanted
        ]
        row.save(update_fields=["members"])
    return claimed


def _put_back(archive, members):
    """Put members back into an archive's list; remove it when nothing can be taken of it."""
    with transaction.atomic():
        row = Archive.objects.select_for_update().filter(pk=archive.pk).first()
        if row is None:
            return
        row.members = sorted([*row.members, *members], key=lambda member: member["place"])
        row.save(update_fields=["members"])
    archive.members = row.members
    if all(each["why"] for each in choice_of(row)):
        remove(row)


def _bytes_of(archive):
    """Return the ZIP; raises ValidationError when it is gone, or cannot be read now."""
    try:
        with archive.file.open("rb") as stored:
            return stored.read()
    except FileNotFoundError as error:
        raise ValidationError(GONE) from error
    except OSError as error:
        log.exception("an archive could not be read")
        raise ValidationError(program_pool.BUSY) from error


def remove(archive):
    """Remove an archive, its bytes first."""
    archive.file.storage.delete(archive.file.name)
    archive.delete()


def forget_lapsed():
    """Remove the archives of which nobody chose within an hour; return how many there were."""
    lapsed = list(Archive.objects.filter(uploaded_at__lt=timezone.now() - KEPT))
    for archive in lapsed:
        remove(archive)
    return len(lapsed)
