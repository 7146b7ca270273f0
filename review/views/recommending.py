"""The recommending unit: its verification of an application."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.roles import Role, role_required
from applications.stages import Stage
from applications.workflow import Refused, record
from review.forms.recommending import RecommendationCheckForm
from review.models import RecommendationCheck
from review.views import detail
from review.views.records import held_pk, hold


@require_POST
@role_required(Role.RECOMMENDER)
def check(request, pk):
    """Save what the recommending unit verified (notice, section 二)."""
    application = detail.find(request.user, pk)
    form = RecommendationCheckForm(
        request.POST, instance=getattr(application, "recommendation_check", None)
    )
    if not form.is_valid():
        return detail.page(request, pk, check_form=form, status=422)
    try:
        revision = request.POST.get("revision")
        with hold(request.user, pk, Stage.RECOMMENDING, revision=revision) as held:
            # A colleague's first save, a moment ago, is corrected like any saved before.
            form.instance.pk = held_pk(RecommendationCheck, held)
            form.instance.application = held
            form.instance.checked_by = request.user
            form.instance.checked_at = timezone.now()
            form.save()
            record(held, request.user, "check", "推荐核验", at=form.instance.checked_at)
    except Refused as error:
        form.add_error(None, str(error))
        return detail.page(request, pk, check_form=form, status=409)
    messages.success(request, "推荐核验已保存。")
    return redirect(f"{detail.url_of(pk)}#decision")
