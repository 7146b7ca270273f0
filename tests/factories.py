"""Makes people, rounds and applications; walks an application to a stage through `perform()`."""

import datetime
import io
import itertools
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image, ImageDraw
from stdnum.cn import ric, uscc

from accounts.models import ApplyingUnit, HostKind, RecommendingUnit, UnitNature, User
from accounts.roles import Role
from applications.files import evidence as evidence_files
from applications.models import Application, Award, StudioMember
from applications.national_codes import Sex, SkillLevel
from applications.rounds import EvidenceCategory, Round
from applications.stages import Stage
from applications.trust.encryption import blind_index
from applications.versions.snapshot import content_of, fingerprint, sealed
from applications.versions.stamped_form import print_form, print_refusal
from applications.workflow.guards import LEAD_CONDITION_CODE, QUALIFICATION_CODES
from applications.workflow.perform import perform
from applications.workflow.table import TRANSITIONS
from applications.workflow.undo import last_step
from review.inspection.models import Inspection
from review.panels.draw import draw
from review.panels.models import Attendance, Draw, Panel, PanelAssignment
from review.panels.recusals import update_recusals
from review.publicity.models import PublicNotice
from review.qualification.models import QualificationCheck
from review.recommending.list_models import RecommendationList
from review.recommending.models import AwardCheck, Verification
from review.results import publication
from review.rounds.defaults import set_up
from review.scoring.models import Score, ScoreSheet

_numbers = itertools.count(1)
PASSWORD = "correct-horse-battery"

# The transitions that lead to each stage.
_TO_QUALIFYING = ("submit", "recommend", "report")
_TO_APPROVING = (*_TO_QUALIFYING, "qualify", "conclude_for", "pass_inspection", "clear")
PATHS = {
    Stage.DRAFT: (),
    Stage.DISCARDED: ("discard",),
    Stage.LAPSED: ("lapse",),
    Stage.RETURNED: ("submit", "return"),
    Stage.RECOMMENDING: ("submit",),
    Stage.REDIRECTING: ("submit", "redirect"),
    Stage.RECOMMENDED: ("submit", "recommend"),
    Stage.NOT_RECOMMENDED: ("submit", "decline"),
    Stage.QUALIFYING: _TO_QUALIFYING,
    Stage.DISQUALIFIED: (*_TO_QUALIFYING, "disqualify"),
    Stage.PANEL: (*_TO_QUALIFYING, "qualify"),
    Stage.INSPECTING: (*_TO_QUALIFYING, "qualify", "conclude_for"),
    Stage.PUBLICITY: (*_TO_QUALIFYING, "qualify", "conclude_for", "pass_inspection"),
    Stage.APPROVING: _TO_APPROVING,
    Stage.COUNTERSIGNING: (*_TO_APPROVING, "approve"),
    Stage.AWARDED: (*_TO_APPROVING, "approve", "countersign"),
    Stage.NOT_SELECTED: (*_TO_QUALIFYING, "qualify", "conclude_against"),
    Stage.CLOSED: (*_TO_QUALIFYING, "close"),
}


def id_number(birth="198005", order="017"):
    """Return a valid fictional ID number: birth month YYYYMM; an odd `order` is a man's."""
    body = f"420102{birth}12{order}"
    return body + ric.calc_check_digit(f"{body}0")


def credit_code():
    """Return a valid fictional 统一社会信用代码, another one each time."""
    body = f"91420100MA{next(_numbers):07d}"
    return body + uscc.calc_check_digit(body)


def pdf_file(name="材料.pdf", pages=1, text=None):
    """Return an uploaded PDF with blank A4 pages; each call's bytes differ."""
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
    pdf.docinfo["/Title"] = f"{text or name} {next(_numbers)}"
    out = io.BytesIO()
    pdf.save(out)
    return SimpleUploadedFile(name, out.getvalue(), "application/pdf")


