"""The rules that may refuse a transition, each one function; the rows of `table.py` name them.

Each takes (application, user, data) and returns None, or a sentence that the user can act on. The
sentence is also the tooltip of the disabled button. `data` is what the user typed for the decision;
it is None while a page only asks whether the decision is possible, and a guard that judges what was
typed then returns None. What the reviewers recorded is read through reverse relations:
`applications` never imports `review`.
"""

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format

from applications.files import conversion
from applications.files.virus_state import withheld_refusal
from applications.form.completeness import content_problems, stamp_problem
from applications.records import VERSIONS, read_related
from applications.rounds import Round
from applications.stages import Stage
from applications.versions.snapshot import read_content
from applications.workflow import events, ledger_codes

# The conditions of section 一; the second is one of three, and the office says which.
LEAD_CONDITION_CODE = "lead_condition"
QUALIFICATION_CODES = ("lead_level", LEAD_CONDITION_CODE, "host_1", "host_2", "host_3")


def moment(value):
    """A date and time as shown in sentences, in Shanghai time."""
    return date_format(timezone.localtime(value), "Y年n月j日 H:i")


# --- Applicant ---


def complete(application, user, data):
    """The form has everything that the notice asks for."""
    # Read once: the snapshot that a submission makes reads the same rows again.
    read_content(application)
    if missing := content_problems(application):
        return f"申报内容还差 {len(missing)} 项，请补充后提交。"
    return None


def stamped(application, user, data):
    """The scan of the stamped form says what the form says now."""
    read_content(application)
    problem = stamp_problem(application)
    return problem.message if problem else None


def free_of_viruses(application, user, data):
    """Every file passed its check for viruses, where there is one, and none is being converted.

    For a conversion nobody waits once the deadline is near.
    """
    read_content(application)
    files = application.current_evidence()
    return withheld_refusal(files) or conversion.refusal(files, application.due_at)


def open_for_submission(application, user, data):
    """The round is open; for a returned application, its own deadline counts instead.

    Judged by when the submission reached the portal, not by when its turn came.
    """
    now = (data or {}).get("arrived_at") or timezone.now()
    if application.stage == Stage.RETURNED:
        if now >= application.return_deadline:
            return f"修改期限已于{moment(application.return_deadline)}截止，请联系退回单位。"
        return None
    if now < application.round.opens_at:
        return f"本批次将于{moment(application.round.opens_at)}开始申报。"
    if now >= application.round.closes_at:
        return f"本批次申报已于{moment(application.round.closes_at)}截止，逾期申报无效。"
    return None


def truth_declared(application, user, data):
    """The unit declares that what it submits is true."""
    if data is not None and not data.get("truth_declared"):
        return "请勾选真实性承诺。"
    return None


def open_for_resubmission(application, user, data):
    """The round is still open, so that what is taken back can be submitted again."""
    closes_at = application.round.closes_at
    if timezone.now() >= closes_at:
        return (
            f"本批次申报已于{moment(closes_at)}截止，撤回后不能重新提交；"
            "如需修改，请联系推荐单位退回。"
        )
    return None


def not_yet_acted_on(application, user, data):
    """The recommending unit has recorded nothing about this submission."""
    submitted_at = application.submissions.values_list("submitted_at", flat=True).last()
    if submitted_at and (
        application.verifications.filter(checked_at__gte=submitted_at).exists()
        or application.award_checks.filter(at__gte=submitted_at).exists()
    ):
        return "推荐单位已开始审核，不能撤回；如需修改，请联系推荐单位退回。"
    return None


# --- Recommending unit ---


def checks_passed(application, user, data):
    """公安意见, 一票否决, the unit's own 公示 and every original are on record and passed.

    Notice, sections 二 and 三. The sentence says which is not.
    """
    counting = ledger_codes.counting(application)
    files = application.current_evidence()
    for kind in ledger_codes.ABOUT_LEAD:
        row = counting.get((kind, None))
        if row and row.result == ledger_codes.Result.FAILED:
            return f"{kind.label}未通过，不能推荐。"
    originals = [(file, counting.get((ledger_codes.Check.ORIGINAL, file.pk))) for file in files]
    for file, row in originals:
        if row and row.result == ledger_codes.Result.FAILED:
            return f"“{file.original_name}”与原件不符，不能推荐；请退回修改，或重新核对。"
    missing = [kind.label for kind in ledger_codes.ABOUT_LEAD if (kind, None) not in counting]
    if unseen := sum(row is None for _, row in originals):
        missing.append(f"{unseen} 份材料的原件核对")
    if missing:
        return f"核验台账还缺{'、'.join(missing)}，请补齐后推荐。"
    last_day = counting[ledger_codes.Check.PUBLICITY, None].publicity_to
    if last_day >= timezone.localdate():
        return f"单位公示到{date_format(last_day, 'Y年n月j日')}才结束，期满后再推荐。"
    return None


