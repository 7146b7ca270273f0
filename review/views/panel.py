"""Panels of experts, and an expert's score sheet."""

from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.db.models import Count, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.roles import Role, role_required
from applications.reading import PREFETCH
from applications.rounds import Round
from applications.stages import Stage
from applications.workflow import Refused
from review.forms.panels import PanelForm
from review.models import Alternate, Panel, PanelAssignment, Score, ScoreSheet
from review.views import detail
from review.views.records import hold

HALF = Decimal("0.5")
COMMENT_LIMIT = ScoreSheet._meta.get_field("comment").max_length


# --- The office sets panels up ---


@require_GET
@role_required(Role.OFFICE)
def panels(request):
    """List the panels, newest round first."""
    assignments = PanelAssignment.objects.filter(panel=OuterRef("pk")).order_by().values("panel")
    rows = (
        Panel.objects.select_related("round", "leader", "draw")
        .prefetch_related(
            Prefetch("experts", User.objects.only("name").order_by("name")),
            Prefetch("alternates", Alternate.objects.select_related("expert")),
        )
        .annotate(
            number_of_applications=_counted(assignments),
            number_scoring=_counted(assignments.filter(application__stage=Stage.PANEL)),
        )
        .order_by("-round__opens_at", "name")
    )
    waiting = Count(
        "applications",
        Q(applications__stage=Stage.QUALIFYING, applications__panel_assignment=None),
    )
    rounds = Round.objects.filter(results_published_at=None).annotate(without_panel=waiting)
    return render(
        request, "review/panels.html", {"panels": rows, "rounds": rounds.order_by("-opens_at")}
    )


def _counted(assignments):
    return Coalesce(Subquery(assignments.annotate(n=Count("pk")).values("n")), 0)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def panel_new(request, round_pk):
    """Make a panel for a round by hand."""
    round_ = get_object_or_404(Round, pk=round_pk)
    return _edit(request, Panel(round=round_))


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def panel(request, pk):
    """Edit a panel."""
    return _edit(request, get_object_or_404(Panel.objects.select_related("round", "draw"), pk=pk))


def _edit(request, instance):
    name = instance.name
    form = PanelForm(request.POST or None, instance=instance)
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            form.save(request.user)
        except Refused as error:
            form.add_error(None, str(error))
            status = 409
        else:
            messages.success(request, f"{form.instance.name}已保存。")
            return redirect("review:panels")
    assigned = instance.assignments.count() if instance.pk else 0
    context = {
        "form": form,
        "panel": instance,
        "round": instance.round,
        "name": name,
        "number_of_applications": assigned,
    }
    return render(request, "review/panel.html", context, status=status)


# --- An expert scores ---


@require_http_methods(["GET", "POST"])
@role_required(Role.EXPERT)
def score(request, pk):
    """The expert's own sheet: saved as a draft at any time, final once submitted."""
    application = detail.find(request.user, pk, *PREFETCH)
    sheet = ScoreSheet.objects.filter(application=application, expert=request.user).first()
    if application.stage != Stage.PANEL and sheet is None:
        raise Http404
    if request.method == "GET":
        return _page(request, application, sheet)
    entries = read_points(application.round.criteria.all(), request.POST)
    comment = request.POST.get("comment", "").replace("\r\n", "\n").replace("\0", "")
    is_final = request.POST.get("action") == "submit"
    problems = [entry for entry in entries if entry["error"]]
    if is_final:
        for entry in entries:
            if entry["points"] is None and not entry["error"]:
                entry["error"] = "请打分。"
                problems.append(entry)
    too_long = len(comment) > COMMENT_LIMIT
    try:
        with hold(request.user, pk, Stage.PANEL) as held:
            sheet = _save(held, request.user, entries, comment[:COMMENT_LIMIT])
            if is_final and not problems and not too_long:
                sheet.submit()
    except Refused as error:
        refused = str(error)
        return _page(request, application, sheet, entries, comment, refused, status=409)
    if problems or too_long:
        refused = "未提交，已打的分数已保存为草稿。" if is_final else "其余分数已保存为草稿。"
        if too_long:
            refused += f"评审意见超过 {COMMENT_LIMIT} 字，请删减。"
        return _page(request, application, sheet, entries, comment, refused, status=422)
    if is_final:
        messages.success(request, f"{application.studio_title}的评分已提交，总分 {sheet.total}。")
        return redirect("review:queue")
    messages.success(request, "评分草稿已保存，提交前其他人看不到。")
    return redirect("review:score", pk)


def read_points(criteria, posted):
    """Return a dict a criterion: criterion, typed, points (or None) and error (or "")."""
    entries = []
    for criterion in criteria:
        typed = posted.get(f"points-{criterion.pk}", "").strip()
        entry = {"criterion": criterion, "typed": typed, "points": None, "error": ""}
        if typed:
            try:
                points = Decimal(typed)
            except InvalidOperation:
                points = None
            if (
                points is None
                or not points.is_finite()
                or not 0 <= points <= criterion.points
                or points % HALF
            ):
                entry["error"] = f"请填写 0 至 {criterion.points} 之间的分数，可保留半分。"
            else:
                entry["points"] = points
        entries.append(entry)
    return entries


def _save(application, expert, entries, comment):
    """Save the readable points and the comment; raises Refused for a sheet that is final."""
    sheet, _ = ScoreSheet.objects.get_or_create(application=application, expert=expert)
    if sheet.submitted_at:
        raise Refused("评分表已提交，不能再修改。")
    sheet.comment = comment
    sheet.save()
    kept = [entry for entry in entries if entry["points"] is not None]
    blank = [entry["criterion"].pk for entry in entries if not entry["typed"]]
    sheet.scores.filter(criterion__in=blank).delete()
    Score.objects.bulk_create(
        [
            Score(sheet=sheet, criterion=entry["criterion"], points=entry["points"])
            for entry in kept
        ],
        update_conflicts=True,
        unique_fields=["sheet", "criterion"],
        update_fields=["points"],
    )
    return sheet


def _page(request, application, sheet, entries=None, comment=None, refused="", status=200):
    """Draw the sheet beside the material."""
    user = request.user
    saved = dict(sheet.scores.values_list("criterion", "points")) if sheet and sheet.pk else {}
    if entries is None:
        entries = [
            {"criterion": each, "typed": "", "points": saved.get(each.pk), "error": ""}
            for each in application.round.criteria.all()
        ]
        for entry in entries:
            points = entry["points"]
            entry["typed"] = "" if points is None else format(points.normalize(), "f")
    if comment is None:
        comment = sheet.comment if sheet else ""
    is_final = bool(sheet and sheet.submitted_at) or application.stage != Stage.PANEL
    context = {
        "application": application,
        "sheet": sheet,
        "entries": entries,
        "comment": comment,
        "comment_limit": COMMENT_LIMIT,
        "refused": refused,
        "is_final": is_final and not refused,
        "total": sum((entry["points"] or 0 for entry in entries), Decimal(0)),
        **detail.material(user, application),
    }
    return render(request, "review/score.html", context, status=status)
