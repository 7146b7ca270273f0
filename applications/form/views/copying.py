"""Copying an earlier application into a draft: which one, what of it, and what is left to do."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.roles import Role, role_required
from applications.form import copying
from applications.form.task_list import progress
from applications.form.views.pages import PAGE_SIZE, UNLISTED


@require_GET
@role_required(Role.APPLICANT)
def copy_sources(request, pk):
    """List the unit's other applications, to choose one that is to be copied."""
    target = _target(request, pk)
    if not copying.can_receive(target):
        return _refuse(request, target)
    others = copying.sources(target, request.user).select_related("round")
    page = Paginator(others.defer("round__notice", *UNLISTED), PAGE_SIZE)
    return render(
        request,
        "applications/form/copy_sources.html",
        {"application": target, "page_obj": page.get_page(request.GET.get("page"))},
    )


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def copy(request, pk, source_pk):
    """Show what would be copied of an earlier application, or copy it."""
    target, source = _target(request, pk), _source(request, pk, source_pk)
    if request.method == "POST":
        try:
            done = copying.copy(source, target, request.user)
        except ValidationError as refused:
            messages.error(request, refused.messages[0])
            return redirect("applications:overview", pk)
        if done.summary:
            messages.success(request, f"已复制 {done.summary}。")
        return redirect("applications:copied", pk, source_pk)
    if not copying.can_receive(target):
        return _refuse(request, target)
    plan = copying.plan(source, target)
    return render(
        request,
        "applications/form/copy.html",
        {"application": target, "source": source, "plan": plan},
    )


@require_GET
@role_required(Role.APPLICANT)
def copied(request, pk, source_pk):
    """What is still to be done after a copy: what was not copied, and what is no longer right."""
    target, source = _target(request, pk), _source(request, pk, source_pk)
    if not copying.can_receive(target):
        return _refuse(request, target)
    lines = [line for line in progress(target) if line.section.key != "stamp"]
    return render(
        request,
        "applications/form/copied.html",
        {
            "application": target,
            "source": source,
            "left": copying.plan(source, target).left,
            "problems": [(line.section.title, line.links) for line in lines if line.problems],
        },
    )


def _target(request, pk):
    return get_object_or_404(copying.loaded(request.user), pk=pk)


def _source(request, pk, source_pk):
    return get_object_or_404(copying.loaded(request.user).exclude(pk=pk), pk=source_pk)


def _refuse(request, target):
    messages.warning(request, "只有尚未提交的申报可以复制以前的内容。")
    return redirect("applications:overview", target.pk)
