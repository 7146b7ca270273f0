"""What a form holds and nobody took, told from labels, print and what was taken."""

import pytest

from applications.form.word.document import GridCell, Paragraph, Table
from applications.form.word.left_over import left_over

TAKEN = ["虚构长江焊接设备有限公司", "420012345678", "李建国", "一、攻关。\n二、带徒。"]


def left(*lines):
    return left_over([Paragraph(line) for line in lines], TAKEN)


@pytest.mark.parametrize(
    "line",
    [
        "单位性质", "申 报\u3000单 位：", "三、工作业绩", "附页：技能大师工作业绩", "附件2",
        "年　月　日",
        "武汉市技能大师工作室申报表（2022年度）", "市人力资源和社会保障局　财政局　制",
        "（续表）", "无", "——",
        "填  报  时  间   2026年3月1日", "负责人：李建国", "负责人 李建国", "二、带徒。",
    ],
)  # fmt: skip
def test_labels_print_and_what_was_taken_are_not_left(line):
    assert left(line) == []


@pytest.mark.parametrize("line", ["王建国", "建国", "12345678", "负责人：王建国", "以上属实。"])
def test_all_else_is_left_even_where_a_part_of_it_stands_elsewhere(line):
    assert left(line) == [line]


def test_a_cell_is_a_label_as_a_whole_and_its_lines_are_told_apart():
    label = GridCell(0, 0, 1, 1, [Paragraph("单位"), Paragraph("性质")])
    cell = GridCell(0, 1, 1, 1, [Paragraph("李建国"), Paragraph("兼厂长")])
    assert left_over([Table([[label, cell]])], TAKEN) == ["兼厂长"]
