"""The office's pages of earlier years' lists: import, search, correct, remove."""

import datetime
import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db.models import TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook

from accounts.audit import AuditEntry
from accounts.roles import Role
from applications.earlier_years.records import EarlierList, EarlierProject, Outcome
from applications.earlier_years.waiting import EarlierFile
from applications.workflow.perform import Refused
from review.earlier_years.record import dismiss, import_list, keep_choices, remove_list
from tests.review.earlier_years.test_sheet_program import replaced

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "files"
UPLOAD = "/review/earlier/import/"


@pytest.fixture
def office(log_in):
    return log_in(Role.OFFICE)


def send(office, name, content=None):
    content = (FILES / name).read_bytes() if content is None else content
    return office.post(UPLOAD, {"upload": SimpleUploadedFile(name, content)})


def typed_on(page):
    """What the page of an upload sends: its form as it was shown, all unsure rows ticked."""
    form, data = page.context["form"], {}
    for name in form.fields:
        value = form[name].value()
        data[name] = "" if value is None else value
    return {**data, "unsure": [row.key for row in page.context["unsure"]]}


@pytest.fixture
def uploaded(office):
    """Upload a list; return its page."""

    def upload(name="list-2023.xls"):
        return office.get(send(office, name).url)

    return upload


@pytest.fixture
def confirm(office):
    def confirm(page, **changed):
        data = {**typed_on(page), "action": "confirm", **changed}
        return office.post(page.request["PATH_INFO"], data, follow=True)

    return confirm


class TestRecommendingUnitsByOtherNames:
    """Bureaus write 江岸区; which unit that is, the office says."""

    @pytest.fixture
    def page(self, office):
        book = Workbook()
        for row in (
            ("推荐单位", "单位", "领办人", "是否入选"),
            ("", "虚构学校", "赵一鸣", "否"),
            ("江岸区", "虚构机械厂", "张明远", "否"),
            ("江岸区", "虚构光电厂", "王小川", "是"),
            ("东湖高新区", "虚构制药厂", "李德胜", "否"),
        ):
            book.active.append(row)
        out = io.BytesIO()
        book.save(out)
        return office.get(send(office, "2023年名单.xlsx", out.getvalue()).url)

    def field(self, page, name):
        [field] = [each for each in page.context["form"].units() if each.label.startswith(name)]
        return field.name

    def test_names_that_are_not_known_are_asked_for(self, page):
        labels = [field.label for field in page.context["form"].units()]
        assert labels == ["江岸区（2 项）", "东湖高新区（1 项）"]
        assert "1 项没有写明推荐单位" in page.text

    def test_what_the_office_says_holds_for_the_list(self, page, confirm, people):
        unit = people.recommender.recommending_unit
        confirm(page, **{self.field(page, "江岸区"): str(unit.pk)})
        rows = EarlierProject.objects.filter(recommended_by=unit)
        assert [row.recommending_unit for row in rows] == ["江岸区", "江岸区"]
        call_command("notify")
        assert rows.count() == 2
        assert EarlierProject.objects.visible_to(people.recommender).count() == 2

    def test_it_is_kept_while_the_list_is_read_otherwise(self, page, confirm, people):
        unit, name = people.recommender.recommending_unit, self.field(page, "江岸区")
        page = confirm(page, **{name: str(unit.pk), "action": "reread"})
        assert page.context["form"][name].value() == str(unit.pk)
        confirm(page)
        assert EarlierProject.objects.filter(recommended_by=unit).count() == 2

    def test_a_corrected_row_keeps_it(self, page, confirm, office, people):
        unit = people.recommender.recommending_unit
        confirm(page, **{self.field(page, "江岸区"): str(unit.pk)})
        project = EarlierProject.objects.get(lead="张明远")
        address = reverse("review:earlier_project", args=[project.pk])
        form = office.get(address).context["form"]
        typed = {name: form[name].value() for name in form.fields} | {"shown": form.shown}
        office.post(address, typed | {"level": "技师"})
        project.refresh_from_db()
        assert (project.level, project.recommended_by) == ("技师", unit)


