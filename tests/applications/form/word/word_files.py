"""Word files made for the tests: pieces of WordprocessingML, and the notice's 附件2 out of them.

Every person, unit and number is made up. `notice_form` puts texts where a clerk types them.
"""

import io
import re
import zipfile
from xml.sax.saxutils import escape

from django.core.files.uploadedfile import SimpleUploadedFile

from applications.form.definition import AWARD_FIELDS, ITEM
from applications.form.display import AWARD_LABELS
from documents.annex2 import LABELS, MAIN_TABLE, OPINION_ROWS

NAMESPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "v": "urn:schemas-microsoft-com:vml",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items())
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
COLUMN = 1200  # twentieths of a point
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


# --- Pieces --------------------------------------------------------------------------------------


def r(text, properties=""):
    """A run; a line break in the text is a soft one."""
    parts = [f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in text.split("\n")]
    inside = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f"<w:r>{inside}{'<w:br/>'.join(parts)}</w:r>"


def p(*runs, properties=""):
    """A paragraph of runs; a plain text is one run."""
    runs = [run if run.startswith("<") else r(run) for run in runs]
    inside = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{inside}{''.join(runs)}</w:p>"


def ps(text):
    """A paragraph for each line."""
    return "".join(p(line) for line in text.split("\n"))


def tc(content="", span=1, properties=""):
    """A cell: a plain text, a paragraph a line, or ready paragraphs."""
    content = content if content.startswith(("<w:", "<mc:")) else ps(content)
    if not content.rstrip().endswith(("</w:p>", "</w:sdt>")):
        content += p("")
    grid = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    width = f'<w:tcW w:w="{span * COLUMN}" w:type="dxa"/>'
    return f"<w:tc><w:tcPr>{width}{grid}{properties}</w:tcPr>{content}</w:tc>"


def tr(*cells, properties=""):
    """A row; plain texts are cells."""
    cells = [cell if cell.startswith(("<w:tc", "<w:sdt")) else tc(cell) for cell in cells]
    inside = f"<w:trPr>{properties}</w:trPr>" if properties else ""
    return f"<w:tr>{inside}{''.join(cells)}</w:tr>"


def tbl(*rows):
    """A table of rows, its columns of one width."""
    columns = max(map(_columns, rows), default=0)
    grid = f'<w:gridCol w:w="{COLUMN}"/>' * columns
    return f"<w:tbl><w:tblPr/><w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"


def _columns(row):
    """How many columns a row takes, tables within it aside."""
    outer = re.sub("<w:tbl>.*</w:tbl>", "", row, flags=re.DOTALL)
    wide = [int(span) for span in re.findall('<w:gridSpan w:val="([0-9]+)"', outer)]
    return outer.count("<w:tc>") - len(wide) + sum(wide)


def sdt(content, properties=""):
    """A content control around whatever."""
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def text_box(text):
    """A text box as Word writes it: for new programs, and the same again for old ones."""
    inside = f"<w:txbxContent>{ps(text)}</w:txbxContent>"
    shape = f"<wps:wsp><wps:txbx>{inside}</wps:txbx></wps:wsp>"
    new = f"<w:drawing><wp:anchor>{shape}</wp:anchor></w:drawing>"
    old = f"<w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict>"
    return (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps">{new}</mc:Choice>'
        f"<mc:Fallback>{old}</mc:Fallback></mc:AlternateContent></w:r>"
    )


# --- Files ---------------------------------------------------------------------------------------


def docx(*body, styles="", numbering="", members=None):
    """The bytes of a .docx with this body; `members` are further parts by name."""
    relations = [("styles", "styles.xml", styles), ("numbering", "numbering.xml", numbering)]
    related = "".join(
        f'<Relationship Id="r{kind}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for kind, target, part in relations
        if part
    )
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.wordprocessingml.document.main+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
        ),
        "word/document.xml": (
            f"<w:document {_DECLARED}><w:body>{''.join(body)}<w:sectPr/></w:body></w:document>"
        ),
        "word/_rels/document.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>'
        ),
    }
    if styles:
        parts["word/styles.xml"] = f"<w:styles {_DECLARED}>{styles}</w:styles>"
    if numbering:
        parts["word/numbering.xml"] = f"<w:numbering {_DECLARED}>{numbering}</w:numbering>"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, HEAD + part)
        for name, part in (members or {}).items():
            archive.writestr(name, part)
    return file.getvalue()


def upload(data, name="申报表.docx"):
    """An uploaded file."""
    return SimpleUploadedFile(name, data)


