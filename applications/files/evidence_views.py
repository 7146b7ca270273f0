"""The evidence page of the form, and every change of its files.

A script on the page asks for JSON and changes the page in place; without it each change is a form
that leads back to the page. Both go through `applications/files/evidence.py`.
"""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import Role, role_required
from applications.files import archives
from applications.files import evidence as evidence_files
from applications.files.usage import upload_context, usage
from applications.form.definition import SECTION
from applications.form.task_list import states_of
from applications.form.views.editing import opened, refuse_closed, section_context
from applications.models import Application, Evidence
from applications.recognition.comparison import apply_rules
from applications.recognition.reader import is_on
from applications.recognition.search_context import search_context
from applications.recognition.sorting import sortable_of
from applications.rounds import PROOFS, EvidenceCategory
from applications.workflow.events import FILE_CHANGES, RETURN, names

# How many changes of files the page tells of.
TOLD = 50


@require_GET
@role_required(Role.APPLICANT)
def section(request, pk):
    """The evidence page of the form: its categories in the notice's order, with their files."""
    application = opened(request.user, pk)
    if not application.is_editable:
        return refuse_closed(request, application)
    changes = application.events.filter(action__in=names(*FILE_CHANGES))
    return render(
        request,
        "applications/form/section_evidence.html",
        {
            **section_context(application, SECTION["evidence"]),
            **upload_context(application, EvidenceCategory.OTHER),
            "categories": _categories(application, "check" in request.GET),
            **search_context(request, application, request.GET.get("find", "").strip()[:100]),
            "changes": changes.order_by("-at", "-pk")[:TOLD],
            **_sorting(application),
        },
    )


def _sorting(application):
    """Return how many files something is proposed for, and the sorting that can be undone."""
    if not is_on():
        return {}
    (sortable,) = apply_rules(application, sortable_of)
    if sortable is None:  # nothing is read yet: names alone tell
        sortable = sortable_of(application, {})
    return {
        "sortable": sortable,
        "undoable": evidence_files.undoable_sorting(application),
    }


def files_of(application):
    """Return the current files by category, each with its earlier versions and their uploaders.

    Each has `asked` too: what the last return asks of it, or of a version before; `accept`, the
    endings of what may take its place; and `elsewhere`, the categories that it may be moved to.
    """
    every = list(application.evidence.all())
    prefetch_related_objects(every, "uploaded_by")
    returns = application.events.filter(action=RETURN.name).order_by("-at", "-pk").values("pk")
    remarks = list(application.remarks.filter(evidence__isnull=False, event=returns[:1]))
    files = {}
    for row in evidence_files.with_earlier(application.current_evidence(), every):
        versions = {row.pk, *(each.pk for each in row.earlier)}
        row.asked = [each for each in remarks if each.evidence_id in versions]
        row.accept = evidence_files.taken_as(row.category)[2]
        is_proof = row.category in PROOFS
        row.elsewhere = [each for each in PROOFS if each != row.category] if is_proof else []
        files.setdefault(row.category, []).append(row)
    return files


def _categories(application, check):
    """Return the blocks of the evidence page, in the notice's order."""
    required = set(application.round.required_categories(application.host_kind))
    files = files_of(application)
    return [
        {
            "category": category,
            "required": category in required,
            "files": files.get(category, []),
            "missing": check and category in required and category not in files,
        }
        for category in PROOFS
    ]


@require_POST
@role_required(Role.APPLICANT)
def upload(request, pk, category):
    """Take one or many files into a category; each that is refused is told by name, with why."""
    if category not in EvidenceCategory:
        raise Http404
    application = get_object_or_404(
        Application.objects.visible_to(request.user).only("pk", "stage"), pk=pk
    )
    files = request.FILES.getlist("files")
    label = EvidenceCategory(category).label
    # A page of the stamped form names the print that it shows.
    printed = request.GET.get("print") if category == EvidenceCategory.STAMPED else None
    errors, kept, archive = [], [], None
    if not files:
        errors.append(("", f"请先选择要上传的{label}文件。"))
    for file in files:
        try:
            if archives.opens(category) and archive is None and archives.is_archive(file):
                archive = archives.keep(application, category, file, request.user)
                continue
            kept.append(evidence_files.add(application, category, file, request.user, printed))
        except ValidationError as error:
            errors.append((file.name, error.messages[0]))
    done = f"已上传 {len(kept)} 份{label}。" if kept else ""
    return _answer(request, application, category, errors, done, changed=kept, archive=archive)


@require_POST
@role_required(Role.APPLICANT)
def replace(request, pk):
    """Take a new file for an old one, which is kept as an earlier version."""
    old = _own_file(request.user, pk)
    file = request.FILES.get("files")
    if file is None:
        return _answer_about(request, old, [("", "请先选择用来替换的文件。")])
    try:
        new = evidence_files.replace(old, file, request.user)
    except ValidationError as error:
        return _answer_about(request, old, [(file.name, error.messages[0])])
    done = f"已用“{new.original_name}”替换“{old.original_name}”。"
    return _answer_about(request, new, [], done, changed=[new], gone=[old.pk])


