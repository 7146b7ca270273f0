"""What was read on a page of an uploaded file: its lines, codes, red ink, and where each stands.

Plain values without Django: the program that reads (`read_program.py`) makes them, the rules that
compare claims with proof work on them. Boxes are (left, top, right, bottom) as shares, 0 to 1, of
the width and height of the page once it stands upright.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)  # the whole page


class PageState(StrEnum):
    """What became of the reading of a page."""

    READ = "READ"  # text was found
    BLANK = "BLANK"  # there is none: a photograph, an empty back
    FAILED = "FAILED"  # it could not be read in the time and memory that a page has


@dataclass(frozen=True)
class Line:
    """One line of text: as read, where, and how sure the reader is (0 to 1; a text layer is 1).

    A score proves nothing: a line cut off by a seal has 0.99.
    """

    text: str
    box: Box
    score: float = 1.0


@dataclass(frozen=True)
class Code:
    """One QR code: its text, and where it stands."""

    text: str
    box: Box


@dataclass(frozen=True)
class Page:
    """One page as it was read.

    `number` counts from 1; `width` and `height` are pixels of the upright picture that was read;
    `turn` is how far the page was turned clockwise to stand upright (0, 90, 180, 270); `is_layer`
    tells a page whose own text was taken, exact but for what its maker hid. `seals` are boxes of
    red ink about as large as a seal. `ink`, where it was asked for, is a map of `INK_COLUMNS` by
    `INK_ROWS` cells, row by row, two hexadecimal digits a cell: how much of it (0 to 15 of 15) is
    dark, and how much is red. `sketch` is a perceptual hash (16 hexadecimal digits), "" of a page
    without anything to see. Lines stand in reading order.
    """

    number: int
    state: PageState
    width: int = 0
    height: int = 0
    turn: int = 0
    is_layer: bool = False
    is_colour: bool = False
    lines: tuple[Line, ...] = ()
    codes: tuple[Code, ...] = ()
    seals: tuple[Box, ...] = ()
    ink: str = ""
    sketch: str = ""

    @property
    def text(self):
        """The lines as one text, a line feed between them."""
        return "\n".join(line.text for line in self.lines)

    def to_json(self):
        """Return it as a line of JSON; `from_json` makes it again."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text):
        """Return the page of a line of JSON."""
        values = json.loads(text)
        return cls(
            **{
                **values,
                "state": PageState(values["state"]),
                "lines": tuple(
                    Line(**{**line, "box": tuple(line["box"])}) for line in values["lines"]
                ),
                "codes": tuple(
                    Code(**{**code, "box": tuple(code["box"])}) for code in values["codes"]
                ),
                "seals": tuple(tuple(box) for box in values["seals"]),
            }
        )


# Cells of about 4 mm of an A4 page.
INK_COLUMNS, INK_ROWS = 52, 74


def ink_within(page, box):
    """Return the mean shares of dark and of red ink (0 to 1) in a box of a page's map of ink."""
    left, top, right, bottom = box
    columns = range(max(0, int(left * INK_COLUMNS)), min(INK_COLUMNS, int(right * INK_COLUMNS) + 1))
    rows = range(max(0, int(top * INK_ROWS)), min(INK_ROWS, int(bottom * INK_ROWS) + 1))
    dark = red = 0
    for row in rows:
        for column in columns:
            at = 2 * (row * INK_COLUMNS + column)
            dark += int(page.ink[at], 16)
            red += int(page.ink[at + 1], 16)
    cells = 15 * max(1, len(rows) * len(columns))
    return dark / cells, red / cells
