"""Load the demo: people, an open round, the closed round of 2024, applications in every stage.

Everything is typed into the real forms and moved by the real `perform()`, as `demo.ways` says; only
the clock of this process is set back, so that the story runs over some weeks.
"""

import datetime
import json
import uuid
from dataclasses import replace
from pathlib import Path

import time_machine
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import ApplyingUnit, RecommendingUnit, User
from accounts.roles import Role
from applications.files import evidence
from applications.form.definition import SECTION, SECTIONS
from applications.form.drafts import Draft, start
from applications.form.forms import AnswersForm, PrintForm, SubmitForm
from applications.form.task_list import with_content
from applications.models import Application
from applications.rounds import EvidenceCategory, Round
from applications.stages import Stage
from applications.versions.stamped_form import print_form
from applications.workflow.events import RETURN
from applications.workflow.guards import LEAD_CONDITION_CODE, QUALIFICATION_CODES
from applications.workflow.ledger_codes import UNPROVEN, Check
from applications.workflow.perform import perform
from applications.workflow.recommendation_list import report_list
from demo.earlier_years import earlier_list
from demo.files import files_for, stamped_form, stamped_list
from demo.studios import (
    MAIL_DOMAIN,
    PASSWORD,
    PHONE,
    SELF_UNIT,
    STAFF,
    STUDIOS,
    STUDIOS_2024,
)
from demo.typed import answers, credit_code, opinion, rows
from demo.ways import REPORTER, check, way_to
from documents.annex2 import render_for_stamp
from review.earlier_years.reading import read
from review.earlier_years.record import import_list
from review.earlier_years.upload import read_upload
from review.inspection.forms import PREPARATION, InspectionForm, PlanForm, stop_forms
from review.inspection.models import ROOMS, Item
from review.inspection.photos import developed
from review.inspection.plan import plan_visit
from review.inspection.record import add_photo, conclude, field_of, merge, parts_of
from review.panels.draw_forms import DrawForm, pool_of, proposed_exclusions
from review.panels.forms import PanelForm
from review.panels.models import Attendance, Panel, PanelAssignment
from review.panels.recusals import update_recusals
from review.publicity.forms import PublicNoticeForm
from review.publicity.models import PublicNotice
from review.publicity.objections.forms import NAMED, AcceptanceForm, PublicObjectionForm
from review.publicity.objections.models import ObjectionStep
from review.qualification.forms import qualification_forms
from review.qualification.judge import judge_conditions
from review.recommending.checklist import AWARD, CHECK, ORIGINAL, work_list
from review.recommending.list_forms import ReporterForm
from review.recommending.list_models import RecommendationList
from review.recommending.verify import mark_item
from review.recommending.verify_forms import AwardForm, OriginalForm, VerificationForm
from review.results import publication
from review.rounds.defaults import set_up
from review.scoring.models import Score, ScoreSheet
from review.shared.decision_form import DecisionForm

DAY = datetime.timedelta(days=1)

# On which day of a round each step is taken; later steps of all applications follow earlier ones.
# A correction is the submission that follows a return.
DAYS = {
    "fill": 2,
    "submit": 4,
    "return": 7,
    "correct": 9,
    "decline": 14,
    "redirect": 14,
    "recommend": 15,
    "report": 18,
    "qualify": 20,
    "disqualify": 20,
    "conclude_for": 24,
    "conclude_against": 24,
    "pass_inspection": 26,
    "publish": 27,
    "clear": 38,
    "approve": 39,
    "countersign": 40,
}
# Whoever opens these sees a scan of the form as it was printed; the rest have a paper that says so.
LOOKED_AT = {Stage.RETURNED, Stage.RECOMMENDING, Stage.QUALIFYING}
AGE_OF_OPEN_ROUND = 41  # days
REDIRECTED_TO = "DHGX"
ISSUERS = {
    Check.POLICE: "虚构市公安局江岸区分局",
    Check.VETO: "虚构集团纪律检查委员会",
}
STRUCK = {"action": "STRUCK", "note": UNPROVEN}


