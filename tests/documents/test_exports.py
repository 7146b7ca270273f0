"""Exports of filtered lists: the queue's rows, the role's columns, the filter told, a record."""

import datetime
import io

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string, get_column_letter

from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from documents import exports
from documents.models import ExportRecord
from review.panels.models import PanelAssignment
from tests.factories import (
    make_application,
    make_people,
    make_recommending_unit,
    make_round,
    score,
    sit_down,
)
from tests.review.queue.test_queue import copies

pytestmark = pytest.mark.django_db

URL = "/documents/exports/"


@pytest.fixture
def people():
    return make_people(make_round(), experts=2)


@pytest.fixture
def log_in(client, people):
    def log_in(role):
        client.force_login(people.of(role))
        return client

    return log_in


def sheet_of(response):
    assert response.status_code == 200
    data = response.getvalue() if response.streaming else response.content
    return load_workbook(io.BytesIO(data)).worksheets[0]


def heads(sheet):
    return [cell.value for cell in sheet[3]]


def column(sheet, label):
    at = heads(sheet).index(label)
    return [row[at] for row in sheet.iter_rows(min_row=4, values_only=True)]


def scale_of(sheet):
    """The scale (of 1) at which a sheet is printed: the greatest that takes its pages across.

    Counted from its columns alone: a unit is a digit of 7 pixels, 96 to the inch.
    """
    margins = sheet.page_margins
    room = 297 / 25.4 - margins.left - margins.right
    letters = [get_column_letter(number) for number in range(1, sheet.max_column + 1)]
    inches = [sheet.column_dimensions[letter].width * 7 / 96 for letter in letters]
    last_repeated = sheet.print_title_cols.rpartition("$")[2]
    repeated = sum(inches[: column_index_from_string(last_repeated)])
    for percent in range(100, 9, -1):
        pages, used = 1, 0
        for width in inches:
            if used + width > room * 100 / percent:
                pages, used = pages + 1, repeated
            used += width
        if pages <= sheet.page_setup.fitToWidth:
            return percent / 100
    return 0


class TestContent:
    def test_it_holds_every_row_of_the_filter_in_the_queues_order(self, log_in, people):
        first = make_application(Stage.QUALIFYING, people, lead_name="甲某")
        copies(first, 29, lead_name="乙某")
        copies(first, 1, lead_name="丙某", stage=Stage.APPROVING)
        client = log_in(Role.OFFICE)
        sheet = sheet_of(client.post(URL, {"stage": "QUALIFYING"}))
        assert column(sheet, "领办人") == ["甲某", *["乙某"] * 29]
        assert set(column(sheet_of(client.post(URL, {"stage": "all", "q": "丙"})), "领办人")) == {
            "丙某"
        }

    def test_the_filter_is_written_above_the_table(self, log_in, people):
        application = make_application(Stage.QUALIFYING, people)
        asked = {
            "stage": "QUALIFYING",
            "round": application.round_id,
            "unit": application.recommending_unit_id,
            "q": "某",
        }
        sheet = sheet_of(log_in(Role.OFFICE).post(URL, asked))
        line = sheet["A2"].value
        for part in (
            "筛选条件：阶段 资格审查",
            f"评选批次 {application.round.title}",
            f"推荐单位 {application.recommending_unit}",
            "含“某”",
            "共 1 行",
            f"导出人：{people.office.unit_name} {people.office.name}",
            f"导出时间：{timezone.localtime():%Y-%m-%d}",
        ):
            assert part in line

    def test_its_page_is_a4_landscape_with_frozen_and_repeated_heads(self, log_in, people):
        make_application(Stage.QUALIFYING, people)
        sheet = sheet_of(log_in(Role.OFFICE).post(URL))
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.freeze_panes == "A4"
        assert sheet.print_title_rows == "$3:$3"
        assert sheet.page_setup.fitToHeight == 0

    @pytest.mark.parametrize(
        ("role", "across"),
        [
            (Role.OFFICE, 2),
            (Role.BUREAU, 2),
            (Role.RECOMMENDER, 2),
            (Role.FINANCE, 1),
            (Role.EXPERT, 1),
        ],
    )
    def test_it_can_be_read_on_paper(self, log_in, people, role, across):
        """Text of 10 points at 80 % or more: 8 points, above 六号."""
        make_application(Stage.AWARDED, people)
        sheet = sheet_of(log_in(role).post(URL, {"stage": "all"}))
        assert sheet.page_setup.fitToWidth == across
        assert sheet["A4"].font.size * scale_of(sheet) >= 8
        assert sheet.print_title_cols == "$A:$C"
        assert heads(sheet)[:3] == ["受理编号", "申报单位", "领办人"]

    def test_what_matters_is_on_the_first_page_across(self, log_in, people):
        make_application(Stage.QUALIFYING, people)
        sheet = sheet_of(log_in(Role.OFFICE).post(URL))
        first = heads(sheet)[: exports.pages_across(exports.COLUMNS)[1][0]]
        matters = {"推荐单位", "推荐排序", "阶段", "进入本阶段", "办理期限", "平均分", "工种"}
        assert matters <= set(first)
        # What every page repeats is whole on it, the line above the table as well.
        assert {str(each) for each in sheet.merged_cells.ranges} == {"A1:C1", "A2:C2"}

    def test_no_text_is_ever_a_formula(self, log_in, people):
        make_application(Stage.QUALIFYING, people, lead_name="=1+1", unit_name="@SUM(A1)\x07")
        sheet = sheet_of(log_in(Role.OFFICE).post(URL, {"q": "=1"}))
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert column(sheet, "领办人") == ["=1+1"]
        assert column(sheet, "申报单位") == ["@SUM(A1)"]

    def test_another_units_applications_stay_out(self, log_in, people):
        make_application(Stage.RECOMMENDING, people, lead_name="甲某")
        make_application(Stage.RECOMMENDING, round_=people.panel.round, lead_name="外单位某")
        sheet = sheet_of(log_in(Role.RECOMMENDER).post(URL, {"stage": "all"}))
        assert column(sheet, "领办人") == ["甲某"]

    @pytest.mark.parametrize("asked", [{"unit": "x"}, {"q": "\0"}, {"stage": "NONSENSE"}])
    def test_nonsense_is_ignored(self, log_in, people, asked):
        make_application(Stage.QUALIFYING, people)
        assert log_in(Role.OFFICE).post(URL, asked).status_code == 200


