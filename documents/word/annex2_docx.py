"""附件2 as a Word file that can be edited: the cells of the PDF, in the same order and widths.

Long texts go on in Word's own flow (可另附页). What it says and to whom is `annex2.context_of`.
"""

from docx.enum.text import WD_TAB_ALIGNMENT
from docx.shared import Mm

from documents import annex2
from documents.typesetting import line_count
from documents.word.paper import (
    CENTRE,
    FOOT,
    HEI,
    LEFT,
    SONG,
    add_parts,
    add_style,
    cell,
    content_of,
    fill,
    may_split,
    new_document,
    page_of_pages,
    paragraph,
    row,
    run,
    table,
    watermark,
)

UNSTAMPED = "未盖章电子版，内容以平台记录为准"
NO_DATE, BLANK_NAME = "年　　月　　日", "　　　"
MARGINS = (18, 20, 27, 20)
TEXT_WIDTH = 170
UNIT = TEXT_WIDTH / sum(span for _, *spans in annex2.MAIN_TABLE[0] for span in spans)
AWARD_WIDTHS = (40, 36, 44, 14, 11, 13, 12)
LABEL_WIDTH, PADDING, FROM_EDGE = 30, 1.5, 12  # of the opinions; the signature from its edge
# At least, in millimetres, as in annex2.css; 工作业绩 is lower, so that 申报单位意见 stays on its
# page when a line or two is typed into it, or a program's lines are higher.
ROW_HEIGHT, AWARD_HEIGHT = 8.4, 9
HEIGHTS = {
    "studio_facilities": 53.5,
    "achievements": 118,
    "unit": 53,
    "recommending": 60,
    "panel": 60,
    "bureau": 116,
}
# From where an opinion begins to its signature, and a line of its text.
TO_SIGNATURE = {"unit": 36, "recommending": 42, "panel": 42, "bureau": 36, "finance": 40}
LINE = 5.56
# The cover's: labels are spread to the width of nine characters; of the room below its lines each
# further line of a long name takes its height.
COVER_WIDTHS, COVER_HEIGHT, COVER_LINE, COVER_ROOM = (54, 82), 14, 7.8, 50
SPREAD, PER_COVER_LINE = 9, 15

CELL, BLOCK, PROSE, SIGNED, TITLE, SUBTITLE, GAP = (
    "FormCell",
    "FormBlock",
    "FormProse",
    "FormSigned",
    "FormTitle",
    "FormSubtitle",
    "FormGap",
)
ANNEX, COVER_TITLE, COVER_NAME, COVER_LABEL, COVER_TEXT, ISSUER = (
    "CoverAnnex",
    "CoverTitle",
    "CoverName",
    "CoverLabel",
    "CoverText",
    "CoverIssuer",
)


def render(application, privacy, shown=annex2.ALL_BOXES):
    """Return 附件2 of an application as a Word file (bytes).

    `privacy` and `shown` are those of `annex2.render`.
    """
    edition = annex2.edition_of(application, privacy)
    return write(annex2.context_of(application, edition, privacy, shown, annex2.WORD))


def write(context):
    """Return what `annex2.context_of` says as a Word file (bytes)."""
    document = new_document(f"{context['title']} {context['number']}", MARGINS)
    _add_styles(document)
    section = document.sections[0]
    section.footer.is_linked_to_previous = False
    fill(section.footer._element, *_foot(context))
    if context["mark"]:
        section.header.is_linked_to_previous = False
        fill(section.header._element, watermark(context["mark"]))
    parts = [*_cover(context["cover"]), paragraph(TITLE, context["title"]), _main_table(context)]
    for awards in context["award_tables"]:
        parts.append(paragraph(SUBTITLE, f"{awards['title']}："))
        parts.append(_award_table(context["award_labels"], awards["rows"]))
    # Two tables without anything between them are one to Word, which would repeat the awards' head.
    # The last of a file needs a paragraph after it, too.
    parts += [paragraph(GAP), _opinions(context), paragraph(GAP)]
    add_parts(document, parts)
    return content_of(document)


def _add_styles(document):
    def add(key, name, face, size, align, **shape):
        return add_style(document, key, name, face, size, align, **shape)

    add(CELL, "表格文字", SONG, 10.5, CENTRE, line=15.75)
    add(BLOCK, "表格长文", SONG, 10.5, LEFT, line=15.75)
    add(PROSE, "表格正文", SONG, 10.5, LEFT, line=15.75, indent=2)
    signed = add(SIGNED, "签字", SONG, 10.5, LEFT, line=15.75)
    signed.paragraph_format.tab_stops.add_tab_stop(
        Mm(TEXT_WIDTH - LABEL_WIDTH - 2 * PADDING - FROM_EDGE), WD_TAB_ALIGNMENT.RIGHT
    )
    add(TITLE, "表名", HEI, 18, CENTRE, line=25, after=11, page_break_before=True)
    add(SUBTITLE, "表内标题", HEI, 12, LEFT, line=17, before=8, after=5.5, keep_with_next=True)
    add(GAP, "表间", SONG, 1, LEFT, line=1)
    add(ANNEX, "附件号", HEI, 14, LEFT, line=20, after=68)
    add(COVER_TITLE, "封面标题", HEI, 30, CENTRE, line=51)
    add(COVER_NAME, "封面表名", HEI, 30, CENTRE, line=51, after=85)
    add(COVER_LABEL, "封面栏目", SONG, 15, LEFT, line=22)
    add(COVER_TEXT, "封面内容", SONG, 15, CENTRE, line=22)
    add(ISSUER, "制表单位", SONG, 15, CENTRE, line=30)
    document.styles["页脚文字"].paragraph_format.tab_stops.add_tab_stop(
        Mm(TEXT_WIDTH), WD_TAB_ALIGNMENT.RIGHT
    )


