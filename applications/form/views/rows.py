"""Rows pasted from Excel or Word into one of the tables: text, then a preview, then the table."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.numbers import whole_number
from accounts.roles import Role, role_required
from applications.form.definition import SECTION
from applications.form.pasting import append, columns_of, parse, preview_form, room_in
from applications.form.rows import MAX_ROWS, SECTION_OF_BLOCK, blocks_of
from applications.form.views.editing import refuse_closed
from applications.models import Application


@require_http_methods(["GET", "POST"])
@role_required(Role.APPLICANT)
def paste(request, pk, key):
    """Read what was pasted for a block, show it row by row, and add what was confirmed."""
    if key not in SECTION_OF_BLOCK:
        raise Http404
    application = get_object_or_404(Application.objects.visible_to(request.user), pk=pk)
    if not application.is_editable and request.method == "GET":
        return refuse_closed(request, application)
    section = SECTION[SECTION_OF_BLOCK[key]]
    blocks = {block.key: block for block in blocks_of(application, section)}
    page = {
        "application": application,
        "section": section,
        "blocks": list(blocks.values()),
        "table": blocks[key],
        "text": request.POST.get("text", ""),
    }
    if request.method == "POST":
        if "count" not in request.POST:
            _read(page)
        elif leads_to := _confirm(request, page, blocks):
            return redirect(leads_to)
    columns = columns_of(key)
    return render(request, "applications/form/paste.html", {**page, "columns": columns})


def _read(page):
    """Put the rows of a pasted text on the page, or why there are none."""
    block = page["table"]
    try:
        pasted = parse(page["text"], block.key)
    except ValidationError as refused:
        page["refused"] = refused.messages[0]
        return
    data = {
        f"row-{number}-{name}": text
        for number, row in enumerate(pasted.rows)
        for name, text in row.items()
    }
    room = room_in(block)
    data |= {f"row-{number}-take": "1" for number in range(min(room, len(pasted.rows)))}
    _show(page, data, len(pasted.rows))
    page["ignored"] = "、".join(dict.fromkeys(pasted.ignored))
    page["left_out"] = max(0, len(pasted.rows) - room)


def _confirm(request, page, blocks):
    """Add the rows that are ticked, once all of them are right; return where that leads."""
    data = request.POST
    page["table"] = blocks.get(data.get("block"), page["table"])
    _show(page, data, min(MAX_ROWS, _number(data["count"])))
    taken = [form for form in page["forms"] if form.is_taken]
    if not taken:
        page["refused"] = "请至少勾选一行。"
    elif not page["errors"]:
        application, block = page["application"], page["table"]
        rows = [form.values() for form in taken]
        try:
            append(application, block.key, rows, request.user, after=_number(data.get("after")))
        except ValidationError as refused:
            page["refused"] = refused.messages[0]
        else:
            messages.success(request, f"“{block.title}”已加入 {len(rows)} 行。")
            here = reverse("applications:section", args=[application.pk, page["section"].key])
            return f"{here}#{block.key}"
    return None


def _show(page, data, count):
    """Put `count` rows of `data` on the page, as forms with the errors that they would have."""
    block = page["table"]
    page["forms"], page["errors"] = [], []
    for number in range(count):
        form = preview_form(block, data, f"row-{number}", f"第 {number + 1} 行")
        form.is_taken = bool(data.get(f"row-{number}-take"))
        page["forms"].append(form)
        if form.is_taken:
            page["errors"] += [
                (form[name].id_for_label, f"第 {number + 1} 行，{form[name].label}：{error}")
                for name, errors in form.errors.items()
                for error in errors
            ]
    page["after"] = max((row.pk for each in page["blocks"] for row in each.stored), default=0)


def _number(text):
    """Return a number that a page sent, 0 for what is none."""
    return whole_number(text or "") or 0
