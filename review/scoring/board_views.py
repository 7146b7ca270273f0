"""The panel leader's board: who has scored, reminders, the ranked list; the round's ranking."""

from functools import lru_cache

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import localize
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Role, role_required
from applications.models import Application
from applications.notify import notifications
from applications.notify.inbox import Message
from applications.notify.tasks import post
from applications.rounds import Round
from applications.stages import Stage
from review.panels.models import Panel, in_order
from review.permissions import may_see_board, may_see_ranks
from review.scoring import rankings
from review.scoring.arithmetic import Side
from review.scoring.wording import BELOW_MINIMUM, OUTLIERS, TIED, number

PAGE_SIZE = 50
ALL_REMINDED = "未提交评分的专家今天都已提醒过，明天可再次提醒。"
NOBODY_TO_REMIND = "没有需要提醒的专家。"


def find(user, pk):
    """Return a panel whose board the user may see, with experts and round, or raise Http404."""
    panels = Panel.objects.select_related("round", "leader").prefetch_related("experts")
    panel = get_object_or_404(panels, pk=pk)
    if not may_see_board(user, panel):
        raise Http404
    return panel


@require_GET
@role_required(Role.EXPERT, Role.OFFICE, Role.BUREAU)
def panel_board(request, pk):
    """Show who has submitted what and, as soon as the user may know it, the ranked list."""
    user = request.user
    panel = find(user, pk)
    standing = rankings.of_panel(panel)
    own = Application.objects.visible_to(user).filter(panel_assignment__panel=panel)
    visible = set(own.values_list("pk", flat=True))
    entries = [entry for entry in standing.entries if entry.application.pk in visible]
    experts = panel.seated()
    rows = [
        {"entry": entry, "cells": tuple(_cell(entry, expert) for expert in experts)}
        for entry in entries
    ]
    for row in rows:
        entry = row["entry"]
        row["html"] = _board_row(
            pk=str(entry.application.pk),
            number=entry.application.number,
            title=entry.application.studio_title,
            cells=row["cells"],
            scored=len(entry.scored),
            seats=len(entry.seats),
        )
    is_leader = panel.leader_id == user.pk
    context = {
        "panel": panel,
        "standing": standing,
        "experts": [
            {"expert": expert, "done": sum(row["cells"][index][0] == "done" for row in rows)}
            for index, expert in enumerate(experts)
        ],
        "rows": rows,
        "due": sum(len(entry.seats) for entry in entries),
        "done": sum(len(entry.scored) for entry in entries),
        "hidden": len(standing.entries) - len(entries),
        "is_leader": is_leader,
        "may_remind": user.role != Role.BUREAU,
        "ranks_shown": may_see_ranks(user, standing),
        **_reminders(user, panel, standing),
    }
    if context["ranks_shown"]:
        ranked = [entry for entry in standing.ranked if entry.application.pk in visible]
        line = f"名额线：本组可建议入选 {standing.places} 项"
        if standing.taken:
            line = (
                f"名额线：本批次名额 {panel.round.quota} 个，其他专家组已建议 {standing.taken} 项，"
                f"本组可建议入选 {standing.places} 项"
            )
        context["ranked"] = with_lines(ranked, line, panel.round.minimum_score)
        draw_ranked(context["ranked"], may_conclude=is_leader)
    return render(request, "review/scoring/panel_board.html", context)


def _cell(entry, expert):
    """Return how far an expert is with an application: state, and who steps in for a recusal.

    A tuple of the state, the alternate's name and the alternate's state; "" where there is none.
    """
    seat = next((seat for seat in entry.seats if seat.expert.pk == expert.pk), None)
    if seat is not None:
        return _state(seat), "", ""
    recusal = next((recusal for recusal in entry.recusals if recusal.expert_id == expert.pk), None)
    if recusal is None or recusal.alternate is None:
        return "recused", "", ""
    stepped_in = (seat for seat in entry.seats if seat.expert.pk == recusal.alternate_id)
    return "recused", recusal.alternate.name, next(map(_state, stepped_in), "")


def _state(seat):
    if seat.is_in:
        return "done"
    return "draft" if seat.sheet else "todo"


# What is drawn depends on nothing but the arguments, which name all that is shown: the same row is
# drawn once in a process.
@lru_cache(maxsize=500)
def _board_row(**row):
    return render_to_string("review/scoring/_board_row.html", row)


@lru_cache(maxsize=500)
def _ranked_row(**row):
    return render_to_string("review/scoring/_ranked_row.html", row)


# --- Reminders -----------------------------------------------------------------------------------


def _key(panel):
    """Of today's reminders of a panel: nobody is told the same thing twice (`Message.key`)."""
    return f"scoring:{panel.pk}:{timezone.localdate():%Y%m%d}"