# --- The notice's form ---------------------------------------------------------------------------

# 张明轩's form, as somebody types it who does what the notice says.
TEXTS = {
    "unit_name": "虚构长江焊接设备有限公司",
    "unit_nature": "民营企业",
    "principal": "李建国",
    "principal_phone": "027-83919079",
    "contact_name": "王小燕",
    "contact_phone": "027-83919075",
    "contact_mobile": "13800000000",
    "email": "wangxy@demo.invalid",
    "fax": "027-83919070",
    "address": "武汉市江岸区虚构大道111号",
    "postcode": "430010",
    "bank": "虚构银行武汉江岸支行 42001234567890123456",
    "lead_name": "张明轩",
    "lead_sex": "男",
    "lead_ethnicity": "汉族",
    "lead_birth": "1980年5月",
    "lead_work_start": "2002年7月",
    "lead_politics": "中共党员",
    "lead_id_number": "420102198005010017",
    "lead_position": "虚构长江焊接设备有限公司 焊接班班长",
    "lead_occupation": "焊工",
    "lead_skill_level": "高级技师",
    "studio_location": "武汉市江岸区虚构大道111号2号楼",
    "studio_area": "120平方米",
    "studio_facilities": "焊接机器人2台\n培训教室1间",
    "members": "赵一鸣（焊工 技师）、钱多多（电工 高级工）",
}
COVER = {
    "申   报   单   位": "虚构长江焊接设备有限公司",
    "工作室职业（工种）": "焊工",
    "领  办  人  姓 名": "张明轩",
    "领办人职业技能等级": "高级技师",
    "填  报  时  间": "2026年3月1日",
}
PROVINCIAL = [
    ["高效焊接工法", "湖北省技术能手", "湖北省人社厅", "一等奖", "1", "主持", "2018"],
    ["窄间隙焊接", "湖北省职工技术创新成果", "湖北省总工会", "二等奖", "2", "参与", "2020年"],
]
OTHER = [["焊接机器人应用", "武汉市技能大赛", "武汉市人社局", "第一名", "1/5", "主持", "2021年6月"]]
ACHIEVEMENTS = "一、主持完成技术攻关5项。\n二、获国家专利3项，其中发明专利1项。"
PRINTED_OPINION = "(签字盖章)\n年   月   日"


def notice_form(
    texts=(),
    *,
    cover=None,
    labels=None,
    provincial=PROVINCIAL,
    other=OTHER,
    achievements=ACHIEVEMENTS,
    opinions=None,
    after="",
):
    """The body of the notice's form: its cover, tables and boxes, with these texts in its cells.

    `texts` are those of `TEXTS` that are otherwise; one that is ready XML stands as it is. `labels`
    are words for labels that somebody changed, by field.
    """
    texts = TEXTS | dict(texts)
    fields = [name for row in MAIN_TABLE for name, *_ in row]
    labels = {name: LABELS.get(name) or ITEM[name].label for name in fields} | (labels or {})
    lines = "".join(p(f"{label}      {text}") for label, text in (COVER | (cover or {})).items())
    main = tbl(
        *(
            tr(*(
                cell
                for name, label_span, span in row
                for cell in (tc(labels[name], label_span), tc(texts.get(name, ""), span))
            ))
            for row in MAIN_TABLE
        )
    )  # fmt: skip
    boxes = [
        tr(tc("申报\n单位\n意见"), tc((opinions or {}).get("unit", PRINTED_OPINION), 6)),
        *(
            tr(tc(box.label), tc((opinions or {}).get(box.key, f"{box.signature}\n年 月 日"), 6))
            for row in OPINION_ROWS[1:]
            for box in row
        ),
    ]
    return "".join(
        (
            p("附件2"), p("武汉市技能大师工作室"), p("申    报    表"), lines,
            p("市人力资源和社会保障局　财政局　制"), p("年　月　日"),
            p("武汉市技能大师工作室申报表"), main,
            p("省部级获奖情况："), award_table(provincial),
            p("其它获奖情况："), award_table(other),
            tbl(tr(tc(ITEM["achievements"].label), tc(achievements, 6)), *boxes),
            p(""), after,
        )
    )  # fmt: skip


def award_table(rows, blank=3):
    """An award table with some blank rows behind."""
    empty = [""] * len(AWARD_FIELDS)
    return tbl(tr(*AWARD_LABELS), *(tr(*row) for row in [*rows, *([empty] * blank)]))
