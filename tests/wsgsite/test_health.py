"""/healthz and /readyz: asked by machines, under any host name, without https or a login."""

import datetime
import json

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from applications.notify.workers import LEASE, Worker, renew
from wsgsite import health


@pytest.fixture(autouse=True)
def nothing_is_known():
    health._last.update(at=None, parts={})
    health._migrated.clear()


def ready(client):
    response = client.get("/readyz")
    return response.status_code, json.loads(response.content)["parts"]


def test_alive_without_a_database(client):
    """No database is open to this test."""
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


@override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["portal.example.org"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_neither_host_name_nor_https_nor_a_login_is_asked_for(client, path):
    assert client.get(path, headers={"host": "10.0.0.7"}).status_code in {200, 503}


@pytest.mark.django_db
def test_ready_when_all_parts_are(client):
    renew("worker")
    assert ready(client) == (200, dict.fromkeys(health.CHECKS, "ok"))
    assert not default_storage.exists("ready") or not default_storage.listdir("ready")[1]


@pytest.mark.django_db
def test_no_worker(client):
    assert ready(client)[1]["worker"] == "no worker is at work"
    health._last["at"] = None
    Worker.objects.create(key="late", seen_at=timezone.now() - LEASE)
    assert ready(client) == (503, ready(client)[1])
    assert ready(client)[1]["worker"] == "no worker is at work"


@pytest.mark.django_db
def test_a_queue_that_waits(client):
    renew("worker")
    task = DBTaskResult.objects.create(
        args_kwargs={"args": [], "kwargs": {}},
        task_path="applications.notify.tasks.mail",
        backend_name="default",
        run_after=get_date_max(),
    )
    assert ready(client)[0] == 200
    enqueued = timezone.now() - datetime.timedelta(minutes=11)
    DBTaskResult.objects.filter(pk=task.pk).update(enqueued_at=enqueued)
    health._last["at"] = None
    assert ready(client)[1]["worker"] == "tasks have waited for more than ten minutes"
    # What is to wait still waits for nothing.
    DBTaskResult.objects.filter(pk=task.pk).update(run_after=timezone.now())
    health._last["at"] = None
    assert ready(client)[0] == 200


@pytest.mark.django_db
def test_missing_migrations(client):
    MigrationRecorder.Migration.objects.filter(app="documents").latest("pk").delete()
    status, parts = ready(client)
    assert (status, parts["migrations"]) == (503, "migrations are missing")


@pytest.mark.django_db
def test_storage_that_takes_nothing(client, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device: '/secret/place'")

    monkeypatch.setattr(default_storage._wrapped, "_save", full)
    status, parts = ready(client)
    assert (status, parts["storage"]) == (503, "failing (OSError)")
    assert "secret" not in json.dumps(parts)


def test_no_database(client, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("could not connect to server at 10.0.0.1, user portal")

    monkeypatch.setattr(connection, "cursor", away)
    status, parts = ready(client)
    assert (status, parts["database"]) == (503, "failing (OperationalError)")
    assert parts["worker"] == "unknown: the database does not answer"
    assert "10.0.0.1" not in json.dumps(parts)


@pytest.mark.django_db
def test_often_asked_costs_little(client, django_assert_num_queries):
    ready(client)
    with django_assert_num_queries(0):
        ready(client)
