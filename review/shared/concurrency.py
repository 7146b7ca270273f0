"""Two people at one record, or one person twice: the second waits for the first, or is told."""

from contextlib import contextmanager

from django.db import transaction
from django.http import Http404

from accounts.models import User
from applications.models import Application
from applications.rounds import Round
from applications.workflow.perform import Refused, locked


@contextmanager
def hold(user, pk, *stages, revision=None):
    """Lock an application, in a transaction, while something is written about it; yield it.

    Raises Http404 when it does not exist for the user, and Refused with a sentence when it is in
    none of `stages` or, where the page sent its `revision`, has taken a step since.
    """
    with transaction.atomic():
        application = locked(pk, user)
        if application is None:
            raise Http404
        is_stale = revision is not None and revision != str(application.revision)
        if application.stage not in stages or is_stale:
            label = application.get_stage_display()
            raise Refused(f"该申报当前阶段为“{label}”，没有保存，请刷新后再操作。")
        yield application


@contextmanager
def lock_round(pk):
    """Lock the applications of a round and then the round, in a transaction; yield the round.

    No application of it takes a step, or has one undone, until the end of the transaction.
    """
    with transaction.atomic():
        # Applications are locked before their round everywhere, so that nobody waits for ever.
        of_round = Application.objects.filter(round=pk).order_by("pk")
        list(of_round.select_for_update().values_list("pk"))
        yield Round.objects.select_for_update().get(pk=pk)


@contextmanager
def one_at_a_time(request):
    """Let a user's second click wait until the first has been saved.

    Judge the form inside, in the transaction that this opens: it then sees what the first left.
    """
    with transaction.atomic():
        if request.method == "POST":
            own = User.objects.select_for_update(no_key=True).filter(pk=request.user.pk)
            list(own.values_list("pk"))
        yield
