"""What leaves as a file: 附件1 and lists as Excel, 附件2 as PDF, both as Word, the 材料."""

import io
import logging
from functools import wraps
from pathlib import PurePosixPath

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import AuditEntry, log_entry
from accounts.models import RecommendingUnit
from accounts.roles import Role, role_required
from accounts.views.reauthentication import ask_again
from applications.files.evidence import local_path
from applications.files.program_pool import BUSY, Busy, Unanswered
from applications.files.views import (
    confined,
    file_response,
    is_framed_picture,
    log_opened,
    picture_page,
    readable,
    withheld,
)
from applications.form.forms import PrintForm
from applications.form.views import stamp
from applications.form.views.editing import opened
from applications.models import Application, FormPrint, Submission
from applications.permissions import privacy_for
from applications.rounds import Round
from applications.versions.stamped_form import print_form
from documents import annex1, annex2, inspection_record, kept_forms, receipt, tasks, timeline
from documents.dossier import watermark
from documents.dossier.copies import TOO_COMPLEX, Uncopied
from documents.dossier.material import Material
from documents.exports import AT_ONCE, Listing
from documents.models import KEPT, STALE, ExportRecord, Package, with_place
from documents.page_count import page_count
from review.inspection.models import Inspection
from review.permissions import STAFF

log = logging.getLogger(__name__)
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CONTENT_TYPES = {".xlsx": EXCEL, ".docx": WORD, ".zip": "application/zip"}


def pdf_response(made, name):
    """Return a PDF (bytes) as a response that opens in the browser; `name` without its ending."""
    return FileResponse(io.BytesIO(made), filename=f"{name}.pdf", content_type="application/pdf")


def excel_response(made, name):
    """Return an Excel file (bytes) as a download; `name` without its ending."""
    return FileResponse(
        io.BytesIO(made), as_attachment=True, filename=f"{name}.xlsx", content_type=EXCEL
    )


def word_response(made, name):
    """Return a Word file (bytes) as a download; `name` without its ending."""
    return FileResponse(
        io.BytesIO(made), as_attachment=True, filename=f"{name}.docx", content_type=WORD
    )


AGAIN_AFTER = 4  # seconds


