"""One page for each section of the form."""

import json

from django.contrib import messages
from django.db import transaction
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.roles import Role, role_required
from applications.earlier_years.entry import entry_notes
from applications.files.glyphs import unprintable_note
from applications.files.usage import upload_context
from applications.form.completeness import problems, warnings
from applications.form.definition import NUMBERS, SECTION, SECTIONS
from applications.form.drafts import Draft
from applications.form.forms import Note, layout
from applications.form.proofs import take_proofs
from applications.form.rows import proofs_of
from applications.form.task_list import next_step, progress, states_of
from applications.form.views.expired import editor_mark, keep_over_login, kept_page
from applications.models import Application
from applications.permissions import visible_application
from applications.recognition.proposals import proposals_of, take_proposed
from applications.rounds import EvidenceCategory
from applications.stages import Stage
from applications.versions.applicant_view import last_return, remark_lines
from applications.versions.corrections import RETURNING
from applications.versions.snapshot import read_content

# What became of a posted page.
SAVED, PARTLY, CLOSED = "saved", "partly", "closed"


@keep_over_login
@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def section(request, pk, key):
    """Show a section of a draft, or save what was typed into it.

    A script that saves while somebody types (static/js/draft.js) says so in X-Requested-With, and
    gets JSON.
    """
    if key not in SECTION:
        raise Http404
    data = request.POST if request.method == "POST" else kept_page(request)
    if data is None:
        return _page(request, pk, SECTION[key])
    data = data.copy()
    refused = _take_files(request, pk, SECTION[key], data)
    take_proposed(data)
    draft, outcome = _save(request, pk, SECTION[key], data, refused)
    if is_autosave(request):
        return _answer(request, draft, outcome)
    for sentence in draft.refused.values():
        messages.error(request, sentence)
    action = data.get("action", "")
    if outcome == SAVED:
        messages.success(request, _saved_sentence(request.user, draft, action))
        return redirect(_next(request.user, draft, action))
    for block in draft.rows:
        if outcome == CLOSED or block.key in draft.conflicts:
            block.show_dropped()
        if action == f"add-{block.key}":
            block.add_blank()
    return _page(request, pk, SECTION[key], draft, outcome)


def is_autosave(request):
    """Whether the request comes from the script that saves while somebody types."""
    return request.headers.get("X-Requested-With") == "autosave"


def _take_files(request, pk, section, data):
    """Take the files that came with the rows, before the page is saved (`take_proofs`)."""
    if section.rows != "awards" or not request.FILES:
        return {}
    own = Application.objects.visible_to(request.user).only("pk", "stage")
    application = get_object_or_404(own, pk=pk)
    # Of a form that is closed nothing is taken; the page says so.
    return (
        take_proofs(application, data, request.FILES, request.user)
        if application.is_editable
        else {}
    )


def _save(request, pk, section, data, refused):
    """Save the posted section under a lock; return the `Draft` and what became of it.

    While somebody types nothing is saved beside a conflict: the page of the choice, which comes
    next, does that, and still knows who saved last.
    """
    with transaction.atomic():
        application = visible_application(request.user, pk, lock=True)
        if application is None:
            raise Http404
        remarks = [each for each in _remarks(application) if each.section == section.key]
        draft = Draft(application, section, data, refused=refused, remarks=remarks)
        if not application.is_editable:
            return draft, CLOSED
        if not (draft.conflicts and is_autosave(request)):
            draft.save(request.user)
    return draft, PARTLY if draft.errors() or draft.conflicts else SAVED


def _saved_sentence(user, draft, action):
    """Return what is told of a saved page; whoever goes on learns what is still missing."""
    sentence = f"“{draft.section.title}”已保存。"
    if action == "continue":
        found = problems(opened(user, draft.application.pk))
        missing = sum(problem.section == draft.section.key for problem in found)
        if missing:
            sentence += f"这一部分还差 {missing} 项，可以稍后补充。"
    return sentence


def _answer(request, draft, outcome):
    """Return what a script needs to know after it saved: digests, notes, keys of new rows."""
    if outcome == CLOSED:
        return JsonResponse({"closed": True})
    if draft.conflicts:
        return JsonResponse({"conflicts": draft.conflicts})
    application = draft.application
    read_content(application, anew=True)
    context = section_context(application, draft.section)
    own = next(line for line in context["lines"] if line.section is draft.section)
    # Fields are stored as they were saved just now; rows have keys only since then.
    stored = _stored(application, context) if draft.rows else draft
    told = own.problems + warnings(application)
    notes = _notes(draft, told, context["remarks"], set(request.POST.getlist("touched")))
    _add_earlier_years(notes, application, request.user, draft)
    return JsonResponse(
        {
            "saved": f"{timezone.localtime(application.edited_at):%H:%M}",
            "loaded": draft.digests_for_page(stored),
            "elsewhere": draft.elsewhere(),
            "rows": draft.row_keys(),
            "notes": {
                key: [[note.kind, note.text] for note in notes_of_one]
                for key, notes_of_one in notes.items()
            },
            "states": states_of(context["lines"]),
            "missing": own.missing,
            "missing_in_all": sum(line.missing for line in context["lines"]),
        }
    )


