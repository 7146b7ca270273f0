"""评分说明表 and 评审汇总表: as PDF for signature, and as Excel that recomputes itself."""

import io
import random
import re
from decimal import Decimal

import openpyxl
import pypdfium2
import pytest
from django.urls import reverse

from accounts.roles import Role
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.perform import perform
from documents.scores import score_workbook
from review.panels.models import Recusal
from review.scoring import rankings
from tests import factories as make
from tests.documents.formulas import Calculation

pytestmark = pytest.mark.django_db
SHEET, SUMMARY, WORKBOOK = (
    "documents:score_sheet",
    "documents:panel_summary",
    "documents:panel_workbook",
)
# Points by expert: the first highest and the last lowest total are dropped.
CARDS = (
    ("30", "25", "20", "15", "10"),
    ("20", "20.5", "17", "12", "8"),
    ("25", "20", "18", "13", "9.5"),
    ("30", "25", "20", "15", "10"),
    ("10", "15", "12", "9", "8"),
)


@pytest.fixture
def people():
    return make.make_people(make.make_round(), experts=5)


@pytest.fixture
def application(people):
    application = make.make_application(Stage.PANEL, people)
    for expert, card in zip(people.panel.seated(), CARDS, strict=True):
        make.score_by(application, expert, *card)
    return application


def get(client, user, name, pk):
    client.force_login(user)
    return client.get(reverse(name, args=[pk]))


def text_of(made):
    pdf = pypdfium2.PdfDocument(made)
    try:
        found = []
        for page in pdf:
            text = page.get_textpage()
            found.append(re.sub(r"\s", "", text.get_text_range()))
            text.close()
            page.close()
        return found
    finally:
        pdf.close()


class TestScoreSheet:
    def test_explains_the_mean_and_the_rank_on_one_page_for_signature(
        self, client, people, application
    ):
        response = get(client, people.expert, SHEET, application.pk)
        assert response["Cache-Control"] == "private, no-store"
        [text] = text_of(response.getvalue())
        names = [expert.name for expert in people.panel.seated()]
        for expected in (
            application.number,
            *names,
            f"去掉一个最高分100（{names[0]}）和一个最低分54（{names[4]}）。最高分并列，",
            "77.5+85.5+100=263，263÷3=87.6666",
            "平均分87.67",
            "在本组1项申报中列第1名",
            "专家组组长（组长）签字",
        ):
            assert expected in text

    def test_the_same_is_on_the_page(self, client, people, application):
        client.force_login(people.expert)
        text = client.get(reverse("review:record", args=[application.pk])).content.decode()
        assert "263 ÷ 3 = 87.6666…，四舍五入保留两位小数，平均分 87.67。" in text
        assert "去掉的最高分" in text
        assert f"{people.panel.seated()[4].name}的 54 分与其余专家的中位数相差" in text

    def test_nobody_but_the_leader_gets_it_before_the_conclusion(self, client, people, application):
        member = people.panel.seated()[1]
        for user in (member, people.office, people.bureau):
            assert get(client, user, SHEET, application.pk).status_code == 404
        perform(application, "conclude_for", people.expert, **make.data_for("conclude_for"))
        for user in (member, people.office, people.bureau):
            response = get(client, user, SHEET, application.pk)
            assert "意见：conclude_for" in "".join(text_of(response.getvalue()))
        for role in (Role.RECOMMENDER, Role.FINANCE, Role.APPLICANT):
            assert get(client, people.of(role), SHEET, application.pk).status_code == 404

    def test_a_missing_sheet_keeps_it_from_the_leader_too(self, client, people, application):
        people.panel.experts.add(make.make_user(Role.EXPERT))
        assert get(client, people.expert, SHEET, application.pk).status_code == 404


class TestPanelSummary:
    def test_lists_the_panel_in_order_of_rank(self, client, people, application):
        first = make.make_application(Stage.PANEL, people)
        make.score(first, people.panel, points="1")
        response = get(client, people.expert, SUMMARY, people.panel.pk)
        text = "".join(text_of(response.getvalue()))
        assert text.index(first.number) < text.index(application.number)
        for expected in ("专家组评审汇总表", "（54）", "87.67", "100.00", "签字"):
            assert expected in text

    def test_only_the_leader_gets_it_before_everything_is_concluded(
        self, client, people, application
    ):
        for name in (SUMMARY, WORKBOOK):
            assert get(client, people.office, name, people.panel.pk).status_code == 404
            assert get(client, people.expert, name, people.panel.pk).status_code == 200
        perform(application, "conclude_for", people.expert, **make.data_for("conclude_for"))
        for user in (people.office, people.bureau, people.panel.seated()[2]):
            assert get(client, user, WORKBOOK, people.panel.pk).status_code == 200


