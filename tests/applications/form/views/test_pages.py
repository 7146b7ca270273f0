"""The applicant's pages: list, start, task list, reading view, and who gets none of them."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.stages import Stage
from applications.workflow.perform import perform
from review.recommending.models import Verification
from tests.factories import (
    PASSWORD,
    make_application,
    make_draft,
    make_people,
    make_round,
    make_user,
    take,
)

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"applications:{name}", args=args)


def close(round_):
    """Let the round's time for applications be over."""
    round_.closes_at = timezone.now() - datetime.timedelta(minutes=1)
    round_.save()


def loaded(client, application, key):
    """The digest that the section's page carries."""
    return client.get(url("section", application.pk, key)).context["loaded"]


@pytest.fixture
def round_():
    return make_round()


@pytest.fixture
def people(round_):
    return make_people(round_)


@pytest.fixture
def applicant(client, people):
    """The client, logged in as the applicant."""
    client.force_login(people.applicant)
    return client


class TestLanding:
    """Where a login leads an applicant."""

    @pytest.fixture
    def leads_to(self, client, people):
        def log_in():
            client.logout()
            typed = {"login": people.applicant.email, "password": PASSWORD}
            answer = client.post(reverse("account_login"), typed, follow=True)
            return answer.redirect_chain[-1][0]

        return log_in

    def test_the_first_application_is_begun_at_once(self, leads_to, people, round_):
        assert leads_to() == url("mine")
        make_draft(round_, people.applicant)
        assert leads_to() == reverse("home")

    def test_without_an_open_round_it_is_home(self, leads_to, round_):
        close(round_)
        assert leads_to() == reverse("home")

    def test_a_page_that_was_asked_for_comes_first(self, client, people):
        typed = {"login": people.applicant.email, "password": PASSWORD}
        address = f"{reverse('account_login')}?next={reverse('applications:messages')}"
        assert client.post(address, typed).url == reverse("applications:messages")


class TestMine:
    @pytest.mark.parametrize("count", [1, 30])
    def test_costs_the_same_with_1_and_30_rows(
        self, applicant, people, round_, count, django_assert_num_queries
    ):
        unit = people.applicant.applying_unit
        Application.objects.bulk_create(
            Application(
                round=round_,
                applying_unit=unit,
                recommending_unit=unit.recommending_unit,
                lead_name=f"领办人{number}",
            )
            for number in range(count)
        )
        # session, user, count, page, open rounds
        with django_assert_num_queries(5):
            page = applicant.get(url("mine"))
        assert page.content.count("技能大师工作室</a>".encode()) == min(count, 25)

    def test_shows_only_the_own_unit(self, applicant):
        make_application(lead_name="别家某")
        assert "别家某" not in applicant.get(url("mine")).content.decode()

    def test_offers_a_start_only_while_a_round_is_open(self, applicant, round_):
        start = url("start", round_.pk)
        assert start in applicant.get(url("mine")).content.decode()
        close(round_)
        page = applicant.get(url("mine")).content.decode()
        assert start not in page
        assert "目前没有正在申报的批次" in page


class TestStart:
    def test_copies_what_the_unit_registered_and_records_it(self, applicant, people, round_):
        answer = applicant.post(url("start", round_.pk))
        application = Application.objects.get()
        unit = people.applicant.applying_unit
        assert answer.url == url("overview", application.pk)
        assert (
            application.host_kind,
            application.recommending_unit,
            application.unit_name,
            application.unit_nature,
            application.address,
            application.contact_name,
            application.contact_mobile,
            application.email,
        ) == (
            unit.host_kind,
            unit.recommending_unit,
            unit.name,
            unit.nature,
            unit.address,
            unit.contact_name,
            unit.contact_mobile,
            people.applicant.email,
        )
        event = application.events.get()
        assert (event.action, event.to_stage) == ("start", Stage.DRAFT)

    def test_a_double_click_starts_one(self, applicant, round_):
        first, second = (applicant.post(url("start", round_.pk)) for _ in range(2))
        assert first.url == second.url
        assert Application.objects.count() == 1

    def test_a_second_studio_can_be_started_when_the_first_has_content(self, applicant, round_):
        applicant.post(url("start", round_.pk))
        first = Application.objects.get()
        typed = {"lead_name": "张某", "loaded": loaded(applicant, first, "lead")}
        applicant.post(url("section", first.pk, "lead"), typed)
        applicant.post(url("start", round_.pk))
        assert Application.objects.count() == 2

    def test_a_closed_round_is_refused_in_words(self, applicant, round_):
        close(round_)
        page = applicant.post(url("start", round_.pk), follow=True)
        assert "本批次不在申报时间内" in page.content.decode()
        assert not Application.objects.exists()

    def test_nothing_starts_by_a_link(self, applicant, round_):
        assert applicant.get(url("start", round_.pk)).status_code == 405