def _foot(context):
    return (
        paragraph(
            FOOT, f"受理编号：{context['number']}　版本：{context['version']}\t", *page_of_pages()
        ),
        paragraph(FOOT, f"内容指纹（SM3）：{context['fingerprint']}　{UNSTAMPED}"),
    )


def _cover(lines):
    rows, further = [], 0
    for label, text in lines:
        # No space behind the last character: the line would end beyond those of nine.
        spread = round(20 * 15 * (SPREAD - len(label)) / (len(label) - 1))
        label_runs = run(label[:-1], spacing=spread), run(label[-1])
        rows.append(
            row(
                cell(COVER_WIDTHS[0], paragraph(COVER_LABEL, *label_runs), align="bottom"),
                cell(
                    COVER_WIDTHS[1],
                    paragraph(COVER_TEXT, text),
                    align="bottom",
                    borders={"bottom": "single"},
                ),
                height=COVER_HEIGHT,
            )
        )
        further += max(0, line_count(text, PER_COVER_LINE) - 1)
    lines_of_cover = table(COVER_WIDTHS, bordered=False)
    lines_of_cover.extend(rows)
    below = max(COVER_LINE, COVER_ROOM - further * COVER_LINE)
    return (
        paragraph(ANNEX, "附件2"),
        paragraph(COVER_TITLE, "武汉市技能大师工作室"),
        paragraph(COVER_NAME, run("申报", spacing=20 * 60), run("表")),
        lines_of_cover,
        paragraph(ISSUER, "市人力资源和社会保障局　财政局　制", before=below),
        paragraph(ISSUER, NO_DATE),
    )


def _main_table(context):
    widths = [columns * UNIT for columns in context["columns"]]
    made = table(widths)
    for cells in context["table"]:
        built, start = [], 0
        for each in cells:
            middle = start + each["label_span"]
            end = middle + each["span"]
            built.append(
                cell(
                    sum(widths[start:middle]),
                    paragraph(CELL, each["label"]),
                    span=each["label_span"],
                )
            )
            built.append(_value(each, sum(widths[middle:end]), cells[0]["name"]))
            start = end
        name = cells[0]["name"]
        made.append(_row_of(cells, *built, height=HEIGHTS.get(name, ROW_HEIGHT)))
    return made


def _value(each, width, row_name):
    """Return the cell of one field of the main table."""
    is_block = row_name in HEIGHTS
    texts = each["paragraphs"] if "paragraphs" in each else each["text"].split("\n")
    return cell(
        width,
        *_paragraphs(BLOCK if is_block else CELL, texts),
        span=each["span"],
        align="top" if is_block else "center",
    )


def _paragraphs(style, texts):
    """Return a paragraph for each text: a cell has one at least."""
    return [paragraph(style, text) for text in texts or [""]]


def _row_of(texts, *cells, height):
    """Return a row; it may go on over a page when one of its texts is longer than the PDF's room.

    `texts` are as in `annex2.context_of`, each with its name.
    """
    made = row(*cells, height=height)
    if any(
        line_count("\n".join(each["paragraphs"]), per_line, indent) > lines
        for each in texts
        if each.get("paragraphs")
        for per_line, lines, indent in [annex2.ROOM[each["name"]]]
    ):
        may_split(made)
    return made


def _award_table(labels, rows):
    made = table(AWARD_WIDTHS)
    for number, texts in enumerate([labels, *rows]):
        cells = (
            cell(width, paragraph(CELL, text))
            for width, text in zip(AWARD_WIDTHS, texts, strict=True)
        )
        made.append(row(*cells, height=AWARD_HEIGHT, is_head=number == 0))
    return made


def _opinions(context):
    """Return the table of 工作业绩 and the opinions."""
    made = table((LABEL_WIDTH, TEXT_WIDTH - LABEL_WIDTH), margins=(1, PADDING))
    achievements = context["achievements"]
    made.append(
        _row_of(
            [{"name": "achievements", **achievements}],
            _opinion_label(achievements["label"]),
            _opinion_cell(_paragraphs(PROSE, achievements["paragraphs"])),
            height=HEIGHTS["achievements"],
        )
    )
    for opinions in context["opinion_rows"]:
        boxes = opinions["opinions"]
        lines = [line for box in boxes for line in _opinion(box)]
        made.append(
            _row_of(
                [{"name": box["key"], **box} for box in boxes],
                _opinion_label(opinions["label"]),
                _opinion_cell(lines),
                height=HEIGHTS[opinions["key"]],
            )
        )
    return made


def _opinion_label(label):
    return cell(LABEL_WIDTH, paragraph(CELL, label))


def _opinion_cell(paragraphs):
    return cell(TEXT_WIDTH - LABEL_WIDTH, *paragraphs, align="top")


def _opinion(opinion):
    """Yield the paragraphs of one opinion, its signature as far below as on the PDF."""
    texts = opinion.get("paragraphs") or [""]
    yield from _paragraphs(PROSE, texts)
    per_line, _, indent = annex2.ROOM[opinion["key"]]
    lines = line_count("\n".join(texts), per_line, indent)
    before = max(0, TO_SIGNATURE[opinion["key"]] - lines * LINE)
    outcome = f"结论：{opinion['outcome']}" if opinion.get("outcome") else ""
    signatory = opinion.get("signatory") or BLANK_NAME
    if opinion["signs_after"]:
        signed = f"{opinion['signature']}　{signatory}"
    else:
        signed = f"{signatory}　{opinion['signature']}"
    yield paragraph(SIGNED, f"{outcome}\t{signed}", before=before)
    yield paragraph(SIGNED, f"\t{opinion.get('date') or NO_DATE}")
