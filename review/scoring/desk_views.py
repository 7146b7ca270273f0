"""An expert's desk at a panel, step by step: sign in, declare conflicts, pledge, score."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.prepared import PreparedFor
from accounts.roles import Role, role_required
from applications.models import Application
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.panels.attendance_forms import REASON_LIMIT, RecusalForm
from review.panels.models import Attendance, Declaration, Panel, Recusal, in_order, pledge_of
from review.panels.recusals import (
    recusal_refused,
    recuse,
    sign_in,
    update_recusals,
)
from review.panels.scorers import panels_of, undeclared
from review.scoring.models import too_late
from review.scoring.views import own_scores
from review.shared import access
from review.shared.concurrency import hold

# All that is shown of an application before the pledge: what a conflict can be known from.
TOLD = ("number", "lead_name", "unit_name", "lead_position", "studio_occupation")
NONE, RECUSE = "none", "recuse"


WAITING_DESKS = PreparedFor(
    lambda user: (
        Panel.objects.filter(assignments__application__in=undeclared(user))
        .annotate(number_waiting=Count("assignments"))
        .select_related("round")
        .order_by("-round__opens_at", "round")
    )
)


def waiting_desks(user):
    """Return the panels at which an expert has to sign in, declare or give the pledge first.

    Panels, each with `number_waiting`: the applications that stay closed until then.
    """
    return in_order(WAITING_DESKS.ask(user))


@require_GET
@role_required(Role.EXPERT)
def desks(request):
    """List the panels that the expert sits on, newest round first."""
    user = request.user
    of_expert = panels_of(user).select_related("round", "leader")
    panels = in_order(of_expert.order_by("-round__opens_at", "round"))
    waiting = {panel.pk: panel.number_waiting for panel in waiting_desks(user)}
    visible = Application.objects.visible_to(user).filter(stage=Stage.PANEL)
    final = Q(score_sheets__expert=user, score_sheets__submitted_at__isnull=False)
    by_panel = {
        row["panel_assignment__panel"]: row
        for row in visible.order_by()
        .values("panel_assignment__panel")
        .annotate(number=Count("pk", distinct=True), done=Count("pk", filter=final, distinct=True))
    }
    attended = {attendance.panel_id: attendance for attendance in user.attendances.all()}
    for panel in panels:
        panel.number_waiting = waiting.get(panel.pk, 0)
        panel.counts = by_panel.get(panel.pk)
        panel.attendance = attended.get(panel.pk)
    return render(request, "review/scoring/desks.html", {"panels": panels})


@require_http_methods(["GET", "POST"])
@role_required(Role.EXPERT)
def panel_desk(request, pk):
    """Sign in, declare conflicts, give the pledge; then the expert's own scores at a glance."""
    panel = get_object_or_404(panels_of(request.user).select_related("round").distinct(), pk=pk)
    if request.method == "GET":
        return _desk(request, panel)
    action = {"sign_in": _sign_in, "declare": _declare, "pledge": _pledge}.get(
        request.POST.get("action")
    )
    if action is None:
        return HttpResponseBadRequest()
    return action(request, panel)


def _to_score(panel, user):
    """The panel's applications under review that the expert has to score, declared on or not."""
    return Application.objects.filter(panel_assignment__panel=panel, stage=Stage.PANEL).scored_by(
        user
    )


def _pending(panel, user):
    """The applications under review that the expert has not declared on for this panel."""
    declared = Declaration.objects.filter(attendance__panel=panel, attendance__expert=user)
    return _to_score(panel, user).exclude(pk__in=declared.values("application")).order_by("number")


def _unscored(panel, user):
    """The applications under review for which the expert has not submitted a sheet."""
    submitted = user.score_sheets.filter(submitted_at__isnull=False)
    return _to_score(panel, user).exclude(pk__in=submitted.values("application"))


def _desk(request, panel, *, typed=None, refused="", status=200):
    user = request.user
    attendance = Attendance.objects.filter(panel=panel, expert=user).first()
    pending = []
    if attendance:
        pending = list(_pending(panel, user).only(*TOLD).prefetch_related("members"))
    for application in pending:
        application.typed = (typed or {}).get(application.pk, {})
    is_open = bool(attendance and attendance.pledged_at)
    closed = too_late(panel.round)
    context = {
        "panel": panel,
        "attendance": attendance,
        "pending": pending,
        "recusals": Recusal.objects.filter(
            expert=user, application__panel_assignment__panel=panel
        ).select_related("application"),
        "pledge": pledge_of(panel),
        "reason_limit": REASON_LIMIT,
        "refused": refused,
        "is_leader": panel.leader_id == user.pk,
        # Which of the four steps is the next one.
        "step": _step(attendance, pending),
        "overview": own_scores(user, panel) if is_open else None,
        "closed": closed if closed and _unscored(panel, user).exists() else "",
    }
    return render(request, "review/scoring/panel_desk.html", context, status=status)


