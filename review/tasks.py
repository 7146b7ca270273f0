"""Work done after commit, by the worker."""

from django.urls import reverse
from django_tasks import task

from accounts.models import User
from accounts.roles import Role
from applications.letters import message_to
from applications.mailing import deliver
from applications.messages import Message
from review.models import Objection


@task()
def tell_objection(objection_id):
    """Tell the office that an objection was raised on the public page; not who raised it."""
    objection = Objection.objects.select_related("application").get(pk=objection_id)
    application, key = objection.application, f"objection:{objection.pk}"
    subject = f"收到异议：{application.number} {application.studio_title}"
    text = f"公示期内收到对该项目的异议，受理号 {objection.number}。请审查是否受理。"
    url = reverse("review:objection", args=[objection.pk])
    Message.objects.tell(
        [
            message_to(
                user, key, Message.Kind.OBJECTION, subject, text, url, application=application
            )
            for user in User.objects.in_use().filter(role=Role.OFFICE)
        ]
    )
    deliver(Message.objects.filter(key=key))
