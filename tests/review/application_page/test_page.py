"""An application's page: what each reviewer reads, and the decisions posted from it."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from applications.files import evidence as evidence_files
from applications.models import Application, Award, Opinion, Remark, StudioMember
from applications.stages import Stage
from applications.workflow.events import JUDGE_CONDITIONS, REPLACE_FILE, record
from applications.workflow.table import TABLE
from tests.factories import make_application, make_user, pdf_file, prepare, score, take
from tests.tabs import read_all_tabs, tab_of

pytestmark = pytest.mark.django_db


def page_of(application, query=""):
    return reverse("review:detail", args=[application.pk]) + query


def decide(client, application, transition, **typed):
    """Post a decision as the page sends it."""
    typed.setdefault("revision", application.revision)
    if transition == "return":
        typed = {"remarks-TOTAL_FORMS": 3, "remarks-INITIAL_FORMS": 0, **typed}
    return client.post(reverse("review:decide", args=[application.pk, transition]), typed)


def content_of(response):
    return response.content.decode()


class TestReading:
    @pytest.mark.parametrize(
        ("role", "stage"),
        [
            (Role.RECOMMENDER, Stage.RECOMMENDING),
            (Role.OFFICE, Stage.QUALIFYING),
            (Role.EXPERT, Stage.PANEL),
            (Role.BUREAU, Stage.APPROVING),
            (Role.FINANCE, Stage.COUNTERSIGNING),
        ],
    )
    def test_opens_no_file_before_it_is_asked_for(self, log_in, people, role, stage):
        application = make_application(stage, people)
        content = content_of(log_in(role).get(page_of(application)))
        assert '<iframe name="proof" title="打开的佐证材料"></iframe>' in content
        assert content.count("<iframe") == 1

    @pytest.mark.parametrize("copied", [0, 30])
    @pytest.mark.parametrize(
        ("role", "stage", "queries"),
        [
            (Role.RECOMMENDER, Stage.RECOMMENDING, 12),
            (Role.OFFICE, Stage.QUALIFYING, 14),
            (Role.OFFICE, Stage.PUBLICITY, 12),
            (Role.EXPERT, Stage.PANEL, 20),
            (Role.BUREAU, Stage.APPROVING, 27),
            (Role.FINANCE, Stage.COUNTERSIGNING, 16),
        ],
    )
    def test_costs_the_same_however_long_the_form_is(
        self, log_in, people, django_assert_num_queries, role, stage, queries, copied
    ):
        application = make_application(stage, people)
        proof = application.evidence.last()
        Award.objects.bulk_create(
            Award(
                application=application, level="OTHER", name=f"奖项{n}", year=2020, evidence=proof
            )
            for n in range(copied)
        )
        StudioMember.objects.bulk_create(
            StudioMember(application=application, name=f"成员{n}") for n in range(copied)
        )
        for _ in range(copied):
            record(application, people.office, JUDGE_CONDITIONS)
        client = log_in(role)
        client.get(page_of(application))  # which is noted the first time
        with django_assert_num_queries(queries):
            response = client.get(page_of(application))
        assert response.status_code == 200

    @pytest.mark.parametrize("role", [Role.RECOMMENDER, Role.OFFICE, Role.BUREAU, Role.FINANCE])
    def test_staff_see_numbers_masked(self, log_in, people, role):
        application = make_application(Stage.AWARDED, people)
        content = read_all_tabs(log_in(role), application)
        assert application.lead_id_number not in content
        assert application.bank_account not in content
        assert f"{application.lead_id_number[:3]}***" in content

    def test_experts_see_no_number_and_no_way_to_call(self, log_in, people):
        application = make_application(Stage.PANEL, people)
        content = read_all_tabs(log_in(Role.EXPERT), application)
        for secret in (
            application.lead_id_number,
            application.lead_id_number[:3] + "***",
            application.bank_account,
            application.contact_mobile,
            application.email,
            "领办人身份证复印件",
        ):
            assert secret not in content

    def test_a_returned_application_is_read_as_it_was_submitted(self, log_in, people):
        application = make_application(Stage.RETURNED, people, lead_post="焊接班长")
        Application.objects.filter(pk=application.pk).update(lead_post="改了一半")
        content = read_all_tabs(log_in(Role.RECOMMENDER), application)
        assert "焊接班长" in content
        assert "改了一半" not in content

    def test_the_recommending_unit_learns_nothing_of_the_experts(self, log_in, people):
        application = make_application(Stage.INSPECTING, people)
        content = read_all_tabs(log_in(Role.RECOMMENDER), application)
        assert people.expert.name not in content
        assert "意见：conclude_for" not in content
        assert "提交评分" not in content

    @pytest.mark.parametrize("role", [Role.OFFICE, Role.BUREAU])
    def test_the_stages_stand_beside_the_explained_scores(self, log_in, people, role):
        application = make_application(Stage.APPROVING, people)
        content = content_of(log_in(role).get(tab_of(application, "record")))
        assert '<span class="stage-rail__label">审定公布</span>' in content
        assert "平均分 <strong>" in content

    def test_refused_decisions_are_shown_disabled_with_the_reason(self, log_in, people):
        application = make_application(Stage.RECOMMENDING, people)
        content = content_of(log_in(Role.RECOMMENDER).get(page_of(application)))
        assert "核验台账还缺" in content
        assert 'id="refused-recommend"' in content
        assert reverse("review:decide", args=[application.pk, "recommend"]) not in content

    def test_the_return_form_opens_without_javascript(self, log_in, people):
        application = make_application(Stage.RECOMMENDING, people)
        content = content_of(log_in(Role.RECOMMENDER).get(page_of(application, "?decide=return")))
        assert reverse("review:decide", args=[application.pk, "return"]) in content
        assert content.count('id="id_remarks-') >= 6
        assert f"<strong>{application.studio_title}</strong>" in content


class TestScoresAreConfidential:
    """No expert sees another's score before the panel has concluded (design.md section 4)."""

    @pytest.fixture
    def application(self, people):
        return make_application(Stage.PANEL, people)

    def test_other_experts_see_neither_scores_nor_progress(self, client, people, application):
        score(application, people.panel, points="0.7")
        others = people.panel.experts.exclude(pk=people.expert.pk)
        client.force_login(others[0])
        for name in ("detail", "record"):
            response = client.get(tab_of(application, name))
            assert "entry" not in response.context
            assert "70.0" in content_of(response)  # the own total
        for other in others[1:]:
            assert other.name not in read_all_tabs(client, application)

    def test_the_leader_sees_progress_at_any_time_and_scores_when_all_are_in(
        self, log_in, people, application
    ):
        client = log_in(Role.EXPERT)
        assert content_of(client.get(page_of(application))).count("未提交") == 5
        # One expert is still missing.
        late = make_user(Role.EXPERT, "迟到某")
        score(application, people.panel)
        people.panel.experts.add(late)
        response = client.get(page_of(application))
        assert not response.context["scores_open"]
        assert "平均分" not in content_of(response)
        people.panel.experts.remove(late)
        response = client.get(page_of(application))
        assert response.context["scores_open"]
        assert "90.00" in content_of(response)

    @pytest.mark.parametrize("role", [Role.OFFICE, Role.BUREAU])
    def test_the_city_sees_scores_once_the_panel_has_concluded(
        self, log_in, people, application, role
    ):
        score(application, people.panel)
        client = log_in(role)
        response = client.get(tab_of(application, "record"))
        assert not response.context["scores_open"]
        assert "90.0" not in read_all_tabs(client, application)
        Application.objects.filter(pk=application.pk).update(stage=Stage.INSPECTING)
        assert "90.00" in content_of(client.get(tab_of(application, "record")))

    @pytest.mark.parametrize(
        ("role", "sees_mean"), [(Role.RECOMMENDER, False), (Role.FINANCE, True)]
    )
    def test_nobody_else_sees_scores(self, log_in, people, role, sees_mean):
        """Finance reads the mean alone, which the panel's opinion states."""
        application = make_application(Stage.AWARDED, people)
        client = log_in(role)
        assert "entry" not in client.get(tab_of(application, "record")).context
        content = read_all_tabs(client, application)
        assert ("平均分 <strong>90.00</strong>" in content) is sees_mean
        assert "90.0" not in content.replace("90.00", "")


