"""申报报告 as Word: its four parts by their headings, however those are numbered and worded."""

import pytest
from django.core.exceptions import ValidationError

from applications.form.word.form_reading import open_word, read_form, read_report
from tests.applications.form.word.word_files import docx, notice_form, p, r, tbl, tr, upload

TEXTS = {
    "report_occupation": "本工作室申报的职业为焊工。",
    "report_necessity": "我市装备制造业需要高技能焊工。\n本单位有国家级技能大师。",
    "report_lead": "张明轩，男，高级技师，从事焊接工作24年。",
    "report_plan": "三年内培养技师20名。\n每年完成技术攻关2项。",
}
LABELS = (
    "申报技能大师工作室职业（工种）",
    "技能大师工作室成立的必要性和现有优势",
    "技能大师简介",
    "技能大师工作室计划目标",
)
BOLD = "<w:b/>"


def report(headings, make=p):
    """The body of a report: each heading, made into a paragraph, above the text of its part."""
    parts = zip(headings, TEXTS.values(), strict=True)
    return "".join(make(heading) + "".join(map(p, text.split("\n"))) for heading, text in parts)


def read(*body, **parts):
    return read_report(open_word(upload(docx(*body, **parts), "申报报告.docx")))


def test_what_is_struck_out_or_no_sign_makes_its_part_doubtful():
    texts = (p("焊工。"), p("需要。"), p(r("旧", "<w:strike/>"), r("新。")), p("培养\ufffd名。"))
    headings = (p(r(label, BOLD)) for label in LABELS)
    reading = read(*(part for pair in zip(headings, texts, strict=True) for part in pair))
    doubts = {name: cell.why for name, cell in reading.cells.items() if cell.is_unsure}
    assert {name: why[-7:-1] for name, why in doubts.items()} == {
        "report_lead": "字，没有读取", "report_plan": "法识别的符号",
    }  # fmt: skip
    assert "文件中有无法识别的符号，请核对。" in reading.notes


def sure(reading):
    return {name: cell.text for name, cell in reading.cells.items() if not cell.is_unsure}


def numbered(marks):
    return [f"{mark}{label}" for mark, label in zip(marks, LABELS, strict=True)]


