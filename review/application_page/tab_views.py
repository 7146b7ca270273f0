"""The other tabs of an application's page, each at an address of its own and read when opened."""

from functools import partial

from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.roles import Role, role_required
from applications.notify.inbox import Message
from applications.notify.retries import TRIES
from applications.permissions import openable_files
from applications.recognition.search_context import search_context
from applications.records import VERSIONS
from review.application_page import tabs
from review.application_page.history import readable_opinions
from review.application_page.panels import records_context
from review.application_page.views import READING, as_read, correction_of, prefetch_remarks
from review.permissions import STAFF
from review.shared.access import find, material, url_of, viewer

# A page of an application lists what it was told of; the office's own list goes on.
MOST_MESSAGES = 100


def _tab(request, pk, tab, *prefetch, read=None):
    """Render one tab; `read` (user, application, submissions, events) returns what it shows."""
    application = find(request.user, pk, *prefetch, "events", VERSIONS)
    submissions, events = list(application.submissions.all()), list(application.events.all())
    prefetch_remarks(events)
    context = {
        **tabs.page_frame(request.user, application, events, submissions, tab),
        "read": as_read(application, submissions),
        "submissions": submissions,
    }
    # A file is new that came after the version which the reader last saw.
    seen_at = context["seen_at"]
    seen = [each.submitted_at for each in submissions if seen_at and each.submitted_at <= seen_at]
    context["new_after"] = max(seen, default=None)
    if read:
        context |= read(request.user, application, submissions, events)
    return render(request, f"review/application_page/{tab}.html", context)


@require_GET
@role_required(*STAFF)
def record(request, pk):
    """Show the opinions, and what the stages put on record."""
    return _tab(request, pk, tabs.RECORD, *READING, read=_record)


def _record(user, application, submissions, events):
    return {
        **viewer(user, as_read(application, submissions)),
        **records_context(user, application),
        "opinions": readable_opinions(user, application),
        "form_url": url_of(application.pk),
    }


@require_GET
@role_required(*STAFF)
def versions(request, pk):
    """Show the versions that were submitted, and what the last one changed."""
    return _tab(request, pk, tabs.VERSIONS, *READING, read=_versions)


def _versions(user, application, submissions, events):
    read = as_read(application, submissions)
    context = {**viewer(user, read), "openable": openable_files(user, application)}
    if len(submissions) > 1:
        context["correction"] = correction_of(user, application, read, submissions, events)
    return context


@require_GET
@role_required(*STAFF)
def files(request, pk):
    """List the files by category, with what was noticed of them."""
    find_in = partial(_files, request=request)
    return _tab(request, pk, tabs.FILES, *READING, read=find_in)


def _files(user, application, submissions, events, request):
    """Return the files; when one of a version came, and its warning, say the rows themselves.

    `find` in the address is what is looked for in what was read of them.
    """
    read = as_read(application, submissions)
    asked = request.GET.get("find", "").strip()[:100]
    context = {**material(user, read), **search_context(request, read, asked)}
    rows = {row.pk: row for row in application.evidence.all()}
    for section in context["sections"]:
        for _, files in section.get("files") or ():
            for file in files:
                file.uploaded_at, file.warning = rows[file.pk].uploaded_at, rows[file.pk].warning
    return context


@require_GET
@role_required(*STAFF)
def history(request, pk):
    """List what happened, newest first."""
    return _tab(request, pk, tabs.HISTORY)


@require_GET
@role_required(Role.OFFICE)
def messages(request, pk):
    """List what was sent to whom about the application, newest first."""
    return _tab(request, pk, tabs.MESSAGES, read=_messages)


def _messages(user, application, submissions, events):
    sent = Message.objects.filter(application=application).with_deliveries()
    return {"rows": sent[:MOST_MESSAGES], "most": MOST_MESSAGES, "tries": TRIES}
