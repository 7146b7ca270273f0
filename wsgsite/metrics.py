"""Figures for Prometheus, at /metrics; off unless METRICS_ALLOWED or METRICS_TOKEN is set.

No personal data, and no label that grows with use: addresses by name, stages, states of tasks.
With several processes set PROMETHEUS_MULTIPROC_DIR to an empty folder, or each tells only its own.
"""

import ipaddress

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.db.models import Count
from django.http import HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily

from applications.models import Application
from applications.notify.workers import Worker, oldest_waiting, waiting
from applications.recognition.reader import pages_to_read
from applications.stages import Stage
from wsgsite import errors

METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

# What this process counts. Of several processes the folder is read instead.
own = CollectorRegistry()
REQUESTS = Counter(
    "portal_requests", "Requests answered", ["view", "method", "status"], registry=own
)
SECONDS = Histogram(
    "portal_request_seconds", "Time to an answer", ["view"], buckets=BUCKETS, registry=own
)


def is_on():
    """Whether anybody may read the figures."""
    return bool(settings.METRICS_ALLOWED or settings.METRICS_TOKEN)


def observe(view, method, status, seconds):
    """Count one answered request; `view` is the name of its address, "" when it matched none."""
    if is_on():
        view = view or "none"
        REQUESTS.labels(view, method if method in METHODS else "other", str(status)).inc()
        SECONDS.labels(view).observe(seconds)


class State:
    """What the database says when it is asked: applications by stage, tasks by state, workers."""

    def collect(self):
        try:
            stages = _counted(Application.objects, "stage")
            tasks = _counted(DBTaskResult.objects, "status")
            workers = Worker.objects.at_work().count()
            kinds = waiting()
            unread = pages_to_read()
        except DatabaseError:
            yield GaugeMetricFamily("portal_database_up", "Whether it answers", value=0)
            return
        yield GaugeMetricFamily("portal_database_up", "Whether it answers", value=1)
        by_stage = GaugeMetricFamily("portal_applications", "By stage", labels=["stage"])
        for stage in Stage:
            by_stage.add_metric([stage.value], stages.get(stage.value, 0))
        yield by_stage
        by_state = GaugeMetricFamily("portal_tasks", "By state", labels=["state"])
        for state in TaskResultStatus.values:
            by_state.add_metric([state], tasks.get(state, 0))
        yield by_state
        waited = oldest_waiting(kinds).total_seconds()
        yield GaugeMetricFamily(
            "portal_tasks_oldest_seconds", "How long the oldest due task has waited", value=waited
        )
        yield from _waiting(kinds)
        yield GaugeMetricFamily("portal_workers", "Workers at work", value=workers)
        yield GaugeMetricFamily("portal_pages_to_read", "Pages not read yet (OCR)", value=unread)


def _waiting(kinds):
    """Yield what waits by kind: as many as there are functions that are tasks."""
    now = timezone.now()
    numbers = GaugeMetricFamily("portal_tasks_waiting", "Due tasks by kind", labels=["task"])
    waited = GaugeMetricFamily(
        "portal_tasks_waiting_seconds", "How long the oldest has waited", labels=["task"]
    )
    for each in kinds:
        numbers.add_metric([each.kind], each.number)
        waited.add_metric([each.kind], max(0.0, (now - each.since).total_seconds()))
    yield from (numbers, waited)


def _counted(rows, column):
    return dict(rows.order_by().values_list(column).annotate(number=Count("pk")))


def figures(request):
    """GET /metrics: 404 for whoever may not read it."""
    if not (is_on() and _may_read(request)):
        return errors.page(request, 404)
    registry = CollectorRegistry()
    registry.register(State())
    if settings.METRICS_FOLDER:
        multiprocess.MultiProcessCollector(registry)
        text = generate_latest(registry)
    else:
        text = generate_latest(registry) + generate_latest(own)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _may_read(request):
    given = request.headers.get("Authorization", "")
    expected = f"Bearer {settings.METRICS_TOKEN}"
    if settings.METRICS_TOKEN and constant_time_compare(given, expected):
        return True
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied):
        return False
    return any(
        address in ipaddress.ip_network(network, strict=False)
        for network in settings.METRICS_ALLOWED
    )
