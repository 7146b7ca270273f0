"""One page for each section of the form."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.roles import Role, role_required
from applications.drafts import Draft, columns_of
from applications.form_definition import SECTION, SECTIONS
from applications.forms import Note, layout
from applications.models import Application
from applications.progress import progress, with_content
from applications.standing import last_return, remark_lines

# What became of a posted page.
SAVED, PARTLY, OVERTAKEN, CLOSED = "saved", "partly", "overtaken", "closed"


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def section(request, pk, key):
    """Show a section of a draft, or save what was typed into it."""
    if key not in SECTION:
        raise Http404
    if request.method == "GET":
        return _page(request, pk, SECTION[key])
    draft, outcome = _save(request, pk, SECTION[key])
    action = request.POST.get("action", "")
    if outcome == SAVED:
        return redirect(_next(draft, action))
    for block in draft.rows:
        if outcome != PARTLY:
            block.show_dropped()
        if action == f"add-{block.key}":
            block.add_blank()
    return _page(request, pk, SECTION[key], draft, outcome)


def _save(request, pk, section):
    """Save the posted section under a lock; return the `Draft` and what became of it."""
    with transaction.atomic():
        application = get_object_or_404(
            Application.objects.visible_to(request.user)
            .select_for_update()
            .only(*columns_of(section)),
            pk=pk,
        )
        draft = Draft(application, section, request.POST)
        if not application.is_editable:
            return draft, CLOSED
        if draft.is_overtaken():
            return draft, OVERTAKEN
        draft.save(request.user)
    if draft.errors():
        return draft, PARTLY
    messages.success(request, f"“{section.title}”已保存。")
    return draft, SAVED


def _next(draft, action):
    """Return where a saved page leads: to a new row, to the next section, or back to itself."""
    pk, section = draft.application.pk, draft.section
    here = reverse("applications:section", args=[pk, section.key])
    for block in draft.rows:
        if landing := block.landing(action):
            return landing
    if action != "continue":
        return here
    following = SECTIONS[SECTIONS.index(section) + 1 :]
    if not following:
        return reverse("applications:overview", args=[pk])
    return reverse("applications:section", args=[pk, following[0].key])


def _page(request, pk, section, draft=None, outcome=""):
    """Draw a section's page; `draft` holds what was typed when it could not all be saved."""
    application = opened(request.user, pk)
    if not application.is_editable and draft is None:
        return refuse_closed(request, application)
    context = section_context(application, section)
    own = next(line for line in context["lines"] if line.section is section)
    stored = Draft(application, section)
    check = "check" in request.GET
    if draft is None:
        draft = stored
        for block in draft.rows:
            if not block.forms or request.GET.get("add") == block.key:
                block.add_blank()
    notes, row_notes = _notes(draft, own.problems, context["remarks"], check)
    if outcome == OVERTAKEN:
        for name, text in draft.stored_beside():
            notes.setdefault(name, []).append(Note("stored", f"现已保存的内容：{text}"))
    for block in draft.rows:
        block.notes = row_notes.get(block.key, [])
        for form in block.forms:
            form.notes = row_notes.get(form.anchor, [])
    return render(
        request,
        "applications/section.html",
        {
            **context,
            "outcome": outcome,
            "draft": draft,
            "loaded": stored.digest(),
            "helper": layout(draft.form, notes),
            "errors": draft.errors() if outcome else [],
        },
    )


def opened(user, pk):
    """Return one of the user's applications with all that the page of a section reads."""
    own = with_content(Application.objects.visible_to(user)).select_related("edited_by")
    return get_object_or_404(own, pk=pk)


def refuse_closed(request, application):
    """Lead from a page of the form to its reading view, once it cannot be changed any more."""
    messages.warning(request, "申报已提交，内容不能再修改。")
    return redirect("applications:read", application.pk)


def section_context(application, section):
    """Return the context that the page of every section needs: its list, its remarks."""
    remarks = _remarks(application)
    return {
        "application": application,
        "section": section,
        "lines": progress(application, remarked={line["section"] for line in remarks}),
        "remarks": [line for line in remarks if line["section"] == section.key],
    }


def _remarks(application):
    events = list(application.events.filter(action="return")) if application.number else []
    returned = last_return(application, events)
    return remark_lines(application, returned.remarks.all()) if returned else []


def _notes(draft, problems, remarks, check):
    """Return the notes beside fields (by name), and the sentences beside rows (by anchor).

    What is merely missing is said only when the page was opened to check it.
    """
    notes, row_notes = {}, {}
    for line in remarks:
        if line["name"] in draft.form.fields:
            notes.setdefault(line["name"], []).append(Note("remark", f"退回要求：{line['text']}"))
    for problem in problems:
        name = problem.anchor.removeprefix("id_")
        if name in draft.form.errors or (problem.is_missing and not check):
            continue
        if name in draft.form.fields:
            notes.setdefault(name, []).append(Note("hint", problem.message))
        else:
            row_notes.setdefault(problem.anchor, []).append(problem.message)
    return notes, row_notes
