"""Publication of a round's results: the final list checked before, and ranked for the staff."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.audit import AuditEntry, log_entry
from accounts.reauthentication import recently_authenticated
from accounts.roles import Role, role_required
from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage
from applications.tasks import tell_results
from review import rankings
from review.stroke_order import in_stroke_order

# Reported, and still on the way to a result.
UNDECIDED = (
    Stage.QUALIFYING,
    Stage.PANEL,
    Stage.INSPECTING,
    Stage.PUBLICITY,
    Stage.APPROVING,
    Stage.COUNTERSIGNING,
)
COLUMNS = (
    "number",
    "unit_name",
    "lead_name",
    "lead_occupation",
    "studio_occupation",
    "award_document_number",
    "award_document_date",
    "recommending_unit__name",
    "panel_assignment__mean",
)
BY_STROKES, BY_SCORE = "strokes", "score"


@require_GET
@role_required(Role.OFFICE, Role.BUREAU, Role.EXPERT)
def results(request, round_pk):
    """The awarded studios by 姓氏笔画 or by score; for the office, what it publishes.

    Experts see those of their own panels, after the publication.
    """
    round_ = get_object_or_404(Round.objects.published().defer("notice"), pk=round_pk)
    user = request.user
    is_published = round_.results_published_at is not None
    if user.role == Role.EXPERT and not is_published:
        raise Http404
    awarded = (
        Application.objects.visible_to(user)
        .filter(round=round_, stage=Stage.AWARDED)
        .select_related("recommending_unit", "panel_assignment")
        .only(*COLUMNS)
        .distinct()
    )
    order = BY_SCORE if request.GET.get("order") == BY_SCORE else BY_STROKES
    if order == BY_SCORE:
        places = rankings.places(round_, Application.objects.visible_to(user))
        awarded = sorted(awarded, key=lambda each: places.get(each.pk, len(places)))
    else:
        awarded = in_stroke_order(awarded)
    context = {
        "round": round_,
        "awarded": awarded,
        "order": order,
        "is_published": is_published,
        "refused": None if is_published else publication_refusal(round_),
    }
    return render(request, "review/results.html", context)


def publication_refusal(round_):
    """Why a round's results cannot be published yet, or None."""
    undecided = round_.applications.filter(stage__in=UNDECIDED).count()
    if undecided:
        return f"还有 {undecided} 项申报没有审定，审定后再公布结果。"
    return None


@require_POST
@role_required(Role.OFFICE)
@recently_authenticated
def publish_results(request, round_pk):
    """Make the round's results public; that nothing was awarded has to be confirmed."""
    with transaction.atomic():
        # No step is taken or undone meanwhile; applications are locked before their round.
        of_round = Application.objects.filter(round=round_pk).order_by("pk")
        list(of_round.select_for_update().values_list("pk"))
        round_ = get_object_or_404(Round.objects.published().select_for_update(), pk=round_pk)
        awarded = round_.applications.filter(stage=Stage.AWARDED).count()
        refused = publication_refusal(round_)
        if refused is None and not awarded and not request.POST.get("none_awarded"):
            refused = "本批次没有入选的申报，请勾选确认后再公布结果。"
        if refused:
            messages.error(request, refused)
        elif round_.results_published_at is None:
            round_.results_published_at = timezone.now()
            round_.save(update_fields=["results_published_at"])
            tell_results.enqueue(round_.pk)
            subject = f"{round_.title} 公布结果"
            log_entry(AuditEntry.Kind.SETTINGS, request, subject=subject, round=round_.pk)
            messages.success(request, f"结果已公布，共入选 {awarded} 项。")
    return redirect("review:results", round_pk)
