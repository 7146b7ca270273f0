"""What has been read of the files of an application, and how far the reading is."""

from dataclasses import dataclass

from applications.recognition.page import Page
from applications.recognition.records import FileText, PageText


def pages_of(files):
    """Return {key of the file: its pages (`Page`) in order} of `Evidence`, in one query.

    A file that was not read, or not yet, has no pages. Whose texts may be seen is the caller's
    to know: of an expert's application only files that the expert may open.
    """
    pages: dict[str, list[Page]] = {}
    rows = PageText.objects.filter(file__in={file.sha256 for file in files})
    for row in rows.order_by("file_id", "number"):
        pages.setdefault(row.file_id, []).append(row.page)
    return {file.pk: pages.get(file.sha256, []) for file in files}


@dataclass(frozen=True)
class Progress:
    """How far the reading of some files is, in pages; `failed` are pages that were not read."""

    done: int
    total: int
    failed: int

    @property
    def is_finished(self):
        """Whether nothing more is being read."""
        return self.done >= self.total

    @property
    def sentence(self):
        """It in words, "" where nothing is read."""
        if not self.total:
            return ""
        if not self.is_finished:
            return f"正在识别材料文字，已识别 {self.done}/{self.total} 页。"
        return f"有 {self.failed} 页未能识别，请人工核对。" if self.failed else ""


def texts_of(files):
    """Return the `FileText`s of `Evidence`, in one query; a file that is not read has none."""
    return list(FileText.objects.filter(sha256__in={file.sha256 for file in files}))


def progress_of(files):
    """Return the `Progress` of the reading of these files, in one query."""
    return progress_in(texts_of(files))


def progress_in(texts):
    """Return the `Progress` of the reading of these `FileText`s."""
    done = total = failed = 0
    for row in texts:
        total += row.pages
        done += row.pages if row.is_finished else row.pages_done
        failed += row.pages_failed
    return Progress(done, total, failed)
