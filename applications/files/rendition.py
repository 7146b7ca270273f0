"""显示件: what is shown of a stored file that is not shown as it is, such as a HEIC photo.

The original is kept byte for byte and can be downloaded by whoever may have it; every thumbnail,
viewer, marked copy and dossier, and the reading, take what is shown (`shown_file`, `shown_type`).
A digest is of the original; `pages` are those of what is shown.
"""

import uuid
from pathlib import PurePosixPath

from django.db import models
from django.db.models import Q

from applications.files.file_kinds import EXTENSIONS

# What every viewer of the portal shows, and what a bucket may show without running anything.
SHOWN_TYPES = frozenset({"application/pdf", "image/jpeg", "image/png"})
# Of a queryset's rows: those of which something can be shown.
SHOWABLE = Q(content_type__in=SHOWN_TYPES) | ~Q(rendition="")
# What stored originals end with, as Django asks for it.
STORED_ENDINGS = [ending.removeprefix(".") for ending in EXTENSIONS.values()]

# What is said of a rendition, by the key that the program which made it answers.
NOTES = {
    "rendition": "显示件由平台转换，以原件为准",
    "first_frame": "原件是动图，只显示第一帧",
    "main_picture": "原件含 {count} 张图片，只显示主图",
    "scaled": "原件像素较多，显示件已缩小",
    "tracked": "原件有修订标记，按修订状态显示",
    "hidden": "原件有隐藏的工作表或行列，没有显示",
    "print_area": "原件设有打印区域，区域以外没有显示",
    # What an OFD holds and could not be drawn (applications/files/ofd/drawing.py).
    "picture": "{count} 张图片未能显示",
    "seal": "{count} 个印章未能显示",
    "character": "{count} 个字未能显示",
    "pattern": "{count} 处底纹或渐变显示不全",
    "media": "{count} 个音视频未显示",
    "object": "{count} 处内容未能显示",
    "font": "{count} 种字体以平台字体代替",
    "xml": "{count} 处数据损坏，显示可能不全",
    "attachments": "另含 {count} 个附件，请打开原件查看",
}


def note_of(notes):
    """Return the sentence about a rendition; `notes` are (key of NOTES, what fills it)."""
    told = [NOTES["rendition"], *(NOTES[key].format(**values) for key, values in notes)]
    return "；".join(told) + "。"


def rendition_path(row, filename):
    """Return a random name in a folder beside the file itself."""
    folder = PurePosixPath(row.file.name).parent
    return f"{folder}/renditions/{uuid.uuid4().hex}{PurePosixPath(filename).suffix}"


class Shown(models.Model):
    """A stored file (`file`, `content_type`) with its rendition, where it has one."""

    rendition = models.FileField("显示件", upload_to=rendition_path, blank=True)
    rendition_type = models.CharField(max_length=50, blank=True)
    rendition_note = models.CharField("显示件说明", max_length=200, blank=True)

    class Meta:
        abstract = True

    @property
    def shown_type(self):
        """The MIME type of what is shown."""
        return self.rendition_type or self.content_type

    @property
    def shown_file(self):
        """The stored file that is shown."""
        return self.rendition or self.file

    @property
    def shown_name(self):
        """The name under which it is saved from a viewer: it ends as its content does."""
        if not self.rendition_type:
            return self.original_name
        return PurePosixPath(self.original_name).stem + EXTENSIONS[self.rendition_type]

    @property
    def is_shown(self):
        """Whether there is anything to show: else the original alone can be downloaded."""
        return self.shown_type in SHOWN_TYPES

    @property
    def unshown(self):
        """Why nothing of it is shown, as a sentence."""
        return self.rendition_note or "平台不能显示这种文件，请下载原件查看。"

    @property
    def has_original(self):
        """Whether the original is another file than the one that is shown."""
        return not self.is_shown or bool(self.rendition_type)

    def delete_stored(self):
        """Remove the stored bytes of a row that is not saved."""
        for file in (self.file, self.rendition):
            if file.name:
                file.storage.delete(file.name)