class TestOverview:
    def test_costs_8_queries_however_much_is_filled_in(
        self, applicant, people, round_, django_assert_num_queries
    ):
        draft = make_draft(round_, people.applicant)
        for year in range(2000, 2010):
            draft.awards.create(level="OTHER", year=year)
        # session, user, application, awards, members, evidence, requirements, events
        with django_assert_num_queries(8):
            applicant.get(url("overview", draft.pk))

    def test_lists_each_section_with_what_is_missing(self, applicant, people, round_):
        draft = make_draft(round_, people.applicant, principal="", postcode="")
        page = applicant.get(url("overview", draft.pk))
        states = {line.section.key: (line.state, line.missing) for line in page.context["lines"]}
        assert states.pop("unit") == ("doing", 2)
        assert states.pop("stamp") == ("todo", 1)
        assert set(states.values()) == {("done", 0)}
        assert "还差 3 项" in page.content.decode()

    def test_a_new_application_has_not_begun(self, applicant, round_):
        page = applicant.post(url("start", round_.pk), follow=True)
        states = [line.label for line in page.context["lines"]]
        assert states == ["进行中", "未开始", "未开始", "选填", *["未开始"] * 5]

    def test_shows_reason_remarks_and_deadline_of_a_return(self, applicant, people):
        application = make_application(Stage.RECOMMENDING, people=people)
        deadline = timezone.now() + datetime.timedelta(days=3)
        perform(
            application,
            "return",
            people.recommender,
            reason="请核对。",
            deadline=deadline,
            remarks=[{"section": "lead", "field": "lead_birth", "text": "与证件不符"}],
        )
        page = applicant.get(url("overview", application.pk))
        text = page.content.decode()
        assert "退回理由：请核对。" in text
        assert "与证件不符" in text
        assert f"{url('section', application.pk, 'lead')}#id_lead_birth" in text
        assert timezone.localtime(deadline).strftime("%H:%M") in text
        states = {line.section.key: line.label for line in page.context["lines"]}
        assert states["lead"] == "需修改"
        assert states["unit"] == "已完成"

    def test_withdrawing_is_offered_until_the_recommending_unit_acts(self, applicant, people):
        application = make_application(Stage.RECOMMENDING, people=people)
        withdraw = url("withdraw", application.pk)
        assert withdraw in applicant.get(url("overview", application.pk)).content.decode()
        Verification.of(application, people.recommender, "POLICE", result="PASSED").save()
        page = applicant.get(url("overview", application.pk)).content.decode()
        assert withdraw not in page
        assert "推荐单位已开始审核，不能撤回" in page

    @pytest.mark.parametrize("stage", [Stage.INSPECTING, Stage.NOT_SELECTED, Stage.AWARDED])
    def test_names_no_expert_no_score_and_no_confidential_stage(self, applicant, people, stage):
        application = make_application(stage, people=people)
        page = applicant.get(url("overview", application.pk)).content.decode()
        for secret in ("组长", "建议入选", "不建议入选", "财政会签", "90.00", "意见：conclude"):
            assert secret not in page
        now = page.split("stage-rail__step--now")[1:]
        if stage == Stage.INSPECTING:
            assert "专家评审" in now[0].split("</li>")[0]
            assert "评审中" in page


