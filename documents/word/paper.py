"""What the portal's Word papers share: page, faces, tables that keep their widths, the foot.

Paragraphs and tables are written as elements of WordprocessingML (ISO/IEC 29500-1, 17), which say
spans, least heights and repeated heads (docs/decisions/0027); python-docx keeps the rest. Importing
this module loads it, 20 MB for the process: import it where a file is made.
"""

import datetime
import io
import shutil
import tempfile
import zipfile
from functools import cache
from itertools import chain
from zipfile import ZIP_DEFLATED as DEFLATED

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, nsmap, qn
from docx.oxml.parser import oxml_parser
from docx.shared import Mm, Pt
from lxml import etree

from documents.typesetting import width as text_width

SONG, HEI, LATIN = "宋体", "黑体", "Times New Roman"
CENTRE, LEFT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT
BORDER = 5  # of a table, in eighths of a point: 0.6 pt, as in the PDF
# Of python-docx's template only these styles are kept: it has 160 more, in English. What is left of
# them goes too: lists in those styles, a second copy of them, the picture of an empty page that
# file managers would show.
KEPT_STYLES = {
    "Normal",
    *("Header", "HeaderChar", "Footer", "FooterChar"),
    *("DefaultParagraphFont", "TableNormal", "NoList"),
}
DROPPED = {
    RT.THUMBNAIL,
    RT.NUMBERING,
    "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects",
}
FOOT = "Foot"
BODY = "word/document.xml"
TEXT = qn("w:t")
_NAMESPACE = {"w": nsmap["w"]}


def twips(millimetres):
    """Return a length as WordprocessingML counts it: twentieths of a point."""
    return round(millimetres * 1440 / 25.4)


def element(name, *children, **attributes):
    """Return an element of WordprocessingML with these children and `w:` attributes."""
    said = {_qualified(key): str(value) for key, value in attributes.items()}
    # As python-docx's OxmlElement, in less of the time.
    made = oxml_parser.makeelement(_qualified(name), said, nsmap=_NAMESPACE)
    made.extend(children)
    return made


@cache
def _qualified(name):
    return qn(f"w:{name}")


# --- The document --------------------------------------------------------------------------------


def new_document(title, margins, *, landscape=False):
    """Return an empty A4 document: 宋体 of 10.5 points, nobody's name in its properties.

    `margins` are top, right, bottom, left in millimetres.
    """
    document = Document()
    styles = document.styles.element
    for style in list(styles.style_lst):
        if style.styleId not in KEPT_STYLES:
            styles.remove(style)
    defaults = styles.find(qn("w:docDefaults"))
    styles.replace(defaults, element("docDefaults", element("rPrDefault", _default_face())))
    shape = document.styles["Normal"].element.get_or_add_pPr()
    # 2024年 as the PDF and the notice have it, without a gap between digits and characters.
    shape.extend((element("autoSpaceDE", val=0), element("autoSpaceDN", val=0)))
    normal = document.styles["Normal"]
    set_face(normal, SONG, 10.5)
    normal.paragraph_format.space_after = Pt(0)
    add_style(document, FOOT, "页脚文字", HEI, 8.5, LEFT, line=13)
    _set_layout_of_today(document)
    section = document.sections[0]
    short, long = Mm(210), Mm(297)
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = (long, short) if landscape else (short, long)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(
        Mm, margins
    )
    section.header_distance = section.footer_distance = Mm(8)
    # Lines stand where the heights of rows put them, not on a grid.
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is not None:
        section._sectPr.remove(grid)
    for relations in (document.part.package.rels, document.part.rels):
        for key in [key for key, each in relations.items() if each.reltype in DROPPED]:
            del relations[key]
    properties = document.core_properties
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    properties.title, properties.author, properties.comments = title, "", ""
    properties.last_modified_by, properties.language = "", "zh-CN"
    properties.created = properties.modified = now
    return document


def add_parts(document, parts):
    """Put paragraphs and tables at the end of a document."""
    for part in parts:
        document.element.body.insert_element_before(part, "w:sectPr")


def content_of(document):
    """Return a document as a Word file (bytes)."""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def write_streamed(document, parts, out):
    """Write a document to a path or file whose body is these parts, however many there are.

    A part is an element, or a table and an iterator of its rows; each is let go once it is written.
    What belongs to the whole document, such as the footers, is written after them.
    """
    with tempfile.TemporaryFile() as body:
        _stream(parts, document.element, body)
        whole = io.BytesIO()
        document.save(whole)
        with zipfile.ZipFile(whole) as before, zipfile.ZipFile(out, "w", DEFLATED) as after:
            for entry in before.infolist():
                if entry.filename == BODY:
                    body.seek(0)
                    with after.open(BODY, "w", force_zip64=True) as part:
                        shutil.copyfileobj(body, part)
                else:
                    after.writestr(entry.filename, before.read(entry))


