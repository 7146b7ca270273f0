"""/metrics: off by default, for whom it is meant, without personal data or endless labels."""

import datetime
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from accounts.roles import Role
from applications.models import FileText
from applications.notify.workers import renew
from applications.stages import Stage
from tests.factories import make_application, make_user

TOKEN = "figures-for-one"


def figures(client, **headers):
    return client.get("/metrics", headers=headers)


def value(text, name):
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


@pytest.fixture
def on(settings):
    settings.METRICS_TOKEN = TOKEN
    return {"authorization": f"Bearer {TOKEN}"}


def test_off_by_default(client):
    assert figures(client).status_code == 404
    assert figures(client, authorization="Bearer ").status_code == 404


@pytest.mark.parametrize(
    ("allowed", "status"), [("127.0.0.1", 200), ("127.0.0.0/8", 200), ("10.0.0.0/8", 404)]
)
@pytest.mark.django_db
def test_for_listed_addresses(client, settings, allowed, status):
    settings.METRICS_ALLOWED = [allowed]
    assert figures(client).status_code == status


@pytest.mark.django_db
def test_for_who_brings_the_token(client, on):
    assert figures(client, **on).status_code == 200
    assert figures(client, authorization=f"Bearer {TOKEN}x").status_code == 404
    assert figures(client).status_code == 404


@pytest.mark.django_db
def test_requests_stages_tasks_and_workers(client, on):
    application = make_application(Stage.RECOMMENDING)
    renew("worker")
    FileText.objects.create(sha256="ab", pages=7, pages_done=2)
    FileText.objects.create(sha256="cd", pages=3, pages_done=3, state=FileText.State.DONE)
    client.force_login(make_user(Role.OFFICE))
    name = 'portal_requests_total{method="GET",status="404",view="review:detail"}'
    client.get(reverse("review:detail", args=[0]))
    before = value(figures(client, **on).content.decode(), name)
    client.get(reverse("review:detail", args=[0]))
    text = figures(client, **on).content.decode()
    assert value(text, name) == before + 1
    assert value(text, 'portal_applications{stage="RECOMMENDING"}') == 1
    assert value(text, 'portal_applications{stage="AWARDED"}') == 0
    assert value(text, 'portal_tasks{state="FAILED"}') == 0
    assert value(text, "portal_workers") == 1
    assert value(text, "portal_pages_to_read") == 5
    assert "portal_request_seconds_bucket" in text
    for private in (application.lead_name, application.number, "@"):
        assert private not in text


@pytest.mark.django_db
def test_what_waits_by_kind_of_task_whoever_asked(client, on):
    for number in range(3):
        DBTaskResult.objects.create(
            args_kwargs={"args": [number], "kwargs": {}},
            task_path="documents.tasks.build",
            queue_name=f"recommending-{number}",
            backend_name="default",
            run_after=get_date_max(),
        )
    ago = timezone.now() - datetime.timedelta(minutes=2)
    DBTaskResult.objects.filter(queue_name="recommending-0").update(enqueued_at=ago)
    text = figures(client, **on).content.decode()
    assert value(text, 'portal_tasks_waiting{task="documents.tasks.build"}') == 3
    assert value(text, 'portal_tasks_waiting_seconds{task="documents.tasks.build"}') >= 120
    assert "recommending-" not in text


@pytest.mark.django_db
def test_labels_do_not_grow_with_what_is_asked(client, on):
    client.generic("STRANGE", "/nowhere/1/")
    text = figures(client, **on).content.decode()
    lines = len(text.splitlines())
    for number in range(20):
        client.get(f"/nowhere/{number}/", {"q": number})
        client.generic(f"METHOD{number}", f"/nowhere/{number}/")
    text = figures(client, **on).content.decode()
    assert len(text.splitlines()) <= lines + 4
    assert "METHOD" not in text


def test_several_processes_count_together(tmp_path):
    """In a folder, as gunicorn's workers do; each process here counts one request."""
    script = (
        "import django; django.setup();"
        "from wsgsite import metrics;"
        "metrics.observe('home', 'GET', 200, 0.1);"
        "from prometheus_client import CollectorRegistry, generate_latest, multiprocess;"
        "registry = CollectorRegistry(); multiprocess.MultiProcessCollector(registry);"
        "print(generate_latest(registry).decode())"
    )
    environ = {
        "PATH": "/usr/bin:/bin",
        "ENVIRONMENT": "local",
        "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
        "VAR_DIR": str(tmp_path),
        "METRICS_TOKEN": TOKEN,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
    }
    for expected in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environ,
            cwd=django_settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=True,
        )
        name = 'portal_requests_total{method="GET",status="200",view="home"}'
        assert value(done.stdout, name) == expected
