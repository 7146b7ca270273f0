"""Double-click and browser retry of every other form that puts something on record.

The same POST twice at once and then again leaves one record.
"""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import RecommendingUnit, User
from accounts.roles import Role
from applications.models import Application, Event
from applications.rounds import Round
from applications.stages import Stage
from review.panels.models import Draw, Panel
from review.publicity.models import NoticeChange, PublicNotice
from review.publicity.objections.models import Objection
from review.qualification.models import QualificationCheck
from review.results.models import ResultEdition
from review.scoring.models import ScoreSheet
from tests.factories import (
    let_deadlines_pass,
    make_application,
    make_people,
    make_round,
    make_user,
    prepare,
    score,
    sit_down,
)
from tests.faults.sending import chosen, client_of, messages_of, sent

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

DAY = datetime.timedelta(days=1)
WORDS = {
    "raised_by": "反映某",
    "contact": "027-83919079",
    "text": "写了很久的一段话，有时间也有依据。",
}


def today(after=0):
    return f"{timezone.localdate() + after * DAY}"


def in_publicity(people):
    """Return an application in publicity, and the notice that runs with it."""
    application = make_application(Stage.PUBLICITY, people)
    notice = PublicNotice.objects.create(
        round=application.round,
        starts_on=today(),
        ends_on=today(7),
        contact="027-83919079",
        published_by=people.office,
    )
    notice.applications.add(application)
    return application, notice


# Each returns who sends what where, and what is counted: it grows by one.


def publish(people):
    application = make_application(Stage.PUBLICITY, people)
    data = {"starts_on": today(), "ends_on": "", "contact": "83919079"}
    address = reverse("review:publicity_new", args=[application.round_id])
    return people.office, address, data, PublicNotice.objects


def extend_notice(people):
    _, notice = in_publicity(people)
    data = {"ends_on": today(14), "reason": "补充公示。", "end_note": "已核对工作日。"}
    address = reverse("review:notice_extend", args=[notice.pk])
    return people.office, address, data, NoticeChange.objects


def withdraw_notice(people):
    _, notice = in_publicity(people)
    address = reverse("review:notice_withdraw", args=[notice.pk])
    return people.office, address, {"reason": "名单有误。"}, NoticeChange.objects


def publish_results(people):
    application = make_application(Stage.AWARDED, people)
    address = reverse("review:publish_results", args=[application.round_id])
    let_deadlines_pass(application.round)
    data = {"document_number": "武人社发〔2026〕1号", "document_date": today()}
    return people.office, address, data, ResultEdition.objects


def assign(people):
    application = make_application(Stage.QUALIFYING, people)
    data = {"panel": people.panel.pk, "revision": application.revision}
    address = reverse("review:qualification", args=[application.pk])
    return people.office, address, data, application.events


def enter_objection(people):
    application, _ = in_publicity(people)
    address = reverse("review:objection_new", args=[application.pk])
    return people.office, address, {**WORDS, "received_on": today()}, Objection.objects


def raise_objection(people):
    application, notice = in_publicity(people)
    data = {**WORDS, "application": application.pk, "named": "named"}
    return None, reverse("object_to", args=[notice.pk]), data, Objection.objects


def handle_objection(people):
    application, _ = in_publicity(people)
    found = Objection.objects.create(application=application, contact="电话", text="异议")
    found.take_step("RECEIVED", people.office)
    data = {"decision": "ACCEPTED", "text": "", "steps": 1}
    address = reverse("review:objection", args=[found.pk])
    return people.office, address, data, found.steps


def submit_scores(people):
    application = make_application(Stage.PANEL, people)
    sit_down(people.panel, application)
    criteria = application.round.criteria.all()
    data = {f"points-{each.pk}": f"{each.points - 1:.0f}" for each in criteria}
    address = reverse("review:score", args=[application.pk])
    client = client_of(people.expert)
    client.post(address, {**data, "action": "save"})
    sheet = ScoreSheet.objects.get()
    total = sum(each.points - 1 for each in criteria)
    data = {"action": "confirm", "total": f"{total:.0f}", "revision": sheet.revision}
    return people.expert, address, data, ScoreSheet.objects.filter(submitted_at__isnull=False)


