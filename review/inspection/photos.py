"""Photos from a phone: the place where they were taken is removed, and a small copy is made."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from applications.files import evidence, program_pool
from applications.files.file_kinds import PICTURES
from review.inspection.photo_program import WRITTEN_AS

NOT_A_PHOTO = "考察照片只接受图片（JPG、PNG、HEIC 等）"
BROKEN = "图片已损坏，无法打开，请重新拍摄或选择。"
SEVERAL = "考察照片每张只能是一幅图，请把多页或动态的图片逐幅另存为 JPG 后重新选择。"
DEVELOPING = program_pool.Program("review.inspection.photo_program", wall_seconds=20)


@dataclass(frozen=True)
class Photograph:
    """A photo ready to be stored: the file, its small copy (JPEG bytes), when it was taken."""

    file: SimpleUploadedFile
    thumbnail: bytes
    taken_at: datetime | None


def developed(upload):
    """Check an uploaded photo and return it as `Photograph`, without the place where it was taken.

    Raises ValidationError with a sentence when the file is refused (`evidence.check`).
    """
    evidence.check_kind(upload, PICTURES, NOT_A_PHOTO)
    evidence.check(upload)
    upload.seek(0)
    try:
        answer, pictures = DEVELOPING.ask({}, upload.read())
    except program_pool.Busy as error:
        raise ValidationError(program_pool.BUSY) from error
    except program_pool.Unanswered as error:
        raise ValidationError(BROKEN) from error
    if "refused" in answer:
        raise ValidationError(SEVERAL if answer["refused"] == "several" else BROKEN)
    small, data = pictures[: answer["small"]], pictures[answer["small"] :]
    file = SimpleUploadedFile(upload.name, data)
    return Photograph(file, small, _moment(answer["taken"]))


def _moment(taken):
    if not taken:
        return None
    # The camera's own clock, wherever its owner set it.
    return timezone.make_aware(datetime.strptime(taken, WRITTEN_AS))  # noqa: DTZ007
