"""Work done after commit, by the worker."""

from django_tasks import task

from applications.notify import notifications
from applications.notify.inbox import Message
from applications.notify.mailing import deliver
from review.publicity.objections.models import Objection


@task()
def tell_objection(objection_id):
    """Tell the office that an objection was raised on the public page, but not by whom."""
    objection = Objection.objects.select_related("application").get(pk=objection_id)
    messages = notifications.about_objection(objection)
    Message.objects.tell(messages)
    deliver(Message.objects.filter(key__in={message.key for message in messages}))
