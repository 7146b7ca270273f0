"""`manage.py loadmany`: thousands of applications in seconds, for the bench alone.

It writes stages directly, in bulk, past `perform()` and its guards. Nothing else may do that, so
it refuses to run in production. Evidence rows have names, sizes and digests, but no file.

With `--rounds` all rounds but the last are over: their results are published, their applications
scored and ended. The first hundreds of a round are made one by one, the others are copies of them
(`demo.bulk_copies`).
"""

import datetime
import itertools
import random
from collections import defaultdict

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from stdnum.cn import uscc

from accounts.models import ApplyingUnit, HostKind, RecommendingUnit, UnitNature, User
from accounts.roles import Role
from applications.models import (
    Application,
    Award,
    Event,
    Evidence,
    FormPrint,
    Opinion,
    Remark,
    StudioMember,
    Submission,
)
from applications.records import submitted
from applications.rounds import Round
from applications.search import renew
from applications.stages import Stage
from applications.versions.snapshot import content_of, fingerprint, sealed
from applications.workflow.guards import LEAD_CONDITION_CODE, QUALIFICATION_CODES
from applications.workflow.ledger_codes import Check
from demo.bulk_content import (
    FILES,
    awards_of,
    evidence_of,
    fields_of,
    identity_of,
    members_of,
    prose,
)
from demo.bulk_copies import ANEW, SHIFTED, Block, follow_keys
from demo.files import stamped_list
from demo.ways import KEEPERS, REPORTER, VISIT, Record, check, notice_period, way_to
from review.inspection.models import Inspection, InspectionItem, Item
from review.panels.models import Attendance, Declaration, Panel, PanelAssignment
from review.publicity.models import PublicNotice
from review.qualification.models import QualificationCheck
from review.recommending.list_models import RecommendationList
from review.recommending.models import AwardCheck, Verification
from review.results.models import in_published_order, row_of
from review.results.publication import add_edition, awarded_in
from review.rounds.defaults import set_up
from review.scoring.models import Score, ScoreSheet

PASSWORD = "bench-only-password"
DOMAIN = "bench.invalid"

# How many of a hundred applications stand in each stage.
SHARES = {
    Stage.DRAFT: 9,
    Stage.DISCARDED: 1,
    Stage.RETURNED: 4,
    Stage.RECOMMENDING: 17,
    Stage.REDIRECTING: 1,
    Stage.RECOMMENDED: 8,
    Stage.NOT_RECOMMENDED: 4,
    Stage.QUALIFYING: 18,
    Stage.DISQUALIFIED: 4,
    Stage.PANEL: 10,
    Stage.INSPECTING: 4,
    Stage.PUBLICITY: 4,
    Stage.APPROVING: 3,
    Stage.COUNTERSIGNING: 2,
    Stage.AWARDED: 6,
    Stage.NOT_SELECTED: 5,
}
# The same of a round that is over.
SHARES_ENDED = {
    Stage.DISCARDED: 2,
    Stage.LAPSED: 6,
    Stage.NOT_RECOMMENDED: 12,
    Stage.DISQUALIFIED: 14,
    Stage.AWARDED: 8,
    Stage.NOT_SELECTED: 52,
    Stage.CLOSED: 6,
}
# So many applications wait for the bench's own recommender at any size, so that one page of the
# queue is full at 200 applications as it is at 10,000.
WAITING = 30
OWN = 3  # applications of the bench's own applicant
PANELS, EXPERTS = 4, 3
# A panel of any round has so many applications, those that never come to it among them.
OF_PANEL = 50
CHUNK = 500
DAY = datetime.timedelta(days=1)


class Command(BaseCommand):
    help = "向空数据库批量写入大量申报，只供性能测试"

    def add_arguments(self, parser):
        parser.add_argument("--applications", type=int, required=True, metavar="N", help="申报份数")
        parser.add_argument(
            "--drafts",
            type=int,
            default=200,
            metavar="N",
            help="另加填写完整、可以提交的草稿份数（默认 200）",
        )
        parser.add_argument(
            "--rounds",
            type=int,
            default=1,
            metavar="N",
            help="申报分布在多少个年度批次（默认 1）；除最后一个批次外均已结束",
        )

    def handle(self, applications, drafts, rounds=1, **options):
        if settings.PRODUCTION:
            raise CommandError("loadmany 直接写入阶段，不能用于正式环境。")
        if User.objects.filter(email__endswith=f"@{DOMAIN}").exists():
            raise CommandError("loadmany 已向此数据库写入过数据，请换用空数据库。")
        Loader(applications, drafts, rounds).load()
        self.stdout.write(
            f"已写入 {applications} 份申报和 {drafts} 份草稿。"
            f"登录账号为 <角色>@{DOMAIN}，密码 {PASSWORD}；草稿属于 submitter@{DOMAIN}。"
        )


