"""附件1 as a Word file: the notice's table on A4 landscape, one section a recommending unit.

What it lists, and in which order, is `annex1.Annex1`; a text that is longer than a page goes on in
its row (可另附页).
"""

import io
from copy import deepcopy
from functools import cache

from docx.enum.section import WD_HEADER_FOOTER
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Mm

from documents import annex1
from documents.typesetting import clean, line_count
from documents.word.paper import (
    CENTRE,
    FOOT,
    HEI,
    LEFT,
    SONG,
    TEXT,
    add_style,
    cell,
    element,
    fill,
    may_split,
    new_document,
    page,
    page_of_pages,
    paragraph,
    row,
    run,
    table,
    write_streamed,
)

# A4 landscape, in millimetres: margins (top, right, bottom, left), columns as wide as in the Excel.
MARGINS = (13, 10, 18, 10)
TEXT_WIDTH = 297 - 2 * 10
WIDTHS = [width * TEXT_WIDTH / sum(annex1.WIDTHS) for width in annex1.WIDTHS]
PADDING = 0.6
ROW_HEIGHT, HEAD_HEIGHT = 8.5, 9  # at least
SIZE, LINE = 9, 12.5  # points of the table's text
# Chinese characters in a line of each cell, and the lines of a page: a row of more goes on.
PER_LINE = [(width - 2 * PADDING) / (SIZE * 25.4 / 72) for width in WIDTHS]
PAGE_LINES = 30

ANNEX, TITLE, CELL, BLOCK, HEAD, ABOVE, BELOW, REMARK = (
    "ListAnnex",
    "ListTitle",
    "ListCell",
    "ListBlock",
    "ListHead",
    "ListAbove",
    "ListBelow",
    "ListRemark",
)


def render(listing):
    """Return an `annex1.Annex1` as a Word file (bytes), made now."""
    out = io.BytesIO()
    write(listing, out)
    return out.getvalue()


def write(listing, out, progress=lambda steps: None):
    """Write an `annex1.Annex1` to a path or file; calls `progress` with the rows written since."""
    title = clean(f"{listing.round.title} {annex1.TITLE}")
    document = new_document(title, MARGINS, landscape=True)
    _add_styles(document)
    write_streamed(document, _parts(listing, document, progress), out)


def _add_styles(document):
    def add(key, name, face, size, align, **shape):
        return add_style(document, key, name, face, size, align, **shape)

    add(ANNEX, "附件号", HEI, 12, LEFT, line=15)
    add(TITLE, "表名", HEI, 18, CENTRE, line=26, after=2)
    add(CELL, "表格文字", SONG, SIZE, CENTRE, line=LINE)
    add(BLOCK, "表格长文", SONG, SIZE, LEFT, line=LINE)
    add(HEAD, "表格栏目", HEI, SIZE, CENTRE, line=LINE)
    above = add(ABOVE, "表上文字", SONG, 11, LEFT, line=16, after=3)
    below = add(BELOW, "表下文字", SONG, 11, LEFT, line=16, before=5, after=3)
    add(REMARK, "备注", SONG, 10.5, LEFT, line=14)
    for style, *stops in (
        (above, (TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)),
        (below, (70, WD_TAB_ALIGNMENT.LEFT), (160, WD_TAB_ALIGNMENT.LEFT)),
        (document.styles["页脚文字"], (TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)),
    ):
        for millimetres, align in stops:
            style.paragraph_format.tab_stops.add_tab_stop(Mm(millimetres), align)


def _parts(listing, document, progress):
    """Yield what the document consists of; the foot of each section is filled in meanwhile."""
    # Where nobody has recommended anything there is the blank form.
    lists = listing.lists() if listing.keys else [annex1.UnitList(None, None, 0, ())]
    last = max(1, len(listing.keys))
    for number, unit_list in enumerate(lists, start=1):
        unit, filled = unit_list.unit, unit_list.filled
        yield paragraph(ANNEX, "附件1")
        yield paragraph(TITLE, annex1.TITLE)
        yield paragraph(ABOVE, "\t".join(map(clean, annex1.head_line(unit, filled))))
        yield table(WIDTHS, margins=(0.5, PADDING)), _rows(unit_list, progress)
        yield paragraph(BELOW, "\t".join(map(clean, annex1.foot_line(filled))), keeps_next=True)
        # What is below the table stays together.
        *remarks, last_remark = annex1.REMARKS
        yield from (paragraph(REMARK, remark, keeps_next=True) for remark in remarks)
        last_remark = paragraph(REMARK, last_remark)
        section = _section(document, listing.round, unit_list, is_alone=last == 1)
        if number < last:
            last_remark.pPr.append(section)
        yield last_remark
        if number == last:
            yield section


def _section(document, round_, unit_list, *, is_alone):
    """Return the properties of a section of A4 landscape, with a foot and page numbers of its own.

    Of several none says how many pages it has: LibreOffice does not count those of a section.
    """
    footer, key = document.part.add_footer_part()
    whose = f"　{unit_list.unit.name}" if unit_list.unit else ""
    pages = page_of_pages() if is_alone else page()
    lines = [paragraph(FOOT, f"{clean(round_.title + whose)}\t", *pages)]
    if unit_list.mark:
        lines.append(paragraph(FOOT, unit_list.mark))
    fill(footer.element, *lines)
    section = deepcopy(document.sections[0]._sectPr)
    section.add_footerReference(WD_HEADER_FOOTER.PRIMARY, key)
    # In the place that the schema has for it.
    section.find(qn("w:pgMar")).addnext(element("pgNumType", start=1))
    return section


def _rows(unit_list, progress):
    yield row(
        *(
            cell(width, paragraph(HEAD, label))
            for label, width in zip(annex1.HEADERS, WIDTHS, strict=True)
        ),
        height=HEAD_HEIGHT,
        is_head=True,
    )
    for number, _, cells in unit_list:
        yield _row([str(number), *map(clean, cells.values())])
        progress(1)
    for _ in range(annex1.BLANK_ROWS - unit_list.count):
        yield _row([""] * len(WIDTHS))


@cache
def _pattern():
    """Return the row that all rows are copies of: a twentieth of the time of making one anew."""
    return row(
        *(
            cell(width, paragraph(BLOCK if label in annex1.LONG_TEXT else CELL, run(" ")))
            for label, width in zip(annex1.HEADERS, WIDTHS, strict=True)
        ),
        height=ROW_HEIGHT,
    )


def _row(texts):
    made, lines = deepcopy(_pattern()), 1
    for each, text, per_line in zip(made.tc_lst, texts, PER_LINE, strict=True):
        (line,) = each.p_lst
        parts = text.replace("\t", " ").split("\n")
        lines_of_cell = [line, *(deepcopy(line) for _ in parts[1:])]
        each.extend(lines_of_cell[1:])
        for words, part in zip(lines_of_cell, parts, strict=True):
            next(words.iter(TEXT)).text = part
        lines = max(lines, line_count(text, per_line))
    if lines > PAGE_LINES:
        may_split(made)
    return made
