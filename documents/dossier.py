"""The dossier (notice, section 三): one A4 PDF in the prescribed order, to be printed and bound.

Cover, catalogue with page numbers, then the items 1 to 5; bookmarks, and a running number on every
page. What cannot be read becomes a note page; it never stops the rest.
"""

import math
import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pikepdf
from django.template.loader import render_to_string
from pikepdf import Array, Dictionary, Name, OutlineItem

from documents import sheets
from documents.material import (
    ANNEX1_TITLE,
    ANNEX2_TITLE,
    EVIDENCE_TITLE,
    REPORT_TITLE,
    STAMPED_TITLE,
    STYLE,
    TALENT_TITLE,
)
from documents.sheets import MM, Unreadable
from documents.typesetting import printable, width

TITLE = "武汉市技能大师工作室建设项目申报材料"
CATALOGUE_TITLE = "目录"
# About as many lines as a page of the catalogue holds: a first guess at how many pages it takes.
CATALOGUE_LINES = 36
NUMBER_SIZE = 9
NUMBER_RIGHT, NUMBER_TOP = 12 * MM, 9.5 * MM


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
    """A PDF on disk whose pages go in, in their order."""

    path: Path
    pages: int
    is_uploaded: bool = False
    # A sheet of our own to be drawn over a page: the caption of a picture, or a note.
    caption: str = ""
    note: str = ""
    label: str = ""
    name: str = ""


class Dossier:
    """A dossier in the making; `write` makes it. `notes` then says what was left out."""

    def __init__(self, material, folder, progress):
        self.material = material
        self.folder = folder
        self.progress = progress
        self.notes = []
        self.overlays = []  # (page index, what the sheet says)

    def write(self, path):
        """Write the PDF and return its number of pages."""
        entries = self.entries()
        return self.merge(path, self.front(entries), entries)

    def merge(self, path, front, entries):
        """Put cover, catalogue and entries together; return the number of pages."""
        sources = [front, *(source for entry in entries for source in entry.sources)]
        names = [part for source in sources for part in (str(source.path), "1-z")]
        # The job reads each file when it is written; Pdf.pages.extend would hold them in memory.
        job = pikepdf.Job(
            [
                "pikepdf",
                "--empty",
                "--remove-unreferenced-resources=no",
                "--keep-files-open=n",
                "--pages",
                *names,
                "--",
                str(path),
            ]
        )
        with job.create_pdf() as pdf:
            self._make_sheets(pdf, sources)
            self._draw_overlays(pdf)
            self._finish(pdf, entries, front.pages)
            pdf.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate)
            return len(pdf.pages)

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
        path = self.folder / f"{name}.pdf"
        path.write_bytes(content)
        return Source(path, _pages(content))

    def _uploaded(self, level, number, label, row):
        name = printable(row.original_name)
        entry = Entry(level, number, name if level == 3 else f"{label}　{name}")
        source = Source(self._blank, 1, label=f"{number}　{label}", name=name)
        try:
            if row.withheld:
                raise Unreadable("文件未通过病毒检查")
            path = Path(sheets.local_copy(row.file, self.folder, f"{row.pk}.original"))
            if path.stat().st_size == 0:
                raise Unreadable("文件是空的")
            if row.content_type == "application/pdf":
                source.pages = sheets.page_count(path)
                source.path, source.is_uploaded = path, True
            else:
                source.path = self.folder / f"{row.pk}.picture.pdf"
                sheets.picture_page(path, source.path)
                source.caption = name
        except Unreadable as error:
            source.path, source.note = self._blank, str(error)
        except FileNotFoundError:
            source.path, source.note = self._blank, "文件已不在存储中"
        if source.note:
            entry.note = f"未能并入（{source.note}），请见原件"
            self._note(source, source.note)
        entry.sources.append(source)
        self.progress(1)
        return entry

    def _note(self, source, reason):
        self.notes.append(f"{source.label}“{source.name}”{reason}，已用说明页代替。")

    @property
    def _blank(self):
        path = self.folder / "blank.pdf"
        if not path.exists():
            with pikepdf.new() as pdf:
                pdf.add_blank_page(page_size=sheets.A4)
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
                "documents/dossier_front.html",
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
            found = _pages(content)
            if found == pages:
                path = self.folder / "front.pdf"
                path.write_bytes(content)
                return Source(path, pages)
            pages = found

    # --- How it is put together ---

    def _make_sheets(self, pdf, sources):
        total = len(pdf.pages)
        number = Numbers(pdf, total)
        if any(source.is_uploaded for source in sources) and any(
            "/Annots" in page.obj for page in pdf.pages
        ):
            # Seals, stamps and filled-in fields are drawn on top of their page.
            pdf.flatten_annotations("all")
        index = 0
        for source in sources:
            for within in range(source.pages):
                page = pdf.pages[index]
                if source.is_uploaded:
                    self._take_over(pdf, page, index, source, within)
                else:
                    page.contents_add(b"q\n", prepend=True)
                    page.contents_add(b"\nQ\n")
                if source.caption or source.note:
                    self.overlays.append((index, source, source.note, ""))
                number.stamp(page, index + 1)
                index += 1
        if index != total:
            raise ValueError(f"{total} pages were expected, {index} found")

    def _take_over(self, pdf, page, index, source, within):
        try:
            sheets.fit(pdf, page)
        except Unreadable as error:
            sheets.clear(page, sheets.A4)
            which = f"第 {within + 1} 页"
            self.overlays.append((index, source, str(error), which))
            self._note(source, f"{which}{error}")

    def _draw_overlays(self, pdf):
        """Draw the captions and notes, each a sheet of one document, onto their pages."""
        if not self.overlays:
            return
        texts = []
        for index, source, note, which in self.overlays:
            box = pdf.pages[index].mediabox
            texts.append(
                {
                    "is_landscape": box[2] > box[3],
                    "label": source.label,
                    "name": source.name,
                    "note": note,
                    "which": which,
                }
            )
        content = _to_pdf(render_to_string("documents/dossier_sheets.html", {"sheets": texts}))
        with pikepdf.open(BytesIO(content)) as made:
            if len(made.pages) != len(texts):
                raise ValueError(f"{len(texts)} sheets were expected, {len(made.pages)} made")
            for (index, *_), sheet in zip(self.overlays, made.pages, strict=True):
                form = pdf.copy_foreign(sheet.as_form_xobject())
                sheets.draw(pdf.pages[index], "Caption", form)

    def _finish(self, pdf, entries, front_pages):
        for key in list(pdf.Root.keys()):
            if key not in {"/Type", "/Pages"}:
                del pdf.Root[key]
        sheets.disarm(pdf)
        for page in list(pdf.pages)[:front_pages]:
            for link in page.obj.get("/Annots", []):
                target = int(str(link.A.URI).removeprefix("page:"))
                del link.A
                link.Dest = Array([pdf.pages[target - 1].obj, Name.Fit])
        with pdf.open_outline() as outline:
            branches = {0: outline.root}
            for line in (
                Entry(1, "", "封面", page=1),
                Entry(1, "", CATALOGUE_TITLE, page=2),
                *entries,
            ):
                item = OutlineItem(f"{line.number}　{line.title}".strip(), line.page - 1, "Fit")
                item.is_closed = line.level == 2
                level = max(each for each in branches if each < line.level)
                branches[level].append(item)
                branches = {each: kept for each, kept in branches.items() if each < line.level}
                branches[line.level] = item.children
        pdf.Root.PageMode = Name.UseOutlines
        pdf.Root.Lang = pikepdf.String("zh-CN")
        pdf.docinfo["/Title"] = f"{TITLE} {self.material.cover[0][1]}"