class TestImport:
    def test_nothing_is_taken_before_it_is_confirmed(self, uploaded, confirm):
        page = uploaded()
        assert "读到 <strong>5</strong> 项" in page.text
        assert "24 个长号码（身份证号、电话、账号等）没有读取" in page.text
        assert not EarlierProject.objects.exists()

        answer = confirm(page)
        assert "已导入，共 5 项" in answer.text
        earlier = EarlierList.objects.get()
        assert (earlier.year, earlier.projects.count()) == (2023, 5)
        assert not EarlierFile.objects.exists()
        line = AuditEntry.objects.get(subject="导入往年名单 2023 年")
        assert line.data["rows"] == 5

    def test_unsure_rows_are_taken_as_they_are_ticked(self, uploaded, confirm):
        page = uploaded("chosen-2021.xls")
        assert "没有领办人" in page.text
        keys = {row.values["unit"]: row.key for row in page.context["unsure"]}
        confirm(page, unsure=[keys["虚构制药厂"]])
        units = set(EarlierProject.objects.values_list("unit", flat=True))
        assert units == {"武汉虚构重型机械有限责任公司", "虚构制药厂"}

    def test_other_columns_are_read_and_shown_before_they_are_taken(self, uploaded, confirm):
        page = uploaded("chosen-2021.xls")
        answer = confirm(page, **{"layout-0-recommending_unit": ""})
        assert "读取设置有改动，已重新读取" in answer.text
        assert not EarlierList.objects.exists()
        assert {row.values["recommending_unit"] for row in answer.context["result"].rows} == {""}
        confirm(answer)
        assert EarlierProject.objects.filter(recommending_unit="").count() == 4

    def test_what_is_wrong_is_said_and_the_rest_kept(self, uploaded, confirm):
        answer = confirm(uploaded(), year="20233", title="某某名单")
        assert answer.status_code == 422
        assert 'value="20233"' in answer.text
        assert 'value="某某名单"' in answer.text
        assert not EarlierList.objects.exists()

    def test_a_list_can_be_dismissed(self, office, uploaded):
        page = uploaded()
        assert "等待确认" in office.get("/review/earlier/").text
        file = EarlierFile.objects.get()
        answer = office.post(page.request["PATH_INFO"], {"action": "dismiss"}, follow=True)
        assert "没有导入，读到的内容已删除" in answer.text
        assert not EarlierFile.objects.exists()
        # It may be a colleague's.
        line = AuditEntry.objects.get(subject="放弃往年名单")
        assert line.data == {"uploaded_by": file.uploaded_by_id, "sha256": file.sha256}

    def test_what_nobody_confirms_goes_after_a_month(self, uploaded, capsys):
        uploaded()
        EarlierFile.objects.update(uploaded_at=timezone.now() - datetime.timedelta(days=31))
        uploaded("chosen-2021.xls")
        call_command("notify")
        assert EarlierFile.objects.get().name == "chosen-2021.xls"
        assert "往年名单 1 份" in capsys.readouterr().out

    def test_until_then_the_database_holds_no_word_of_it_in_plain(self, uploaded):
        uploaded()
        stored = EarlierFile.objects.annotate(raw=Cast("content", TextField())).get()
        assert "欧阳静怡" in stored.content
        assert stored.raw.startswith("sm4:")

    @pytest.mark.postgres
    def test_a_cell_with_what_a_database_refuses_is_imported(self, office, confirm):
        book = Workbook()
        for row in (("单位", "领办人"), ("虚构_x0000_厂", "张三\u202e"), ("虚构院", "李四_xD800_")):
            book.active.append(row)
        out = io.BytesIO()
        book.save(out)
        # openpyxl writes _x0000_ so that it is read as it was typed.
        plain = replaced(out.getvalue(), b"_x005F_x", b"_x")
        confirm(office.get(send(office, "2023年名单.xlsx", plain).url))
        rows = EarlierProject.objects.order_by("pk").values_list("unit", "lead")
        assert list(rows) == [("虚构厂", "张三"), ("虚构院", "李四")]

    def test_confirmed_twice_it_is_imported_once(self, office, uploaded, confirm):
        page = uploaded()
        confirm(page)
        assert "已由他人导入或放弃" in confirm(page).text
        assert EarlierList.objects.count() == 1

    def test_what_has_gone_meanwhile_is_refused_with_a_sentence(self, uploaded, people):
        uploaded()
        file = EarlierFile.objects.get()
        dismiss(people.office, file)
        for write in (
            lambda: keep_choices(file, {}),
            lambda: dismiss(people.office, file),
            lambda: import_list(people.office, file.pk, {}, []),
        ):
            with pytest.raises(Refused, match="已由他人导入或放弃"):
                write()

    def test_the_same_file_again_is_said(self, uploaded, confirm):
        confirm(uploaded())
        earlier = EarlierList.objects.get()
        assert f"这份文件已由 {earlier.imported_by} 于" in uploaded().text

    def test_the_same_file_again_is_read_as_it_was_then(self, uploaded, confirm):
        confirm(confirm(uploaded(), title="另一名称", action="reread"))
        assert uploaded().context["form"]["title"].value() == "另一名称"

    def test_rows_without_a_lead_are_not_ticked(self, uploaded):
        page = uploaded("chosen-2021.xls")
        without = {row.key for row in page.context["unsure"] if not row.values["lead"]}
        assert without
        assert not without & page.context["taken"]

    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [
            ("encrypted.xls", None, "文件设有打开密码，请取消密码后导入。"),
            ("encrypted.xlsx", None, "文件设有打开密码，请取消密码后导入。"),
            ("word.doc", None, "这是旧版 Word 或 WPS 文字文档，不是可以导入的 Excel 表格"),
            ("page.xls", b"<html><body><table></table></body></html>", "这是网页文件"),
            ("list.pdf", b"%PDF-1.7\n", "这是 PDF 文件"),
            ("broken.xlsx", b"PK\x03\x04" + b"x" * 100, "文件已损坏，无法打开"),
            ("empty.xlsx", b"", "文件是空的，请重新选择。"),
            ("noise.xls", bytes(range(1, 32)) * 9, "无法识别这个文件的格式"),
        ],
    )
    def test_other_files_are_refused_with_a_sentence(self, office, name, content, sentence):
        answer = send(office, name, content)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert not EarlierFile.objects.exists()

    def test_a_file_beyond_the_limit_is_refused(self, office, monkeypatch):
        monkeypatch.setattr("review.earlier_years.upload.UPLOAD_LIMIT", 1024)
        assert "的上限" in send(office, "list-2023.xls").text


