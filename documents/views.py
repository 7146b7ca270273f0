"""What leaves as a file: 附件1 as Excel, 附件2 as PDF, the 材料 as one PDF and as a ZIP."""

import io

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import RecommendingUnit
from accounts.roles import Role, role_required
from applications.models import Application, FormPrint, Submission
from applications.permissions import privacy_for
from applications.rounds import Round
from documents import annex1, annex2, inspection_record, receipt, tasks, timeline
from documents.material import Material
from documents.models import Package
from review.models import Inspection

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
@role_required(Role.APPLICANT)
@never_stored
def stamped_print(request, pk):
    """A print of 附件2 for the stamp, as it was made, in full and for its own unit alone."""
    own = Application.objects.visible_to(request.user)
    printed = get_object_or_404(
        FormPrint.objects.filter(application__in=own).select_related("application__round"), pk=pk
    )
    application = printed.application
    return FileResponse(
        io.BytesIO(annex2.render_for_stamp(application, printed)),
        filename=f"附件2 {annex2.TITLE} {application.number} {printed}{annex2.STAMPED}.pdf",
        content_type="application/pdf",
    )


@require_safe
@role_required(Role.APPLICANT, Role.RECOMMENDER, Role.OFFICE)
@never_stored
def receipt_pdf(request, pk):
    """The receipt of one submission, for its unit and for those who check its papers."""
    visible = Application.objects.visible_to(request.user)
    submission = get_object_or_404(
        Submission.objects.filter(application__in=visible).select_related(
            "application__round", "application__recommending_unit", "submitted_by"
        ),
        pk=pk,
    )
    return FileResponse(
        io.BytesIO(receipt.render(submission)),
        filename=f"{receipt.TITLE} {submission.application.number} {submission}.pdf",
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


@require_safe
@role_required(Role.OFFICE, Role.BUREAU, Role.FINANCE)
@never_stored
def inspection_pdf(request, pk):
    """The concluded record of a site visit, for the signatures of both parties."""
    visible = Application.objects.visible_to(request.user)
    found = get_object_or_404(
        Inspection.objects.filter(application__in=visible, passed__isnull=False)
        .select_related("application__round")
        .prefetch_related(*inspection_record.PREFETCH),
        application=pk,
    )
    return FileResponse(
        io.BytesIO(inspection_record.render(found)),
        filename=f"实地考察记录 {found.application.number}.pdf",
        content_type="application/pdf",
    )


@require_safe
@role_required(Role.OFFICE, Role.BUREAU)
@never_stored
def timeline_pdf(request, pk):
    """Everything on record about one application that the reader may know, for the archive."""
    visible = Application.objects.visible_to(request.user).select_related(
        "round", "recommending_unit", "applying_unit"
    )
    application = get_object_or_404(visible.defer("round__notice"), pk=pk)
    return FileResponse(
        io.BytesIO(timeline.render(request.user, application)),
        filename=f"办理档案 {application.number}.pdf",
        content_type="application/pdf",
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


def _packages(material):
    """Return the lines of the page: what there is to build, and how far it is."""
    present, outdated = {}, set()
    for package in Package.objects.filter(
        application=material.application, audience=material.audience
    ):
        if package.key == material.key:
            present[package.kind] = package
        elif package.is_ready:
            outdated.add(package.kind)
    return [
        {
            "kind": kind,
            "about": about,
            "package": present.get(kind),
            "is_outdated": kind not in present and kind in outdated,
        }
        for kind, about in KINDS
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@never_stored
def dossier(request, pk):
    """The page of an application's 材料: build them, see how far they are, download them."""
    material = _material(request, pk)
    if request.method == "POST":
        kind = request.POST.get("kind")
        if kind not in Package.Kind:
            return HttpResponseBadRequest()
        tasks.request(material, kind, request.user)
        return redirect("documents:dossier", pk)
    lines = _packages(material)
    context = {
        "application": material.application,
        "edition": material.edition,
        "files": material.files,
        "lines": lines,
        "is_under_way": any(_is_under_way(line) for line in lines),
    }
    return render(request, "documents/dossier.html", context)


def _is_under_way(line):
    return line["package"] is not None and line["package"].is_under_way


@require_safe
@never_stored
def dossier_progress(request, pk):
    """How far the packages under way are, as JSON, by kind; empty once there is none."""
    return JsonResponse(
        {
            line["kind"]: {
                "text": line["package"].progress,
                "done": line["package"].done,
                "total": line["package"].total,
            }
            for line in _packages(_material(request, pk))
            if _is_under_way(line)
        }
    )


@require_safe
@never_stored
def package_file(request, pk, kind):
    """Download the file of the present content; leads back to the page while there is none."""
    if kind not in Package.Kind:
        raise Http404
    material = _material(request, pk)
    package = Package.objects.filter(
        application=pk, kind=kind, key=material.key, state=Package.State.READY
    ).first()
    if package is None:
        messages.error(request, "材料有了变化，请重新生成后下载。")
        return redirect("documents:dossier", pk)
    try:
        stored = package.file.open("rb")
    except FileNotFoundError:
        package.delete()
        messages.error(request, "文件已不在存储中，请重新生成后下载。")
        return redirect("documents:dossier", pk)
    number = material.application.number or annex2.NOT_SUBMITTED
    suffix, content_type = FILES[package.kind]
    return FileResponse(
        stored,
        as_attachment=True,
        filename=f"申报材料 {number}{suffix}",
        content_type=content_type,
    )
