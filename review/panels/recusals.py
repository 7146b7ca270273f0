"""Recusal (回避), alternates (候补) who step in, and absence: how they are recorded.

`update_recusals()` is the one place that decides who is recused by the record and which alternate
steps in. It is called whenever an application is assigned, a panel changes or an expert declares.
Every function here writes under the application's lock.
"""

from django.db import transaction

from applications.models import Application
from applications.notify import notifications
from applications.notify.inbox import Message
from applications.notify.tasks import post
from applications.stages import Stage
from applications.workflow.events import RECUSE, REPLACE_EXPERT, STEP_IN, record
from applications.workflow.perform import Refused
from review.panels.employers import plain_name
from review.panels.models import (
    Attendance,
    Declaration,
    Panel,
    PanelAssignment,
    Recusal,
    Replacement,
)

# In later stages the scores are final: nobody is recused or replaced any more.
OPEN = (Stage.QUALIFYING, Stage.PANEL)
SHORTEST_NAME = 4
NOT_AN_ALTERNATE = "{expert}不是{panel}的候补专家，请另选。"


def conflict(expert, application):
    """Return why an expert must not score an application, as far as the record tells, or "".

    Shared are the employer with the applying unit, the lead or the recommending unit, or the
    person: the lead, or a member of the studio. Who states no employer is recused by name alone,
    because nothing tells a namesake apart.
    """
    employer = plain_name(expert.employer)
    if employer:
        for name in (application.applying_unit.name, application.unit_name):
            if employer == plain_name(name):
                return "工作单位与申报单位相同"
        # 工作单位及职务 is one field: it begins with the employer.
        place = plain_name(application.lead_position)
        if len(employer) >= SHORTEST_NAME and place.startswith(employer):
            return "工作单位与领办人的工作单位相同"
        if employer == plain_name(application.recommending_unit.name):
            return "工作单位是推荐单位"
        return ""
    name = plain_name(expert.name)
    if name == plain_name(application.lead_name):
        return "与领办人同名"
    if any(name == plain_name(member.name) for member in application.members.all()):
        return "与工作室成员同名"
    return ""


def update_recusals(application, user):
    """Recuse whom the record recuses, seat alternates, and compute the mean anew.

    Of the panel's alternates the first who is neither recused, nor a member of the panel, nor
    already stepping in, takes the seat; one who no longer fits leaves it.
    """
    assignment = (
        PanelAssignment.objects.select_related("panel__round")
        .filter(application=application)
        .first()
    )
    if assignment is None or application.stage not in OPEN:
        return
    panel = assignment.panel
    members = list(panel.experts.all())
    alternates = [alternate.expert for alternate in panel.alternates.select_related("expert")]
    recusals = {
        recusal.expert_id: recusal for recusal in application.recusals.select_related("expert")
    }
    for expert in (*members, *alternates):
        if expert.pk not in recusals and (reason := conflict(expert, application)):
            recusals[expert.pk] = _recuse(application, expert, reason, user, is_automatic=True)
    _seat_alternates(application, panel, members, alternates, recusals, user)
    assignment.recompute()


def _seat_alternates(application, panel, members, alternates, recusals, user):
    of_panel = {expert.pk for expert in members}
    available = [
        alternate
        for alternate in alternates
        if alternate.pk not in of_panel and alternate.pk not in recusals
    ]
    available_keys = {alternate.pk for alternate in available}
    seated = set()
    vacant = []
    for recusal in recusals.values():
        if recusal.expert_id in of_panel and recusal.alternate_id in available_keys - seated:
            seated.add(recusal.alternate_id)
        else:
            vacant.append(recusal)
    for recusal in vacant:
        chosen = None
        if recusal.expert_id in of_panel:
            chosen = next(
                (alternate for alternate in available if alternate.pk not in seated), None
            )
        if chosen is None and recusal.alternate_id is None:
            continue
        recusal.alternate = chosen
        recusal.save(update_fields=["alternate"])
        if chosen:
            seated.add(chosen.pk)
            _step_in(application, panel, recusal, user)


def _recuse(application, expert, reason, user, *, is_automatic):
    recusal = Recusal.objects.create(
        application=application,
        expert=expert,
        reason=reason,
        is_automatic=is_automatic,
        recorded_by=user,
    )
    Declaration.objects.filter(application=application, attendance__expert=expert).delete()
    # What was told about it is not shown any more: nor is it counted as unread.
    Message.objects.filter(application=application).mark_read(expert)
    by = "系统判定" if is_automatic else "本人申报" if user == expert else f"{user.name}登记"
    record(application, user, RECUSE, f"{expert.name}：{reason}（{by}）")
    return recusal


def _step_in(application, panel, recusal, user, reason=""):
    note = f"{recusal.alternate.name} 递补 {recusal.expert.name}"
    if reason:
        note += f"：{reason}"
    event = record(application, user, STEP_IN, note)
    post(notifications.about_seat(STEP_IN, panel, recusal.alternate, f"event:{event.pk}"))


