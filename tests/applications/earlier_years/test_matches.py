"""往年记录: which projects of earlier years a user is told of, beside an application."""

import pytest
from django.core.management import call_command

from accounts.models import RecommendingUnit
from accounts.roles import Role
from applications.earlier_years.entry import entry_notes
from applications.earlier_years.matches import MOST_READ, MOST_TOLD, earlier_years_of
from applications.earlier_years.records import (
    EarlierList,
    EarlierProject,
    Outcome,
    renew_recommended_by,
    units_by_name,
)
from applications.stages import Stage
from review.qualification.hints import earlier_years
from review.rounds.retention import GONE
from tests.factories import id_number, make_application, make_people, make_round, publish_results

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def round_():
    return make_round(year=2026)


@pytest.fixture
def people(round_):
    return make_people(round_)


@pytest.fixture
def application(people):
    return make_application(Stage.QUALIFYING, people)


@pytest.fixture
def keep(people):
    """A function that puts one project on a list of an earlier year."""

    def keep(application, **values):
        year = values.pop("year", 2023)
        earlier = EarlierList.objects.create(
            year=year, title=values.pop("title", "一览表"), file_name="表.xls", sha256="0" * 64,
            imported_by=people.office,
        )  # fmt: skip
        values = {
            "unit": application.unit_name,
            "lead": application.lead_name,
            "occupation": "焊工",
            "outcome": Outcome.SELECTED,
            **values,
        }
        project = EarlierProject(list=earlier, year=year, **values)
        project.make_comparable(units_by_name())
        project.save()
        return project

    return keep


def told(application, user, **asked):
    return [
        (project.year, project.match, project.outcome)
        for project in earlier_years_of(application, user, **asked)[0]
    ]


class TestTheOffice:
    def test_is_told_of_unit_and_lead_the_latest_first(self, application, people, keep):
        keep(application, year=2019, lead="别某人")
        keep(application, year=2021, unit="虚构其他厂", outcome=Outcome.NOT_SELECTED)
        keep(application, year=2023)
        keep(application, unit="虚构其他厂", lead="别某人")
        assert told(application, people.office) == [
            (2023, "单位相同，领办人同名", "入选"),
            (2021, "领办人同名", "未入选"),
            (2019, "单位相同", "入选"),
        ]

    def test_a_company_form_makes_the_unit_alike(self, people, keep):
        application = make_application(Stage.QUALIFYING, people, unit_name="虚构机械有限公司")
        keep(application, unit="武汉市虚构机械有限责任公司", lead="")
        assert told(application, people.office) == [(2023, "单位名称相近", "入选")]

    def test_what_two_lists_name_is_one_project_and_what_tells_more_counts(
        self, application, people, keep
    ):
        keep(application, outcome=Outcome.RECOMMENDED, title="推荐")
        keep(application, outcome=Outcome.SELECTED, title="公布")
        [project], _ = earlier_years_of(application, people.office)
        assert project.outcome == "入选"
        assert len(project.sources) == 2

    def test_a_list_of_this_year_or_a_later_one_is_not_earlier(self, application, people, keep):
        keep(application, year=2026)
        keep(application, year=2027)
        assert told(application, people.office) == []

    def test_names_that_were_erased_are_like_no_other(self, people, keep):
        application = make_application(Stage.QUALIFYING, people)
        keep(application, lead=GONE)
        application.lead_name = GONE
        assert told(application, people.office) == [(2023, "单位相同", "入选")]

    def test_names_that_are_missing_are_like_no_other(self, people, keep):
        application = make_application(Stage.QUALIFYING, people)
        keep(application, lead="", unit="虚构其他厂")
        application.lead_name = application.unit_name = ""
        assert told(application, people.office) == []

    def test_an_earlier_round_counts_as_a_list_does_and_once(self, application, people, keep):
        before = make_application(Stage.NOT_SELECTED, people, make_round(year=2024))
        keep(application, year=2024, outcome=Outcome.RECOMMENDED)
        [project], _ = earlier_years_of(application, people.office)
        assert project.match == "单位相同，领办人相同（身份证号一致）"
        assert (project.outcome, project.application) == ("未入选", before.pk)
        # Where it is told elsewhere on the page, the list does not tell it again.
        assert told(application, people.office, told=[before.pk]) == []

    def test_the_same_unit_of_an_earlier_round_with_another_lead(self, application, people):
        make_application(
            Stage.AWARDED, people, make_round(year=2024), lead_id_number=id_number(order="019")
        )
        [(year, match, outcome)] = told(application, people.office)
        assert (year, outcome) == (2024, "入选")
        assert match.startswith("单位相同")