def clock_at(moment):
    """Let the clock of this process stand at `moment` for a block."""
    return time_machine.travel(moment, tick=False)


def saved(form):
    """Save a valid form and return what it saved; anything else is a mistake in the demo."""
    if not form.is_valid():
        raise CommandError(f"{type(form).__name__}: {form.errors.as_text()}")
    return form.save()


class Command(BaseCommand):
    """Load the demo once, print its accounts every time."""

    help = "载入演示批次、账号和申报（可重复执行）"

    def handle(self, *args, **options):
        if settings.PRODUCTION:
            raise CommandError(
                "演示账号的密码是公开的，不能载入正式环境；请在 ENVIRONMENT=local 下使用。"
            )
        if not User.objects.filter(email=f"admin@{MAIL_DOMAIN}").exists():
            with transaction.atomic():
                Story().tell()
        self.stdout.write(accounts_table())


def steps_of(studio):
    """Return the steps of one studio's way, by their names in `DAYS`, in order."""
    via = ("return", "submit") if studio.corrected else ()
    return {
        "correct" if step.name == "submit" and step.source == Stage.RETURNED else step.name: step
        for step in way_to(studio.stage, *via)
    }


def accounts_table():
    """Return the demo accounts, one a line, staff first."""
    rows = [(person.role.label, f"{person.login}@{MAIL_DOMAIN}", person.name) for person in STAFF]
    for studio in (*STUDIOS, *STUDIOS_2024):
        who = f"{studio.unit}（{studio.stage.label}）"
        rows.append((Role.APPLICANT.label, f"{studio.login}@{MAIL_DOMAIN}", who))
    lines = [f"演示账号如下，密码均为：{PASSWORD}", ""]
    lines += [f"{email:<28} {role}　{name}" for role, email, name in rows]
    return "\n".join(lines)


