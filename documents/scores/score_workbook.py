"""评审汇总表 of a panel as Excel: raw points, and a summary whose formulas recompute every figure.

The summary reads nothing but the raw sheet and the round's rules below its title, so that anybody
can follow a mean or a rank cell by cell. Beside them stand the portal's own figures
(`arithmetic.py`), and a column that says whether both are the same.
"""

from django.utils import timezone
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from documents.typesetting import chinese_date
from documents.workbook import Column, Sheet, content_of, new_book, write_text
from review.scoring import arithmetic
from review.scoring.wording import TIED

TITLE = "专家组评审汇总表"
SUMMARY, RAW = "汇总", "评分明细"
AGREES, DIFFERS = "一致", "不一致"
NOTES = (
    "“评分明细”是各专家提交的原始分数；本页其余数字都由公式从明细计算，可逐格核对。",
    "评分人数达到规定的，去掉一个最高分和一个最低分，其余取平均；平均分四舍五入保留两位小数。",
    "名次按平均分；平均分相同的，依次比较人均总分（未去分）和分值最高的评分项；仍相同的并列，"
    "由专家组审定。",
    "“平台”各列是平台的计算结果，“核对”一列比较两者。",
)
RULES = ("去掉最高分和最低分的最少评分人数：", "入选最低分：")
# Where the rules stand on the summary: trim_from, the minimum.
LEAST, MINIMUM = "$D$3", "$H$3"
HEAD_ROW = 5


class Formula(str):
    """A cell's formula; every other text is text."""


def _title(sheet, panel, what):
    """Write a sheet's title and, below it, whose it is and the date of its making."""
    middle = len(sheet.columns) * 2 // 3
    sheet.whole_line(what, 36, "TITLE")
    of_panel = f"评选批次：{panel.round.title}　　专家组：{panel.name}（组长：{panel.leader.name}）"
    made = f"制表日期：{chinese_date(timezone.localdate())}"
    sheet.line(
        [(1, middle, of_panel, "TEXT"), (middle + 1, len(sheet.columns), made, "TEXT RIGHT")], 24
    )


def _write(sheet, values, height=30, formats=None):
    """Write one bordered row: texts, numbers and `Formula`s; `formats` by column from 1."""
    sheet.row += 1
    sheet.sheet.row_dimensions[sheet.row].height = height
    for column, value in enumerate(values, start=1):
        cell = sheet.sheet.cell(sheet.row, column)
        cell.style = sheet.columns[column - 1].style
        if isinstance(value, str) and not isinstance(value, Formula):
            write_text(cell, value)
        else:
            cell.value = value
        if formats and column in formats:
            cell.number_format = formats[column]


def _raw(book, panel, criteria, entries, footer):
    """Write the raw points; return each entry's (first row, last row), None without a score."""
    columns = [
        Column("受理编号", 16),
        Column("工作室", 26, "LEFT"),
        Column("专家", 16, "LEFT"),
        *(Column(f"{criterion.name}（{criterion.points} 分）", 14) for criterion in criteria),
        Column("总分", 10),
    ]
    sheet = Sheet(book, RAW, columns)
    _title(sheet, panel, f"{TITLE}（{RAW}）")
    sheet.head(frozen=3)
    first, last = get_column_letter(4), get_column_letter(3 + len(criteria))
    blocks = []
    for entry in entries:
        start = sheet.row + 1
        for seat in entry.scored:
            row = sheet.row + 1
            name = seat.expert.name
            if seat.expert.pk == entry.panel.leader_id:
                name += "（组长）"
            elif seat.replaces:
                name += "（递补）"
            _write(
                sheet,
                (
                    entry.application.number,
                    entry.application.studio_title,
                    name,
                    *seat.points,
                    Formula(f"=SUM({first}{row}:{last}{row})"),
                ),
            )
        blocks.append((start, sheet.row) if entry.scored else None)
    sheet.finish(footer)
    return blocks


def _columns(heaviest):
    """Return the summary's columns by name: letters."""
    names = ("number", "studio", "unit", "count", "whole", "highest", "lowest", "mean", "share")
    names += tuple(f"first{index}" for index in heaviest)
    names += ("rank", "tied", "reached", "own_whole", "own_mean", "own_rank", "check")
    return {name: get_column_letter(index) for index, name in enumerate(names, start=1)}


def _formulas(row, rows, block, columns, heaviest, total_column):
    """Return the formulas of one row of the summary, from the count to the minimum, in order.

    `rows` are the first and last row of the summary, `block` those of the raw points.
    """
    totals = f"{RAW}!${total_column}${block[0]}:${total_column}${block[1]}"
    cell = {name: f"${letter}{row}" for name, letter in columns.items()}
    every = {name: f"${letter}${rows[0]}:${letter}${rows[1]}" for name, letter in columns.items()}
    trims = f"{cell['count']}>=MAX({LEAST},3)"
    left = f"{cell['whole']}-{cell['highest']}-{cell['lowest']}"
    firsts = []
    for index in heaviest:
        letter = get_column_letter(4 + index)
        firsts.append(f"=SUM({RAW}!${letter}${block[0]}:${letter}${block[1]})/{cell['count']}")
    chain = ["mean", "share", *(f"first{index}" for index in heaviest)]
    rank, equal = "=1", ""
    for name in chain:
        rank += f"+SUMPRODUCT({equal}({every[name]}>{cell[name]})*1)"
        equal += f"({every[name]}={cell[name]})*"
    tied = f'=IF(SUMPRODUCT({equal}1)>1,"{TIED}","")'
    reached = f'=IF({cell["mean"]}>={MINIMUM},"达到","未达到")'
    return [
        f"=COUNT({totals})",
        f"=SUM({totals})",
        f'=IF({trims},MAX({totals}),"—")',
        f'=IF({trims},MIN({totals}),"—")',
        f"=ROUND(IF({trims},({left})/({cell['count']}-2),{cell['whole']}/{cell['count']}),2)",
        f"={cell['whole']}/{cell['count']}",
        *firsts,
        rank,
        tied,
        reached,
    ]


