"""The dossier (notice, section 三): one A4 PDF in the prescribed order, to be printed and bound.

Cover, catalogue with page numbers, then the items 1 to 5; bookmarks, and a running number on every
page. What cannot be read becomes a note page; it never stops the rest.
"""

import json
import math
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pikepdf
from django.template.loader import render_to_string
from django.utils import timezone

from applications.files.program_pool import Unanswered
from documents.dossier import copies
from documents.dossier.copies import Uncopied
from documents.dossier.material import (
    ANNEX1_TITLE,
    ANNEX2_TITLE,
    EVIDENCE_TITLE,
    REPORT_TITLE,
    STAMPED_TITLE,
    STYLE,
    TALENT_TITLE,
)
from documents.embedded_record import packed
from documents.page_count import page_count
from documents.typesetting import printable, width

TITLE = "武汉市技能大师工作室建设项目申报材料"
CATALOGUE_TITLE = "目录"
# About as many lines as a page of the catalogue holds: a first guess at how many pages it takes.
CATALOGUE_LINES = 36
A4 = (595.276, 841.89)  # points
# Every character of the running numbers.
RUNNING = "第页共0123456789　"
NUMBERS = f'<html lang="zh-CN"><p class="numbers">{RUNNING}</p>'
ARCHIVE = "PDF/A-3b，可长期保存"
NO_ARCHIVE = (
    "普通 PDF，未标注 PDF/A-3，不影响使用。"
    "确需长期保存格式的，请申报单位改交扫描件或照片。未能标注的文件："
)
MOST_NAMED = 50  # files of one reason, by name
SIGNED = "含电子签章，本册为其显示内容，签章效力以原件为准"


@dataclass
class Entry:
    """One line of the catalogue and one bookmark."""

    level: int
    number: str
    title: str
    sources: list = field(default_factory=list)  # the files whose pages follow it
    page: int = 0
    note: str = ""


@dataclass
class Source:
    """A PDF on disk whose pages go in, in their order, each on a sheet of its own."""

    path: Path
    pages: int
    label: str = ""
    name: str = ""
    wide: set = field(default_factory=set)  # the indexes of its pages in landscape
    # Sheets of our own to be drawn over its pages: the caption of a picture, notes.
    overlays: list = field(default_factory=list)


@dataclass(frozen=True)
class Overlay:
    """What is drawn over a page of a part (`page` is its index there): its caption, or a note."""

    page: int
    note: str = ""
    which: str = ""


