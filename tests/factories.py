"""Makes people, rounds and applications; walks an application to a stage through `perform()`."""

import datetime
import hashlib
import io
import itertools
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import pikepdf
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image, ImageDraw
from stdnum.cn import ric, uscc

from accounts.models import ApplyingUnit, HostKind, RecommendingUnit, UnitNature, User
from accounts.roles import Role
from applications.files import evidence as evidence_files
from applications.files.virus_state import first_state
from applications.models import (
    Application,
    Award,
    Evidence,
    FileText,
    PageText,
    StudioMember,
)
from applications.national_codes import Sex, SkillLevel
from applications.rounds import EvidenceCategory, Round
from applications.stages import Stage
from applications.trust.encryption import blind_index
from applications.versions.snapshot import content_of, fingerprint, sealed
from applications.versions.stamped_form import print_form
from applications.workflow.events import SCORE, record
from applications.workflow.guards import LEAD_CONDITION_CODE, QUALIFICATION_CODES, moment
from applications.workflow.perform import move, perform
from applications.workflow.undo import last_step
from demo.ways import (
    BEFORE,
    OBJECTION,
    REPORTER,
    VISIT,
    Record,
    check,
    names_to,
    notice_period,
    owner_of,
    way_to,
)
from review.inspection.models import Inspection
from review.panels.draw import draw
from review.panels.models import (
    Attendance,
    Declaration,
    Draw,
    Panel,
    PanelAssignment,
    Recusal,
    pledge_of,
)
from review.panels.recusals import update_recusals
from review.publicity.models import PublicNotice
from review.qualification.models import QualificationCheck
from review.recommending.list_models import RecommendationList, list_fingerprint
from review.recommending.models import AwardCheck, Verification
from review.results import publication
from review.rounds.defaults import set_up
from review.scoring.models import Score, ScoreSheet
from review.shared.attachments import Attachment

_numbers = itertools.count(1)
PASSWORD = "correct-horse-battery"


def id_number(birth="198005", order="017"):
    """Return a valid fictional ID number: birth month YYYYMM; an odd `order` is a man's."""
    body = f"420102{birth}12{order}"
    return body + ric.calc_check_digit(f"{body}0")


def credit_code():
    """Return a valid fictional 统一社会信用代码, another one each time."""
    body = f"91420100MA{next(_numbers):07d}"
    return body + uscc.calc_check_digit(body)


# Stands in a PDF where each copy of it has a number of its own, with as many digits.
_NUMBER = b"@@@@@@@@@@"


@cache
def _blank_pdf(title, pages):
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
    pdf.docinfo["/Title"] = title
    pdf.docinfo["/Keywords"] = _NUMBER.decode()
    out = io.BytesIO()
    pdf.save(out)
    assert out.getvalue().count(_NUMBER) == 1
    return out.getvalue()


def pdf_file(name="材料.pdf", pages=1, text=None):
    """Return an uploaded PDF with blank A4 pages; each call's bytes differ."""
    number = b"%010d" % next(_numbers)
    content = _blank_pdf(text or name, pages).replace(_NUMBER, number)
    return SimpleUploadedFile(name, content, "application/pdf")