def _check(row, columns):
    pairs = (("whole", "own_whole"), ("mean", "own_mean"), ("rank", "own_rank"))
    same = ",".join(f"${columns[a]}{row}=${columns[b]}{row}" for a, b in pairs)
    return f'=IF(AND({same}),"{AGREES}","{DIFFERS}")'


def _summary(book, standing, entries, blocks, footer):
    panel, criteria, heaviest = standing.panel, standing.criteria, standing.heaviest
    heads = [
        Column("受理编号", 15),
        Column("工作室", 22, "LEFT"),
        Column("申报单位", 24, "LEFT"),
        Column("评分人数", 7),
        Column("未去分总分", 9),
        Column("去掉最高", 8),
        Column("去掉最低", 8),
        Column("平均分", 9),
        Column("人均总分（未去分）", 10),
        *(Column(f"{criteria[index].name}人均", 11) for index in heaviest),
        Column("名次", 7),
        Column("并列", 14),
        Column("最低分", 9),
        Column("平台总分", 9),
        Column("平台平均分", 9),
        Column("平台名次", 7),
        Column("核对", 9),
    ]
    columns = _columns(heaviest)
    sheet = Sheet(book, SUMMARY, heads)
    _title(sheet, panel, TITLE)
    sheet.line(
        [(1, 3, RULES[0], "TEXT RIGHT"), (5, 7, RULES[1], "TEXT RIGHT")],
        24,
    )
    for address, value in ((LEAST, panel.round.trim_from), (MINIMUM, panel.round.minimum_score)):
        cell = sheet.sheet[address.replace("$", "")]
        cell.style, cell.value = "CENTRED", value
    own = list(columns).index("own_whole") + 1
    groups = ((1, 3, "申报项目"), (4, own - 1, "按评分明细计算"), (own, len(heads), "平台的结果"))
    sheet.head(groups, frozen=2)
    assert sheet.row == HEAD_ROW
    ranked = [entry for entry, block in zip(entries, blocks, strict=True) if block]
    # Among those listed: whoever is recused from some of them gets a list of the others.
    places = arithmetic.ranking(
        [entry.result for entry in ranked], [criterion.points for criterion in criteria]
    )
    rows = sheet.row + 1, sheet.row + len(ranked)
    total_column = get_column_letter(4 + len(criteria))
    formats = {list(columns).index(name) + 1: "0.00" for name in ("mean", "own_mean")}
    for name in ("share", *(f"first{index}" for index in heaviest)):
        formats[list(columns).index(name) + 1] = "0.0000"
    filled = (block for block in blocks if block)
    for entry, place, block in zip(ranked, places, filled, strict=True):
        row = sheet.row + 1
        application, result = entry.application, entry.result
        formulas = _formulas(row, rows, block, columns, heaviest, total_column)
        _write(
            sheet,
            (
                application.number,
                application.studio_title,
                application.unit_name,
                *map(Formula, formulas),
                result.whole,
                result.mean,
                place.rank,
                Formula(_check(row, columns)),
            ),
            formats=formats,
        )
    check = f"${columns['check']}{rows[0]}"
    sheet.sheet.conditional_formatting.add(
        f"{columns['check']}{rows[0]}:{columns['check']}{rows[1]}",
        FormulaRule(formula=[f'{check}="{DIFFERS}"'], font=Font(color="B3261E", bold=True)),
    )
    sheet.whole_line("", 8)
    for number, note in enumerate(NOTES, start=1):
        sheet.whole_line(f"注 {number}：{note}", 18)
    if hidden := len(standing.entries) - len(entries):
        sheet.whole_line(f"另有 {hidden} 项因回避不在本表，名次为所列各项之间的名次。", 18)
    sheet.finish(footer)


def workbook(standing, entries):
    """Return the 评审汇总表 of `entries` (`rankings.Entry`, in order of rank) as Excel bytes."""
    book = new_book(f"{standing.panel.name} {TITLE}")
    panel = standing.panel
    footer = f"{panel.round.title}　{panel.name}"
    blocks = _raw(book, panel, standing.criteria, entries, footer)
    _summary(book, standing, entries, blocks, footer)
    book.move_sheet(SUMMARY, offset=-1)
    book.active = 0
    # Without figures of its own in the file, Excel works them out as it opens it.
    book.calculation.fullCalcOnLoad = True
    return content_of(book)
