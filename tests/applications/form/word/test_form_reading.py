"""A whole 附件2 as Word: what is read of it, what is not, and what is said."""

import pytest
from django.core.exceptions import ValidationError

from applications.form.word.form_reading import FormReading, read_form
from applications.models import Award
from tests.applications.form.word.word_files import docx, notice_form, p, tbl, tr, upload

READ = {
    "unit_name": "虚构长江焊接设备有限公司",
    "unit_nature": "PRIVATE",
    "principal": "李建国",
    "principal_phone": "027-83919079",
    "contact_name": "王小燕",
    "contact_phone": "027-83919075",
    "contact_mobile": "13800000000",
    "email": "wangxy@demo.invalid",
    "fax": "027-83919070",
    "address": "武汉市江岸区虚构大道111号",
    "postcode": "430010",
    "bank_name": "虚构银行武汉江岸支行",
    "bank_account": "42001234567890123456",
    "lead_name": "张明轩",
    "lead_sex": "1",
    "lead_ethnicity": "01",
    "lead_birth": "1980-05",
    "lead_work_start": "2002-07",
    "lead_politics": "01",
    "lead_id_number": "420102198005010017",
    "lead_position": "虚构长江焊接设备有限公司 焊接班班长",
    "lead_occupation": "焊工",
    "lead_skill_level": "5",
    "studio_occupation": "焊工",
    "studio_location": "武汉市江岸区虚构大道111号2号楼",
    "studio_area": "120",
    "studio_facilities": "焊接机器人2台\n培训教室1间",
    "achievements": "一、主持完成技术攻关5项。\n二、获国家专利3项，其中发明专利1项。",
}


def read(*body):
    return read_form(upload(docx(*body)))


def texts(rows):
    return [[cell.text for cell in row.values()] for row in rows]


class TestTheNoticesForm:
    def test_every_cell_of_a_form_filled_in_as_asked_is_read_and_sure(self):
        reading = read(notice_form())
        assert {name: cell.text for name, cell in reading.cells.items()} == READ
        assert [cell for cell in reading.cells.values() if cell.is_unsure] == []
        assert reading.not_found == []
        assert reading.notes == []

    def test_both_award_tables_and_the_members_are_read_as_rows(self):
        reading = read(notice_form())
        assert texts(reading.awards[Award.Level.PROVINCIAL]) == [
            ["高效焊接工法", "湖北省技术能手", "湖北省人社厅", "一等奖", "1", "主持", "2018"],
            ["窄间隙焊接", "湖北省职工技术创新成果", "湖北省总工会", "二等奖", "2", "参与", "2020"],
        ]
        assert texts(reading.awards[Award.Level.OTHER]) == [
            ["焊接机器人应用", "武汉市技能大赛", "武汉市人社局", "第一名", "1/5", "主持", "2021"]
        ]
        assert texts(reading.members) == [["赵一鸣", "焊工", "4"], ["钱多多", "电工", "3"]]

    def test_an_empty_form_has_nothing_and_says_what_was_not_found(self):
        blank = dict.fromkeys(("members", *READ, "bank"), "")
        reading = read(
            notice_form(
                blank,
                cover=dict.fromkeys(
                    ("申   报   单   位", "工作室职业（工种）", "领  办  人  姓 名",
                     "领办人职业技能等级"), "",
                ),
                provincial=[], other=[], achievements="",
            )
        )  # fmt: skip
        assert reading.cells == {}
        assert reading.members == []
        assert set(reading.not_found) == set(READ)

    def test_it_comes_back_from_json_as_it_was(self):
        reading = read(notice_form({"lead_sex": "男 女"}))
        assert FormReading.from_json(reading.to_json()) == reading


class TestRefusals:
    def test_a_word_file_without_the_form_is_told_so(self):
        with pytest.raises(ValidationError, match="没有在文件中找到申报表"):
            read(p("会议通知"), tbl(tr("时间", "地点"), tr("周一", "三楼")))