def waits_for_its_turn(view):
    """While many print at once the page of a print asks again by itself, every few seconds.

    It waits in the browser: a request that waited here would keep those who save from their turn.
    """

    @wraps(view)
    def printed(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except Busy:
            response = render(request, "documents/waiting.html", status=202)
            response["Refresh"] = AGAIN_AFTER
            return response

    return printed


@require_safe
@xframe_options_sameorigin  # an expert's page shows it beside the score sheet
@waits_for_its_turn
def annex2_pdf(request, pk):
    """附件2 of one application, with as much of it as the reader may see; opens in the browser."""
    application = get_object_or_404(
        annex2.prepared(Application.objects.visible_to(request.user)), pk=pk
    )
    made = kept_forms.form(
        application,
        privacy_for(request.user, application),
        annex2.boxes_for(request.user, application),
    )
    if request.user.role == Role.EXPERT:
        made = watermark.mark_own(made, watermark.text_for(request.user))
    log_opened(request, application.number, "附件2")
    return pdf_response(made, _form_name(application))


def _form_name(application):
    return f"附件2 {annex2.TITLE} {application.number or annex2.NOT_SUBMITTED}"


@require_safe
@role_required(*(role for role in Role if role != Role.EXPERT))
def annex2_word(request, pk):
    """附件2 of one application as a Word file to edit, with what the reader's PDF says.

    Experts get none: of a file to edit the mark of its reader can be taken off.
    """
    from documents.word import annex2_docx  # loads python-docx

    application = get_object_or_404(
        annex2.prepared(Application.objects.visible_to(request.user)), pk=pk
    )
    made = annex2_docx.render(
        application,
        privacy_for(request.user, application),
        annex2.boxes_for(request.user, application),
    )
    log_opened(request, application.number, "附件2（Word 版）")
    return word_response(made, _form_name(application))


@require_safe
@role_required(Role.EXPERT)
@xframe_options_sameorigin  # the reviewers' page shows files beside the form
def marked_evidence(request, pk):
    """A file as an expert gets it: a copy with the expert's name and the time on every page.

    A file that cannot be marked is not served at all.
    """
    evidence = readable(request.user, pk)
    if evidence.withheld:
        return withheld(request, evidence)
    try:
        file, content_type = watermark.open_marked(evidence, request.user)
    except FileNotFoundError as error:
        log.exception("the file %s is missing", evidence.file.name)
        raise Http404 from error
    except Busy:
        return _unmarked(request, evidence, BUSY, 503)
    except (Uncopied, Unanswered) as error:
        log.warning("evidence %s was not marked: %s", pk, error)
        why = str(error) or TOO_COMPLEX
        return _unmarked(request, evidence, f"{why}。", 422)
    if is_framed_picture(request, evidence):
        file.close()
        return picture_page(request, evidence)
    log_opened(request, evidence.number, evidence.get_category_display(), evidence=pk)
    name = evidence.shown_name
    if content_type == "image/jpeg":
        name = f"{PurePosixPath(name).stem}.jpg"
    return confined(FileResponse(file, filename=name, content_type=content_type))


def _unmarked(request, evidence, why, status):
    context = {"evidence": evidence, "why": why, "is_busy": status == 503}
    return render(request, "documents/dossier/unmarked.html", context, status=status)


@require_POST
@role_required(Role.APPLICANT)
def new_print(request, pk):
    """Print 附件2 with the unit's opinion for the stamp; the page of the stamp leads to its PDF."""
    application = opened(request.user, pk)
    latest = application.prints.last()
    form = PrintForm(request.POST, application=application, printed=latest)
    if not form.is_valid():
        return stamp.page(request, application, form)
    try:
        printed = print_form(application, request.user, **form.opinion())
    except ValidationError as error:
        form.add_error(None, error)
        return stamp.page(request, application, form)
    try:
        _paper(printed)
        messages.success(request, "打印稿已生成，请打开后打印、签字盖章。")
    except (Busy, Unanswered):
        # It is made when it is opened.
        messages.success(request, "打印稿已登记。现在打印的人较多，打开时请稍候。")
    return redirect("applications:section", pk, "stamp")


def _paper(printed):
    """Return a `FormPrint` as PDF; at the first time, how many pages it has is put on record."""
    made = kept_forms.form_for_stamp(printed.application, printed)
    if printed.pages is None:
        FormPrint.objects.filter(pk=printed.pk).update(pages=page_count(made))
    return made


@require_safe
@role_required(Role.APPLICANT)
@waits_for_its_turn
def stamped_print(request, pk):
    """A print of 附件2 for the stamp, as it was made, in full and for its own unit alone."""
    own = Application.objects.visible_to(request.user)
    printed = get_object_or_404(
        FormPrint.objects.filter(application__in=own).select_related("application__round"), pk=pk
    )
    application = printed.application
    return pdf_response(
        _paper(printed),
        f"附件2 {annex2.TITLE} {application.number} {printed}{annex2.STAMPED}",
    )


@require_safe
@role_required(Role.APPLICANT, Role.RECOMMENDER, Role.OFFICE)
def receipt_pdf(request, pk):
    """The receipt of one submission, for its unit and for those who check its papers."""
    visible = Application.objects.visible_to(request.user)
    submission = get_object_or_404(
        Submission.objects.filter(application__in=visible).select_related(
            "application__round", "application__recommending_unit", "submitted_by"
        ),
        pk=pk,
    )
    log_opened(request, submission.application.number, f"{receipt.TITLE} {submission}")
    return pdf_response(
        receipt.render(submission), f"{receipt.TITLE} {submission.application.number} {submission}"
    )


@require_safe
@role_required(Role.RECOMMENDER, Role.OFFICE, Role.BUREAU)
def annex1_excel(request, pk):
    """附件1 of a round as Excel (`_annex1`): a summary besides where it is the whole round's."""
    kind = ExportRecord.Kind.ANNEX1
    return _annex1(request, pk, kind, lambda listing, name: excel_response(listing.content(), name))


@require_safe
@role_required(Role.RECOMMENDER, Role.OFFICE, Role.BUREAU)
def annex1_word(request, pk):
    """附件1 of a round as Word (`_annex1`), a section for each unit."""
    from documents.word import annex1_docx  # loads python-docx

    kind = ExportRecord.Kind.ANNEX1_WORD
    return _annex1(
        request, pk, kind, lambda listing, name: word_response(annex1_docx.render(listing), name)
    )


def _annex1(request, pk, kind, make):
    """Answer with 附件1 of a round: `?unit=CODE` for one recommending unit, otherwise all of it.

    A recommending unit gets its own list, whether it names itself or nobody. A short one is what
    `make(listing, name)` answers, a long one is made by the worker as an export of this kind.
    """
    round_ = get_object_or_404(Round.objects.published(), pk=pk)
    code = request.GET.get("unit")
    if request.user.role == Role.RECOMMENDER:
        unit = request.user.recommending_unit
        if code not in (None, unit.code):
            raise Http404
    else:
        # PostgreSQL refuses to look for a NUL.
        unit = get_object_or_404(RecommendingUnit, code=code.replace("\0", "")) if code else None
    listing = annex1.readable_by(request.user, round_, unit)
    whose = f"{round_.year} {unit.name if unit else annex1.SUMMARY}"
    log_entry(AuditEntry.Kind.EXPORT, request, subject=f"{kind.label} {whose}", round=round_.pk)
    name = f"附件1 申报情况一览表 {whose}"
    if len(listing) > AT_ONCE:
        asked = {"round": round_.pk, "unit": unit.pk if unit else None}
        unfinished = _unfinished(request.user).filter(kind=kind)
        if not any(each.is_under_way and each.asked == asked for each in unfinished):
            tasks.request_export(_record(request.user, kind, listing, asked, name))
        return _will_be_made(request, listing)
    return make(listing, name)


# --- Exports of filtered lists -------------------------------------------------------------------

# So many of their last exports somebody is shown.
EXPORTS_SHOWN = 20
# What the queue's address may ask for.
ASKED = ("stage", "round", "unit", "score", "q")


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*STAFF)
def exports(request):
    """Export a filtered list (POST): at once, or by the worker when it is long. The own exports."""
    if request.method == "POST":
        return _export(request)
    lines = _own_exports(request.user)[:EXPORTS_SHOWN]
    context = {
        "exports": lines,
        "is_under_way": any(each.is_under_way for each in lines),
        "kept_hours": int(KEPT.total_seconds() // 3600),
        "at_once": AT_ONCE,
    }
    return render(request, "documents/exports.html", context)


def _own_exports(user):
    return with_place(ExportRecord.objects.filter(requested_by=user))


def _unfinished(user):
    return _own_exports(user).filter(
        state__in=(ExportRecord.State.WAITING, ExportRecord.State.BUILDING)
    )


def _record(user, kind, listing, asked, filter_text):
    """Return a new record of what a user exports, not saved; `listing` has as many rows."""
    return ExportRecord(
        requested_by=user,
        role=user.role,
        kind=kind,
        asked=asked,
        filter_text=filter_text,
        rows=len(listing),
        total=len(listing),
    )


def _will_be_made(request, listing):
    """Lead to the page that tells how far the worker is with an export of so many rows."""
    messages.info(request, f"共 {len(listing)} 行，正在生成，完成后可在本页下载。")
    return redirect("documents:exports")


def _export(request):
    user = request.user
    asked = {name: request.POST.get(name, "") for name in ASKED}
    listing = Listing(user, asked)
    # As it was understood: what the address has besides is not kept.
    asked = {name: str(value) for name, value in listing.chosen.items()}
    export = _record(user, ExportRecord.Kind.LIST, listing, asked, listing.filter_text)
    if len(listing) > AT_ONCE:
        tasks.request_export(export)
        _log_export(request, AuditEntry.Kind.EXPORT, export)
        return _will_be_made(request, listing)
    out, now = io.BytesIO(), timezone.now()
    listing.write(out, now)
    export.state, export.done = ExportRecord.State.READY, len(listing)
    export.size, export.finished_at = out.tell(), now
    export.save()
    _log_export(request, AuditEntry.Kind.EXPORT, export)
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=_export_name(export), content_type=EXCEL)