class TestColumns:
    CONTACTS = {"联系人", "联系人办公电话", "联系人手机", "E-mail"}
    SCORES = {"专家组", "平均分"}

    def head(self, log_in, role, stage, people):
        make_application(stage, people)
        return set(heads(sheet_of(log_in(role).post(URL, {"stage": "all"}))))

    def test_a_recommender_gets_contacts_and_no_scores(self, log_in, people):
        head = self.head(log_in, Role.RECOMMENDER, Stage.AWARDED, people)
        assert head >= self.CONTACTS
        assert not head & {*self.SCORES, "我的评分", "推荐单位"}

    def test_an_expert_gets_neither_contacts_nor_ranks_nor_means(self, log_in, people):
        head = self.head(log_in, Role.EXPERT, Stage.AWARDED, people)
        assert "我的评分" in head
        assert not head & {*self.CONTACTS, *self.SCORES, "推荐排序", "推荐单位"}

    def test_finance_gets_its_own_rows_without_contacts_or_scores(self, log_in, people):
        make_application(Stage.QUALIFYING, people, lead_name="甲某")
        make_application(Stage.COUNTERSIGNING, people, lead_name="乙某")
        sheet = sheet_of(log_in(Role.FINANCE).post(URL, {"stage": "all"}))
        assert column(sheet, "领办人") == ["乙某"]
        assert not set(heads(sheet)) & {*self.CONTACTS, *self.SCORES, "推荐排序"}

    @pytest.mark.parametrize("role", [Role.OFFICE, Role.BUREAU])
    def test_means_are_told_once_the_panel_has_concluded(self, log_in, people, role):
        concluded = make_application(Stage.INSPECTING, people)
        better = make_application(Stage.INSPECTING, people)
        scoring = make_application(Stage.PANEL, people)
        score(scoring, people.panel)
        PanelAssignment.objects.filter(application=better).update(mean="95.50")
        sheet = sheet_of(log_in(role).post(URL, {"stage": "all"}))
        told = dict(zip(column(sheet, "受理编号"), column(sheet, "平均分"), strict=True))
        assert told == {concluded.number: 90, better.number: 95.5, scoring.number: None}
        # Ranks follow the tie rules, which one column cannot tell: they are on the panel's sheet.
        assert "名次" not in "".join(heads(sheet))

    @pytest.mark.parametrize(
        "role", [Role.RECOMMENDER, Role.OFFICE, Role.EXPERT, Role.BUREAU, Role.FINANCE]
    )
    def test_nobody_gets_id_or_bank_numbers(self, log_in, people, role):
        application = make_application(Stage.AWARDED, people)
        sheet = sheet_of(log_in(role).post(URL, {"stage": "all"}))
        text = "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
        for number in (application.lead_id_number, application.bank_account):
            assert number not in text
            assert number[-4:] not in text
        if role in {Role.EXPERT, Role.FINANCE}:
            assert application.contact_mobile not in text


