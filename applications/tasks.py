"""Work done after commit, by the worker."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django_tasks import task

from applications.models import Event
from applications.stages import Stage


@task()
def tell_applicant(event_id):
    """E-mail the applying unit's accounts that their application has moved.

    Only the public name of the stage is told: no score, no expert (design.md section 4).
    """
    event = Event.objects.select_related("application__round").get(pk=event_id)
    application = event.application
    before, after = Stage(event.from_stage).public_label, Stage(event.to_stage).public_label
    if before == after:
        return
    addresses = list(
        application.applying_unit.users.filter(is_active=True).values_list("email", flat=True)
    )
    if not addresses:
        return
    context = {"application": application, "stage": after, "site_url": settings.SITE_URL}
    send_mail(
        f"【技能大师工作室申报】{application.number or application.studio_title}：{after}",
        render_to_string("applications/email/stage_changed.txt", context),
        None,
        addresses,
    )