def _next(user, draft, action):
    """Return where a saved page leads: to a new row, to the next section, or back to itself.

    In a form that was returned the next is what is still to be corrected.
    """
    pk, section = draft.application.pk, draft.section
    here = reverse("applications:section", args=[pk, section.key])
    for block in draft.rows:
        if landing := block.landing(action):
            return landing
    if action == "submit":
        return reverse("applications:submit", args=[pk])
    if action != "continue":
        return here
    if draft.application.stage == Stage.RETURNED:
        lines = section_context(opened(user, pk), section)["lines"]
        return next_step(lines, after=section)[1]
    following = SECTIONS[SECTIONS.index(section) + 1 :]
    if not following:
        return reverse("applications:overview", args=[pk])
    return f"{reverse('applications:section', args=[pk, following[0].key])}#fields"


def _page(request, pk, section, draft=None, outcome=""):
    """Draw a section's page; `draft` holds what was typed when it could not all be saved."""
    application = opened(request.user, pk)
    if not application.is_editable and draft is None:
        return refuse_closed(request, application)
    context = section_context(application, section)
    own = next(line for line in context["lines"] if line.section is section)
    stored = _stored(application, context)
    if draft is None:
        draft = stored
        loaded = stored.digests()
        for block in draft.rows:
            if not block.forms or request.GET.get("add") == block.key:
                block.add_blank()
    else:
        loaded = draft.digests_for_page(stored)
        draft.show_theirs()
    told = own.problems + warnings(application)
    notes = _notes(draft, told, context["remarks"], None if "check" in request.GET else ())
    _add_earlier_years(notes, application, request.user, draft)
    conflicts = draft.choices(stored) if outcome == PARTLY else {}
    for block in draft.rows:
        block.notes = notes.get(block.key, [])
        block.choice = conflicts.get(block.key)
        for form in block.forms:
            form.notes = notes.get(form.prefix, [])
    _unfold(draft)
    if section.rows == "awards":
        context |= upload_context(application, EvidenceCategory.HONOUR)
        context["proofs"] = proofs_of(application)
        awards = application.awards.all()
        context["lacks_proof"] = not awards or any(not award.is_proven for award in awards)
        proposals = proposals_of(request.user, application)
        context["proposed"] = sum(
            not each.check and bool(each.pages) for each in proposals.values()
        )
        for form in draft.row_forms:
            form.proposed = proposals.get(form.row.pk) if form.row else None
    return render(
        request,
        "applications/form/section.html",
        {
            **context,
            "outcome": outcome,
            "private": " ".join(NUMBERS),
            "draft": draft,
            "loaded": json.dumps(loaded),
            "editor": editor_mark(request.user),
            "helper": layout(draft.form, notes, conflicts),
            "conflicts": conflicts.values(),
            "errors": draft.errors() if outcome else [],
        },
    )


def _stored(application, context):
    """Return the `Draft` of what is stored of the section of a `section_context`."""
    remarks = [line["remark"] for line in context["remarks"]]
    return Draft(application, context["section"], remarks=remarks)


def _unfold(draft):
    """Open the rows in which something is to be typed.

    New ones, those that are wrong, and the first in which something is missing.
    """
    incomplete = [form for form in draft.row_forms if form.notes]
    for form in draft.row_forms:
        form.is_open = form.row is None or bool(form.errors) or form in incomplete[:1]


def opened(user, pk):
    """Return one of the user's applications with all that the page of a section reads."""
    application = visible_application(user, pk)
    if application is None:
        raise Http404
    read_content(application)
    return application


def refuse_closed(request, application):
    """Lead from a page of the form to its reading view, once it cannot be changed any more."""
    why = {
        Stage.DISCARDED: "申报已放弃",
        Stage.LAPSED: "本批次已结束",
        Stage.CLOSED: "本批次已结束",
    }
    messages.warning(request, f"{why.get(application.stage, '申报已提交')}，内容不能再修改。")
    return redirect("applications:read", application.pk)


def section_context(application, section):
    """Return the context that the page of every section needs: its list, its remarks."""
    remarks = remark_lines(application, _remarks(application))
    return {
        "application": application,
        "section": section,
        "lines": progress(application, remarks),
        "remarks": [line for line in remarks if line["section"] == section.key],
    }


def _remarks(application):
    """Return the remarks of the return that stands, in a form that can be changed."""
    # What never moved was never returned.
    events = application.events.filter(action__in=RETURNING) if application.revision else ()
    returned = last_return(application, list(events))
    return list(returned.remarks.select_related("evidence")) if returned else []


def _add_earlier_years(notes, application, user, draft):
    """Add to the notes what earlier years know of the unit or the lead, as far as it is saved."""
    for name, sentence in entry_notes(application, user, draft.form.fields).items():
        notes.setdefault(name, []).append(Note("earlier", sentence))


def _notes(draft, problems, remarks, touched):
    """Return the notes beside fields, rows and blocks, by the name that they have on the page.

    What is merely missing is said of the `touched` fields alone; None means all of them.
    """
    notes = {}
    for line in remarks:
        if line["name"] in draft.form.fields:
            notes.setdefault(line["name"], []).append(Note("remark", f"退回要求：{line['text']}"))
    for key, sentence in draft.wrong_fields():
        notes.setdefault(key, []).append(Note("error", sentence))
    anchors = {form.anchor: form.prefix for block in draft.rows for form in block.forms}
    for problem in problems:
        name = anchors.get(problem.anchor, problem.anchor.removeprefix("id_"))
        if name in draft.form.errors or (
            problem.is_missing and touched is not None and name not in touched
        ):
            continue
        notes.setdefault(name, []).append(Note("hint", problem.message))
    for form in (draft.form, *(form for block in draft.rows for form in block.forms)):
        for name in form.fields:
            typed = form[name].value()
            if isinstance(typed, str) and (sentence := unprintable_note(typed)):
                notes.setdefault(form.prefix or name, []).append(Note("hint", sentence))
    return notes