class Dossier:
    """A dossier in the making; `write` makes it. `notes` then says what was left out."""

    def __init__(self, material, folder, progress):
        self.material = material
        self.folder = folder
        self.progress = progress
        self.notes = []
        self.hindrances = []  # why it is no PDF for the archive: (what a file is called, reasons)
        self.overlays = []  # (page index, what the sheet says)

    def write(self, path):
        """Write the PDF and return its number of pages."""
        entries = self.entries()
        return self.merge(path, self.front(entries), entries)

    def merge(self, path, front, entries):
        """Put cover, catalogue and entries together; return the number of pages."""
        sources = [front, *(source for entry in entries for source in entry.sources)]
        total = sum(source.pages for source in sources)
        overlaid, texts = self._overlays(sources)
        plan = {
            "parts": [str(source.path) for source in sources],
            "front_pages": front.pages,
            "numbers": self._kept("numbers", _numbers()),
            "running": [running(number, total) for number in range(1, total + 1)],
            "overlays": texts
            and self._made("overlays", render_to_string("documents/dossier/sheets.html", texts)),
            "overlaid": overlaid,
            "stamp": self.material.stamp and self._kept("stamp", self.material.stamp),
            "outline": [
                (entry.level, f"{entry.number}　{entry.title}".strip(), entry.page)
                for entry in (
                    Entry(1, "", "封面", page=1),
                    Entry(1, "", CATALOGUE_TITLE, page=2),
                    *entries,
                )
            ],
            "title": f"{TITLE} {self.material.cover[0][1]}",
            "made_at": timezone.localtime().isoformat(timespec="seconds"),
            "record": packed(self.material.record).decode(),
            "is_for_archive": not self.hindrances,
        }
        told = copies.make(copies.BINDING, "bind", path, data=json.dumps(plan).encode())
        return told["pages"]

    def _overlays(self, sources):
        """Return the indexes of the pages that are drawn over, and what the sheets say."""
        overlaid, texts, first = [], [], 0
        for source in sources:
            for overlay in source.overlays:
                overlaid.append(first + overlay.page)
                texts.append(
                    {
                        "is_landscape": overlay.page in source.wide,
                        "label": source.label,
                        "name": source.name,
                        "note": overlay.note,
                        "which": overlay.which,
                    }
                )
            first += source.pages
        return overlaid, {"sheets": texts} if texts else None

    def _made(self, name, html):
        return self._kept(name, _to_drawing(html))

    def _kept(self, name, content):
        path = self.folder / f"{name}.pdf"
        path.write_bytes(content)
        return str(path)

    # --- What goes in ---

    def entries(self):
        """Return the lines of the catalogue in the notice's order, with the files behind them."""
        material = self.material
        printed = [
            Entry(1, "1", ANNEX1_TITLE, [self._printed("annex1", material.annex1_pdf())]),
            Entry(1, "2", ANNEX2_TITLE, [self._printed("annex2", material.annex2_pdf())]),
            Entry(1, "3", REPORT_TITLE, [self._printed("report", material.report_pdf())]),
            Entry(1, "4", TALENT_TITLE, [self._printed("talent", material.talent_pdf())]),
        ]
        self.progress(1)
        stamped = [
            self._uploaded(2, f"2.{number}", STAMPED_TITLE, row)
            for number, row in enumerate(material.stamped, start=1)
        ]
        entries = [*printed[:2], *stamped, *printed[2:], Entry(1, "5", EVIDENCE_TITLE)]
        for group in material.groups:
            entries.append(Entry(2, f"5.{group.number}", group.label))
            entries += [
                self._uploaded(3, f"5.{group.number}.{number}", group.label, row)
                for number, row in enumerate(group.files, start=1)
            ]
        return entries

    def _printed(self, name, content):
        return Source(Path(self._kept(name, content)), page_count(content))

    def _uploaded(self, level, number, label, row):
        name = printable(row.original_name)
        entry = Entry(level, number, name if level == 3 else f"{label}　{name}")
        source = Source(self._blank, 1, label=f"{number}　{label}", name=name)
        try:
            if row.withheld:
                raise Uncopied("文件未通过病毒检查")
            if not row.is_shown:
                raise Uncopied(copies.UNSHOWN)
            self._fit(row, source)
        except Uncopied as error:
            source.overlays.append(Overlay(0, note=str(error)))
            entry.note = f"未能并入（{error}），请见原件"
            self._note(source, str(error))
        except FileNotFoundError:
            source.overlays.append(Overlay(0, note="文件已不在存储中"))
            entry.note = "未能并入（文件已不在存储中），请见原件"
            self._note(source, "文件已不在存储中")
        else:
            notes = [SIGNED] if row.is_signed else []
            notes += [row.rendition_note.rstrip("。")] if row.rendition_note else []
            if lost := [overlay for overlay in source.overlays if overlay.note]:
                notes.append(f"{'、'.join(each.which for each in lost)}未能并入，请见原件")
            entry.note = "；".join(notes)
        entry.sources.append(source)
        self.progress(1)
        return entry

    def _fit(self, row, source):
        """Put the pages of an uploaded file on sheets; raises Uncopied and FileNotFoundError."""
        is_pdf = row.shown_type == "application/pdf"
        original = copies.local_copy(row.shown_file, self.folder, f"{row.pk}.original")
        fitted = self.folder / f"{row.pk}.fitted.pdf"
        try:
            made = copies.make(
                copies.BINDING,
                "fit_pdf" if is_pdf else "fit_picture",
                fitted,
                source=str(original),
                seconds=copies.FITTING_SECONDS,
            )
        except Unanswered as error:
            raise Uncopied(copies.TOO_COMPLEX) from error
        source.path, source.pages, source.wide = fitted, made["pages"], set(made["wide"])
        if made["hindrances"]:
            number = source.label.split("　")[0]
            self.hindrances.append((f"{number}“{source.name[:40]}”", made["hindrances"]))
        if not is_pdf:
            source.overlays.append(Overlay(0))
        for index, why in made["failed"]:
            which = f"第 {index + 1} 页"
            source.overlays.append(Overlay(index, note=why, which=which))
            self._note(source, f"{which}{why}")

    @property
    def archive_note(self):
        """Whether it is a PDF for the archive; if not, which files are why, a line each reason."""
        if not self.hindrances:
            return ARCHIVE
        files = {}
        for name, reasons in self.hindrances:
            files.setdefault("、".join(reasons), []).append(name)
        lines = []
        for why, names in files.items():
            more = f"等 {len(names)} 份" if len(names) > MOST_NAMED else ""
            lines.append(f"{why}：{'、'.join(names[:MOST_NAMED])}{more}")
        return "\n".join([NO_ARCHIVE, *lines])

    def _note(self, source, reason):
        self.notes.append(f"{source.label}“{source.name}”{reason}，已用说明页代替。")

    @property
    def _blank(self):
        path = self.folder / "blank.pdf"
        if not path.exists():
            with pikepdf.new() as pdf:
                pdf.add_blank_page(page_size=A4)
                pdf.save(path)
        return path

    def front(self, entries):
        """Return cover and catalogue, with the page of each entry.

        How many pages the catalogue takes decides the numbers that it prints: it is made again in
        the rare case that it takes more or fewer than were expected.
        """
        pages_after = sum(source.pages for entry in entries for source in entry.sources)
        pages = 1 + math.ceil(len(entries) / CATALOGUE_LINES)
        while True:
            number = pages + 1
            for entry in entries:
                entry.page = number
                number += sum(source.pages for source in entry.sources)
            html = render_to_string(
                "documents/dossier/front.html",
                {
                    "title": TITLE,
                    "round": self.material.application.round,
                    "cover": self.material.cover,
                    "mark": self.material.edition.mark,
                    "catalogue_title": CATALOGUE_TITLE,
                    "entries": entries,
                    "total": pages + pages_after,
                },
            )
            content = _to_pdf(html)
            found = page_count(content)
            if found == pages:
                path = self.folder / "front.pdf"
                path.write_bytes(content)
                return Source(path, pages)
            pages = found


def running(number, total):
    """Return the running number of a page, and its width in em."""
    text = f"第{number}页　共{total}页"
    return text, width(text) + 0.1


@cache
def _numbers():
    """Return the PDF with the characters of the running numbers: the same for every dossier."""
    return _to_drawing(NUMBERS)


def _to_pdf(html):
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    return to_pdf(html, STYLE)


def _to_drawing(html):
    from documents.pdf import to_drawing  # the same

    return to_drawing(html, STYLE)


def write(material, path, folder, progress):
    """Write the dossier to `path`; return what its package says of it (`Package`).

    `folder` is for what is made on the way; `progress(n)` is called after every n steps done.
    """
    dossier = Dossier(material, folder, progress)
    pages = dossier.write(path)
    return {"pages": pages, "notes": dossier.notes, "archive_note": dossier.archive_note}