class TestManyOfAName:
    """However many share a name, the unit's own projects are told first."""

    @pytest.fixture
    def namesakes(self, application, keep):
        for number in range(100):
            keep(application, year=2025, unit=f"虚构第{number}厂")

    def test_the_units_own_project_is_told_beside_a_hundred_namesakes(
        self, application, people, keep, namesakes
    ):
        keep(application, year=2004)
        projects, is_cut = earlier_years_of(application, people.office)
        assert (projects[-1].year, projects[-1].is_same_unit) == (2004, True)
        assert len(projects) == MOST_TOLD
        assert is_cut
        [hint] = earlier_years(application, people.office)
        assert f"往年至少有 {MOST_TOLD} 项" in hint.text

    def test_a_person_known_by_the_number_is_told_before_a_namesake(
        self, application, people, namesakes
    ):
        before = make_application(Stage.NOT_SELECTED, people, make_round(year=2024))
        projects, _ = earlier_years_of(application, people.office)
        assert projects[-1].application == before.pk

    def test_few_are_all_of_them(self, application, people, keep):
        keep(application)
        assert earlier_years_of(application, people.office)[1] is False

    def test_many_rows_of_few_projects_may_hide_others(self, application, people, keep):
        for _ in range(MOST_READ + 1):
            keep(application)
        projects, is_cut = earlier_years_of(application, people.office)
        assert len(projects) == 1
        assert is_cut


class TestTheRecommendingUnit:
    def test_is_told_of_what_was_published_and_of_its_own(self, application, people, keep):
        own = application.recommending_unit.name
        keep(application, year=2020)
        keep(application, year=2021, outcome=Outcome.NOT_SELECTED)
        keep(application, year=2022, outcome=Outcome.NOT_SELECTED, recommending_unit=own)
        assert [year for year, *_ in told(application, people.recommender)] == [2022, 2020]

    def test_a_name_that_is_only_alike_is_not_its_own(self, application, people, keep):
        unit = application.recommending_unit
        RecommendingUnit.objects.filter(pk=unit.pk).update(name="武汉虚构集团有限公司")
        values = {"outcome": Outcome.NOT_SELECTED}
        keep(application, year=2021, recommending_unit="武汉市虚构集团股份有限公司", **values)
        keep(application, year=2022, recommending_unit="武汉虚构集团 有限公司", **values)
        assert [year for year, *_ in told(application, people.recommender)] == [2022]

    def test_renamed_it_is_told_of_what_has_its_name_now(self, application, people, keep):
        unit = application.recommending_unit
        keep(application, outcome=Outcome.NOT_SELECTED, recommending_unit=unit.name)
        keep(application, year=2021, outcome=Outcome.NOT_SELECTED, recommending_unit="虚构新局")
        RecommendingUnit.objects.filter(pk=unit.pk).update(name="虚构新局")
        call_command("notify")
        assert [year for year, *_ in told(application, people.recommender)] == [2021]
        assert renew_recommended_by() == 0

    def test_no_address_of_the_offices_list_is_given(self, application, people, keep):
        keep(application)
        [project], _ = earlier_years_of(application, people.recommender)
        assert project.sources[0][1] == ""
        [project], _ = earlier_years_of(application, people.office)
        assert project.sources[0][1]

    def test_a_foreign_application_of_an_earlier_round_stays_unknown(self, application, people):
        other = make_people(make_round(year=2024))
        make_application(Stage.NOT_SELECTED, other)
        assert told(application, people.recommender) == []
        assert len(told(application, people.office)) == 1


class TestTheApplicant:
    @pytest.fixture
    def draft(self, people):
        return make_application(Stage.DRAFT, people)

    def test_is_told_what_its_own_unit_was_chosen_for(self, draft, people, keep):
        keep(draft)
        keep(draft, year=2021, lead="别某人")
        notes = entry_notes(draft, people.applicant, {"unit_name", "lead_name"})
        assert notes["unit_name"].startswith("往年记录：2023 年，")
        assert "2021 年，别某人技能大师工作室（焊工）入选" in notes["unit_name"]
        assert f"2023 年，本单位有以“{draft.lead_name}”为领办人的工作室入选" in notes["lead_name"]
        assert "2021" not in notes["lead_name"]

    def test_is_told_nothing_of_others_nor_what_was_not_published(self, draft, people, keep):
        keep(draft, unit="虚构其他厂")
        keep(draft, outcome=Outcome.NOT_SELECTED)
        keep(draft, outcome=Outcome.RECOMMENDED)
        assert entry_notes(draft, people.applicant, {"unit_name", "lead_name"}) == {}

    def test_a_result_of_an_earlier_round_is_told_once_it_is_published(self, draft, people):
        before = make_round(year=2024)
        make_application(Stage.AWARDED, people, before)
        assert entry_notes(draft, people.applicant, {"unit_name"}) == {}
        publish_results(before, people.office)
        assert "2024 年" in entry_notes(draft, people.applicant, {"unit_name"})["unit_name"]

    def test_a_page_without_these_fields_asks_nothing(
        self, draft, people, django_assert_num_queries
    ):
        with django_assert_num_queries(0):
            assert entry_notes(draft, people.applicant, {"studio_area"}) == {}


@pytest.mark.parametrize("number", [1, 30])
def test_one_question_however_many_there_are(
    application, people, keep, number, django_assert_num_queries
):
    for each in range(number):
        keep(application, year=2001 + each % 20)
    earlier_years_of(application, people.office)  # makes the SQL, once a process
    for user in (people.office, people.applicant):
        with django_assert_num_queries(1):
            earlier_years_of(application, user)


@pytest.mark.parametrize("role", [Role.EXPERT, Role.BUREAU, Role.FINANCE, Role.ADMIN])
def test_lists_are_nobody_elses_to_know(application, people, keep, role):
    keep(application)
    assert not EarlierProject.objects.visible_to(people.of(role)).exists()