def _step(attendance, pending):
    if attendance is None:
        return 1
    if pending or attendance.declared_at is None:
        return 2
    return 4 if attendance.pledged_at else 3


def _sign_in(request, panel):
    if sign_in(panel, request.user):
        messages.success(request, f"已签到：{panel.name}。请申报利害关系。")
    return redirect("review:panel_desk", panel.pk)


def _declare(request, panel):
    """Record for each application: no interest, or recused with a reason."""
    user, posted = request.user, request.POST
    attendance = Attendance.objects.filter(panel=panel, expert=user).first()
    if attendance is None:
        return _desk(request, panel, refused="请先签到。", status=409)
    pending = list(_pending(panel, user).only("pk"))
    typed, is_wrong = {}, False
    for application in pending:
        choice = NONE if "all" in posted else posted.get(f"choice-{application.pk}", "")
        reason = posted.get(f"reason-{application.pk}", "").replace("\0", "").strip()
        error = ""
        if choice not in {NONE, RECUSE}:
            error = "请选择。"
        elif choice == RECUSE and not reason:
            error = "请填写回避理由。"
        elif len(reason) > REASON_LIMIT:
            error = f"回避理由超过 {REASON_LIMIT} 字，请删减。"
        is_wrong |= bool(error)
        typed[application.pk] = {"choice": choice, "reason": reason, "error": error}
    if is_wrong:
        refused = "请对每项申报作出选择，需要回避的请填写理由。"
        return _desk(request, panel, typed=typed, refused=refused, status=422)
    if not typed:
        return redirect("review:panel_desk", panel.pk)
    with transaction.atomic():
        recused, without = _record(panel, user, typed)
        attendance.declare_none(*without)
    text = f"已申报 {len(typed)} 项的利害关系"
    messages.success(request, f"{text}，其中 {recused} 项回避。" if recused else f"{text}，均无。")
    return _back(user, panel.pk)


def _back(user, panel_pk):
    """Lead back to the desk; an alternate without any application left has none there."""
    if panels_of(user).filter(pk=panel_pk).exists():
        return redirect("review:panel_desk", panel_pk)
    return redirect("review:desks")


def _record(panel, user, typed):
    """Recuse the user where declared, or where the record does; what is left has no conflict.

    Returns the number of applications recused from, and those without.
    """
    recused, without = 0, []
    for pk in sorted(typed):
        Application.objects.select_for_update().only("pk").get(pk=pk)
        application = _pending(panel, user).filter(pk=pk).first()
        if application is None:
            continue  # concluded, or recused, since the page was made
        update_recusals(application, user)
        if typed[pk]["choice"] == RECUSE:
            recuse(application, user, typed[pk]["reason"], user)
        if application.recusals.filter(expert=user).exists():
            recused += 1
        else:
            without.append(application)
    return recused, without


def _pledge(request, panel):
    attendance = Attendance.objects.filter(panel=panel, expert=request.user).first()
    step = _step(attendance, _pending(panel, request.user).exists() if attendance else False)
    if step < 3:
        refused = "请先签到并申报利害关系，再签署承诺书。"
        return _desk(request, panel, refused=refused, status=409)
    if step == 3:
        if not request.POST.get("agreed"):
            refused = "请勾选“本人已阅读并承诺遵守”。"
            return _desk(request, panel, refused=refused, status=422)
        attendance.give_pledge()
        messages.success(request, "承诺书已签署，可以查阅申报材料并评分。")
    return redirect("review:panel_desk", panel.pk)


@require_http_methods(["GET", "POST"])
@role_required(Role.EXPERT)
def recusal(request, pk):
    """Declare a conflict that came to mind, or came about, after the declaration of all."""
    try:
        return _recusal(request, pk)
    except Http404:
        own = request.user.recusals.filter(application=pk).select_related(
            "application__panel_assignment"
        )
        done = own.first() if request.method == "POST" else None
        if done is None:
            raise
        messages.info(request, f"您已经回避 {done.application.number}，没有重复办理。")
        return _back(request.user, done.application.panel_assignment.panel_id)


def _recusal(request, pk):
    user = request.user
    application = access.find(user, pk)
    form = RecusalForm(request.POST or None)
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            with hold(user, pk, Stage.PANEL) as locked_application:
                if sentence := recusal_refused(locked_application, user):
                    raise Refused(sentence)
                recuse(locked_application, user, form.cleaned_data["reason"], user)
        except Refused as error:
            form.add_error(None, str(error))
            status = 409
        else:
            messages.success(request, f"已回避 {application.number}，该项申报不再由您评审。")
            return _back(user, application.panel_assignment.panel_id)
    refused = recusal_refused(application, user)
    context = {"application": application, "form": form, "refused": refused}
    return render(request, "review/scoring/recusal.html", context, status=status)