def _reminders(user, panel, standing):
    """Return whom `user` may remind now, who was reminded today, and why there is nobody left.

    Experts come with the number of their sheets that are still due.
    """
    missing = {}
    for entry in standing.entries:
        for seat in entry.missing:
            expert, count = missing.get(seat.expert.pk, (seat.expert, 0))
            missing[seat.expert.pk] = expert, count + 1
    reminded = set(Message.objects.filter(key=_key(panel)).values_list("recipient_id", flat=True))
    pairs = [
        (expert, count)
        for pk, (expert, count) in missing.items()
        # As `User.objects.in_use()`: to others no mail goes.
        if pk != user.pk and expert.is_active and expert.has_usable_password()
    ]
    to_remind = [pair for pair in pairs if pair[0].pk not in reminded]
    refused = ""
    if not to_remind:
        refused = ALL_REMINDED if pairs else NOBODY_TO_REMIND
    return {
        "to_remind": to_remind,
        "reminded": [pair for pair in pairs if pair[0].pk in reminded],
        "remind_refused": refused,
    }


@require_POST
@role_required(Role.EXPERT, Role.OFFICE)
def panel_remind(request, pk):
    """Remind every expert with sheets that are still due, each once a day."""
    panel = find(request.user, pk)
    reminders = _reminders(request.user, panel, rankings.of_panel(panel))
    to_remind = reminders["to_remind"]
    if to_remind:
        with transaction.atomic():
            post(
                [
                    message
                    for expert, count in to_remind
                    for message in notifications.about_missing_scores(
                        panel, expert, count, request.user, _key(panel)
                    )
                ]
            )
        names = "、".join(f"{expert.name}（{count} 项）" for expert, count in to_remind)
        messages.success(request, f"已提醒{names}，同一专家每天只提醒一次。")
    else:
        messages.info(request, reminders["remind_refused"] or NOBODY_TO_REMIND)
    return redirect("review:panel_board", pk)


# --- The ranked list -----------------------------------------------------------------------------


def with_lines(ranked, quota_line, minimum):
    """Return the rows of a ranked list: entry, flags, and the lines drawn before it.

    The quota line stands before the first entry that is not safely within; the minimum's line
    before the first whose mean is below it.
    """
    rows, drawn = [], set()
    for entry in ranked:
        lines = []
        if entry.side is not Side.WITHIN and "quota" not in drawn:
            drawn.add("quota")
            lines.append(quota_line)
        is_below = entry.result.number and entry.result.mean < minimum
        if is_below and "minimum" not in drawn:
            drawn.add("minimum")
            lines.append(f"入选最低分 {number(minimum)} 分")
        flags = []
        if entry.place and entry.place.is_tied:
            flags.append("并列跨名额线，由专家组审定" if entry.side is Side.ACROSS else TIED)
        if is_below:
            flags.append(BELOW_MINIMUM)
        if entry.result.outliers:
            flags.append(OUTLIERS.format(number=len(entry.result.outliers)))
        rows.append({"entry": entry, "lines": lines, "flags": flags})
    return rows


def draw_ranked(rows, *, shows_panel=False, may_conclude=False):
    """Give each row of `with_lines` what it looks like: `html`."""
    for row in rows:
        entry, application = row["entry"], row["entry"].application
        row["html"] = _ranked_row(
            shows_panel=shows_panel,
            may_conclude=may_conclude,
            lines=tuple(row["lines"]),
            flags=tuple(row["flags"]),
            pk=str(application.pk),
            title=application.studio_title,
            number=application.number,
            unit=application.unit_name,
            stage=application.stage,
            label=application.stage_enum.label,
            is_open=entry.is_open,
            panel=entry.panel.name,
            rank=_shown(entry.place.rank if entry.place else None),
            mean=_shown(entry.result.mean),
            whole=_shown(entry.result.whole),
            experts=entry.result.number,
            spread=_shown(entry.result.spread),
        )


def _shown(value):
    """Return a number as text: 8 and 8.0 are equal, but shown differently."""
    return "—" if value is None else localize(value)


@require_GET
@role_required(Role.OFFICE, Role.BUREAU)
def ranking(request, round_pk):
    """Show the round's concluded applications over all panels in order of rank."""
    round_ = get_object_or_404(Round.objects.published().defer("notice"), pk=round_pk)
    visible = Application.objects.visible_to(request.user)
    entries = rankings.of_round(round_, visible)
    line = f"名额线：本批次入选名额 {round_.quota} 个"
    rows = with_lines(entries, line, round_.minimum_score)
    context = {
        "round": round_,
        "minimum": number(round_.minimum_score),
        "page_obj": (page := Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))),
        "ranked": page.object_list,
        "open": visible.filter(round=round_, stage=Stage.PANEL).count(),
        "panels": in_order(round_.panels.all()),
    }
    draw_ranked(page.object_list, shows_panel=True)
    return render(request, "review/scoring/ranking.html", context)
