"""日历订阅: the account's page, and the calendar itself at its secret address."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import AuditEntry, log_entry
from accounts.limits import limited
from accounts.views.reauthentication import recently_authenticated
from applications.notify.calendar.calendar_file import calendar_file
from applications.notify.calendar.models import CalendarAddress, digest_of
from review.calendar.deadlines import deadlines_of

# Of one network: an office of forty, whose telephones ask a few times an hour.
FEED_RATE = "300/h/ip"


@require_http_methods(["GET", "HEAD", "POST"])
@recently_authenticated
def calendar(request):
    """Show the address and how to subscribe; make one, or another in its place (POST)."""
    if request.method == "POST":
        is_first = not CalendarAddress.objects.filter(user=request.user).exists()
        CalendarAddress.objects.make(request.user)
        _log(request, "made")
        said = (
            "订阅地址已生成。" if is_first else "地址已更换，旧地址已失效，请在各设备上重新订阅。"
        )
        messages.success(request, said)
        return redirect("calendar")
    address = CalendarAddress.objects.filter(user=request.user).first()
    path = reverse("calendar_feed", args=[address.token]) if address else ""
    url = f"{settings.SITE_URL}{path}"
    context = {
        "address": address,
        "url": url,
        "webcal": f"webcal://{url.partition('://')[2]}",
        "deadlines": sorted(deadlines_of(request.user), key=lambda row: row.at) if address else (),
    }
    return render(request, "review/calendar/calendar.html", context)


@require_POST
def calendar_remove(request):
    """Remove the address: it leads nowhere any more."""
    CalendarAddress.objects.filter(user=request.user).delete()
    _log(request, "removed")
    messages.success(request, "订阅已停用，原地址已失效。")
    return redirect("calendar")


def _log(request, action):
    log_entry(AuditEntry.Kind.SETTINGS, request, subject="日历订阅", action=action)


@require_safe
@login_not_required
@limited("calendar", FEED_RATE, limit_get=True)
def calendar_feed(request, token):
    """The calendar of whoever has this address; it exists for nobody who has not.

    Programs ask every few hours: what has not changed is answered without a body.
    """
    address = CalendarAddress.objects.of_token(token)
    if address is None:
        raise Http404
    body = calendar_file(address.entries(deadlines_of(address.user)))
    etag, changed_at = quote_etag(digest_of(body)), int(address.told_at.timestamp())
    response = get_conditional_response(request, etag, changed_at)
    if response is None:
        response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="deadlines.ics"'
    response["ETag"], response["Last-Modified"] = etag, http_date(changed_at)
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