def image_file(name="照片.jpg", kind="JPEG", size=(320, 240)):
    """Return an uploaded image; each call's bytes differ."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((10, 10), str(next(_numbers)), fill="black")
    out = io.BytesIO()
    image.save(out, kind)
    return SimpleUploadedFile(name, out.getvalue(), f"image/{kind.lower()}")


def make_user(role, name=None, **fields):
    """Save and return an account; its password is `PASSWORD`."""
    number = next(_numbers)
    fields.setdefault("email", f"{role.lower()}{number}@example.invalid")
    user = User.objects.create_user(
        password=PASSWORD, role=role, name=name or f"用户{number}", **fields
    )
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


def make_recommending_unit(**fields):
    """Save and return a recommending unit."""
    number = next(_numbers)
    fields = {"code": f"T{number}", "name": f"试验区{number}人社局", "kind": "DISTRICT", **fields}
    return RecommendingUnit.objects.create(**fields)


def make_applying_unit(recommending_unit=None, **fields):
    """Save and return an applying unit, an enterprise unless `host_kind` says otherwise."""
    number = next(_numbers)
    fields = {
        "name": f"虚构第{number}机械厂",
        "uscc": credit_code(),
        "nature": UnitNature.STATE,
        "host_kind": HostKind.ENTERPRISE,
        "recommending_unit": recommending_unit or make_recommending_unit(),
        "address": "武汉市虚构路1号",
        "contact_name": "联系某",
        "contact_mobile": "13800000000",
        **fields,
    }
    return ApplyingUnit.objects.create(**fields)


def make_round(**fields):
    """Save and return a published round, open now, with the default criteria and requirements."""
    now = timezone.now()
    fields = {
        "title": f"{now.year}年武汉市技能大师工作室建设项目",
        "year": now.year,
        "published_at": now - datetime.timedelta(days=10),
        "opens_at": now - datetime.timedelta(days=10),
        "closes_at": now + datetime.timedelta(days=20),
        "report_deadline": now + datetime.timedelta(days=30),
        **fields,
    }
    round_ = Round.objects.create(**fields)
    set_up(round_)
    return round_


def let_deadlines_pass(round_):
    """Let the round's deadlines be past, as they are when it ends."""
    day = datetime.timedelta(days=1)
    now = timezone.now()
    round_.opens_at, round_.closes_at = now - 30 * day, now - 3 * day
    round_.report_deadline = now - 2 * day
    round_.save(update_fields=["opens_at", "closes_at", "report_deadline"])


def publish_results(round_, office, **document):
    """Publish the results of a round whose applications are all decided; return the edition."""
    let_deadlines_pass(round_)
    document = {
        "document_number": "武人社发〔2026〕1号",
        "document_date": timezone.localdate(),
        **document,
    }
    return publication.publish(round_.pk, office, **document)


@dataclass
class People:
    """One user of each role, and the panel that the expert leads."""

    applicant: User
    recommender: User
    office: User
    expert: User
    bureau: User
    finance: User
    admin: User
    panel: Panel

    def of(self, role):
        """The user with this role."""
        return getattr(self, role.lower())


def make_people(round_, experts=1):
    """Make one user of each role around one applying unit, and a panel with `experts` experts."""
    unit = make_applying_unit()
    leader = make_user(Role.EXPERT, "组长")
    panel = Panel.objects.create(round=round_, name=f"专家组{next(_numbers)}", leader=leader)
    panel.experts.set([leader, *(make_user(Role.EXPERT) for _ in range(experts - 1))])
    return People(
        applicant=make_user(Role.APPLICANT, "申报人", applying_unit=unit),
        recommender=make_user(Role.RECOMMENDER, "推荐人", recommending_unit=unit.recommending_unit),
        office=make_user(Role.OFFICE, "办公室"),
        expert=leader,
        bureau=make_user(Role.BUREAU, "局领导"),
        finance=make_user(Role.FINANCE, "财政"),
        admin=make_user(Role.ADMIN, "管理员"),
        panel=panel,
    )


def make_draw(panel, user, seed="20260101"):
    """Save and return the record of a draw that gave a panel's experts, in whatever order."""
    experts = list(panel.experts.order_by("pk"))
    return Draw.objects.create(
        round=panel.round,
        panel=panel,
        seed=seed,
        size=len(experts),
        alternates=0,
        pool=[
            {"id": each.pk, "name": each.name, "employer": each.employer, "occupation": ""}
            for each in experts
        ],
        result=draw([each.pk for each in experts], [], seed, len(experts)),
        drawn_by=user,
    )


