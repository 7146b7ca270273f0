"""Work done after commit, by the worker."""

from django.utils import timezone
from django_tasks import task

from applications.models import Application, Event
from applications.notify import notifications
from applications.notify.channels.models import Channel, Delivery
from applications.notify.channels.sending import deliver_due
from applications.notify.inbox import Message
from applications.notify.mailing import deliver
from applications.notify.workers import CHANNEL, queue_of
from applications.stages import RESULTS
from applications.workflow import events


def tell_all(messages):
    """Save messages, mail them, and have channels told of them; in the worker."""
    Message.objects.tell(messages)
    _send({message.key for message in messages})


def _send(keys):
    deliver(Message.objects.filter(key__in=keys))
    send_by_channels(Delivery.objects.filter(key__in=keys))


def send_by_channels(deliveries):
    """Have those channels told of which one of these deliveries is due: each by a task of its own.

    It waits in the queue of whoever owns the channel: a server that answers late holds up nobody
    else's, nor any mail.
    """
    due = deliveries.waiting().filter(next_attempt_at__lte=timezone.now())
    channels = Channel.objects.reachable().filter(pk__in=due.order_by().values("channel"))
    for channel in channels.select_related("owner").only("owner"):
        send_by_channel.using(queue_name=queue_of(channel.owner)).enqueue(channel.pk)


@task(priority=CHANNEL)
def send_by_channel(channel_id):
    """Tell a channel what is due; tell its owner once it is dead."""
    if deliver_due(channel_id):
        for channel in Channel.objects.select_related("owner").filter(pk=channel_id):
            tell_all(notifications.about_dead_channel(channel))


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
    tell_all(notifications.about_event(event))


@task()
def tell_list(application_ids):
    """Tell the office that a recommending unit has reported these applications."""
    tell_all(notifications.about_list(*_of_list(application_ids, events.REPORT)))


@task()
def tell_list_sent_back(application_ids):
    """Tell a recommending unit that the office has sent its list of these applications back."""
    tell_all(notifications.about_list_sent_back(*_of_list(application_ids, events.SEND_LIST_BACK)))


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
        tell_all(notifications.about_arrivals(in_order))


@task()
def mail(key):
    """Mail the messages with this key, which were saved by `post`; channels are told, too."""
    _send([key])


@task()
def tell_results(round_id):
    """Have every applying unit of a round told its published result, each by a task of its own."""
    concerned = Application.objects.filter(round=round_id, stage__in=RESULTS)
    for application_id in concerned.values_list("pk", flat=True):
        tell_result.using(queue_name=f"round-{round_id}").enqueue(application_id)


@task()
def tell_result(application_id):
    """Tell an applying unit its published result."""
    tell_all(
        notifications.about_result(
            Application.objects.select_related("round").get(pk=application_id)
        )
    )