class Numbers:
    """The running number in the top right corner: 第 n 页 共 N 页, in one shared font."""

    CHARACTERS = "第页共0123456789　"

    def __init__(self, pdf, total):
        self.total = total
        made = _to_pdf(f'<html lang="zh-CN"><p class="numbers">{self.CHARACTERS}</p>')
        with pikepdf.open(BytesIO(made)) as source:
            (font,) = source.pages[0].resources.Font.values()
            codes = re.findall(rb"<(\w{4})> <(\w{4})>", font.ToUnicode.read_bytes())
            self.font = pdf.copy_foreign(font)
        self.codes = {chr(int(text, 16)): code.decode() for code, text in codes}
        # The ground is half seen through: nothing on the page below is lost.
        self.ground = pdf.make_indirect(Dictionary(Type=Name.ExtGState, ca=0.8))

    def stamp(self, page, number):
        """Put the number onto a page."""
        text = f"第{number}页　共{self.total}页"
        _, _, right, top = (float(side) for side in page.mediabox)
        long = width(text) * NUMBER_SIZE + text.count("　")
        x, y = right - NUMBER_RIGHT - long, top - NUMBER_TOP
        codes = "".join(self.codes[each] for each in text)
        page.add_resource(self.font, Name.Font, Name.Running)
        page.add_resource(self.ground, Name.ExtGState, Name.Ground)
        page.contents_add(
            (
                f"q /Ground gs 1 g {x - 3:.2f} {y - 3.5:.2f} {long + 6:.2f} 13 re f Q\n"
                f"q BT 0 g /Running {NUMBER_SIZE} Tf {x:.2f} {y:.2f} Td <{codes}> Tj ET Q\n"
            ).encode()
        )


def _to_pdf(html):
    from documents.pdf import to_pdf  # loads Pango: a second that only a PDF should cost

    return to_pdf(html, STYLE)


def _pages(content):
    with pikepdf.open(BytesIO(content)) as pdf:
        return len(pdf.pages)


def write(material, path, folder, progress):
    """Write the dossier to `path`; return (pages, notes on what was left out).

    `folder` is for what is made on the way; `progress(n)` is called after every n steps done.
    """
    dossier = Dossier(material, folder, progress)
    pages = dossier.write(path)
    return pages, dossier.notes