# What `data_for("submit")` would say; a draft has it, as its print would.
OPINION = {"opinion_text": "意见：submit", "opinion_signatory": "签署某"}


def complete_fields(unit, **changes):
    """Return values for every field of the form that pass the completeness check."""
    return {
        "unit_name": unit.name,
        "unit_nature": unit.nature,
        "principal": "负责某",
        "principal_phone": "027-83919079",
        "contact_name": "联系某",
        "contact_phone": "027-83919075",
        "contact_mobile": "13800000000",
        "email": "unit@example.invalid",
        "fax": "",
        "address": "武汉市虚构路1号",
        "postcode": "430000",
        "bank_name": "虚构银行武汉江岸支行",
        "bank_account": "6222020000001234567",
        "lead_name": "龘某",
        "lead_sex": Sex.MALE,
        "lead_ethnicity": "01",
        "lead_birth": "1980-05",
        "lead_work_start": "2002-07",
        "lead_politics": "01",
        "lead_id_number": id_number(),
        "lead_position": f"{unit.name} 首席焊工",
        "lead_occupation": "焊工",
        "lead_skill_level": SkillLevel.SENIOR_TECHNICIAN,
        "lead_post": "焊接班长",
        "lead_condition": "TITLE",
        "lead_condition_basis": "2019年获“武汉工匠”称号。",
        "lead_is_fit": True,
        "studio_occupation": "焊工",
        "studio_area": Decimal("120.5"),
        "studio_location": "武汉市虚构路1号3号楼",
        "studio_facilities": "焊机12台，实训工位20个。",
        "studio_founding_document": "关于成立焊接工作室的通知（虚构〔2020〕1号）",
        "studio_status": "三室一场齐备。",
        "achievements": "解决焊接难题30余项，获发明专利2项。",
        "main_results": "技术革新30项，创效500万元。",
        "report_occupation": "焊工",
        "report_necessity": "行业急需高技能焊工。",
        "report_lead": "从事焊接工作二十余年。",
        "report_plan": "三年培养高级工以上30名。",
        "talent_status": "高技能人才占比35%。",
        "training_fund": Decimal("100.00") if unit.host_kind == HostKind.ENTERPRISE else None,
        "training_fund_skilled": Decimal("60.00")
        if unit.host_kind == HostKind.ENTERPRISE
        else None,
        "host_condition_basis": "建立了完善的培养、评价、激励制度。",
        **changes,
    }


@contextmanager
def unexamined():
    """Files added in here are not examined: that takes a process for each, and few tests care."""
    with transaction.atomic():
        before = len(connection.run_on_commit)
        yield
        del connection.run_on_commit[before:]


def make_draft(round_, applicant, **changes):
    """Save and return a complete draft with evidence, one proven award and one member."""
    unit = applicant.applying_unit
    fields = complete_fields(unit, **changes)
    application = Application.objects.create(
        round=round_,
        applying_unit=unit,
        recommending_unit=unit.recommending_unit,
        host_kind=unit.host_kind,
        lead_id_index=blind_index(fields["lead_id_number"]),
        edited_by=applicant,
        **{**OPINION, **fields},
        opinion_signed_on=timezone.localdate(),
    )
    with unexamined():
        for category in (*round_.required_categories(unit.host_kind), EvidenceCategory.HONOUR):
            upload = pdf_file(f"{EvidenceCategory(category).label}.pdf")
            proof = evidence_files.add(application, category, upload, applicant)
    Award.objects.create(
        application=application,
        level=Award.Level.PROVINCIAL,
        project="高效焊接工法",
        name="湖北省技术能手",
        authority="湖北省人力资源和社会保障厅",
        grade="一等奖",
        ranking="1",
        part="主持",
        year=2018,
        evidence=proof,
    )
    StudioMember.objects.create(
        application=application, name="成员某", occupation="焊工", skill_level=SkillLevel.TECHNICIAN
    )
    return application