def reopen_scores(people):
    application = make_application(Stage.PANEL, people)
    score(application, people.panel)
    sheet = application.score_sheets.exclude(expert=people.expert).first()
    address = reverse("review:reopen", args=[sheet.pk])
    return people.expert, address, {"reason": "请复核第三项。"}, application.events


def recuse_oneself(people):
    application = make_application(Stage.PANEL, people)
    address = reverse("review:recusal", args=[application.pk])
    return people.expert, address, {"reason": "师徒关系"}, application.recusals


def new_panel(people):
    experts = [people.expert.pk, make_user(Role.EXPERT).pk, make_user(Role.EXPERT).pk]
    data = {"name": "第二专家组", "experts": experts, "leader": experts[0], "minimum": 1}
    address = reverse("review:panel_new", args=[people.panel.round_id])
    return people.office, address, data, Panel.objects


def draw_panel(people):
    for _ in range(6):
        make_user(Role.EXPERT)
    address = reverse("review:draw_new", args=[people.panel.round_id])
    form = client_of(people.office).get(address).context["form"]
    data = {"name": "抽取组", "size": 3, "alternates": 1, "seed": "20260101", "pool": form.ids}
    for row in form.excluded:  # those of the first panel, as the page proposes
        data |= {f"exclude-{row['expert'].pk}": "on", f"reason-{row['expert'].pk}": row["reason"]}
    data["action"] = "draw"  # what the confirmation page sends
    return people.office, address, data, Draw.objects


def new_round(people):
    now = timezone.localtime()
    address = reverse("review:round_new")
    form = client_of(people.office).get(address).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in shown.items() if value is not None}
    data |= {
        "title": "新的评选批次",
        "year": now.year + 1,
        "opens_at": f"{now + 10 * DAY:%Y-%m-%dT%H:%M}",
        "closes_at": f"{now + 40 * DAY:%Y-%m-%dT%H:%M}",
        "report_deadline": f"{now + 60 * DAY:%Y-%m-%dT%H:%M}",
    }
    return people.office, address, data, Round.objects


def new_unit(people):
    data = {"code": "T999", "name": "新设推荐单位", "kind": "DISTRICT", "position": 99}
    address = reverse("accounts:recommending_unit_new")
    return people.admin, address, data, RecommendingUnit.objects


def new_account(people):
    data = {"email": "new@example.invalid", "name": "新人", "role": Role.OFFICE}
    return people.admin, reverse("accounts:staff_new"), data, User.objects


def start_draft(people):
    address = reverse("applications:start", args=[people.panel.round_id])
    return people.applicant, address, {}, Application.objects


def print_form(people):
    application = make_application(Stage.DRAFT, people)
    address = reverse("documents:new_print", args=[application.pk])
    data = {"text": "同意申报。", "signatory": "负责某", "signed_on": timezone.localdate()}
    return people.applicant, address, data, application.prints


def decide_on_many(people):
    application = make_application(Stage.QUALIFYING, people)
    prepare(application, "qualify", people)
    application.refresh_from_db()
    data = {"pk": [application.pk], f"revision-{application.pk}": application.revision}
    address = reverse("review:bulk", args=["qualify"])
    return people.office, address, data, application.events


def judge(people):
    application = make_application(Stage.QUALIFYING, people)
    address = reverse("review:qualification", args=[application.pk])
    return people.office, address, {"lead_level-result": "MET"}, QualificationCheck.objects


FORMS = (
    publish, extend_notice, withdraw_notice, publish_results, assign, enter_objection,
    raise_objection, handle_objection, submit_scores, reopen_scores, recuse_oneself, new_panel,
    draw_panel, new_round, new_unit, new_account, start_draft, print_form, decide_on_many, judge,
)  # fmt: skip


@pytest.mark.parametrize("form", chosen(FORMS), ids=lambda form: form.__name__)
def test_a_form_sent_twice_leaves_one_record(form):
    people = make_people(make_round(), experts=2)
    user, address, data, counted = form(people)
    before, events = counted.count(), Event.objects.count()
    pages = sent(user, address, data)
    assert counted.count() == before + 1, [messages_of(page or "") for page in pages]
    assert Event.objects.count() <= events + 1