def _stream(parts, root, file):
    with etree.xmlfile(file, encoding="UTF-8") as xml:
        xml.write_declaration(standalone=True)
        with xml.element(root.tag, nsmap=root.nsmap), xml.element(qn("w:body")):
            for part in parts:
                if not isinstance(part, tuple):
                    xml.write(part)
                    continue
                shell, rows = part
                with xml.element(shell.tag):
                    for child in chain(shell, rows):
                        xml.write(child)


def _default_face():
    return element(
        "rPr",
        element("rFonts", ascii=LATIN, hAnsi=LATIN, eastAsia=SONG, cs=LATIN),
        element("sz", val=21),
        element("szCs", val=21),
        element("lang", val="en-US", eastAsia="zh-CN", bidi="ar-SA"),
    )


def _set_layout_of_today(document):
    """Have Word lay the document out as it does its own, not in 兼容模式."""
    for setting in document.settings.element.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")
    for language in document.settings.element.iter(qn("w:themeFontLang")):
        language.set(qn("w:eastAsia"), "zh-CN")


def set_face(style, face, size):
    """Give a style a Chinese face and a size in points.

    `font.name` alone leaves the face of Chinese characters out.
    """
    style.font.name, style.font.size = LATIN, Pt(size)
    fonts = style.element.rPr.rFonts
    fonts.set(qn("w:eastAsia"), face)
    fonts.set(qn("w:cs"), LATIN)


def add_style(document, key, name, face, size, align, *, line, before=0, after=0, indent=0, **kept):
    """Add a paragraph style, by its key of ASCII letters and the name that people see.

    `line`, `before` and `after` are points, `indent` is characters. Lines are at least so high: a
    face that is higher is not cut off. `kept` are further properties of python-docx's paragraph
    format.
    """
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.element.styleId = key
    style.base_style = document.styles["Normal"]
    style.quick_style = True
    set_face(style, face, size)
    shape = style.paragraph_format
    shape.alignment = align
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.AT_LEAST, Pt(line)
    shape.space_before, shape.space_after = Pt(before), Pt(after)
    for key, value in kept.items():
        setattr(shape, key, value)
    if indent:
        shape.first_line_indent = Pt(indent * size)
        # By characters it stays right when somebody chooses another size.
        shape.element.pPr.ind.set(qn("w:firstLineChars"), str(100 * indent))
    return style


# --- Paragraphs ----------------------------------------------------------------------------------


def run(text, **properties):
    """Return a run of plain text; nothing in it is read as a field or as markup.

    With the hint marks that are neither (“ ” …) are set in the Chinese face.
    """
    made = element("r", element("rPr", element("rFonts", hint="eastAsia")))
    for name, value in properties.items():
        made[0].append(element(name, val=value))
    for number, part in enumerate(text.split("\t")):
        if number:
            made.append(element("tab"))
        if part:
            words = element("t")
            words.text = part
            words.set(qn("xml:space"), "preserve")
            made.append(words)
    return made


def field(code, shown="1"):
    """Return the runs of a field that the program computes, such as PAGE."""
    instruction = element("instrText")
    instruction.text = f" {code} "
    begin, separate, end = (
        element("fldChar", fldCharType=kind) for kind in ("begin", "separate", "end")
    )
    return [
        *(element("r", part) for part in (begin, instruction, separate)),
        run(shown),
        element("r", end),
    ]


def paragraph(style, *runs, keeps_next=False, before=None):
    """Return a paragraph of runs, or of texts, in a style (its key).

    One that keeps the next stands on the same page as it; `before` is its own space above, in
    millimetres.
    """
    shape = element("pPr", element("pStyle", val=style))
    if keeps_next:
        shape.append(element("keepNext"))
    if before is not None:
        shape.append(element("spacing", before=twips(before)))
    made = element("p", shape)
    made.extend(run(each) if isinstance(each, str) else each for each in runs if len(each))
    return made


# --- Tables --------------------------------------------------------------------------------------