def stamp(application, applicant, **opinion):
    """Print the form and upload the scan of the stamped paper; an incomplete form stays without.

    `opinion` are the fields of the unit's opinion that differ from the draft's.
    """
    if print_refusal(Application.objects.get(pk=application.pk)) is None:
        print_form(application, applicant, **opinion)
        scan = pdf_file("盖章申报表.pdf", pages=4)
        with unexamined():
            evidence_files.add(application, EvidenceCategory.STAMPED, scan, applicant)


def without_opinion(application):
    """Make of a draft one that was printed before the unit's opinion was asked for."""
    blank = {"opinion_text": "", "opinion_signatory": "", "opinion_signed_on": None}
    Application.objects.filter(pk=application.pk).update(**blank)
    content = content_of(Application.objects.get(pk=application.pk))
    application.prints.update(content=sealed(content), fingerprint=fingerprint(content))


def sit_down(panel, *applications):
    """Let the panel's experts, and the alternates who step in, sign in, declare no interest in the
    applications (the panel's own, if none are named) and give the pledge."""
    applications = applications or [each.application for each in panel.assignments.all()]
    stepped_in = User.objects.filter(substitutions__application__in=applications)
    for expert in (panel.experts.all() | stepped_in).distinct():
        attendance, _ = Attendance.objects.get_or_create(panel=panel, expert=expert)
        attendance.declare_none(
            *(each for each in applications if not each.recusals.filter(expert=expert).exists())
        )
        if attendance.pledged_at is None:
            attendance.give_pledge()


def stamp_list(recommendation_list, recommender):
    """Upload the scan of 附件1 as it stands now."""
    content = recommendation_list.content(recommendation_list.applications())
    recommendation_list.stamp(pdf_file("盖章附件1.pdf"), content, recommender)


def score(application, panel, points="0.9"):
    """Submit every expert's score sheet, each criterion at `points` of its full points."""
    sit_down(panel, application)
    for expert in panel.experts.all():
        sheet = ScoreSheet.objects.create(application=application, expert=expert)
        Score.objects.bulk_create(
            Score(sheet=sheet, criterion=each, points=each.points * Decimal(points))
            for each in application.round.criteria.all()
        )
        sheet.submit()


def verify(application, recommender):
    """Put the recommending unit's ledger on record, and its verdict that every award is true."""
    today = timezone.localdate()
    day = datetime.timedelta(days=1)
    document = {"issuer": "出具某", "document_date": today, "result": "PASSED"}
    for kind in Verification.Kind:
        if kind == Verification.Kind.ORIGINAL:
            continue
        row = Verification.of(application, recommender, kind, **document)
        if kind == Verification.Kind.PUBLICITY:
            row.publicity_from, row.publicity_to = today - 8 * day, today - day
            row.place, row.objections = "厂区公告栏", "无"
        row.save()
    Verification.objects.bulk_create(
        Verification.of(application, recommender, "ORIGINAL", evidence=each, result="PASSED")
        for each in application.current_evidence()
    )
    AwardCheck.objects.bulk_create(
        AwardCheck(application=application, claim=each.claim, verdict="VERIFIED", by=recommender)
        for each in application.awards.select_related("evidence")
    )


def score_by(application, expert, *points):
    """Submit one expert's score sheet with these points, a criterion each in order of position."""
    sheet = ScoreSheet.objects.create(application=application, expert=expert)
    Score.objects.bulk_create(
        Score(sheet=sheet, criterion=criterion, points=Decimal(given))
        for criterion, given in zip(application.round.criteria.all(), points, strict=True)
    )
    sheet.submit()
    return sheet