def _log_export(request, kind, export):
    """Put an export on record; by which filter, and how many rows, its own record tells."""
    subject = f"{export.get_kind_display()}（导出记录 {export.pk}）"
    log_entry(kind, request, subject=subject, export=export.pk)


def _export_name(export):
    name = export.get_kind_display()
    if export.kind != ExportRecord.Kind.LIST:
        name = export.filter_text
    if export.kind == ExportRecord.Kind.ROUND:
        name = f"{export.get_kind_display()} {name}"
    return f"{name} {timezone.localtime(export.created_at):%Y-%m-%d %H%M}{export.suffix}"


@require_safe
@role_required(*STAFF)
def exports_progress(request):
    """How far the own exports under way are, as JSON, by key; empty once there is none."""
    return JsonResponse(
        {
            str(each.pk): {"text": each.progress, "done": each.done, "total": each.total}
            for each in _unfinished(request.user)
            if each.is_under_way
        }
    )


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*STAFF)
def export_file(request, pk):
    """Download an export that the worker made; it exists for whoever asked for it alone.

    A whole round is given to whoever has just proved who it is (POST is the answer to that).
    """
    export = get_object_or_404(_own_exports(request.user).filter(role=request.user.role), pk=pk)
    if export.kind == ExportRecord.Kind.ROUND and (question := ask_again(request)):
        return question
    if not export.has_file or not export.file.storage.exists(export.file.name):
        messages.error(request, "文件已过保存期限，请重新导出。")
        return redirect("documents:exports")
    _log_export(request, AuditEntry.Kind.DOWNLOAD, export)
    content_type = CONTENT_TYPES[export.suffix]
    return file_response(export.file, _export_name(export), content_type)


