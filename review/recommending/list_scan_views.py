"""What was found of the scan of a stamped 附件1, for its unit and for the office."""

from django.db.models import F
from django.http import Http404, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from accounts.roles import Role, role_required
from applications.files.views import neutral_picture
from applications.recognition.page_views import drawn, log_page_once
from applications.recognition.place_links import box_of
from applications.recognition.records import PageText
from review.recommending.list_models import RecommendationList
from review.recommending.list_scan import list_scan_context
from review.shared.attachments import Attachment

READERS = (Role.RECOMMENDER, Role.OFFICE, Role.BUREAU)


def _find_list(user, pk):
    """Return a list whose scan the user may open; raises Http404."""
    scans = Attachment.objects.visible_to(user).filter(kind=Attachment.Kind.LIST_SCAN)
    lists = RecommendationList.objects.select_related("stamped_scan", "recommending_unit", "round")
    return get_object_or_404(lists.filter(stamped_scan__in=scans.values("pk")), pk=pk)


@require_GET
@role_required(*READERS)
def list_scan(request, pk):
    """Show what was found of a list's scan; a script asks for it as JSON while it is being read.

    JSON: tag and check (HTML), waits.
    """
    saved = _find_list(request.user, pk)
    context = {"list": saved, "scan": saved.stamped_scan, **list_scan_context(saved)}
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(
            {
                "tag": render_to_string("review/recommending/_list_scan_tag.html", context),
                "check": render_to_string("review/recommending/_list_scan.html", context),
                "waits": context["stamp_waits"],
            }
        )
    return render(request, "review/recommending/list_scan.html", context)


@require_GET
@role_required(*READERS)
def list_scan_picture(request, pk, number):
    """Draw the part of a page of a stamped 附件1 that `crop` names, upright."""
    scans = Attachment.objects.visible_to(request.user).filter(
        kind=Attachment.Kind.LIST_SCAN, erased_at=None
    )
    scan = get_object_or_404(scans.annotate(number=F("application__number")), pk=pk)
    if not 1 <= number <= scan.pages:
        raise Http404
    if scan.withheld:
        return neutral_picture()
    try:
        crop = box_of(request.GET.get("crop", ""))
    except ValueError:
        return HttpResponseBadRequest()
    what = f"{scan.get_kind_display()}第 {number} 页"
    log_page_once(request, scan.number, what, attachment=pk, page=number)
    row = PageText.objects.filter(file=scan.sha256, number=number).first()
    return drawn(scan, number, row.page if row else None, crop)