def image_file(name="照片.jpg", kind="JPEG", size=(320, 240)):
    """Return an uploaded image; each call's bytes differ."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((10, 10), str(next(_numbers)), fill="black")
    out = io.BytesIO()
    image.save(out, kind)
    return SimpleUploadedFile(name, out.getvalue(), f"image/{kind.lower()}")


def new_user(role, name=None, **fields):
    """Return an account that is not saved yet; its password is `PASSWORD`."""
    number = next(_numbers)
    fields.setdefault("email", f"{role.lower()}{number}@example.invalid")
    user = User(role=role, name=name or f"用户{number}", **fields)
    user.set_password(PASSWORD)
    return user


def save_users(*users):
    """Save new accounts, their addresses confirmed."""
    User.objects.bulk_create(users)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )


def make_user(role, name=None, **fields):
    """Save and return an account; its password is `PASSWORD`."""
    user = new_user(role, name, **fields)
    save_users(user)
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
    leader, *_ = seated = [
        new_user(Role.EXPERT, "组长" if seat == 0 else None) for seat in range(experts)
    ]
    people = {
        "applicant": new_user(Role.APPLICANT, "申报人", applying_unit=unit),
        "recommender": new_user(
            Role.RECOMMENDER, "推荐人", recommending_unit=unit.recommending_unit
        ),
        "office": new_user(Role.OFFICE, "办公室"),
        "expert": leader,
        "bureau": new_user(Role.BUREAU, "局领导"),
        "finance": new_user(Role.FINANCE, "财政"),
        "admin": new_user(Role.ADMIN, "管理员"),
    }
    save_users(*seated, *(user for user in people.values() if user is not leader))
    panel = Panel.objects.create(round=round_, name=f"专家组{next(_numbers)}", leader=leader)
    panel.experts.set(seated)
    return People(**people, panel=panel)


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
    categories = (*round_.required_categories(unit.host_kind), EvidenceCategory.HONOUR)
    *_, proof = add_checked(application, applicant, *categories)
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


def keep_text(file, *pages):
    """Let these `Page`s be what was read of a file (`Evidence`, `Attachment`); return its text."""
    text = FileText.objects.create(
        sha256=file.sha256,
        pages=len(pages),
        pages_done=len(pages),
        state=FileText.State.DONE,
    )
    for page in pages:
        PageText.objects.create(file=text, number=page.number, content=page.to_json())
    return text


def add_checked(application, applicant, *categories, pages=1, **fields):
    """Save and return a PDF of each category, as rows and files that their check would have left.

    A process opens each upload to check it; these are known to be good.
    """
    rows = []
    for category in categories:
        upload = pdf_file(f"{EvidenceCategory(category).label}.pdf", pages)
        content = upload.read()
        row = Evidence(
            application=application,
            category=category,
            original_name=upload.name,
            content_type="application/pdf",
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            pages=pages,
            scan=first_state(),
            uploaded_by=applicant,
            **fields,
        )
        evidence_files.keep(row.file, "file.pdf", ContentFile(content))
        rows.append(row)
    return Evidence.objects.bulk_create(rows)


def stamp(application, applicant, **opinion):
    """Print the form and upload the scan of the stamped paper; an incomplete form stays without.

    `opinion` are the fields of the unit's opinion that differ from the draft's.
    """
    try:
        printed = print_form(application, applicant, **opinion)
    except ValidationError as error:
        if error.message.startswith("申报内容还差"):
            return
        raise
    earlier = application.evidence.filter(category=EvidenceCategory.STAMPED, removed_at=None)
    earlier.update(removed_at=timezone.now(), removed_by=applicant)
    add_checked(application, applicant, EvidenceCategory.STAMPED, pages=4, print=printed)


def without_opinion(application):
    """Make of a draft one that was printed before the unit's opinion was asked for."""
    blank = {"opinion_text": "", "opinion_signatory": "", "opinion_signed_on": None}
    Application.objects.filter(pk=application.pk).update(**blank)
    content = content_of(Application.objects.get(pk=application.pk))
    application.prints.update(content=sealed(content), fingerprint=fingerprint(content))


