"""A program of its own (`program_bounds.py`): reads an uploaded Word file as a plain grid.

It answers {} and the bytes of a .docx with {"blocks": [block, ...]}. A block is a paragraph,
{"text", "number", "heading", "bold", "marks"}, or a table, {"rows": [[cell, ...], ...]}, with
cells {"column", "width", "height", "blocks"}: columns and sizes in columns and rows of its grid, a
merged cell once, where it begins. Or it answers {"refused": a key of `form_reading.REFUSALS`}.
"""

import sys

from applications.files.program_bounds import Refused, serve
from applications.form.word.docx_package import Package, attribute, child, local
from applications.form.word.docx_text import ADDED, REMOVED, THROUGH, Text, is_ticked, is_unfilled
from applications.form.word.symbol_fonts import TICKED, UNTICKED

CPU_SECONDS = 10
MEMORY = 700 * 1024**2
# The form with sixty rows in both award tables has 900 cells.
CELL_LIMIT = 6000
TEXT_LIMIT = 400_000
LINE_LIMIT = 10_000
DEPTH = 12  # tables and boxes in one another
# Each element of a deep file takes a few frames; the parser itself refuses what is deeper.
RECURSION = 4000


def read(question, data):
    """Return ({"blocks": ...}, b"") of a .docx; raises Refused."""
    try:
        return {"blocks": Reading(Package(data)).blocks}, b""
    except (RecursionError, MemoryError):
        raise Refused("too_complex") from None


class Reading:
    """The blocks of a whole document."""

    def __init__(self, package):
        self._text = Text(package)
        self._cells = self._letters = self._lines = self._depth = 0
        self._marks = set()  # told of what has no paragraph of its own: deleted rows, cells
        body = child(package.document, "body")
        self.blocks = [] if body is None else self._blocks(body)
        if self._marks:
            self.blocks.append(self._plain("", self._marks))

    def _blocks(self, container):
        self._depth += 1
        if self._depth > DEPTH:
            raise Refused("too_complex")
        blocks = []
        self._fill(blocks, container)
        self._depth -= 1
        return blocks

    def _fill(self, blocks, container):
        for each in container:
            name = local(each)
            if name == "p":
                self._paragraph(blocks, each)
            elif name == "tbl":
                blocks.append(self._table(each))
            elif name == "sdt":
                self._control(blocks, each)
            elif name in ADDED:
                self._marks.add("tracked")
                self._fill(blocks, each)
            elif name in REMOVED:
                self._marks.add("tracked")
            elif name == "altChunk":
                blocks.append(self._plain("", {"embedded"}))
            elif name == "AlternateContent":
                self._fill(blocks, each[:1] if len(each) else [])
            elif name in THROUGH:
                self._fill(blocks, each)

    def _paragraph(self, blocks, element):
        read = self._text.read(element)
        self._lines += 1 + read.text.count("\n")
        self._letters += len(read.text)
        if self._letters > TEXT_LIMIT or self._lines > LINE_LIMIT:
            raise Refused("too_long")
        block = {
            "text": read.text,
            "number": read.number,
            "heading": read.heading,
            "bold": read.is_bold,
            "marks": sorted(read.marks),
            "joins": read.joins,
        }
        before = blocks[-1] if blocks else None
        if before and before.get("joins"):
            before["text"] += block["text"]
            before["joins"] = block["joins"]
            before["marks"] = sorted({*before["marks"], *block["marks"]})
        else:
            blocks.append(block)
        for box in read.boxes:
            for inside in self._blocks(box):
                for paragraph in _paragraphs(inside):
                    paragraph["marks"] = sorted({*paragraph["marks"], "box"})
                blocks.append(inside)

    def _plain(self, text, marks):
        return {
            "text": text, "number": "", "heading": 0, "bold": False, "marks": sorted(marks),
            "joins": False,
        }  # fmt: skip

    def _control(self, blocks, control):
        """A content control around whole paragraphs, rows or cells."""
        properties = child(control, "sdtPr")
        box = child(properties, "checkbox")
        content = child(control, "sdtContent")
        if box is not None:
            blocks.append(self._plain(TICKED if is_ticked(box) else UNTICKED, set()))
        elif is_unfilled(properties):
            blocks.append(self._plain("", {"placeholder"}))
        elif content is not None:
            self._fill(blocks, content)

    # --- Tables -----------------------------------------------------------------------------

    def _table(self, table):
        self._depth += 1
        if self._depth > DEPTH:
            raise Refused("too_complex")
        rows, open_merges = [], {}
        for row in _inside(table, "tr"):
            cells = self._row(row, open_merges)
            if cells is not None:
                rows.append(cells)
        self._depth -= 1
        return {"rows": rows}

    def _row(self, row, open_merges):
        """Return the cells that begin in a row, or None for one that is deleted.

        `open_merges` are the cells that may go on below, by their first column.
        """
        properties = child(row, "trPr")
        before = _count(child(properties, "gridBefore"), 0)
        is_deleted = child(properties, "del") is not None
        if is_deleted or child(properties, "ins") is not None:
            self._marks.add("tracked")
        if child(properties, "hidden") is not None:
            self._marks.add("hidden")
            is_deleted = True
        cells, column, taken, grown = [], before, set(), set()
        for element in _inside(row, "tc"):
            self._cells += 1
            if self._cells > CELL_LIMIT:
                raise Refused("too_many_cells")
            properties = child(element, "tcPr")
            if child(properties, "cellDel") is not None:
                self._marks.add("tracked")
                continue
            width = _count(child(properties, "gridSpan"), 1)
            across, down = (child(properties, name) for name in ("hMerge", "vMerge"))
            start, column = column, column + width
            if across is not None and attribute(across, "val") != "restart" and cells:
                cells[-1]["width"] += width
                continue
            goes_on = down is not None and attribute(down, "val") != "restart"
            if goes_on and start in open_merges and not is_deleted:
                if start not in grown:
                    open_merges[start]["height"] += 1
                    grown.add(start)
                taken |= set(range(start, column))
                continue
            for other in range(start, column):
                open_merges.pop(other, None)
            if is_deleted:
                continue
            blocks = self._blocks(element)
            if is_unfilled(_control_around(element)):
                blocks = [self._plain("", {"placeholder"})]
            cell = {"column": start, "width": width, "height": 1, "blocks": blocks}
            cells.append(cell)
            if down is not None:
                open_merges[start] = cell
        return None if is_deleted else cells


def _inside(element, name):
    """Yield the rows of a table or the cells of a row, also those in controls and insertions."""
    for each in element:
        here = local(each)
        if here == name:
            yield each
        elif here == "sdt":
            content = child(each, "sdtContent")
            if content is not None:
                yield from _inside(content, name)
        elif here in THROUGH or here in ADDED:
            yield from _inside(each, name)


def _control_around(cell):
    """Return the properties of the content control that a whole cell stands in, or None."""
    content = cell.getparent()
    if content is None or local(content) != "sdtContent":
        return None
    return child(content.getparent(), "sdtPr")


def _count(element, otherwise):
    text = None if element is None else attribute(element, "val")
    return min(int(text), 100) if text and text.isascii() and text.isdigit() else otherwise


def _paragraphs(block):
    if "rows" not in block:
        return [block]
    cells = [cell for row in block["rows"] for cell in row]
    return [each for cell in cells for inside in cell["blocks"] for each in _paragraphs(inside)]


if __name__ == "__main__":
    sys.setrecursionlimit(RECURSION)
    serve(read, cpu_seconds=CPU_SECONDS, memory=MEMORY)