class Story:
    """What happened before the demo opens."""

    def tell(self):
        """Make people and rounds, then every application day by day."""
        now = timezone.now()
        self.users = {}
        # Hashing is slow by design: once is enough for a password that everybody knows.
        self.password = make_password(PASSWORD)
        RecommendingUnit.objects.get_or_create(
            code=SELF_UNIT[0], defaults={"name": SELF_UNIT[1], "kind": "SELF", "position": 900}
        )
        for person in STAFF:
            self.users[person.login] = self._user(
                person.login,
                role=person.role,
                name=person.name,
                employer=person.employer,
                title=person.title,
                occupation=person.occupation,
                recommending_unit=RecommendingUnit.objects.filter(
                    code=person.recommending_unit
                ).first(),
            )
        self._list_of_2023()
        self._round_2024()
        self._open_round(now)

    def _user(self, login, **fields):
        user = User(email=f"{login}@{MAIL_DOMAIN}", password=self.password, **fields)
        user.save()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def _list_of_2023(self):
        """The office imports the list of a year before the portal."""
        office = next(self.users[each.login] for each in STAFF if each.role == Role.OFFICE)
        file = read_upload(earlier_list(), office)
        result = read(file.sheets, file.name)
        columns = [layout.columns for layout in result.layouts]
        choices = {"year": result.years[0], "title": result.title, "outcome": result.outcome}
        import_list(office, file.pk, {**choices, "columns": columns}, result.rows)

    def _round_2024(self):
        def moment(month, day, hour=0, minute=0, second=0):
            zone = timezone.get_default_timezone()
            return datetime.datetime(2024, month, day, hour, minute, second, tzinfo=zone)

        notice = Path(__file__).parents[2] / "notice_2024.txt"
        end = moment(6, 30, 23, 59, 59)
        self.round = Round.objects.create(
            title="2024年武汉市技能大师工作室建设项目",
            year=2024,
            notice=notice.read_text(encoding="utf-8"),
            published_at=moment(4, 7),
            opens_at=moment(4, 7),
            closes_at=end,
            report_deadline=end,
            review_deadline=moment(8, 31, 17),
        )
        self.start = moment(6, 3, 9)
        self._run(STUDIOS_2024)
        office = next(self.users[each.login] for each in STAFF if each.role == Role.OFFICE)
        with clock_at(self.start + 42 * DAY):
            publication.publish(
                self.round.pk, office, "武人社发〔2024〕88号", self._day("countersign").date() + DAY
            )

    def _open_round(self, now):
        today = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
        year, closing = today.year, today.replace(hour=17)
        # The last step is taken before now, whatever the hour.
        self.start = (today - AGE_OF_OPEN_ROUND * DAY).replace(hour=9)
        self.round = Round.objects.create(
            title=f"{year}年武汉市技能大师工作室建设项目",
            document_number=f"演示〔{year}〕1号",
            year=year,
            notice="本批次为演示批次，时间以今天为准推算；评选范围、条件、程序和申报材料与2024年通知相同。",
            published_at=self.start,
            opens_at=self.start,
            closes_at=closing + 20 * DAY,
            report_deadline=closing + 30 * DAY,
            review_deadline=closing + 40 * DAY,
            quota=10,
        )
        self._run(STUDIOS)
        with clock_at(self._day("report") + DAY):
            self._second_panel()

    # --- One round, step by step ---

    def _run(self, studios):
        set_up(self.round)
        with clock_at(self.start):
            self._first_panel()
        self.applications = {}
        with clock_at(self._day("fill")):
            for studio in studios:
                self._fill_in(studio)
        for day in list(DAYS)[1:]:
            with clock_at(self._day(day)):
                concerned = [studio for studio in studios if day in steps_of(studio)]
                if day == "report":
                    self._report(concerned)
                elif day == "publish":
                    self._publish([studio for studio in studios if "clear" in steps_of(studio)])
                else:
                    for studio in concerned:
                        if day == "correct":
                            self._correct(studio)
                        self._take(studio, steps_of(studio)[day])
        self._unfinished(studios)

    def _first_panel(self):
        """Five experts and two alternates, chosen by hand."""
        first, second = self.users["expert6"].pk, self.users["expert7"].pk
        typed = {
            "name": "第一专家组",
            "experts": [self.users[f"expert{number}"].pk for number in range(1, 6)],
            "leader": self.users["expert1"].pk,
            "first_alternate": first,
            "second_alternate": second,
        }
        self.panel = self._saved_by_office(PanelForm(typed, instance=Panel(round=self.round)))

    def _second_panel(self):
        """Three experts and two alternates, drawn with a seed that was given in public."""
        pool = pool_of([])
        typed = {
            "name": "第二专家组",
            "size": 3,
            "alternates": 2,
            "seed": "31 08 27 14 05",
            "pool": ",".join(str(expert.pk) for expert in pool),
        }
        for pk, reason in proposed_exclusions(self.round, pool).items():
            typed |= {f"exclude-{pk}": "on", f"reason-{pk}": reason}
        self._saved_by_office(DrawForm(self.round, pool, typed))

    def _saved_by_office(self, form):
        if not form.is_valid():
            raise CommandError(f"{type(form).__name__}: {form.errors.as_text()}")
        return form.save(next(self.users[each.login] for each in STAFF if each.role == Role.OFFICE))

    def _day(self, step):
        return self.start + DAYS[step] * DAY

    def _fresh(self, studio):
        return Application.objects.select_related("round").get(pk=self.applications[studio.login])

    def _with_content(self, studio):
        return with_content(Application.objects.all()).get(pk=self.applications[studio.login])

    def _fill_in(self, studio):
        unit, _ = ApplyingUnit.objects.get_or_create(
            name=studio.unit,
            defaults={
                "uscc": credit_code(studio),
                "nature": studio.nature,
                "host_kind": studio.host_kind,
                "recommending_unit": RecommendingUnit.objects.get(code=studio.recommending_unit),
                "address": f"武汉市虚构大道{len(self.users)}号",
                "contact_name": "联系某",
                "contact_mobile": "13800000000",
            },
        )
        user = self._user(studio.login, role=Role.APPLICANT, name="申报经办", applying_unit=unit)
        self.users[studio.login] = user
        self.applications[studio.login] = start(self.round, user).pk
        sections = SECTIONS
        if studio.stage == Stage.DRAFT:
            sections = [section for section in SECTIONS if section.key in {"unit", "lead"}]
        for section in sorted(sections, key=lambda section: section.key != "evidence"):
            if section.key == "evidence":
                self._upload(studio, user)
            elif section.key != "stamp":
                self._save(studio, user, section)

    def _save(self, studio, user, section, **changed):
        application = self._with_content(studio)
        blank = Draft(application, section)
        data = {name: str(value) for name, value in (answers(studio) | changed).items()}
        data |= rows(studio, application)
        draft = Draft(application, section, {**data, "loaded": json.dumps(blank.digests())})
        if draft.errors():
            raise CommandError(f"{studio.unit}: {draft.errors()}")
        draft.save(user)

    def _upload(self, studio, user):
        application = self._fresh(studio)
        required = self.round.required_categories(studio.host_kind)
        wanted = [*required, EvidenceCategory.HONOUR, EvidenceCategory.VETO]
        for category in wanted:
            for upload in files_for(studio, category):
                evidence.add(application, category, upload, user)

    # --- One application, one step ---

    def _take(self, studio, step):
        for record in step.records:
            # Lists and notices are made for all at once; experts sit down when they score.
            put_on_record = getattr(self, f"_record_{record}", None)
            if put_on_record:
                put_on_record(studio)
        is_submission = step.name == "submit"
        application = self._with_content(studio) if is_submission else self._fresh(studio)
        user = self._owner(studio, step.owner)
        typed = {**opinion(step.name), "signatory": user.name, "signed_on": timezone.localdate()}
        typed |= {
            "truth_declared": True,
            "deadline": timezone.localtime(self.round.closes_at).strftime("%Y-%m-%dT%H:%M"),
            "to_unit": RecommendingUnit.objects.get(code=REDIRECTED_TO).pk,
            "remarks-TOTAL_FORMS": 1,
            "remarks-INITIAL_FORMS": 0,
            "remarks-0-about": "lead:lead_post",
            "remarks-0-text": "岗位请写到班组。",
        }
        if is_submission:
            form = SubmitForm(typed, application=application)
        else:
            form = DecisionForm(step.rule, user, typed)
        if not form.is_valid():
            raise CommandError(f"{studio.unit} {step.name}: {form.errors.as_text()}")
        data = form.cleaned_data if is_submission else form.data_for_perform()
        perform(application, step.name, user, **data)

    def _owner(self, studio, role):
        if role == Role.APPLICANT:
            return self.users[studio.login]
        if role == Role.RECOMMENDER:
            return next(
                self.users[person.login]
                for person in STAFF
                if person.recommending_unit == studio.recommending_unit
            )
        if role == Role.EXPERT:
            return self.panel.leader
        return next(self.users[person.login] for person in STAFF if person.role == role)

    def _correct(self, studio):
        """Do what the return asked for, and a little more, and answer."""
        user = self.users[studio.login]
        changed = replace(studio, results=f"{studio.results}获发明专利两项。")
        self._save(changed, user, SECTION["achievements"])
        changed = {"lead_post": f"{studio.occupation}一班班长"}
        self._save(studio, user, SECTION["lead"], **changed)
        application = self._fresh(studio)
        licence = next(
            row
            for row in application.current_evidence()
            if row.category == EvidenceCategory.LICENCE
        )
        for upload in files_for(studio, EvidenceCategory.LICENCE, note="年检至本年度。"):
            evidence.replace(licence, upload, user)
        remarks = application.events.get(action=RETURN.name).remarks.all()
        form = AnswersForm(
            {f"answer-{remark.pk}": "已写明到班组。" for remark in remarks}, remarks=remarks
        )
        saved(form)

    def _record_stamped_form(self, studio):
        application = self._with_content(studio)
        user = self.users[studio.login]
        signed = {"signatory": application.principal, "signed_on": timezone.localdate()}
        form = PrintForm({**opinion("submit"), **signed}, application=application)
        if not form.is_valid():
            raise CommandError(f"{studio.unit}: {form.errors.as_text()}")
        printed = print_form(application, user, **form.opinion())
        if studio.stage in LOOKED_AT:
            numbered = self._with_content(studio)
            scans = [stamped_form(render_for_stamp(numbered, printed))]
        else:
            note = f"页脚指纹 {printed.fingerprint[:16]}"
            scans = files_for(studio, EvidenceCategory.STAMPED, note=note)
        for scan in scans:
            evidence.add(application, EvidenceCategory.STAMPED, scan, user)

    def _record_ledger(self, studio):
        """Go through the work list, item by item; an award without proof is struck."""
        application = self._with_content(studio)
        user = self._owner(studio, Role.RECOMMENDER)
        for item in work_list(application):
            if item.group == AWARD:
                typed = {"action": "VERIFIED"} if item.is_provable else STRUCK
                form = AwardForm(item, typed)
            elif item.group == ORIGINAL:
                form = OriginalForm(item, {"action": "PASSED"})
            elif item.group == CHECK:
                typed, files = self._check(studio, item)
                form = VerificationForm(item.subject, application, user, typed, files)
            else:
                continue
            if not form.is_valid():
                raise CommandError(f"{studio.unit} {item.title}: {form.errors.as_text()}")
            mark_item(item, application, user, form)

    def _check(self, studio, item):
        """Return what is typed into the form of one check, and its file."""
        typed = check(item.subject, timezone.localdate() - 2 * DAY)
        typed["issuer"] = ISSUERS.get(item.subject, studio.unit)
        (paper,) = files_for(studio, EvidenceCategory.OTHER, note=f"{item.title}：情况属实。")
        paper.name = f"{item.title}.pdf"
        return typed, {"upload": paper}

    def _report(self, studios):
        for code in dict.fromkeys(studio.recommending_unit for studio in studios):
            own = [studio for studio in studios if studio.recommending_unit == code]
            for rank, studio in enumerate(own, start=1):
                Application.objects.filter(pk=self.applications[studio.login]).update(rank=rank)
            user = self._owner(own[0], Role.RECOMMENDER)
            listed = RecommendationList(round=self.round, recommending_unit=user.recommending_unit)
            typed = {**REPORTER, "reporter": user.name, "filled_on": timezone.localdate()}
            listed = saved(ReporterForm(typed, instance=listed))
            content = listed.content(listed.applications())
            listed.stamp(stamped_list(listed, content), content, user)
            report_list(listed, user)

    def _record_eligibility(self, studio):
        application = self._with_content(studio)
        typed = {f"{code}-result": "MET" for code in QUALIFICATION_CODES}
        typed[f"{LEAD_CONDITION_CODE}-fulfils"] = application.lead_condition
        office = self._owner(studio, Role.OFFICE)
        for form in qualification_forms(application):
            near = (each.pk for each in form.files if each.category in form.condition.proof)
            typed[f"{form.code}-evidence"] = list(near)[:1]
        filled_in = qualification_forms(application, typed)
        for form in filled_in:
            if not form.is_valid():
                raise CommandError(f"{studio.unit}: {form.errors.as_text()}")
        judge_conditions(office, application.pk, filled_in, str(application.revision))

    def _record_panel(self, studio):
        application = self._fresh(studio)
        PanelAssignment.objects.create(application=application, panel=self.panel)
        update_recusals(application, self._owner(studio, Role.OFFICE))

    def _sit_down(self, application, expert):
        """Sign an expert in, without interest in the application and with the pledge."""
        attendance, _ = Attendance.objects.get_or_create(
            panel=self.panel, expert=expert, defaults={"signed_in_at": timezone.now()}
        )
        attendance.declare_none(application)
        if attendance.pledged_at is None:
            attendance.give_pledge()

    def _score(self, studio, experts):
        application = self._fresh(studio)
        for number, expert in enumerate(experts):
            self._sit_down(application, expert)
            sheet = ScoreSheet.objects.create(
                application=application, expert=expert, comment="材料齐全，业绩属实。"
            )
            share = studio.points - 2 * number
            Score.objects.bulk_create(
                Score(
                    sheet=sheet,
                    criterion=criterion,
                    points=round(criterion.points * share / 50) / 2,
                )
                for criterion in self.round.criteria.all()
            )
            sheet.submit()

    def _record_scores(self, studio):
        self._score(studio, self.panel.experts.order_by("pk"))

    def _record_fit_visit(self, studio):
        application = self._fresh(studio)
        office = self._owner(studio, Role.OFFICE)
        self._inspect(studio, application, office)
        if refused := conclude(application, office, True):
            raise CommandError(f"{studio.unit}: {refused}")

    def _inspect(self, studio, application, office):
        """Fill in the record of a visit, with a photo of each of the rooms."""
        form = InspectionForm(
            {
                "parts": " ".join(parts_of(None)),
                "visited_on": timezone.localdate(),
                "inspectors": "考察某甲、考察某乙",
                "unit_representative": f"{studio.lead}（领办人）、申报经办",
                "findings": "三室一场齐备，设备完好，制度上墙，成员到位，运行正常。",
                **{field_of(item, "result"): "MET" for item in Item},
                field_of(Item.RULES, "result"): "MOSTLY",
                field_of(Item.RULES, "finding"): "带徒协议未全部上墙，已当场告知补齐。",
            }
        )
        if not form.is_valid():
            raise CommandError(f"{studio.unit}: {form.errors.as_text()}")
        merge(application, office, form.key, form.sent())
        photos = files_for(studio, EvidenceCategory.PHOTOS)
        for item, photo in zip(ROOMS, photos, strict=True):
            add_photo(application, office, uuid.uuid4(), item, developed(photo))

    def _plan_visit(self, studio):
        """Plan a visit for tomorrow morning."""
        application = self._fresh(studio)
        office = self._owner(studio, Role.OFFICE)
        tomorrow = timezone.localtime() + DAY
        form = PlanForm(
            {
                "inspectors": [office.pk, self.panel.leader_id],
                "contact": f"评审办公室，{PHONE}",
                "preparation": PREPARATION,
            },
            applications=[application],
        )
        [stop] = stop_forms(
            [application],
            {
                f"{application.pk}-visit_at": f"{tomorrow:%Y-%m-%d}T09:30",
                f"{application.pk}-place": application.studio_location,
            },
        )
        for each in (form, stop):
            if not each.is_valid():
                raise CommandError(f"{studio.unit}: {each.errors.as_text()}")
        plan_visit(application, office, **stop.cleaned_data, **form.cleaned_data)

    def _publish(self, concerned):
        office = next(self.users[each.login] for each in STAFF if each.role == Role.OFFICE)
        notice = PublicNotice(round=self.round, published_by=office, published_at=timezone.now())
        typed = {
            "starts_on": timezone.localdate(),
            "contact": f"市技能大师工作室评审委员会办公室　{PHONE}",
        }
        saved(PublicNoticeForm(typed, instance=notice))
        notice.applications.set(self.applications[studio.login] for studio in concerned)

    def _unfinished(self, studios):
        """Leave something half done in the stages where that is usual."""
        for studio in studios:
            if studio.stage == Stage.PANEL:
                self._score(studio, self.panel.experts.order_by("pk")[:2])
            elif studio.stage == Stage.INSPECTING:
                self._plan_visit(studio)
            elif studio.stage == Stage.PUBLICITY:
                self._publish([studio])
                self._object_to(studio)

    def _object_to(self, studio):
        """Somebody raises an objection on the public page; the office takes it up."""
        notice = PublicNotice.objects.get(applications=self.applications[studio.login])
        typed = {
            "application": self.applications[studio.login],
            "named": NAMED,
            "raised_by": "职工代表某",
            "contact": "13700000000",
            "text": "反映其中一项技术革新的主要完成人排名有误，请核实。",
        }
        objection = saved(PublicObjectionForm(typed, applications=notice.applications.all()))
        objection.take_step(ObjectionStep.Kind.RECEIVED, None)
        form = AcceptanceForm({"decision": "ACCEPTED", "text": "事项具体，予以受理。"})
        form.is_valid()
        kind, changes = form.step()
        objection.take_step(kind, self._owner(studio, Role.OFFICE), **changes)