def papers_free_of_viruses(application, user, data):
    """The ledger's own papers were found free of viruses, where files are checked."""
    if not settings.CLAMD_URL:
        return None
    counting = ledger_codes.counting(application).values()
    return withheld_refusal([row.attachment for row in counting if row.attachment_id])


def awards_judged(application, user, data):
    """Every award is verified, or struck out with a reason."""
    prefetch_related_objects([application], "awards__evidence")
    if unjudged := ledger_codes.unjudged(application):
        return f"还有 {len(unjudged)} 个奖项没有核实，请逐项标为“属实”或“划去”。"
    return None


def not_the_submitter(application, user, data):
    """Nobody recommends what they submitted themselves."""
    read_related(application, VERSIONS)
    submissions = list(application.submissions.all())
    if submissions and submissions[-1].submitted_by_id == user.pk:
        return "提交申报的人不能推荐同一申报，请由另一账号办理。"
    return None


def another_unit(application, user, data):
    """It is redirected to another recommending unit, one that is in use."""
    unit = (data or {}).get("to_unit")
    if unit and unit.pk == application.recommending_unit_id:
        return "该申报已属于所选的推荐单位，请选择其他单位。"
    if unit and not unit.is_active:
        return f"{unit}已停用，请选择其他推荐单位。"
    return None


def redirected_here(application, user, data):
    """Only the unit that it was redirected to answers."""
    if application.recommending_unit_id != user.recommending_unit_id:
        return f"已转交{application.recommending_unit}，等待对方接收或退回。"
    return None


def returned_by_this_role(application, user, data):
    """Only the role that returned it extends the deadline, and only to a later one."""
    last = application.events.filter(action=events.RETURN.name).last()
    if last is None or last.role != user.role:
        return "该申报由其他单位退回，请联系退回单位延长期限。"
    deadline = (data or {}).get("deadline")
    if deadline and deadline <= application.return_deadline:
        return f"新的期限须晚于原期限{moment(application.return_deadline)}。"
    return None


def before_report_deadline(application, user, data):
    """Reports are in time; only what the office itself sent back may be reported later.

    Uses prefetched `events`.
    """
    deadline = application.round.report_deadline
    if timezone.now() < deadline:
        return None
    # The office's return, or its sending back of the whole list.
    if any(
        events.kind_of(event) in (events.RETURN, events.SEND_LIST_BACK)
        and event.from_stage == Stage.QUALIFYING
        for event in application.events.all()
    ):
        return None
    return f"本批次上报已于{moment(deadline)}截止，逾期申报无效。"


def list_ready(application, user, data):
    """附件1 names its reporter and phones, ranks the application and is stamped as it stands.

    `recommendation_list` in the data is that list, when the whole of it is reported at once.
    """
    recommendation_list = (data or {}).get("recommendation_list") or (
        application.round.recommendation_lists.filter(
            recommending_unit_id=application.recommending_unit_id
        )
        .select_related("stamped_scan")
        .first()
    )
    if recommendation_list is None or not (
        recommendation_list.reporter
        and recommendation_list.office_phone
        and recommendation_list.mobile
    ):
        return "请先在推荐一览表中填写填报人和联系电话。"
    if application.rank is None:
        return "请先在推荐一览表中排序。"
    return recommendation_list.stamp_problem


# --- Review office ---


def eligibility_judged(application, user, data):
    """Every condition of the notice's section 一 is met or explained, for the latest version."""
    checks, version = list(application.qualification_checks.all()), 0
    if checks:
        version = application.submitted_version()
    latest = [row for row in checks if row.version == version]
    results = {row.code: row.result for row in latest}
    missing = [code for code in QUALIFICATION_CODES if code not in results]
    if missing and len(results) < len({row.code for row in checks}):
        return f"申报已修改重报，资格审查还有 {len(missing)} 项没有重新确认。"
    if missing:
        return f"资格审查还有 {len(missing)} 项没有结论。"
    if "NOT_MET" in results.values():
        return "有不符合的资格条件，不能通过。"
    if any(row.code == LEAD_CONDITION_CODE and not row.fulfils for row in latest):
        return "请在资格审查表中认定领办人符合三个条件中的哪一个。"
    return None


def panel_assigned(application, user, data):
    """A panel is assigned."""
    if not hasattr(application, "panel_assignment"):
        return "请先分配专家组。"
    return None