class TestHeadings:
    @pytest.mark.parametrize(
        "marks",
        [
            ("一、", "二、", "三、", "四、"),
            ("（一）", "（二）", "（三）", "（四）"),
            ("1.", "2.", "3.", "4."),
            ("1、", "2、", "3、", "4、"),
            ("第一部分 ", "第二部分 ", "第三部分 ", "第四部分 "),
            ("(1)", "(2)", "(3)", "(4)"),
            ("", "", "", ""),
        ],
    )
    def test_they_may_be_numbered_in_any_style_or_not_at_all(self, marks):
        reading = read(p("申报报告"), report(numbered(marks)))
        assert sure(reading) == TEXTS
        assert reading.not_found == []

    def test_word_may_number_them_itself(self):
        numbering = (
            '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
            '<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl></w:abstractNum>'
            '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        )
        properties = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
        body = report(LABELS, lambda heading: p(heading, properties=properties))
        assert sure(read(body, numbering=numbering)) == TEXTS

    def test_they_may_be_set_as_headings(self):
        styles = '<w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 1"/></w:style>'
        words = ("申报职业", "成立必要性及优势", "大师简介", "计划与目标")
        body = report(words, lambda heading: p(heading, properties='<w:pStyle w:val="2"/>'))
        reading = read(body, styles=styles)
        assert {name: cell.text for name, cell in reading.cells.items()} == TEXTS

    @pytest.mark.parametrize(
        "words",
        [
            ("申报工作室职业（工种）", "工作室成立的必要性和现有优势", "技能大师个人简介",
             "工作室计划目标"),
            ("工作室职业（工种）", "成立的必要性与优势", "领办人简介", "工作室建设目标"),
            ("申报工种", "必要性和优势", "大师介绍", "发展规划"),
        ],
    )  # fmt: skip
    def test_their_words_may_differ(self, words):
        marks = ("一、", "二、", "三、", "四、")
        headings = [f"{mark}{word}" for mark, word in zip(marks, words, strict=True)]
        reading = read(report(headings, lambda text: p(r(text, BOLD))))
        assert {name: cell.text for name, cell in reading.cells.items()} == TEXTS

    def test_words_far_from_the_notices_are_to_be_looked_at(self):
        headings = ("一、申报工种", *numbered(("", "二、", "三、", "四、"))[1:])
        cell = read(report(headings)).cells["report_occupation"]
        assert cell.is_unsure
        assert "申报工种" in cell.why

    def test_the_text_may_stand_behind_a_heading_in_its_line(self):
        lines = [
            f"{mark}{label}：{text.split(chr(10))[0]}"
            for mark, label, text in zip("一二三四", LABELS, TEXTS.values(), strict=True)
        ]
        body = "".join(p(f"{line[0]}、{line[1:]}") for line in lines)
        first_lines = {name: text.split("\n")[0] for name, text in TEXTS.items()}
        assert sure(read(body)) == first_lines

    def test_headings_below_in_rank_belong_to_their_part(self):
        marks = ("一、", "二、", "三、", "四、")
        body = report(numbered(marks)) + p("（一）建设目标") + p("培养技师20名。")
        assert read(body).cells["report_plan"].text == (
            f"{TEXTS['report_plan']}\n（一）建设目标\n培养技师20名。"
        )


class TestWhatIsLeft:
    def test_parts_in_another_order_are_the_same_parts(self):
        marks = ("一、", "二、", "三、", "四、")
        order = [2, 0, 3, 1]
        names = list(TEXTS)
        body = "".join(
            p(f"{marks[at]}{LABELS[part]}") + "".join(map(p, TEXTS[names[part]].split("\n")))
            for at, part in enumerate(order)
        )
        assert sure(read(body)) == TEXTS

    def test_a_part_that_is_missing_is_not_found(self):
        headings = numbered(("一、", "二、", "三、", "四、"))
        body = report(headings).replace(p(headings[2]), p(""))
        reading = read(body)
        assert reading.not_found == ["report_lead"]
        assert "report_lead" not in reading.cells

    def test_a_fifth_section_makes_the_part_before_it_doubtful(self):
        body = report(numbered(("一、", "二、", "三、", "四、"))) + p("五、保障措施") + p("经费。")
        cell = read(body).cells["report_plan"]
        assert cell.is_unsure
        assert "保障措施" in cell.why
        assert cell.text.endswith("五、保障措施\n经费。")

    def test_the_units_other_material_is_no_part_of_the_report(self):
        body = report(numbered(("一、", "二、", "三、", "四、")))
        body += p("五、申报单位高技能人才建设情况") + p("现有技师50名。")
        assert sure(read(body)) == TEXTS

    def test_tables_are_lines_of_their_part(self):
        body = report(numbered(("一、", "二、", "三、", "四、")))
        body += tbl(tr("年度", "目标"), tr("2027", "培养技师10名"))
        cell = read(body).cells["report_plan"]
        assert cell.text.endswith("年度 目标\n2027 培养技师10名")

    def test_a_long_preface_is_said(self):
        body = p("为推进高技能人才队伍建设。" * 10) + report(
            numbered(("一、", "二、", "三、", "四、"))
        )
        assert any("第一个标题之前" in note for note in read(body).notes)

    def test_a_file_without_any_of_the_headings_is_told_so(self):
        with pytest.raises(ValidationError, match="没有在文件中找到申报报告的标题"):
            read(p("关于购买设备的请示"), p("一、购买理由"), p("二、经费来源"))


def test_a_file_may_hold_the_form_and_the_report():
    after = report(numbered(("一、", "二、", "三、", "四、")))
    reading = read_form(open_word(upload(docx(notice_form(after=p("申报报告") + after)))))
    assert {name: reading.cells[name].text for name in TEXTS} == TEXTS
    assert reading.cells["achievements"].text.endswith("其中发明专利1项。")
    assert not reading.cells["achievements"].is_unsure