def prepare(application, name, people, **data):
    """Put on record what the transition's guards ask for; `data` is what it is given itself."""
    today = timezone.localdate()
    day = datetime.timedelta(days=1)
    if name == "submit":
        opinion = {"text": "opinion_text", "signatory": "opinion_signatory"}
        given = {opinion[key]: data[key] for key in opinion if key in data}
        stamp(application, people.applicant, **given)
    elif name == "recommend":
        verify(application, people.recommender)
    elif name == "report":
        listed, _ = RecommendationList.objects.get_or_create(
            round=application.round,
            recommending_unit=application.recommending_unit,
            defaults={
                "reporter": "填报某",
                "office_phone": "027-83919079",
                "mobile": "13900000000",
            },
        )
        ranked = Application.objects.filter(
            round=application.round, recommending_unit=application.recommending_unit
        ).exclude(rank=None)
        Application.objects.filter(pk=application.pk).update(rank=ranked.count() + 1)
        stamp_list(listed, people.recommender)
    elif name == "qualify":
        QualificationCheck.objects.bulk_create(
            QualificationCheck(
                application=application,
                version=application.submissions.count(),
                code=code,
                result="MET",
                fulfils="TITLE" if code == LEAD_CONDITION_CODE else "",
                judged_by=people.office,
                judged_at=timezone.now(),
            )
            for code in QUALIFICATION_CODES
        )
        PanelAssignment.objects.update_or_create(
            application=application, defaults={"panel": people.panel}
        )
        update_recusals(application, people.office)
        sit_down(people.panel, application)
    elif name in {"conclude_for", "conclude_against"}:
        score(application, people.panel)
    elif name in {"pass_inspection", "fail_inspection"}:
        Inspection.objects.create(
            application=application,
            visited_on=today,
            inspectors="考察某、考察另某",
            unit_representative="联系某",
            findings="三室一场齐备。",
            passed=name == "pass_inspection",
            recorded_by=people.office,
        )
    elif name in {"lapse", "close"}:
        let_deadlines_pass(application.round)
    elif name in {"strike", "add"}:
        Round.objects.filter(pk=application.round_id).update(results_published_at=timezone.now())
    elif name == "clear":
        notice = PublicNotice.objects.create(
            round=application.round,
            starts_on=today - 8 * day,
            ends_on=today - day,
            contact="027-83919079",
            published_by=people.office,
        )
        notice.applications.add(application)


def data_for(name):
    """Return what a user would type into the decision form of a transition."""
    today = timezone.localdate()
    return {
        "text": f"意见：{name}",
        "reason": f"理由：{name}",
        "signatory": "签署某",
        "signed_on": today,
        "truth_declared": True,
        "deadline": timezone.now() + datetime.timedelta(days=7),
        "correction": 1,
        "to_unit": make_recommending_unit() if name == "redirect" else None,
    }


def take(application, name, people, **data):
    """Prepare and perform one transition as the user whose role owns it."""
    prepare(application, name, people, **data)
    user = actor_of(application, name, people)
    return perform(application, name, user, **{**data_for(name), **data})


def actor_of(application, name, people):
    """Return who may take a transition: the user of its role, or of the unit redirected to."""
    role = TRANSITIONS[name].sources[Stage(application.stage)]
    if application.stage == Stage.REDIRECTING and role == Role.RECOMMENDER:
        return make_user(role, recommending_unit=application.recommending_unit)
    return people.of(role)


def second_of(user):
    """Make another person of a user's authority: of the same role, and of the same unit."""
    return make_user(
        user.role,
        applying_unit=user.applying_unit,
        recommending_unit=user.recommending_unit,
    )


def undo(application, reason="登记错误"):
    """Undo the last step as a second person of whoever took it; a panel's as the office, to which
    its leader has agreed. Return the application as it is afterwards."""
    step = last_step(application)
    user = second_of(step.user)
    if step.role == Role.EXPERT:
        perform(application, "agree_to_undo", step.user, reason="同意")
        user = make_user(Role.OFFICE)
    return perform(application, "revert", user, reason=reason)


def make_application(stage=Stage.DRAFT, people=None, round_=None, **changes):
    """Make a complete application and walk it to `stage` through the real transitions."""
    if people is None:
        round_ = round_ or make_round()
        people = make_people(round_)
    application = make_draft(round_ or people.panel.round, people.applicant, **changes)
    for name in PATHS[stage]:
        application = take(application, name, people)
    return application
