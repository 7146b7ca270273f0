"""压缩包: a ZIP is opened into a list, and what is chosen from it is taken like any other file.

The ZIP lies with the uploaded files until the choice is made, or an hour at most; a later one of
the same person for the same application takes its place.
"""

import datetime
import time

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from applications.files import evidence as evidence_files
from applications.files import file_kinds, program_pool
from applications.files.archive_program import MOST_MEMBERS
from applications.files.limits import APPLICATION_LIMIT, FILE_LIMIT, MEGABYTE
from applications.models import Archive
from applications.rounds import EvidenceCategory

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
    for earlier in Archive.objects.filter(application=application, uploaded_by=user):
        remove(earlier)
    archive = Archive(
        application=application,
        category=category,
        name=evidence_files.clean_name(upload.name),
        members=told["members"],
        uploaded_by=user,
    )
    evidence_files.keep(archive.file, "archive.zip", upload)
    archive.save()
    return archive


def _ask(question, data):
    """Return what the program answers; raises ValidationError with a sentence."""
    try:
        told, made = OPENING.ask(question, data)
    except program_pool.Busy as error:
        raise ValidationError(program_pool.BUSY) from error
    except program_pool.Unanswered as error:
        raise ValidationError(UNREADABLE) from error
    if refused := told.get("refused"):
        raise ValidationError(REFUSALS.get(refused) or f"{PROBLEMS[refused]}。")
    return told, made


def choice_of(archive):
    """Return what an archive holds, a dictionary a file: place, name, folder, size, kind, why not.

    `why` is a phrase for a file that is not taken, "" for one that would be checked like any other.
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
        rows.append({**member, "name": name, "folder": folder, "kind": member["kind"] or UNKNOWN,
                     "why": why})  # fmt: skip
    return rows


def take(archive, places, user):
    """Take files out of an archive into its category, as if each was uploaded.

    Returns (the `Evidence` rows, [(name, sentence)] of those that are refused, the places for which
    there was no time). The archive is removed once nothing is left.
    """
    with archive.file.open("rb") as stored:
        data = stored.read()
    until = time.monotonic() + PATIENCE_SECONDS
    rows = {row["place"]: row for row in choice_of(archive) if not row["why"]}
    kept, refused, left = [], [], [place for place in places if place in rows]
    while left and time.monotonic() < until:
        row = rows[left.pop(0)]
        try:
            _, content = _ask({"do": "take", "place": row["place"]}, data)
            upload = SimpleUploadedFile(row["name"], content)
            kept.append(evidence_files.add(archive.application, archive.category, upload, user))
        except ValidationError as error:
            refused.append((row["name"], error.messages[0]))
    if left:
        archive.members = [member for member in archive.members if member["place"] in left]
        archive.save(update_fields=["members"])
    else:
        remove(archive)
    return kept, refused, left


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