@pytest.fixture
def earlier(uploaded, confirm):
    confirm(uploaded())
    return EarlierList.objects.get()


def corrections_on(page):
    """What the page of a row sends: the values in its fields, and those that it had shown."""
    form = page.context["form"]
    return {name: form[name].value() for name in form.fields} | {"shown": form.shown}


class TestALists:
    def test_projects_of_all_lists_are_found(self, office, earlier):
        page = office.get("/review/earlier/", {"q": "欧阳静怡"})
        assert "钳工" in page.text
        assert "没有符合条件的项目" in office.get("/review/earlier/", {"q": "某某某"}).text

    def test_one_of_its_rows_is_shown_alone(self, office, earlier):
        project = earlier.projects.first()
        page = office.get(earlier.get_absolute_url(), {"project": project.pk})
        assert list(page.context["page_obj"]) == [project]
        assert "查看整份名单" in page.text

    def test_a_correction_keeps_what_the_file_said(self, office, earlier, people):
        project = earlier.projects.get(lead="李德胜")
        url = reverse("review:earlier_project", args=[project.pk])
        data = corrections_on(office.get(url))
        office.post(url, {**data, "lead": "李得胜", "outcome": Outcome.SELECTED})
        project.refresh_from_db()
        assert (project.lead, project.lead_key) == ("李得胜", "李得胜")
        assert project.corrected_by == people.office
        page = office.get(url).text
        assert "领办人：原表“李德胜”，更正为“李得胜”" in page
        assert "结果：原表“推荐（结果未知）”，更正为“入选”" in page
        line = AuditEntry.objects.get(subject="更正往年项目 2023 年")
        assert sorted(line.data["fields"]) == ["lead", "outcome"]

    def test_a_page_that_is_old_reverts_nobodys_correction(self, office, earlier):
        project = earlier.projects.get(lead="李德胜")
        url = reverse("review:earlier_project", args=[project.pk])
        old = corrections_on(office.get(url))
        office.post(url, {**old, "lead": "李得胜", "outcome": Outcome.SELECTED})
        # Typed on the old page: another value beside them.
        office.post(url, {**old, "occupation": "车工"})
        project.refresh_from_db()
        assert (project.lead, project.occupation) == ("李得胜", "车工")
        assert project.outcome == Outcome.SELECTED
        assert project.as_read["lead"] == "李德胜"
        assert AuditEntry.objects.first().data["fields"] == ["occupation"]
        # And the page as it was, sent again: nothing.
        office.post(url, old)
        project.refresh_from_db()
        assert (project.lead, project.occupation) == ("李得胜", "车工")

    def test_the_same_value_corrected_by_two_is_asked_of_the_second(self, office, earlier):
        project = earlier.projects.get(lead="李德胜")
        url = reverse("review:earlier_project", args=[project.pk])
        old = corrections_on(office.get(url))
        office.post(url, {**old, "lead": "李得胜", "level": "技师"})
        answer = office.post(url, {**old, "lead": "李徳胜"})
        assert answer.status_code == 422
        assert "已由他人更正为“李得胜”，没有保存" in answer.text
        assert 'value="李徳胜"' in answer.text
        office.post(url, corrections_on(answer))
        project.refresh_from_db()
        assert (project.lead, project.level) == ("李徳胜", "技师")

    @pytest.mark.parametrize("shown", ["", "[]", "{", '{"lead": []}'])
    def test_a_page_that_says_not_what_it_showed_is_an_old_one(self, office, earlier, shown):
        project = earlier.projects.get(lead="李德胜")
        url = reverse("review:earlier_project", args=[project.pk])
        data = corrections_on(office.get(url))
        answer = office.post(url, {**data, "shown": shown, "lead": "李得胜"})
        assert answer.status_code == 422
        assert "没有保存" in answer.text

    def test_a_row_of_a_list_that_was_removed_meanwhile_is_said(self, office, earlier, people):
        project = earlier.projects.first()
        url = reverse("review:earlier_project", args=[project.pk])
        data = corrections_on(office.get(url))
        remove_list(people.office, earlier)
        assert "已由他人移除" in office.post(url, data, follow=True).text
        assert office.get(url).status_code == 404
        with pytest.raises(Refused, match="已由他人移除"):
            remove_list(people.office, earlier)
        assert AuditEntry.objects.filter(subject__startswith="移除往年名单").count() == 1

    def test_a_row_needs_a_unit_or_a_lead(self, office, earlier):
        project = earlier.projects.first()
        url = reverse("review:earlier_project", args=[project.pk])
        data = {**corrections_on(office.get(url)), "unit": "", "lead": "", "occupation": "某工种"}
        answer = office.post(url, data)
        assert answer.status_code == 422
        assert "单位和领办人至少填写一项" in answer.text
        assert "某工种" in answer.text

    def test_it_is_removed_once_its_year_is_typed(self, office, earlier):
        url = reverse("review:earlier_list_remove", args=[earlier.pk])
        assert "全部 5 项" in office.get(url).text
        assert office.post(url, {"year": "2022"}).status_code == 422
        assert EarlierList.objects.exists()
        assert "已移除" in office.post(url, {"year": "２０２３"}, follow=True).text
        assert not EarlierProject.objects.exists()
        assert AuditEntry.objects.get(subject="移除往年名单 2023 年").data["rows"] == 5


@pytest.mark.parametrize("number", [1, 30])
class TestQueries:
    @pytest.fixture
    def many(self, people, number):
        for each in range(number):
            earlier = EarlierList.objects.create(
                year=2001 + each, title="一览表", file_name="表.xls", sha256="0" * 64,
                imported_by=people.office,
            )  # fmt: skip
        EarlierProject.objects.bulk_create(
            EarlierProject(
                list=earlier, year=earlier.year, unit=f"虚构第{each}厂", outcome="SELECTED",
                corrected_by=people.office,
            )
            for each in range(number)
        )  # fmt: skip
        return earlier

    def test_the_lists_take_five(self, office, many, django_assert_num_queries):
        with django_assert_num_queries(5):  # session, user, count, page, what waits
            office.get("/review/earlier/")

    def test_a_search_takes_five(self, office, many, django_assert_num_queries):
        with django_assert_num_queries(5):
            office.get("/review/earlier/", {"q": "虚构"})

    def test_one_list_takes_five(self, office, many, django_assert_num_queries):
        with django_assert_num_queries(5):  # session, user, list, count, page
            office.get(many.get_absolute_url())
