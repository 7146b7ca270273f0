"""往年名单: the office's pages that import lists of earlier years, look into them, correct them."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.numbers import whole_number
from accounts.roles import Role, role_required
from accounts.search import held_in
from applications.earlier_years.records import EarlierList, EarlierProject, Outcome
from applications.earlier_years.waiting import EarlierFile
from applications.workflow.perform import Refused
from review.earlier_years.forms import (
    EarlierFilterForm,
    EarlierProjectForm,
    EarlierReadingForm,
    EarlierUploadForm,
)
from review.earlier_years.reading import read
from review.earlier_years.record import (
    GONE,
    REMOVED,
    correct_project,
    dismiss,
    import_list,
    keep_choices,
    remove_list,
)
from review.earlier_years.upload import read_upload
from review.shared.concurrency import one_at_a_time

PAGE_SIZE = 25
SEARCHED = ("unit", "lead", "occupation", "recommending_unit")
# Of what was read, so much is shown before it is confirmed. Where more is unsure than anybody
# looks through, a column was taken for another.
MOST_UNSURE = 200
SHOWN, SHOWN_LEFT_OUT = 30, 200


@require_GET
@role_required(Role.OFFICE)
def earlier_lists(request):
    """List the imported lists, or the projects of all of them that a search finds."""
    filters = EarlierFilterForm(request.GET)
    words = filters.cleaned_data["q"] if filters.is_valid() else ""
    if words:
        projects = EarlierProject.objects.select_related("list").order_by("-year", "pk")
        rows = projects.filter(held_in(words, *SEARCHED))
    else:
        lists = EarlierList.objects.select_related("imported_by").order_by("-year", "-pk")
        rows = lists.annotate(
            number=Count("projects"),
            selected=Count("projects", Q(projects__outcome=Outcome.SELECTED)),
        )
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    waiting = EarlierFile.objects.select_related("uploaded_by").defer("content", "choices")
    context = {"filters": filters, "page_obj": page, "is_search": bool(words), "waiting": waiting}
    return render(request, "review/earlier_years/lists.html", context)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def earlier_import(request):
    """Take a workbook and lead to what was read of it."""
    form = EarlierUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            file = read_upload(form.cleaned_data["upload"], request.user)
        except ValidationError as error:
            form.add_error("upload", error)
        else:
            return redirect("review:earlier_file", file.pk)
    status = 422 if form.errors else 200
    return render(request, "review/earlier_years/import.html", {"form": form}, status=status)


def _read(file):
    choices = file.choices
    return read(
        file.sheets,
        file.name,
        year=choices.get("year"),
        outcome=choices.get("outcome"),
        columns=choices.get("columns", ()),
    )


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def earlier_file(request, pk):
    """Show what was read of an uploaded list; read it otherwise, import it, or dismiss it."""
    file = EarlierFile.objects.select_related("uploaded_by").filter(pk=pk).first()
    if file is None:
        return _gone(request, GONE)
    if request.method == "POST" and request.POST.get("action") == "dismiss":
        try:
            dismiss(request.user, file, request)
        except Refused as error:
            return _gone(request, str(error))
        messages.success(request, f"“{file.name}”没有导入，读到的内容已删除。")
        return redirect("review:earlier_lists")
    result = _read(file)
    initial = {
        "year": file.choices.get("year") or next(iter(result.years), None),
        "title": file.choices.get("title") or result.title,
        "outcome": file.choices.get("outcome") or result.outcome,
    }
    form = EarlierReadingForm(
        request.POST or None,
        initial=initial,
        layouts=result.layouts,
        recommending_units=result.recommending_units,
        explained=file.choices.get("recommending_units", {}),
    )
    status = 200
    if request.method == "POST":
        try:
            if form.is_valid() and (answer := _confirm(request, file, form, result)):
                return answer
        except Refused as error:
            return _gone(request, str(error))
        status = 422
    context = {
        "file": file,
        "form": form,
        "result": result,
        "rows": result.sure[:SHOWN],
        "left_out": result.left_out[:SHOWN_LEFT_OUT],
        "unsure": result.unsure[:MOST_UNSURE],
        # All of them that have a lead, until somebody has chosen.
        "taken": set(request.POST.getlist("unsure"))
        if request.POST.get("action") == "confirm"
        else {row.key for row in result.unsure if row.values["lead"]},
        "without_unit": result.recommending_units[""],
        "too_unsure": len(result.unsure) > MOST_UNSURE,
        "same": EarlierList.objects.select_related("imported_by")
        .filter(sha256=file.sha256)
        .first(),
    }
    return render(request, "review/earlier_years/file.html", context, status=status)


def _gone(request, sentence):
    """Lead to the lists from a page of what is there no more."""
    if request.method == "GET":
        raise Http404
    messages.error(request, sentence)
    return redirect("review:earlier_lists")


def _confirm(request, file, form, result):
    """Save how the list is to be read, and import it if that is asked; None where it is refused.

    What was not seen as it will be imported is shown first. Raises Refused when it has gone.
    """
    choices = form.choices()
    # Whose name a recommending unit is changes nothing of what is read.
    seen = _seen(file, form, result) | {"recommending_units": choices["recommending_units"]}
    is_seen = choices == seen
    if request.POST.get("action") != "confirm" or not is_seen:
        keep_choices(file, choices)
        if request.POST.get("action") == "confirm":
            messages.warning(request, "读取设置有改动，已重新读取，请核对后再确认导入。")
        return redirect("review:earlier_file", file.pk)
    unsure = set(request.POST.getlist("unsure"))
    rows = [row for row in result.rows if not row.doubts or row.key in unsure]
    if len(result.unsure) > MOST_UNSURE:
        form.add_error(None, "存疑的行过多，请先核对各列的对应关系，再重新读取。")
    elif not rows:
        form.add_error(None, "没有可以导入的行，请核对各列的对应关系，或另选文件。")
    else:
        with one_at_a_time(request):
            earlier = import_list(request.user, file.pk, choices, rows, request)
        messages.success(request, f"{earlier}已导入，共 {len(rows)} 项。")
        return redirect(earlier)
    return None


def _seen(file, form, result):
    """Return the choices by which the page that was sent had been read."""
    if file.choices:
        return file.choices
    columns = [layout.columns for layout in result.layouts]
    return {name: form.initial[name] for name in ("year", "title", "outcome")} | {
        "columns": columns
    }


@require_GET
@role_required(Role.OFFICE)
def earlier_list(request, pk):
    """Show the rows of one list; `project` names one of them."""
    earlier = get_object_or_404(EarlierList.objects.select_related("imported_by"), pk=pk)
    filters = EarlierFilterForm(request.GET)
    words = filters.cleaned_data["q"] if filters.is_valid() else ""
    rows = earlier.projects.select_related("corrected_by").order_by("pk")
    if words:
        rows = rows.filter(held_in(words, *SEARCHED))
    project = whole_number(request.GET.get("project", ""))
    if project is not None:
        rows = rows.filter(pk=project)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "earlier": earlier,
        "filters": filters,
        "page_obj": page,
        "is_part": bool(words) or project is not None,
    }
    return render(request, "review/earlier_years/list.html", context)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def earlier_list_remove(request, pk):
    """Remove a list with all its rows, once its year has been typed."""
    earlier = EarlierList.objects.filter(pk=pk).first()
    if earlier is None:
        return _gone(request, REMOVED)
    typed = request.POST.get("year", "")
    error = ""
    if request.method == "POST":
        if whole_number(typed) == earlier.year:
            try:
                remove_list(request.user, earlier, request)
            except Refused as refused:
                return _gone(request, str(refused))
            messages.success(request, f"{earlier}已移除。")
            return redirect("review:earlier_lists")
        error = f"请填写这份名单的年度 {earlier.year}，以确认移除。"
    context = {"earlier": earlier, "typed": typed, "error": error}
    context["count"] = earlier.projects.count()
    status = 422 if error else 200
    return render(request, "review/earlier_years/remove.html", context, status=status)


@require_http_methods(["GET", "POST"])
@role_required(Role.OFFICE)
def earlier_project(request, pk):
    """Correct one row of a list."""
    with one_at_a_time(request):
        rows = EarlierProject.objects.select_related("list")
        if request.method == "POST":
            # Its form is judged by what is stored, not by what the page showed.
            rows = rows.select_for_update(of=("self",))
        project = rows.filter(pk=pk).first()
        if project is None:
            return _gone(request, REMOVED)
        corrections = project.corrections()  # before the form puts in what is typed
        form = EarlierProjectForm(request.POST or None, instance=project)
        if form.is_valid():
            if correct_project(request.user, project, form.stored, request):
                messages.success(request, "已更正，原表内容仍保留。")
            return redirect(f"{project.list.get_absolute_url()}?project={project.pk}")
    context = {"form": form, "project": project, "corrections": corrections}
    status = 422 if form.errors else 200
    return render(request, "review/earlier_years/project.html", context, status=status)