@require_POST
@role_required(Role.APPLICANT)
def rename(request, pk):
    """Give a file another name."""
    file = _own_file(request.user, pk)
    name = request.POST.get("name", "")
    return _change(request, file, evidence_files.rename, name, done="已更名。", changed=[file])


@require_POST
@role_required(Role.APPLICANT)
def move(request, pk):
    """Move a file one place up or down in its category."""
    file = _own_file(request.user, pk)
    step = 1 if request.POST.get("direction") == "down" else -1
    return _change(request, file, evidence_files.move, step)


@require_POST
@role_required(Role.APPLICANT)
def recategorise(request, pk):
    """Move a file to another category of the evidence, where it stands last.

    All of them share one room, so that none is full for it.
    """
    file, category = _own_file(request.user, pk), request.POST.get("category", "")
    if category not in PROOFS:
        return _answer_about(request, file, [("", "请选择要移到的类别。")])
    sorting, label = (
        evidence_files.Sorting({file.pk: category}, {}),
        EvidenceCategory(category).label,
    )
    try:
        moved, _ = evidence_files.sort(file.application, sorting, request.user)
    except ValidationError as error:
        return _answer_about(request, file, [("", error.messages[0])])
    if not moved:
        told = f"“{label}”里已有内容相同的文件，“{file.original_name}”没有移动。"
        return _answer_about(request, file, [] if file.category == category else [("", told)])
    done = f"“{file.original_name}”已移到“{label}”。"
    return _answer(request, file.application, category, [], done)


@require_POST
@role_required(Role.APPLICANT)
def remove(request, pk):
    """Take a file out of a draft."""
    file = _own_file(request.user, pk)
    done = f"已移除“{file.original_name}”。"
    return _change(request, file, evidence_files.remove, done=done, gone=[file.pk])


def _own_file(user, pk):
    own = Application.objects.visible_to(user)
    return get_object_or_404(Evidence, pk=pk, removed_at=None, application__in=own)


def _change(request, file, change, *values, done="", **effects):
    try:
        change(file, *values, request.user)
    except ValidationError as error:
        return _answer_about(request, file, [("", error.messages[0])])
    return _answer_about(request, file, [], done, **effects)


def _answer_about(request, file, *told, **effects):
    return _answer(request, file.application, file.category, *told, **effects)


def _answer(request, application, category, errors, done="", changed=(), gone=(), archive=None):
    """Answer a change of files: JSON to the page's script, otherwise the way back to the page.

    `errors` are pairs of a file's name (or "") and a sentence. JSON: errors (the sentences),
    message, rows ({pk: HTML} of what is new or changed), gone (pks), order (the category's pks),
    tag (HTML), used (bytes), used_files (number), usage (text), states (of sections), choice
    (the address where files are chosen from an `archive`, or "").
    """
    choice = archive and reverse("applications:evidence_archive", args=[application.pk, archive.pk])
    if _wants_json(request):
        return JsonResponse(
            {
                "errors": [sentence for _, sentence in errors],
                "message": done,
                "gone": list(gone),
                "choice": choice or "",
                **_state(request, application, category, {row.pk for row in changed}),
            }
        )
    for name, sentence in errors:
        told = f"{evidence_files.clean_name(name)}：{sentence}" if name else sentence
        messages.error(request, told)
    if done:
        messages.success(request, done)
    if choice:
        return redirect(choice)
    if request.GET.get("onward") == "sorting" and not errors:
        return redirect("applications:sorting", application.pk)
    page = reverse("applications:section", args=[application.pk, _section_of(category)])
    # What was refused is told at the top of the page.
    return redirect(page if errors else f"{page}#category-{category}")


def _wants_json(request):
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _section_of(category):
    return "stamp" if category == EvidenceCategory.STAMPED else "evidence"


def _state(request, application, category, changed):
    application = opened(request.user, application.pk)
    files = files_of(application).get(category, [])
    required = application.round.required_categories(application.host_kind)
    block = {"files": files, "required": category in required}
    return {
        "rows": _rows(request, [row for row in files if row.pk in changed]),
        "order": [row.pk for row in files],
        "tag": render_to_string("applications/files/_category_tag.html", {"block": block}),
        "states": states_of(section_context(application, SECTION["evidence"])["lines"]),
        **usage(application, category),
    }


def _rows(request, files):
    return {
        row.pk: render_to_string("components/file_row.html", {"evidence": row}, request)
        for row in files
    }


@require_GET
@role_required(Role.APPLICANT)
def examined(request, pk):
    """Return as JSON the rows of those asked-for files (`?file=…`) that the worker has seen."""
    application = get_object_or_404(Application.objects.visible_to(request.user), pk=pk)
    prefetch_related_objects([application], "evidence")
    keys = set(request.GET.getlist("file"))
    seen = [
        row
        for rows in files_of(application).values()
        for row in rows
        if str(row.pk) in keys and row.examined_at
    ]
    return JsonResponse({"rows": _rows(request, seen)})