def table(widths, *, bordered=True, margins=(1, 0.6)):
    """Return a table without rows, in the middle of its page; `widths` of columns in millimetres.

    `margins` are those of each cell, above and beside. Grid, cells and a fixed layout all say the
    widths: Word, WPS and LibreOffice each heed another of them.
    """
    kind = "single" if bordered else "nil"
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    above, beside = map(twips, margins)
    properties = element(
        "tblPr",
        element("tblW", w=twips(sum(widths)), type="dxa"),
        element("jc", val="center"),
        element(
            "tblBorders",
            *(element(side, val=kind, sz=BORDER, space=0, color="000000") for side in sides),
        ),
        element("tblLayout", type="fixed"),
        element(
            "tblCellMar",
            element("top", w=above, type="dxa"),
            element("left", w=beside, type="dxa"),
            element("bottom", w=above, type="dxa"),
            element("right", w=beside, type="dxa"),
        ),
    )
    grid = element("tblGrid", *(element("gridCol", w=twips(width)) for width in widths))
    return element("tbl", properties, grid)


def row(*cells, height, is_head=False):
    """Return a row of cells, at least so high (millimetres): what is longer makes it higher.

    It stands on one page (but see `may_split`); a head is repeated on every page.
    """
    properties = element("trPr", element("cantSplit"))
    properties.append(element("trHeight", val=twips(height), hRule="atLeast"))
    if is_head:
        properties.append(element("tblHeader"))
    return element("tr", properties, *cells)


def may_split(tall_row):
    """Let a row that is higher than its page go on over the end of it."""
    tall_row.trPr.remove(tall_row.trPr.find(qn("w:cantSplit")))


def cell(width, *paragraphs, span=1, align="center", borders=None):
    """Return a cell so wide (millimetres), across so many columns; `align` is center, top, bottom.

    `borders` maps sides to a kind of line, where they are not those of the table.
    """
    properties = element("tcPr", element("tcW", w=twips(width), type="dxa"))
    if span > 1:
        properties.append(element("gridSpan", val=span))
    if borders:
        lines = (element(side, val=kind, sz=BORDER, space=0) for side, kind in borders.items())
        properties.append(element("tcBorders", *lines))
    properties.append(element("vAlign", val=align))
    return element("tc", properties, *paragraphs)


# --- Every page ----------------------------------------------------------------------------------


def page():
    """Return the runs that say the page."""
    return [run("第 "), *field("PAGE"), run(" 页")]


def page_of_pages():
    """Return the runs that say the page and how many there are."""
    return [*page(), run("　共 "), *field("NUMPAGES"), run(" 页")]


def fill(header_or_footer, *paragraphs):
    """Have a header or footer (its element) say these paragraphs, on every page of its section."""
    for child in list(header_or_footer):
        header_or_footer.remove(child)
    header_or_footer.extend(paragraphs)


# What Word itself writes for a 水印: its own command takes it away again.
_WATERMARK = """
<w:p {namespaces} xmlns:v="urn:schemas-microsoft-com:vml"
    xmlns:o="urn:schemas-microsoft-com:office:office">
  <w:pPr><w:pStyle w:val="Header"/></w:pPr>
  <w:r><w:rPr><w:noProof/></w:rPr><w:pict>
    <v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"
        path="m@7,l@8,m@5,21600l@6,21600e">
      <v:formulas>
        <v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/>
        <v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>
        <v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/>
        <v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/>
        <v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/>
      </v:formulas>
      <v:path textpathok="t" o:connecttype="custom"
          o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" o:connectangles="270,180,90,0"/>
      <v:textpath on="t" fitshape="t"/>
      <o:lock v:ext="edit" text="t" shapetype="t"/>
    </v:shapetype>
    <v:shape id="PowerPlusWaterMarkObject1" o:spid="_x0000_s2049" type="#_x0000_t136"
        o:allowincell="f" fillcolor="#d9d9d9" stroked="f">
      <v:fill opacity=".6"/>
      <v:textpath/>
    </v:shape>
  </w:pict></w:r>
</w:p>
"""
_SHAPE = (
    "position:absolute;margin-left:0;margin-top:0;width:{width}mm;height:{height}mm;"
    "rotation:{rotation};z-index:-251658752;"
    "mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
    "mso-position-vertical:center;mso-position-vertical-relative:margin"
)
_LONGEST, _HIGHEST = 190, 40  # millimetres


def watermark(text):
    """Return a paragraph for the header that draws a text across every page."""
    made = parse_xml(_WATERMARK.format(namespaces=nsdecls("w")))
    shape = next(made.iter("{urn:schemas-microsoft-com:vml}shape"))
    height = min(_HIGHEST, _LONGEST / text_width(text))
    width = height * text_width(text)
    shape.set("style", _SHAPE.format(width=round(width), height=round(height), rotation=315))
    words = shape.find("{urn:schemas-microsoft-com:vml}textpath")
    words.set("style", f"font-family:'{HEI}';font-size:1pt")
    words.set("string", text)
    return made
