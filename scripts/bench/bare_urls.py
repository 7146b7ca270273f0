"""The bare project's two views: 25 rows by an indexed query, and one row saved."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import path
from django.views.decorators.http import require_POST

from scripts.bench.models import Row

PAGE = engines["django"].from_string(
    """<!doctype html><title>Rows</title><p>{{ user }}</p><table>
    {% for row in rows %}<tr><td>{{ row.pk }}<td>{{ row.title }}<td>{{ row.changed_at }}</tr>
    {% endfor %}</table>"""
)


@login_required
def show(request):
    rows = Row.objects.filter(owner=request.user.pk).order_by("-pk")[:25]
    return HttpResponse(PAGE.render({"rows": rows, "user": request.user}, request))


@login_required
@require_POST
def save(request):
    row = Row.objects.get(pk=request.POST["row"], owner=request.user.pk)
    row.title = request.POST["title"]
    row.save()
    return HttpResponseRedirect("/")


urlpatterns = [path("", show), path("save/", save)]
