"""Pages for everybody: the portal's home, a round with its notice, 公示 and results.

Of an application they read only what is meant for publication (design.md section 4).
"""

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from applications.models import Application
from applications.rounds import Round
from applications.stages import STEPS
from applications.versions.snapshot import in_groups
from review.publicity.models import PublicNotice, still_listed
from review.results.models import ResultEdition
from review.rounds.call import CALL_TEMPLATE, call_context, notice_lines
from review.shared.stroke_order import in_stroke_order

# Never an ID number, a telephone number or a date of birth.
PUBLISHED_COLUMNS = (
    "unit_name",
    "lead_name",
    "lead_occupation",
    "studio_occupation",
    "recommending_unit__name",
)
ENDED_SHOWN = 10
# What happens in each of the notice's seven steps (section 二).
STEP_NOTES = (
    "单位注册账号，填写申报表，上传佐证材料后提交。",
    "推荐单位审核材料，征求公安部门意见，单位公示无异议后推荐上报。",
    "评审委员会办公室审查资格条件。",
    "专家评审委员会综合评审，提出拟入选项目名单。",
    "对拟入选项目实地考察评估。",
    "向社会公示，接受监督。",
    "市人力资源和社会保障局审定并发文公布。",
)


def _published():
    """Return applications with no other columns than the published ones."""
    return Application.objects.select_related("recommending_unit").only(*PUBLISHED_COLUMNS)


def home(request):
    """The public home page; `home.home` shows it to visitors who have not logged in."""
    now = timezone.now()
    rounds = Round.objects.published().defer("notice")
    open_rounds = list(Round.objects.open_now())
    for round_ in open_rounds:
        round_.notice_lines = notice_lines(round_.notice)
    context = {
        "open_rounds": open_rounds,
        "coming_rounds": list(rounds.filter(opens_at__gt=now)),
        "announced": list(
            rounds.filter(results_published_at__isnull=False).order_by("-results_published_at")[:5]
        ),
        "past_rounds": list(rounds.filter(closes_at__lte=now)[:5]),
        "has_publicity": PublicNotice.objects.running().exists(),
        "steps": [(label, note) for (label, _), note in zip(STEPS, STEP_NOTES, strict=True)],
    }
    return render(request, "review/public/home.html", context)


@require_safe
@login_not_required
def round_page(request, pk):
    """One round: its dates, its notice and the evidence it asks for. The office sees drafts."""
    visible = Round.objects.visible_to(request.user)
    round_ = get_object_or_404(visible.prefetch_related("evidence_requirements"), pk=pk)
    context = call_context(round_, round_.evidence_requirements.all())
    return render(request, CALL_TEMPLATE, context)


def _shortlist():
    return Prefetch("applications", still_listed(_published()), to_attr="shortlist")


@require_safe
@login_not_required
def publicity(request):
    """The shortlists whose notice period runs today, and the notices that have ended."""
    notices = list(
        PublicNotice.objects.running()
        .select_related("round")
        .prefetch_related(_shortlist(), "changes")
        .annotate(published=Count("applications"))
    )
    for notice in notices:
        notice.shortlist = in_stroke_order(notice.shortlist)
    ended = PublicNotice.objects.standing().filter(ends_on__lt=timezone.localdate())
    context = {"notices": notices, "ended": ended.select_related("round")[:ENDED_SHOWN]}
    return render(request, "review/public/publicity.html", context)


@require_safe
@login_not_required
def publicity_notice(request, pk):
    """One notice from its first day on; after its last day nobody can object on it any more."""
    notice = get_object_or_404(
        PublicNotice.objects.filter(starts_on__lte=timezone.localdate())
        .select_related("round")
        .prefetch_related(_shortlist(), "changes")
        .annotate(published=Count("applications")),
        pk=pk,
    )
    notice.shortlist = in_stroke_order(notice.shortlist)
    return render(request, "review/public/publicity_notice.html", {"notice": notice})


@require_safe
@login_not_required
def results(request, round_pk, number=None):
    """The published list of a round: its last edition, or an earlier one that stays on record."""
    editions = list(ResultEdition.objects.filter(round=round_pk).select_related("round"))
    if number is None:
        edition = editions[-1] if editions else None
    else:
        edition = next((each for each in editions if each.sequence == number), None)
    if edition is None:
        raise Http404
    context = {
        "round": edition.round,
        "edition": edition,
        "last": editions[-1],
        "editions": editions[::-1],
        "fingerprint": in_groups(edition.digest),
    }
    return render(request, "review/public/results.html", context)
