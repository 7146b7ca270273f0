"""Submitting, withdrawing, discarding, the receipt, and the public check of a printed form."""

import re
from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.limits import limited
from accounts.roles import Role, role_required
from applications.form.completeness import grouped, problems, warnings
from applications.form.definition import SECTION
from applications.form.forms import SubmitForm
from applications.form.views.editing import opened
from applications.models import Application, Submission
from applications.recognition.recommended_checks import checks_of
from applications.rounds import EvidenceCategory
from applications.versions.corrections import latest_correction, returns_of
from applications.versions.snapshot import in_groups
from applications.workflow.arrival import arrived_at
from applications.workflow.perform import Refused, perform, refusal
from applications.workflow.table import TRANSITIONS

FINGERPRINT = re.compile("[0-9a-f]{16,64}")  # 16 of them are printed
PAGE = re.compile("[1-9][0-9]{0,2}")
# More than a clerk with a pile of forms and a scanner, less than a script that tries them out.
VERIFY_RATE = "30/m/ip"
OPINION = ("opinion_text", "opinion_signatory", "opinion_signed_on")


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def submit(request, pk):
    """Check the whole form; when it is complete, submit with the opinion that was printed.

    A form that was printed before the opinion was asked for gets it here.
    """
    own = Application.objects.visible_to(request.user)
    unit = get_object_or_404(own.only(*OPINION, "principal"), pk=pk)
    form = SubmitForm(request.POST or None, application=unit)
    # An unbound form is not valid; a bound one was posted.
    is_valid = form.is_valid()
    arrival = arrived_at(request)
    if is_valid and _perform(
        request, unit, "submit", form, arrived_at=arrival, **form.cleaned_data
    ):
        messages.success(request, "申报已提交，请等待推荐单位审核。")
        return redirect("applications:receipt", pk)
    application = opened(request.user, pk)
    if not application.is_editable and not form.is_bound:
        return redirect("applications:overview", pk)
    found = groupby(problems(application), lambda problem: problem.section)
    return render(
        request,
        "applications/form/submit.html",
        {
            "application": application,
            "form": form,
            "problems": [(SECTION[key].title, grouped(group, application)) for key, group in found],
            "warnings": [
                (warning.message, warning.url(application)) for warning in warnings(application)
            ],
            "checks": checks_of(request.user, application) if application.is_editable else None,
            "refusal": refusal(application, "submit", request.user),
            "rule": TRANSITIONS["submit"],
            "correction": latest_correction(application, application, returns_of(application)),
        },
        status=409 if is_valid else 422 if form.is_bound else 200,
    )


def _perform(request, application, name, form=None, **data):
    """Take a transition of the page's application; return whether it was done.

    A refusal becomes an error of `form`, or a message where there is none.
    """
    try:
        perform(
            application,
            name,
            request.user,
            revision=request.POST.get("revision", ""),
            **data,
        )
    except Refused as error:
        if form is None:
            messages.error(request, str(error))
        else:
            form.add_error(None, str(error))
        return False
    return True


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def withdraw(request, pk):
    """Take a submission back while the recommending unit has not acted on it."""
    return _confirmed(request, pk, "withdraw", "申报已撤回，可以继续修改；请在截止前重新提交。")


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def discard(request, pk):
    """Give a draft up for good."""
    return _confirmed(request, pk, "discard", "申报已放弃；需要时可以在“我的申报”重新开始。")


def _confirmed(request, pk, name, done):
    """Take a transition once it is confirmed on its page; a refusal is told as a message."""
    own = Application.objects.visible_to(request.user)
    if request.method == "POST":
        if _perform(request, get_object_or_404(own.only("pk"), pk=pk), name):
            messages.success(request, done)
        return redirect("applications:overview", pk)
    application = get_object_or_404(own.select_related("round", "recommending_unit"), pk=pk)
    return render(
        request,
        f"applications/form/{name}.html",
        {
            "application": application,
            "refusal": refusal(application, name, request.user),
            "rule": TRANSITIONS[name],
        },
    )


@require_GET
@role_required(Role.APPLICANT)
def receipt(request, pk):
    """The receipt of the latest submission: number, version, fingerprint, files with digests."""
    own = Application.objects.visible_to(request.user).select_related("round", "recommending_unit")
    application = get_object_or_404(own, pk=pk)
    submission = application.submissions.select_related("submitted_by").last()
    if submission is None:
        raise Http404
    files = [
        {**row, "category": EvidenceCategory(row["category"]).label}
        for row in submission.content["evidence"]
    ]
    return render(
        request,
        "applications/form/receipt.html",
        {
            "application": application,
            "submission": submission,
            "fingerprint": in_groups(submission.fingerprint),
            "files": files,
        },
    )


@require_GET
@login_not_required
@limited("verify", VERIFY_RATE, limit_get=True)
def verify(request, fingerprint):
    """Tell anybody whether a printed form is what was submitted last. No personal data.

    Versions that differ in their files alone share a fingerprint; the latest of them counts. The
    short form at the foot of each page does as well. `?p=3` is the page whose code was scanned.
    Whoever asks too often gets 429.html.
    """
    submission, is_latest = None, False
    fingerprint = fingerprint.replace(" ", "").lower()
    if FINGERPRINT.fullmatch(fingerprint):
        submission = (
            Submission.objects.filter(fingerprint__startswith=fingerprint)
            .select_related("application__round")
            .order_by("version")
            .last()
        )
    if submission:
        newer = submission.application.submissions.filter(version__gt=submission.version)
        is_latest = not newer.exists()
    return render(
        request,
        "applications/form/verify.html",
        {
            "fingerprint": in_groups(submission.fingerprint if submission else fingerprint),
            "submission": submission,
            "application": submission and submission.application,
            "fields": submission.content["fields"] if submission else {},
            "page": number if PAGE.fullmatch(number := request.GET.get("p", "")) else "",
            "is_latest": is_latest,
        },
        status=200 if submission else 404,
    )
