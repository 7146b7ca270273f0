"""An expert scores: the own sheet beside the material, saved while typing, final once submitted."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from accounts.numbers import decimal_number
from accounts.prepared import Prepared, PreparedFor
from accounts.roles import Role, role_required
from applications.form.display import PREFETCH
from applications.form.patterns import draw, draw_each
from applications.form.views.editing import is_autosave
from applications.models import Application
from applications.records import read_related
from applications.stages import Stage
from applications.workflow.perform import Refused
from review.scoring.forms import ReopenForm
from review.scoring.models import FINAL, Score, ScoreSheet, too_late
from review.scoring.typed_sheet import COMMENT_LIMIT, ELSEWHERE, NOTE_LIMIT, Typed, points_as_text
from review.shared import access
from review.shared.concurrency import hold

# Rows of the expert's own scores beside a sheet.
NEARBY = 25
CURRENT = format_html(' aria-current="{}"', "true")  # what is said of the present one's row


@require_http_methods(["GET", "POST"])
@role_required(Role.EXPERT)
def score(request, pk):
    """The expert's own sheet: saved at any time, final once its total is confirmed.

    The script of the page posts while somebody types and is answered in JSON.
    """
    application = access.find(request.user, pk, *(() if is_autosave(request) else PREFETCH))
    sheet = _own_sheet(request.user, application)
    if application.stage != Stage.PANEL and sheet is None:
        raise Http404
    if request.method == "GET":
        return _page(request, application, sheet)
    if request.POST.get("action") == "confirm":
        return _submit(request, application, sheet)
    typed = Typed(application.round, request.POST)
    try:
        with hold(request.user, pk, Stage.PANEL) as locked_application:
            sheet = typed.save(locked_application, request.user)
    except Refused as error:
        return _refuse(request, application, typed, str(error), 409)
    if request.POST.get("action") == "submit":
        if sentence := too_late(application.round):
            return _refuse(request, application, typed, sentence, 409)
        typed.ask_for_all()
        if typed.problems:
            sentence = "还不能提交，请按各项的提示修改；其余内容已保存为草稿。"
            return _refuse(request, application, typed, sentence, 422)
        return redirect(f"{reverse('review:score', args=[pk])}?confirm=1")
    if is_autosave(request):
        return JsonResponse(
            {
                "saved": f"{timezone.localtime(sheet.saved_at):%H:%M:%S}",
                "revision": sheet.revision,
                "problems": typed.problems,
                "closed": too_late(application.round),
            }
        )
    if typed.problems:
        return _refuse(request, application, typed, "其余内容已保存为草稿。", 422)
    messages.success(request, "评分草稿已保存，提交前其他人看不到。")
    return redirect("review:score", pk)


def _submit(request, application, sheet):
    """Make the sheet final, if its total is the one that the expert has confirmed."""
    confirmed = decimal_number(request.POST.get("total", ""))
    if sheet is None or confirmed is None:
        raise Http404
    try:
        if request.POST.get("revision", "") != str(sheet.revision):
            raise Refused(FINAL if sheet.submitted_at else ELSEWHERE)
        sheet.submit(confirmed)
    except Refused as error:
        sheet = ScoreSheet.objects.get(pk=sheet.pk)
        return _page(request, application, sheet, refused=str(error), status=409)
    messages.success(request, f"{application.studio_title}的评分已提交，总分 {sheet.total}。")
    following = _neighbours(application, own_scores(request.user, _panel(application)))["next"]
    if following:
        return redirect("review:score", following["application"].pk)
    return redirect("review:panel_desk", _panel(application).pk)


def _refuse(request, application, typed, sentence, status):
    """Answer what could not be saved, or not in full; everything typed is shown again."""
    if is_autosave(request):
        return JsonResponse({"refused": sentence}, status=status)
    sheet = _own_sheet(request.user, application)
    return _page(request, application, sheet, typed=typed, refused=sentence, status=status)


# One at most.
OWN_SHEET = Prepared(
    lambda expert, application: ScoreSheet.objects.filter(expert=expert, application=application),
    int,
    int,
)


def _own_sheet(expert, application):
    return next(iter(OWN_SHEET.ask(expert.pk, application.pk)), None)


def _panel(application):
    panel = application.panel_assignment.panel
    panel.round = application.round
    return panel


def _page(request, application, sheet, *, typed=None, refused="", status=200):
    """Draw the sheet beside the material."""
    user = request.user
    overview = own_scores(user, _panel(application), near=application)
    is_final = bool(sheet and sheet.submitted_at) or application.stage != Stage.PANEL
    entries = typed.entries if typed else _saved(application.round, sheet)
    comment = typed.comment if typed else sheet.comment if sheet else ""
    total = sum((entry["points"] or 0 for entry in entries), Decimal(0))
    is_complete = all(entry["points"] is not None for entry in entries)
    is_open = application.stage == Stage.PANEL and not (sheet and sheet.submitted_at)
    closed = too_late(application.round) if is_open else ""
    context = {
        "application": application,
        "sheet": sheet,
        "entries": entries,
        "comment": comment,
        "comment_error": typed.comment_error if typed else "",
        "limits": {"comment": COMMENT_LIMIT, "note": NOTE_LIMIT},
        "refused": refused,
        "closed": closed,
        "may_recuse": is_open,
        # What was refused stays to be copied, whatever has become of the sheet.
        "is_final": is_final and typed is None,
        "is_late": is_final,
        "total": total,
        "full": sum(entry["criterion"].points for entry in entries),
        "is_confirming": not is_final
        and not closed
        and typed is None
        and is_complete
        and "confirm" in request.GET,
        "overview": overview,
        **_neighbours(application, overview),
        **access.material(user, application),
    }
    return render(request, "review/scoring/score.html", context, status=status)


def _saved(round_, sheet):
    saved = {score.criterion_id: score for score in sheet.scores.all()} if sheet else {}
    entries = []
    read_related(round_, "criteria")
    for criterion in round_.criteria.all():
        old = saved.get(criterion.pk)
        points = old.points if old else None
        entries.append(
            {
                "criterion": criterion,
                "typed": points_as_text(points),
                "points": points,
                "note": old.note if old else "",
            }
        )
    return entries


def _neighbours(application, overview):
    """Return the rows of the overview before and after an application that have no final sheet."""
    rows = overview["rows"]
    here = _place(rows, application)
    open_rows = [row for row in (*rows[here + 1 :], *rows[:here]) if row["is_open"]]
    return {
        "following": open_rows[0] if open_rows else None,
        "preceding": open_rows[-1] if len(open_rows) > 1 else None,
        "next": open_rows[0] if open_rows else None,
    }


OWN_APPLICATIONS = PreparedFor(
    lambda user, panel: (
        Application.objects.visible_to(user)
        .filter(panel_assignment__panel=panel)
        .only("number", "lead_name", "unit_name", "stage")
        .order_by("number")
    ),
    int,
)
# When each was submitted, or None.
OWN_SHEETS = Prepared(
    lambda expert, panel: (
        ScoreSheet.objects.filter(expert=expert, application__panel_assignment__panel=panel)
        .order_by()
        .values_list("application", "submitted_at")
    ),
    int,
    int,
)
OWN_POINTS = Prepared(
    lambda expert, panel: Score.objects.filter(
        sheet__expert=expert, sheet__application__panel_assignment__panel=panel
    ).values_list("sheet__application", "criterion", "points"),
    int,
    int,
)


def own_scores(user, panel, near=None):
    """Return an expert's own scores in one panel, to keep them consistent.

    A dict: `criteria`; `shown`, the rows of the table: all, or those nearest to the application
    `near`, and `drawn`, these as HTML; `rows`, one an application by number, each a dict with
    application and its key, points (in the order of the criteria), total (or None while something
    is missing) and is_open (not submitted, and still scored); `means`, of each criterion and at
    last of the totals. Costs four queries however many there are.
    """
    read_related(panel.round, "criteria")
    criteria = list(panel.round.criteria.all())
    keys = [criterion.pk for criterion in criteria]
    submitted = dict(OWN_SHEETS.ask(user.pk, panel.pk))
    given: dict[int, dict] = {}
    for key, criterion, number in OWN_POINTS.ask(user.pk, panel.pk) if submitted else ():
        # A sheet that was begun this moment, in another window, is not among the first.
        given.setdefault(key, {})[criterion] = number
    rows = []
    for application in OWN_APPLICATIONS.ask(user, panel.pk):
        key = application.pk
        by_criterion = given.get(key, {})
        points: list[Any] = [by_criterion.get(criterion) for criterion in keys]
        is_complete = bool(points) and None not in points
        is_final = submitted.get(key) is not None
        rows.append(
            {
                "key": key,
                "application": application,
                "points": points,
                "total": sum(points) if is_complete else None,
                "is_open": not is_final and application.stage == Stage.PANEL,
                "state": "已提交" if is_final else "草稿" if key in submitted else "未评分",
            }
        )
    columns = [*zip(*(row["points"] for row in rows), strict=True)] or [()] * len(criteria)
    means = [_mean(column) for column in columns]
    shown = _nearest(rows, near) if near else rows
    return {
        "criteria": criteria,
        "rows": rows,
        "shown": shown,
        "drawn": _drawn(shown, near),
        "means": [*means, _mean([row["total"] for row in rows])],
        "submitted": sum(row["state"] == "已提交" for row in rows),
    }


def _drawn(rows, application):
    """Return rows of the own scores as HTML, that of an application marked as the present one."""
    return draw_each(
        "review/scoring/_own_score.html",
        (
            {
                "state_of_row": CURRENT if row["application"] == application else "",
                "address": reverse("review:score", args=[row["application"].pk]),
                "title": row["application"].studio_title,
                "number": row["application"].number,
                "recusal": _recusal(row["application"]) if row["is_open"] else "",
                "points": draw_each(
                    "review/scoring/_own_points.html",
                    ({"points": _dashed(points)} for points in row["points"]),
                ),
                "total": _dashed(row["total"]),
                "state": row["state"],
            }
            for row in rows
        ),
    )


def _recusal(application):
    address = reverse("review:recusal", args=[application.pk])
    texts = {"address": address, "title": application.studio_title}
    return draw("review/scoring/_own_recusal.html", texts)


def _dashed(points):
    return "—" if points is None else points


def _place(rows, application):
    """Return the place of an application; 0 where its expert stepped aside at this moment."""
    return next((n for n, row in enumerate(rows) if row["key"] == application.pk), 0)


def _nearest(rows, application):
    """Return the rows about an application, so many at most: the whole table is on the desk."""
    here = _place(rows, application)
    start = max(0, min(here - NEARBY // 2, len(rows) - NEARBY))
    return rows[start : start + NEARBY]


def _mean(points):
    numbers = [number for number in points if number is not None]
    return (sum(numbers) / len(numbers)).quantize(Decimal("0.1")) if numbers else None


@require_http_methods(["GET", "POST"])
@role_required(Role.EXPERT)
def reopen(request, pk):
    """The panel's leader gives a submitted sheet back to its expert, with a reason."""
    visible = Application.objects.visible_to(request.user).filter(panel_assignment__isnull=False)
    sheet = get_object_or_404(
        ScoreSheet.objects.select_related("application__round", "expert").filter(
            application__in=visible
        ),
        pk=pk,
    )
    application = sheet.application
    if application.panel_assignment.leading != request.user.pk:
        raise Http404
    form = ReopenForm(request.POST or None)
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            sheet.reopen(request.user, form.cleaned_data["reason"])
        except Refused as error:
            form.add_error(None, str(error))
            status = 409
        else:
            messages.success(request, f"{sheet.expert.name}的评分表已退回，本人已收到通知。")
            return redirect("review:detail", application.pk)
    refused = sheet.reopening_refused(application, request.user)
    context = {"sheet": sheet, "application": application, "form": form, "refused": refused}
    return render(request, "review/scoring/reopen.html", context, status=status)
