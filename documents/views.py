"""What leaves as a file: 附件1 as Excel, 附件2 as PDF."""

import io

from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.models import RecommendingUnit
from accounts.roles import Role, role_required
from applications.models import Application
from applications.permissions import privacy_for
from applications.rounds import Round
from documents import annex1, annex2

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A file with personal data is never kept by a browser's or a proxy's cache.
never_stored = cache_control(private=True, no_store=True)


@require_safe
@never_stored
def annex2_pdf(request, pk):
    """附件2 of one application, with as much of it as the reader may see; opens in the browser."""
    application = get_object_or_404(
        annex2.prepared(Application.objects.visible_to(request.user)), pk=pk
    )
    made = annex2.render(
        application,
        privacy_for(request.user, application),
        annex2.boxes_for(request.user, application),
    )
    return FileResponse(
        io.BytesIO(made),
        filename=f"附件2 {annex2.TITLE} {application.number or annex2.NOT_SUBMITTED}.pdf",
        content_type="application/pdf",
    )


@require_safe
@role_required(Role.RECOMMENDER, Role.OFFICE, Role.BUREAU)
@never_stored
def annex1_excel(request, pk):
    """附件1 of a round: `?unit=CODE` for one recommending unit, otherwise the whole round.

    A recommending unit gets its own list, whether it names itself or nobody.
    """
    round_ = get_object_or_404(Round, pk=pk)
    code = request.GET.get("unit")
    if request.user.role == Role.RECOMMENDER:
        unit = request.user.recommending_unit
        if code not in (None, unit.code):
            raise Http404
    else:
        # PostgreSQL refuses to look for a NUL.
        unit = get_object_or_404(RecommendingUnit, code=code.replace("\0", "")) if code else None
    applications = Application.objects.visible_to(request.user).filter(round=round_)
    if unit is not None:
        applications = applications.filter(recommending_unit=unit)
    return FileResponse(
        io.BytesIO(annex1.workbook(round_, applications, unit)),
        as_attachment=True,
        filename=f"附件1 申报情况一览表 {round_.year} {unit.name if unit else annex1.SUMMARY}.xlsx",
        content_type=EXCEL,
    )
