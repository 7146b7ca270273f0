"""Work done after commit, by the worker."""

from django_tasks import task

from applications.notify import notifications
from applications.notify.tasks import tell_all
from review.publicity.objections.models import Objection


@task()
def tell_objection(objection_id):
    """Tell the office that an objection was raised on the public page, but not by whom."""
    objection = Objection.objects.select_related("application").get(pk=objection_id)
    tell_all(notifications.about_objection(objection))
