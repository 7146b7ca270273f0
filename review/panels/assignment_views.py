"""The office assigns the applications of a round to its panels, from a balanced proposal."""

from collections import Counter

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.roles import Role, role_required
from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.panels.assignment import Bench, Candidate, assign_panel, propose
from review.panels.employers import names_of, plain_name
from review.panels.models import PanelAssignment, in_order
from review.shared.concurrency import hold
from review.shared.fields import whole_number

COLUMNS = (
    "number",
    "stage",
    "lead_name",
    "unit_name",
    "lead_occupation",
    "studio_occupation",
    "applying_unit__name",
    "panel_assignment__panel",
)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def assign_panels(request, round_pk):
    """Propose a panel for each application that waits for one, or for those asked for.

    `application` names those asked for. Posted, `panel-<pk>` is what the office chose and
    `was-<pk>` what the page had seen; the action `preview` only counts again.
    """
    round_ = get_object_or_404(Round.objects.published(), pk=round_pk)
    panels = in_order(
        round_.panels.prefetch_related("experts").annotate(
            number_of_applications=Count("assignments")
        )
    )
    data = request.POST if request.method == "POST" else request.GET
    selected = [whole_number(text) for text in data.getlist("application")]
    applications = _waiting(request.user, round_, [pk for pk in selected if pk])
    chosen = None
    if request.method == "POST":
        by_key = {str(panel.pk): panel for panel in panels}
        chosen = {
            application.pk: by_key.get(request.POST.get(f"panel-{application.pk}", ""))
            for application in applications
        }
        if request.POST.get("action") != "preview":
            gone = {pk for pk in selected if pk} - set(chosen)
            return _save(request, round_, chosen, gone)
    return render(
        request, "review/panels/assign_panels.html", _context(round_, panels, applications, chosen)
    )


def _waiting(user, round_, selected):
    """Return the applications to be assigned: those selected, or those without a panel."""
    applications = Application.objects.visible_to(user).filter(round=round_, stage=Stage.QUALIFYING)
    condition = Q(pk__in=selected) if selected else Q(panel_assignment=None)
    applications = (
        applications.filter(condition)
        .select_related("applying_unit", "panel_assignment")
        .only(*COLUMNS)
    )
    return list(applications.order_by("lead_occupation", "number"))


def _context(round_, panels, applications, chosen):
    """Return what the page shows; `chosen` is None for the proposal, or application → panel."""
    candidates = {
        application.pk: Candidate(
            application.pk,
            application.lead_occupation.strip(),
            names_of(application),
            application.studio_occupation.strip(),
        )
        for application in applications
    }
    moving = Counter(
        application.panel_assignment.panel_id
        for application in applications
        if hasattr(application, "panel_assignment")
    )
    benches = {
        panel.pk: Bench(
            panel.pk,
            # What is assigned anew no longer counts where it is.
            panel.number_of_applications - moving[panel.pk],
            frozenset(expert.occupation for expert in panel.experts.all() if expert.occupation),
            frozenset(
                plain_name(expert.employer) for expert in panel.experts.all() if expert.employer
            ),
        )
        for panel in panels
    }
    if chosen is None:
        proposal = propose(candidates.values(), benches.values())
    else:
        proposal = {pk: panel.pk for pk, panel in chosen.items() if panel}
    rows = []
    for application in applications:
        bench = benches.get(proposal.get(application.pk))
        rows.append(
            {
                "application": application,
                "panel": proposal.get(application.pk),
                "was": application.panel_assignment.panel_id
                if hasattr(application, "panel_assignment")
                else "",
                "occupations": _occupations(application),
                "is_placed": bench is not None,
                "matching": bench.matching(candidates[application.pk]) if bench else [],
                "elsewhere": [
                    panel
                    for panel in panels
                    if benches[panel.pk] is not bench
                    and benches[panel.pk].knows(candidates[application.pk])
                ],
                "conflict": bench is not None and bench.conflicts_with(candidates[application.pk]),
            }
        )
    summary = []
    for panel in panels:
        own = [row for row in rows if row["panel"] == panel.pk]
        counted = Counter(row["application"].lead_occupation or "未填" for row in own)
        summary.append(
            {
                "panel": panel,
                "occupations": sorted(benches[panel.pk].occupations),
                "load": benches[panel.pk].load,
                "new": len(own),
                "total": benches[panel.pk].load + len(own),
                "counts": sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])),
                "conflicts": sum(row["conflict"] for row in own),
                "matched": sum(bool(row["matching"]) for row in own),
            }
        )
    return {
        "round": round_,
        "rows": rows,
        "panels": panels,
        "summary": summary,
        "unassigned": sum(row["panel"] is None for row in rows),
        "is_proposal": chosen is None,
    }


def _occupations(application):
    """The lead's 工种, and the studio's where it is another."""
    named = (application.lead_occupation.strip(), application.studio_occupation.strip())
    return list(dict.fromkeys(filter(None, named)))


def _save(request, round_, chosen, gone):
    """Assign one by one, each under its lock; tell what was done and what was not, and why."""
    done, refused = 0, []
    if gone:
        refused.append(f"有 {len(gone)} 项申报已不在资格审查阶段，没有分配。")
    for pk, panel in sorted(chosen.items()):
        if panel is None:
            continue
        try:
            with hold(request.user, pk, Stage.QUALIFYING) as application:
                assignment = PanelAssignment.objects.filter(application=application).first()
                if str(assignment.panel_id if assignment else "") != request.POST.get(
                    f"was-{pk}", ""
                ):
                    raise Refused("已由他人分配，没有改动。")
                done += assign_panel(application, panel, request.user)
        except Refused as error:
            number = Application.objects.values_list("number", flat=True).get(pk=pk)
            refused.append(f"{number}：{error}")
    if done:
        messages.success(request, f"已分配 {done} 项申报。")
    elif not refused:
        messages.info(request, "没有需要保存的分配，请先为申报选择专家组。")
    for sentence in refused:
        messages.error(request, sentence)
    return redirect(reverse("review:assign_panels", args=[round_.pk]))
