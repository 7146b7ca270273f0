"""Binding: the parts of a dossier, put together as one PDF with numbers, captions and bookmarks.

Runs in a process of its own (`page_program.py`): the parts hold what was uploaded.
"""

import re
from datetime import datetime

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem
from pikepdf.models.metadata import encode_pdf_date

from documents import embedded_record
from documents.dossier import marks, pages
from documents.dossier.pages import MM

PRODUCER = f"pikepdf {pikepdf.__version__}"
NUMBER_SIZE = 9
NUMBER_RIGHT, NUMBER_TOP = 12 * MM, 9.5 * MM


def bind(plan, out):
    """Write a dossier to `out`; return its number of pages.

    `plan` says what it is made of, all files by their paths:
    parts: PDFs in their order, front pages first; all pages stand on sheets of their own;
    front_pages: how many of them have links to "page:12";
    numbers: a PDF of one page whose one font has every character of the running numbers;
    running: for each page its number as (text, its width in em);
    overlays: a PDF of sheets to be drawn over pages, or null, and overlaid: the index of each page;
    stamp: a PDF of one page to be drawn over every page, or null;
    outline: bookmarks as (level, title, page);
    title: the document's title; made_at: when, as ISO 8601;
    record: what the dossier says as data, packed (`embedded_record`);
    is_for_archive: whether every page may stand in a PDF/A-3b, so that it bears that mark.
    """
    parts = [part for path in plan["parts"] for part in (path, "1-z")]
    # The job reads each file when it is written; Pdf.pages.extend would hold them in memory.
    job = pikepdf.Job(
        [
            "pikepdf",
            "--empty",
            "--remove-unreferenced-resources=no",
            "--keep-files-open=n",
            "--pages",
            *parts,
            "--",
            str(out),
        ]
    )
    with job.create_pdf() as pdf:
        if len(pdf.pages) != len(plan["running"]):
            raise ValueError(f"{len(plan['running'])} pages were expected, {len(pdf.pages)} found")
        for page in pdf.pages:
            page.contents_add(b"q\n", prepend=True)
            page.contents_add(b"\nQ\n")
        _draw_overlays(pdf, plan)
        _draw_numbers(pdf, plan)
        _draw_stamp(pdf, plan)
        _finish(pdf, plan)
        pdf.save(
            out,
            min_version="1.7",
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
        return len(pdf.pages)


def _draw_overlays(pdf, plan):
    """Draw captions and notes, each a sheet of one document, onto their pages."""
    if not plan["overlaid"]:
        return
    with pikepdf.open(plan["overlays"]) as made:
        if len(made.pages) != len(plan["overlaid"]):
            raise ValueError(f"{len(plan['overlaid'])} sheets expected, {len(made.pages)} made")
        for index, sheet in zip(plan["overlaid"], made.pages, strict=True):
            form = pdf.copy_foreign(sheet.as_form_xobject())
            pages.draw(pdf.pages[index], "Caption", form)


def _draw_numbers(pdf, plan):
    """Put the running number into the top right corner of every page, in one shared font."""
    with pikepdf.open(plan["numbers"]) as source:
        (font,) = source.pages[0].resources.Font.values()
        codes = re.findall(rb"<(\w{4})> <(\w{4})>", font.ToUnicode.read_bytes())
        font = pdf.copy_foreign(font)
    codes = {chr(int(text, 16)): code.decode() for code, text in codes}
    # The ground is half seen through: nothing on the page below is lost.
    ground = pdf.make_indirect(Dictionary(Type=Name.ExtGState, ca=0.8))
    for page, (text, long) in zip(pdf.pages, plan["running"], strict=True):
        _, _, right, top = (float(side) for side in page.mediabox)
        wide = long * NUMBER_SIZE
        x, y = right - NUMBER_RIGHT - wide, top - NUMBER_TOP
        shown = "".join(codes[each] for each in text)
        page.add_resource(font, Name.Font, Name.Running)
        page.add_resource(ground, Name.ExtGState, Name.Ground)
        page.contents_add(
            (
                f"q /Ground gs 1 g {x - 3:.2f} {y - 3.5:.2f} {wide + 6:.2f} 13 re f Q\n"
                f"q BT 0 g /Running {NUMBER_SIZE} Tf {x:.2f} {y:.2f} Td <{shown}> Tj ET Q\n"
            ).encode()
        )


def _draw_stamp(pdf, plan):
    """Put the mark of its reader over every page."""
    if plan["stamp"] is None:
        return
    with pikepdf.open(plan["stamp"]) as made:
        stamp = pdf.copy_foreign(made.pages[0].as_form_xobject())
    for page in pdf.pages:
        marks.draw_stamp(page, stamp)


def _finish(pdf, plan):
    for key in list(pdf.Root.keys()):
        if key not in {"/Type", "/Pages"}:
            del pdf.Root[key]
    for page in list(pdf.pages)[: plan["front_pages"]]:
        for link in page.obj.get("/Annots", []):
            link.F = 4  # printed, as the archive demands
            target = int(str(link.A.URI).removeprefix("page:"))
            del link.A
            link.Dest = Array([pdf.pages[target - 1].obj, Name.Fit])
    with pdf.open_outline() as outline:
        branches = {0: outline.root}
        for level, title, page in plan["outline"]:
            item = OutlineItem(title, page - 1, "Fit")
            item.is_closed = level == 2
            parent = max(each for each in branches if each < level)
            branches[parent].append(item)
            branches = {each: kept for each, kept in branches.items() if each < level}
            branches[level] = item.children
    pdf.Root.PageMode = Name.UseOutlines
    pdf.Root.Lang = pikepdf.String("zh-CN")
    for page in pdf.pages:
        # The structure of their documents is left behind: pages of scans have none.
        for each in (page.obj, *page.obj.get("/Annots", [])):
            if "/StructParents" in each:
                del each.StructParents
            if "/StructParent" in each:
                del each.StructParent
    _describe(pdf, plan)


def _describe(pdf, plan):
    """Put in what the dossier says as data, its title and, where it may bear it, the mark."""
    made_at = encode_pdf_date(datetime.fromisoformat(plan["made_at"]))
    file = pikepdf.AttachedFileSpec(
        pdf,
        plan["record"].encode(),
        filename=embedded_record.NAME,
        description=embedded_record.DESCRIPTION,
        mime_type="application/json",
        creation_date=made_at,
        mod_date=made_at,
    )
    file.relationship = Name.Data
    pdf.attachments[embedded_record.NAME] = file
    pdf.Root.AF = Array([pdf.attachments[embedded_record.NAME].obj])
    with pikepdf.open(plan["parts"][0]) as front:
        # The colours of all pages are those of the screen (sRGB), as the portal's own say it.
        pdf.Root.OutputIntents = pdf.copy_foreign(front.make_indirect(front.Root.OutputIntents))
    # What is told here is written into the old place of such words, too.
    with pdf.open_metadata(set_pikepdf_as_editor=False) as told:
        told["dc:title"] = plan["title"]
        told["dc:language"] = {"zh-CN"}
        told["xmp:CreateDate"] = plan["made_at"]
        told["pdf:Producer"] = PRODUCER
        if plan["is_for_archive"]:
            told["pdfaid:part"], told["pdfaid:conformance"] = "3", "B"
