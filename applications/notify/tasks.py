"""Work done after commit, by the worker."""

from django_tasks import task

from applications.models import Application, Event
from applications.notify import notifications
from applications.notify.inbox import Message
from applications.notify.mailing import deliver
from applications.stages import RESULTS
from applications.workflow import events


def _tell(messages):
    Message.objects.tell(messages)
    deliver(Message.objects.filter(key__in={message.key for message in messages}))


def post(messages):
    """Save messages with what gives rise to them, and have the worker mail them at once.

    Call it in that transaction; `messages` are written by `notifications`.
    """
    Message.objects.tell(messages)
    for key in dict.fromkeys(message.key for message in messages):
        mail.enqueue(key)


@task()
def tell(event_id):
    """Tell whom it concerns of a move or a visit (`notifications.LETTERS`)."""
    event = Event.objects.select_related(
        "application__round", "application__recommending_unit"
    ).get(pk=event_id)
    _tell(notifications.about_event(event))


@task()
def tell_list(application_ids):
    """Tell the office that a recommending unit has reported these applications."""
    _tell(notifications.about_list(*_of_list(application_ids, events.REPORT)))


@task()
def tell_list_sent_back(application_ids):
    """Tell a recommending unit that the office has sent its list of these applications back."""
    _tell(notifications.about_list_sent_back(*_of_list(application_ids, events.SEND_LIST_BACK)))


def _of_list(application_ids, kind):
    """Return a list's applications in order, and the last event of what was done with them."""
    rows = Application.objects.select_related("round", "recommending_unit").filter(
        pk__in=application_ids
    )
    last = Event.objects.filter(application__in=application_ids, action=kind.name).latest("pk")
    return list(rows.order_by("rank", "pk")), last


@task()
def tell_batch(application_ids, batch):
    """Tell whoever has to act on applications that they came to them, all in one batch."""
    moves = Event.objects.filter(application__in=application_ids, data__batch=batch)
    if in_order := list(moves.order_by("pk")):
        _tell(notifications.about_arrivals(in_order))


@task()
def mail(key):
    """Mail the messages with this key, which were saved by `post`."""
    deliver(Message.objects.filter(key=key))


@task()
def tell_results(round_id):
    """Have every applying unit of a round told its published result, each by a task of its own."""
    concerned = Application.objects.filter(round=round_id, stage__in=RESULTS)
    for application_id in concerned.values_list("pk", flat=True):
        tell_result.using(queue_name=f"round-{round_id}").enqueue(application_id)


@task()
def tell_result(application_id):
    """Tell an applying unit its published result."""
    _tell(
        notifications.about_result(
            Application.objects.select_related("round").get(pk=application_id)
        )
    )