class TestWorkbook:
    def book(self, client, people):
        response = get(client, people.expert, WORKBOOK, people.panel.pk)
        return openpyxl.load_workbook(io.BytesIO(response.getvalue()))

    def rows(self, book):
        """The summary's rows as dicts by column head, with what the formulas give."""
        sheet, calculation = book[score_workbook.SUMMARY], Calculation(book)
        head = {cell.value: cell.column for cell in sheet[score_workbook.HEAD_ROW]}
        rows = range(score_workbook.HEAD_ROW + 1, sheet.max_row + 1)
        return [
            {
                name: calculation.value(score_workbook.SUMMARY, row, column)
                for name, column in head.items()
            }
            for row in rows
            if sheet.cell(row, head["核对"]).value
        ]

    def test_its_formulas_give_the_portals_figures(self, client, people, application):
        # Few different points, so that ties are broken in every way and left over.
        choice = random.Random(5).choice
        for _ in range(7):
            other = make.make_application(Stage.PANEL, people)
            for expert in people.panel.experts.all():
                card = (choice(("24", "25")), choice(("20", "21")), "16", "12", "8.5")
                make.score_by(other, expert, *card)
        same = make.make_application(Stage.PANEL, people)
        for expert, card in zip(people.panel.seated(), CARDS, strict=True):
            make.score_by(same, expert, *card)
        rows = self.rows(self.book(client, people))
        entries = {
            entry.application.number: entry for entry in rankings.of_panel(people.panel).entries
        }
        assert len(rows) == len(entries) == 9
        for row in rows:
            entry = entries[row["受理编号"]]
            result = entry.result
            assert row["核对"] == "一致"
            assert row["平均分"] == result.mean
            assert row["未去分总分"] == result.whole
            assert row["去掉最高"] == max(result.totals)
            assert row["去掉最低"] == min(result.totals)
            assert row["名次"] == entry.place.rank
            assert bool(row["并列"]) == entry.place.is_tied
        assert any(row["并列"] for row in rows)

    def test_its_head_says_whose_it_is_and_stays_in_view(self, client, people, application):
        sheet = self.book(client, people)[score_workbook.SUMMARY]
        assert sheet["A1"].value == score_workbook.TITLE
        assert people.panel.round.title in sheet["A2"].value
        assert f"{people.panel.name}（组长：{people.expert.name}）" in sheet["A2"].value
        assert "制表日期" in "".join(str(cell.value) for cell in sheet[2])
        assert sheet[score_workbook.LEAST].value == people.panel.round.trim_from
        assert (sheet.print_title_rows, sheet.freeze_panes) == ("$4:$5", "C6")

    def test_a_changed_point_is_told_by_the_check(self, client, people, application):
        book = self.book(client, people)
        assert [row["核对"] for row in self.rows(book)] == ["一致"]
        book[score_workbook.RAW]["D4"] = 29
        assert [row["核对"] for row in self.rows(book)] == ["不一致"]

    def test_with_few_experts_nothing_is_dropped(self, client, people, application):
        Round.objects.update(trim_from=6)
        [row] = self.rows(self.book(client, people))
        assert (row["去掉最高"], row["去掉最低"]) == ("—", "—")
        assert row["平均分"] == Decimal("83.4")
        assert row["核对"] == "一致"

    def test_what_was_typed_is_text(self, client, people):
        application = make.make_application(Stage.PANEL, people, unit_name="=HYPERLINK(1)")
        make.score(application, people.panel)
        book = self.book(client, people)
        cell = book[score_workbook.SUMMARY]["C6"]
        assert (cell.value, cell.data_type, cell.quotePrefix) == ("=HYPERLINK(1)", "s", True)

    def test_what_the_leader_is_recused_from_is_not_in_it(self, client, people, application):
        other = make.make_application(Stage.PANEL, people)
        make.score(other, people.panel, points="1")
        Recusal.objects.create(
            application=other, expert=people.expert, reason="同一单位", recorded_by=people.office
        )
        [row] = self.rows(self.book(client, people))
        assert (row["受理编号"], row["名次"], row["核对"]) == (application.number, 1, "一致")


@pytest.mark.parametrize("name", ["panel_summary", "panel_workbook"])
def test_whoever_sees_nothing_of_a_panel_gets_no_empty_list_of_it(client, people, name):
    """As a leader of before there were pledges, or one who is recused from all of it."""
    make.make_application(Stage.INSPECTING, people)
    address = reverse(f"documents:{name}", args=[people.panel.pk])
    client.force_login(people.expert)
    assert client.get(address).status_code == 200
    people.expert.attendances.all().delete()
    assert client.get(address).status_code == 404