class Loader:
    """Makes the rounds with everything in them, the earliest first."""

    def __init__(self, applications, drafts, rounds):
        self.total, self.drafts, self.rounds = applications, drafts, rounds
        self.random = random.Random(20260101)  # nosec B311 - the same data every time
        self.present = timezone.now()
        self.ways = {stage: way_to(stage) for stage in {*SHARES, *SHARES_ENDED}}
        self.hash = make_password(PASSWORD)
        self.leads = itertools.count()

    def load(self):
        """Make the people, then the rounds; each of these is there in whole or not at all."""
        each = self.total // self.rounds
        self.size = self.total - each * (self.rounds - 1)  # of the last one
        with transaction.atomic():
            self.make_people()
            self.make_units()
            if self.rounds == 1:
                self.load_round(0, self.size)
        for years in reversed(range(self.rounds if self.rounds > 1 else 0)):
            with transaction.atomic():
                self.load_round(years, each if years else self.size)

    def load_round(self, years, size):
        """Make the round of so many years ago, and its applications chunk by chunk."""
        self.is_over = years > 0
        self.now = self.present - years * 365 * DAY
        self.make_round()
        self.make_panels(size)
        shares = SHARES_ENDED if self.is_over else SHARES
        hundred = [stage for stage, share in shares.items() for _ in range(share)]
        self.random.shuffle(hundred)
        stages = itertools.islice(itertools.cycle(hundred), size)
        self.numbers = itertools.count(1)
        self.ranks = {unit.pk: itertools.count(1) for unit in self.recommending_units}
        self.published = []
        # The bench's own unit applies in the last round alone, and enough waits for its own
        # recommender there: what is copied is without either.
        self.queued = WAITING if self.is_over else 0
        owners = self.owners[OWN:][:size] if self.is_over else self.owners
        jobs = list(zip(stages, itertools.cycle(owners), strict=False))
        one_by_one = CHUNK if self.is_over else 2 * CHUNK
        block = None
        for start in range(0, min(size, one_by_one), CHUNK):
            block = Block(self.load_chunk(jobs[start : min(start + CHUNK, one_by_one)]))
        self.copy(block, size - one_by_one)
        if not self.is_over:
            for start in range(0, self.drafts, CHUNK):
                number = min(CHUNK, self.drafts - start)
                self.load_chunk([(Stage.DRAFT, self.submitter)] * number)
        Round.objects.filter(pk=self.round.pk).update(last_number=next(self.numbers) - 1)
        self.make_notice()
        self.make_lists()
        if self.is_over:
            self.publish()

    def copy(self, block, number):
        """Make so many applications as copies of a block, for other units and other leads."""
        if number <= 0:
            return
        of_unit = {
            pk: itertools.cycle(users)
            for pk, users in groupby_recommending_unit(self.owners[OWN:]).items()
        }
        while number > 0:
            people = [
                (
                    self.next_number(),
                    next(self.ranks[each.recommending_unit_id]) if each.rank else None,
                    identity_of(next(self.leads)),
                    next(of_unit[each.applying_unit.recommending_unit_id]),
                )
                for each in block.applications[:number]
            ]
            block.copy(people)
            shift = block.shift(Application)
            keys = {each.pk for each in block.applications[:number]}
            self.published += [pk + shift for pk in self.published if pk in keys]
            number -= len(people)
        follow_keys([*ANEW, *SHIFTED])

    def next_number(self):
        return f"JNDS{self.round.year}-{next(self.numbers):04d}"

    def make_round(self):
        over = {"results_published_at": self.now} if self.is_over else {}
        begun = self.now - 120 * DAY if self.is_over else self.now - 60 * DAY
        self.round = Round.objects.create(
            title=f"压力测试批次（{self.now.year}年）" if self.is_over else "压力测试批次",
            year=self.now.year,
            published_at=begun,
            opens_at=begun,
            closes_at=begun + 90 * DAY,
            report_deadline=begun + 100 * DAY,
            review_deadline=begun + 120 * DAY,
            quota=200,
            **over,
        )
        set_up(self.round)
        self.criteria = list(self.round.criteria.all())

    def account(self, email, role, name, **fields):
        """Return an unsaved account that can log in with `PASSWORD`."""
        return User(email=f"{email}@{DOMAIN}", role=role, name=name, password=self.hash, **fields)

    def make_people(self):
        self.recommending_units = list(RecommendingUnit.objects.filter(is_active=True))
        own, *_ = self.recommending_units
        staff = [
            self.account(role.lower(), role, f"压测{role.label}")
            for role in (Role.OFFICE, Role.BUREAU, Role.FINANCE, Role.ADMIN)
        ]
        recommenders = [
            self.account(
                "recommender" if unit == own else f"recommender{unit.pk}",
                Role.RECOMMENDER,
                "压测推荐人",
                recommending_unit=unit,
            )
            for unit in self.recommending_units
        ]
        experts = [
            self.account("expert" if number == 0 else f"expert{number}", Role.EXPERT, "压测专家")
            for number in range(panels_for(self.size) * EXPERTS)
        ]
        User.objects.bulk_create([*staff, *recommenders, *experts])
        EmailAddress.objects.bulk_create(
            EmailAddress(user=user, email=user.email, verified=True, primary=True)
            for user in [*staff, *recommenders, *experts]
        )
        self.staff = {user.role: user for user in staff}
        self.recommenders = {user.recommending_unit_id: user for user in recommenders}
        self.experts = experts

    def make_panels(self, size):
        """Make the panels of the round, the same experts in each round."""
        self.panels = []
        self.attendances = defaultdict(list)
        for number in range(panels_for(size)):
            members = self.experts[number * EXPERTS : (number + 1) * EXPERTS]
            panel = Panel.objects.create(
                round=self.round, name=f"第 {number + 1} 组", leader=members[0]
            )
            panel.experts.set(members)
            self.panels.append((panel, members))
            for member in members:
                attendance = Attendance.objects.create(
                    panel=panel, expert=member, declared_at=self.now
                )
                attendance.give_pledge()
                self.attendances[panel.pk].append(attendance)

    def make_units(self):
        """Make an applying unit and its account for every application; the first has more."""

        def unit(number):
            body = f"91420100MA{number:07d}"
            # Unit 0 is the bench's own applicant, the last one has the drafts.
            first, second, *_ = self.recommending_units
            under = first if number == 0 else second
            if 0 < number < count - 1:
                under = self.random.choice(self.recommending_units)
            return ApplyingUnit(
                name=f"虚构第{number}制造有限公司",
                uscc=body + uscc.calc_check_digit(body),
                nature=UnitNature.STATE,
                host_kind=HostKind.SCHOOL if number % 5 == 4 else HostKind.ENTERPRISE,
                recommending_unit=under,
                address=f"武汉市虚构路{number}号",
                contact_name="联系某",
                contact_mobile="13800000000",
            )

        count = max(1, self.size - OWN + 1) + 1
        units = ApplyingUnit.objects.bulk_create(
            [unit(number) for number in range(count)], batch_size=CHUNK
        )
        names = {0: "applicant", count - 1: "submitter"}
        users = User.objects.bulk_create(
            [
                self.account(
                    names.get(number, f"unit{number}"),
                    Role.APPLICANT,
                    "压测申报人",
                    applying_unit=unit,
                )
                for number, unit in enumerate(units)
            ],
            batch_size=CHUNK,
        )
        EmailAddress.objects.bulk_create(
            EmailAddress(user=user, email=user.email, verified=True, primary=True)
            for user in (users[0], users[-1])
        )
        self.owners = [users[max(0, index - OWN + 1)] for index in range(self.size)]
        self.submitter = users[-1]

    def load_chunk(self, jobs):
        """Save some applications with all that belongs to them; return all rows by model."""
        applications = [self.application(stage, user) for stage, user in jobs]
        Application.objects.bulk_create(applications)
        evidence = Evidence.objects.bulk_create(
            row
            for application, (_, user) in zip(applications, jobs, strict=True)
            for row in evidence_of(application, user)
        )
        for index, application in enumerate(applications):
            files = evidence[index * len(FILES) : (index + 1) * len(FILES)]
            # As if prefetched: the snapshot of a submission reads these rows.
            application._prefetched_objects_cache = {
                "evidence": files,
                "awards": awards_of(application, files),
                "members": members_of(application),
            }
        prints = self.print_forms(applications, [user for _, user in jobs])
        awards = [row for each in applications for row in each.awards.all()]
        members = [row for each in applications for row in each.members.all()]
        Award.objects.bulk_create(awards)
        StudioMember.objects.bulk_create(members)

        self.made = {
            model: []
            for model in (
                Submission,
                Event,
                Opinion,
                Remark,
                Verification,
                AwardCheck,
                QualificationCheck,
                PanelAssignment,
                Declaration,
                Inspection,
                InspectionItem,
                ScoreSheet,
                Score,
            )
        }
        for application, (stage, user) in zip(applications, jobs, strict=True):
            self.walk(application, stage, user)
        for model, rows in self.made.items():
            model.objects.bulk_create(rows)
        renew(*(each.pk for each in applications))
        return {
            Application: applications,
            Evidence: evidence,
            Award: awards,
            StudioMember: members,
            FormPrint: prints,
            **self.made,
        }

    def print_forms(self, applications, users):
        """Bind each application's stamped scan to a print of its content; return the prints."""
        prints = []
        for application, user in zip(applications, users, strict=True):
            application.content = content_of(application)
            prints.append(
                FormPrint(
                    application=application,
                    version=1,
                    content=sealed(application.content),
                    fingerprint=fingerprint(application.content),
                    printed_by=user,
                    printed_at=self.now,
                )
            )
        FormPrint.objects.bulk_create(prints)
        scans = [application.evidence.all()[-1] for application in applications]
        for scan, printed in zip(scans, prints, strict=True):
            scan.print = printed
        Evidence.objects.bulk_update(scans, ["print"])
        return prints

    def application(self, stage, user):
        """Return one unsaved application with every field of the form."""
        unit = user.applying_unit
        way = self.ways[stage]
        if stage == Stage.RECOMMENDING and self.queued < WAITING:
            self.queued += 1
            under = self.recommending_units[0]
        else:
            under = unit.recommending_unit
        application = Application(
            round=self.round,
            applying_unit=unit,
            recommending_unit=self.other(under) if stage == Stage.REDIRECTING else under,
            redirected_from=under if stage == Stage.REDIRECTING else None,
            host_kind=unit.host_kind,
            number=self.next_number(),
            stage=stage,
            revision=len(way),
            edited_by=user,
            **fields_of(unit, next(self.leads)),
        )
        # A transition every two days, the last one some time within the last two.
        ago = datetime.timedelta(minutes=self.random.randrange(2 * 24 * 60))
        application.walked = [
            self.now - ago - 2 * DAY * (len(way) - 1 - index) for index in range(len(way))
        ]
        if way:
            application.stage_entered_at = application.walked[-1]
        if stage == Stage.RETURNED:
            application.return_deadline = self.now + 7 * DAY
        if any(step.target == Stage.RECOMMENDED for step in way):
            application.rank = next(self.ranks[under.pk])
        return application

    def other(self, unit):
        """Return another recommending unit, to which an application is redirected."""
        return next(each for each in self.recommending_units if each != unit)

    def walk(self, application, stage, user):
        """Make the events, opinions and records that the way to the stage would have left."""
        panel, experts = self.panels[application.pk % len(self.panels)]
        last = None
        people = {
            Role.APPLICANT: user,
            Role.RECOMMENDER: self.recommenders[application.recommending_unit_id],
            Role.EXPERT: experts[0],
            **self.staff,
        }
        for at, step in zip(application.walked, self.ways[stage], strict=True):
            rule = step.rule
            for record in step.records:
                self.put_on_record(record, application, people.get(KEEPERS.get(record)), at, panel)
            actor = people[step.owner]
            text = "情况属实，同意。" if {"text", "reason"} & set(rule.needs) else ""
            event = Event(
                application=application,
                at=at,
                user=actor,
                actor=f"{actor.unit_name} {actor.name}",
                role=step.owner,
                action=rule.name,
                label=rule.label,
                from_stage=step.source,
                to_stage=step.target,
                note=text,
            )
            if step.name == "submit":
                content = application.content
                event.data = submitted(1, fingerprint(content), content["evidence"])
            last = event.follow(last)
            self.made[Event].append(event)
            if text:
                self.made[Opinion].append(
                    Opinion(
                        application=application,
                        stage=step.source,
                        transition=rule.name,
                        label=rule.label,
                        text=text,
                        signatory="签署某" if "signatory" in rule.needs else "",
                        signed_on=at.date(),
                        user=actor,
                        created_at=at,
                    )
                )
            self.take_effect(step.name, application, actor, event)

    def take_effect(self, name, application, actor, event):
        """Make what the effect of a transition writes besides opinion and event."""
        if name == "submit":
            self.made[Submission].append(
                Submission(
                    application=application,
                    version=1,
                    content=sealed(application.content),
                    fingerprint=fingerprint(application.content),
                    submitted_by=actor,
                    submitted_at=event.at,
                )
            )
        elif name == "return":
            self.made[Remark].append(
                Remark(
                    application=application,
                    event=event,
                    section="studio",
                    field="studio_area",
                    text="请核对面积。",
                )
            )

    def put_on_record(self, record, application, keeper, at, panel):
        """Make what the guards of a step ask for.

        The stamped form stands already; notices and lists are made for all at the end. In the
        round that is open nothing is scored.
        """
        if record == Record.LEDGER:
            self.made[Verification] += self.ledger(application, keeper, at)
            self.made[AwardCheck] += [
                AwardCheck(
                    application=application,
                    claim=award.claim,
                    verdict="VERIFIED",
                    by=keeper,
                    at=at,
                )
                for award in application.awards.all()
            ]
        elif record == Record.ELIGIBILITY:
            self.made[QualificationCheck] += [
                QualificationCheck(
                    application=application,
                    code=code,
                    result="MET",
                    fulfils=application.lead_condition if code == LEAD_CONDITION_CODE else "",
                    judged_by=keeper,
                    judged_at=at,
                )
                for code in QUALIFICATION_CODES
            ]
        elif record == Record.PANEL:
            self.made[PanelAssignment].append(PanelAssignment(application=application, panel=panel))
            self.made[Declaration] += [
                Declaration(attendance=attendance, application=application)
                for attendance in self.attendances[panel.pk]
            ]
        elif record == Record.SCORES and self.is_over:
            self.score(application, panel, at)
        elif record in {Record.FIT_VISIT, Record.UNFIT_VISIT}:
            inspection = Inspection(
                application=application,
                visited_on=at.date(),
                passed=record == Record.FIT_VISIT,
                recorded_by=keeper,
                **{**VISIT, "findings": prose(200)},
            )
            self.made[Inspection].append(inspection)
            self.made[InspectionItem] += [
                InspectionItem(inspection=inspection, code=item, result="MET", finding=prose(40))
                for item in Item
            ]
        elif record == Record.NOTICE:
            self.published.append(application.pk)

    def score(self, application, panel, at):
        """Make the sheets of a panel's experts, all with the same points."""
        sheets = [
            ScoreSheet(
                application=application,
                expert=attendance.expert,
                comment="同意推荐。",
                total=sum(each.points for each in self.criteria),
                submitted_at=at,
            )
            for attendance in self.attendances[panel.pk]
        ]
        self.made[ScoreSheet] += sheets
        self.made[Score] += [
            Score(sheet=sheet, criterion=criterion, points=criterion.points)
            for sheet in sheets
            for criterion in self.criteria
        ]
        self.made[PanelAssignment][-1].mean = sheets[0].total

    def ledger(self, application, actor, at):
        """Return the rows of the recommending unit's ledger."""
        originals = [
            Verification.of(
                application, actor, Check.ORIGINAL, evidence=row, result="PASSED", checked_at=at
            )
            for row in application.evidence.all()
        ]
        checks = [
            Verification.of(application, actor, kind, **check(kind, at.date()), checked_at=at)
            for kind in Check
            if kind != Check.ORIGINAL
        ]
        return checks + originals

    def make_notice(self):
        """Publish what has been through its notice period."""
        notice = PublicNotice.objects.create(
            round=self.round,
            published_by=self.staff[Role.OFFICE],
            **notice_period(timezone.localdate(self.now)),
        )
        notice.applications.add(*self.published)

    def make_lists(self):
        """Make every recommending unit's list: reported where something was.

        In the round that is open it is stamped; of the others the papers were erased.
        """
        for unit in self.recommending_units:
            recommender = self.recommenders[unit.pk]
            made = RecommendationList.objects.create(
                round=self.round, recommending_unit=unit, **REPORTER
            )
            if self.is_over:
                made.reported_at, made.reported_by = self.now - 20 * DAY, recommender
                made.save(update_fields=["reported_at", "reported_by"])
                continue
            applications = list(made.applications())
            if applications:
                content = made.content(applications)
                made.stamp(stamped_list(made, content), content, recommender)
            if any(each.stage != Stage.RECOMMENDED for each in applications):
                made.reported_at, made.reported_by = self.now, recommender
                made.save(update_fields=["reported_at", "reported_by"])

    def publish(self):
        """Make the list of the round's results, as it was published."""
        rows = in_published_order([row_of(each) for each in awarded_in(self.round)])
        document = (f"虚构〔{self.round.year}〕1号", timezone.localdate(self.now))
        add_edition(self.round, self.staff[Role.OFFICE], *document, rows)


def panels_for(size):
    """Return how many panels a round of so many applications has."""
    return max(PANELS, size // OF_PANEL)


def groupby_recommending_unit(users):
    """Return applicants by the key of the recommending unit that their unit belongs to."""
    users_of = defaultdict(list)
    for user in users:
        users_of[user.applying_unit.recommending_unit_id].append(user)
    return users_of