class TestRead:
    def test_costs_6_queries_whatever_is_in_it(
        self, applicant, people, round_, django_assert_num_queries
    ):
        draft = make_draft(round_, people.applicant)
        for year in range(2000, 2010):
            draft.awards.create(level="OTHER", year=year, evidence=draft.evidence.first())
        # session, user, application, awards, members, evidence
        with django_assert_num_queries(6):
            page = applicant.get(url("read", draft.pk))
        assert "420102198005120179" in page.content.decode()

    @pytest.mark.parametrize(
        ("role", "number"), [(Role.RECOMMENDER, "420***********0179"), (Role.EXPERT, None)]
    )
    def test_others_see_numbers_masked_or_not_at_all(self, client, people, role, number):
        application = make_application(Stage.PANEL, people=people)
        client.force_login(people.of(role))
        page = client.get(url("read", application.pk)).content.decode()
        assert "420102198005120179" not in page
        assert (number or "（不予显示）") in page
        assert ("13800000000" in page) == (role != Role.EXPERT)
        assert ("领办人身份证复印件" in page) == (role != Role.EXPERT)

    def test_while_being_corrected_others_read_what_was_submitted(self, client, people):
        application = make_application(Stage.RETURNED, people=people)
        client.force_login(people.applicant)
        client.post(
            url("section", application.pk, "achievements"),
            {"achievements": "新写的业绩", "loaded": loaded(client, application, "achievements")},
        )
        assert "新写的业绩" in client.get(url("read", application.pk)).content.decode()
        Application.objects.filter(pk=application.pk).update(lead_name="新填某")
        client.force_login(people.recommender)
        page = client.get(url("read", application.pk)).content.decode()
        assert "新写的业绩" not in page
        assert "新填某" not in page
        assert "解决焊接难题30余项" in page

    def test_typed_markup_stays_text(self, applicant, people, round_):
        draft = make_draft(round_, people.applicant, achievements="<script>alert(1)</script>")
        page = applicant.get(url("read", draft.pk)).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("name", ["overview", "submit", "receipt", "withdraw", "read"])
def test_another_units_application_does_not_exist(applicant, name):
    foreign = make_application(Stage.RECOMMENDING)
    assert applicant.get(url(name, foreign.pk)).status_code == 404
    assert applicant.get(url(name, 999_999)).status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role != Role.APPLICANT])
@pytest.mark.parametrize("name", ["overview", "submit", "receipt", "withdraw"])
def test_the_applicants_pages_exist_for_nobody_else(client, people, role, name):
    application = make_application(Stage.RECOMMENDING, people=people)
    client.force_login(people.of(role))
    assert client.get(url(name, application.pk)).status_code == 404


def test_a_colleague_of_the_same_unit_shares_the_work(client, people, round_):
    draft = make_draft(round_, people.applicant)
    colleague = make_user(Role.APPLICANT, "同事", applying_unit=people.applicant.applying_unit)
    client.force_login(colleague)
    client.post(
        url("section", draft.pk, "lead"),
        {"lead_name": "改某", "loaded": loaded(client, draft, "lead")},
    )
    draft.refresh_from_db()
    assert (draft.lead_name, draft.edited_by) == ("改某", colleague)


class TestVerify:
    def test_tells_the_latest_from_an_older_version_and_shows_no_personal_data(
        self, client, people
    ):
        application = make_application(Stage.RETURNED, people=people)
        first = application.submissions.get()
        page = client.get(url("verify", first.fingerprint)).content.decode()
        assert "与平台最后提交的版本一致" in page
        assert application.number in page
        Application.objects.filter(pk=application.pk).update(lead_post="新岗位")
        take(application, "submit", people)
        page = client.get(url("verify", first.fingerprint.upper())).content.decode()
        assert "这是较早的版本" in page
        latest = application.submissions.last()
        page = client.get(url("verify", latest.fingerprint)).content.decode()
        assert "与平台最后提交的版本一致" in page
        assert "推荐单位审核" in page
        for secret in ("龘某", "4201021980", "138000", "027-8391907", "联系某", "unit@"):
            assert secret not in page.replace("83919079、83919075", "")

    @pytest.mark.postgres
    @pytest.mark.parametrize("text", ["0" * 64, "abc", "<b>x", "龘", "\0"])
    def test_an_unknown_fingerprint_is_said_to_be_unknown(self, client, text):
        answer = client.get(url("verify", text))
        assert answer.status_code == 404
        assert "没有查到这一指纹" in answer.content.decode()
        assert "<b>x" not in answer.content.decode()
