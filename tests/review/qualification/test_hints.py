"""形式审查提示: what the system notices, on the page and in the queue."""

import re
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import HostKind
from accounts.roles import Role
from applications.earlier_years.records import EarlierList, EarlierProject, Outcome
from applications.models import Application
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from review.qualification import hints
from tests.factories import id_number, make_application, make_people, make_round
from tests.tabs import read_all_tabs

QUEUE = "/review/"


def blank(**values):
    """An unsaved application about which nothing is to be noticed, with some values."""
    values = {
        "host_kind": HostKind.ENTERPRISE,
        "unit_name": "虚构机械厂",
        "lead_occupation": "焊工",
        "studio_occupation": "焊工",
        "lead_skill_level": "5",
        "training_fund": 100,
        "training_fund_skilled": 60,
        **values,
    }
    return Application(**values)


def tags_of(found):
    return [hint.tag for hint in found]


class TestDoubts:
    @pytest.mark.parametrize(
        ("lead", "studio", "found"),
        [
            ("焊工", "焊工", []),
            ("焊工", "焊工（特种焊接）", []),
            ("电焊工", "焊工", []),
            ("焊工", "钳工", ["工种不一致"]),
            ("", "钳工", []),
        ],
    )
    def test_another_trade_than_the_certificates(self, lead, studio, found):
        application = blank(lead_occupation=lead, studio_occupation=studio)
        assert tags_of(hints.doubts(application)) == found

    @pytest.mark.parametrize(("skilled", "found"), [(50, []), ("49.99", ["经费不足50%"])])
    def test_less_than_half_of_the_training_fund(self, skilled, found):
        application = blank(training_fund=Decimal(100), training_fund_skilled=Decimal(skilled))
        assert tags_of(hints.doubts(application)) == found

    def test_schools_are_asked_for_no_share(self):
        assert hints.doubts(blank(host_kind=HostKind.SCHOOL, training_fund_skilled=1)) == []

    @pytest.mark.parametrize(("level", "found"), [("3", ["低于技师"]), ("4", [])])
    def test_a_lead_below_technician(self, level, found):
        assert tags_of(hints.doubts(blank(lead_skill_level=level))) == found


class TestPriorities:
    """Notice, section 一: what is encouraged, and supported first."""

    @pytest.mark.parametrize(
        ("values", "found"),
        [
            ({"studio_occupation": "人工智能训练师"}, ["人工智能"]),
            ({"lead_occupation": "集成电路工程技术人员"}, ["光芯屏端网"]),
            ({"unit_name": "虚构光电科技公司"}, ["光芯屏端网"]),
            ({"studio_status": "应用人工智能和5G技术。"}, []),
            (
                {"lead_condition": "TITLE", "lead_condition_basis": "2019年获“武汉工匠”称号。"},
                ["武汉工匠领办"],
            ),
            ({"lead_condition": "CRAFT", "lead_condition_basis": "师从武汉工匠某。"}, []),
        ],
    )
    def test_are_told_by_the_names_of_unit_and_trade(self, values, found):
        assert tags_of(hints.priorities(blank(**values))) == found
        assert all(hint.is_priority for hint in hints.priorities(blank(**values)))


@pytest.mark.django_db
class TestOnThePages:
    @pytest.fixture
    def people(self, round_):
        return make_people(round_)

    def content(self, client, application):
        return read_all_tabs(client, application)

    def row(self, client, application, **asked):
        """The cell of the queue that names an application."""
        response = client.get(QUEUE, {"stage": "all", **asked})
        cells = re.findall(r'<th scope="row">.*?</th>', response.text, re.DOTALL)
        return next(cell for cell in cells if f"/{application.pk}/" in cell)

    def test_the_same_lead_is_named_with_round_and_result(self, log_in, people):
        earlier = make_people(make_round(year=2020, title="2020年批次"))
        before = make_application(Stage.NOT_SELECTED, earlier)
        application = make_application(Stage.QUALIFYING, people)
        # A draft of the same lead is nobody's to know.
        make_application(Stage.DRAFT, make_people(people.panel.round))
        client = log_in(Role.OFFICE)
        content = self.content(client, application)
        assert "同一领办人在其他批次有 1 项申报" in content
        assert f"{before.number}</a>　{before.unit_name}，2020年批次，未入选" in content
        assert "同一领办人在本批次" not in content
        assert "同一领办人" in self.row(client, application)

    def test_another_lead_and_a_draft_are_no_hint(self, log_in, people):
        application = make_application(Stage.QUALIFYING, people)
        other = make_people(people.panel.round)
        make_application(Stage.QUALIFYING, other, lead_id_number=id_number(order="019"))
        make_application(Stage.DRAFT, make_people(people.panel.round))
        client = log_in(Role.OFFICE)
        assert "同一领办人" not in self.content(client, application)
        assert "同一领办人" not in self.row(client, application)

    def test_earlier_years_are_told_to_office_and_recommending_unit(self, log_in, people):
        application = make_application(Stage.RECOMMENDING, people)
        earlier = EarlierList.objects.create(
            year=2019, title="2019年一览表", file_name="表.xls", imported_by=people.office
        )
        project = EarlierProject(
            list=earlier, year=2019, unit=application.unit_name, lead="别某人",
            outcome=Outcome.SELECTED, place="“江岸区”第 5 行",
        )  # fmt: skip
        project.make_comparable({})
        project.save()
        sentence = f"{application.unit_name}，别某人（单位相同），见《2019年一览表》“江岸区”第 5 行"
        for role in (Role.RECOMMENDER, Role.OFFICE):
            content = self.content(log_in(role), application)
            assert "2019 年入选" in content
            assert sentence in content
            assert "可能只是同名" in content
        # The list itself is the office's alone.
        assert "/review/earlier/" in content
        assert "/review/earlier/" not in self.content(log_in(Role.RECOMMENDER), application)

    def test_awards_and_papers(self, log_in, people):
        application = make_application(Stage.QUALIFYING, people)
        application.awards.update(evidence=None)
        application.evidence.filter(category=EvidenceCategory.STAMPED).update(
            removed_at=timezone.now(), removed_by=people.applicant
        )
        application.evidence.filter(category=EvidenceCategory.PHOTOS).update(warning="图片过小。")
        client = log_in(Role.OFFICE)
        content = self.content(client, application)
        assert "有 1 个奖项没有佐证材料" in content
        assert "没有签字盖章的申报表扫描件。" in content
        assert "图片过小。" in content

    def test_are_the_offices_alone(self, log_in, people):
        application = make_application(Stage.QUALIFYING, people)
        for role in (Role.RECOMMENDER, Role.BUREAU):
            client = log_in(role)
            assert "形式审查提示" not in self.content(client, application)
            assert 'class="tag' not in self.row(client, application)

    def test_nothing_is_told_of_what_a_unit_is_typing(self, log_in, people):
        application = make_application(Stage.RETURNED, people)
        client = log_in(Role.OFFICE)
        assert "形式审查提示" not in self.content(client, application)
        assert 'class="tag' not in self.row(client, application)
