"""Work done after commit, by the worker."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django_tasks import task

from applications.models import Application, Event
from applications.stages import RESULTS, Stage


@task()
def tell_applicant(event_id):
    """E-mail the applying unit's accounts that their application has moved.

    Only the public name of the stage is told: no score, no expert (design.md section 4); and no
    result before the publication, when `tell_results` tells all at once.
    """
    event = Event.objects.select_related("application__round").get(pk=event_id)
    application = event.application
    before, after = Stage(event.from_stage).public_label, Stage(event.to_stage).public_label
    is_known = event.to_stage not in RESULTS or application.round.results_published_at is not None
    if before != after and is_known:
        _tell(application, after)


@task()
def tell_results(round_id):
    """Have every applying unit of a round told its published result, each by a task of its own."""
    concerned = Application.objects.filter(round=round_id, stage__in=RESULTS)
    for application_id in concerned.values_list("pk", flat=True):
        tell_result.enqueue(application_id)


@task()
def tell_result(application_id):
    """E-mail an applying unit its published result."""
    application = Application.objects.select_related("round").get(pk=application_id)
    _tell(application, application.public_stage.public_label)


def _tell(application, stage):
    addresses = list(
        application.applying_unit.users.filter(is_active=True).values_list("email", flat=True)
    )
    if not addresses:
        return
    context = {"application": application, "stage": stage, "site_url": settings.SITE_URL}
    send_mail(
        f"【技能大师工作室申报】{application.number or application.studio_title}：{stage}",
        render_to_string("applications/email/stage_changed.txt", context),
        None,
        addresses,
    )
