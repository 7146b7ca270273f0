"""The page on which files are chosen from an uploaded ZIP."""

from collections import Counter

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.roles import Role, role_required
from applications.files import archives
from applications.form.definition import SECTION
from applications.form.views.editing import refuse_closed
from applications.models import Application, Archive
from applications.rounds import PROOFS, EvidenceCategory


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def archive(request, pk, archive_pk):
    """List what a ZIP holds, what of it is taken and why not; take what is ticked.

    What there was no time for stays on the list, ticked; what was not ticked stays as it was.
    """
    visible = Application.objects.visible_to(request.user)
    application = get_object_or_404(visible.select_related("round"), pk=pk)
    if not application.is_editable:
        return refuse_closed(request, application)
    page = reverse("applications:section", args=[application.pk, "evidence"])
    own = Archive.objects.filter(application=application, uploaded_by=request.user)
    archive = own.filter(pk=archive_pk).first()
    if archive is None:
        messages.info(request, archives.GONE)
        return redirect(page)
    back = f"{page}#category-{archive.category}"
    if request.method == "POST" and "give_up" in request.POST:
        archives.remove(archive)
        return redirect(back)
    error, categories = "", {}
    if request.method == "POST":
        categories = _chosen(archive, request.POST)
        # Compared as text: nobody has to make a number of what a page sent.
        posted = {*request.POST.getlist("place")}
        ticked = [row["place"] for row in archive.members if str(row["place"]) in posted]
        if not posted:
            error = "请勾选要上传的文件，或放弃这个压缩包。"
        else:
            try:
                kept, refused, left = archives.take(archive, ticked, request.user, categories)
            except ValidationError as refusal:
                messages.error(request, refusal.messages[0])
                return redirect(back)
            for name, sentence in refused:
                messages.error(request, f"{name}：{sentence}")
            if kept:
                messages.success(request, _told(kept))
            if left:
                messages.info(request, f"还有 {left} 份没有上传，请继续上传。")
            is_there = Archive.objects.filter(pk=archive.pk).exists()
            # They may lie in any category: what was taken is told at the top.
            return redirect(request.path if is_there else page)
    rows = archives.choice_of(archive)
    for row in rows:
        row["category"] = categories.get(row["place"], row["category"])
        if "tick" in request.GET:
            row["is_ticked"] = request.GET["tick"] == "all"
    context = {
        "application": application,
        "archive": archive,
        "categories": PROOFS,
        "rows": rows,
        "taken": sum(not row["why"] for row in rows),
        "back": back,
        "error": error,
        "section": SECTION["evidence"],
    }
    return render(request, "applications/files/archive.html", context)


def _chosen(archive, data):
    """Return the categories that a posted page chose, by place; what is none is not chosen."""
    chosen = {row["place"]: data.get(f"category-{row['place']}") for row in archive.members}
    return {place: category for place, category in chosen.items() if category in PROOFS}


def _told(kept):
    """Return how many files were taken, and into which categories."""
    counted = Counter(EvidenceCategory(row.category).label for row in kept)
    if len(counted) == 1:
        return f"已上传 {len(kept)} 份{next(iter(counted))}。"
    each = "，".join(f"{label} {number} 份" for label, number in counted.items())
    return f"已上传 {len(kept)} 份：{each}。"
