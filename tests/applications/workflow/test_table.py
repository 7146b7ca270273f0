"""The one table: what it allows, what it refuses, and what `perform()` leaves behind."""

import datetime

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application, Opinion, Submission
from applications.stages import ENDED, OWNERS, Stage
from applications.versions.snapshot import content_of, fingerprint, opened
from applications.workflow.perform import Refused, offered, perform, refusal
from applications.workflow.table import TABLE, TRANSITIONS
from review.panels.models import PanelAssignment
from review.permissions import STAFF
from review.recommending.models import Verification
from tests.factories import (
    actor_of,
    data_for,
    make_application,
    make_people,
    make_recommending_unit,
    make_round,
    make_user,
    prepare,
    second_of,
    stamp,
    take,
    without_opinion,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make_people(make_round())


# Every pair that design.md section 3 allows, written out once more by hand: the table in
# workflow.py is compared with it, so that neither changes alone.
ALLOWED = {
    ("DRAFT", "submit", "APPLICANT", "RECOMMENDING"),
    ("RETURNED", "submit", "APPLICANT", "RECOMMENDING"),
    ("RECOMMENDING", "withdraw", "APPLICANT", "DRAFT"),
    ("DRAFT", "discard", "APPLICANT", "DISCARDED"),
    ("RECOMMENDING", "recommend", "RECOMMENDER", "RECOMMENDED"),
    ("RECOMMENDING", "return", "RECOMMENDER", "RETURNED"),
    ("QUALIFYING", "return", "OFFICE", "RETURNED"),
    ("RECOMMENDING", "decline", "RECOMMENDER", "NOT_RECOMMENDED"),
    ("RECOMMENDING", "redirect", "RECOMMENDER", "REDIRECTING"),
    ("REDIRECTING", "accept_redirect", "RECOMMENDER", "RECOMMENDING"),
    ("REDIRECTING", "refuse_redirect", "RECOMMENDER", "RECOMMENDING"),
    ("RETURNED", "extend", "RECOMMENDER", "RETURNED"),
    ("RETURNED", "extend_by_office", "OFFICE", "RETURNED"),
    ("RECOMMENDED", "report", "RECOMMENDER", "QUALIFYING"),
    ("QUALIFYING", "send_list_back", "OFFICE", "RECOMMENDED"),
    ("QUALIFYING", "qualify", "OFFICE", "PANEL"),
    ("QUALIFYING", "disqualify", "OFFICE", "DISQUALIFIED"),
    ("PANEL", "conclude_for", "EXPERT", "INSPECTING"),
    ("PANEL", "conclude_against", "EXPERT", "NOT_SELECTED"),
    ("INSPECTING", "pass_inspection", "OFFICE", "PUBLICITY"),
    ("INSPECTING", "fail_inspection", "OFFICE", "NOT_SELECTED"),
    ("PUBLICITY", "clear", "OFFICE", "APPROVING"),
    ("PUBLICITY", "uphold", "OFFICE", "NOT_SELECTED"),
    ("APPROVING", "approve", "BUREAU", "COUNTERSIGNING"),
    ("APPROVING", "reject", "BUREAU", "NOT_SELECTED"),
    ("COUNTERSIGNING", "countersign", "FINANCE", "AWARDED"),
    ("COUNTERSIGNING", "send_back", "FINANCE", "APPROVING"),
    # The end of the round, and corrections of its published list.
    ("DRAFT", "lapse", "OFFICE", "LAPSED"),
    ("RETURNED", "close", "OFFICE", "CLOSED"),
    ("RECOMMENDING", "close", "OFFICE", "CLOSED"),
    ("REDIRECTING", "close", "OFFICE", "CLOSED"),
    ("RECOMMENDED", "close", "OFFICE", "CLOSED"),
    ("QUALIFYING", "close", "OFFICE", "CLOSED"),
    ("PANEL", "close", "OFFICE", "CLOSED"),
    ("INSPECTING", "close", "OFFICE", "CLOSED"),
    ("PUBLICITY", "close", "OFFICE", "CLOSED"),
    ("AWARDED", "strike", "BUREAU", "NOT_SELECTED"),
    ("NOT_SELECTED", "add", "FINANCE", "AWARDED"),
}
# Where the last step may be undone, and by whom besides the office; the target is the stage that it
# came from.
UNDONE_FROM = {
    "RETURNED": {"RECOMMENDER"},
    "RECOMMENDED": {"RECOMMENDER"},
    "NOT_RECOMMENDED": {"RECOMMENDER"},
    "DISQUALIFIED": set(),
    "PANEL": set(),
    "INSPECTING": set(),
    "PUBLICITY": set(),
    "APPROVING": {"FINANCE"},
    "COUNTERSIGNING": {"BUREAU"},
    "AWARDED": {"FINANCE"},
    "NOT_SELECTED": {"BUREAU"},
    "CLOSED": set(),
}
# Where whoever decided may agree that the office undoes it.
AGREED_AT = {stage: roles for stage, roles in UNDONE_FROM.items() if roles}
AGREED_AT |= {"INSPECTING": {"EXPERT"}, "NOT_SELECTED": {"BUREAU", "EXPERT"}}
# What cannot be undone at all: the applicant's own steps, a whole list, what another unit answers.
FINAL = {
    "submit",
    "withdraw",
    "discard",
    "redirect",
    "accept_redirect",
    "refuse_redirect",
    "extend",
    "extend_by_office",
    "report",
    "send_list_back",
    "lapse",
    "strike",
    "add",
}
DECISIONS = sorted(row[:3] for row in ALLOWED if row[1] not in FINAL)
# Who is meant by a sentence that refuses.
AUTHORITIES = {
    "RECOMMENDER": "推荐单位",
    "EXPERT": "专家组组长",
    "BUREAU": "市人社局",
    "FINANCE": "市财政局",
}


def test_the_table_is_the_design():
    table = {
        (stage.value, rule.name, role.value, rule.target.value)
        for rule in TABLE
        if rule.target
        for stage, role in rule.sources.items()
    }
    assert table == ALLOWED
    assert [rule.name for rule in TABLE if rule.target is None] == ["revert", "agree_to_undo"]
    assert [rule.name for rule in TABLE if not rule.moves] == ["agree_to_undo"]
    revert, agree = TRANSITIONS["revert"], TRANSITIONS["agree_to_undo"]
    assert {stage: set(revert.roles(stage)) for stage in revert.sources} == {
        stage: {"OFFICE", *roles} for stage, roles in UNDONE_FROM.items()
    }
    assert {stage: set(agree.roles(stage)) for stage in agree.sources} == AGREED_AT


def test_every_stage_has_one_owner_and_a_way_in():
    assert set(OWNERS) == set(Stage)
    assert {rule.target for rule in TABLE if rule.target} == set(Stage)
    for stage in Stage:
        leaving = {
            role
            for rule in TABLE
            # Lengthening a return's time moves nothing; undoing a step is not the stage's work.
            if (rule.target not in {None, Stage.RETURNED} and not rule.of_round)
            or rule.name == "return"
            for each, role in rule.sources.items()
            if each == stage
        }
        assert bool(leaving) == (stage not in ENDED)
        # What an applicant may withdraw is still the recommending unit's to decide.
        assert leaving - {OWNERS[stage]} <= {Role.APPLICANT}


def prepared_for_anything(application, people):
    """Put on record whatever any guard may ask for, so that only the table can refuse."""
    if application.is_editable and not application.prints.exists():
        stamp(application, people.applicant)
    if not application.verifications.exists():
        prepare(application, "recommend", people)
    for name, record in (
        ("qualify", "panel_assignment"),
        ("pass_inspection", "inspection"),
    ):
        if not hasattr(application, record):
            prepare(application, name, people)
    application = Application.objects.get(pk=application.pk)
    if not application.score_sheets.exists():
        # As records, because experts can only submit in the panel's stage.
        application.score_sheets.create(expert=people.expert, total=90, submitted_at=timezone.now())
        PanelAssignment.objects.filter(application=application).update(mean=90)
    if not application.public_notices.exists():
        prepare(application, "clear", people)
    if application.rank is None:
        prepare(application, "report", people)


# These read the opposite of what the others need: an unfit visit, an upheld objection, nothing on
# record yet, the office's own return, another unit's account, a second person of the office,
# deadlines that are past. Each has its own test, below or in test_publication.py of the results.
OWN_RECORD = {
    "fail_inspection",
    "uphold",
    "withdraw",
    "extend_by_office",
    "accept_redirect",
    "refuse_redirect",
    "revert",
    "agree_to_undo",
    "lapse",
    "close",
    "strike",
    "add",
}


@pytest.mark.parametrize("stage", Stage)
def test_a_transition_is_allowed_exactly_where_the_table_says(stage, people):
    application = make_application(stage, people)
    prepared_for_anything(application, people)
    allowed = {(source, name, role) for source, name, role, _ in ALLOWED}
    for name, places in (("revert", UNDONE_FROM), ("agree_to_undo", AGREED_AT)):
        allowed |= {(source, name, role) for source, roles in places.items() for role in roles}
    allowed |= {(source, "revert", "OFFICE") for source in UNDONE_FROM}
    for name in TRANSITIONS:
        for role in Role:
            user = people.of(role)
            if (stage, name, role) in allowed and name not in OWN_RECORD:
                fresh = Application.objects.get(pk=application.pk)
                assert refusal(fresh, name, user) is None, (name, role)
                continue
            if (stage, name, role) in allowed:
                continue
            with pytest.raises(Refused) as refused:
                perform(application, name, user, **data_for(name))
            assert str(refused.value).endswith("。")
            assert Application.objects.get(pk=application.pk).stage == stage


@pytest.mark.parametrize(
    ("source", "name", "role", "target"), sorted(row for row in ALLOWED if row[1] not in OWN_RECORD)
)
def test_an_allowed_transition_moves_the_application(source, name, role, target, people):
    application = make_application(Stage(source), people)
    if (source, name) == ("COUNTERSIGNING", "send_back"):
        after = perform(application, name, people.finance, **data_for(name))
    elif source == "QUALIFYING" and name in {"return", "send_list_back"}:
        after = perform(application, name, people.office, **data_for(name))
    else:
        after = take(application, name, people)
    assert after.stage == target
    stored = Application.objects.get(pk=application.pk)
    assert stored.stage == target
    assert stored.revision == application.revision + 1
    event = stored.events.last()
    assert (event.from_stage, event.to_stage, event.action) == (source, target, name)
    assert event.user == people.of(role)
    if name != "extend":  # which stays where it is
        assert stored.stage_entered_at == event.at


@pytest.mark.parametrize("name", [rule.name for rule in TABLE if rule.needs])
def test_what_a_decision_needs_must_be_given(name, people):
    rule = TRANSITIONS[name]
    stage = next(iter(rule.sources))
    application = make_application(stage, people)
    user = actor_of(application, name, people)
    if name == "extend_by_office":
        application = returned_by_office(people)
    if name == "revert":
        user = second_of(people.recommender)
    if name not in {"return", "decline", "disqualify", "reject", "uphold", "fail_inspection"}:
        prepare(application, name, people)
    if name == "fail_inspection":
        prepare(application, name, people)
    if name == "uphold":
        prepare(application, "clear", people)
        raise_objection(application, people, outcome="UPHELD")
    if name == "submit":
        without_opinion(application)  # one that was printed is on record, and not asked for
    for need in rule.needs:
        data = data_for(name)
        # A reason may stand for the text and the other way round nowhere in `needs`.
        data[need] = "" if isinstance(data[need], str) else None
        with pytest.raises(Refused, match=r"请填写|请选择"):
            perform(application, name, user, **data)
    assert Application.objects.get(pk=application.pk).stage == stage


def returned_by_office(people):
    application = make_application(Stage.QUALIFYING, people)
    return perform(application, "return", people.office, **data_for("return"))


def raise_objection(application, people, outcome=""):
    return application.objections.create(
        raised_by="群众某",
        contact="13800000001",
        text="业绩不实。",
        outcome=outcome,
        answer="经查。" if outcome else "",
        resolved_at=timezone.now() if outcome else None,
        resolved_by=people.office if outcome else None,
        recorded_by=people.office,
    )


class TestSubmit:
    def test_makes_a_snapshot_a_number_an_opinion_and_an_event(self, people):
        application = make_application(Stage.DRAFT, people)
        after = take(application, "submit", people)
        assert after.number == f"JNDS{after.round.year}-0001"
        submission = after.submissions.get()
        assert submission.version == 1
        content = opened(submission.content)
        assert content["fields"]["lead_name"] == "龘某"
        assert submission.fingerprint == fingerprint(content)
        assert fingerprint(content_of(Application.objects.get(pk=after.pk))) == (
            submission.fingerprint
        )
        assert {row["category"] for row in content["evidence"]} >= {"ID_CARD", "CERTIFICATE"}
        assert all(len(row["sha256"]) == 64 for row in content["evidence"])
        opinion = after.opinions.get()
        assert (opinion.transition, opinion.signatory) == ("submit", "签署某")

    def test_keeps_numbers_encrypted_in_the_snapshot(self, people):
        after = take(make_application(Stage.DRAFT, people), "submit", people)
        stored = str(Submission.objects.get(application=after).content)
        assert after.lead_id_number not in stored
        assert after.bank_account not in stored

    def test_numbers_run_on_within_a_round(self, people):
        numbers = [
            take(make_application(Stage.DRAFT, people), "submit", people).number for _ in range(3)
        ]
        assert [number[-4:] for number in numbers] == ["0001", "0002", "0003"]

    def test_a_second_submission_keeps_the_number_and_adds_a_version(self, people):
        returned = make_application(Stage.RETURNED, people)
        after = take(returned, "submit", people)
        assert after.number == returned.number
        assert [each.version for each in after.submissions.all()] == [1, 2]

    def test_is_refused_while_something_is_missing(self, people):
        application = make_application(Stage.DRAFT, people, lead_name="", postcode="43")
        with pytest.raises(Refused, match="还差 2 项"):
            take(application, "submit", people)

    def test_is_refused_without_the_declaration(self, people):
        application = make_application(Stage.DRAFT, people)
        with pytest.raises(Refused, match="真实性承诺"):
            take(application, "submit", people, truth_declared=False)

    def test_late_is_refused_with_the_time_it_closed(self, people):
        application = make_application(Stage.DRAFT, people)
        closes_at = application.round.closes_at
        with time_machine.travel(closes_at, tick=False), pytest.raises(Refused) as refused:
            take(application, "submit", people)
        closed = timezone.localtime(closes_at)
        assert f"{closed.year}年{closed.month}月{closed.day}日 {closed:%H:%M}" in str(refused.value)
        with time_machine.travel(closes_at - datetime.timedelta(seconds=1), tick=False):
            assert take(application, "submit", people).stage == Stage.RECOMMENDING

    def test_a_returned_application_has_its_own_deadline(self, people):
        returned = make_application(Stage.RETURNED, people)
        after_closing = returned.round.closes_at + datetime.timedelta(days=1)
        with time_machine.travel(after_closing), pytest.raises(Refused, match="修改期限"):
            take(returned, "submit", people)
        Application.objects.filter(pk=returned.pk).update(
            return_deadline=after_closing + datetime.timedelta(days=1)
        )
        with time_machine.travel(after_closing):
            assert take(returned, "submit", people).stage == Stage.RECOMMENDING

    def test_a_snapshot_cannot_be_changed(self, people):
        submission = make_application(Stage.RECOMMENDING, people).submissions.get()
        with pytest.raises(TypeError):
            submission.save()


class TestRecommendingUnit:
    def test_withdrawing_ends_when_the_recommending_unit_acts(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        Verification.of(application, people.recommender, "POLICE", result="PASSED").save()
        with pytest.raises(Refused, match="推荐单位已开始审核"):
            perform(application, "withdraw", people.applicant)

    def test_withdrawing_ends_with_the_round_for_nothing_could_be_submitted_again(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        with (
            time_machine.travel(application.round.closes_at),
            pytest.raises(Refused, match="撤回后不能重新提交"),
        ):
            perform(application, "withdraw", people.applicant)

    def test_withdrawing_before_that_reopens_the_draft(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        assert perform(application, "withdraw", people.applicant).stage == Stage.DRAFT

    @pytest.mark.parametrize(
        ("kind", "change", "sentence"),
        [
            ("POLICE", {"result": "FAILED"}, "征求公安部门意见未通过"),
            ("VETO", {"result": "FAILED"}, "一票否决”情况说明未通过"),
            ("PUBLICITY", {"result": "FAILED"}, "单位公示未通过"),
            ("PUBLICITY", {"publicity_to": datetime.date(2999, 1, 1)}, "期满"),
            ("ORIGINAL", {"result": "FAILED"}, "与原件不符"),
        ],
    )
    def test_a_failed_check_blocks_recommending(self, kind, change, sentence, people):
        application = make_application(Stage.RECOMMENDING, people)
        prepare(application, "recommend", people)
        application.verifications.filter(kind=kind).update(**change)
        with pytest.raises(Refused, match=sentence):
            perform(application, "recommend", people.recommender, **data_for("recommend"))

    def test_nobody_recommends_what_they_submitted(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        prepare(application, "recommend", people)
        last = application.submissions.last()
        type(last).objects.filter(pk=last.pk).update(submitted_by=people.recommender)
        with pytest.raises(Refused, match="另一账号"):
            perform(application, "recommend", people.recommender, **data_for("recommend"))

    def test_another_unit_finds_nothing(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        other = make_user(Role.RECOMMENDER, recommending_unit=make_recommending_unit())
        with pytest.raises(Refused, match="没有找到"):
            perform(application, "decline", other, **data_for("decline"))

    def test_reporting_ends_with_the_deadline_unless_the_office_returned_it(self, people):
        application = make_application(Stage.RECOMMENDED, people)
        late = application.round.report_deadline + datetime.timedelta(hours=1)
        prepare(application, "report", people)
        with time_machine.travel(late), pytest.raises(Refused, match="上报已于"):
            perform(application, "report", people.recommender)

    def test_a_return_keeps_the_ledger_and_forgets_the_rank_and_what_the_office_judged(
        self, people
    ):
        application = make_application(Stage.QUALIFYING, people)
        prepare(application, "qualify", people)
        remarks = [{"section": "lead", "field": "lead_post", "text": "请写明班组"}]
        after = perform(
            application, "return", people.office, **{**data_for("return"), "remarks": remarks}
        )
        after = Application.objects.get(pk=after.pk)
        assert after.rank is None
        # What was verified is of the version that was returned; it stays on record.
        assert after.verifications.exists()
        assert after.award_checks.exists()
        assert after.qualification_checks.count() == 5
        assert after.panel_assignment.panel == people.panel
        assert after.remarks.get().field == "lead_post"
        assert after.return_deadline > timezone.now()


class TestReviewers:
    def test_an_unjudged_condition_blocks_qualifying(self, people):
        application = make_application(Stage.QUALIFYING, people)
        prepare(application, "qualify", people)
        application.qualification_checks.first().delete()
        with pytest.raises(Refused, match="还有 1 项"):
            perform(application, "qualify", people.office)

    def test_a_condition_not_met_blocks_qualifying(self, people):
        application = make_application(Stage.QUALIFYING, people)
        prepare(application, "qualify", people)
        application.qualification_checks.filter(code="host_3").update(result="NOT_MET")
        with pytest.raises(Refused, match="不符合"):
            perform(application, "qualify", people.office)

    def test_only_the_leader_concludes(self, people):
        application = make_application(Stage.PANEL, people)
        member = make_user(Role.EXPERT)
        people.panel.experts.add(member)
        prepare(application, "conclude_for", people)
        with pytest.raises(Refused, match="组长"):
            perform(application, "conclude_for", member, **data_for("conclude_for"))

    def test_every_due_score_must_be_in(self, people):
        application = make_application(Stage.PANEL, people)
        prepare(application, "conclude_for", people)
        people.panel.experts.add(make_user(Role.EXPERT))
        with pytest.raises(Refused, match="还有 1 位专家"):
            perform(application, "conclude_for", people.expert, **data_for("conclude_for"))

    def test_below_the_minimum_cannot_be_proposed(self, people):
        application = make_application(Stage.PANEL, people)
        type(application.round).objects.update(minimum_score="90.01")
        prepare(application, "conclude_for", people)
        with pytest.raises(Refused, match="低于本批次最低分"):
            perform(application, "conclude_for", people.expert, **data_for("conclude_for"))
        after = perform(
            application, "conclude_against", people.expert, **data_for("conclude_against")
        )
        assert after.stage == Stage.NOT_SELECTED

    def test_beyond_the_quota_needs_an_explanation(self, people):
        type(people.panel.round).objects.update(quota=1)
        make_application(Stage.INSPECTING, people)
        second = make_application(Stage.PANEL, people)
        prepare(second, "conclude_for", people)
        with pytest.raises(Refused, match="名额 1 个已满"):
            perform(second, "conclude_for", people.expert, **data_for("conclude_for"))
        after = perform(
            second,
            "conclude_for",
            people.expert,
            **data_for("conclude_for"),
            explanation="新兴产业急需",
        )
        assert "新兴产业急需" in after.opinions.last().text

    def test_the_inspection_decides(self, people):
        application = make_application(Stage.INSPECTING, people)
        prepare(application, "fail_inspection", people)
        with pytest.raises(Refused, match="不合格"):
            perform(application, "pass_inspection", people.office)
        after = perform(application, "fail_inspection", people.office, **data_for("x"))
        assert after.stage == Stage.NOT_SELECTED

    def test_a_notice_period_runs_to_its_last_day(self, people):
        application = make_application(Stage.PUBLICITY, people)
        with pytest.raises(Refused, match="尚未公示"):
            perform(application, "clear", people.office)
        prepare(application, "clear", people)
        application.public_notices.update(ends_on=timezone.localdate())
        with pytest.raises(Refused, match="期满后"):
            perform(application, "clear", people.office)

    def test_an_objection_is_upheld_only_after_the_notice_period(self, people):
        application = make_application(Stage.PUBLICITY, people)
        prepare(application, "clear", people)
        raise_objection(application, people, outcome="UPHELD")
        application.public_notices.update(ends_on=timezone.localdate())
        with pytest.raises(Refused, match="期满后"):
            perform(application, "uphold", people.office, **data_for("uphold"))

    def test_objections_are_answered_first_and_an_upheld_one_ends_it(self, people):
        application = make_application(Stage.PUBLICITY, people)
        prepare(application, "clear", people)
        objection = raise_objection(application, people)
        with pytest.raises(Refused, match="1 件异议"):
            perform(application, "clear", people.office)
        objection.outcome, objection.answer = "UPHELD", "属实"
        objection.resolved_at = timezone.now()
        objection.save()
        with pytest.raises(Refused, match="异议成立"):
            perform(application, "clear", people.office)
        after = perform(application, "uphold", people.office, **data_for("uphold"))
        assert after.stage == Stage.NOT_SELECTED

    def test_an_award_is_signed_by_both_bureaus(self, people):
        awarded = make_application(Stage.AWARDED, people)
        signed = {each.transition for each in awarded.opinions.all()}
        assert {"approve", "countersign"} <= signed


class TestRedirecting:
    def test_the_other_unit_accepts_and_may_take_the_applying_unit_over(self, people):
        sent = make_application(Stage.REDIRECTING, people)
        there = actor_of(sent, "accept_redirect", people)
        assert Application.objects.visible_to(people.recommender).filter(pk=sent.pk).exists()
        with pytest.raises(Refused, match="等待对方"):
            perform(sent, "accept_redirect", people.recommender)
        after = perform(sent, "accept_redirect", there, whole_unit=True)
        assert after.recommending_unit == there.recommending_unit
        assert after.redirected_from is None
        after.applying_unit.refresh_from_db()
        assert after.applying_unit.recommending_unit == there.recommending_unit
        assert not Application.objects.visible_to(people.recommender).filter(pk=sent.pk).exists()

    def test_or_sends_it_back(self, people):
        sent = make_application(Stage.REDIRECTING, people)
        after = take(sent, "refuse_redirect", people)
        assert after.recommending_unit == people.recommender.recommending_unit
        assert after.applying_unit.recommending_unit == people.recommender.recommending_unit

    def test_not_to_itself(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        data = {**data_for("redirect"), "to_unit": application.recommending_unit}
        with pytest.raises(Refused, match="已属于"):
            perform(application, "redirect", people.recommender, **data)


class TestExtending:
    def test_whoever_returned_it_gives_more_time(self, people):
        application = returned_by_office(people)
        with pytest.raises(Refused, match="其他单位退回"):
            perform(application, "extend", people.recommender, **data_for("extend"))
        with pytest.raises(Refused, match="须晚于原期限"):
            perform(
                application,
                "extend_by_office",
                people.office,
                reason="理由",
                deadline=application.return_deadline,
            )
        later = application.return_deadline + datetime.timedelta(days=3)
        after = perform(
            application, "extend_by_office", people.office, reason="理由", deadline=later
        )
        assert (after.stage, after.return_deadline) == (Stage.RETURNED, later)
        assert after.stage_entered_at == application.stage_entered_at


class TestUndoing:
    """The last step is undone by a second person of whoever decided it, until publication."""

    def decided(self, source, name, people):
        """An application with this decision as its last step."""
        application = make_application(Stage(source), people)
        if name == "uphold":
            prepare(application, "clear", people)
            raise_objection(application, people, outcome="UPHELD")
            return perform(application, name, people.office, **data_for(name))
        if (source, name) == ("QUALIFYING", "return"):
            return perform(application, name, people.office, **data_for(name))
        if name == "send_back":
            return perform(application, name, people.finance, **data_for(name))
        return take(application, name, people)

    def without_notice(self, application):
        """What a public notice protects is tried elsewhere."""
        application.public_notices.all().delete()
        return Application.objects.get(pk=application.pk)

    @pytest.mark.parametrize(("source", "name", "role"), DECISIONS)
    def test_belongs_to_a_second_person_of_whoever_decided(self, source, name, role, people):
        application = self.without_notice(self.decided(source, name, people))
        decider = application.events.get(action=name).user
        others = {each: second_of(people.of(each)) for each in Role if each != role}
        for each, user in others.items():
            assert refusal(application, "revert", user), each
            with pytest.raises(Refused):
                perform(application, "revert", user, reason="登记错误")
        # Nobody undoes alone what they decided themselves.
        with pytest.raises(Refused):
            perform(application, "revert", decider, reason="登记错误")
        if role == "EXPERT":  # one alone signs for the panel: there is no second one
            with pytest.raises(Refused):
                perform(application, "revert", second_of(decider), reason="登记错误")
            return
        after = perform(application, "revert", second_of(decider), reason="登记错误")
        assert after.stage == source
        assert "登记错误" in after.events.last().note
        assert all(each.reverted_at for each in after.opinions.filter(transition=name))
        with pytest.raises(Refused):
            perform(after, "revert", second_of(decider), reason="再次撤销")

    @pytest.mark.parametrize(
        ("source", "name", "role"), [row for row in DECISIONS if row[2] != "OFFICE"]
    )
    def test_or_to_the_office_once_whoever_decided_has_agreed(self, source, name, role, people):
        application = self.decided(source, name, people)
        step = application.events.get(action=name)
        refused = refusal(application, "revert", people.office)
        assert f"由{AUTHORITIES[role]}办理" in refused
        assert "登记同意" in refused
        for each in Role:
            if each != role:
                with pytest.raises(Refused):
                    perform(application, "agree_to_undo", people.of(each), reason="同意")
        agreed = perform(application, "agree_to_undo", step.user, reason="填错了")
        assert (agreed.stage, agreed.revision) == (application.stage, application.revision)
        consent = agreed.events.last()
        assert (consent.user, consent.data, consent.to_stage) == (step.user, {"step": step.pk}, "")
        assert f"同意撤销“{step.label}”：填错了" in consent.note
        with pytest.raises(Refused, match="登记同意"):
            perform(application, "agree_to_undo", step.user, reason="再次同意")
        after = perform(application, "revert", people.office, reason="登记错误")
        assert after.stage == source
        undoing = after.events.last()
        assert undoing.data == {"undone": step.pk, "consent": consent.pk}
        assert undoing.note == f"撤销“{step.label}”：登记错误（{AUTHORITIES[role]}已登记同意）"

    @pytest.mark.parametrize("name", sorted(FINAL - {"withdraw", "discard"}))
    def test_leaves_alone_what_is_not_a_reviewers_decision(self, name, people):
        rule = TRANSITIONS[name]
        application = make_application(next(iter(rule.sources)), people)
        if name == "extend_by_office":
            application = returned_by_office(people)
        if name == "send_list_back":
            application = perform(application, name, people.office, **data_for(name))
        else:
            application = take(application, name, people)
        step = application.events.exclude(to_stage="").last()
        for user in (make_user(Role.OFFICE), second_of(step.user), step.user):
            for undoing in ("revert", "agree_to_undo"):
                with pytest.raises(Refused):
                    perform(application, undoing, user, **data_for(undoing))

    def test_a_consent_is_good_for_its_step_alone(self, people):
        application = make_application(Stage.COUNTERSIGNING, people)
        perform(application, "agree_to_undo", people.bureau, reason="文号有误")
        application = perform(application, "send_back", people.finance, **data_for("send_back"))
        application = take(application, "approve", people)
        with pytest.raises(Refused, match="由市人社局办理"):
            perform(application, "revert", people.office, reason="误")

    def test_another_expert_does_not_speak_for_the_panel(self):
        people = make_people(make_round(), experts=2)
        application = make_application(Stage.INSPECTING, people)
        other = people.panel.experts.exclude(pk=people.expert.pk).get()
        with pytest.raises(Refused, match="组长"):
            perform(application, "agree_to_undo", other, reason="同意")

    def test_another_unit_undoes_nothing(self, people):
        application = make_application(Stage.NOT_RECOMMENDED, people)
        stranger = make_people(people.panel.round).recommender
        for name in ("revert", "agree_to_undo"):
            with pytest.raises(Refused, match="没有找到"):
                perform(application, name, stranger, reason="误")

    def test_is_offered_to_the_office_and_to_whoever_decided(self, people):
        rejected = take(make_application(Stage.APPROVING, people), "reject", people)
        names = {role: [rule.name for rule in offered(rejected, people.of(role))] for role in STAFF}
        assert names == {
            Role.RECOMMENDER: [],
            Role.OFFICE: ["revert"],
            Role.EXPERT: [],
            Role.BUREAU: ["revert", "agree_to_undo"],
            Role.FINANCE: [],
        }

    def test_ends_with_the_publication_of_the_results(self, people):
        application = make_application(Stage.AWARDED, people)
        type(application.round).objects.update(results_published_at=timezone.now())
        for name in ("revert", "agree_to_undo"):
            with pytest.raises(Refused, match="结果已公布"):
                perform(application, name, second_of(people.finance), reason="误")

    def test_a_return_comes_back_with_its_rank_unless_the_unit_has_begun(self, people):
        application = returned_by_office(people)
        second = make_user(Role.OFFICE)
        assert perform(application, "revert", second, reason="误").rank == 1
        other = returned_by_office(make_people(people.panel.round))
        other.edit(other.edited_by, lead_post="班长")
        with pytest.raises(Refused, match="已开始修改"):
            perform(other, "revert", second, reason="误")

    def test_a_published_shortlist_stands(self, people):
        application = make_application(Stage.PUBLICITY, people)
        prepare(application, "clear", people)
        with pytest.raises(Refused, match="已发布公示"):
            perform(application, "revert", make_user(Role.OFFICE), reason="误")


class TestPerform:
    def test_a_stale_page_is_told_what_happened(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        perform(application, "decline", people.recommender, **data_for("decline"))
        with pytest.raises(Refused, match="不予推荐"):
            perform(application, "decline", people.recommender, **data_for("decline"))

    def test_a_stale_page_names_no_expert_and_no_inner_stage_to_outsiders(self, people):
        application = make_application(Stage.INSPECTING, people)
        told = refusal(application, "withdraw", people.applicant)
        assert told == "该申报当前阶段为“评审中”，请刷新后再操作。"
        awarded = make_application(Stage.AWARDED, people)
        assert "当前阶段为“审定”" in refusal(awarded, "withdraw", people.applicant)
        told = refusal(application, "recommend", people.recommender)
        assert people.expert.name not in told
        assert "已由专家组于" in told
        assert people.expert.name in refusal(application, "qualify", people.office)

    def test_a_page_made_before_a_return_and_resubmission_is_stale(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        seen = application.revision
        take(take(application, "return", people), "submit", people)
        with pytest.raises(Refused, match="请刷新"):
            perform(
                application,
                "decline",
                people.recommender,
                revision=seen,
                **data_for("decline"),
            )

    def test_a_refusal_writes_nothing(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        events, opinions = application.events.count(), Opinion.objects.count()
        with pytest.raises(Refused):
            perform(application, "recommend", people.recommender, **data_for("recommend"))
        assert application.events.count() == events
        assert Opinion.objects.count() == opinions

    def test_the_button_tells_the_same_as_the_refusal(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        sentence = refusal(application, "recommend", people.recommender)
        with pytest.raises(Refused) as refused:
            perform(application, "recommend", people.recommender, **data_for("recommend"))
        assert str(refused.value) == sentence

    def test_offers_only_the_rows_of_the_role(self, people):
        application = make_application(Stage.RECOMMENDING, people)
        names = {rule.name for rule in offered(application, people.recommender)}
        assert names == {"recommend", "return", "decline", "redirect"}
        assert [rule.name for rule in offered(application, people.applicant)] == ["withdraw"]
        assert offered(application, people.office) == []

    @pytest.mark.django_db(transaction=True)
    def test_tells_the_applicant_after_commit_without_inner_stage_names(self, people):
        application = make_application(Stage.PANEL, people)
        mail.outbox.clear()
        take(application, "conclude_for", people)
        # 专家评审 and 实地考察 are both 评审中 to the applicant: the office alone has a letter.
        assert [letter.to for letter in mail.outbox] == [[people.office.email]]
        mail.outbox.clear()
        take(Application.objects.get(pk=application.pk), "pass_inspection", people)
        assert mail.outbox[0].to == [people.applicant.email]
        assert "公示" in mail.outbox[0].subject
