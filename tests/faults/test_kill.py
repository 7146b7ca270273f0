"""`kill -9` of the web process at twenty points: the old state or the new one, never between.

The processes are real: gunicorn over the tests' database and files. The points are statements,
commits and writes of files, counted by tests/faults/wsgi.py; which of them are tried is spread
evenly over all that the request has.
"""

import hashlib
import http.client
import io
import os
import time

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from applications.models import Evidence
from applications.stages import Stage
from tests.factories import (
    make_application,
    make_people,
    make_round,
    pdf_file,
    prepare,
)
from tests.faults.processes import Web

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

# How many points of each request are tried: all of them with FAULTS=all (`make faults`).
EVERY_POINT = os.environ.get("FAULTS") == "all"


@pytest.fixture
def web(tmp_path):
    order = tmp_path / "order"
    with Web("tests.faults.wsgi", FAULT_ORDER=str(order)) as server:
        server.order = order
        yield server


def spread(total, number):
    """`number` points of 1 to `total`, the first and the last among them; or every one."""
    if EVERY_POINT:
        return list(range(1, total + 1))
    return sorted({1 + round(step * (total - 1) / (number - 1)) for step in range(number)})


def points_of(web, send, number):
    """Have a request counted, and return the points of it at which the next ones die."""
    web.order.write_text("0")
    assert send().status == 302
    total = int(web.order.read_text())
    web.order.unlink()
    return spread(total, number)


def die_at(web, point, send):
    """Send a request that kills the process at a point of it; return once a new one answers."""
    web.order.write_text(f"{point}")
    with pytest.raises((OSError, http.client.HTTPException)):
        send()
    assert not web.order.exists(), "it died of something else"
    web.wait()


def tasks(name, first):
    """How many tasks of this name are about this key, or these."""
    found = DBTaskResult.objects.filter(task_path__endswith=f".{name}")
    return [each.args_kwargs["args"][0] for each in found].count(first)


def assert_no_row_without_bytes():
    """Every file that a row names is there, whole."""
    for each in Evidence.objects.all():
        with each.file.open("rb") as stored:
            assert hashlib.sha256(stored.read()).hexdigest() == each.sha256


def test_during_a_submission(web):
    people = make_people(make_round())

    def new():
        draft = make_application(Stage.DRAFT, people)
        prepare(draft, "submit", people)
        draft.refresh_from_db()
        typed = {
            "text": "同意申报。",
            "signatory": "负责某",
            "signed_on": f"{timezone.localdate()}",
            "truth_declared": "on",
            "revision": draft.revision,
        }
        address = reverse("applications:submit", args=[draft.pk])
        return draft, lambda: web.ask("POST", address, people.applicant, typed)

    def state(draft):
        draft.refresh_from_db()
        events = list(draft.events.filter(action="submit").values_list("pk", flat=True))
        return (
            draft.stage,
            draft.submissions.count(),
            len(events),
            draft.opinions.count(),
            sum(tasks("tell", pk) for pk in events),
        )

    before, after = (Stage.DRAFT, 0, 0, 0, 0), (Stage.RECOMMENDING, 1, 1, 1, 1)
    met = set()
    for point in points_of(web, new()[1], 7):
        draft, send = new()
        die_at(web, point, send)
        found = state(draft)
        assert found in {before, after}, point
        met.add(found)
        again = send()
        assert again.status == (302 if found == before else 409), point
        if found == after:
            assert "“提交”" in again.text
            assert "请刷新后再操作。" in again.text
        assert state(draft) == after, point
    assert met == {before, after}


def test_during_an_upload(web):
    people = make_people(make_round())
    draft = make_application(Stage.DRAFT, people)
    address = reverse("applications:evidence_upload", args=[draft.pk, "OTHER"])

    def new():
        data = pdf_file().read()
        typed = lambda: {"files": named(io.BytesIO(data))}  # noqa: E731
        return data, lambda: web.ask("POST", address, people.applicant, typed(), files=True)

    def stored(data):
        digest = hashlib.sha256(data).hexdigest()
        return Evidence.objects.filter(category="OTHER", sha256=digest).count()

    met, kept = set(), 1
    for point in points_of(web, new()[1], 6):
        data, send = new()
        die_at(web, point, send)
        found = stored(data)
        assert found in {0, 1}, point
        met.add(found)
        assert_no_row_without_bytes()
        again = send()
        assert again.status == 302, point
        if found:
            page = web.ask("GET", again.headers["Location"], people.applicant)
            assert page.status == 200
        assert stored(data) == 1, point
        kept += 1
    assert met == {0, 1}
    assert draft.evidence.filter(category="OTHER").count() == kept
    assert_no_row_without_bytes()
    sweep_everything()


def named(stream):
    stream.name = "材料.pdf"
    return stream


def sweep_everything():
    """What no row names is found and removed once it is a day old; nothing else is."""
    names = [f"{f}" for field in ("file", "thumbnail") for f in files_of(field)]
    old = time.time() - 2 * 24 * 3600
    root = default_storage.path("")
    left = [os.path.join(at, each) for at, _, files in os.walk(root) for each in files]
    assert len(left) > len(names), "no kill left a file behind"
    call_command("sweep_files", remove=True)
    assert all(os.path.exists(each) for each in left), "swept what is young"
    for each in left:
        os.utime(each, (old, old))
    call_command("sweep_files")
    assert all(os.path.exists(each) for each in left), "removed without being told to"
    call_command("sweep_files", remove=True)
    left = [os.path.join(at, each) for at, _, files in os.walk(root) for each in files]
    assert sorted(os.path.relpath(each, root) for each in left) == sorted(names)


def files_of(field):
    return Evidence.objects.exclude(**{field: ""}).values_list(field, flat=True)


def test_during_a_report(web):
    round_ = make_round()

    def new():
        people = make_people(round_)
        listed = [make_application(Stage.RECOMMENDED, people) for _ in range(2)]
        for each in listed:
            prepare(each, "report", people)
        saved = round_.recommendation_lists.get(recommending_unit=listed[0].recommending_unit)
        typed = {"fingerprint": saved.stamped_fingerprint}
        address = reverse("review:list_report", args=[round_.pk])
        return listed, saved, lambda: web.ask("POST", address, people.recommender, typed)

    def state(listed, saved):
        saved.refresh_from_db()
        for each in listed:
            each.refresh_from_db()
        events = [
            list(each.events.filter(action="report").values_list("pk", flat=True))
            for each in listed
        ]
        return (
            *(each.stage for each in listed),
            *(len(each) for each in events),
            saved.reported_at is not None,
            sum(tasks("tell", pk) for each in events for pk in each),
            tasks("tell_list", [each.pk for each in listed]),
        )

    before = (Stage.RECOMMENDED, Stage.RECOMMENDED, 0, 0, False, 0, 0)
    after = (Stage.QUALIFYING, Stage.QUALIFYING, 1, 1, True, 2, 1)
    met = set()
    for point in points_of(web, new()[-1], 7):
        listed, saved, send = new()
        die_at(web, point, send)
        found = state(listed, saved)
        assert found in {before, after}, point
        met.add(found)
        again = send()
        assert again.status == (302 if found == before else 409), point
        if found == after:
            assert "没有待上报的申报" in again.text or "已上报" in again.text, again.text
        assert state(listed, saved) == after, point
    assert met == {before, after}
