"""归类: the proposal as a table, each line changeable; one button confirms it, one undoes it."""

import re
from itertools import groupby

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.numbers import whole_number
from accounts.roles import Role, role_required
from applications.files import evidence as evidence_files
from applications.form.cells import stated
from applications.form.definition import SECTION
from applications.form.views.editing import opened, refuse_closed, section_context
from applications.models import Application, Award
from applications.recognition.claims import where_of
from applications.recognition.reader import is_on
from applications.recognition.sorting import proposed_sorting
from applications.recognition.texts import pages_of, progress_of
from applications.rounds import PROOFS, EvidenceCategory

ROW = re.compile("row-([0-9]{1,9})-([0-9]{1,5})-[0-9]{1,3}")
TWICE = "“{}”选了两份佐证，请只留一份。"


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def sorting(request, pk):
    """Show where each file is proposed to go, or move the files as the page says."""
    application = opened(request.user, pk)
    if not application.is_editable:
        return refuse_closed(request, application)
    evidence_page = f"{reverse('applications:section', args=[pk, 'evidence'])}"
    if not is_on():
        return redirect(evidence_page)
    chosen = None
    if request.method == "POST":
        chosen = request.POST
        try:
            moved, proven = evidence_files.sort(
                application, _chosen(application, chosen), request.user
            )
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, _done(moved, proven))
            return redirect(evidence_page)
    files = application.current_evidence()
    lines = proposed_sorting(application, pages_of(files))
    return render(
        request,
        "applications/recognition/sorting.html",
        {
            **section_context(application, SECTION["evidence"]),
            "rows": [_row(line, chosen) for line in lines],
            "categories": [EvidenceCategory(each) for each in PROOFS],
            "awards": _open_awards(application),
            "reading": progress_of(files),
            "changing": sum(line.changes for line in lines),
        },
        status=422 if chosen is not None else 200,
    )


@require_POST
@role_required(Role.APPLICANT)
def undo_sorting(request, pk):
    """Put everything back where it was before the last sorting, as long as nothing has changed."""
    own = Application.objects.visible_to(request.user).only("pk", "stage")
    application = get_object_or_404(own, pk=pk)
    try:
        evidence_files.unsort(application, request.user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "已撤销归类，材料和奖项的佐证都恢复为归类之前。")
    return redirect("applications:section", pk, "evidence")


def _chosen(application, data):
    """Return what a posted page says as a `Sorting`; raises ValidationError.

    Files and awards that the page names and the application does not have are refused when they
    are sorted; an award that has got a proof meanwhile keeps it.
    """
    files = {file.pk: file for file in application.current_evidence()}
    awards = {str(award.pk): award for award in application.awards.all()}
    categories = {
        key: data[f"category-{key}"]
        for key, file in files.items()
        if data.get(f"category-{key}") in PROOFS and data[f"category-{key}"] != file.category
    }
    proofs = {}
    for name, value in data.items():
        if not value or not (match := ROW.fullmatch(name)):
            continue
        award, file = awards.get(value), files.get(int(match[1]))
        if award is None or file is None or award.is_proven:
            raise ValidationError(evidence_files.CHANGED_MEANWHILE)
        if award.pk in proofs:
            raise ValidationError(TWICE.format(award))
        page = whole_number(match[2]) or None
        if file.pages == 1 or (page and page > file.pages):
            page = None
        proofs[award.pk] = (file.pk, page)
    return evidence_files.Sorting(categories, proofs)


def _row(line, chosen):
    """Return one line of the table: its `Line`, category, and (name, page, award chosen, proof).

    What was posted stands as it was posted.
    """
    key = line.file.pk
    choices = [
        (f"row-{key}-{proof.page}-{number}", proof.page, proof.award.pk, proof)
        for number, proof in enumerate(line.proofs, start=1)
    ]
    choices = choices or [(f"row-{key}-0-1", 0, None, None)]
    category = line.category
    if chosen is not None:
        category = chosen.get(f"category-{key}", category)
        choices = [
            (name, page, whole_number(chosen.get(name, "")), proof)
            for name, page, _, proof in choices
        ]
    return {"line": line, "category": category, "choices": choices}


def _open_awards(application):
    """Return the awards that have no proof, [(level, [(award, how a choice calls it)])]."""
    found = []
    for level in Award.Level:
        for number, award in enumerate(application.awards_of(level), start=1):
            if not award.is_proven:
                named = " ".join(map(str, filter(None, (award.year, _name_of(award)))))
                found.append((level.label, award, f"{named}（{where_of(award, number)}）"))
    return [
        (level, [(award, words) for _, award, words in rows])
        for level, rows in groupby(found, lambda row: row[0])
    ]


def _name_of(award):
    return stated(award.project) or stated(award.name)


def _done(moved, proven):
    if not moved and not proven:
        return "没有需要归类的材料。"
    told = [f"{moved} 份材料已归类"] if moved else []
    told += [f"{proven} 个奖项已选用佐证"] if proven else []
    return "，".join(told) + "。"