def sit_down(panel, *applications):
    """Let the panel's experts, and the alternates who step in, sign in, declare no interest in the
    applications (the panel's own, if none are named) and give the pledge."""
    if not applications:
        own = panel.assignments.select_related("application")
        applications = [assignment.application for assignment in own]
    recused = set(
        Recusal.objects.filter(application__in=applications).values_list("application", "expert")
    )
    stepped_in = User.objects.filter(substitutions__application__in=applications)
    experts = list((panel.experts.all() | stepped_in).distinct())
    attendances = {attendance.expert_id: attendance for attendance in panel.attendances.all()}
    now = timezone.now()
    arrived = [
        # As `declare_none` and `give_pledge` leave it.
        Attendance(
            panel=panel,
            expert=expert,
            signed_in_at=now,
            declared_at=now,
            pledged_at=now,
            pledge=f"{pledge_of(panel)}\n\n承诺人：{expert.name}\n{moment(now)}",
        )
        for expert in experts
        if expert.pk not in attendances
    ]
    attendances |= {each.expert_id: each for each in Attendance.objects.bulk_create(arrived)}
    Declaration.objects.bulk_create(
        (
            Declaration(attendance=attendances[expert.pk], application=application, declared_at=now)
            for expert in experts
            for application in applications
            if (application.pk, expert.pk) not in recused
        ),
        ignore_conflicts=True,
    )
    for attendance in attendances.values():
        if attendance.pledged_at is None:
            attendance.declared_at = now
            attendance.save(update_fields=["declared_at"])
            attendance.give_pledge()


def stamp_list(recommendation_list, recommender):
    """Keep the scan of 附件1 as it stands now, as `stamp` of the list does once it is checked."""
    content = recommendation_list.content(recommendation_list.applications())
    upload = pdf_file("盖章附件1.pdf").read()
    scan = Attachment(
        kind=Attachment.Kind.LIST_SCAN,
        recommending_unit=recommendation_list.recommending_unit,
        original_name="盖章附件1.pdf",
        content_type="application/pdf",
        size=len(upload),
        sha256=hashlib.sha256(upload).hexdigest(),
        scan=first_state(),
        uploaded_by=recommender,
    )
    evidence_files.keep(scan.file, "file.pdf", ContentFile(upload))
    scan.save()
    recommendation_list.stamped_scan = scan
    recommendation_list.stamped_content = content
    recommendation_list.stamped_fingerprint = list_fingerprint(content)
    recommendation_list.save()


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


def score_at_once(application, share=Decimal("0.9")):
    """Save every score sheet as `score` does, without asking whether it may be submitted."""
    now = timezone.now()
    assignment = PanelAssignment.objects.get(application=application)
    criteria = list(application.round.criteria.all())
    sheets = ScoreSheet.objects.bulk_create(
        ScoreSheet(
            application=application,
            expert=expert,
            total=sum(criterion.points * share for criterion in criteria),
            submitted_at=now,
        )
        for expert in User.objects.filter(pk__in=assignment.scorers()).order_by("pk")
    )
    Score.objects.bulk_create(
        Score(sheet=sheet, criterion=criterion, points=criterion.points * share)
        for sheet in sheets
        for criterion in criteria
    )
    assignment.recompute()
    for sheet in sheets:
        record(application, sheet.expert, SCORE, at=now)