class TestDecisions:
    def test_recommends(self, log_in, people):
        application = make_application(Stage.RECOMMENDING, people)
        prepare(application, "recommend", people)
        response = decide(
            log_in(Role.RECOMMENDER),
            application,
            "recommend",
            text="同意推荐。",
            signatory="签署某",
            signed_on="2026-05-06",
        )
        assert response.status_code == 302
        application.refresh_from_db()
        assert application.stage == Stage.RECOMMENDED
        opinion = Opinion.objects.get(transition="recommend")
        assert (opinion.text, opinion.signatory) == ("同意推荐。", "签署某")
        assert opinion.signed_on == datetime.date(2026, 5, 6)

    def test_nobody_signs_in_the_future(self, log_in, people):
        application = make_application(Stage.RECOMMENDING, people)
        prepare(application, "recommend", people)
        tomorrow = timezone.localdate() + datetime.timedelta(days=1)
        typed = {"text": "同意推荐。", "signatory": "签署某", "signed_on": f"{tomorrow}"}
        response = decide(log_in(Role.RECOMMENDER), application, "recommend", **typed)
        assert response.status_code == 422
        assert "日期不能晚于今天" in content_of(response)

    def test_returns_with_remarks_and_a_deadline_in_shanghai(self, log_in, people):
        application = make_application(Stage.RECOMMENDING, people)
        day = timezone.localdate() + datetime.timedelta(days=9)
        response = decide(
            log_in(Role.RECOMMENDER),
            application,
            "return",
            **{
                "reason": "请补充材料。",
                "deadline": f"{day}T17:00",
                "remarks-0-about": "lead:lead_birth",
                "remarks-0-text": "与身份证不一致",
                "remarks-1-about": "evidence:PHOTOS",
                "remarks-1-text": "照片不清楚",
            },
        )
        assert response.status_code == 302
        application.refresh_from_db()
        assert application.stage == Stage.RETURNED
        local = timezone.localtime(application.return_deadline)
        assert (local.date(), local.hour) == (day, 17)
        remarks = application.remarks.values_list("section", "field", "text")
        assert list(remarks) == [
            ("lead", "lead_birth", "与身份证不一致"),
            ("evidence", "PHOTOS", "照片不清楚"),
        ]
        content = content_of(log_in(Role.OFFICE).get(tab_of(application, "history")))
        assert "领办人（技能大师），出生年月" in content
        overview = reverse("applications:overview", args=[application.pk])
        content = content_of(log_in(Role.APPLICANT).get(overview))
        assert "领办人（技能大师），出生年月" in content
        assert "佐证材料，技能大师工作室三室一场现场照片" in content

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"reason": ""}, "请填写理由。"),
            ({"deadline": ""}, "请填写修改期限。"),
            ({"deadline": "2020-01-01T10:00"}, "修改期限须晚于现在。"),
            ({"deadline": "9999-12-31T10:00"}, "修改期限不能晚于 "),
            ({"deadline": "明天"}, "请按“年-月-日 时:分”填写，例如 2026-05-01 17:00。"),
            ({"remarks-0-text": "改"}, "请选择栏目。"),
            ({"remarks-0-about": "unit:"}, "请填写修改要求。"),
        ],
    )
    def test_what_is_missing_is_said_and_nothing_typed_is_lost(
        self, log_in, people, typed, sentence
    ):
        application = make_application(Stage.RECOMMENDING, people)
        typed = {
            "reason": "材料不全，详见各栏。",
            "deadline": f"{timezone.localtime() + datetime.timedelta(days=9):%Y-%m-%dT17:00}",
            "remarks-2-about": "unit:address",
            "remarks-2-text": "地址不完整",
            **typed,
        }
        response = decide(log_in(Role.RECOMMENDER), application, "return", **typed)
        assert response.status_code == 422
        content = content_of(response)
        assert sentence in content
        assert "地址不完整" in content
        assert typed["reason"] in content
        application.refresh_from_db()
        assert application.stage == Stage.RECOMMENDING

    def test_a_guards_refusal_keeps_what_was_typed(self, log_in, people):
        application = make_application(Stage.RECOMMENDING, people)
        response = decide(
            log_in(Role.RECOMMENDER),
            application,
            "recommend",
            text="我方同意推荐，理由充分。",
            signatory="签署某",
            signed_on="2026-05-06",
        )
        assert response.status_code == 409
        assert "核验台账还缺" in content_of(response)
        assert "我方同意推荐，理由充分。" in content_of(response)

    @pytest.mark.parametrize("revision", [0, "", "x"])
    def test_a_stale_page_is_refused_and_keeps_what_was_typed(self, log_in, people, revision):
        application = make_application(Stage.RECOMMENDING, people)
        prepare(application, "recommend", people)
        response = decide(
            log_in(Role.RECOMMENDER),
            application,
            "recommend",
            revision=revision,
            text="我方同意推荐，理由充分。",
            signatory="签署某",
            signed_on="2026-05-06",
        )
        assert response.status_code == 409
        content = content_of(response)
        assert "请刷新后再操作" in content
        assert "我方同意推荐，理由充分。" in content
        assert f'name="revision" value="{application.revision}"' in content
        application.refresh_from_db()
        assert application.stage == Stage.RECOMMENDING

    def test_what_was_decided_meanwhile_keeps_what_was_typed(self, log_in, people):
        application = make_application(Stage.APPROVING, people)
        stale = application.revision
        take(application, "reject", people, reason="经费不足。")
        response = decide(
            log_in(Role.BUREAU),
            application,
            "approve",
            revision=stale,
            text="同意，请财政会签。",
            signatory="签署某",
            signed_on="2026-05-06",
        )
        assert response.status_code == 409
        content = content_of(response)
        assert "不同意" in content
        assert "同意，请财政会签。" in content
        assert "刷新页面" in content

    @pytest.mark.parametrize(
        ("role", "transition"),
        [
            (Role.RECOMMENDER, "report"),  # the whole list at once
            (Role.RECOMMENDER, "qualify"),
            (Role.OFFICE, "approve"),
            (Role.OFFICE, "submit"),
            (Role.OFFICE, "nonsense"),
            (Role.APPLICANT, "submit"),
            (Role.ADMIN, "qualify"),
        ],
    )
    def test_a_decision_of_another_role_does_not_exist(self, log_in, people, role, transition):
        application = make_application(Stage.RECOMMENDED, people)
        assert decide(log_in(role), application, transition).status_code == 404

    def test_another_units_application_does_not_exist(self, log_in, people):
        foreign = make_application(Stage.RECOMMENDING)
        client = log_in(Role.RECOMMENDER)
        assert client.get(page_of(foreign)).status_code == 404
        assert decide(client, foreign, "recommend").status_code == 404

    @pytest.mark.parametrize("rule", TABLE, ids=lambda rule: rule.name)
    def test_every_decisions_form_asks_for_what_it_needs(self, people, rule):
        from review.shared.decision_form import DecisionForm

        form = DecisionForm(rule, people.office)
        assert set(rule.needs) <= set(form.fields)

    def test_approval_and_countersignature_award(self, log_in, people):
        application = make_application(Stage.APPROVING, people)
        signed = {"text": "同意。", "signatory": "签署某", "signed_on": "2026-05-06"}
        client = log_in(Role.BUREAU)
        assert decide(client, application, "approve", **signed).status_code == 302
        application.refresh_from_db()
        decide(log_in(Role.FINANCE), application, "countersign", **signed)
        application.refresh_from_db()
        assert application.stage == Stage.AWARDED


