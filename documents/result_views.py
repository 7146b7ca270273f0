"""What the publication leaves as files: 公示无异议证明, result letters, the list as Excel."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from accounts.audit import AuditEntry, log_entry
from accounts.roles import Role, role_required
from applications.files.views import log_opened
from applications.models import Application
from applications.rounds import Round
from applications.stages import Stage
from documents import publicity_proof, result_letter, result_list
from documents.views import excel_response, pdf_response
from review.publicity.models import PublicNotice


@require_safe
@role_required(Role.OFFICE, Role.BUREAU)
def proof(request, pk):
    """公示无异议证明 of a whole notice; leads back, with the reason, while it is refused."""
    notice = get_object_or_404(PublicNotice.objects.select_related("round"), pk=pk)
    return _proof(request, notice)


@require_safe
@role_required(Role.OFFICE, Role.BUREAU)
def proof_of(request, pk):
    """公示无异议证明 of one application, by the notice that stands."""
    application = get_object_or_404(
        Application.objects.visible_to(request.user).only("number"), pk=pk
    )
    notice = PublicNotice.objects.standing().filter(applications=pk).select_related("round").first()
    if notice is None:
        messages.error(request, "尚未公示，不能出具证明。")
        return redirect("review:detail", pk)
    return _proof(request, notice, application)


def _proof(request, notice, application=None):
    if refused := publicity_proof.refusal(notice, application):
        messages.error(request, refused)
        if application is None:
            return redirect("review:notice", notice.pk)
        return redirect("review:detail", application.pk)
    number = application.number if application else ""
    log_opened(request, number, f"{publicity_proof.TITLE} {notice.number}")
    made = publicity_proof.render(notice, application)
    return pdf_response(made, f"{publicity_proof.TITLE} {notice.number}")


@require_safe
@role_required(Role.APPLICANT, Role.OFFICE)
def letter(request, pk):
    """The result letter of one application, once the results are published."""
    visible = Application.objects.visible_to(request.user)
    application = get_object_or_404(result_letter.with_letters(visible), pk=pk)
    log_opened(request, application.number, "评选结果通知")
    return pdf_response(result_letter.render([application]), f"评选结果通知 {application.number}")


def _log(request, round_, what):
    subject = f"{round_.title} {what}"
    log_entry(AuditEntry.Kind.EXPORT, request, subject=subject, round=round_.pk)


@require_safe
@role_required(Role.OFFICE)
def letters(request, round_pk):
    """The result letters of a round in one PDF: the awarded first, then by number."""
    round_ = get_object_or_404(Round.objects.published().only("title", "year"), pk=round_pk)
    visible = Application.objects.visible_to(request.user).filter(round=round_)
    found = sorted(
        result_letter.with_letters(visible),
        key=lambda each: (each.stage != Stage.AWARDED, each.number),
    )
    if not found:
        raise Http404
    _log(request, round_, f"评选结果通知 共 {len(found)} 份")
    return pdf_response(result_letter.render(found), f"评选结果通知 {round_.year} 共{len(found)}份")


def _round_of_list(request, round_pk):
    """Return the round whose list a reader may have; before the publication the office alone."""
    rounds = Round.objects.published().defer("notice")
    if request.user.role != Role.OFFICE:
        rounds = rounds.filter(results_published_at__isnull=False)
    return get_object_or_404(rounds, pk=round_pk)


@require_safe
@role_required(Role.OFFICE, Role.BUREAU)
def result_excel(request, round_pk):
    """The published list of a round, before the publication its draft."""
    round_ = _round_of_list(request, round_pk)
    _log(request, round_, result_list.TITLE)
    return excel_response(result_list.workbook(round_), f"{round_.title}{result_list.TITLE}")


@require_safe
@role_required(Role.OFFICE, Role.BUREAU)
def result_pdf(request, round_pk):
    """The same list as a PDF, to be kept."""
    round_ = _round_of_list(request, round_pk)
    _log(request, round_, result_list.TITLE)
    return pdf_response(result_list.render(round_), f"{round_.title}{result_list.TITLE}")