def verify(application, recommender):
    """Put the recommending unit's ledger on record, and its verdict that every award is true."""
    today = timezone.localdate()
    for kind in Verification.Kind:
        if kind != Verification.Kind.ORIGINAL:
            Verification.of(application, recommender, kind, **check(kind, today)).save()
    Verification.objects.bulk_create(
        Verification.of(application, recommender, "ORIGINAL", evidence=row, result="PASSED")
        for row in application.current_evidence()
    )
    AwardCheck.objects.bulk_create(
        AwardCheck(application=application, claim=award.claim, verdict="VERIFIED", by=recommender)
        for award in application.awards.select_related("evidence")
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


def fill_in_list(application, recommender):
    """Rank an application last on its unit's list, and upload the scan of the stamped 附件1."""
    own = {"round": application.round, "recommending_unit": application.recommending_unit}
    recommendation_list, _ = RecommendationList.objects.get_or_create(**own, defaults=REPORTER)
    ranked = Application.objects.filter(**own).exclude(rank=None)
    Application.objects.filter(pk=application.pk).update(rank=ranked.count() + 1)
    stamp_list(recommendation_list, recommender)


def judge(application, office):
    """Judge every condition of an application as met."""
    QualificationCheck.objects.bulk_create(
        QualificationCheck(
            application=application,
            version=application.submissions.count(),
            code=code,
            result="MET",
            fulfils="TITLE" if code == LEAD_CONDITION_CODE else "",
            judged_by=office,
            judged_at=timezone.now(),
        )
        for code in QUALIFICATION_CODES
    )


def put_on_record(kind, application, people, **data):
    """Save one kind of `Record` that a step's guards ask for; `data` is given with the step."""
    today, office = timezone.localdate(), people.office
    if kind == Record.STAMPED_FORM:
        opinion = {"text": "opinion_text", "signatory": "opinion_signatory"}
        given = {opinion[key]: data[key] for key in opinion if key in data}
        stamp(application, people.applicant, **given)
    elif kind == Record.LEDGER:
        verify(application, people.recommender)
    elif kind == Record.LIST:
        fill_in_list(application, people.recommender)
    elif kind == Record.ELIGIBILITY:
        judge(application, office)
    elif kind == Record.PANEL:
        PanelAssignment.objects.update_or_create(
            application=application, defaults={"panel": people.panel}
        )
        update_recusals(application, people.office)
        sit_down(people.panel, application)
    elif kind == Record.SCORES:
        score_at_once(application)  # who have sat down with the assignment
    elif kind in {Record.FIT_VISIT, Record.UNFIT_VISIT}:
        Inspection.objects.create(
            application=application,
            visited_on=today,
            passed=kind == Record.FIT_VISIT,
            recorded_by=office,
            **VISIT,
        )
    elif kind == Record.NOTICE:
        notice = PublicNotice.objects.create(
            round=application.round, published_by=office, **notice_period(today)
        )
        notice.applications.add(application)
    elif kind == Record.UPHELD_OBJECTION:
        application.objections.create(
            **OBJECTION,
            outcome="UPHELD",
            answer="经查属实。",
            resolved_at=timezone.now(),
            resolved_by=office,
            recorded_by=office,
        )
    elif kind == Record.DEADLINES:
        let_deadlines_pass(application.round)
    elif kind == Record.EDITION:
        Round.objects.filter(pk=application.round_id).update(results_published_at=timezone.now())


def prepare(application, name, people, **data):
    """Put on record what the transition's guards ask for; `data` is what it is given itself."""
    for kind in BEFORE.get(name, ()):
        put_on_record(kind, application, people, **data)


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


def walk(draft, stage, people):
    """Take a draft to a stage by the shortest way; return the application as it is there."""
    application = draft
    for name in names_to(stage):
        application = take(application, name, people)
    return application


def pass_on(application, step, people):
    """Write what a step of a way leaves, without its guards and messages; return the application.

    What they would ask for is put on record: `walk` comes by the same steps.
    """
    prepare(application, step.name, people)
    application = Application.objects.select_related("round").get(pk=application.pk)
    user = actor_of(application, step.name, people)
    given = step.rule.on_record(application) if step.rule.on_record else {}
    move(application, step.rule, user, **{**data_for(step.name), **given})
    return application


def actor_of(application, name, people):
    """Return who may take a transition: the user of its role, or of the unit redirected to."""
    role = owner_of(name, application.stage)
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


def walk_application(stage=Stage.DRAFT, people=None, round_=None, **changes):
    """Make a complete application and walk it to `stage`; everybody is told on the way."""
    if people is None:
        round_ = round_ or make_round()
        people = make_people(round_)
    draft = make_draft(round_ or people.panel.round, people.applicant, **changes)
    return walk(draft, stage, people)


def make_application(stage=Stage.DRAFT, people=None, round_=None, **changes):
    """Make a complete application that stands in `stage`, with all that its way has left.

    Nobody was told on the way, and no guard was asked: `walk_application` has both.
    """
    if changes:  # which a guard may refuse
        return walk_application(stage, people, round_, **changes)
    if people is None:
        round_ = round_ or make_round()
        people = make_people(round_)
    application = make_draft(round_ or people.panel.round, people.applicant)
    for step in way_to(stage):
        application = pass_on(application, step, people)
    return application
