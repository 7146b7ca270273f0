"""批次档案 for office and bureau: ask for a round; it is downloaded where all exports are."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.audit import AuditEntry, log_entry
from accounts.roles import role_required
from accounts.views.reauthentication import recently_authenticated
from applications.rounds import Round
from documents.models import KEPT
from operations.round_export import export
from operations.round_export.tasks import ROLES, request_round
from review.shared.fields import whole_number


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*ROLES)
@recently_authenticated
def round_export(request):
    """Say what the folder of a round holds; have one made (POST)."""
    if request.method == "POST":
        number = whole_number(request.POST.get("round", ""))
        round_ = Round.objects.published().filter(pk=number).first() if number is not None else None
        if round_ is None:
            messages.error(request, "请选择评选批次。")
            return redirect("operations:round_export")
        record = request_round(round_, request.user)
        subject = f"{round_.title} {export.TITLE}（导出记录 {record.pk}）"
        log_entry(AuditEntry.Kind.EXPORT, request, subject=subject, export=record.pk)
        messages.info(request, f"{round_.title}的批次档案正在生成，完成后可在本页下载。")
        return redirect("documents:exports")
    context = {
        "chosen": whole_number(request.GET.get("round", "")),
        "rounds": Round.objects.published().only("title").order_by("-opens_at"),
        "kept_hours": int(KEPT.total_seconds() // 3600),
    }
    return render(request, "operations/round_export/round_export.html", context)