def inspected(application, user, data):
    """The site visit is on record, and the record is concluded."""
    inspection = getattr(application, "inspection", None)
    if inspection is None:
        return "请先填写实地考察记录。"
    if inspection.passed is None:
        return "实地考察记录还没有完成，请填写完整并给出考察结论。"
    return None


def inspection_passed(application, user, data):
    """The site visit found the studio fit."""
    if hasattr(application, "inspection") and application.inspection.passed is False:
        return "实地考察结论为不合格，不能通过。"
    return None


def inspection_failed(application, user, data):
    """The site visit found the studio unfit."""
    if hasattr(application, "inspection") and application.inspection.passed:
        return "实地考察结论为合格，如需改为不通过，请先更正考察记录。"
    return None


def standing_notice(application):
    """The latest notice that was not withdrawn, or None; uses prefetched `public_notices`."""
    notices = application.public_notices.all()
    return next((notice for notice in notices if notice.withdrawn_at is None), None)


def notice_over(application, user, data):
    """The application was published and its notice period has passed."""
    notice = standing_notice(application)
    if notice is None:
        return "尚未公示，请先发布公示。"
    if not notice.is_over:
        return f"公示期到{date_format(notice.ends_on, 'Y年n月j日')}结束，期满后再办理。"
    return None


def objections_resolved(application, user, data):
    """Every objection has an answer."""
    pending = [row for row in application.objections.all() if not row.outcome]
    if pending:
        return f"还有 {len(pending)} 件异议没有处理结论。"
    return None


def no_objection_upheld(application, user, data):
    """No objection was found justified."""
    if any(row.outcome == "UPHELD" for row in application.objections.all()):
        return "有异议成立，不能通过公示。"
    return None


def an_objection_upheld(application, user, data):
    """At least one objection was found justified."""
    if not any(row.outcome == "UPHELD" for row in application.objections.all()):
        return "没有成立的异议。"
    return None


# --- Panel leader ---


def is_leader(application, user, data):
    """Only the leader of the application's panel concludes, or who acts for a recused one."""
    assignment = getattr(application, "panel_assignment", None)
    if assignment is None or assignment.leading != user.pk:
        return "只有专家组组长可以填写评审意见。"
    return None


def scores_in(application, user, data):
    """Every expert who has to score it has submitted a score."""
    assignment = getattr(application, "panel_assignment", None)
    if assignment is None:
        return "尚未分配专家组。"
    submitted = {sheet.expert_id for sheet in application.score_sheets.all() if sheet.submitted_at}
    if missing := assignment.scorers() - submitted:
        return f"还有 {len(missing)} 位专家没有提交评分。"
    return None


def quorum_met(application, user, data):
    """The round's share of the panel's experts has scored it (two thirds by default)."""
    assignment = getattr(application, "panel_assignment", None)
    if assignment is None:
        return "尚未分配专家组。"
    experts = len(assignment.panel.experts.all())
    needed = application.round.quorum(experts)
    scorers = assignment.scorers()
    scored = sum(
        1
        for sheet in application.score_sheets.all()
        if sheet.submitted_at and sheet.expert_id in scorers
    )
    if scored < needed:
        share = f"{application.round.quorum_of}/{application.round.quorum_out_of}"
        share = f"专家组 {experts} 人的 {share}"
        return f"已提交评分 {scored} 份，不足法定的 {needed} 份（{share}）。"
    return None


def at_least_the_minimum(application, user, data):
    """The panel's mean reaches the round's minimum."""
    assignment = getattr(application, "panel_assignment", None)
    mean, minimum = getattr(assignment, "mean", None), application.round.minimum_score
    if mean is not None and mean < minimum:
        return f"平均分 {mean} 低于本批次最低分 {minimum}，不能建议入选。"
    return None


def within_quota_or_explained(application, user, data):
    """The round's quota is not exceeded, or the opinion explains why."""
    if data is None or (data.get("explanation") or "").strip():
        return None
    # Locked while counted: two conclusions at once would both find the last place free.
    round_ = Round.objects.select_for_update().defer("notice").get(pk=application.round_id)
    if round_.number_selected >= round_.quota:
        return f"入选名额 {round_.quota} 个已满，请填写超出名额的理由。"
    return None


# --- The end of a round ---


def deadlines_past(application, user, data):
    """The deadlines for submitting and for reporting are past."""
    if ahead := application.round.deadline_ahead:
        name, at = ahead
        return f"{name}为{moment(at)}，截止后再结束本批次。"
    return None


def of_an_edition(application, user, data):
    """The change is announced: it belongs to a correction of the published list."""
    if application.round.results_published_at is None:
        return "结果尚未公布，请按审定、会签程序办理。"
    if not (data or {}).get("correction"):
        return "结果已公布，名单只能通过“更正名单”改变。"
    return None


# --- Undoing the last step ---