# --- The records of one application ---------------------------------------------------------------


@require_safe
@role_required(Role.OFFICE, Role.BUREAU, Role.FINANCE)
def inspection_pdf(request, pk):
    """The concluded record of a site visit, for the signatures of both parties."""
    visible = Application.objects.visible_to(request.user)
    found = get_object_or_404(
        Inspection.objects.filter(application__in=visible, passed__isnull=False)
        .select_related("application__round")
        .prefetch_related(*inspection_record.PREFETCH),
        application=pk,
    )
    log_opened(request, found.application.number, "实地考察记录")
    return pdf_response(inspection_record.render(found), f"实地考察记录 {found.application.number}")


@require_safe
@role_required(Role.OFFICE, Role.BUREAU)
def timeline_pdf(request, pk):
    """Everything on record about one application that the reader may know, for the archive."""
    visible = Application.objects.visible_to(request.user).select_related(
        "round", "recommending_unit", "applying_unit"
    )
    application = get_object_or_404(visible.defer("round__notice"), pk=pk)
    log_opened(request, application.number, "办理档案")
    return pdf_response(
        timeline.render(request.user, application), f"办理档案 {application.number}"
    )


# --- 材料: built by the worker -------------------------------------------------------------------

KINDS = (
    (
        Package.Kind.DOSSIER,
        "按通知规定的顺序合订为一份 A4 PDF：封面、目录、申报表、申报报告和全部佐证材料，"
        "每页有连续页码，可直接打印装订。",
    ),
    (Package.Kind.ARCHIVE, "上传的原始文件，按同样的顺序编号命名，打包为 ZIP 文件。"),
)


