"""Who sits on a panel, for the office and the leader: absence, recusals, who steps in."""

from django.contrib import messages
from django.http import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.roles import Role, role_required
from applications.models import Application
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.panels.attendance_forms import ReplacementForm, SeatForm
from review.panels.models import Panel, Recusal
from review.panels.recusals import (
    replace,
    substitute,
)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE, Role.EXPERT)
def panel_attendance(request, pk):
    """Attendance, recusals and alternates of a panel; alternates are seated here by hand."""
    user = request.user
    own = Panel.objects.select_related("round", "leader")
    if user.role == Role.EXPERT:
        own = own.filter(leader=user)
    panel = get_object_or_404(own, pk=pk)
    if request.method == "GET":
        return _attendance(request, panel)
    action = {"replace": _replace, "substitute": _substitute}.get(request.POST.get("action"))
    if action is None:
        return HttpResponseBadRequest()
    return action(request, panel)


def _experts_of(panel):
    return User.objects.filter(panels=panel)


def _alternates_of(panel):
    seated = User.objects.filter(alternate_seats__panel=panel)
    return seated.exclude(panels=panel).order_by("alternate_seats__position")


def _recusals_of(panel):
    return Recusal.objects.filter(application__panel_assignment__panel=panel)


def _open_recusals(panel, user):
    """The recusals whose alternate the user may choose; a recused leader not the own one's."""
    visible = Application.objects.visible_to(user).filter(stage=Stage.PANEL)
    return _recusals_of(panel).filter(application__in=visible.values("pk"))


def _attendance(request, panel, *, replacing=None, substituting=None, status=200):
    user = request.user
    attended = {attendance.expert_id: attendance for attendance in panel.attendances.all()}
    people = [
        *(
            (expert, "组长" if expert.pk == panel.leader_id else "专家")
            for expert in panel.seated()
        ),
        *((expert, f"候补 {n}") for n, expert in enumerate(_alternates_of(panel), start=1)),
    ]
    visible = set(
        Application.objects.visible_to(user)
        .filter(panel_assignment__panel=panel)
        .values_list("pk", flat=True)
    )
    recusals = list(
        _recusals_of(panel)
        .select_related("application", "expert", "alternate")
        .order_by("application__number", "pk")
    )
    for recusal in recusals:
        recusal.is_named = recusal.application_id in visible
        recusal.is_open = recusal.is_named and recusal.application.stage == Stage.PANEL
    context = {
        "panel": panel,
        "people": [(expert, place, attended.get(expert.pk)) for expert, place in people],
        "recusals": recusals,
        "replacements": panel.replacements.select_related("absent", "alternate", "recorded_by"),
        "replacing": replacing or _replacement_form(panel),
        "substituting": substituting or _seat_form(panel, user),
        "open_recusals": [recusal for recusal in recusals if recusal.is_open],
        "has_alternates": any(place.startswith("候补") for _, place in people),
    }
    return render(request, "review/panels/panel_attendance.html", context, status=status)


def _replacement_form(panel, data=None):
    return ReplacementForm(
        data,
        prefix="replace",
        experts=_experts_of(panel).exclude(pk=panel.leader_id),
        alternates=_alternates_of(panel),
    )


def _seat_form(panel, user, data=None):
    recusals = _open_recusals(panel, user)
    return SeatForm(
        data,
        prefix="seat",
        alternates=_alternates_of(panel),
        recusals=recusals.select_related("application", "expert").order_by("application__number"),
    )


def _replace(request, panel):
    form = _replacement_form(panel, request.POST)
    if not form.is_valid():
        return _attendance(request, panel, replacing=form, status=422)
    typed = form.cleaned_data
    try:
        replace(panel, typed["absent"], typed["alternate"], typed["reason"], request.user)
    except Refused as error:
        form.add_error(None, str(error))
        return _attendance(request, panel, replacing=form, status=409)
    messages.success(
        request, f"{typed['alternate'].name}已接替{typed['absent'].name}，已通知本人。"
    )
    return redirect("review:panel_attendance", panel.pk)


def _substitute(request, panel):
    form = _seat_form(panel, request.user, request.POST)
    if not form.is_valid():
        return _attendance(request, panel, substituting=form, status=422)
    typed = form.cleaned_data
    try:
        substitute(typed["recusal"], typed["alternate"], typed["reason"], request.user)
    except Refused as error:
        form.add_error(None, str(error))
        return _attendance(request, panel, substituting=form, status=409)
    messages.success(request, f"已改由{typed['alternate'].name}递补，已通知本人。")
    return redirect("review:panel_attendance", panel.pk)
