"""The page on which files are chosen from an uploaded ZIP."""

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


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def archive(request, pk):
    """List what a ZIP holds, what of it is taken and why not; take what is ticked.

    What there was no time for stays on the list, ticked; what was not ticked stays as it was.
    """
    own = Archive.objects.filter(
        uploaded_by=request.user,
        application__in=Application.objects.visible_to(request.user).values("pk"),
    )
    archive = get_object_or_404(own.select_related("application__round"), pk=pk)
    application, category = archive.application, archive.get_category_display()
    if not application.is_editable:
        return refuse_closed(request, application)
    back = reverse("applications:section", args=[application.pk, "evidence"])
    back = f"{back}#category-{archive.category}"
    if request.method == "POST" and "give_up" in request.POST:
        archives.remove(archive)
        return redirect(back)
    error = ""
    if request.method == "POST":
        # Compared as text: nobody has to make a number of what a page sent.
        posted = {*request.POST.getlist("place")}
        ticked = [row["place"] for row in archive.members if str(row["place"]) in posted]
        if not posted:
            error = "请勾选要上传的文件，或放弃这个压缩包。"
        else:
            try:
                kept, refused, left = archives.take(archive, ticked, request.user)
            except ValidationError as refusal:
                messages.error(request, refusal.messages[0])
                return redirect(back)
            for name, sentence in refused:
                messages.error(request, f"{name}：{sentence}")
            if kept:
                messages.success(request, f"已上传 {len(kept)} 份{category}。")
            if left:
                messages.info(request, f"还有 {left} 份没有上传，请继续上传。")
            is_there = Archive.objects.filter(pk=archive.pk).exists()
            return redirect(request.path if is_there else back)
    rows = archives.choice_of(archive)
    context = {
        "application": application,
        "archive": archive,
        "category": category,
        "rows": rows,
        "taken": sum(not row["why"] for row in rows),
        "back": back,
        "error": error,
        "section": SECTION["evidence"],
    }
    return render(request, "applications/files/archive.html", context)
