"""Two versions of an application beside each other, and what a return asked for with its answers.

The owner compares what was submitted and what is typed now; reviewers what was submitted.
"""

from django.db.models import prefetch_related_objects
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.roles import Role
from applications.models import Application
from applications.permissions import openable_files, privacy_for
from applications.versions.corrections import correction, returns_of
from applications.versions.snapshot import CONTENT, as_submitted

DRAFT, PRESENT = "draft", "现在的内容"


@require_GET
def compare(request, pk):
    """Show what differs between two versions; without a choice, between the last two."""
    visible = Application.objects.visible_to(request.user).select_related("round")
    application = get_object_or_404(visible.defer("round__notice"), pk=pk)
    submissions = list(application.submissions.select_related("submitted_by").defer("content"))
    if not submissions:
        raise Http404
    choices = [(str(submission.version), str(submission)) for submission in submissions]
    title = application.studio_title
    if application.is_editable:
        if request.user.role == Role.APPLICANT:
            choices.append((DRAFT, PRESENT))
        else:
            # The lead's name may just be changing.
            title = as_submitted(application, submissions[-1]).studio_title
    context = {
        "application": application,
        "title": title,
        "submissions": submissions,
        "choices": choices,
    }
    if chosen := _chosen(request.GET, [value for value, _ in choices]):
        context["chosen"] = chosen
        context |= _comparison(request.user, application, submissions, chosen)
    return render(request, "applications/versions/compare.html", context)


def _chosen(data, known):
    """Return which two versions to compare, the older first; None while there is only one."""
    if len(known) < 2:
        return None
    chosen = data.get("from", known[-2]), data.get("to", known[-1])
    if not set(chosen) <= set(known):
        raise Http404
    return sorted(chosen, key=known.index)


def _comparison(user, application, submissions, chosen):
    """Return what the page shows of the two versions."""
    by_number = {str(submission.version): submission for submission in submissions}
    since, until = (by_number.get(submission) for submission in chosen)
    if since is None or since is until:
        return {"is_same": True}
    shown = application
    if until:
        shown = as_submitted(application, until)
    else:
        prefetch_related_objects([application], *CONTENT)
    returns, privacy = returns_of(application), privacy_for(user, application)
    return {
        "correction": correction(application, since, shown, until, returns, privacy),
        "openable": openable_files(user, application),
    }
