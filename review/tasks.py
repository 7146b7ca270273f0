"""Work done after commit, by the worker."""

from django_tasks import task

from applications import letters
from applications.mailing import deliver
from applications.messages import Message
from review.models import Objection


@task()
def tell_objection(objection_id):
    """Tell the office that an objection was raised on the public page; not who raised it."""
    objection = Objection.objects.select_related("application").get(pk=objection_id)
    told = letters.about_objection(objection)
    Message.objects.tell(told)
    deliver(Message.objects.filter(key__in={message.key for message in told}))
