"""The mark of whoever looked at a finding: put, changed or taken back."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.signing import BadSignature
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.middleware import SCRIPT
from accounts.roles import Role, role_required
from applications.models import Application
from applications.recognition import marks
from applications.recognition.records import FindingMark

LATE = "该申报已转入其他阶段，标记没有保存，请刷新页面。"


@dataclass(frozen=True)
class Marked:
    """What a mark is put on: `key` and `digest` of a finding."""

    key: str
    digest: str


@require_POST
@role_required(Role.APPLICANT, Role.RECOMMENDER, Role.OFFICE)
def finding_mark(request, pk):
    """Put the reader's mark on a finding of an application, or take it back.

    A script gets the marks as they stand now (`_finding_marks.html`), everybody else the page that
    they came from.
    """
    application = get_object_or_404(Application.objects.visible_to(request.user), pk=pk)
    verdict = request.POST.get("verdict", "")
    try:
        key, digest = marks.opened(application, request.POST.get("token", ""))
    except BadSignature:
        return HttpResponseBadRequest()
    if verdict and verdict not in FindingMark.Verdict:
        return HttpResponseBadRequest()
    is_late = not marks.may_mark(request.user, application)
    if not is_late:
        marks.mark(application, Marked(key, digest), verdict, request.user)
    if SCRIPT not in request.headers:
        if is_late:
            messages.error(request, LATE)
        return redirect(_back(request, application))
    if is_late:
        return HttpResponse(LATE, status=409, content_type="text/plain; charset=utf-8")
    of_it = marks.marks_of(application).get((key, digest), ())
    of_it = marks.visible_marks(request.user, of_it)
    context = {
        "application": application,
        "marks": of_it,
        "own": next((row for row in of_it if row.user_id == request.user.pk), None),
        "token": request.POST["token"],
        "label": request.POST.get("label", "")[:200],
        "next": request.POST.get("next", ""),
    }
    return render(request, "applications/recognition/_finding_marks.html", context)


def _back(request, application):
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
        return address
    if request.user.role == Role.APPLICANT:
        return redirect("applications:overview", application.pk).url
    return redirect("review:detail", application.pk).url
