"""记录校验 and 存证 for office and administrator; the log as Excel."""

import io

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role, role_required
from accounts.views.log import LogFilterForm
from applications.rounds import Round
from documents.views import excel_response, pdf_response
from operations import audit_log as workbook_of_log
from operations import chain_heads
from operations.trail import AuditCheck, ChainExport
from review.shared.fields import whole_number

# So many are shown; all are kept.
CHECKS_SHOWN, EXPORTS_SHOWN, FINDINGS_SHOWN = 5, 20, 200


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.OFFICE, Role.ADMIN)
def audit(request):
    """The last verifications, and the exports of chain heads; a POST exports a round's."""
    if request.method == "POST":
        number = whole_number(request.POST.get("round", ""))
        round_ = Round.objects.published().filter(pk=number).first() if number is not None else None
        if round_ is None:
            messages.error(request, "请选择评选批次。")
            return redirect("operations:audit")
        export = ChainExport.make(round_, request.user)
        subject = f"{round_.title} {chain_heads.TITLE}"
        log_entry(AuditEntry.Kind.EXPORT, request, subject=subject, chain_export=export.pk)
        messages.success(
            request, f"{chain_heads.TITLE}已生成，请下载，打印盖章后与数据文件一并离线保存。"
        )
        return redirect("operations:audit")
    checks = list(AuditCheck.objects.all()[:CHECKS_SHOWN])
    last = checks[0] if checks else None
    context = {
        "last": last,
        "findings": last.findings[:FINDINGS_SHOWN] if last else [],
        "checks": checks,
        "rounds": Round.objects.published().only("title").order_by("-opens_at"),
        "exports": ChainExport.objects.select_related("round", "made_by").defer("round__notice")[
            :EXPORTS_SHOWN
        ],
    }
    return render(request, "operations/audit.html", context)


def _export(request, pk):
    export = get_object_or_404(ChainExport.objects.select_related("round", "made_by"), pk=pk)
    log_entry(
        AuditEntry.Kind.DOWNLOAD,
        request,
        subject=f"{export.round.title} {chain_heads.TITLE}",
        chain_export=pk,
    )
    name = f"{chain_heads.TITLE} {timezone.localtime(export.made_at):%Y-%m-%d %H%M}"
    return export, name


@require_safe
@role_required(Role.OFFICE, Role.ADMIN)
def chain_export_pdf(request, pk):
    """An export of chain heads, to be stamped."""
    export, name = _export(request, pk)
    return pdf_response(chain_heads.render(export), name)


@require_safe
@role_required(Role.OFFICE, Role.ADMIN)
def chain_export_json(request, pk):
    """An export of chain heads, for `verify_audit --heads`."""
    export, name = _export(request, pk)
    return FileResponse(
        io.BytesIO(export.file),
        as_attachment=True,
        filename=f"{name}.json",
        content_type="application/json",
    )


@require_safe
@role_required(Role.ADMIN)
def audit_log(request):
    """The log as Excel, filtered as the page is; leads back when that is too much or refused."""
    form = LogFilterForm(request.GET)
    lines = list(form.lines()[: workbook_of_log.LIMIT + 1])
    if form.errors or len(lines) > workbook_of_log.LIMIT:
        if not form.errors:
            messages.error(
                request,
                f"符合条件的记录超过 {workbook_of_log.LIMIT} 行，请缩小日期范围后再导出。",
            )
        return redirect(f"{reverse('accounts:audit_log')}?{request.GET.urlencode()}")
    asked = form.in_words()
    made = workbook_of_log.workbook(lines, asked, request.user)
    log_entry(AuditEntry.Kind.EXPORT, request, subject=workbook_of_log.TITLE, rows=len(lines))
    return excel_response(made, f"{workbook_of_log.TITLE} {timezone.localtime():%Y-%m-%d %H%M}")
