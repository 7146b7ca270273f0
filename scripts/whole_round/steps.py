"""The steps of a whole round, each sent as the one whose turn it is would send it.

Whose turn it is, what has to be on record before and what is written there is `demo.ways`'.
"""

import datetime
import random
import time
from decimal import Decimal

APPLICATIONS, UNITS, PANELS, EXPERTS, POOL, QUOTA = 300, 20, 3, 7, 40, 60
NEVER_OLD = 2**40
TRADES = (
    "焊工",
    "数控车工",
    "维修电工",
    "模具工",
    "汽车维修工",
    "激光设备装调工",
    "工业机器人运维员",
)


def as_text(values):
    """Return what is typed into a form, its dates as text."""
    return {name: str(value) for name, value in values.items()}


class Refused(SystemExit):
    """A step that the portal did not take; ends the run."""


class WholeRound:
    """One run: who takes part, and the steps in their order."""

    def __init__(self, number):
        self.number = number
        self.random = random.Random(2026)  # nosec B311 - the same round every time
        self.clients = {}
        self.lost = set()  # numbers of what the panels proposed and a visit or objection ended

    # --- How things are sent ---

    def client(self, user):
        from django.test import Client

        if user.pk not in self.clients:
            client = self.clients[user.pk] = Client()
            client.force_login(user)
            # Neither idle nor asked for the password again, however long the round takes.
            session = client.session
            session["seen"] = NEVER_OLD
            session["account_authentication_methods"] = [{"method": "test", "at": NEVER_OLD}]
            session["account_authentication_methods_user"] = str(user.pk)
            session.save()
        return self.clients[user.pk]

    def anybody(self):
        """The client of somebody without an account."""
        from django.test import Client

        return Client()

    def send(self, user, name, args, data, expect=302):
        """Post a form to an address; ends the run when it is not taken."""
        from django.urls import reverse

        url = reverse(name, args=args)
        response = self.client(user).post(url, data)
        if response.status_code != expect:
            import re

            page = re.sub(r"<[^>]+>|\s+", " ", response.content.decode())
            said = re.search(r"[^ ]*(?:不能|请|没有|须|已)[^ ]*。", page)
            raise Refused(f"{url} answers {response.status_code}: {said and said.group()}")
        return response

    def phase(self, label, step, *args):
        start = time.perf_counter()
        count = step(*args)
        took = time.perf_counter() - start
        each = f"{took / count * 1000:8.0f}" if count else " " * 8
        print(f"{label:<26}{count or '':>6}{took:>9.1f} s{each} ms each", flush=True)

    def at(self, stage, **filters):
        from applications.models import Application

        return list(Application.objects.filter(stage=stage, **filters).order_by("pk"))

    # --- People and drafts ---

    def prepare(self):
        """Make the round, its people and complete, stamped drafts."""
        from accounts.roles import Role
        from applications.stages import Stage
        from demo.ways import way_to
        from tests import factories as made

        self.steps = {step.name: step for step in way_to(Stage.AWARDED)}
        self.round = made.make_round(quota=QUOTA, trim_from=5)
        self.office, self.office2 = made.make_user(Role.OFFICE), made.make_user(Role.OFFICE)
        self.bureau, self.finance = made.make_user(Role.BUREAU), made.make_user(Role.FINANCE)
        self.staff = {
            Role.OFFICE: self.office,
            Role.BUREAU: self.bureau,
            Role.FINANCE: self.finance,
        }
        kinds = ["SELF"] + ["DISTRICT"] * (UNITS - 1)
        self.units = [made.make_recommending_unit(kind=kind) for kind in kinds]
        self.recommenders = [
            made.make_user(Role.RECOMMENDER, recommending_unit=unit) for unit in self.units
        ]
        employers = []
        for number in range(self.number):
            unit = made.make_applying_unit(self.units[number % UNITS])
            applicant = made.make_user(Role.APPLICANT, applying_unit=unit)
            trade = self.random.choice(TRADES)
            lead = {
                "lead_name": f"{self.random.choice('赵钱孙李周吴郑王陈郭黄苏')}某{number:03d}",
                "lead_occupation": trade,
                "studio_occupation": trade,
            }
            made.stamp(made.make_draft(self.round, applicant, **lead), applicant)
            employers.append(unit.name)
        # Some experts work for units that apply: they are recused, and alternates step in.
        for number in range(POOL):
            employer = employers[number] if number < 6 and number < len(employers) else ""
            made.make_user(
                Role.EXPERT,
                f"专家{number + 1:02d}",
                employer=employer or f"虚构第{number}研究所",
                occupation=TRADES[number % len(TRADES)],
            )
        return self.number

    # --- The applying and the recommending units ---

    def submit(self):
        from accounts.models import User

        drafts = self.at("DRAFT") + self.at("RETURNED")
        for each in drafts:
            applicant = User.objects.filter(applying_unit=each.applying_unit_id).first()
            typed = {
                **self.opinion("同意申报。"),
                "revision": each.revision,
                "truth_declared": "on",
            }
            self.send(applicant, "applications:submit", [each.pk], typed)
        return len(drafts)

    def opinion(self, text):
        from django.utils import timezone

        return {"text": text, "signatory": "签署某", "signed_on": f"{timezone.localdate()}"}

    def recommender_of(self, application):
        return self.recommenders[self.units.index(application.recommending_unit)]

    def owner(self, application, transition):
        """Return who takes a transition of this application."""
        from accounts.roles import Role
        from demo.ways import owner_of

        role = owner_of(transition, application.stage)
        if role == Role.RECOMMENDER:
            return self.recommender_of(application)
        if role == Role.EXPERT:
            return application.panel_assignment.panel.leader
        return self.staff[role]

    def send_round(self):
        """Return some, decline some, redirect one to another unit, which accepts."""
        waiting = self.at("RECOMMENDING")
        later = datetime.datetime.now() + datetime.timedelta(days=7)  # noqa: DTZ005
        returned = waiting[3 :: self.number // 6 or 1]
        for each in returned:
            about = {
                "remarks-TOTAL_FORMS": 1,
                "remarks-INITIAL_FORMS": 0,
                "remarks-0-about": "lead:lead_post",
                "remarks-0-text": "请写到班组。",
            }
            typed = {"reason": "岗位不清。", "deadline": f"{later:%Y-%m-%dT%H:%M}", **about}
            self.decide(each, "return", **typed)
        declined = [each for each in waiting[7 :: self.number // 4 or 1] if each not in returned]
        for each in declined:
            gone = {"reason": "不符合条件。", **self.opinion("")}
            self.decide(each, "decline", **gone)
        sent = waiting[0]
        self.decide(sent, "redirect", to_unit=self.units[1].pk, reason="属该区。")
        sent.refresh_from_db()
        self.decide(sent, "accept_redirect", whole_unit="on")
        return

    def decide(self, application, transition, *, by=None, **typed):
        typed.setdefault("revision", application.revision)
        user = by or self.owner(application, transition)
        self.send(user, "review:decide", [application.pk, transition], typed)

    def correct(self):
        """The returned ones are changed, stamped anew and submitted again."""
        from accounts.models import User
        from tests import factories as made

        for each in self.at("RETURNED"):
            applicant = User.objects.filter(applying_unit=each.applying_unit_id).first()
            each.edit(applicant, lead_post="焊接一班班长")
            made.stamp(each, applicant)
        return self.submit()

    def verify(self):
        """Mark awards and originals, fill in the ledger, recommend."""
        from django.utils import timezone

        from applications.workflow.ledger_codes import Check
        from demo.ways import check
        from tests.factories import pdf_file

        checks = [kind for kind in Check if kind != Check.ORIGINAL]
        today = timezone.localdate()
        waiting = self.at("RECOMMENDING")
        for number, each in enumerate(waiting):
            user = self.recommender_of(each)
            struck = {"action": "STRUCK", "note": "证书姓名不符。"}
            marks = [
                ("award-1", struck if number % 10 == 0 else {"action": "VERIFIED"}),
                ("originals", {}),
                *((f"check-{kind.lower()}", as_text(check(kind, today))) for kind in checks),
            ]
            for item, typed in marks:
                upload = {"upload": pdf_file("文件.pdf")} if item.startswith("check") else {}
                sent = {"revision": each.revision, "item": item, **typed, **upload}
                self.send(user, "review:verify", [each.pk], sent)
            self.decide(each, "recommend", **self.opinion("情况属实，同意推荐。"))
        return len(waiting)

    def report(self):
        """Each unit ranks, names its reporter, stamps 附件1 and reports the whole list."""
        from demo.ways import REPORTER
        from tests.factories import pdf_file

        round_ = [self.round.pk]
        today = datetime.date.today()  # noqa: DTZ011
        reporter = {"action": "reporter", **REPORTER, "filled_on": f"{today}"}
        for unit, user in zip(self.units, self.recommenders, strict=True):
            own = self.at("RECOMMENDED", recommending_unit=unit)
            self.random.shuffle(own)
            ranks = {f"rank-{each.pk}": rank for rank, each in enumerate(own, start=1)}
            self.send(user, "review:recommendation_list", round_, {"action": "rank", **ranks})
            self.send(user, "review:recommendation_list", round_, reporter)
            scan = {"action": "scan", "scan": pdf_file("盖章附件1.pdf")}
            self.send(user, "review:recommendation_list", round_, scan)
            self.send(user, "review:list_report", round_, {})
        return UNITS

    # --- The office ---

    def draw(self):
        """Draw the panels; whom the portal proposes to exclude is excluded."""
        from review.panels.draw_forms import pool_of, proposed_exclusions

        for number in range(PANELS):
            pool = pool_of([])
            typed = {
                "name": f"第{number + 1}专家组",
                "size": EXPERTS,
                "alternates": 2,
                "seed": f"2026-{number}",
                "pool": ",".join(str(each.pk) for each in pool),
                "action": "draw",
            }
            for pk, reason in proposed_exclusions(self.round, pool).items():
                typed |= {f"exclude-{pk}": "on", f"reason-{pk}": reason}
            self.send(self.office, "review:draw_new", [self.round.pk], typed)
        return PANELS

    def qualify(self):
        """Judge every condition, assign by the proposal, disqualify some, undo one, qualify."""
        from django.urls import reverse

        from applications.workflow.guards import QUALIFICATION_CODES

        waiting = self.at("QUALIFYING")
        met = {f"{code}-result": "MET" for code in QUALIFICATION_CODES}
        met["lead_condition-fulfils"] = "TITLE"
        for each in waiting:
            typed = {"revision": each.revision, **met}
            self.send(self.office, "review:qualification", [each.pk], typed)
        url = reverse("review:assign_panels", args=[self.round.pk])
        rows = self.client(self.office).get(url).context["rows"]
        chosen = {"application": [row["application"].pk for row in rows], "action": "save"}
        for row in rows:
            chosen[f"panel-{row['application'].pk}"] = row["panel"]
            chosen[f"was-{row['application'].pk}"] = row["was"]
        self.send(self.office, "review:assign_panels", [self.round.pk], chosen)
        for each in waiting[5 :: self.number // 5 or 1]:
            self.decide(each, "disqualify", reason="证书等级不符。")
        undone = self.at("DISQUALIFIED")[0]
        self.decide(undone, "revert", by=self.office2, reason="误办。")
        self.in_bulk(self.steps["qualify"])
        return len(waiting)

    def in_bulk(self, step, **typed):
        """Take one step for all in its stage, a hundred at a time."""
        done = 0
        while waiting := self.at(step.source)[:100]:
            revisions = {f"revision-{each.pk}": each.revision for each in waiting}
            sent = {"pk": [each.pk for each in waiting], **revisions, **typed}
            self.send(self.staff[step.owner], "review:bulk", [step.name], sent)
            done += len(waiting)
        return done

    # --- The panels ---

    def sit_down(self):
        """Everybody signs in, declares no conflict of interest, and gives the pledge."""
        from review.panels.models import Panel

        seats = 0
        for panel in Panel.objects.all():
            alternates = [each.expert for each in panel.alternates.all()]
            for expert in [*panel.experts.all(), *alternates]:
                if expert in alternates and not expert.substitutions.exists():
                    continue
                desk = ("review:panel_desk", [panel.pk])
                self.send(expert, *desk, {"action": "sign_in"})
                self.send(expert, *desk, {"action": "declare", "all": "none"})
                self.send(expert, *desk, {"action": "pledge", "agreed": "on"})
                seats += 1
        return seats

    def score(self):
        """Every expert scores what is theirs: quality of the studio, and the expert's own hand."""
        from django.urls import reverse

        from applications.models import Application
        from review.panels.models import Panel
        from review.scoring.models import Criterion

        criteria = list(Criterion.objects.filter(round=self.round))
        quality = {each.pk: self.random.gauss(0.8, 0.08) for each in self.at("PANEL")}
        # Some are alike on purpose: their means tie.
        pks = list(quality)
        twins = dict(zip(pks[10::40], pks[11::40], strict=False))
        sheets = 0
        for panel in Panel.objects.all():
            experts = [*panel.experts.all(), *(each.expert for each in panel.alternates.all())]
            for expert in experts:
                hand = self.random.uniform(-0.04, 0.04)
                for each in Application.objects.visible_to(expert).order_by("pk"):
                    like = twins.get(each.pk, each.pk)
                    own = random.Random(f"{expert.pk}-{like}")  # nosec B311
                    share = quality[like] + hand + own.gauss(0, 0.04)
                    typed = {
                        f"points-{criterion.pk}": str(
                            Decimal(round(criterion.points * min(max(share, 0.3), 1) * 2)) / 2
                        )
                        for criterion in criteria
                    }
                    self.send(expert, "review:score", [each.pk], {**typed, "action": "submit"})
                    url = reverse("review:score", args=[each.pk])
                    shown = self.client(expert).get(f"{url}?confirm=1").context
                    confirmed = {
                        "action": "confirm",
                        "total": shown["total"],
                        "revision": shown["sheet"].revision,
                    }
                    self.send(expert, "review:score", [each.pk], confirmed)
                    sheets += 1
        return sheets

    def conclude(self):
        """Each leader proposes the best of the panel, within the panel's share of the quota."""
        from django.urls import reverse

        from review.panels.models import Panel

        done = 0
        for panel in Panel.objects.all():
            board = self.client(panel.leader).get(reverse("review:panel_board", args=[panel.pk]))
            for place, row in enumerate(board.context["ranked"]):
                entry = row["entry"]
                each = entry.application
                each.refresh_from_db()
                is_in = place < QUOTA // PANELS and entry.result.mean >= self.round.minimum_score
                transition = "conclude_for" if is_in else "conclude_against"
                self.decide(each, transition, **self.opinion("专家组意见。"))
                done += 1
        return done

    # --- Visit, notice, approval ---

    def inspect(self):
        """Write and conclude every record; two are found unfit."""
        import uuid

        from django.utils import timezone

        from demo.ways import VISIT
        from review.inspection.models import Item
        from review.inspection.record import field_of, parts_of

        waiting = self.at("INSPECTING")
        for number, each in enumerate(waiting):
            fit = number not in (3, 20)
            typed = {
                "key": f"{uuid.uuid4()}",
                "parts": " ".join(parts_of(None)),
                "loaded": "{}",
                "visited_on": f"{timezone.localdate()}",
                **VISIT,
                **{field_of(item, "result"): "MET" for item in Item},
                "passed": str(fit),
                "action": "conclude",
            }
            self.send(self.office, "review:inspection", [each.pk], typed)
            if fit:
                self.decide(each, "pass_inspection")
            else:
                self.decide(each, "fail_inspection", reason="场地不符。")
                self.lost.add(each.number)
        return len(waiting)

    def publish_notice(self):
        from django.urls import reverse

        from demo.ways import OBJECTION
        from review.publicity.models import PublicNotice
        from review.publicity.objections.models import Objection

        typed = {"starts_on": f"{datetime.date.today()}", "ends_on": "", "contact": "83919079"}  # noqa: DTZ011
        self.send(self.office, "review:publicity_new", [self.round.pk], typed)
        notice = PublicNotice.objects.get()
        accused = list(notice.applications.order_by("pk")[:2])
        for each, outcome in zip(accused, ("UPHELD", "DISMISSED"), strict=True):
            raised = {"application": each.pk, "named": "named", **OBJECTION}
            answer = self.anybody().post(reverse("object_to", args=[notice.pk]), raised)
            if answer.status_code != 302:
                raise Refused(f"the objection is answered with {answer.status_code}")
            objection = Objection.objects.latest("pk")
            for step in (
                {"decision": "ACCEPTED"},
                {"investigators": "调查某、调查另某", "text": "已核实。"},
                {"outcome": outcome, "answer": "经查，答复如下。"},
            ):
                sent = {"steps": objection.steps.count(), **step}
                self.send(self.office, "review:objection", [objection.pk], sent)
        self.end = notice.ends_on
        return notice.applications.count()

    def approve(self):
        from django.utils import timezone

        from tests import factories as made

        upheld = self.at("PUBLICITY", objections__outcome="UPHELD")
        for each in upheld:
            self.decide(each, "uphold", reason="异议成立。")
            self.lost.add(each.number)
        done = self.in_bulk(self.steps["clear"])
        opinion = self.opinion("同意。")
        self.in_bulk(self.steps["approve"], **opinion)
        self.in_bulk(self.steps["countersign"], **opinion)
        made.let_deadlines_pass(self.round)
        document = {
            "document_number": "武人社发〔2026〕99号",
            "document_date": f"{timezone.localdate()}",
        }
        self.send(self.office, "review:publish_results", [self.round.pk], document)
        return done
