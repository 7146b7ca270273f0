"""A reviewer's saved filters of the queue: save, rename, delete."""

from django.contrib import messages
from django.db import transaction
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import role_required
from review.permissions import STAFF
from review.queue.filters import filtered, options_for, query_of
from review.queue.saved_filters.forms import SavedFilterForm
from review.queue.saved_filters.models import SavedFilter


@require_http_methods(["GET", "POST"])
@role_required(*STAFF)
def filters(request):
    """List the user's filters, or save the one that the queue was just filtered by."""
    if request.method == "GET":
        return _page(request)
    _, chosen = filtered(
        request.user, QueryDict(request.POST.get("query", "")), *options_for(request.user)
    )
    new = SavedFilter(user=request.user, query=query_of(chosen))
    with transaction.atomic():
        form = SavedFilterForm(request.POST, instance=new)
        if not form.is_valid():
            return _page(request, form, status=422)
        form.save()
    messages.success(request, f"筛选“{new.name}”已保存，列在筛选条件上方。")
    return redirect(f"{reverse('review:queue')}?{new.query}")


@require_POST
@role_required(*STAFF)
def filter_change(request, pk):
    """Rename one of the user's filters, or delete it."""
    saved = get_object_or_404(request.user.saved_filters, pk=pk)
    if "delete" in request.POST:
        saved.delete()
        messages.success(request, f"筛选“{saved.name}”已删除。")
        return redirect("review:filters")
    with transaction.atomic():
        form = SavedFilterForm(request.POST, instance=saved, prefix=f"filter-{pk}")
        if not form.is_valid():
            return _page(request, renamed=form, status=422)
        form.save()
    messages.success(request, f"筛选已更名为“{saved.name}”。")
    return redirect("review:filters")


def _page(request, form=None, renamed=None, status=200):
    """Show all filters; `form` is a refused new one, `renamed` a refused renaming."""
    rows = [
        renamed
        if renamed and renamed.instance.pk == saved.pk
        else SavedFilterForm(instance=saved, prefix=f"filter-{saved.pk}")
        for saved in request.user.saved_filters.all()
    ]
    return render(request, "review/queue/filters.html", {"form": form, "rows": rows}, status=status)