def recuse(application, expert, reason, user):
    """Recuse an expert for a stated reason, on record at once; an alternate steps in.

    Call it with the application locked. Somebody recused already stays so, for the first reason.
    """
    if not application.recusals.filter(expert=expert).exists():
        _recuse(application, expert, reason, user, is_automatic=False)
    update_recusals(application, user)


def recusal_refused(application, expert):
    """Return why an expert can no longer declare a conflict with an application, or None."""
    if application.stage != Stage.PANEL:
        label = application.get_stage_display()
        return f"该申报当前阶段为“{label}”，不能再申请回避。"
    if application.score_sheets.filter(expert=expert, submitted_at__isnull=False).exists():
        return "您已提交这项申报的评分，不能再申请回避；如有应当回避的情形，请联系评审办公室。"
    return None


def lock_open_applications(panel):
    """Lock and return the panel's applications that are not concluded yet, in one order."""
    of_panel = Application.objects.filter(panel_assignment__panel=panel, stage__in=OPEN)
    list(of_panel.only("pk").order_by("pk").select_for_update(of=("self",)))
    related = ("applying_unit", "recommending_unit", "round")
    return list(of_panel.select_related(*related).prefetch_related("members").order_by("pk"))


def update_recusals_of_panel(panel, user):
    """Update the recusals of a panel whose experts or alternates have changed."""
    with transaction.atomic():
        for application in lock_open_applications(panel):
            update_recusals(application, user)


def sign_in(panel, expert):
    """Record that an expert has come to a panel, and update its recusals.

    Returns whether that is new.
    """
    _, is_new = Attendance.objects.get_or_create(panel=panel, expert=expert)
    if is_new:
        update_recusals_of_panel(panel, expert)
    return is_new


def substitute(recusal, alternate, reason, user):
    """Let another of the panel's alternates step in for a recused expert.

    Raises Refused with a sentence.
    """
    with transaction.atomic():
        Application.objects.select_for_update().get(pk=recusal.application_id)
        recusal = Recusal.objects.select_related("application", "expert").get(pk=recusal.pk)
        application = recusal.application
        panel = Panel.objects.select_related("round").get(assignments__application=application)
        if application.stage not in OPEN:
            label = application.get_stage_display()
            raise Refused(f"该申报当前阶段为“{label}”，不能再更换递补专家。")
        if recusal.alternate_id == alternate.pk:
            raise Refused(f"{alternate.name}已递补这项申报，无需更换。")
        if not panel.alternates.filter(expert=alternate).exists():
            raise Refused(NOT_AN_ALTERNATE.format(expert=alternate.name, panel=panel.name))
        if application.recusals.filter(expert=alternate).exists():
            raise Refused(f"{alternate.name}须回避这项申报，请另选候补专家。")
        is_member = panel.experts.filter(pk=alternate.pk).exists()
        if is_member or application.recusals.filter(alternate=alternate).exists():
            raise Refused(f"{alternate.name}已参加这项申报的评审，请另选候补专家。")
        recusal.alternate = alternate
        recusal.save(update_fields=["alternate"])
        _step_in(application, panel, recusal, user, reason)
        update_recusals(application, user)


def replace(panel, absent, alternate, reason, user):
    """Give an absent expert's seat to an alternate, for the whole panel; return the `Replacement`.

    What the absent one has submitted stays on record and is not counted. Raises Refused with a
    sentence.
    """
    with transaction.atomic():
        panel = (
            Panel.objects.select_for_update(of=("self",)).select_related("round").get(pk=panel.pk)
        )
        applications = lock_open_applications(panel)
        if not applications:
            raise Refused("本组没有待评审的申报，不需要更换专家。")
        if not panel.experts.filter(pk=absent.pk).exists():
            raise Refused(f"{absent.name}已不在{panel.name}，请刷新后再操作。")
        if panel.leader_id == absent.pk:
            raise Refused("组长缺席的，请评审办公室先在专家组中更换组长。")
        if not panel.alternates.filter(expert=alternate).exists():
            raise Refused(NOT_AN_ALTERNATE.format(expert=alternate.name, panel=panel.name))
        if panel.experts.filter(pk=alternate.pk).exists():
            raise Refused(f"{alternate.name}已是{panel.name}的专家，请另选候补专家。")
        replacement = Replacement.objects.create(
            panel=panel, absent=absent, alternate=alternate, reason=reason, recorded_by=user
        )
        panel.experts.remove(absent)
        panel.experts.add(alternate)
        note = f"{absent.name} → {alternate.name}：{reason}"
        for application in applications:
            record(application, user, REPLACE_EXPERT, note=note)
            update_recusals(application, user)
        key = f"replacement:{replacement.pk}"
        post(notifications.about_seat(REPLACE_EXPERT, panel, alternate, key))
    return replacement
