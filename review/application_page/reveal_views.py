"""An ID or bank number in full, for who needs it: with a reason, an event, and once."""

from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.audit import AuditEntry, log_entry
from accounts.roles import role_required
from accounts.views.reauthentication import recently_authenticated
from applications.form.definition import ITEM, NUMBERS, display
from applications.permissions import REVEALED_AT, Privacy, reveal_refusal
from applications.workflow.events import REVEAL, record
from applications.workflow.perform import Refused
from review.application_page.reveal_form import RevealForm
from review.shared import access
from review.shared.concurrency import hold


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*REVEALED_AT)
@recently_authenticated
def reveal(request, pk):
    """Show one number in full, in the answer to a POST that says why; never in an address."""
    application = access.find(request.user, pk)
    form = RevealForm(request.POST if request.method == "POST" else None)
    revealed, status = None, 422 if form.errors else 200
    if form.is_valid():
        try:
            revealed = _reveal_number(request, pk, **form.cleaned_data)
        except Refused as error:
            form.add_error(None, str(error))
            status = 409
    context = {
        "application": application,
        "masked": [
            (ITEM[name].label, display(application, name, Privacy.MASKED)) for name in NUMBERS
        ],
        "form": form,
        "revealed": revealed,
        "refused": reveal_refusal(request.user, application),
    }
    return render(request, "review/application_page/reveal.html", context, status=status)


def _reveal_number(request, pk, number, reason):
    """Put on record that the user is shown a number; return its label and the number.

    Raises Refused with a sentence when it is not the user's to see now.
    """
    user, label = request.user, ITEM[number].label
    with hold(user, pk, *REVEALED_AT[user.role]) as application:
        if refused := reveal_refusal(user, application):
            raise Refused(refused)
        record(application, user, REVEAL.labelled(number=label), reason)
        log_entry(AuditEntry.Kind.REVEAL, request, subject=application.number, number=number)
        return label, display(application, number)
