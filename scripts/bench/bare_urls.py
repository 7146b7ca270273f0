"""The bare project: login, 25 rows by one indexed query, and one row saved."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from applications.models import Application
from applications.stages import Stage

COLUMNS = ("pk", "number", "lead_name", "unit_name", "stage_entered_at")


@login_required
def rows(request):
    """Show the 25 applications that have waited longest; the stage's index finds them."""
    found = Application.objects.filter(stage=Stage.QUALIFYING).order_by("stage_entered_at", "pk")
    return render(request, "rows.html", {"rows": found.values(*COLUMNS)[:25]})


@login_required
@require_POST
def save(request):
    """Write one column of one row."""
    Application.objects.filter(pk=request.POST["pk"]).update(fax=request.POST["fax"])
    return redirect("rows")


urlpatterns = [
    path("", rows, name="rows"),
    path("save/", save),
    path("login/", LoginView.as_view(template_name="login.html"), name="login"),
]