class TestCorrection:
    """Every later reviewer sees what a resubmission changed, and whether it had been asked."""

    REMARKS = (
        {"section": "lead", "field": "lead_post", "text": "岗位请写到班组。"},
        {"section": "lead", "field": "lead_id_number", "text": "末四位与身份证不符。"},
    )

    @pytest.fixture
    def returned(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        application = take(application, "return", people, remarks=list(self.REMARKS))
        application.remarks.filter(field="lead_post").update(answer="已写到班组。")
        application.remarks.filter(field="lead_id_number").update(answer="已更正为正确的号码。")
        changed = {"lead_post": "一班班长", "postcode": "430015"}
        Application.objects.filter(pk=application.pk).update(**changed)
        return Application.objects.get(pk=application.pk)

    @pytest.mark.parametrize(
        ("role", "steps"),
        [
            (Role.RECOMMENDER, ()),
            (Role.OFFICE, ("recommend", "report")),
            (Role.EXPERT, ("recommend", "report", "qualify")),
        ],
    )
    def test_is_shown_with_remarks_and_answers(self, log_in, people, returned, role, steps):
        application = take(returned, "submit", people)
        for name in steps:
            application = take(application, name, people)
        content = content_of(log_in(role).get(tab_of(application, "versions")))
        for text in ("一班班长", "按要求修改", "430015", "未要求的改动", "已写到班组。"):
            assert text in content
        assert ("末四位" in content) == (role != Role.EXPERT)
        assert ("已更正" in content) == (role != Role.EXPERT)
        assert reverse("applications:compare", args=[application.pk]) in content

    def test_bureau_and_finance_see_it_as_well(self, log_in, people, returned):
        application = take(returned, "submit", people)
        for name in (
            *("recommend", "report", "qualify"),
            *("conclude_for", "pass_inspection", "clear", "approve"),
        ):
            application = take(application, name, people)
        for role in (Role.BUREAU, Role.FINANCE):
            content = content_of(log_in(role).get(tab_of(application, "versions")))
            assert "未要求的改动" in content
            assert "已写到班组。" in content

    def test_nothing_of_it_is_shown_before_the_resubmission(self, log_in, people, returned):
        content = read_all_tabs(log_in(Role.RECOMMENDER), returned)
        assert "岗位请写到班组。" in content
        for text in ("一班班长", "已写到班组。", "修改情况"):
            assert text not in content

    def test_what_the_unit_does_with_its_draft_is_not_told(self, log_in, people, returned):
        record(returned, people.applicant, REPLACE_FILE, "内部文件.pdf")
        for role in (Role.RECOMMENDER, Role.OFFICE):
            assert "内部文件.pdf" not in read_all_tabs(log_in(role), returned)

    def test_after_a_second_return_its_answers_wait_and_the_first_ones_stay(
        self, log_in, people, returned
    ):
        application = take(take(returned, "submit", people), "return", people)
        again = {"section": "unit", "field": "", "text": "单位信息请核对。"}
        Remark.objects.create(
            application=application, event=application.events.last(), answer="正在核对。", **again
        )
        content = read_all_tabs(log_in(Role.RECOMMENDER), application)
        assert "单位信息请核对。" in content
        assert "正在核对。" not in content
        assert "已写到班组。" in content

    @pytest.mark.parametrize("changed", [1, 30])
    @pytest.mark.parametrize(("role", "queries"), [(Role.RECOMMENDER, 12), (Role.OFFICE, 11)])
    def test_costs_the_same_however_much_changed(
        self, log_in, people, returned, django_assert_num_queries, role, queries, changed
    ):
        proof = returned.evidence.filter(category="HONOUR").last()
        Award.objects.bulk_create(
            Award(
                application=returned,
                level="OTHER",
                project=f"项目{n}",
                name=f"奖项{n}",
                authority="某局",
                year=2020,
                evidence=proof,
            )
            for n in range(changed)
        )
        application = take(returned, "submit", people)
        client = log_in(role)
        client.get(tab_of(application, "versions"))  # which is noted the first time
        with django_assert_num_queries(queries):
            content = content_of(client.get(tab_of(application, "versions")))
        assert "按要求修改" in content


def test_the_office_is_told_of_files_changed_between_two_versions(log_in, people):
    application = make_application(Stage.DRAFT, people)
    before = evidence_files.add(application, "OTHER", pdf_file("草稿.pdf"), people.applicant)
    evidence_files.remove(before, people.applicant)
    application = take(application, "submit", people)
    application = take(application, "return", people)
    photo = application.evidence.get(category="PHOTOS")
    evidence_files.replace(photo, pdf_file("新照片.pdf"), people.applicant)

    def told(role):
        page = log_in(role).get(tab_of(application, "history"))
        return [event.note for event in page.context["history"] if event.label == "替换材料"]

    # What the unit is changing now is its own until it submits.
    assert told(Role.RECOMMENDER) == []
    take(application, "submit", people)
    (note,) = told(Role.OFFICE)
    assert note.endswith("→ 新照片.pdf")
    assert told(Role.RECOMMENDER) == []
    page = log_in(Role.OFFICE).get(tab_of(application, "history"))
    assert "草稿.pdf" not in str([event.note for event in page.context["history"]])


def test_changes_of_files_do_not_fill_the_home_page(log_in, people):
    application = make_application(Stage.DRAFT, people)
    for number in range(12):
        file = evidence_files.add(application, "OTHER", pdf_file(f"{number}.pdf"), people.applicant)
        evidence_files.remove(file, people.applicant)
    page = log_in(Role.APPLICANT).get(reverse("home"))
    assert "移除材料" not in page.content.decode()