class TestRecord:
    def test_who_took_what_stays_on_record(self, log_in, people):
        make_application(Stage.QUALIFYING, people)
        log_in(Role.OFFICE).post(URL, {"stage": "QUALIFYING", "nonsense": "x"})
        [record] = ExportRecord.objects.all()
        assert (record.requested_by, record.role, record.rows) == (people.office, Role.OFFICE, 1)
        assert record.filter_text == "阶段 资格审查"
        assert record.asked["stage"] == "QUALIFYING"
        assert "nonsense" not in record.asked
        assert not record.file

    def test_the_queue_offers_what_it_is_filtered_by(self, log_in, people):
        make_application(Stage.QUALIFYING, people)
        page = log_in(Role.OFFICE).get("/review/?q=某").content.decode()
        assert "导出 Excel" in page
        assert '<input type="hidden" name="q" value="某">' in page
        assert "导出 Excel" not in log_in(Role.OFFICE).get("/review/?q=无").content.decode()


class TestLarge:
    """Above a number of rows the worker writes the file (here: at once)."""

    @pytest.fixture(autouse=True)
    def _few_at_once(self, monkeypatch):
        monkeypatch.setattr("documents.views.AT_ONCE", 2)
        monkeypatch.setattr(exports, "CHUNK", 2)

    @pytest.fixture
    def exported(self, log_in, people):
        first = make_application(Stage.QUALIFYING, people, lead_name="甲某")
        copies(first, 4)
        client = log_in(Role.OFFICE)
        response = client.post(URL, {"stage": "QUALIFYING"})
        assert response.url == URL
        return client

    def test_the_worker_writes_it_and_its_page_leads_to_it(self, exported):
        record = ExportRecord.objects.get()
        assert (record.state, record.rows, record.done) == ("READY", 5, 5)
        address = reverse("documents:export_file", args=[record.pk])
        assert address in exported.get(URL).content.decode()
        assert column(sheet_of(exported.get(address)), "领办人") == ["甲某"] * 5
        assert exported.get(reverse("documents:exports_progress")).json() == {}

    def test_its_file_is_for_nobody_else(self, exported, client, people):
        record = ExportRecord.objects.get()
        address = reverse("documents:export_file", args=[record.pk])
        client.force_login(people.bureau)
        assert client.get(address).status_code == 404
        assert record.filter_text not in client.get(URL).content.decode()
        people.office.role = Role.BUREAU
        people.office.save()
        client.force_login(people.office)
        assert client.get(address).status_code == 404

    def test_it_is_kept_for_a_day(self, exported):
        record = ExportRecord.objects.get()
        name, storage = record.file.name, record.file.storage
        ExportRecord.objects.update(finished_at=timezone.now() - datetime.timedelta(hours=25))
        late = exported.get(reverse("documents:export_file", args=[record.pk]))
        assert late.url == URL
        exported.post(URL, {"stage": "QUALIFYING"})
        assert not storage.exists(name)
        assert ExportRecord.objects.count() == 2

    def test_progress_is_told(self, log_in, people):
        record = ExportRecord.objects.create(
            requested_by=people.office, role=Role.OFFICE, state="BUILDING", done=200, total=400
        )
        client = log_in(Role.OFFICE)
        assert client.get(reverse("documents:exports_progress")).json() == {
            str(record.pk): {"text": "正在生成，已完成 200 / 400", "done": 200, "total": 400}
        }
        assert "data-progress" in client.get(URL).content.decode()


@pytest.mark.parametrize("copied", [0, 29])
@pytest.mark.parametrize(
    ("role", "stage", "queries"),
    [
        (Role.RECOMMENDER, Stage.RECOMMENDING, 9),
        (Role.OFFICE, Stage.QUALIFYING, 9),
        (Role.EXPERT, Stage.PANEL, 8),
        (Role.FINANCE, Stage.COUNTERSIGNING, 9),
    ],
)
def test_costs_the_same_with_1_and_30_rows(
    log_in, people, django_assert_num_queries, role, stage, queries, copied
):
    application = make_application(stage, people)
    made = copies(application, copied)
    if stage == Stage.PANEL:
        PanelAssignment.objects.bulk_create(
            PanelAssignment(application=each, panel=people.panel) for each in made
        )
        sit_down(people.panel)
    make_recommending_unit()
    client = log_in(role)
    with django_assert_num_queries(queries):
        response = client.post(URL)
    assert len(column(sheet_of(response), "受理编号")) == 1 + copied
    assert Application.objects.count() == 1 + copied