FILES = {
    Package.Kind.DOSSIER: (".pdf", "application/pdf"),
    Package.Kind.ARCHIVE: (".zip", "application/zip"),
}


def _material(request, pk):
    """Return the `Material` of an application that the user may see, or raise Http404."""
    visible = Application.objects.visible_to(request.user).select_related("recommending_unit")
    return Material(request.user, get_object_or_404(annex2.prepared(visible), pk=pk))


def _kinds(user):
    """What a user may have built. The originals bear no watermark: experts do not get them."""
    return [each for each in KINDS if user.role != Role.EXPERT or each[0] != Package.Kind.ARCHIVE]


def _kind_or_404(user, kind):
    if kind not in dict(_kinds(user)):
        raise Http404


def _packages(material, user):
    """Return the lines of the page: what there is to build, and how far it is."""
    present, outdated, stale = {}, set(), set()
    packages = Package.objects.filter(application=material.application, audience=material.audience)
    for package in with_place(packages):  # the latest first
        if package.key == material.key:
            present[package.kind] = package
        elif package.is_ready:
            outdated.add(package.kind)
        elif package.kind not in outdated and package.is_stale:
            stale.add(package.kind)
    return [
        {
            "kind": kind,
            "about": about,
            "package": present.get(kind),
            "is_outdated": kind not in present and kind in outdated,
            "stale": STALE if kind not in present and kind in stale else "",
        }
        for kind, about in _kinds(user)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def dossier(request, pk):
    """The page of an application's 材料: build them, see how far they are, download them."""
    material = _material(request, pk)
    if request.method == "POST":
        kind = request.POST.get("kind")
        if kind not in Package.Kind:
            return HttpResponseBadRequest()
        _kind_or_404(request.user, kind)
        tasks.request(material, kind, request.user)
        return redirect("documents:dossier", pk)
    lines = _packages(material, request.user)
    context = {
        "application": material.application,
        "edition": material.edition,
        "files": material.files,
        "lines": lines,
        "is_under_way": any(_is_under_way(line) for line in lines),
    }
    return render(request, "documents/dossier/dossier.html", context)


def _is_under_way(line):
    return line["package"] is not None and line["package"].is_under_way


@require_safe
def dossier_progress(request, pk):
    """How far the packages under way are, as JSON, by kind; empty once there is none."""
    return JsonResponse(
        {
            line["kind"]: {
                "text": line["package"].progress,
                "done": line["package"].done,
                "total": line["package"].total,
            }
            for line in _packages(_material(request, pk), request.user)
            if _is_under_way(line)
        }
    )


@require_safe
def package_file(request, pk, kind):
    """Download the file of the present content; leads back to the page while there is none."""
    _kind_or_404(request.user, kind)
    material = _material(request, pk)
    package = Package.objects.filter(
        application=pk, kind=kind, key=material.key, state=Package.State.READY
    ).first()
    if package is None:
        messages.error(request, "材料有了变化，请重新生成后下载。")
        return redirect("documents:dossier", pk)
    number = material.application.number or annex2.NOT_SUBMITTED
    suffix, content_type = FILES[package.kind]
    name = f"申报材料 {number}{suffix}"
    if request.user.role != Role.EXPERT and local_path(package.file) is None:
        # A large file comes from the bucket itself, by a signed link.
        log_opened(
            request, material.application.number, package.get_kind_display(), package=package.pk
        )
        return file_response(package.file, name, content_type)
    try:
        stored = package.file.open("rb")
    except FileNotFoundError:
        package.delete()
        messages.error(request, "文件已不在存储中，请重新生成后下载。")
        return redirect("documents:dossier", pk)
    log_opened(request, material.application.number, package.get_kind_display(), package=package.pk)
    return FileResponse(stored, as_attachment=True, filename=name, content_type=content_type)
