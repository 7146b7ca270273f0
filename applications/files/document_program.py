"""A program (`program_bounds.py`) that looks into a document before LibreOffice converts it.

It answers {"ending": ".docx", ".xlsx" or another} and the document's bytes with {"notes": [keys of
`rendition.NOTES`, what fills them]} and, of a workbook, the workbook with each of its sheets made
as wide as a page; none of another document. Or with {"refused": "broken"}.
"""

import io
import zipfile

from lxml import etree

from applications.files.hostile_xml import parsed
from applications.files.program_bounds import Refused, serve

CPU_SECONDS = 40
UNPACKED_LIMIT = 256 * 1024**2
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TRACKED = {f"{_WORD}{name}" for name in ("ins", "del", "moveFrom", "moveTo")}
# More columns than this are printed across.
UPRIGHT_COLUMNS = 9
# What stands in a sheet behind how its page is set up.
_BEHIND = (
    "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "drawingHF", "picture", "legacyDrawing", "legacyDrawingHF",
    "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip


def look(question, data):
    """Return what is noted of a document, and what is to be converted in its place, if anything."""
    try:
        if question["ending"] == ".docx":
            return {"notes": notes_of_word(data)}, b""
        if question["ending"] == ".xlsx":
            return fitted(data)
    except Refused:
        raise
    except Exception as error:  # whatever hostile bytes do to a parser
        raise Refused("broken") from error
    return {"notes": []}, b""


def notes_of_word(data):
    """Return what is noted of a Word document."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        root = parsed(archive.read("word/document.xml"))
    is_tracked = any(element.tag in TRACKED for element in root.iter())
    return [["tracked", {}]] if is_tracked else []


def fitted(data):
    """Return the notes of a workbook, and the workbook with its sheets as wide as a page."""
    hidden, notes, out = False, [], io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as made:
        if sum(member.file_size for member in archive.infolist()) > UNPACKED_LIMIT:
            raise Refused("broken")
        for member in archive.infolist():
            content = archive.read(member)
            if member.filename == "xl/workbook.xml":
                hidden, has_area = _of_workbook(content)
                notes += [["print_area", {}]] if has_area else []
            elif member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
                content, is_hidden = _of_sheet(content)
                hidden = hidden or is_hidden
            made.writestr(member.filename, content, zipfile.ZIP_DEFLATED)
    notes += [["hidden", {}]] if hidden else []
    return {"notes": notes}, out.getvalue()


def _of_workbook(content):
    """Return whether a sheet is hidden, and whether a part of one alone is printed."""
    root = parsed(content)
    names = {name.get("name") for name in root.iter(f"{_MAIN}definedName")}
    hidden = any(sheet.get("state", "visible") != "visible" for sheet in root.iter(f"{_MAIN}sheet"))
    return hidden, "_xlnm.Print_Area" in names


def _of_sheet(content):
    """Return a sheet as wide as a page, across when it is wide; whether rows of it are hidden."""
    root = parsed(content)
    if root.tag != f"{_MAIN}worksheet":
        return content, False
    properties = root.find(f"{_MAIN}sheetPr")
    if properties is None:
        properties = etree.Element(f"{_MAIN}sheetPr")
        root.insert(0, properties)
    setup = properties.find(f"{_MAIN}pageSetUpPr")
    if setup is None:
        setup = etree.SubElement(properties, f"{_MAIN}pageSetUpPr")
    setup.set("fitToPage", "1")
    page = root.find(f"{_MAIN}pageSetup")
    if page is None:
        page = etree.Element(f"{_MAIN}pageSetup", {"paperSize": "9"})  # A4
        behind = [child for child in root if etree.QName(child).localname in _BEHIND]
        root.insert(root.index(behind[0]) if behind else len(root), page)
    if _columns(root) > UPRIGHT_COLUMNS and not page.get("orientation"):
        page.set("orientation", "landscape")
    page.attrib.pop("scale", None)
    page.set("fitToWidth", "1")
    page.set("fitToHeight", "0")
    hidden = any(
        line.get("hidden") in {"1", "true"}
        for name in ("row", "col")
        for line in root.iter(f"{_MAIN}{name}")
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8"), hidden


def _columns(root):
    """Return how many cells the longest of a sheet's first rows has."""
    rows = root.iter(f"{_MAIN}row")
    return max((len(row) for row, _ in zip(rows, range(200), strict=False)), default=0)


if __name__ == "__main__":
    serve(look, cpu_seconds=CPU_SECONDS)
