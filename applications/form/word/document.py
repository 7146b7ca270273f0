"""A Word file as the program that opened it tells it: paragraphs and tables, in order.

Pure data for the rules of reading (`form_table.py`, `report_parts.py`); `word_program.py` says
what its JSON is.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

# So many blanks are kept in a row. Rules that look for a blank at each place would otherwise take
# the square of what a file holds of them.
MOST_BLANKS = 20
_BLANKS = re.compile(rf"\s{{{MOST_BLANKS + 1},}}")


def condensed(text):
    """Return a text with its long runs of blanks cut: one with a line break becomes that."""
    return _BLANKS.sub(lambda run: "\n" if "\n" in run[0] else run[0][:MOST_BLANKS], text)


@dataclass
class Paragraph:
    """One paragraph; `heading` is its level as a heading (1 to 9), 0 for plain text."""

    text: str
    number: str = ""
    heading: int = 0
    is_bold: bool = False
    marks: frozenset = frozenset()

    @property
    def line(self):
        """The text with the number that Word writes before it."""
        return f"{self.number}{self.text}"


@dataclass(eq=False)
class GridCell:
    """One cell: the row and column of its table's grid where it begins, and its size in them."""

    row: int
    column: int
    width: int
    height: int
    blocks: list = field(default_factory=list)

    @cached_property
    def text(self):
        """All that stands in it, by lines; a table within it as lines with tabs."""
        return condensed("\n".join(lines_of(self.blocks)).strip())

    @cached_property
    def marks(self):
        """What its paragraphs are marked by (`docx_text.Paragraph`)."""
        return frozenset().union(*(each.marks for each in paragraphs_of(self.blocks)))


@dataclass(eq=False)
class Table:
    """A table: `rows` are lists of the cells that begin in each, from left to right."""

    rows: list

    @cached_property
    def _grid(self):
        places = {}
        for row in self.rows:
            for cell in row:
                for at in range(cell.row, cell.row + cell.height):
                    for column in range(cell.column, cell.column + cell.width):
                        places.setdefault((at, column), cell)
        return places

    def at(self, row, column):
        """Return the cell that covers a place of the grid, or None."""
        return self._grid.get((row, column))


def document_of(blocks):
    """Return the blocks of the program's answer as a list of `Paragraph` and `Table`."""
    return [
        _table(block["rows"])
        if "rows" in block
        else Paragraph(
            condensed(block["text"]),
            block["number"],
            block["heading"],
            block["bold"],
            frozenset(block["marks"]),
        )
        for block in blocks
    ]


def _table(rows):
    return Table(
        [
            [
                GridCell(
                    at,
                    cell["column"],
                    cell["width"],
                    cell["height"],
                    document_of(cell["blocks"]),
                )
                for cell in row
            ]
            for at, row in enumerate(rows)
        ]
    )


def paragraphs_of(blocks):
    """Return every paragraph of these blocks, those in tables too."""
    paragraphs = []
    for block in blocks:
        if isinstance(block, Paragraph):
            paragraphs.append(block)
        else:
            for row in block.rows:
                for cell in row:
                    paragraphs += paragraphs_of(cell.blocks)
    return paragraphs


def lines_of(blocks):
    """Return blocks as lines of text, the cells of a table with tabs between them."""
    lines = []
    for block in blocks:
        if isinstance(block, Paragraph):
            lines.append(block.line)
        else:
            lines += ["\t".join(cell.text.replace("\n", " ") for cell in row) for row in block.rows]
    return lines
